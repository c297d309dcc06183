"""Mutants: small changes of a solution's code, and whether its tests notice them. They serve the gate `mutation`."""

from gitcorpus.gates.mutants.elements import parse_elements, render_elements
from gitcorpus.gates.mutants.mutant import Fate, Mutant
from gitcorpus.gates.mutants.mutmut import mutants_of

__all__ = ["Fate", "Mutant", "mutants_of", "parse_elements", "render_elements"]
