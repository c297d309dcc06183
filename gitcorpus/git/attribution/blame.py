"""What `git blame` itself says of a file, with pinned options: for questions that the engine does not answer.

One process a file, a few at a time, over borrowed objects. So no setting of a user or a
repository changes the answer: the diff is Myers' with the indent heuristic, and no filter stands between git and the
bytes. It still depends on git's version, so a release records that.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from subprocess import Popen
from threading import Lock
from typing import Final, NamedTuple

from gitcorpus.errors import UnjudgedError
from gitcorpus.git.borrowed import Borrower, Stores, borrowed
from gitcorpus.git.command import end_git
from gitcorpus.git.trees import decode_path, encode_path
from gitcorpus.model.attribution import Attribution, BlameRun
from gitcorpus.model.place import Oid

_BLAME: Final = ("blame", "--incremental")
_ESCAPED = re.compile(rb"\\([0-7]{3}|.)")
_ESCAPES = {b"a": b"\a", b"b": b"\b", b"f": b"\f", b"n": b"\n", b"r": b"\r", b"t": b"\t", b"v": b"\v"}


class Extent(NamedTuple):
    """What git is asked for beyond its defaults."""

    moved: bool = False
    """Whether lines that were moved or copied within and across files keep their origin: `-M -C`."""
    ignored: tuple[Oid, ...] = ()
    """Commits whose changes are passed on to those before them: `--ignore-rev`."""

    @property
    def options(self) -> tuple[str, ...]:
        """The options of `git blame`."""
        ignored = (word for oid in self.ignored for word in ("--ignore-rev", oid))
        return (*(("-M", "-C") if self.moved else ()), *ignored)


DEFAULT: Final = Extent()
"""What `git blame` does when nobody asks for more."""


def blame_files(  # noqa: PLR0913 - what is asked, and how
    stores: Stores,
    commit: Oid,
    paths: Sequence[str],
    extent: Extent,
    *,
    workers: int = 2,
    progress: Callable[[int], None] | None = None,
) -> dict[str, Attribution]:
    """Return, for each path as of a commit, what git says of its lines; an empty file has no runs.

    `progress` is called in this thread after each file with how many are done.

    Raises:
        UnjudgedError: git-missing or git-failed.
    """
    wanted = sorted(set(paths))
    found = {}
    with borrowed(stores) as borrower, ThreadPoolExecutor(workers) as threads:
        crew = _Crew(borrower, (*_BLAME, *extent.options, commit))
        try:
            started = {threads.submit(crew.blame, path): path for path in wanted}
            for done, future in enumerate(as_completed(started), start=1):
                found[started[future]] = future.result()
                if progress is not None:
                    progress(done)
        except BaseException:
            crew.stop()
            threads.shutdown(wait=False, cancel_futures=True)
            raise
    return {path: found[path] for path in wanted}


class _Crew:
    """The processes that run now, so that an error or Ctrl-C leaves none of them behind."""

    def __init__(self, borrower: Borrower, command: tuple[str, ...]) -> None:
        self._borrower = borrower
        self._command = command
        self._lock = Lock()
        self._running: set[Popen[bytes]] = set()
        self._stopped = False

    def blame(self, path: str) -> Attribution:
        process = self._start(path)
        if process is None:
            return ()
        try:
            stdout, stderr = process.communicate()
        finally:
            end_git(process)
            with self._lock:
                self._running.discard(process)
        if process.returncode:
            raise self._borrower.failed("blame", process.returncode, stderr)
        return _join(sorted(_parse(stdout)), path)

    def stop(self) -> None:
        with self._lock:
            self._stopped = True
            for process in self._running:
                process.kill()

    def _start(self, path: str) -> Popen[bytes] | None:
        with self._lock:
            if self._stopped:
                return None
            process = self._borrower.start(*self._command, "--", encode_path(path))
            self._running.add(process)
            return process


def _parse(output: bytes) -> Iterator[BlameRun]:
    """Read `git blame --incremental`: a line of numbers, headers, and `filename` last."""
    header: list[bytes] = []
    for line in output.split(b"\n"):
        if not header:
            header = line.split(b" ")
        elif line.startswith(b"filename "):
            oid, source_line, first, count = header
            source = decode_path(_unquote(line.removeprefix(b"filename ")))
            yield BlameRun(int(first), int(count), Oid(oid.decode()), source, int(source_line))
            header = []


def _unquote(name: bytes) -> bytes:
    """Undo git's C-style quotes."""
    if not name.startswith(b'"'):
        return name
    return _ESCAPED.sub(lambda found: _escaped(found[1]), name[1:-1])


def _escaped(what: bytes) -> bytes:
    return bytes([int(what, 8)]) if len(what) == 3 else _ESCAPES.get(what, what)  # noqa: PLR2004 - octal digits


def _join(runs: list[BlameRun], path: str) -> Attribution:
    """Join runs that continue each other; the runs must cover the file from its first line without a gap."""
    joined: list[BlameRun] = []
    expected = 1
    for run in runs:
        if run.line != expected:
            raise UnjudgedError("git-failed", f"git blame leaves out line {expected}", place=path)
        expected += run.n_lines
        if joined and _continues(joined[-1], run):
            joined[-1] = joined[-1]._replace(n_lines=joined[-1].n_lines + run.n_lines)
        else:
            joined.append(run)
    return tuple(joined)


def _continues(one: BlameRun, other: BlameRun) -> bool:
    same = (one.commit, one.source_path) == (other.commit, other.source_path)
    return same and one.source_line + one.n_lines == other.source_line
