"""What templates may name in one row of each table, as kinds of values: known without any row.

`context` makes the values, and a test holds the two against each other. A template is checked against these kinds when
its view is pushed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import pyarrow as pa

from gitcorpus.catalog.tables import SCHEMAS
from gitcorpus.compiler.filters import Names
from gitcorpus.model.format import Leaf
from gitcorpus.model.place import Oid
from gitcorpus.model.traced import Piece, Source, TracedText


@dataclass(frozen=True, slots=True)
class Many:
    """A list of values of one kind; none where they differ."""

    of: "Kind"


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """Named values: `file.path`."""

    fields: "Mapping[str, Kind]"


Kind = Leaf | Many | Row | None
"""A value's kind; none where only a row of data could tell."""

_LEAVES: Final[Mapping[pa.DataType, Kind]] = {
    pa.string(): Leaf.WORD,
    pa.int64(): Leaf.WHOLE,
    pa.bool_(): Leaf.FLAG,
    pa.list_(pa.string()): Many(Leaf.WORD),
}


def _columns(table: str, **more: Kind) -> Row:
    return Row({**{each.name: _LEAVES[each.type] for each in SCHEMAS[table]}, **more})


_MESSAGES: Final[Mapping[str, Kind]] = dict.fromkeys(("subject", "message", "raw_message"), Leaf.TEXT)
_SIDE_FILE: Final[Mapping[str, Kind]] = {
    "path": Leaf.WORD,
    "inner": Leaf.WORD,
    "language": Leaf.WORD,
    "text": Leaf.TEXT,
}
_SIDE_LISTS: Final[Mapping[str, Kind]] = dict.fromkeys(
    ("sources", "tests", "docs", "fixtures", "files"), Many(Row(_SIDE_FILE))
)
_SIDE: Final[Mapping[str, Kind]] = {"step": Leaf.WORD, **_MESSAGES, **_SIDE_LISTS}
_ANSWER: Final[Mapping[str, Kind]] = {"id": Leaf.WORD, "model": Leaf.WORD, "text": Leaf.TEXT}
_STEP: Final = Row(
    {
        "n": Leaf.WHOLE,
        "label": Leaf.WORD,
        "good": Leaf.FLAG,
        "commit": Leaf.WORD,
        **_MESSAGES,
        **_SIDE_LISTS,
        "written": Many(Row(_SIDE_FILE)),
        "deleted": Many(Row({"path": Leaf.WORD, "inner": Leaf.WORD})),
        "patch": Leaf.TEXT,
    }
)


_TASK: Final[Mapping[str, Kind]] = {
    "task": _columns("tasks", id=Leaf.WORD, prompt=Leaf.TEXT),
    "unit": Row({"id": Leaf.WORD, "title": Leaf.WORD}),
}
_ABOUT: Final[Mapping[str, Kind]] = {**_TASK, "solution": _columns("solutions")}
_FILE: Final = _columns("files", inner=Leaf.WORD, text=Leaf.TEXT, uncommented=Leaf.TEXT)
_LISTS: Final = ("sources", "tests", "docs", "prompts", "fixtures", "files")
_CUT: Final = ("text", "doc", "code", "prefix", "suffix")
_BOTH: Final[Mapping[str, Kind]] = {**_ABOUT, "before": Row(_SIDE), "after": Row(_SIDE)}
_WHOLE: Final = Row({**_SIDE, **_SIDE_FILE})
_ASKED: Final[Mapping[str, Kind]] = {**_ABOUT, "prompt": Leaf.TEXT}

NAMES: Final[Mapping[str, Mapping[str, Kind]]] = {
    "tasks": _TASK,
    "solutions": {**_ABOUT, **dict.fromkeys(_LISTS, Many(_FILE))},
    "files": {**_ABOUT, "file": _FILE},
    "fragments": {
        **_ABOUT,
        "file": _FILE,
        "fragment": _columns("fragments", **dict.fromkeys(_CUT, Leaf.TEXT)),
    },
    "changes": {
        **_ABOUT,
        "change": _columns("changes"),
        "commit": _columns("changes", **_MESSAGES),
        "old": Row(_SIDE_FILE),
        "new": Row(_SIDE_FILE),
    },
    "steps": {**_ABOUT, "step": _STEP},
    "trajectories": {**_ABOUT, "steps": Many(_STEP)},
    "pairs": {**_BOTH, "pair": _columns("pairs")},
    "rewrites": {**_ABOUT, "pair": _columns("rewrites"), "before": _WHOLE, "after": _WHOLE},
    "fixes": {**_BOTH, "pair": _columns("fixes"), "patch": Leaf.TEXT, "test_patch": Leaf.TEXT},
    "rankings": {
        **_ASKED,
        "ranking": _columns("rankings"),
        "candidates": Many(Row({**_ANSWER, "rank": Leaf.WHOLE})),
    },
    "comparisons": {
        **_ASKED,
        "comparison": _columns("comparisons"),
        "chosen": Row(_ANSWER),
        "rejected": Row(_ANSWER),
    },
    "records": {},
}
"""The names that a template may use for one row of each table that views select from."""

_NOWHERE: Final = Source("", Oid(""), in_tree=False)


def example_of(kind: Kind) -> object:
    """Return a small value of a kind, on which a template can be tried for what it costs."""
    match kind:
        case Leaf.TEXT:
            return TracedText((Piece("x\n", _NOWHERE, 1),))
        case Leaf.WORD:
            return "x"
        case Leaf.WHOLE:
            return 1
        case Leaf.FLAG:
            return True
        case Many():
            return [example_of(kind.of)]
        case Row():
            return Names({name: example_of(each) for name, each in kind.fields.items()})
        case _:
            return ""


def named(kind: Kind) -> str:
    """Name a kind in a sentence."""
    match kind:
        case Leaf():
            return {
                Leaf.TEXT: "a text",
                Leaf.WORD: "a word",
                Leaf.WHOLE: "a number",
                Leaf.FLAG: "true or false",
            }[kind]
        case Many():
            return "a list"
        case Row():
            return "a row"
        case _:
            return "a value"
