"""The gate `docs`: what others may use says what it is for, in the convention of its language.

Docstrings in Python; comments right above in Go, Rust, C, C++ and bash; JSDoc and Javadoc; the description of variables
and outputs in Terraform. Only sources are judged, and in them what the language's own convention makes public. SQL has
no convention, and is left alone.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from gitcorpus.gates.base import Candidate, Example, Facts, Reads
from gitcorpus.model.corpus import Role
from gitcorpus.model.declaration import Declaration
from gitcorpus.model.finding import Finding
from gitcorpus.model.language import language_of
from gitcorpus.model.place import Place
from gitcorpus.model.tree import TreeEntry
from gitcorpus.spec.layout import Located
from gitcorpus.syntax import Apart, grammar_version
from gitcorpus.syntax.documented import LANGUAGES, Symbol, symbols_of

MOST: Final = 10
MAX_BYTES: Final = 4 << 20
SECONDS: Final = 60.0
SYMBOLS: Final = ("class", "function", "method", "type", "variable")
WORDS: Final = 3
_RETURNS: Final = re.compile(
    r"\b(?:returns?|yields?|gives?|tells?|whether)\b|[@:\\]returns?\b", re.IGNORECASE
)
_NAMED: Final = frozenset({"python", "java", "javascript", "typescript", "tsx", "c", "cpp"})
"""Languages whose documentation names parameters."""
_BEGINS: Final = r"(?:(?:A|An|The)\s+)?{name}\b|Deprecated"
"""How a comment on a symbol of Go begins, after Effective Go."""
_ADD: Final = "corpus/basics/add/north/add.py"
_ALL: Final = {"parameters": True, "returns": True}


class DocsGate:
    """Looks for documentation of public symbols in every changed source."""

    name = "docs"
    version = "1"
    reads = Reads.BLOB
    accepted = (
        Example(
            title="a docstring",
            files={_ADD: 'def add(a, b):\n    """Return the sum of a and b."""\n    return a + b\n'},
        ),
        Example(title="what is private", files={_ADD: "def _add(a, b):\n    return a + b\n"}),
        Example(
            title="parameters and what is returned",
            files={_ADD: 'def add(a, b):\n    """Return the sum of a and b."""\n    return a + b\n'},
            parameters=_ALL,
        ),
    )
    refused = (
        Example(title="nothing", files={_ADD: "def add(a, b):\n    return a + b\n"}, codes=("undocumented",)),
        Example(title="one word", files={_ADD: 'def add(a, b):\n    """Add."""\n'}, codes=("doc-too-short",)),
        Example(
            title="a parameter that is not named",
            files={
                _ADD: 'def add(a, other):\n    """Return the sum of a and more."""\n    return a + other\n'
            },
            parameters=_ALL,
            codes=("undocumented-parameter",),
        ),
        Example(
            title="nothing about what is returned",
            files={_ADD: 'def add(a, b):\n    """Take a and b together."""\n    return a + b\n'},
            parameters=_ALL,
            codes=("undocumented-return",),
        ),
    )

    def facts(self, candidate: Candidate, declaration: Declaration, entry: TreeEntry) -> Facts | None:
        """Return the path, the language and its grammar; only sources in languages with a convention are judged."""
        del declaration
        located = candidate.matcher.locate(entry.path) if candidate.matcher else None
        language = _language(candidate, entry)
        if language is None or language not in LANGUAGES or not entry.is_regular:
            return None
        if isinstance(located, Located) and located.role is not Role.SOURCE:
            return None
        return entry.path, language, grammar_version(language)

    def judge(self, candidate: Candidate, declaration: Declaration) -> Iterator[Finding]:
        """Look at every changed source."""
        most = declaration.parameters.get("max_findings")
        with Apart(symbols_of, seconds=declaration.budget_seconds or SECONDS) as apart:
            for entry in candidate.files:
                language = _language(candidate, entry)
                if language is None or self.facts(candidate, declaration, entry) is None:
                    continue
                if candidate.repo.blob_size(entry.oid) > MAX_BYTES:  # the gate `syntax` refuses it
                    continue
                symbols = map(Symbol._make, apart.ask(candidate.data(entry), language))
                found = [each for symbol in symbols for each in _judge(symbol, entry, language, declaration)]
                yield from found[: most if isinstance(most, int) else MOST]


def _judge(symbol: Symbol, entry: TreeEntry, language: str, declaration: Declaration) -> Iterator[Finding]:
    said: Mapping[str, Any] = declaration.parameters
    if symbol.kind not in said.get("symbols", SYMBOLS) or symbol.n_lines < said.get("min_lines", 0):
        return
    what = f"the {symbol.kind} `{symbol.name[:80]}`" if symbol.name else "the module"
    place = Place(path=entry.path, line=symbol.line)
    if symbol.doc is None:
        hint = "say what it is for, in the convention of the language"
        yield Finding(code="undocumented", place=place, sentence=f"nothing is said about {what}", hint=hint)
        return
    if len(symbol.doc.split()) < said.get("min_words", WORDS):
        sentence, hint = f"too little is said about {what}", "say what its name does not"
        yield Finding(code="doc-too-short", place=place, sentence=sentence, hint=hint)
    elif language == "go" and not re.match(_BEGINS.format(name=re.escape(symbol.name)), symbol.doc):
        sentence, hint = (
            f"what is said about {what} does not begin with its name",
            f"begin with `{symbol.name[:80]}`",
        )
        yield Finding(code="doc-misnamed", place=place, sentence=sentence, hint=hint)
    for name in symbol.parameters if said.get("parameters") and language in _NAMED else ():
        if not re.search(rf"(?<!\w){re.escape(name)}(?!\w)", symbol.doc):
            sentence = f"nothing is said about the parameter `{name[:80]}` of {what}"
            yield Finding(
                code="undocumented-parameter", place=place, sentence=sentence, hint="say what it is"
            )
    if said.get("returns") and symbol.returns and not _RETURNS.search(symbol.doc):
        sentence = f"nothing is said about what {what} returns"
        yield Finding(code="undocumented-return", place=place, sentence=sentence, hint="say what it is")


def _language(candidate: Candidate, entry: TreeEntry) -> str | None:
    return language_of(entry.path, candidate.spec.corpus.layout.languages if candidate.spec else {})
