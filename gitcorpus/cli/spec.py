"""`gitcorpus spec`: check specs before they are pushed, explain a code, print a schema."""

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from difflib import get_close_matches
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final, NamedTuple

import typer

from gitcorpus.cli import screen
from gitcorpus.errors import GitcorpusError
from gitcorpus.gates.sources import SnapshotSource
from gitcorpus.git.repo import Repo
from gitcorpus.model.finding import Finding
from gitcorpus.shipped import shipped_path
from gitcorpus.spec.brief import did_you_mean
from gitcorpus.spec.load import Loaded, load_specs
from gitcorpus.spec.schema import schema_text
from gitcorpus.spec.server import parse_server
from gitcorpus.spec.sources import FOLDER, DirectorySource, SpecSource

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)

SERVER_FILE: Final = Path("gitcorpus", "server.yaml")


class Format(StrEnum):
    """How findings are printed."""

    TEXT = "text"
    JSON = "json"


class Target(NamedTuple):
    """What to check: where its specs are read, what to put before their paths, and which one file is asked for."""

    source: SpecSource
    prefix: str = ""
    only: str = ""


@app.command()
def check(
    target: Annotated[
        str,
        typer.Argument(
            metavar="[PATH|REV]",
            help="A folder, a spec file, or a revision; default: this repository's own specs.",
        ),
    ] = "",
    repo: Annotated[
        Path, typer.Option(metavar="REPO", help="The repository that a revision is in.")
    ] = Path(),
    form: Annotated[Format, typer.Option("--format", help="How to print findings.")] = Format.TEXT,
) -> None:
    """Load and link all specs, and print every fault at once."""
    asked = _target(target, repo)
    loaded = load_specs(asked.source, commit=None)
    findings = [
        _shown(finding, asked) for finding in loaded.findings if asked.only in ("", finding.place.path)
    ]
    n_files = 1 if asked.only else len(asked.source.spec_files())
    if form is Format.JSON:
        typer.echo(
            json.dumps({"files": n_files, "findings": [_as_json(each) for each in findings]}, indent=2)
        )
    else:
        screen.print_findings(findings)
        typer.echo(_summary(loaded, findings, n_files))
    if any(finding.blocks for finding in findings):
        raise typer.Exit(1)


@app.command()
def explain(
    code: Annotated[str, typer.Argument(metavar="CODE", help="A finding's or an error's code.")],
) -> None:
    """Say what a code means, with an example and the way out."""
    sections = code_sections()
    if code not in sections:
        hint = did_you_mean(code, sections) or "docs/reference/codes lists all"
        raise GitcorpusError("unknown-code", f"there is no code `{code}`", hint=hint)
    typer.echo(f"{code}\n\n{sections[code]}")


@app.command()
def schema(
    kind: Annotated[str, typer.Argument(metavar="KIND", help="A kind, Server, or gates/NAME.")],
) -> None:
    """Print the JSON Schema of a kind, or of a gate's parameters, for an editor."""
    typer.echo(schema_text(kind), nl=False)


def code_sections() -> dict[str, str]:
    """Return the manual's section of every code."""
    sections: dict[str, str] = {}
    for path in sorted(shipped_path("codes").glob("*.md")):
        for part in re.split(r"^## ", path.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
            name, _, text = part.partition("\n")
            sections[name.strip().strip("`")] = text.strip()
    return sections


def _target(target: str, repo: Path) -> Target:
    path = Path(target)
    if target and path.is_dir():
        source = DirectorySource(path)
        return Target(source, prefix=_before(source))
    if target and path.is_file():
        return _one_file(path)
    return _revision(target, repo) if target else _here(repo)


def _one_file(path: Path) -> Target:
    """Check a file among the specs that it stands with."""
    folder = next(
        (parent for parent in path.resolve().parents if parent.name == FOLDER), path.resolve().parent
    )
    source = DirectorySource(folder)
    inner = path.resolve().relative_to(folder).as_posix()
    return Target(source, str(path).removesuffix(f"{FOLDER}/{inner}"), f"{FOLDER}/{inner}")


def _before(source: DirectorySource) -> str:
    """Return what stands before `specs/` in the paths of a folder, as it was asked for."""
    if source.specs.name != FOLDER:
        return f"{source.specs}/"
    return "" if source.root == Path() else f"{source.root}/"


def _here(folder: Path) -> Target:
    """Check the work tree, or a bare repository's policy branch."""
    if (folder / FOLDER).is_dir():
        return Target(DirectorySource(folder))
    repo = Repo.open(folder)
    server = repo.path / SERVER_FILE
    branch = parse_server(server.read_bytes(), str(server)).policy_branch if server.is_file() else "HEAD"
    return _revision(branch, folder)


def _revision(name: str, folder: Path) -> Target:
    repo = Repo.open(folder)
    commit = repo.resolve(name)
    if commit is None:
        near = get_close_matches(name, [path.name for path in Path().iterdir()], n=1)
        hint = f"did you mean `{near[0]}`?" if near else "name a folder, a file, or a branch, tag or commit"
        raise GitcorpusError("no-such-target", f"`{name}` is neither a path nor a revision", hint=hint)
    return Target(SnapshotSource(repo.snapshot(commit)))


def _shown(finding: Finding, asked: Target) -> Finding:
    """Name a file as it was asked for, so that its place can be opened."""
    if not asked.prefix or not finding.place.path.startswith(FOLDER):
        return finding
    path = finding.place.path
    if not asked.prefix.endswith(f"{FOLDER}/") and isinstance(asked.source, DirectorySource):
        path = path if asked.source.specs.name == FOLDER else path.removeprefix(f"{FOLDER}/")
    return replace(finding, place=replace(finding.place, path=f"{asked.prefix}{path}"))


def _as_json(finding: Finding) -> dict[str, str | int | None]:
    return {
        "path": finding.place.path,
        "line": finding.place.line,
        "column": finding.place.column,
        "code": finding.code,
        "severity": finding.severity.value,
        "sentence": finding.sentence,
        "hint": finding.hint,
    }


def _summary(loaded: Loaded, findings: Sequence[Finding], n_files: int) -> str:
    files = f"{n_files} spec file{'' if n_files == 1 else 's'}"
    if findings or loaded.spec is None:
        return f"{files}, {len(findings)} finding{'' if len(findings) == 1 else 's'}"
    spec = loaded.spec
    counts = {
        "units": spec.units,
        "tasks": spec.tasks,
        "gates": spec.gates,
        "people": spec.contributors.people,
        "views": spec.views,
        "releases": spec.releases,
    }
    return f"{files}, no findings: " + ", ".join(f"{len(found)} {name}" for name, found in counts.items())
