"""Checks of a release against the repository: git's own blame, its commits, and the bytes of the blobs.

Independent of how the release was made: `git blame --line-porcelain` is read here line by line, and blobs are read
through dulwich, while the compiler reads incremental output in a repository of its own and asks libgit2. No setting of
the repository that is checked, and no filter that it has, changes what git says.
"""

from ast import literal_eval
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from gitcorpus.compiler.seal import possible_names, storable
from gitcorpus.compiler.tables import signed_columns
from gitcorpus.compiler.verify import Row
from gitcorpus.errors import GitcorpusError
from gitcorpus.git.command import run_git
from gitcorpus.git.repo import Repo
from gitcorpus.git.second import SecondReader
from gitcorpus.model.place import Oid
from gitcorpus.model.progress import Progress

_BLAME: Final = (
    "-c", "diff.algorithm=myers", "-c", "diff.indentHeuristic=true", "-c", "core.quotePath=true",
    "blame", "--no-textconv", "--ignore-revs-file=", "--line-porcelain",
)  # fmt: skip
"""An empty name at the end of the list of ignored revisions clears it."""

Blamed = tuple[str, str, int]
"""Commit, path and line that git names for one line of a file."""


def check_blame(
    repo: Repo, commit: Oid, rows: Sequence[Row], commits: Sequence[Mapping[str, Any]], progress: Progress
) -> tuple[int, list[str]]:
    """Compare every line of every run that a commit holds with git's own blame at the tag's commit."""
    by_path: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        if row.run["commit_ix"] is not None:
            by_path[row.run["path"]].append(row)
    faults: list[str] = []
    n_lines = 0
    paths = sorted(by_path)
    with ThreadPoolExecutor(2) as threads:
        answers = threads.map(lambda path: _blame(repo, commit, path), paths)
        for done, (path, blamed) in enumerate(zip(paths, answers, strict=True)):
            progress("blaming", done, len(paths))
            if blamed is None:
                faults.append(f"{path} is no file of the tagged tree")
                continue
            for row in by_path[path]:
                n_lines += row.run["n_lines"]
                faults += _differences(row.run, commits, blamed)
    return n_lines, faults


def _differences(
    run: Mapping[str, Any], commits: Sequence[Mapping[str, Any]], blamed: Sequence[Blamed]
) -> Iterator[str]:
    oid = commits[run["commit_ix"]]["commit"]
    for offset in range(run["n_lines"]):
        line = run["path_start_line"] + offset
        said = (oid, run["src_path"], run["src_start_line"] + offset)
        git = blamed[line - 1] if line <= len(blamed) else None
        if git != said:
            yield f"{run['path']}:{line} came from {said[0][:12]} {said[1]}:{said[2]}; git blame says {git}"


def _blame(repo: Repo, commit: Oid, path: str) -> list[Blamed] | None:
    """Return what git says of every line of a file, or none if the commit has no such file."""
    snapshot = repo.snapshot(commit)
    name = next((each for each in possible_names(path) if snapshot.size(each) is not None), None)
    if name is None:
        return None
    return list(_parse(run_git(repo.path, *_BLAME, commit, "--", name)))


def _parse(output: bytes) -> Iterator[Blamed]:
    """Read porcelain: a line of numbers, headers, and the line itself behind a tab."""
    head: list[bytes] = []
    name = ""
    for line in output.split(b"\n")[:-1]:
        if not head:
            head = line.split(b" ")
        elif line.startswith(b"\t"):
            yield head[0].decode(), name, int(head[1])
            head = []
        elif line.startswith(b"filename "):
            name = storable(_unquoted(line.removeprefix(b"filename ")).decode("utf-8", "surrogateescape"))


def _unquoted(name: bytes) -> bytes:
    """Undo git's quotes: they are those of C, and so of Python's bytes."""
    return bytes(literal_eval(f"b{name.decode('ascii')}")) if name.startswith(b'"') else name


def check_commits(repo: Repo, commits: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Compare who wrote a commit, when and what they said, with the commit."""
    for number, row in enumerate(commits):
        try:
            said = signed_columns(repo.commit(Oid(str(row.get("commit")))))
        except GitcorpusError as error:
            yield f"row {number} of provenance/commits.parquet: {error.sentence}"
            continue
        for name in (name for name, value in said.items() if row.get(name) != value):
            yield f"{said['commit'][:12]} has `{name}` {said[name]!r}, not {row.get(name)!r}"
        if row.get("commit_ix") != number:
            yield f"{said['commit'][:12]} is row {number}, not {row.get('commit_ix')}"


def check_blobs(
    repo: Repo, rows: Sequence[Row], commits: Sequence[Mapping[str, Any]]
) -> tuple[int, list[str]]:
    """Compare every run's blob with the commit's tree, and every verbatim run with the lines of its blob."""
    reader = SecondReader(repo.path)
    blobs: dict[str, list[str]] = {}
    faults: list[str] = []
    n_runs = 0
    for run, lines in rows:
        if run["commit_ix"] is None:
            continue
        n_runs += 1
        oid, commit = run["blob"], commits[run["commit_ix"]]["commit"]
        if oid not in {reader.blob_at(commit, name) for name in possible_names(run["src_path"])}:
            faults.append(f"{run['src_path']} is another blob than {oid[:12]} in commit {commit[:12]}")
        elif run["transform"] == "verbatim":
            first = run["src_start_line"]
            if oid not in blobs:
                blobs[oid] = reader.blob(oid).decode("utf-8", "replace").split("\n")
            if tuple(blobs[oid][first - 1 : first - 1 + run["n_lines"]]) != lines:
                faults.append(f"{run['src_path']}:{first} in blob {oid[:12]} has other lines than the record")
    return n_runs, faults
