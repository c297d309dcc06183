"""Source text to syntax faults, by tree-sitter. The one door to the grammars."""

from gitcorpus.syntax.apart import ParserApart
from gitcorpus.syntax.faults import (
    MAX_QUOTE,
    FaultKind,
    SyntaxFault,
    faults,
    grammar_version,
    languages,
    load_grammars,
)

__all__ = [
    "MAX_QUOTE",
    "FaultKind",
    "ParserApart",
    "SyntaxFault",
    "faults",
    "grammar_version",
    "languages",
    "load_grammars",
]
