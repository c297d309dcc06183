"""Lock files of Python: uv, Poetry, PDM, pylock (PEP 751) and pipenv."""

from collections.abc import Iterator
from typing import Final

from gitcorpus.gates.manifests.manifest import Dependency, Manifest, ManifestError, pypi_name, short
from gitcorpus.gates.manifests.structured import Structured, read_json, read_toml

_LOCAL: Final = ("virtual", "editable", "directory", "workspace")
_ELSEWHERE: Final = ("git", "url", "hg")


def read_toml_lock(data: bytes) -> Manifest:
    """Read a lock whose packages stand in `[[package]]`, or `[[packages]]` in a pylock.

    Raises:
        ManifestError: if it is no such lock.
    """
    lock = read_toml(data)
    kind = "packages" if "packages" in lock.value else "package"
    return Manifest(tuple(_package(lock, kind, number) for number in range(len(lock.listed(kind)))))


def _package(lock: Structured, kind: str, number: int) -> Dependency:
    held = lock.table(kind, number)
    name, version = held.get("name"), held.get("version")
    line = lock.line(kind, number, "name")
    if not isinstance(name, str):
        raise ManifestError("a package has no name", line)
    source = held.get("source") if isinstance(held.get("source"), dict) else held
    told = {key: source[key] for key in (*_LOCAL, *_ELSEWHERE) if source and key in source}
    if source and source.get("type") in (*_LOCAL, *_ELSEWHERE):  # Poetry's way
        told = {source["type"]: source.get("url")}
    vcs = held.get("vcs")
    if isinstance(vcs, dict):
        told = {"git": vcs.get("url") or vcs.get("path")}
    if any(key in told for key in _LOCAL):
        return Dependency(pypi_name(name), "", line, local=True)
    elsewhere = next((short(value) for key, value in told.items() if key in _ELSEWHERE), "")
    wanted = f"=={version}" if isinstance(version, str) else ""
    return Dependency(pypi_name(name), short(wanted), line, source=elsewhere)


def read_pipfile_lock(data: bytes) -> Manifest:
    """Read the lock of a Pipfile.

    Raises:
        ManifestError: if it is no JSON.
    """
    lock = read_json(data)
    return Manifest(tuple(_locked(lock)))


def _locked(lock: Structured) -> Iterator[Dependency]:
    for section in lock.value:
        for name in lock.table(section) if section != "_meta" else ():
            held = lock.table(section, name)
            source = next((short(held[key]) for key in _ELSEWHERE if isinstance(held.get(key), str)), "")
            local = bool(held.get("path") or held.get("file"))
            wanted = held.get("version")
            yield Dependency(
                pypi_name(name),
                short(wanted) if isinstance(wanted, str) else "",
                lock.line(section, name),
                source=source,
                local=local,
            )
