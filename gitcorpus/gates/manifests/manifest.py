"""What a manifest or a lock file declares, as values."""

from enum import StrEnum
from typing import Final, NamedTuple

from packaging.utils import canonicalize_name

MOST_BYTES: Final = 8 << 20
"""Most bytes of one manifest or lock file."""
_LONGEST: Final = 300


class Ecosystem(StrEnum):
    """Where the names of packages mean something, by the name of its registry or its tool."""

    PYPI = "pypi"
    NPM = "npm"
    GO = "go"
    CARGO = "cargo"
    MAVEN = "maven"
    TERRAFORM = "terraform"


class Dependency(NamedTuple):
    """A package that is asked for: its name as the ecosystem compares it, versions as they are written, the line."""

    name: str
    wanted: str
    line: int
    called: str = ""
    """The name that sources use for it, if it is not the package's own."""
    source: str = ""
    """The URL, or the repository, that it comes from, if it is not asked for by its name alone."""
    local: bool = False
    """Whether it stands in the corpus itself: no registry has a say in it."""


class Manifest(NamedTuple):
    """What one file declares; `faults` and `sources` each stand at a line."""

    dependencies: tuple[Dependency, ...] = ()
    faults: tuple[tuple[int, str], ...] = ()
    sources: tuple[tuple[int, str], ...] = ()
    """Where else than from the ecosystem's own registry packages are taken."""
    owns: tuple[str, ...] = ()
    """Names under which what the manifest belongs to imports itself."""


class ManifestError(Exception):
    """The bytes are no manifest of their kind; the arguments are what is wrong with them and, if known, the line."""

    def __init__(self, sentence: str, line: int = 1) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.line = line


def pypi_name(name: str) -> str:
    """Return a name as the index of Python compares it."""
    return canonicalize_name(name[:_LONGEST])


def short(text: object) -> str:
    """Return a text as one line that is small enough to be kept, and that JSON can hold."""
    sound = str(text)[:_LONGEST].encode("utf-8", "replace").decode("utf-8")
    return " ".join(sound.split())
