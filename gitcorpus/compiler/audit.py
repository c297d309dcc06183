"""Checks of a release against the repository: git's own blame, and its commits.

Independent of how the release was made: `git blame --line-porcelain` is read here line by line, while the compiler asks
`gitcorpus.git.attribution`. git reads borrowed objects, so no setting of the repository that is checked changes what it
says.
"""

from ast import literal_eval
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from random import SystemRandom
from typing import Final, NamedTuple

import pyarrow as pa

from gitcorpus.compiler.faults import Faults
from gitcorpus.compiler.opened import Shelf
from gitcorpus.compiler.runs import Origins, misfits
from gitcorpus.compiler.schemas import EVIDENCE
from gitcorpus.compiler.seal import possible_names, storable
from gitcorpus.compiler.tables import Evidence, signed_columns
from gitcorpus.errors import GitcorpusError
from gitcorpus.git.attribution.blame import DEFAULT, Extent
from gitcorpus.git.borrowed import Borrower, borrowed
from gitcorpus.git.repo import Repo
from gitcorpus.model.place import Oid
from gitcorpus.model.progress import Progress
from gitcorpus.model.traced import MESSAGE

_BLAME: Final = ("blame", "--no-textconv", "--line-porcelain")
_AHEAD: Final = 8
"""Files that git is asked of before their turn comes."""
_MOST: Final = 5000
_TRACED: Final = """
WITH traced AS (
    SELECT coalesce(revision, $commit) AS revision, * EXCLUDE (revision)
    FROM lines ANTI JOIN outside USING (source_ix) WHERE path <> $message
)
"""
_FILES: Final = """
SELECT row_number() OVER (ORDER BY revision, path) - 1 AS file_ix, revision, path
FROM (SELECT DISTINCT revision, path FROM traced)
"""
_CLAIMS: Final = """
SELECT file_ix, revision, path, path_start_line, n_lines, source_ix, src_start_line, extended, count(*) AS times
FROM traced JOIN files USING (revision, path) SEMI JOIN drawn USING (file_ix)
GROUP BY ALL ORDER BY ALL
"""

_Said = tuple[str, str, int]
"""Commit, path and line that git names for one line of a file."""
_Blamed = tuple[_Said, bool]
"""The same, and whether git says otherwise if it is asked for no more than its defaults."""


class BlameChecked(NamedTuple):
    """What was compared with git's own blame, and what differs."""

    n_lines: int
    n_files: int
    of_files: int
    faults: Faults


class _Claim(NamedTuple):
    """Where consecutive lines of a file came from, as so many runs say."""

    path_start_line: int
    n_lines: int
    src_start_line: int
    src_path: str
    commit: str
    extended: bool
    times: int


class _File(NamedTuple):
    """A file of some tree, and all that is claimed of its lines."""

    revision: str
    path: str
    claims: tuple[_Claim, ...]


class BlameAudit:
    """Compares runs with git's own blame at the tag's commit."""

    def __init__(self, repo: Repo, commit: Oid, extent: Extent, sample: int | None) -> None:
        """Set what every file is compared with.

        Args:
            repo: the repository.
            commit: the tag's commit.
            extent: how far the release says that it followed lines.
            sample: how many files, drawn at random, are compared; none for all.
        """
        self._repo = repo
        self._commit = commit
        self._extent = extent
        self._sample = sample

    def check(self, folder: Path, origins: Origins, progress: Progress) -> BlameChecked:
        """Compare every line of every run that a commit holds, or those of the files that are drawn.

        Raises:
            GitcorpusError: table-unreadable; sql-broken.
        """
        faults = Faults()
        n_lines = 0
        with Shelf(folder, "lines") as shelf, borrowed(self._repo.stores) as git:
            values = {"commit": self._commit, "message": MESSAGE}
            shelf.add("outside", origins.outside)
            shelf.keep("files", f"{_TRACED} {_FILES}", values)
            (of_files,) = shelf.ask("SELECT count(*) AS n FROM files")["n"].to_pylist()
            drawn = of_files if self._sample is None else min(self._sample, of_files)
            shelf.add("drawn", _numbers(SystemRandom().sample(range(of_files), drawn)))
            files = _files(origins, shelf.stream(f"{_TRACED} {_CLAIMS}", values, _MOST))
            for done, (file, blamed) in enumerate(self._blamed(git, files)):
                progress("blaming", done, drawn)
                n_lines += sum(claim.n_lines * claim.times for claim in file.claims)
                faults.extend(_differences(file, blamed))
        return BlameChecked(n_lines, drawn, of_files, faults)

    def _blamed(
        self, git: Borrower, files: Iterator[_File]
    ) -> Iterator[tuple[_File, "Sequence[_Blamed] | None"]]:
        """Ask git of some files ahead of the one that is looked at."""
        waiting: deque[tuple[_File, Future[list[_Blamed] | None]]] = deque()
        with ThreadPoolExecutor(2) as threads:
            for file in files:
                waiting.append((file, threads.submit(self._blame, git, file.revision, file.path)))
                if len(waiting) > _AHEAD:
                    ready, answer = waiting.popleft()
                    yield ready, answer.result()
            for ready, answer in waiting:
                yield ready, answer.result()

    def _blame(self, git: Borrower, commit: str, path: str) -> list[_Blamed] | None:
        """Return what git says of every line of a file at a commit, or none if the commit has no such file."""
        try:
            snapshot = self._repo.again().snapshot(Oid(commit))
        except GitcorpusError:
            return None
        name = next((each for each in possible_names(path) if snapshot.size(each) is not None), None)
        if name is None:
            return None
        plain = _said(git, commit, name)
        further = _said(git, commit, name, *self._extent.options) if self._extent != DEFAULT else plain
        return [(found, found != said) for found, said in zip(further, plain, strict=True)]


def _said(git: Borrower, commit: str, name: str, *options: str) -> list[_Said]:
    return list(_parse(git.run(*_BLAME, *options, commit, "--", name)))


def _differences(file: _File, blamed: Sequence[_Blamed] | None) -> Iterator[str]:
    if blamed is None:
        yield f"{file.path} is no file of the tree of {file.revision[:12]}"
        return
    for claim in file.claims:
        there = max(0, min(claim.n_lines, len(blamed) - claim.path_start_line + 1))
        for offset in range(there):
            line = claim.path_start_line + offset
            git, extended = blamed[line - 1]
            said = (claim.commit, claim.src_path, claim.src_start_line + offset)
            if git != said:
                yield f"{file.path}:{line} came from {said[0][:12]} {said[1]}:{said[2]}; git blame says {git}"
            elif extended != claim.extended:
                plain = "another origin" if extended else "the same"
                yield f"{file.path}:{line} has {claim.extended} in `extended`; plain git blame says {plain}"
        if there < claim.n_lines:
            yield f"{file.path}:{claim.path_start_line + there} is traced, and the file has {len(blamed)} lines"


def _files(origins: Origins, tables: Iterable[pa.Table]) -> Iterator[_File]:
    """Put together what is claimed of each file; runs that can be none are named where lines are covered."""
    for (_, revision, path), some in groupby(_claims(origins, tables), key=itemgetter(0)):
        yield _File(revision, path, tuple(claim for _, claim in some if claim is not None))


def _claims(
    origins: Origins, tables: Iterable[pa.Table]
) -> Iterator[tuple[tuple[int, str, str], _Claim | None]]:
    for table in tables:
        joined = origins.join(table)
        unfit = misfits(joined)
        keys = zip(*(joined[name].to_pylist() for name in ("file_ix", "revision", "path")), strict=True)
        rows = zip(*(joined[name].to_pylist() for name in _Claim._fields), strict=True)
        for number, (key, row) in enumerate(zip(keys, rows, strict=True)):
            yield key, None if number in unfit else _Claim._make(row)


def _numbers(drawn: list[int]) -> pa.Table:
    return pa.table({"file_ix": pa.array(drawn, pa.int64())})


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


def check_commits(repo: Repo, origins: Origins, odd: list[str]) -> Iterator[str]:
    """Compare who wrote a commit, when and what they said, with the commit; `odd` takes what is odd about its lines."""
    rows = (row for batch in origins.commits.to_batches(_MOST) for row in batch.to_pylist())
    for number, row in enumerate(rows):
        try:
            commit = repo.commit(Oid(str(row.get("commit"))))
        except GitcorpusError as error:
            yield f"row {number} of provenance/commits.parquet: {error.sentence}"
            continue
        said = signed_columns(commit)
        odd += [f"{commit.oid[:12]} ({why})" for why in commit.odd]
        for name in (name for name, value in said.items() if row.get(name) != value):
            yield f"{said['commit'][:12]} has `{name}` {said[name]!r}, not {row.get(name)!r}"
        if row.get(EVIDENCE, Evidence.NONE) not in list(Evidence):
            yield f"{said['commit'][:12]} has `{EVIDENCE}` {row[EVIDENCE]!r}, which is none that there is"
        if row.get("commit_ix") != number:
            yield f"{said['commit'][:12]} is row {number}, not {row.get('commit_ix')}"
