"""Python's own manifests in TOML: `pyproject.toml` (PEP 621, dependency groups, uv, Poetry) and `Pipfile`."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from gitcorpus.gates.manifests.manifest import Dependency, Manifest, pypi_name, short
from gitcorpus.gates.manifests.requirements import read_requirement
from gitcorpus.gates.manifests.structured import Structured, read_toml
from gitcorpus.model.place import Route

_LOCAL: Final = ("path", "workspace")
_ELSEWHERE: Final = ("git", "url", "hg", "svn", "file")
_BARE: Final = re.compile(r"[0-9][A-Za-z0-9.+!-]*")


def read_pyproject(data: bytes) -> Manifest:
    """Read a project.

    Raises:
        ManifestError: if it is no TOML, or not of the form of a project.
    """
    project = read_toml(data)
    found: list[Dependency] = []
    faults: list[tuple[int, str]] = []
    for text, line in _requirements(project):
        read = read_requirement(text, line)
        if isinstance(read, Dependency):
            found.append(_placed(read, project))
        else:
            faults.append((line, read))
    found += _poetry(project)
    names = [project.at("project", "name"), project.at("tool", "poetry", "name")]
    owns = tuple(re.sub(r"[-.]+", "_", name) for name in names if isinstance(name, str))
    return Manifest(tuple(found), tuple(faults), tuple(_indexes(project)), owns)


def read_pipfile(data: bytes) -> Manifest:
    """Read a Pipfile.

    Raises:
        ManifestError: if it is no TOML.
    """
    pipfile = read_toml(data)
    skipped = ("source", "requires", "scripts", "pipenv", "pipfile")
    found = [each for name in pipfile.value if name not in skipped for each in _tables(pipfile, (name,))]
    sources = [
        (pipfile.line("source", number), short(pipfile.at("source", number, "url") or ""))
        for number in range(1, len(pipfile.listed("source")))
    ]
    return Manifest(tuple(found), sources=tuple(sources))


def _requirements(project: Structured) -> Iterator[tuple[str, int]]:
    """Yield every requirement of PEP 508 with its line."""
    yield from project.texts("build-system", "requires")
    yield from project.texts("project", "dependencies")
    for extra in project.table("project", "optional-dependencies"):
        yield from project.texts("project", "optional-dependencies", extra)
    for group in project.table("dependency-groups"):
        yield from project.texts("dependency-groups", group)
    yield from project.texts("tool", "uv", "dev-dependencies")
    yield from project.texts("tool", "uv", "constraint-dependencies")
    yield from project.texts("tool", "uv", "override-dependencies")


def _placed(dependency: Dependency, project: Structured) -> Dependency:
    """Return a requirement with the source that uv is told to take it from."""
    for name in project.table("tool", "uv", "sources"):
        held = project.at("tool", "uv", "sources", name)
        for each in held if isinstance(held, list) else [held]:
            if pypi_name(name) == dependency.name and isinstance(each, dict):
                return _from_table(dependency.name, {"version": dependency.wanted, **each}, dependency.line)
    return dependency


def _indexes(project: Structured) -> Iterator[tuple[int, str]]:
    """Yield the indexes that a project names beside its tool's own."""
    for route in (("tool", "uv", "index"), ("tool", "poetry", "source")):
        for number in range(len(project.listed(*route))):
            yield project.line(*route, number), short(project.at(*route, number, "url") or "")
    for name in ("index-url", "extra-index-url", "find-links"):
        value = project.at("tool", "uv", name)
        for each in value if isinstance(value, list) else [value]:
            if isinstance(each, str):
                yield project.line("tool", "uv", name), short(each)


def _poetry(project: Structured) -> Iterator[Dependency]:
    poetry: Route = ("tool", "poetry")
    yield from _tables(project, (*poetry, "dependencies"))
    yield from _tables(project, (*poetry, "dev-dependencies"))
    for group in project.table(*poetry, "group"):
        yield from _tables(project, (*poetry, "group", group, "dependencies"))


def _tables(project: Structured, route: Route) -> Iterator[Dependency]:
    """Yield what a table of names and versions declares, as Poetry and pipenv write it."""
    for name, value in project.table(*route).items():
        if name == "python":
            continue
        for each in value if isinstance(value, list) else [value]:
            held = each if isinstance(each, dict) else {"version": each}
            yield _from_table(pypi_name(name), held, project.line(*route, name))


def _from_table(name: str, held: Mapping[str, Any], line: int) -> Dependency:
    source = next((str(held[key]) for key in _ELSEWHERE if isinstance(held.get(key), str)), "")
    if any(held.get(key) for key in _LOCAL):
        return Dependency(name, "", line, local=True)
    return Dependency(name, _poetry_range(held.get("version")), line, source=short(source))


def _poetry_range(version: object) -> str:
    """Return a range as PEP 440 writes it: a bare version means just this one, `^` up to the next breaking one."""
    if not isinstance(version, str):
        return ""
    parts = [part.strip() for part in version.split(",")]
    return ",".join(part for each in parts for part in _plain(each) if part)


def _plain(part: str) -> Iterator[str]:
    bare = part.lstrip("^~= ")
    if part in ("*", ""):
        return
    if part.startswith("^") and _BARE.fullmatch(bare):
        yield f">={bare}"
        yield f"<{_next(bare)}"
    elif part.startswith("~") and not part.startswith("~=") and _BARE.fullmatch(bare):
        numbers = bare.split(".")
        yield f">={bare}"
        yield f"=={'.'.join(numbers[: max(1, min(2, len(numbers)))])}.*"
    elif _BARE.fullmatch(part) or re.fullmatch(r"[0-9][0-9.]*\.\*", part):
        yield f"=={part}"
    else:
        yield part


def _next(version: str) -> str:
    """Return the next version that may break: the first number that is not 0 goes up."""
    numbers = [int(each) for each in re.findall(r"(?:^|\.)([0-9]{1,18})", version)]
    at = next((index for index, number in enumerate(numbers) if number), len(numbers) - 1)
    return ".".join(map(str, [*numbers[:at], numbers[at] + 1])) if numbers else version
