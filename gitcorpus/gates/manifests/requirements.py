"""pip's requirements and constraints: one requirement a line, or an option.

Lines that another file is read from (`-r`, `-c`) say nothing themselves: that file is judged by itself.
"""

import re
from collections.abc import Iterator
from typing import Final

from packaging.requirements import InvalidRequirement, Requirement

from gitcorpus.gates.manifests.manifest import Dependency, Manifest, pypi_name, short
from gitcorpus.gates.manifests.structured import decoded

_COMMENT: Final = re.compile(r"(^|\s)#.*$")
_OPTIONS: Final = re.compile(r"\s+--(?:hash|global-option|config-settings?|install-option)\b.*$")
_SOURCES: Final = ("--index-url", "--extra-index-url", "--find-links", "-i", "-f")
_EDITABLE: Final = ("--editable", "-e")
_URL: Final = re.compile(r"(?:[a-z][a-z0-9+.-]*)://", re.IGNORECASE)
_EGG: Final = re.compile(r"[#&]egg=([A-Za-z0-9._-]+)")
_PATH: Final = re.compile(r"\.{1,2}(?:/.*)?(?:\[[^\]]*\])?|[^<>=!~;@\s]*/[^;@]*")
_LONGEST: Final = 4000


def read_requirements(data: bytes) -> Manifest:
    """Read a file of requirements.

    Raises:
        ManifestError: if it is not UTF-8.
    """
    found: list[Dependency] = []
    faults: list[tuple[int, str]] = []
    sources: list[tuple[int, str]] = []
    for line, text in _logical(decoded(data)):
        if text.startswith("-"):
            option, value = _option(text)
            if option in _SOURCES:
                sources.append((line, short(value)))
            elif option in _EDITABLE:
                found.append(_reference(value, line))
        elif _URL.match(text) or _PATH.fullmatch(text):
            found.append(_reference(text, line))
        else:
            read = read_requirement(text, line)
            if isinstance(read, Dependency):
                found.append(read)
            else:
                faults.append((line, read))
    return Manifest(tuple(found), tuple(faults), tuple(sources))


def read_requirement(text: str, line: int) -> Dependency | str:
    """Return a requirement of PEP 508, or what is wrong with it."""
    try:
        read = Requirement(text[:_LONGEST])
    except (InvalidRequirement, RecursionError) as error:
        return f"`{short(text)[:80]}` is no requirement: {short(str(error).splitlines()[0])}"
    url = read.url or ""
    if url and not _URL.match(url):
        return Dependency(pypi_name(read.name), "", line, local=True)
    return Dependency(pypi_name(read.name), str(read.specifier), line, source=short(url))


def _logical(text: str) -> Iterator[tuple[int, str]]:
    """Yield the lines that say something, joined where one ends with a backslash, each with its first line."""
    begun, parts = 0, list[str]()
    for number, line in enumerate(text.split("\n"), start=1):
        bare = _COMMENT.sub("", line.rstrip("\r"))
        begun = begun if parts else number
        parts.append(bare.removesuffix("\\"))
        if not bare.endswith("\\"):
            joined = "".join(parts).strip()
            parts = []
            if joined:
                yield begun, joined if joined.startswith("-") else _OPTIONS.sub("", joined)
    if rest := "".join(parts).strip():
        yield begun, _OPTIONS.sub("", rest)


def _option(text: str) -> tuple[str, str]:
    name, _, value = (
        text.replace("=", " ", 1).partition(" ") if text.startswith("--") else text.partition(" ")
    )
    if not text.startswith("--") and len(name) > 2:  # noqa: PLR2004 - as in `-ihttps://…`
        name, value = name[:2], name[2:]
    return name, value.strip()


def _reference(text: str, line: int) -> Dependency:
    """Return a requirement that names where it comes from and not what it is called."""
    egg = _EGG.search(text)
    name = pypi_name(egg[1]) if egg else ""
    if _URL.match(text) and not text.lower().startswith("file:"):
        return Dependency(name or short(text), "", line, source=short(text))
    return Dependency(name or short(text), "", line, local=True)
