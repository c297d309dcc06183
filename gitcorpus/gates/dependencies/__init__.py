"""The gate `dependencies`: packages, their versions and licences, and imports that nobody declared."""

from gitcorpus.gates.dependencies.gate import DependenciesGate

__all__ = ["DependenciesGate"]
