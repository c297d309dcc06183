"""Formatters: which a declaration names, and one run of one over many files, in the sandbox."""

from gitcorpus.gates.formatters.answers import Formatted
from gitcorpus.gates.formatters.declared import formatters_of
from gitcorpus.gates.formatters.known import KNOWN, Formatter
from gitcorpus.gates.formatters.room import Text, formatted

__all__ = ["KNOWN", "Formatted", "Formatter", "Text", "formatted", "formatters_of"]
