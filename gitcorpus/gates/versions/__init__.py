"""Ranges of versions in the notation of each ecosystem, and whether one lies within another."""

from collections.abc import Callable, Mapping
from typing import Final

from gitcorpus.gates.manifests.manifest import Ecosystem
from gitcorpus.gates.versions.intervals import VersionError, Versions, within
from gitcorpus.gates.versions.maven import read_maven
from gitcorpus.gates.versions.notations import read_cargo, read_go, read_npm, read_plain
from gitcorpus.gates.versions.pep440 import read_pep440

__all__ = ["NOTATIONS", "VersionError", "Versions", "within"]

NOTATIONS: Final[Mapping[Ecosystem, Callable[[str], Versions]]] = {
    Ecosystem.PYPI: read_pep440,
    Ecosystem.NPM: read_npm,
    Ecosystem.GO: read_go,
    Ecosystem.CARGO: read_cargo,
    Ecosystem.MAVEN: read_maven,
    Ecosystem.TERRAFORM: read_plain,
}
