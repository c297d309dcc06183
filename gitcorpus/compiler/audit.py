"""Checks of a release against the repository: git's own blame, its commits, and the bytes of the blobs.

Independent of how the release was made: `git blame --line-porcelain` is read here line by line, and blobs are read
through dulwich, while the compiler asks `gitcorpus.git.attribution` and libgit2. No setting of
the repository that is checked, and no filter that it has, changes what git says.
"""

from ast import literal_eval
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from random import SystemRandom
from typing import Any, Final, NamedTuple

from gitcorpus.compiler.seal import possible_names, storable
from gitcorpus.compiler.tables import signed_columns
from gitcorpus.compiler.verify import Row
from gitcorpus.errors import GitcorpusError
from gitcorpus.git.attribution import DEFAULT, Extent
from gitcorpus.git.command import run_git
from gitcorpus.git.repo import Repo
from gitcorpus.git.second import SecondReader
from gitcorpus.model.place import Oid
from gitcorpus.model.progress import Progress
from gitcorpus.model.traced import MESSAGE

_BLAME: Final = (
    "-c", "diff.algorithm=myers", "-c", "diff.indentHeuristic=true", "-c", "core.quotePath=true",
    "blame", "--no-textconv", "--ignore-revs-file=", "--line-porcelain",
)  # fmt: skip
"""An empty name at the end of the list of ignored revisions clears it."""

_Said = tuple[str, str, int]
"""Commit, path and line that git names for one line of a file."""
_Blamed = tuple[_Said, bool]
"""The same, and whether git says otherwise if it is asked for no more than its defaults."""


class BlameChecked(NamedTuple):
    """What was compared with git's own blame, and what differs."""

    n_lines: int
    n_files: int
    of_files: int
    faults: tuple[str, ...]


class BlameAudit:
    """Compares runs with git's own blame at the tag's commit."""

    def __init__(
        self,
        repo: Repo,
        commit: Oid,
        commits: Sequence[Mapping[str, Any]],
        extent: Extent,
        sample: int | None,
    ) -> None:
        """Set what every file is compared with.

        Args:
            repo: the repository.
            commit: the tag's commit.
            commits: the rows of `provenance/commits.parquet`.
            extent: how far the release says that it followed lines.
            sample: how many files, drawn at random, are compared; none for all.
        """
        self._repo = repo
        self._commit = commit
        self._commits = commits
        self._extent = extent
        self._sample = sample

    def check(self, rows: Sequence[Row], progress: Progress) -> BlameChecked:
        """Compare every line of every run that a commit holds, or those of the files that are drawn."""
        by_path: dict[tuple[str, str], list[Row]] = defaultdict(list)
        for row in rows:
            if row.run["commit_ix"] is not None and row.run["path"] != MESSAGE:
                by_path[row.run["revision"] or self._commit, row.run["path"]].append(row)
        drawn = len(by_path) if self._sample is None else min(self._sample, len(by_path))
        paths = sorted(SystemRandom().sample(sorted(by_path), drawn))
        faults: list[str] = []
        n_lines = 0
        with ThreadPoolExecutor(2) as threads:
            answers = threads.map(self._blame, paths)
            for done, (path, blamed) in enumerate(zip(paths, answers, strict=True)):
                progress("blaming", done, len(paths))
                if blamed is None:
                    faults.append(f"{path[1]} is no file of the tree of {path[0][:12]}")
                    continue
                for row in by_path[path]:
                    n_lines += row.run["n_lines"]
                    faults += self._differences(row.run, blamed)
        return BlameChecked(n_lines, len(paths), len(by_path), tuple(faults))

    def _differences(self, run: Mapping[str, Any], blamed: Sequence[_Blamed]) -> Iterator[str]:
        oid = self._commits[run["commit_ix"]]["commit"]
        for offset in range(run["n_lines"]):
            line = run["path_start_line"] + offset
            said = (oid, run["src_path"], run["src_start_line"] + offset)
            git, extended = blamed[line - 1] if line <= len(blamed) else (None, run["extended"])
            if git != said:
                yield f"{run['path']}:{line} came from {said[0][:12]} {said[1]}:{said[2]}; git blame says {git}"
            elif extended != run["extended"]:
                plain = "another origin" if extended else "the same"
                yield f"{run['path']}:{line} has {run['extended']} in `extended`; plain git blame says {plain}"

    def _blame(self, file: tuple[str, str]) -> list[_Blamed] | None:
        """Return what git says of every line of a file at a commit, or none if the commit has no such file."""
        commit, path = file
        try:
            snapshot = self._repo.again().snapshot(Oid(commit))
        except GitcorpusError:
            return None
        name = next((each for each in possible_names(path) if snapshot.size(each) is not None), None)
        if name is None:
            return None
        plain = self._said(commit, name)
        further = self._said(commit, name, *self._extent.options) if self._extent != DEFAULT else plain
        return [(found, found != said) for found, said in zip(further, plain, strict=True)]

    def _said(self, commit: str, name: str, *options: str) -> list[_Said]:
        return list(_parse(run_git(self._repo.path, *_BLAME, *options, commit, "--", name)))


def _parse(output: bytes) -> Iterator[_Said]:
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
        if run["path"] == MESSAGE:
            faults += _message_faults(repo, commit, run, lines)
            continue
        if oid not in {reader.blob_at(commit, name) for name in possible_names(run["src_path"])}:
            faults.append(f"{run['src_path']} is another blob than {oid[:12]} in commit {commit[:12]}")
        elif run["transform"] == "verbatim":
            first = run["src_start_line"]
            if oid not in blobs:
                blobs[oid] = reader.blob(oid).decode("utf-8", "replace").split("\n")
            if tuple(blobs[oid][first - 1 : first - 1 + run["n_lines"]]) != lines:
                faults.append(f"{run['src_path']}:{first} in blob {oid[:12]} has other lines than the record")
    return n_runs, faults


def _message_faults(repo: Repo, commit: str, run: Mapping[str, Any], lines: Sequence[str]) -> Iterator[str]:
    """Compare a run of a commit's message with what the commit says."""
    first = run["src_start_line"]
    there = repo.commit(Oid(commit)).message.split("\n")[first - 1 : first - 1 + run["n_lines"]]
    if run["blob"] != commit or run["revision"] != commit:
        yield f"a message is ascribed to commit {commit[:12]}, and {run['blob'][:12]} stands as its object"
    elif run["transform"] == "verbatim" and tuple(there) != tuple(lines):
        yield f"the message of commit {commit[:12]} has other lines than the record"
