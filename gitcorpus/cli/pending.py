"""`gitcorpus pending`: the pushes that were parked, since a gate needs more time than a push has."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from gitcorpus.cli import screen
from gitcorpus.cli.server import Format
from gitcorpus.git.repo import Repo
from gitcorpus.report.entry import short_oid
from gitcorpus.server.identity import account_name
from gitcorpus.server.pending import Parked, State, all_parked, change, read_parked
from gitcorpus.server.slow_lane import Desk, forget, work_off

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)

Repository = Annotated[Path, typer.Option("--repo", metavar="REPO", help="The bare repository.")]
Number = Annotated[str, typer.Argument(metavar="ID", help="The push's id, as the pusher was told it.")]
Output = Annotated[Format, typer.Option("--format", help="Text for people, JSON for programs.")]


@app.command("list")
def list_parked(
    repo: Repository = Path(),
    *,
    every: Annotated[bool, typer.Option("--all", help="Also those that have ended.")] = False,
    output: Output = Format.TEXT,
) -> None:
    """List the pushes that are parked, oldest first."""
    git_dir = Repo.open(repo).path
    found = [parked for parked in all_parked(git_dir) if every or parked.state is State.PARKED]
    if output is Format.JSON:
        screen.print_json(map(_fields, found))
    else:
        screen.print_lines(map(_line, found))


@app.command()
def show(number: Number, repo: Repository = Path(), *, output: Output = Format.TEXT) -> None:
    """Show one push that is or was parked, and what became of it."""
    parked = read_parked(Repo.open(repo).path, number)
    if output is Format.JSON:
        screen.print_json([_fields(parked)])
    else:
        screen.print_lines(_in_full(parked))


@app.command()
def cancel(
    number: Number,
    repo: Repository = Path(),
    *,
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why; its pusher is told.")],
) -> None:
    """Let a parked push go, whatever its gates say.

    What it brought is thrown away by git in time.
    """
    git_dir = Repo.open(repo).path
    by = account_name(os.geteuid()) or "an administrator"
    forget(git_dir, change(git_dir, number, state=State.CANCELLED, said=f"{by} cancelled it: {reason}"))
    screen.print_lines([f"cancelled {number}"])


@app.command()
def run(repo: Repository = Path()) -> None:
    """Judge the parked pushes that nobody is at.

    A gatekeeper does so by itself; this is for a timer where there is none.
    """
    git_dir = Repo.open(repo).path
    desk = Desk(git_dir, partial(datetime.now, UTC))
    screen.print_lines(_line(parked) for parked in work_off(desk))


def _fields(parked: Parked) -> dict[str, Any]:
    return {
        "id": parked.id,
        "state": parked.state.value,
        "pusher": parked.pusher,
        "parked_at": parked.parked_at,
        "gates": list(parked.gates),
        "updates": [{"ref": each.ref, "old": each.old, "new": each.new} for each in parked.updates],
        "said": parked.said,
    }


def _line(parked: Parked) -> str:
    refs = ", ".join(f"{update.ref} {update.new[:8]}" for update in parked.updates)
    return f"{parked.id}  {parked.parked_at}  {parked.state.value:<9}  {parked.pusher or 'unknown pusher'}  {refs}"


def _in_full(parked: Parked) -> Iterator[str]:
    for name, value in _fields(parked).items():
        match value:
            case list():
                yield f"{name}:"
                yield from (f"  {_plain(item)}" for item in value)
            case str() if "\n" in value:
                yield f"{name}:"
                yield from (f"  {line}" for line in value.splitlines())
            case _:
                yield f"{name}: {value}"


def _plain(item: Any) -> str:
    if isinstance(item, dict):
        return f"{item['ref']} {short_oid(item['old'])}..{short_oid(item['new'])}"
    return str(item)
