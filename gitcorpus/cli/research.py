"""`gitcorpus query`, `diff`, `changelog` and `forget`: questions about releases that are there, and about tags."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer

from gitcorpus.cli import screen
from gitcorpus.compiler.answers import csv_of, parquet_of, rows_of, write_new
from gitcorpus.compiler.opened import Opened, Tables
from gitcorpus.errors import GitcorpusError
from gitcorpus.flows.ask import tag_tables
from gitcorpus.flows.changelog import Chapter
from gitcorpus.flows.changelog import changelog as chapters_of
from gitcorpus.flows.compare import Difference, compare
from gitcorpus.flows.forget import Wanted, forget_set, unknown_names
from gitcorpus.report.sanitize import shown

Release = Annotated[Path, typer.Argument(metavar="DIR", help="A release.")]
Json = Annotated[bool, typer.Option("--json", help="JSON for programs.")]


class Form(StrEnum):
    """How an answer is written."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"
    PARQUET = "parquet"


def query(  # noqa: PLR0913 - one for each option
    what: Annotated[str, typer.Argument(metavar="DIR|TAG", help="A release, or a tag of a repository.")],
    sql: Annotated[str, typer.Argument(metavar="SQL", help="A query, in DuckDB's SQL.")],
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="FILE", help="Where CSV, JSON or Parquet goes.")
    ] = None,
    repo: Annotated[Path, typer.Option("--repo", metavar="REPO", help="The repository of the tag.")] = Path(),
    specs: Annotated[
        Path | None, typer.Option("--specs", metavar="PATH", help="Specs from outside the repository.")
    ] = None,
    *,
    form: Annotated[Form, typer.Option("--format", help="How the answer is written.")] = Form.TABLE,
) -> None:
    """Ask a release or a tag in SQL.

    Tables of a release: `lines`, `sources`, `records`, `commits`, `agreements`, `omissions`, `origins`, which is the
    first four in one, and each view by its name, with a column `split`. Tables of a tag: those that views select from.
    """
    if form is Form.PARQUET and output is None:
        raise typer.BadParameter("Parquet goes into a file: name one", param_hint="--output")
    if form is Form.TABLE and output is not None:
        raise typer.BadParameter(
            "a table is for a screen: csv, json or parquet go into a file", param_hint="--format"
        )
    with _tables(what, sql, repo, specs) as tables:
        answer = tables.ask(sql)
    if output is not None:
        write_new(output, lambda: _written(answer, form))
        screen.print_lines([f"wrote {answer.num_rows} rows to {output}"])
    elif form is Form.TABLE:
        screen.print_lines(_table(answer.column_names, rows_of(answer)))
    elif form is Form.JSON:
        screen.print_json(rows_of(answer))
    else:
        screen.print_text(csv_of(answer).decode())


def _written(answer: Any, form: Form) -> bytes:
    if form is Form.JSON:
        return orjson.dumps(rows_of(answer), option=orjson.OPT_INDENT_2) + b"\n"
    return csv_of(answer) if form is Form.CSV else parquet_of(answer)


def _tables(what: str, sql: str, repo: Path, specs: Path | None) -> Tables:
    """Open a release if there is a folder of that name, else a tag."""
    if Path(what).is_dir():
        opened = Opened(Path(what))
        opened.load(
            *(name for name in opened.tables if re.search(rf"\b{re.escape(name)}\b", sql, re.IGNORECASE))
        )
        return opened
    try:
        with screen.progress() as progress:
            return tag_tables(repo, what, specs=specs, sql=sql, progress=progress)
    except GitcorpusError as error:
        spoilt = error.code == "not-a-repository" and error.place != str(repo)
        if spoilt or error.code not in ("not-a-repository", "unknown-tag"):
            raise
        sentence = f"`{shown(what)}` is neither a folder with a release nor a tag of {shown(str(repo))}"
        raise GitcorpusError(error.code, sentence, hint=error.hint) from error


def changelog(
    directories: Annotated[list[Path], typer.Argument(metavar="DIR", help="Releases of one corpus.")],
    *,
    json: Json = False,
) -> None:
    """Tell what changed from release to release, newest first, as Markdown."""
    chapters = chapters_of(directories)
    if json:
        screen.print_json(asdict(chapter) for chapter in chapters)
        return
    for chapter in chapters:
        screen.print_lines(_chapter(chapter))


def _chapter(chapter: Chapter) -> Iterable[str]:
    yield f"## {shown(chapter.name)} {shown(chapter.version)} ({chapter.created_at[:10]})"
    yield ""
    if not chapter.views:
        yield f"- {chapter.records} records"
    for view in chapter.views:
        counts = ", ".join(f"{count} {how.value}" for how, count in view.counts)
        yield f"- `{shown(view.view)}`: {counts} ({', '.join(map(shown, view.tasks))})"
    if chapter.commits:
        yield ""
        for oid, author, subject in chapter.commits:
            yield f"- {oid[:12]} {shown(author)}: {shown(subject)}"
    yield ""


def diff(
    one: Annotated[Path, typer.Argument(metavar="A", help="A release.")],
    other: Annotated[Path, typer.Argument(metavar="B", help="A later one.")],
    *,
    json: Json = False,
) -> None:
    """Say which records came, went and changed between two releases, and the commits that did it."""
    found = compare(one, other)
    if json:
        screen.print_json(each._asdict() for each in found)
        return
    for each in found:
        screen.print_lines([_line(each)])
    counts = [(each, sum(one.how is each for one in found)) for each in sorted({one.how for one in found})]
    screen.print_lines([", ".join(f"{count} {how.value}" for how, count in counts) or "no record differs"])


def forget(  # noqa: PLR0913 - one for each option
    directories: Annotated[list[Path], typer.Argument(metavar="DIR", help="Releases.")],
    *,
    author: Annotated[
        list[str] | None, typer.Option(metavar="WHO", help="An address, a name or a contributor's id.")
    ] = None,
    commit: Annotated[
        list[str] | None, typer.Option(metavar="ID", help="A commit, or its first digits.")
    ] = None,
    agreement: Annotated[list[str] | None, typer.Option(metavar="ID", help="An agreement.")] = None,
    path: Annotated[
        list[str] | None, typer.Option(metavar="GLOB", help="Paths, now or where lines were written.")
    ] = None,
    swhid: Annotated[
        list[str] | None,
        typer.Option(metavar="SWHID", help="swh:1:cnt:..., with ;lines=a-b or without; swh:1:rev:..."),
    ] = None,
    filter_to: Annotated[
        Path | None,
        typer.Option(
            "--filter", metavar="FILE", help="Write the records' ids, one a line, for a trainer to leave out."
        ),
    ] = None,
    json: Json = False,
) -> None:
    """List every record and line of releases that came from an author, a commit, an agreement, a path or a blob.

    What is named by several options is all of it together.
    """
    wanted = Wanted(*(tuple(each or ()) for each in (author, commit, agreement, path, swhid)))
    rows = list(forget_set(directories, wanted))
    several = sum(map(len, wanted)) > 1
    for name in unknown_names(directories, wanted) if several or not rows else ():
        screen.print_note(f"no line of any of these releases came from {name}")
    if filter_to is not None:
        _write_filter(filter_to, rows)
    if json:
        screen.print_json(rows)
        return
    screen.print_lines(
        _table(
            ("release", "view", "split", "record_id", "field", "lines", "path", "commit"), map(_short, rows)
        )
    )
    n_records = len({(row["release"], row["view"], row["record_id"]) for row in rows})
    screen.print_lines([f"{sum(row['n_lines'] for row in rows)} lines of {n_records} records"])


def _short(row: Mapping[str, Any]) -> dict[str, Any]:
    last = row["start_line"] + row["n_lines"] - 1
    return {
        **row,
        "record_id": row["record_id"].removeprefix("sha256:")[:16],
        "lines": f"{row['start_line']}-{last}",
        "commit": (row["commit"] or "none")[:12],
    }


def _write_filter(path: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    names = sorted({(row["release"], row["view"], row["record_id"]) for row in rows})
    lines = (
        orjson.dumps({"release": release, "view": view, "record_id": name}) for release, view, name in names
    )
    write_new(path, lambda: b"".join(line + b"\n" for line in lines))


def _line(each: Difference) -> str:
    by = f"  by {', '.join(commit[:12] for commit in each.commits)}" if each.commits else ""
    return f"{each.how.value:8} {each.view}  {each.key}{by}"


def _table(names: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> Iterable[str]:
    cells = [[shown(str(row[name]) if row[name] is not None else "", 60) for name in names] for row in rows]
    widths = [max([len(name), *(len(row[at]) for row in cells)]) for at, name in enumerate(names)]
    for row in ([*names], *cells):
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
