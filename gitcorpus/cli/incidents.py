"""`gitcorpus incidents`: the secrets that reached the server, and what became of them. No command shows a value."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from gitcorpus.cli import screen
from gitcorpus.flows.revoke import fields_of
from gitcorpus.git.repo import Repo
from gitcorpus.incidents import Incidents
from gitcorpus.model.incident import Incident
from gitcorpus.server.identity import account_name

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)

Repository = Annotated[Path, typer.Option("--repo", metavar="REPO", help="The bare repository.")]
Number = Annotated[str, typer.Argument(metavar="ID", help="The incident's id, or the first digits of it.")]
Json = Annotated[bool, typer.Option("--json", help="JSON for programs.")]


@app.command("list")
def list_incidents(
    repo: Repository = Path(),
    *,
    every: Annotated[bool, typer.Option("--all", help="Also those that have ended.")] = False,
    json: Json = False,
) -> None:
    """List the incidents that are not at an end, the newest first."""
    found = [each for each in _incidents(repo).all() if every or not each.state.is_final]
    if json:
        screen.print_json(map(fields_of, found))
        return
    screen.print_lines(
        f"{each.id}  {each.state.value:8} {each.opened_at:%Y-%m-%d %H:%M}  {each.times:3}x  {each.title} ({each.rule})"
        for each in found
    )


@app.command()
def show(number: Number, repo: Repository = Path(), *, json: Json = False) -> None:
    """Show one incident: where its secret was seen, who brought it, and what was done."""
    incident = _incidents(repo).one(number)
    if json:
        screen.print_json([fields_of(incident)])
    else:
        screen.print_lines(_in_full(incident))


@app.command()
def retry(number: Number, repo: Repository = Path()) -> None:
    """Let the worker revoke a secret now, also one whose rule has the policy `ask`."""
    incident = _incidents(repo).retry(number, datetime.now(UTC), _caller())
    screen.print_lines([f"{incident.id} is {incident.state.value}: gitcorpus revoke run --once"])


@app.command()
def close(
    number: Number,
    repo: Repository = Path(),
    *,
    reason: Annotated[str, typer.Option(metavar="TEXT", help="What was done, such as: key replaced.")],
) -> None:
    """End an incident that a person saw to; its value is erased."""
    incident = _incidents(repo).close(number, datetime.now(UTC), _caller(), reason)
    screen.print_lines([f"{incident.id} is closed"])


def _caller() -> str:
    return account_name(os.geteuid()) or str(os.geteuid())


def _incidents(repo: Path) -> Incidents:
    return Incidents(Repo.open(repo).path)


def _in_full(incident: Incident) -> Iterator[str]:
    yield f"incident     {incident.id}"
    yield f"state        {incident.state.value}"
    yield f"secret       {incident.title} ({incident.rule}, {incident.tier.value})"
    yield f"fingerprint  {incident.fingerprint}"
    yield f"opened       {incident.opened_at:%Y-%m-%d %H:%M}"
    yield f"seen         in {incident.times} pushes, last {incident.seen_at:%Y-%m-%d %H:%M}"
    yield f"value        {'sealed for the worker' if incident.is_sealed else 'not kept'}, {incident.attempts} attempts"
    for sight in incident.sights:
        place = f"{sight.path}:{sight.line}" if sight.line else sight.path
        brought = f"{sight.commit[:12] or 'none'} to {sight.ref} by {sight.pusher or 'unknown'}"
        yield f"place        {place} in commit {brought}"
    for event in incident.events:
        yield f"{event.at:%Y-%m-%d %H:%M}  {event.what} {event.said}".rstrip()
