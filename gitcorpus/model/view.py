"""What ships: views and release specs as declared."""

from collections.abc import Container, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from fractions import Fraction

from gitcorpus.model.declaration import Stage
from gitcorpus.model.entry import Json
from gitcorpus.model.place import Oid, Place


@dataclass(frozen=True, slots=True, kw_only=True)
class SpecFile:
    """The file that declares something: what a template's own lines have as their origin.

    `commit` is none where the file does not stand in the repository: a ready spec that ships with
    gitcorpus, or one from `--specs`.
    """

    path: str
    blob: Oid
    commit: Oid | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """One template string of a view; `lines[i]` is the 1-based file line in which its line i stands."""

    text: str
    lines: tuple[int, ...]
    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """A plain value of a row, by its dotted path: `step.good`."""

    path: str
    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Each:
    """Items of a list, given once for each of a row's own: `{each: steps, as: step, give: [...]}`."""

    over: str
    """Dotted path of what there are several of."""
    name: str
    """What one of them is called within `give`."""
    give: "tuple[RecordShape, ...]"
    place: Place


RecordShape = (
    Template | Value | Each | int | bool | None | tuple["RecordShape", ...] | Mapping[str, "RecordShape"]
)
"""The `record` of a view: its templates in the shape in which they were declared."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """How records are dealt to splits: by a keyed digest of one catalog column, in declared shares."""

    by: str
    shares: tuple[tuple[str, Fraction], ...]
    seed: str
    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A declared projection of one catalog table into records of one format."""

    name: str
    format: str
    source: str
    """The catalog table: the spec's `from`."""
    where: str
    where_place: Place
    where_lines: tuple[int, ...]
    """The file's line for every line of `where`."""
    order: str
    order_place: Place
    order_lines: tuple[int, ...]
    record: Mapping[str, RecordShape]
    columns: tuple[str, ...]
    """Catalog columns that are copied into the record as they are."""
    columns_place: Place
    split: Split | None
    families: tuple[tuple[str, int], ...]
    """Ways in which gaps are written besides, each with the line of the view's file that asks for it."""
    file: SpecFile
    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Which part of the tagged tree a release takes: tags that name accepted commits, and path prefixes."""

    commits: str = ""
    """Glob of tag names, from `tag:GLOB`; empty for all."""
    paths: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseSpec:
    """One `kind: Release` document."""

    name: str
    tags: str
    selection: Selection
    views: tuple[str, ...]
    order: str
    license: str
    max_file_bytes: int
    anonymize: Json
    sources: tuple[Json, ...]
    requires: Stage = Stage.MERGE
    """What must have judged the tag's commit: all that judges a merge into the policy branch, or every push."""
    place: Place

    def compiles(self, tag: str) -> bool:
        """Tell whether a tag of this name is compiled."""
        return fnmatchcase(tag, self.tags)

    def other_tag(self, tag: str, taken: Container[str]) -> str:
        """Return a free name that is like `tag` and is compiled too; empty if there is none near."""
        names = (f"{tag}{mark}{number}" for mark in ".-" for number in range(1, 100))
        return next((name for name in names if self.compiles(name) and name not in taken), "")
