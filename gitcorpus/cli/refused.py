"""`gitcorpus refused`: the refused pushes that the server keeps."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from gitcorpus.cli import screen
from gitcorpus.flows.refused import expire_refused, kept_pushes
from gitcorpus.git.repo import Repo
from gitcorpus.server.administration import load_server

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)

Repository = Annotated[Path, typer.Option("--repo", metavar="REPO", help="The bare repository.")]


@app.command("list")
def list_kept(repo: Repository = Path()) -> None:
    """List the refused pushes that are kept: the day, and the ledger's entry that says why."""
    screen.print_lines(f"{day.isoformat()}  {name}" for name, day in kept_pushes(Repo.open(repo)).items())


@app.command()
def expire(
    repo: Repository = Path(),
    *,
    days: Annotated[
        int | None,
        typer.Option(
            min=0, metavar="N", help="Keep those of the last N days; default: what the server says."
        ),
    ] = None,
) -> None:
    """Let go of what was kept for too long; what stands in a release stays."""
    opened = Repo.open(repo)
    kept = load_server(opened.path).refused_days if days is None else days
    gone = expire_refused(opened, kept, datetime.now(UTC))
    screen.print_lines([f"let go of {len(gone)} refused pushes"])
