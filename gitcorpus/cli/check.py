"""`gitcorpus check`: what the server would say, before the push."""

import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final

import typer

from gitcorpus.cli import screen
from gitcorpus.cli.index import named_index
from gitcorpus.cli.room import Confined, Mounts, Trusted, server_here
from gitcorpus.errors import GitcorpusError, RefusedError, UnjudgedError
from gitcorpus.flows.check import Asked, check
from gitcorpus.git.worktree import find_repository
from gitcorpus.model.verdict import Outcome, Verdict
from gitcorpus.report.machine import render_github, render_json, render_markdown, render_sarif
from gitcorpus.report.sanitize import shown
from gitcorpus.report.text import render_verdict

EXIT_CODES: Final = {Outcome.ACCEPTED: 0, Outcome.REFUSED: RefusedError.exit_code}
"""Of every other outcome it is that of what could not be judged."""


class Form(StrEnum):
    """How a verdict is written."""

    TEXT = "text"
    JSON = "json"
    SARIF = "sarif"
    MARKDOWN = "markdown"
    GITHUB = "github"


RENDERERS: Final[Mapping[Form, Callable[[Verdict], str]]] = {
    Form.JSON: render_json,
    Form.SARIF: render_sarif,
    Form.MARKDOWN: render_markdown,
    Form.GITHUB: render_github,
}


def check_command(  # noqa: PLR0913 - one for each option
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="REV|A..B|PATH",
            help="A commit or a range, default: the work tree as it is; and the paths to judge, default: all.",
        ),
    ] = None,
    *,
    staged: Annotated[bool, typer.Option("--staged", help="Judge the index: what git commit takes.")] = False,
    merge: Annotated[
        bool, typer.Option("--merge", help="Judge what the policy branch becomes when this is merged.")
    ] = False,
    whole: Annotated[
        bool, typer.Option("--all", help="Judge every file, as a tag does, and not only what has changed.")
    ] = False,
    form: Annotated[
        Form, typer.Option("--format", help="Text for people; the others for programs and forges.")
    ] = Form.TEXT,
    policy: Annotated[
        str, typer.Option(metavar="REV", help="The commit whose specs judge; default: the policy branch.")
    ] = "",
    sandbox: Confined = None,
    mount: Mounts = None,
    trust: Trusted = False,
    repo: Annotated[Path, typer.Option(metavar="DIR", help="A folder of the repository.")] = Path(),
) -> None:
    """Judge what you are about to push, as the server would.

    The exit code is 0 if it is accepted, 1 if it is refused, 3 if it could not be judged. Nothing is written into
    the repository but what is known now, in .git/gitcorpus/cache-*.db. Messages and sign-offs are judged of a commit
    and of a range, since only those have them.
    """
    if whole and merge:
        hint = "leave --merge out: gitcorpus check --all judges the tree as it is"
        raise GitcorpusError("all-and-merge", "--all and --merge cannot be asked for together", hint=hint)
    found = find_repository(repo)
    asked = Asked(
        words=tuple(words or ()),
        staged=staged,
        merge=merge,
        whole=whole,
        policy=policy,
        folder=Path.cwd() / repo,
        index=named_index(found.work) if staged else None,
        now=datetime.now(UTC),
    )
    checked = check(found, asked, server_here(found, sandbox, mount, trusted=trust))
    if form is Form.TEXT:
        typer.echo(shown(checked.headline, screen.LONGEST), err=True)
        color = screen.colors_wanted(sys.stdout)
        typer.echo(render_verdict(checked.verdict, "", color=color, full=True))
    else:
        typer.echo(RENDERERS[form](checked.verdict))
    raise typer.Exit(EXIT_CODES.get(checked.verdict.outcome, UnjudgedError.exit_code))
