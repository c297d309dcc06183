"""What is derived for the tables that views ask for: from history, syntax, annotations and refused pushes.

Nothing is derived that nobody asks for: a table that no view of the release names stays empty.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from gitcorpus.catalog.annotations import (
    Annotated,
    Comparison,
    Ranking,
    comparisons_of,
    rankings_of,
    read_annotations,
)
from gitcorpus.catalog.fragments import read_fragments
from gitcorpus.catalog.past import Past
from gitcorpus.catalog.refused import refused_pairs
from gitcorpus.catalog.steps import Mark, file_changes_of, labels_of, pairs_of, rewrites_of, steps_of
from gitcorpus.catalog.tables import SCHEMAS
from gitcorpus.catalog.texts import Texts
from gitcorpus.git.repo import Repo
from gitcorpus.model.entry import Entry
from gitcorpus.model.place import Oid
from gitcorpus.model.progress import Progress
from gitcorpus.model.record import Contents, Omission, Reason
from gitcorpus.model.spec import Spec
from gitcorpus.model.steps import FileChange, Fix, Fragment, Pair, Rewrite, Step
from gitcorpus.model.tree import Change, Commit
from gitcorpus.model.view import Each, RecordShape, Template, Value, View
from gitcorpus.spec.layout import LayoutMatcher, Located

TABLES: Final = frozenset(
    {"changes", "comparisons", "fixes", "fragments", "pairs", "rankings", "rewrites", "steps", "trajectories"}
)
"""The tables that are derived."""
HISTORY: Final = ("authors", "first_commit", "last_commit", "n_commits")
"""The columns of `solutions` that tell of their history."""
OF_STEPS: Final = frozenset({"fixes", "pairs", "rewrites", "steps", "trajectories"})
"""Those that tags have a say in."""
_OF_HISTORY: Final = TABLES - {"comparisons", "fragments", "rankings"}
_WHOLE: Final = re.compile(r"\*|::|\b(?:cast|columns|row|solutions|struct_pack|unpivot)\b", re.IGNORECASE)
_LEAST_STEPS: Final = 2


@dataclass(kw_only=True)
class Derived:
    """Rows of derived tables as values, by their keys."""

    languages: Mapping[str, str]
    role_of: Callable[[str], str | None]
    texts: Texts
    changes: dict[str, FileChange] = field(default_factory=dict)
    trajectories: dict[str, tuple[Step, ...]] = field(default_factory=dict)
    steps: dict[str, Step] = field(default_factory=dict)
    pairs: dict[str, Pair] = field(default_factory=dict)
    rewrites: dict[str, Rewrite] = field(default_factory=dict)
    fixes: dict[str, Fix] = field(default_factory=dict)
    fragments: dict[str, Fragment] = field(default_factory=dict)
    annotations: tuple[Annotated, ...] = ()
    rankings: dict[str, Ranking] = field(default_factory=dict)
    comparisons: dict[str, Comparison] = field(default_factory=dict)
    omissions: tuple[Omission, ...] = ()

    def lean(self, table: str, key: str) -> tuple[object, ...]:
        """Return what a row's texts come from besides what its columns say."""
        match table:
            case "trajectories":
                steps = self.trajectories[key]
                return tuple((each.number, each.label, each.touched.commit.oid) for each in steps)
            case "fragments":
                return tuple(self.fragments[key])
            case "fixes":
                return self.fixes[key].language, self.fixes[key].solved_at
            case _:
                return ()


@dataclass(frozen=True, kw_only=True)
class Grounds:
    """What everything is derived from."""

    repo: Repo
    contents: Contents
    spec: Spec
    commits: Mapping[Oid, Commit]
    """All that the tag holds."""
    pasts: Mapping[str, Past]
    texts: Texts
    marks: Sequence[Mark] = ()
    """Tags that label steps."""
    entries: Sequence[Entry] = ()
    """What the ledger said when it accepted the tag's commit."""
    tried: Callable[[Iterable[Pair]], Iterable[Fix]] = lambda _: ()
    """Runs the tests of both sides of pairs."""


class Wish(NamedTuple):
    """What of a catalog somebody asks for: derived tables, the commits, and whether solutions know their history."""

    tables: frozenset[str]
    commits: bool
    history: bool

    @classmethod
    def of_views(cls, views: Iterable[View]) -> "Wish":
        """Return what views select from, or name in their SQL and their records."""
        asked = list(views)
        sql = [text for view in asked for text in (view.source, view.where, view.order)]
        said = [*sql, *(text for view in asked for text in words_of(view))]
        return cls.of_sql(sql, said)

    @classmethod
    def of_sql(cls, sql: Iterable[str], said: Iterable[str] = ()) -> "Wish":
        """Return what queries name; `said` are other texts that can name a column.

        A query that takes all columns, renames them, or turns a row into something else, takes the history too; the
        bare name of a table is what a view selects from.
        """
        queries = list(sql)
        tables = frozenset(name for name in TABLES if _named(name, queries))
        whole = any(_WHOLE.search(query) for query in queries if query not in SCHEMAS)
        history = whole or any(_named(name, (*queries, *said)) for name in HISTORY)
        return cls(tables, _named("commits", queries), history or bool(tables & _OF_HISTORY))


def words_of(view: View) -> Iterator[str]:
    """Yield every text of a view that can name a column, besides its SQL."""
    yield from view.columns
    if view.split is not None:
        yield view.split.by
    waiting: list[RecordShape] = [view.record]
    while waiting:
        match waiting.pop():
            case Template(text=text) | Value(path=text):
                yield text
            case Each(over=text, give=give):
                yield text
                waiting += give
            case tuple() as items:
                waiting += items
            case Mapping() as fields:
                waiting += fields.values()
            case _:
                pass


def _named(name: str, texts: Iterable[str]) -> bool:
    return any(re.search(rf"\b{name}\b", text, re.IGNORECASE) for text in texts)


def derive(grounds: Grounds, wanted: frozenset[str], progress: Progress) -> Derived:
    """Derive what some tables hold.

    Raises:
        GitcorpusError: whatever is wrong with the repository, or with running tests.
    """
    matcher = LayoutMatcher(grounds.spec)
    derived = Derived(
        languages=grounds.spec.corpus.layout.languages,
        role_of=lambda path: _role(matcher, path),
        texts=grounds.texts,
    )
    left: list[Omission] = []
    if "fragments" in wanted:
        fragments, unparsed = read_fragments(grounds.contents, grounds.texts, progress=progress)
        derived.fragments = {each.key: each for each in fragments}
        left += unparsed
    if wanted & {"rankings", "comparisons"}:
        people = frozenset(person.id for person in grounds.spec.contributors.people)
        derived.annotations, broken = read_annotations(grounds.contents, grounds.texts, people)
        derived.rankings = {each.key: each for each in rankings_of(derived.annotations)}
        derived.comparisons = {each.key: each for each in comparisons_of(derived.annotations)}
        left += broken
    if "changes" in wanted:
        touched = {root: past.touched for root, past in grounds.pasts.items()}
        found = {f"{each.touched.commit.oid}:{each.change.path}": each for each in file_changes_of(touched)}
        derived.changes = {key: each for key, each in found.items() if _holds(grounds, each.change)}
        left += _unreadable(found.keys() - derived.changes.keys())
    if wanted & OF_STEPS:
        left += _derive_steps(derived, grounds, wanted)
    derived.omissions = tuple(left)
    return derived


def _derive_steps(derived: Derived, grounds: Grounds, wanted: frozenset[str]) -> Iterator[Omission]:
    marks = labels_of(grounds.marks, grounds.commits)
    pairs: dict[str, Pair] = {}
    for solution in grounds.contents.solutions:
        steps = steps_of(solution, grounds.pasts[solution.root].touched, marks)
        pairs |= {pair.key: pair for pair in pairs_of(grounds.repo, steps)}
        derived.steps |= {step.key: step for step in steps}
        if len(steps) >= _LEAST_STEPS:
            derived.trajectories[solution.root] = steps
    roots = [solution.root for solution in grounds.contents.solutions]
    pairs |= {pair.key: pair for pair in refused_pairs(grounds.repo, grounds.entries, grounds.commits, roots)}
    whole = {key: pair for key, pair in pairs.items() if all(_holds(grounds, each) for each in pair.changes)}
    yield from _unreadable(pairs.keys() - whole.keys())
    derived.pairs = whole
    derived.rewrites = {each.key: each for each in rewrites_of(whole.values())}
    if "fixes" in wanted:
        derived.fixes = {each.pair.key: each for each in grounds.tried(whole.values())}


def _role(matcher: LayoutMatcher, path: str) -> str | None:
    located = matcher.locate(path)
    return located.role.value if isinstance(located, Located) else None


def _holds(grounds: Grounds, change: Change) -> bool:
    return grounds.texts.holds(change.old, change.new)


def _unreadable(keys: Iterable[str]) -> Iterator[Omission]:
    detail = "a side of it is no regular file with a text"
    yield from (Omission(view="", key=key, reason=Reason.NOT_TEXT, detail=detail) for key in sorted(keys))
