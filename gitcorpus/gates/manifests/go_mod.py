"""Go's `go.mod`: the modules that are required, and those that replace them."""

import re
from collections.abc import Iterator
from typing import Final

from gitcorpus.gates.manifests.manifest import Dependency, Manifest, ManifestError, short
from gitcorpus.gates.manifests.structured import decoded

_DIRECTIVES: Final = (
    "module",
    "go",
    "toolchain",
    "godebug",
    "require",
    "exclude",
    "replace",
    "retract",
    "tool",
    "ignore",
)
_WORD: Final = re.compile(r'"((?:[^"\\]|\\.)*)"|`([^`]*)`|([^\s"`]+)')


def read_go_mod(data: bytes) -> Manifest:
    """Read a module.

    Raises:
        ManifestError: if it is not of the form of one.
    """
    required: list[Dependency] = []
    replaced: dict[str, Dependency] = {}
    owns: list[str] = []
    for line, verb, words in _statements(decoded(data)):
        if verb == "module" and words:
            owns.append(words[0])
        elif verb == "require":
            if len(words) != 2:  # noqa: PLR2004 - a module and its version
                raise ManifestError("a module is required without its path or its version", line)
            required.append(Dependency(short(words[0]), short(words[1]), line))
        elif verb == "replace":
            replaced[words[0] if words else ""] = _replacement(words, line)
    found = [_placed(each, replaced.get(each.name)) for each in required]
    others = [each for each in replaced.values() if not each.local]
    return Manifest((*found, *others), owns=tuple(owns))


def _placed(required: Dependency, replacement: Dependency | None) -> Dependency:
    """Return a module that is required; one that is replaced is not fetched itself."""
    return required if replacement is None else required._replace(wanted="", local=True)


def _replacement(words: list[str], line: int) -> Dependency:
    old, arrow, new = " ".join(words).partition(" => ")
    parts = new.split()
    if not arrow or not old or not parts:
        raise ManifestError("a module is replaced by nothing", line)
    if parts[0].startswith(("./", "../", "/")):
        return Dependency(short(parts[0]), "", line, local=True)
    wanted = parts[1] if len(parts) > 1 else ""
    return Dependency(short(parts[0]), short(wanted), line, called=short(old.split()[0]))


def _statements(text: str) -> Iterator[tuple[int, str, list[str]]]:
    """Yield each statement's line, its verb and its words; in a block the verb stands once for all."""
    block = ""
    for number, whole in enumerate(text.split("\n"), start=1):
        words = _words(whole)
        if not words:
            continue
        if block:
            if words == [")"]:
                block = ""
            else:
                yield number, block, words
        elif words[0] not in _DIRECTIVES:
            raise ManifestError(f"`{short(words[0])[:80]}` is no directive of go.mod", number)
        elif words[1:] == ["("]:
            block = words[0]
        else:
            yield number, words[0], words[1:]
    if block:
        raise ManifestError(f"the block of `{block}` is not closed", text.count("\n") + 1)


def _words(line: str) -> list[str]:
    found: list[str] = []
    for match in _WORD.finditer(line):
        if match[3] is not None and match[3].startswith("//"):
            break
        word = next(part for part in match.groups() if part is not None)
        found += ["("] if word == "(" else [word.removesuffix("(")] if word.endswith("(") else [word]
        if match[3] is not None and word.endswith("(") and word != "(":
            found.append("(")
    return found
