"""The forget set: which records and lines of releases came from an author, a commit, an agreement, a path or a blob."""

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from gitcorpus.compiler.answers import rows_of
from gitcorpus.compiler.opened import Shelf
from gitcorpus.errors import GitcorpusError

_SWHID: Final = re.compile(r"swh:1:(cnt|rev):([0-9a-f]{40})(?:;lines=([0-9]+)(?:-([0-9]+))?)?(?:;.*)?")
_COLUMNS: Final = """
    records.view, records.split, records.record_id, records.key, lines.field, lines.start_line, lines.n_lines,
    lines.path, commits."commit", commits.author_email, commits.contributor, commits.agreement
"""
_COMMIT: Final = re.compile(r"[0-9a-f]{4,64}")
_ORDER: Final = ("record_ix", "field", "start_line")
"""That of the release."""


class Wanted(NamedTuple):
    """Whose lines shall be forgotten; a line is in the set if anything names it."""

    authors: tuple[str, ...] = ()
    """Addresses, names or ids of contributors."""
    commits: tuple[str, ...] = ()
    """Ids, or their first digits."""
    agreements: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    """Globs of paths, in the tagged tree or where the lines were written."""
    swhids: tuple[str, ...] = ()
    """Software Heritage ids of contents, with lines or without, and of revisions."""


def forget_set(folders: Iterable[Path], wanted: Wanted) -> Iterator[dict[str, Any]]:
    """Yield one row for each run of lines, by release, view, split, record and field.

    Raises:
        GitcorpusError: not-a-release; nothing-named; bad-swhid; bad-commit.
    """
    refuse_empty(wanted)
    clauses = list(_clauses(wanted))
    if not clauses:
        hint = "--author, --commit, --agreement, --path or --swhid"
        raise GitcorpusError(
            "nothing-named", "nobody and nothing is named that shall be forgotten", hint=hint
        )
    said = " OR ".join(f"({clause})" for clause, _ in clauses)
    values = [value for _, each in clauses for value in each]
    for folder in folders:
        with Shelf(folder, "lines", "sources", "records", "commits") as opened:
            name = f"{opened.manifest['name']}-{opened.manifest['version']}"
            found = opened.ask(
                f"SELECT record_ix, ? AS release, {_COLUMNS} FROM lines JOIN sources USING (source_ix)"  # noqa: S608 - no value is in it
                f" JOIN records USING (record_ix) LEFT JOIN commits USING (commit_ix) WHERE {said}",
                [name, *values],
            )
            ordered = found.sort_by([(column, "ascending") for column in _ORDER])
            yield from rows_of(ordered.drop_columns(["record_ix"]))


def refuse_empty(wanted: Wanted) -> None:
    """Refuse names that name nothing, or everything.

    Raises:
        GitcorpusError: nothing-named or bad-commit.
    """
    for option, names in wanted._asdict().items():
        if any(not name.strip() for name in names):
            hint = "a variable of the shell that is not set?"
            raise GitcorpusError("nothing-named", f"one of the {option} is empty", hint=hint)
    for commit in wanted.commits:
        if _COMMIT.fullmatch(commit.lower()) is None:
            hint = "at least four of its digits, 0-9 and a-f"
            raise GitcorpusError("bad-commit", f"`{commit}` is no commit's id", hint=hint)


def unknown_names(folders: Sequence[Path], wanted: Wanted) -> Iterator[str]:
    """Yield what no line of any release came from, as its option says it.

    Raises:
        GitcorpusError: as `forget_set` does.
    """
    for option, names in wanted._asdict().items():
        for name in names:
            one = Wanted(**{option: (name,)})
            if not any(True for _ in forget_set(folders, one)):
                yield f"--{option.removesuffix('s')} {name}"


def _clauses(wanted: Wanted) -> Iterator[tuple[str, list[Any]]]:
    for author in wanted.authors:
        yield (
            "lower(author_email) = lower(?) OR author_name = ? OR commits.contributor = ?",
            [author, author, author],
        )
    for commit in wanted.commits:
        yield 'starts_with(commits."commit", ?)', [commit.lower()]
    for agreement in wanted.agreements:
        yield "commits.agreement = ?", [agreement]
    for path in wanted.paths:
        yield "lines.path GLOB ? OR sources.src_path GLOB ?", [path, path]
    for swhid in wanted.swhids:
        yield _of_swhid(swhid)


def _of_swhid(swhid: str) -> tuple[str, list[Any]]:
    found = _SWHID.fullmatch(swhid)
    if found is None:
        hint = "swh:1:cnt:DIGITS, swh:1:cnt:DIGITS;lines=3-9 or swh:1:rev:DIGITS"
        raise GitcorpusError("bad-swhid", f"`{swhid}` names no content and no revision", hint=hint)
    kind, oid, first, last = found.groups()
    if kind == "rev":
        return 'commits."commit" = ?', [oid]
    if first is None:
        return "sources.blob = ?", [oid]
    return (
        "sources.blob = ? AND lines.src_start_line <= ? AND lines.src_start_line + lines.n_lines > ?",
        [oid, int(last or first), int(first)],
    )
