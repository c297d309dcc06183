"""What changed from release to release, told for people: view by view, with the tasks and the commits that did it."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from gitcorpus.compiler.answers import rows_of
from gitcorpus.compiler.opened import Opened
from gitcorpus.compiler.sealed import read_manifest
from gitcorpus.errors import GitcorpusError
from gitcorpus.flows.compare import Difference, How, compare


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """What happened to one view."""

    view: str
    counts: tuple[tuple[How, int], ...]
    tasks: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chapter:
    """One release against the one before; against nothing for the first."""

    name: str
    version: str
    created_at: str
    records: int
    views: tuple[Changed, ...]
    commits: tuple[tuple[str, str, str], ...]
    """Id, author and subject of every commit that did something, oldest first."""


def changelog(folders: Sequence[Path]) -> list[Chapter]:
    """Return a chapter a release, newest first.

    Raises:
        GitcorpusError: not-a-release; releases-of-several, if they are not all of one corpus.
    """
    found = sorted(((read_manifest(folder), folder) for folder in folders), key=lambda each: _age(each[0]))
    names = {manifest["name"] for manifest, _ in found}
    if len(names) > 1:
        sentence = f"the releases are of several corpora: {', '.join(sorted(names))}"
        raise GitcorpusError("releases-of-several", sentence, hint="name releases of one corpus")
    chapters = [_chapter(*found[0], [])] if found else []
    chapters += [_chapter(*after, compare(before[1], after[1])) for before, after in pairwise(found)]
    return chapters[::-1]


def _age(manifest: dict[str, Any]) -> tuple[str, str]:
    return str(manifest.get("created_at", "")), str(manifest["version"])


def _chapter(manifest: dict[str, Any], folder: Path, differences: list[Difference]) -> Chapter:
    views = sorted({each.view for each in differences})
    wanted = {oid for each in differences for oid in each.commits}
    return Chapter(
        name=manifest["name"],
        version=manifest["version"],
        created_at=str(manifest.get("created_at", "")),
        records=sum(split["rows"] for view in manifest["views"] for split in view["splits"]),
        views=tuple(_changed(view, [each for each in differences if each.view == view]) for view in views),
        commits=_commits(folder, wanted),
    )


def _changed(view: str, differences: list[Difference]) -> Changed:
    counts = tuple((how, sum(each.how is how for each in differences)) for how in How)
    tasks = tuple(sorted({each.task for each in differences}))
    return Changed(view=view, counts=tuple(pair for pair in counts if pair[1]), tasks=tasks)


def _commits(folder: Path, wanted: set[str]) -> tuple[tuple[str, str, str], ...]:
    if not wanted:
        return ()
    with Opened(folder) as opened:
        opened.load("commits")
        rows = rows_of(opened.ask('SELECT * FROM commits ORDER BY committed_at, "commit"'))
    return tuple(
        (row["commit"], row["contributor"] or row["author_name"], row["subject"])
        for row in rows
        if row["commit"] in wanted
    )
