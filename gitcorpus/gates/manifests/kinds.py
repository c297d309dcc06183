"""Which files are manifests and lock files, told by their names, and how each is read."""

import re
from collections.abc import Callable, Mapping
from pathlib import PurePosixPath
from typing import Any, Final, NamedTuple

from gitcorpus.gates.manifests.cargo import read_cargo, read_cargo_lock
from gitcorpus.gates.manifests.go_mod import read_go_mod
from gitcorpus.gates.manifests.manifest import Dependency, Ecosystem, Manifest, ManifestError
from gitcorpus.gates.manifests.maven import read_pom
from gitcorpus.gates.manifests.npm import read_package, read_package_lock
from gitcorpus.gates.manifests.pyproject import read_pipfile, read_pyproject
from gitcorpus.gates.manifests.python_locks import read_pipfile_lock, read_toml_lock
from gitcorpus.gates.manifests.requirements import read_requirements
from gitcorpus.gates.manifests.terraform import read_terraform, read_terraform_lock


class Kind(NamedTuple):
    """One kind of file: its ecosystem, how it is read, and the names of the lock files that belong to it."""

    ecosystem: Ecosystem
    read: Callable[[bytes], Manifest]
    locks: tuple[str, ...] = ()
    is_lock: bool = False


_PYTHON_LOCKS: Final = ("uv.lock", "poetry.lock", "pdm.lock", "pylock.toml")
_NPM_LOCKS: Final = ("package-lock.json", "npm-shrinkwrap.json")
KINDS: Final[Mapping[str, Kind]] = {
    "pyproject.toml": Kind(Ecosystem.PYPI, read_pyproject, _PYTHON_LOCKS),
    "Pipfile": Kind(Ecosystem.PYPI, read_pipfile, ("Pipfile.lock",)),
    **{name: Kind(Ecosystem.PYPI, read_toml_lock, is_lock=True) for name in _PYTHON_LOCKS},
    "Pipfile.lock": Kind(Ecosystem.PYPI, read_pipfile_lock, is_lock=True),
    "package.json": Kind(Ecosystem.NPM, read_package, _NPM_LOCKS),
    **{name: Kind(Ecosystem.NPM, read_package_lock, is_lock=True) for name in _NPM_LOCKS},
    "go.mod": Kind(Ecosystem.GO, read_go_mod, ("go.sum",)),
    "Cargo.toml": Kind(Ecosystem.CARGO, read_cargo, ("Cargo.lock",)),
    "Cargo.lock": Kind(Ecosystem.CARGO, read_cargo_lock, is_lock=True),
    "pom.xml": Kind(Ecosystem.MAVEN, read_pom),
    ".terraform.lock.hcl": Kind(Ecosystem.TERRAFORM, read_terraform_lock, is_lock=True),
}
"""By the whole name of the file."""
_REQUIREMENTS: Final = Kind(Ecosystem.PYPI, read_requirements)
_TERRAFORM: Final = Kind(Ecosystem.TERRAFORM, read_terraform, (".terraform.lock.hcl",))
LOCK_NAMES: Final = frozenset(name for kind in (*KINDS.values(), _TERRAFORM) for name in kind.locks)
"""Lock files, those too that are not read."""
_REQUIREMENTS_NAME: Final = re.compile(r"(?:.*[-_.])?(?:requirements|constraints)(?:[-_.].*)?\.(?:txt|in)")


def kind_of(path: str) -> Kind | None:
    """Return the kind of a file by its path; none if it is no manifest."""
    pure = PurePosixPath(path)
    if known := KINDS.get(pure.name):
        return known
    if pure.suffix in (".tf", ".tofu"):
        return _TERRAFORM
    in_folder = pure.parent.name == "requirements" and pure.suffix in (".txt", ".in")
    return _REQUIREMENTS if in_folder or _REQUIREMENTS_NAME.fullmatch(pure.name) else None


def read_manifest(data: bytes, _language: str, path: str, _seconds: float | None) -> list[Any]:
    """Read a manifest, as the work of a process apart; see `made`."""
    kind = kind_of(path)
    if kind is None:
        return [[], [], [], []]
    try:
        return list(kind.read(data))
    except ManifestError as error:
        return list(Manifest(faults=((error.line, error.sentence),)))


def made(answer: list[Any]) -> Manifest:
    """Make a manifest of what a process apart answered."""
    dependencies, faults, sources, owns = answer
    return Manifest(
        tuple(Dependency._make(each) for each in dependencies),
        tuple((line, sentence) for line, sentence in faults),
        tuple((line, source) for line, source in sources),
        tuple(owns),
    )
