"""The gate `style`: sources and tests keep the rules of style that the specs name.

A rule is a tree-sitter query with a sentence, a hint and examples (`kind: Rules`). Ready packs are named
`gitcorpus:python`; a corpus writes its own under `specs/rules/`. Files that do not parse are judged where they do.
"""

from collections.abc import Iterator, Sequence
from functools import cache, lru_cache
from typing import Final

from gitcorpus.gates.base import Candidate, Example, Facts, Reads
from gitcorpus.model.corpus import Role
from gitcorpus.model.declaration import Declaration
from gitcorpus.model.finding import Finding, Quote
from gitcorpus.model.language import language_of
from gitcorpus.model.place import Place
from gitcorpus.model.rules import Rule, RulePack
from gitcorpus.model.tree import TreeEntry
from gitcorpus.spec.layout import Located
from gitcorpus.spec.link_rules import READY_RULES
from gitcorpus.spec.load import ready_pack
from gitcorpus.spec.sources import ready_names
from gitcorpus.syntax import MAX_QUOTE, Apart, grammar_version, languages
from gitcorpus.syntax.rules import Match, RuleSet, worded

MOST: Final = 20
"""Most findings of one file, if the declaration names no other number."""
SECONDS: Final = 60.0
MAX_BYTES: Final = 4 << 20
_ADD: Final = "corpus/basics/add/north"
_PYTHON: Final = {"rules": ["gitcorpus:python"]}


class StyleGate:
    """Looks for matches of rules in every changed file whose language has rules."""

    name = "style"
    version = "1"
    reads = Reads.BLOB
    accepted = (
        Example(
            title="names as the language writes them",
            files={f"{_ADD}/add.py": "def read_lines(path):\n    return path\n"},
            parameters=_PYTHON,
        ),
    )
    refused = (
        Example(
            title="a name as another language writes it",
            files={f"{_ADD}/add.py": "def readLines(path):\n    return path\n"},
            parameters=_PYTHON,
            codes=("style",),
        ),
    )

    def facts(self, candidate: Candidate, declaration: Declaration, entry: TreeEntry) -> Facts | None:
        """Return the path, the role, the grammar and the packs' digests; files without rules are left alone."""
        role, language = _placed(candidate, entry)
        packs = _packs(candidate, declaration, language)
        if language is None or not packs or not entry.is_regular or role is Role.FIXTURE:
            return None
        return entry.path, role, grammar_version(language), *(pack.digest for pack in packs)

    def judge(self, candidate: Candidate, declaration: Declaration) -> Iterator[Finding]:
        """Judge every changed file."""
        most = declaration.parameters.get("max_findings")
        by_language: dict[str, list[TreeEntry]] = {}
        for entry in candidate.files:
            _, language = _placed(candidate, entry)
            if language is not None and self.facts(candidate, declaration, entry) is not None:
                by_language.setdefault(language, []).append(entry)
        for language, entries in by_language.items():
            rules = _rules(_packs(candidate, declaration, language), declaration)
            ready = _compiled(tuple(rule for _, rule in rules), language)
            with Apart(ready.work, seconds=declaration.budget_seconds or SECONDS, small=-1) as apart:
                for entry in entries:
                    found = _judge_file(candidate, entry, language, rules, apart)
                    yield from found[: most if isinstance(most, int) else MOST]


def _judge_file(
    candidate: Candidate, entry: TreeEntry, language: str, rules: Sequence[tuple[str, Rule]], apart: Apart
) -> list[Finding]:
    if candidate.repo.blob_size(entry.oid) > MAX_BYTES:  # the gate `syntax` refuses it
        return []
    data, (role, _) = candidate.data(entry), _placed(candidate, entry)
    lines = data.split(b"\n")
    matches = (Match._make(each) for each in apart.ask(data, language))
    return [
        _finding(entry, match, rules[match.rule], lines)
        for match in sorted(matches)
        if role is None or role in rules[match.rule][1].roles
    ]


def _finding(entry: TreeEntry, match: Match, named: tuple[str, Rule], lines: Sequence[bytes]) -> Finding:
    pack, rule = named
    text = lines[match.line - 1][: 4 * MAX_QUOTE].decode("utf-8", "replace").rstrip("\r")[:MAX_QUOTE]
    return Finding(
        code="style",
        place=Place(path=entry.path, line=match.line, column=match.first_column),
        sentence=f"{worded(rule, match.names)} ({pack}/{rule.id})",
        hint=rule.hint,
        severity=rule.severity,
        quote=Quote(text, match.first_column, match.last_column),
    )


def _placed(candidate: Candidate, entry: TreeEntry) -> tuple[Role | None, str | None]:
    """Return a file's role, if it belongs to a solution, and its language, if that has a grammar."""
    located = candidate.matcher.locate(entry.path) if candidate.matcher else None
    added = candidate.spec.corpus.layout.languages if candidate.spec else {}
    language = language_of(entry.path, added)
    role = located.role if isinstance(located, Located) else None
    return role, language if language in languages() else None


def _packs(candidate: Candidate, declaration: Declaration, language: str | None) -> tuple[RulePack, ...]:
    """Return the packs that a declaration names, all ready ones if it names none, for one language."""
    named = declaration.parameters.get("rules")
    wanted = named if isinstance(named, list) else ready_names(READY_RULES)
    own = {pack.name: pack for pack in candidate.spec.rules} if candidate.spec else {}
    packs = (own.get(str(name)) or _ready(str(name)) for name in wanted)
    return tuple(pack for pack in packs if pack is not None and language in pack.languages)


@cache
def _ready(name: str) -> RulePack | None:
    return ready_pack(name)


def _rules(packs: Sequence[RulePack], declaration: Declaration) -> tuple[tuple[str, Rule], ...]:
    """Return the rules of packs that are not left out, each with its pack's short name."""
    left_out = declaration.parameters.get("exclude")
    named = [(pack.name.removeprefix("gitcorpus:"), rule) for pack in packs for rule in pack.rules]
    out = left_out if isinstance(left_out, list) else []
    return tuple((pack, rule) for pack, rule in named if f"{pack}/{rule.id}" not in out)


@lru_cache(maxsize=64)
def _compiled(rules: tuple[Rule, ...], language: str) -> RuleSet:
    return RuleSet(rules, language)
