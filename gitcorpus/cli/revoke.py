"""`gitcorpus revoke`: the worker that has exposed secrets revoked."""

from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from time import sleep
from typing import Annotated, Final

import typer

from gitcorpus.cli import screen
from gitcorpus.flows.revoke import Done, read_worker
from gitcorpus.git.repo import Repo
from gitcorpus.incidents import make_worker_keys
from gitcorpus.server.administration import load_server

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)

Repository = Annotated[Path, typer.Option("--repo", metavar="REPO", help="The bare repository.")]
BETWEEN: Final = 5.0
"""Seconds between two rounds."""


@app.command()
def run(
    repo: Repository = Path(),
    *,
    once: Annotated[bool, typer.Option("--once", help="One round, and then end.")] = False,
    key: Annotated[
        Path | None, typer.Option("--key", metavar="FILE", help="The private key; default: the repository's.")
    ] = None,
) -> None:
    """Work off the outbox: revoke exposed secrets as `secrets: revoke:` of gitcorpus/server.yaml says.

    It needs the network, and nothing else of gitcorpus does.
    """
    git_dir = Repo.open(repo).path
    clock = partial(datetime.now, UTC)
    worker = read_worker(git_dir, load_server(git_dir).secrets, clock, key)
    while True:
        done = worker.round()
        if once or any(done):
            screen.print_lines([_line(done)])
        if once:
            return
        sleep(BETWEEN)


@app.command()
def keygen(repo: Repository = Path()) -> None:
    """Make the pair of keys that seals values for the worker. Without one, no value is kept."""
    public, private = make_worker_keys(Repo.open(repo).path)
    screen.print_lines(
        [
            f"wrote {public}",
            f"wrote {private}",
            "hint: move the second one to where the worker alone reads it (docs/guide/secrets.md)",
        ]
    )


def _line(done: Done) -> str:
    return (
        f"{done.revoked} revoked, {done.waiting} to be tried again, {done.for_people} for a person,"
        f" {done.erased} erased unsent"
    )
