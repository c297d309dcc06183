"""What differs between two releases: records that came, went and changed, and the commits that did it."""

from collections import defaultdict
from enum import StrEnum
from pathlib import Path
from typing import Any, NamedTuple

from gitcorpus.compiler.answers import rows_of
from gitcorpus.compiler.opened import Opened


class How(StrEnum):
    """What became of a record."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


class Difference(NamedTuple):
    """One record of a view that is not the same in both."""

    how: How
    view: str
    key: str
    task: str
    before: str
    """Its id in the first release, or empty."""
    after: str
    commits: tuple[str, ...]
    """Commits of which the record has lines now: those that the first release knows nothing of, if there are any,
    otherwise those whose lines the record had not. Of a record that went, none: what took it away left no line."""


def compare(one: Path, other: Path) -> list[Difference]:
    """Return what differs, by view and key.

    Raises:
        GitcorpusError: not-a-release or table-unreadable.
    """
    before, after = _records(one), _records(other)
    known = {commit for row in before.values() for commit in row["commits"]}
    found = []
    for name in sorted(before.keys() | after.keys()):
        old, new = before.get(name), after.get(name)
        if old is not None and new is not None and old["record_id"] == new["record_id"]:
            continue
        how = How.CHANGED if old and new else How.ADDED if new else How.REMOVED
        had, has = (frozenset(each["commits"]) if each else frozenset() for each in (old, new))
        some = old or new or {}
        found.append(
            Difference(
                how,
                *name,
                task=some.get("task") or "",
                before=old["record_id"] if old else "",
                after=new["record_id"] if new else "",
                commits=tuple(sorted((has - known) or (has - had))),
            )
        )
    return found


def _records(folder: Path) -> dict[tuple[str, str], dict[str, Any]]:
    with Opened(folder) as opened:
        opened.load("records", "lines", "sources", "commits")
        rows = rows_of(opened.ask("SELECT view, key, record_id, task FROM records"))
        pairs = rows_of(
            opened.ask(
                'SELECT DISTINCT record_id, view, commits."commit" AS oid FROM lines JOIN records USING (record_ix)'
                " JOIN sources USING (source_ix) JOIN commits USING (commit_ix)"
            )
        )
    commits: dict[tuple[str, str], list[str]] = defaultdict(list)
    for pair in pairs:
        commits[pair["view"], pair["record_id"]].append(pair["oid"])
    return {
        (row["view"], row["key"]): row | {"commits": commits[row["view"], row["record_id"]]} for row in rows
    }
