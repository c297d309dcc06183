"""`gitcorpus release`, `verify` and `trace`: from a tag to a dataset, and back from a line to its author."""

import os
import shlex
import signal
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from gitcorpus.cli import screen
from gitcorpus.errors import GitcorpusError
from gitcorpus.flows.release import compile_release, plan_release, record_release
from gitcorpus.flows.trace import TracedRun, trace_record
from gitcorpus.flows.verify import verify_release
from gitcorpus.model.release import ReleaseRequest
from gitcorpus.model.tree import moment_of
from gitcorpus.report.sanitize import shown

FULL = "full"
_JOBS = min(len(os.sched_getaffinity(0)), 8)
"""Processors that may be used; more than some wait for the one that writes."""

Repository = Annotated[
    Path, typer.Option("--repo", metavar="REPO", help="The repository that holds the tag.")
]
Specs = Annotated[
    Path | None, typer.Option("--specs", metavar="PATH", help="Specs from outside the repository, a folder.")
]


def release(  # noqa: PLR0913 - one for each option
    tag: Annotated[str, typer.Argument(metavar="TAG", help="The tag to compile.")],
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="DIR", help="The folder to make; default NAME-VERSION."),
    ] = None,
    repo: Repository = Path(),
    specs: Specs = None,
    *,
    unverified: Annotated[
        bool,
        typer.Option(
            "--unverified", help="Compile a commit that no push was accepted for, and say so in it."
        ),
    ] = False,
    jobs: Annotated[
        int,
        typer.Option(
            metavar="N",
            min=1,
            show_default="one a processor",
            help="Processes that render; the release is the same with any number.",
        ),
    ] = _JOBS,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Make every record anew, whatever earlier releases made of it.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be in it and what would not, and write nothing.")
    ] = False,
) -> None:
    """Compile a tag into a dataset release in which every line knows where it came from."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that nothing half-written is left
    request = ReleaseRequest(
        repository=repo,
        tag=tag,
        folder=Path.cwd(),
        target=output,
        specs=specs,
        unverified=unverified,
        jobs=jobs,
        today=None if fresh else datetime.now(UTC).date(),
    )
    if dry_run:
        _plan(replace(request, today=None))
        return
    with screen.progress() as progress:
        published = compile_release(request, progress=progress)
    typer.echo(f"released {published.name} to {published.path}")
    for view, rows in published.rows:
        typer.echo(f"  {view}: {rows} records")
    typer.echo(
        f"  provenance: {published.n_lines} lines in {published.n_runs} runs from {published.n_commits} commits"
    )
    if published.omissions:
        said = ", ".join(f"{reason} {count}" for reason, count in published.omissions)
        typer.echo(f"  left out: {said} (omissions.parquet says why)")
    if published.unverified:
        typer.echo("  unverified: no accepted verdict stands behind it; the manifest and the card say so")
    screen.print_notes(published.notes)
    words = [
        "gitcorpus",
        "verify",
        str(published.path),
        "--repo",
        str(repo),
        *(["--specs", str(specs)] if specs else []),
    ]
    typer.echo(f"hint: {shlex.join(words)}")
    record_release(request, published, now=datetime.now(UTC))


def _plan(request: ReleaseRequest) -> None:
    with screen.progress() as progress:
        planned = plan_release(request, progress=progress)
    typer.echo(f"would release {planned.name}")
    for view, rows in planned.rows:
        typer.echo(f"  {view}: {rows} records")
    for each in planned.omissions:
        detail = f": {shown(each.detail)}" if each.detail else ""
        typer.echo(
            f"  left out of {each.view or 'all views'}: {shown(each.key)} ({each.reason.value}{detail})"
        )
    if planned.unverified:
        typer.echo("  unverified: no accepted verdict stands behind it")


def verify(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="A release.")],
    repo: Annotated[
        Path | None,
        typer.Option("--repo", metavar="REPO", help="Its repository, for blame and a second build."),
    ] = None,
    specs: Specs = None,
    key: Annotated[
        Path | None,
        typer.Option("--key", metavar="FILE", help="The server's public key; default: the repository's own."),
    ] = None,
    blame: Annotated[
        str,
        typer.Option(metavar="full|sample=N", help="Hold all files against git blame, or N drawn at random."),
    ] = FULL,
) -> None:
    """Check a release: bytes, signature, digests, splits, coverage; with its repository also a second build."""
    with screen.progress() as progress:
        verification = verify_release(
            directory, repository=repo, specs=specs, sample=_sample(blame), key=key, progress=progress
        )
    for check in verification.checks:
        typer.echo(f"{check.state.value:8}{check.name}: {check.sentence}")
        for fault in check.faults:
            typer.echo(f"          {shown(fault)}")
    if not verification.sound:
        raise typer.Exit(1)


def _sample(blame: str) -> int | None:
    """Return how many files are drawn, or none for all."""
    word, _, number = blame.partition("=")
    if blame != FULL and (word != "sample" or not number.isdecimal() or int(number) < 1):
        raise typer.BadParameter(f"`{shown(blame)}` is neither `full` nor `sample=N`", param_hint="--blame")
    return None if blame == FULL else int(number)


def trace(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="A release.")],
    record: Annotated[
        str,
        typer.Argument(
            metavar="RECORD[:LINE]", help="A record's id or its first digits, and a line of its text."
        ),
    ],
    field: Annotated[
        str | None, typer.Option("--field", metavar="POINTER", help="One text field: /completion.")
    ] = None,
) -> None:
    """Say which commit, author, task and agreement stand behind a record's lines."""
    name, line = _record_and_line(record)
    for traced in trace_record(directory, name, line=line, field=field):
        _print_run(traced, line)


def _record_and_line(argument: str) -> tuple[str, int | None]:
    rest, _, last = argument.removeprefix("sha256:").partition(":")
    if not last:
        return rest, None
    if not last.isdecimal() or int(last) < 1:
        raise GitcorpusError(
            "no-such-line", f"`{shown(last)}` is no line", hint="write RECORD:LINE, lines from 1"
        )
    return rest, int(last)


def _print_run(traced: TracedRun, line: int | None) -> None:
    run, commit = traced.run, traced.commit
    first = run["start_line"] if line is None else line
    last = run["start_line"] + run["n_lines"] - 1 if line is None else line
    lines = f"line {first}" if first == last else f"lines {first}-{last}"
    typer.echo(f"{run['view']} {run['field']} {lines}  ({run['origin']}, {run['transform']})")
    if line is not None:
        typer.echo(f"    {shown(traced.lines[line - run['start_line']])}")
    at = run["src_start_line"] + (first - run["start_line"])
    typer.echo(f"  path       {shown(run['src_path'])}:{at}  (now {shown(run['path'])})")
    if commit is None:
        typer.echo("  commit     none: the file does not stand in the repository")
        return
    typer.echo(f"  commit     {commit['commit']}  {_day(commit)}  {shown(commit['subject'])}")
    known = commit["contributor"] or "not a known contributor"
    typer.echo(f"  author     {shown(commit['author_name'])} <{shown(commit['author_email'])}> ({known})")
    typer.echo(f"  task       {traced.task}")
    typer.echo(f"  agreement  {shown(commit['agreement'] or 'none')}")
    verdict = shown(commit["verdict"] or "none")
    typer.echo(f"  pushed by  {shown(commit['pusher'] or 'unknown')}  verdict {verdict}")
    typer.echo(f"  evidence   {shown(commit.get('evidence') or 'none')}")


def _day(commit: Any) -> str:
    return moment_of(commit["authored_at"]).date().isoformat()
