"""`gitcorpus blame`: which commit, path and line every line of files and folders came from."""

import sys
from collections.abc import Iterable, Iterator
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from gitcorpus.cli import screen
from gitcorpus.flows.blame import Asked, Blame, blame
from gitcorpus.git.worktree import find_repository
from gitcorpus.model.attribution import BlameRun
from gitcorpus.report.porcelain import porcelain
from gitcorpus.report.sanitize import shown


class Format(StrEnum):
    """How blame is written."""

    PORCELAIN = "porcelain"
    JSON = "json"


def blame_command(  # noqa: PLR0913 - one for each option
    paths: Annotated[
        list[str], typer.Argument(metavar="PATH", help="Files, and folders for all text files below them.")
    ],
    *,
    rev: Annotated[str, typer.Option(metavar="REV", help="The commit whose files are meant.")] = "HEAD",
    output: Annotated[
        Format, typer.Option("--format", help="git's porcelain, or a list of JSON objects, one a file.")
    ] = Format.PORCELAIN,
    moved: Annotated[
        bool,
        typer.Option("--moved", help="Lines that were moved or copied keep their origin: git's -M -C. Slow."),
    ] = False,
    ignored: Annotated[
        str,
        typer.Option(
            "--ignore-revs-file", metavar="PATH", help="A file of REV that lists commits to look through."
        ),
    ] = "",
    repo: Annotated[
        Path, typer.Option(metavar="DIR", help="A bare repository, or a folder of a work tree.")
    ] = Path(),
) -> None:
    """Say which commit, path and line every line of files and folders came from, as `git blame` does.

    Whole folders cost little more than the history that they have: what was found out is kept. Binary files and
    submodules below a folder are left out, and counted on standard error.
    """
    asked = Asked(words=tuple(paths), folder=Path.cwd() / repo, rev=rev, moved=moved, ignored=ignored)
    with screen.progress() as progress:
        found = blame(find_repository(repo), asked, progress)
    if output is Format.JSON:
        screen.print_json(_fields(found))
    else:
        _print(line for file in found for line in porcelain(file, found.origin, titled=len(found) > 1))
    commits = dict.fromkeys(run.commit for file in found for run in file.runs)
    screen.print_notes(
        f"commit {oid[:12]}: {why}; it is read as `git log` reads it"
        for oid in commits
        for why in found.origin(oid).commit.odd
    )
    if any(found.skipped):
        typer.echo(
            f"left out: {found.skipped.binaries} binary files, {found.skipped.submodules} submodules",
            err=True,
        )


def _print(lines: Iterable[bytes]) -> None:
    """Print bytes as they are to a program, and so that nothing in them acts to a terminal."""
    if not sys.stdout.isatty():
        sys.stdout.flush()
        sys.stdout.buffer.writelines(line + b"\n" for line in lines)
        sys.stdout.buffer.flush()
        return
    for line in lines:
        typer.echo("\t".join(shown(part) for part in line.decode("utf-8", "replace").split("\t")))


def _fields(found: Blame) -> Iterator[dict[str, Any]]:
    for file in found:
        runs = [_run_fields(found, run) for run in file.runs]
        yield {"path": file.path, "commit": found.commit, "runs": runs}


def _run_fields(found: Blame, run: BlameRun) -> dict[str, Any]:
    commit, is_boundary = found.origin(run.commit)
    return {
        "line": run.line,
        "lines": run.n_lines,
        "commit": run.commit,
        "source_path": run.source_path,
        "source_line": run.source_line,
        "author": commit.author.name,
        "email": commit.author.email,
        "authored_at": commit.author.seconds,
        "subject": commit.subject,
        "boundary": is_boundary,
    }
