"""`gitcorpus ledger`: read what the server saw and decided, and prove that nobody changed it."""

import json
import os
import re
import shlex
from collections import deque
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from gitcorpus.cli import screen
from gitcorpus.cli.server import Format, this_program
from gitcorpus.errors import GitcorpusError, RefusedError
from gitcorpus.flows.anchored import anchor, ledger_findings
from gitcorpus.flows.push import counted
from gitcorpus.git.repo import Repo
from gitcorpus.ledger import Ledger
from gitcorpus.model.entry import Entry, EntryKind
from gitcorpus.report.entry import short_oid, verdict_lines
from gitcorpus.server.identity import account_name
from gitcorpus.server.install import Installer
from gitcorpus.server.install import begin as begin_ledger

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)

Repository = Annotated[Path, typer.Argument(metavar="REPO", help="The bare repository.")]
ENTRY: Final = re.compile("[0-9]+|(sha256:)?[0-9a-f]{4,64}")
"""A number, or the first digits of a digest."""


@app.command()
def show(
    repo: Repository = Path(),
    entry: Annotated[
        str | None,
        typer.Argument(metavar="[ENTRY]", help="One entry: its number, or the first digits of its digest."),
    ] = None,
    *,
    last: Annotated[int, typer.Option(min=1, metavar="N", help="How many of the newest entries.")] = 10,
    output: Annotated[
        Format, typer.Option("--format", help="Text for people, JSON for programs.")
    ] = Format.TEXT,
) -> None:
    """Show the newest entries, oldest first, or one entry in full.

    Within the repository, REPO may be left out: `gitcorpus ledger show 12`.
    """
    if entry is None and not repo.exists() and ENTRY.fullmatch(repo.name):
        repo, entry = Path(), repo.name
    entries = _ledger(repo).entries()
    chosen = [_find(entries, entry, repo)] if entry is not None else list(deque(entries, maxlen=last))
    if output is Format.JSON:
        screen.print_json(_fields(one) for one in chosen)
    elif entry is not None:
        screen.print_lines(_in_full(chosen[0]))
    else:
        screen.print_lines(_line(one) for one in chosen)


@app.command()
def verify(repo: Repository = Path()) -> None:
    """Prove that no entry was edited, moved or removed, the newest ones included.

    The exit code is 1 if one was; every fault is named.
    """
    _ledger(repo)
    count, findings = ledger_findings(Repo.open(repo).path)
    screen.print_findings(findings)
    n_faults = sum(finding.blocks for finding in findings)
    typer.echo(f"{count} {'entry' if count == 1 else 'entries'}, {counted(n_faults, 'fault')}")
    if n_faults:
        raise typer.Exit(RefusedError.exit_code)


@app.command()
def begin(
    repo: Repository,
    *,
    reason: Annotated[str, typer.Option(metavar="TEXT", help="What was lost, and why; the ledger keeps it.")],
) -> None:
    """Go on openly where entries of the ledger were lost and no backup has them.

    What is whole is kept, what is not is moved aside, and the first new entry says what is missing and where every
    reference stands. Until then every push is refused.
    """
    account = account_name(os.geteuid())
    installer = Installer(program=this_program(), account=account, now=datetime.now(UTC))
    entry = begin_ledger(repo, reason, installer)
    said: Any = entry.body["begins"]
    after = f"entry {said['after']['number']}" if said["after"] else "entries that are not known"
    screen.print_lines(
        [
            f"the ledger goes on with entry {entry.number}, {entry.short}, after {after}; {said['kept']} were kept"
        ]
    )


@app.command()
def erase(
    repo: Repository,
    *,
    person: Annotated[
        list[str],
        typer.Option(
            metavar="NAME", help="A name, account or address that the ledger has of them; repeatable."
        ),
    ],
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why, without the name; the ledger keeps it.")],
) -> None:
    """Erase what the ledger says of a person, and record that it was done.

    The chain stays whole. Commits, specs, incidents and backups are other places. The exit code is 1 if entries of an
    earlier format name the person: those cannot be changed.
    """
    body = {"by": account_name(os.geteuid()) or "", "reason": reason}
    git_dir = Repo.open(repo).path
    if not all(name.strip() for name in person):
        raise GitcorpusError("no-person", "a name is empty, which would mean everybody", hint="--person NAME")
    values, left = _ledger(repo).erase([name.strip() for name in person], body, now=datetime.now(UTC))
    anchor(git_dir)
    screen.print_lines([f"erased {values} values" if values != 1 else "erased 1 value"])
    if left:
        typer.echo(f"{left} entries of an earlier format name the person, and cannot be changed")
        raise typer.Exit(RefusedError.exit_code)


def _ledger(repo: Path) -> Ledger:
    ledger = Ledger.of(Repo.open(repo).path)
    if not ledger.exists and not ledger.is_lost:
        hint = "name the bare repository that gitcorpus is installed in"
        raise GitcorpusError("no-ledger", "there is no ledger here", place=str(repo), hint=hint)
    return ledger


def _find(entries: Iterator[Entry], wanted: str, repo: Path) -> Entry:
    """Find one entry by number or by the beginning of its digest."""
    digits = wanted.removeprefix("sha256:")
    is_prefix = re.fullmatch("[0-9a-f]{4,64}", digits) is not None
    found = []
    for entry in entries:
        if wanted == str(entry.number):
            return entry
        if is_prefix and entry.digest.removeprefix("sha256:").startswith(digits):
            found.append(entry)
    if len(found) == 1:
        return found[0]
    why = f"{len(found)} entries begin so" if found else "there is no such entry"
    hint = f"gitcorpus ledger show {shlex.quote(str(repo))} --last 20"
    raise GitcorpusError("no-such-entry", f"`{wanted}`: {why}", hint=hint)


def _fields(entry: Entry) -> dict[str, Any]:
    return {
        "number": entry.number,
        "appended_at": entry.appended_at,
        "kind": entry.kind.value,
        "body": dict(entry.body),
        "previous": entry.previous,
        "digest": entry.digest,
    }


def _in_full(entry: Entry) -> Iterator[str]:
    """Write a verdict as its pusher reads it, and any other entry field by field."""
    if entry.kind is EntryKind.VERDICT:
        yield from verdict_lines(entry)
        yield f"digest {entry.digest}"
        return
    fields = _fields(entry)
    for name, value in {**fields, **fields.pop("body")}.items():
        if name == "body":
            continue
        if not isinstance(value, list) or not value:
            yield f"{name}: {_plain(value)}"
            continue
        yield f"{name}:"
        for item in value:
            yield f"  {_plain(item)}"


def _plain(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {_plain(each)}" for name, each in value.items())
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _line(entry: Entry) -> str:
    """Write an entry in one line: number, digest, time, kind, and what it is about."""
    return f"{entry.number:>5}  {entry.short}  {entry.appended_at}  {entry.kind.value:<9}  {_about(entry)}"


def _about(entry: Entry) -> str:
    body: Any = entry.body
    match entry.kind:
        case EntryKind.INSTALLED:
            return f"{body['version']} by {body['by'] or 'an unknown account'}, admins {', '.join(body['admins'])}"
        case EntryKind.RELEASE:
            return f"{body['tag']} {body['manifest_digest']}"
        case EntryKind.LANDED | EntryKind.WITHDRAWN:
            return _updates(body)
        case EntryKind.ERASED:
            return f"{body['values']} values by {body['by'] or 'an unknown account'}: {body['reason']}"
        case EntryKind.MOVED:
            return f"{_updates(body)} by {body['by'] or 'an unknown account'}: {body['reason']}"
        case EntryKind.VERDICT:
            refusing = [gate["gate"] for gate in body["gates"] if gate["state"] in {"failed", "unjudged"}]
            said = f"{body['outcome']}{f' ({chr(44).join(refusing)})' if refusing else ''}"
            return f"{said}  {body['pusher'] or 'unknown pusher'}  {_updates(body)}"


def _updates(body: Any) -> str:
    return ", ".join(
        f"{update['ref']} {short_oid(update['old'])}..{short_oid(update['new'])}"
        for update in body["updates"]
    )
