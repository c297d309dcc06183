"""Source text to syntax faults, by tree-sitter. The one door to the grammars."""

from gitcorpus.syntax.apart import Apart, ParserApart
from gitcorpus.syntax.faults import MAX_QUOTE, FaultKind, SyntaxFault, faults
from gitcorpus.syntax.grammars import grammar_version, languages, load_grammars

__all__ = [
    "MAX_QUOTE",
    "Apart",
    "FaultKind",
    "ParserApart",
    "SyntaxFault",
    "faults",
    "grammar_version",
    "languages",
    "load_grammars",
]
