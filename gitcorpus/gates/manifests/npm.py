"""npm's `package.json`, and the lock that npm 7 and newer write."""

import re
from collections.abc import Iterator
from typing import Final

from gitcorpus.gates.manifests.manifest import Dependency, Manifest, ManifestError, short
from gitcorpus.gates.manifests.structured import Structured, read_json

_TABLES: Final = ("dependencies", "devDependencies", "optionalDependencies", "peerDependencies")
_LOCAL: Final = ("file:", "link:", "workspace:", "portal:", "./", "../", "/", "~/")
_URL: Final = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)
_REPOSITORY: Final = re.compile(r"[\w.-]+/[\w.-]+(?:#.*)?")
_ALIAS: Final = re.compile(r"npm:(?P<name>@?[^@]+)(?:@(?P<wanted>.*))?")
_FOLDER: Final = "node_modules/"


def read_package(data: bytes) -> Manifest:
    """Read a package.

    Raises:
        ManifestError: if it is no JSON, or not of the form of a package.
    """
    package = read_json(data)
    owns = package.at("name")
    found = [each for table in _TABLES for each in _declared(package, table)]
    return Manifest(tuple(found), owns=(owns,) if isinstance(owns, str) else ())


def _declared(package: Structured, table: str) -> Iterator[Dependency]:
    for name, wanted in package.table(table).items():
        line = package.line(table, name)
        if not isinstance(wanted, str):
            raise ManifestError(f"the versions of `{short(name)[:80]}` are no text", line)
        alias = _ALIAS.fullmatch(wanted)
        if alias is not None:
            yield Dependency(short(alias["name"]), short(alias["wanted"] or ""), line, called=short(name))
        elif wanted.startswith(_LOCAL):
            yield Dependency(short(name), "", line, local=True)
        elif _URL.match(wanted) or _REPOSITORY.fullmatch(wanted):
            yield Dependency(short(name), "", line, source=short(wanted))
        else:
            yield Dependency(short(name), short(wanted), line)


def read_package_lock(data: bytes) -> Manifest:
    """Read a lock.

    Raises:
        ManifestError: if it is none, or one that npm 6 wrote.
    """
    lock = read_json(data)
    if not isinstance(lock.at("packages"), dict):
        raise ManifestError("it has no `packages`: npm 7 and newer write them", lock.line("lockfileVersion"))
    return Manifest(tuple(_locked(lock)))


def _locked(lock: Structured) -> Iterator[Dependency]:
    for path in lock.table("packages"):
        held = lock.table("packages", path)
        if _FOLDER not in path or held.get("link") is True:
            continue  # the package itself and those of its workspace
        called = path.rpartition(_FOLDER)[2]
        name, version, resolved = (held.get(key) for key in ("name", "version", "resolved"))
        name = name if isinstance(name, str) else called
        source = resolved if isinstance(resolved, str) and not held.get("inBundle") else ""
        line = lock.line("packages", path)
        if source.startswith("file:"):
            yield Dependency(short(name), "", line, local=True)
        else:
            wanted = short(version) if isinstance(version, str) else ""
            source = "" if source.startswith(("http:", "https:")) else source
            yield Dependency(short(name), wanted, line, source=short(source))
