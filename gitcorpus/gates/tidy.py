"""The gate `tidy`: the layout of every text in a language that has a grammar is canonical, without any tool.

Trailing blanks, one newline at the end, ends of lines, the unit of indentation, the length of lines, the order of
imports: what makes the same code the same tokens. Lines within strings and comments are left alone, and so are
fixtures. What the usual formatters write is tidy.
"""

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
from gitcorpus.syntax import Apart, grammar_version, languages
from gitcorpus.syntax.tidy import TAB, Blemish, blemishes

MOST: Final = 10
MAX_BYTES: Final = 4 << 20
SECONDS: Final = 60.0
LONGEST: Final = 120
INDENT: Final[Mapping[str, int | str]] = {
    "c-sharp": 4, "css": 2, "go": TAB, "hcl": 2, "javascript": 2, "json": 2, "python": 4, "ruby": 2, "rust": 4,
    "tsx": 2, "typescript": 2,
}  # fmt: skip
"""What formatters of these languages write if nobody tells them otherwise."""
IMPORTS: Final = frozenset({"python", "go"})
_ADD: Final = "corpus/basics/add/north/add.py"
_SAID: Final = {
    "final-newline": ("the last line has no newline at its end", "add one"),
    "import-order": ("this import stands after one that sorts behind it", "sort the imports of each block"),
    "indentation": ("it is indented {said}", "run the language's formatter"),
    "line-ending": (
        "this line ends in a carriage return",
        "end its lines with LF alone; `core.autocrlf=input` keeps git from changing that",
    ),
    "line-too-long": ("this line has {said} characters", "break it"),
    "trailing-blank": ("this line ends in blanks", "take them away"),
}


class TidyGate:
    """Looks at the layout of every changed text."""

    name = "tidy"
    version = "2"
    reads = Reads.BLOB
    accepted = (
        Example(
            title="a tidy file", files={_ADD: "import os\nimport sys\n\n\ndef add(a, b):\n    return a + b\n"}
        ),
        Example(title="blanks within a string", files={_ADD: 'x = """a  \n  b"""\n'}),
        Example(title="a long text in JSON", files={"long.json": f'{{\n  "text": "{"a " * 200}"\n}}\n'}),
    )
    refused = (
        Example(title="blanks at an end", files={_ADD: "x = 1  \n"}, codes=("trailing-blank",)),
        Example(title="no newline at the end", files={_ADD: "x = 1"}, codes=("final-newline",)),
        Example(title="three blanks", files={_ADD: "def f():\n   return 1\n"}, codes=("indentation",)),
        Example(
            title="imports out of order", files={_ADD: "import sys\nimport os\n"}, codes=("import-order",)
        ),
        Example(title="a carriage return", files={_ADD: "x = 1\r\n"}, codes=("line-ending",)),
        Example(title="a long line", files={_ADD: f"x = '{'a' * 200}'\n"}, codes=("line-too-long",)),
    )

    def facts(self, candidate: Candidate, declaration: Declaration, entry: TreeEntry) -> Facts | None:
        """Return the path, the language and its grammar; fixtures and languages without a grammar are left alone."""
        del declaration
        located = candidate.matcher.locate(entry.path) if candidate.matcher else None
        language = _language(candidate, entry)
        is_fixture = isinstance(located, Located) and located.role is Role.FIXTURE
        if language is None or language not in languages() or not entry.is_regular or is_fixture:
            return None
        return entry.path, language, grammar_version(language)

    def judge(self, candidate: Candidate, declaration: Declaration) -> Iterator[Finding]:
        """Look at every changed file."""
        most = declaration.parameters.get("max_findings")
        with Apart(blemishes, seconds=declaration.budget_seconds or SECONDS) as apart:
            for entry in candidate.files:
                language = _language(candidate, entry)
                if language is None or self.facts(candidate, declaration, entry) is None:
                    continue
                if candidate.repo.blob_size(entry.oid) > MAX_BYTES:  # the gate `syntax` refuses it
                    continue
                found = apart.ask(candidate.data(entry), language, _wanted(declaration, language))
                for each in found[: most if isinstance(most, int) else MOST]:
                    yield _finding(entry, Blemish._make(each))


def _finding(entry: TreeEntry, blemish: Blemish) -> Finding:
    sentence, hint = _SAID[blemish.code]
    if (blemish.code, blemish.said) == ("final-newline", "several"):
        sentence, hint = "there are blank lines at the end", "take them away"
    place = Place(path=entry.path, line=blemish.line)
    return Finding(code=blemish.code, place=place, sentence=sentence.format(said=blemish.said), hint=hint)


def _wanted(declaration: Declaration, language: str) -> dict[str, Any]:
    """Return what a declaration wants of one language."""
    said: Mapping[str, Any] = declaration.parameters
    return {
        "indent": said.get("indent", {}).get(language, INDENT.get(language, 0)),
        "max_line": said.get("max_line", LONGEST),
        "line_ending": said.get("line_ending", "lf"),
        "trailing_blanks": said.get("trailing_blanks", True),
        "final_newline": said.get("final_newline", True),
        "imports": said.get("imports", {}).get(language, language in IMPORTS),
    }


def _language(candidate: Candidate, entry: TreeEntry) -> str | None:
    return language_of(entry.path, candidate.spec.corpus.layout.languages if candidate.spec else {})
