"""`gitcorpus fix`: what you changed, formatted as the gate `format` wants it."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final

import typer

from gitcorpus.cli import screen
from gitcorpus.cli.index import named_index
from gitcorpus.cli.room import Confined, Mounts, Trusted, server_here
from gitcorpus.errors import RefusedError, UnjudgedError
from gitcorpus.flows.check import Asked
from gitcorpus.flows.fix import Change, Fixes, fix
from gitcorpus.git.worktree import find_repository
from gitcorpus.report.sanitize import shown

_LONGEST: Final = 10_000
"""Most characters of one line of a diff."""


def fix_command(  # noqa: PLR0913 - one for each option
    words: Annotated[
        list[str] | None,
        typer.Argument(metavar="PATH", help="Only these files, and those below these folders."),
    ] = None,
    *,
    staged: Annotated[
        bool, typer.Option("--staged", help="Only files that the index changes; git add them again.")
    ] = False,
    diff: Annotated[
        bool, typer.Option("--diff", help="Print what would change, and change nothing.")
    ] = False,
    policy: Annotated[
        str, typer.Option(metavar="REV", help="The commit whose specs say how; default: the policy branch.")
    ] = "",
    sandbox: Confined = None,
    mount: Mounts = None,
    trust: Trusted = False,
    repo: Annotated[Path, typer.Option(metavar="DIR", help="A folder of the repository.")] = Path(),
) -> None:
    """Format the files that you changed, with the formatters of the gate `format`.

    Only regular files of the work tree are written, each at once, with its mode. The exit code is 0 if all files are
    formatted now, 1 if one was left as it is, 3 if a formatter is missing or broken.
    """
    found = find_repository(repo)
    asked = Asked(
        words=tuple(words or ()),
        staged=staged,
        policy=policy,
        folder=Path.cwd() / repo,
        index=named_index(found.work) if staged else None,
        now=datetime.now(UTC),
    )
    fixes = fix(found, asked, server_here(found, sandbox, mount, trusted=trust), write=not diff)
    typer.echo(shown(fixes.headline, screen.LONGEST), err=True)
    for change in fixes.changed:
        _print_diff(change) if diff else screen.print_lines([f"formatted {change.path}"])
    for error in (*fixes.left, *fixes.faults):
        screen.print_error(error)
    typer.echo(_counts(fixes, diff=diff), err=diff)
    raise typer.Exit(_exit_code(fixes))


def _print_diff(change: Change) -> None:
    """Print a patch; what would act on a terminal is written out in it."""
    for line in (
        f"--- a/{change.path}",
        f"+++ b/{change.path}",
        *change.patch.removesuffix("\n").split("\n"),
    ):
        typer.echo(_fit(line))


def _fit(line: str) -> str:
    return "\t".join(shown(part, _LONGEST) for part in line.split("\t"))


def _counts(fixes: Fixes, *, diff: bool) -> str:
    done = "to format" if diff else "formatted"
    parts = [(len(fixes.changed), done), (fixes.as_it_was, "as it should be"), (len(fixes.left), "left")]
    return ", ".join(f"{number} {what}" for number, what in parts)


def _exit_code(fixes: Fixes) -> int:
    if fixes.faults:
        return UnjudgedError.exit_code
    return RefusedError.exit_code if fixes.left else 0
