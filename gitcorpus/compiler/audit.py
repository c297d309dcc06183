"""Checks of a release against the repository: git's own blame, and the bytes of the blobs.

Independent of how the release was made: the porcelain of `git blame` is read here line by line, and blobs
are read through dulwich, while the compiler reads incremental output and asks libgit2.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from gitcorpus.compiler.verify import Row
from gitcorpus.git.command import run_git
from gitcorpus.git.repo import Repo
from gitcorpus.git.second import SecondReader
from gitcorpus.model.place import Oid
from gitcorpus.model.progress import Progress


def check_blame(
    repo: Repo, commit: Oid, rows: Sequence[Row], commits: Sequence[Mapping[str, Any]], progress: Progress
) -> tuple[int, list[str]]:
    """Compare every line of every run that a commit holds with `git blame --porcelain` at the tag's commit."""
    by_path: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        if row.run["commit_ix"] is not None:
            by_path[row.run["path"]].append(row)
    faults: list[str] = []
    n_lines = 0
    for done, path in enumerate(sorted(by_path)):
        progress("blaming", done, len(by_path))
        blamed = list(_porcelain(repo, commit, path))
        for row in by_path[path]:
            n_lines += row.run["n_lines"]
            faults += _differences(row.run, commits, blamed)
    return n_lines, faults


def _differences(
    run: Mapping[str, Any], commits: Sequence[Mapping[str, Any]], blamed: Sequence[tuple[str, str, int]]
) -> Iterator[str]:
    oid = commits[run["commit_ix"]]["commit"]
    for offset in range(run["n_lines"]):
        line = run["path_start_line"] + offset
        said = (oid, run["src_path"], run["src_start_line"] + offset)
        git = blamed[line - 1] if line <= len(blamed) else None
        if git != said:
            yield f"{run['path']}:{line} came from {said[0][:12]} {said[1]}:{said[2]}; git blame says {git}"


def _porcelain(repo: Repo, commit: Oid, path: str) -> Iterator[tuple[str, str, int]]:
    """Return (commit, path, line) for every line of a file, from `git blame --line-porcelain`."""
    output = run_git(repo.path, "blame", "--line-porcelain", commit, "--", path)
    head: list[bytes] = []
    name = path
    for line in output.split(b"\n")[:-1]:
        if line.startswith(b"\t"):
            yield head[0].decode(), name, int(head[1])
            head = []
        elif not head:
            head = line.split(b" ")
        elif line.startswith(b"filename "):
            name = line[len(b"filename ") :].decode("utf-8", "surrogateescape")


def check_blobs(
    repo: Repo, rows: Sequence[Row], commits: Sequence[Mapping[str, Any]]
) -> tuple[int, list[str]]:
    """Compare every verbatim run with the lines of its blob, and its blob with the commit's tree."""
    reader = SecondReader(repo.path)
    blobs: dict[str, list[str]] = {}
    faults: list[str] = []
    n_runs = 0
    for row in rows:
        run = row.run
        if run["transform"] != "verbatim" or run["commit_ix"] is None:
            continue
        n_runs += 1
        oid, first = run["blob"], run["src_start_line"]
        if oid not in blobs:
            blobs[oid] = reader.blob(oid).decode("utf-8").split("\n")
        if tuple(blobs[oid][first - 1 : first - 1 + run["n_lines"]]) != row.lines:
            faults.append(f"{run['src_path']}:{first} in blob {oid[:12]} has other lines than the record")
        if reader.blob_at(commits[run["commit_ix"]]["commit"], run["src_path"]) != oid:
            faults.append(f"{run['src_path']} is another blob than {oid[:12]} in its commit")
    return n_runs, faults
