"""What a terminal shows: errors and findings in the house form, progress on long work, and our own bugs.

`place code: sentence`, the quoted line with carets, then `hint:`. Colours appear only on a terminal and never
where NO_COLOR is set; progress is silent unless standard error is a terminal.
"""

import json
import os
import sys
import tempfile
import traceback
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final, TextIO

import typer

from gitcorpus.errors import GitcorpusError
from gitcorpus.model.finding import Finding, Severity
from gitcorpus.model.progress import Progress
from gitcorpus.report.sanitize import shown
from gitcorpus.report.text import patch_lines, quote_lines

BUG = 4
LONGEST = 2000
"""Most characters of one message; what a pusher wrote is longer only if it is meant to hide something."""
_NOTES = 10
"""Most notes of one kind."""
_RED, _YELLOW, _CYAN = "31", "33", "36"


def colors_wanted(stream: TextIO) -> bool:
    """Tell whether colours may be written to a stream (no-color.org)."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def print_error(error: GitcorpusError) -> None:
    """Print an error and its hint to standard error."""
    _print_message(error.place, error.code, error.sentence, error.hint)


def print_usage_error(error: typer.TyperException) -> int:
    """Print what was wrong with the command line, and return the exit code for it."""
    context = getattr(error, "ctx", None)
    command = context.command_path if context is not None else "gitcorpus"
    said = error.format_message().replace("Value error, ", "")
    if type(error).__name__ == "NoArgsIsHelpError":
        typer.echo(said, err=True)
    else:
        _print_message("", "usage", said[:1].lower() + said[1:].rstrip("."), f"{command} --help")
    return GitcorpusError.exit_code


def print_bug(error: BaseException) -> int:
    """Tell the user that this is our fault, and where the traceback is; return the exit code for it."""
    sentence = f"gitcorpus went wrong ({type(error).__name__}), and nothing that you did is to blame"
    try:
        hint = f"report it with {_keep(error)}, which holds what is needed to mend it"
    except OSError as full:
        hint = f"what is needed to mend it could not be kept: {full.strerror}; make room and try again"
    _print_message("", "bug", sentence, hint)
    return BUG


def _keep(error: BaseException) -> str:
    """Write a traceback into a file of its own that only this account can read, and return its path."""
    descriptor, path = tempfile.mkstemp(prefix="gitcorpus-bug-", suffix=".txt")
    with os.fdopen(descriptor, "w", encoding="utf-8", errors="backslashreplace") as file:
        file.write("".join(traceback.format_exception(error)))
    return path


_MARKS: Final = {Severity.WARN: " (warning)", Severity.RECORD: " (note)"}


def print_findings(findings: Iterable[Finding], stream: TextIO | None = None) -> None:
    """Print findings, one after the other, to standard output or another stream."""
    stream = stream or sys.stdout
    for finding in findings:
        color = _RED if finding.blocks else _YELLOW if finding.severity is Severity.WARN else _CYAN
        said = finding.sentence + _MARKS.get(finding.severity, "")
        lines = [_message(str(finding.place), finding.code, said, color, stream)]
        if finding.quote is not None:
            text, carets = quote_lines(finding.quote)
            lines += [text, _paint(carets, color, stream)]
        lines += patch_lines(finding.patch)
        if finding.hint:
            lines.append(f"  hint: {shown(finding.hint, LONGEST)}")
        typer.echo("\n".join(lines), file=stream)


def finding_fields(finding: Finding) -> dict[str, Any]:
    """Return a finding as JSON fields."""
    return {
        "code": finding.code,
        "place": str(finding.place),
        "sentence": finding.sentence,
        "hint": finding.hint,
        "severity": finding.severity.value,
    }


def print_text(text: str) -> None:
    """Print a text as it is, for a program; on a terminal, line by line, so that no terminal obeys it."""
    if sys.stdout.isatty():
        print_lines(text.splitlines())
    else:
        typer.echo(text, nl=False)


def print_note(line: str) -> None:
    """Print a remark to standard error."""
    typer.echo(f"note: {shown(line, LONGEST)}", err=True)


def print_notes(lines: Iterable[str]) -> None:
    """Print the first of some notes, and how many more there are."""
    some = list(lines)
    for line in some[:_NOTES]:
        print_note(line)
    if len(some) > _NOTES:
        print_note(f"{len(some) - _NOTES} more like these")


def print_json(values: Iterable[Mapping[str, Any]]) -> None:
    """Print a list of JSON objects; what is not plain text is escaped, so that no terminal obeys it."""
    typer.echo(json.dumps(list(values), indent=2, ensure_ascii=True))


def print_lines(lines: Iterable[str]) -> None:
    """Print plain lines to standard output."""
    for line in lines:
        typer.echo(shown(line, LONGEST))


@contextmanager
def progress() -> Iterator[Progress]:
    """Show a bar for each thing that is being done, if standard error is a terminal."""
    if not sys.stderr.isatty():
        yield _silent
        return
    from rich.console import Console  # noqa: PLC0415 - only long work on a terminal pays for rich
    from rich.progress import Progress as Bars  # noqa: PLC0415 - as above

    with Bars(console=Console(stderr=True), transient=True) as bars:
        rows: dict[str, int] = {}

        def show(title: str, done: int, total: int) -> None:
            if title not in rows:
                rows[title] = bars.add_task(title, total=total)
            bars.update(rows[title], completed=done, total=total)  # type: ignore[arg-type]  # a TaskID is an int

        yield show


def _silent(_title: str, _done: int, _total: int) -> None:
    """Show nothing."""


def _print_message(place: str, code: str, sentence: str, hint: str) -> None:
    typer.echo(_message(place, code, sentence, _RED, sys.stderr), err=True)
    if hint:
        typer.echo(f"  hint: {shown(hint, LONGEST)}", err=True)


def _message(place: str, code: str, sentence: str, color: str, stream: TextIO) -> str:
    where = f"{shown(place, LONGEST)} " if place else ""
    return f"{where}{_paint(code, color, stream)}: {shown(sentence, LONGEST)}"


def _paint(text: str, color: str, stream: TextIO) -> str:
    return f"\x1b[{color}m{text}\x1b[0m" if colors_wanted(stream) else text
