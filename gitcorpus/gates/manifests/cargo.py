"""Rust's `Cargo.toml`, and its lock."""

from collections.abc import Iterator
from typing import Any, Final

from gitcorpus.gates.manifests.manifest import Dependency, Manifest, ManifestError, short
from gitcorpus.gates.manifests.structured import Structured, read_toml
from gitcorpus.model.place import Route

_TABLES: Final = (
    "dependencies",
    "dev-dependencies",
    "build-dependencies",
    "dev_dependencies",
    "build_dependencies",
)
_REGISTRY: Final = ("registry+", "sparse+")


def read_cargo(data: bytes) -> Manifest:
    """Read a package or a workspace.

    Raises:
        ManifestError: if it is no TOML, or not of the form of a package.
    """
    package = read_toml(data)
    routes: list[Route] = [(), ("workspace",)]
    routes += [("target", target) for target in package.table("target")]
    found = [each for route in routes for table in _TABLES for each in _declared(package, (*route, table))]
    found += [each for each in _declared(package, ("patch", "crates-io")) if not each.local]
    owns = [package.at("package", "name"), package.at("lib", "name")]
    return Manifest(
        tuple(found), owns=tuple(name.replace("-", "_") for name in owns if isinstance(name, str))
    )


def _declared(package: Structured, route: Route) -> Iterator[Dependency]:
    for name, value in package.table(*route).items():
        line = package.line(*route, name)
        if isinstance(value, str):
            yield Dependency(short(name), short(value), line)
        elif isinstance(value, dict):
            yield _from_table(name, value, line)
        else:
            raise ManifestError(f"the versions of `{short(name)[:80]}` are no text", line)


def _from_table(name: str, held: dict[str, Any], line: int) -> Dependency:
    """Return a dependency in long form; what stands in the workspace or in the corpus is judged there."""
    package, version = held.get("package", name), held.get("version", "")
    called = name if package != name else ""
    if held.get("path") or held.get("workspace") is True:
        return Dependency(short(package), "", line, called=called, local=True)
    source = held.get("git") or held.get("registry") or held.get("registry-index") or ""
    return Dependency(short(package), short(version), line, called=called, source=short(source))


def read_cargo_lock(data: bytes) -> Manifest:
    """Read a lock; packages without a source are the workspace's own.

    Raises:
        ManifestError: if it is no such lock.
    """
    lock = read_toml(data)
    return Manifest(tuple(_locked(lock)))


def _locked(lock: Structured) -> Iterator[Dependency]:
    for number in range(len(lock.listed("package"))):
        held, line = lock.table("package", number), lock.line("package", number, "name")
        name, version, source = (held.get(key) for key in ("name", "version", "source"))
        if not isinstance(name, str) or not isinstance(version, str):
            raise ManifestError("a package has no name or no version", line)
        if not isinstance(source, str):
            yield Dependency(short(name), "", line, local=True)
        else:
            other = "" if source.startswith(_REGISTRY) else source
            yield Dependency(short(name), f"={short(version)}", line, source=short(other))
