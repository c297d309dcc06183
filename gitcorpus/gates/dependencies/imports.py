"""Whether an import is known: from the language, from the solution, or from a package that a manifest declares."""

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from gitcorpus.gates.dependencies.names import (
    NODE_STANDARD,
    PYTHON_PACKAGES,
    PYTHON_STANDARD,
    RUST_STANDARD,
)
from gitcorpus.gates.manifests import Ecosystem
from gitcorpus.gates.manifests.manifest import pypi_name

ECOSYSTEMS: Final[Mapping[str, Ecosystem]] = {
    "go": Ecosystem.GO,
    "javascript": Ecosystem.NPM,
    "python": Ecosystem.PYPI,
    "rust": Ecosystem.CARGO,
    "tsx": Ecosystem.NPM,
    "typescript": Ecosystem.NPM,
}
"""Where the packages come from that a language imports; imports of other languages are not looked at."""
_DEEPEST: Final = 4


class Known(NamedTuple):
    """What sources of one ecosystem may import."""

    declared: frozenset[str] = frozenset()
    """Names of packages, or what they are called in sources."""
    own: frozenset[str] = frozenset()
    """Modules of the solution itself."""
    provides: Mapping[str, frozenset[str]] = {}
    """Packages by the name that they are imported by, as a declaration tells."""


def missing(ecosystem: Ecosystem, path: str, known: Known) -> str:
    """Return what must be declared for an import; nothing if it is known."""
    return _MISSING[ecosystem](path, known)


def _python(path: str, known: Known) -> str:
    steps = path.split(".")
    first = steps[0]
    if first in PYTHON_STANDARD or first in known.own:
        return ""
    for depth in range(1, min(len(steps), _DEEPEST) + 1):
        name = ".".join(steps[:depth])
        packages = {pypi_name(name), *PYTHON_PACKAGES.get(name, ()), *known.provides.get(name, ())}
        if packages & known.declared:
            return ""
    return PYTHON_PACKAGES.get(first, (first,))[0]


def _npm(path: str, known: Known) -> str:
    if path.startswith((".", "/", "#", "@/", "~", "data:", "node:")):
        return ""
    steps = path.split("/")
    name = "/".join(steps[: 2 if path.startswith("@") else 1])
    types = f"@types/{name.removeprefix('@').replace('/', '__')}"
    packages = {name, types, *known.provides.get(name, ())}
    is_known = name in NODE_STANDARD or name in known.own or bool(packages & known.declared)
    return "" if is_known else name


def _go(path: str, known: Known) -> str:
    first = path.split("/", 1)[0]
    if "." not in first or path.startswith("."):
        return ""
    modules = known.declared | known.own
    return "" if any(path == module or path.startswith(f"{module}/") for module in modules) else path


def _cargo(path: str, known: Known) -> str:
    declared = {name.replace("-", "_") for name in known.declared}
    if path in RUST_STANDARD or path in known.own or path in declared:
        return ""
    return "" if known.provides.get(path, frozenset()) & known.declared else path


_MISSING: Final[Mapping[Ecosystem, Callable[[str, Known], str]]] = {
    Ecosystem.CARGO: _cargo,
    Ecosystem.GO: _go,
    Ecosystem.NPM: _npm,
    Ecosystem.PYPI: _python,
}
