"""`gitcorpus spec`: check specs before they are pushed, show what they declare, explain a code, print a schema."""

import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from difflib import get_close_matches
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, NamedTuple

import typer

from gitcorpus.cli import screen
from gitcorpus.cli.server import Format
from gitcorpus.compiler.choose import load_sound_specs
from gitcorpus.errors import GitcorpusError
from gitcorpus.flows.compiled import view_faults_or_note
from gitcorpus.gates.ability import ability_findings, tree_paths
from gitcorpus.gates.base import STANDING
from gitcorpus.gates.rule_faults import rule_findings, secret_findings
from gitcorpus.gates.sources import SnapshotSource
from gitcorpus.git.repo import Repo
from gitcorpus.model.finding import Finding, Severity
from gitcorpus.model.server import Server
from gitcorpus.report.declared import declared, render_declared
from gitcorpus.server.administration import PATH, load_server
from gitcorpus.shipped import shipped_path
from gitcorpus.spec.brief import brief, did_you_mean
from gitcorpus.spec.load import Loaded, load_specs
from gitcorpus.spec.owners import locked_out, owner_findings
from gitcorpus.spec.review import review_specs
from gitcorpus.spec.schema import schema_text
from gitcorpus.spec.sources import FOLDER, DirectorySource, SpecSource

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)


class Target(NamedTuple):
    """Where specs are read, the folder that `specs/` stands for on disk, and the one file that is asked for."""

    source: SpecSource
    folder: str | None = None
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
        Path,
        typer.Option(
            metavar="REPO",
            help="The repository that a revision is in; with a server's file, what that server can answer counts.",
        ),
    ] = Path(),
    form: Annotated[
        Format, typer.Option("--format", help="Text for people, JSON for programs.")
    ] = Format.TEXT,
) -> None:
    """Load and link all specs, and print every fault at once."""
    asked = _target(target, repo)
    loaded = load_specs(asked.source, commit=None)
    today = datetime.now().astimezone().date()
    found = [*loaded.findings, *review_specs(loaded, asked.source, standing=STANDING, today=today)]
    if loaded.spec:
        found += [*rule_findings(loaded.spec.rules), *secret_findings(loaded.spec.secret_rules)]
        found += [*owner_findings(loaded.spec), *locked_out(loaded.spec)]
    found += _tags_to_come(loaded, asked.source.root if isinstance(asked.source, DirectorySource) else repo)
    found += view_faults_or_note(loaded.views, asked.source)
    server = _server_of(repo)
    if loaded.spec is not None and server is not None:
        found += ability_findings(loaded.spec, server, tree_paths(asked.source))
    findings = [_shown(finding, asked) for finding in found if asked.only in ("", finding.place.path)]
    if form is Format.JSON:
        screen.print_json(screen.finding_fields(finding) for finding in findings)
    else:
        screen.print_findings(findings)
        typer.echo(_summary(loaded, findings, 1 if asked.only else len(asked.source.spec_files())))
    if any(finding.blocks for finding in findings):
        raise typer.Exit(1)


@app.command()
def show(
    name: Annotated[
        str, typer.Argument(metavar="[UNIT|TASK]", help="A unit or a task; default: all that is declared.")
    ] = "",
    *,
    at: Annotated[
        str, typer.Option("--at", metavar="PATH|REV", help="A folder or a revision; default: as for `check`.")
    ] = "",
    repo: Annotated[
        Path, typer.Option(metavar="REPO", help="The repository that a revision is in.")
    ] = Path(),
    form: Annotated[
        Format, typer.Option("--format", help="Text for people, JSON for programs.")
    ] = Format.TEXT,
) -> None:
    """Show units with their windows, priorities and quotas, tasks, techniques and waivers."""
    rows = declared(load_sound_specs(_target(at, repo).source, commit=None), name)
    if form is Format.JSON:
        typer.echo(json.dumps(rows, indent=2, ensure_ascii=True))
    else:
        screen.print_lines(render_declared(rows))


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
        return Target(source, _folder(source))
    if target and path.is_file():
        return _one_file(path)
    return _revision(target, repo) if target else _here(repo)


def _one_file(path: Path) -> Target:
    """Check a file among the specs that it stands with."""
    specs = next(
        (parent for parent in path.absolute().parents if parent.name == FOLDER), path.absolute().parent
    )
    source = DirectorySource(specs)
    inner = path.absolute().relative_to(specs).as_posix()
    return Target(source, str(path).removesuffix(inner), f"{FOLDER}/{inner}")


def _folder(source: DirectorySource) -> str:
    """Return the specs' folder as it was asked for."""
    return f"{source.specs}/"


def _here(folder: Path) -> Target:
    """Check the work tree around a folder, or a bare repository's policy branch."""
    for up in range(len(folder.absolute().parts)):
        around = folder.joinpath(*[".."] * up)
        if (around / FOLDER).is_dir():
            source = DirectorySource(around)
            return Target(source, _folder(source))
        if (around / ".git").exists():
            break
    repo = Repo.open(folder)
    served = (repo.path / PATH).is_file()
    return _revision(load_server(repo.path).policy_branch if served else "HEAD", folder)


def _server_of(folder: Path) -> Server | None:
    """Return what the server's file says where a bare repository has one; a clone does not know it."""
    try:
        repo = Repo.open(folder)
    except GitcorpusError:
        return None
    is_served = (repo.path / PATH).is_file() and repo.path.name != ".git"
    return load_server(repo.path) if is_served else None


def _revision(name: str, folder: Path) -> Target:
    repo = Repo.open(folder)
    commit = repo.resolve(name)
    if commit is None:
        near = get_close_matches(name, [path.name for path in Path().iterdir()], n=1)
        hint = f"did you mean `{near[0]}`?" if near else "name a folder, a file, or a branch, tag or commit"
        raise GitcorpusError("no-such-target", f"`{name}` is neither a path nor a revision", hint=hint)
    return Target(SnapshotSource(repo.snapshot(commit)))


def _tags_to_come(loaded: Loaded, folder: Path) -> Iterator[Finding]:
    """Note globs of tags that fit none of the tags that a repository has."""
    try:
        names = [tag.name for tag in Repo.open(folder).tags()]
    except GitcorpusError:  # a folder of specs alone
        return
    for node in loaded.documents.texts("Release", "tags") if names else ():
        if not any(fnmatchcase(name, node.text) for name in names):
            near = get_close_matches(node.text, names, n=1)
            hint = f"there is the tag `{near[0]}`" if near else "the first release that is tagged will fit it"
            sentence = f"none of the repository's {len(names)} tags fits {brief(node.text)} yet"
            yield node.finding("tags-to-come", sentence, hint, Severity.RECORD)


def _shown(finding: Finding, asked: Target) -> Finding:
    """Name a file of a folder as the folder was asked for, so that its place can be opened."""
    inner = finding.place.path.removeprefix(f"{FOLDER}/")
    if asked.folder is None or inner == finding.place.path:
        return finding
    return replace(finding, place=replace(finding.place, path=f"{asked.folder}{inner}"))


def _summary(loaded: Loaded, findings: Sequence[Finding], n_files: int) -> str:
    files = f"{n_files} spec file{'' if n_files == 1 else 's'}"
    if findings or loaded.spec is None:
        said = Counter(finding.severity for finding in findings)
        kinds = ((Severity.BLOCK, "finding"), (Severity.WARN, "warning"), (Severity.RECORD, "note"))
        counted = [
            f"{said[kind]} {word}{'' if said[kind] == 1 else 's'}" for kind, word in kinds if said[kind]
        ]
        return ", ".join((files, *([] if said[Severity.BLOCK] else ["no findings"]), *counted))
    spec = loaded.spec
    counts = {
        "units": spec.units,
        "tasks": spec.tasks,
        "gates": spec.gates,
        "people": spec.contributors.people,
        "views": spec.views,
        "releases": spec.releases,
    }
    return f"{files}, no findings: " + ", ".join(f"{name} {len(found)}" for name, found in counts.items())
