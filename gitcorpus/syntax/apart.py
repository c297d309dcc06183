"""Parses hostile text in a process apart, so that what it does to a grammar ends there.

Some grammars need time and memory that grow with the square of a hostile text, and within a single step that no
callback interrupts: a quarter of a megabyte of C can ask for more memory than a server has. So the process is forked
from this one, it has a limit of both that the kernel keeps, and when it dies there is no answer, which refuses.
"""

import faulthandler
import json
import os
import resource
import signal
from collections.abc import Callable
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from time import process_time
from types import TracebackType
from typing import Any, Final, NamedTuple, NoReturn, Self

from gitcorpus.errors import UnjudgedError
from gitcorpus.syntax.faults import FaultKind, SyntaxFault, faults

SECONDS: Final = 5.0
"""Most time of the processor for one text; ordinary source takes a quarter of a second a megabyte."""
SMALL: Final = 8 << 10
"""Bytes of a text that is parsed here and now: the memory that so little can ask for is little."""
AT_ONCE: Final = 0.05
"""Seconds that it may take here; ordinary source of that size takes a twentieth. Then it is parsed apart."""
MEBIBYTES: Final = 1024
"""Most memory for the trees, beside what the process has from its parent."""


Work = Callable[[bytes, str, Any, float | None], Any]
"""Makes JSON of a text, its language, what is wanted (JSON too), and the seconds in which it must be done.

It raises TimeoutError when they are over. Without seconds it need not look: its process is killed.
"""


class _Child(NamedTuple):
    """The process apart: its id, where it is asked, and where it answers."""

    pid: int
    asked: int
    answers: int


class Apart:
    """Does one kind of work on one text after the other, and starts its process when the first large one comes."""

    def __init__(self, work: Work, *, seconds: float, mebibytes: int = MEBIBYTES, small: int = SMALL) -> None:
        """Take work, limits for all of it, and how many bytes of a text are worked on here; -1 for none."""
        self._work = work
        self._small = small
        self._left = seconds
        self._mebibytes = mebibytes
        self._child: _Child | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def ask(self, data: bytes, language: str, wanted: Any = None) -> Any:
        """Return what the work makes of a text; small texts are worked on here and now, for a moment.

        Args:
            data: the text.
            language: of the text, one of `languages()`.
            wanted: what the work needs to know besides; JSON, as its answer is.

        Raises:
            UnjudgedError: parse-too-hard, if the text takes more time or memory than it may, or all texts together
                took the time that they had.
        """
        if len(data) <= self._small and self._left > 0:
            began = process_time()
            with suppress(TimeoutError):
                return self._work(data, language, wanted, AT_ONCE)
            self._left -= process_time() - began
        self._child = self._child or _fork(self._work, self._mebibytes)
        seconds = min(self._left, SECONDS)
        answer = _ask(self._child, data, [language, wanted, seconds]) if seconds > 0 else b""
        if not answer.endswith(b"\n"):
            self.close()
            raise _too_hard(data, language, seconds)
        spent, found = json.loads(answer)
        self._left -= spent
        return found

    def close(self) -> None:
        """End the process, if there is one."""
        if self._child is not None:
            os.close(self._child.asked)
            os.close(self._child.answers)
            os.waitpid(self._child.pid, 0)
            self._child = None


class ParserApart(Apart):
    """Looks for syntax faults, apart."""

    def __init__(self, *, seconds: float, mebibytes: int = MEBIBYTES) -> None:
        super().__init__(_faults, seconds=seconds, mebibytes=mebibytes)

    def faults(self, data: bytes, language: str, *, most: int = 3) -> tuple[SyntaxFault, ...]:
        """Return what `gitcorpus.syntax.faults` does.

        Raises:
            UnjudgedError: parse-too-hard.
        """
        found = self.ask(data, language, most)
        return tuple(SyntaxFault._make(each)._replace(kind=FaultKind(each[3])) for each in found)


def _faults(data: bytes, language: str, most: int, seconds: float | None) -> tuple[SyntaxFault, ...]:
    return faults(data, language, most=most, seconds=seconds)


def _too_hard(data: bytes, language: str, seconds: float) -> UnjudgedError:
    sentence = f"{len(data)} bytes of {language} take the parser more time or memory than they may"
    if seconds <= 0:
        sentence = "the files before it took all the time that the parser has for one push"
    return UnjudgedError("parse-too-hard", sentence, hint="split the file or the push, or write it plainer")


def _ask(child: _Child, data: bytes, wanted: list[Any]) -> bytes:
    """Send one text and return the line that answers it; a piece of one, or nothing, if the process died."""
    try:
        with open(child.asked, "wb", closefd=False) as asked:
            asked.write(json.dumps([len(data), *wanted]).encode() + b"\n")
            asked.write(data)
    except BrokenPipeError:
        return b""
    with open(child.answers, "rb", closefd=False) as answers:
        return answers.readline()


def _fork(work: Work, mebibytes: int) -> _Child:
    request, asked = os.pipe()
    answers, answer = os.pipe()
    pid = os.fork()
    if pid == 0:
        _serve(request, answer, work, mebibytes)
    os.close(request)
    os.close(answer)
    return _Child(pid, asked, answers)


def _serve(request: int, answer: int, work: Work, mebibytes: int) -> NoReturn:
    """Be the process apart: it ends with its parent, and nothing that it does gets back into the parent's code."""
    try:
        _let_go(request, answer)
        _confine(mebibytes)
        with open(request, "rb") as requests, open(answer, "wb") as answers:
            for line in requests:
                size, language, wanted, seconds = json.loads(line)
                data = requests.read(size)
                began = process_time()
                signal.setitimer(signal.ITIMER_PROF, max(seconds, 0.001))
                found = work(data, language, wanted, None)
                signal.setitimer(signal.ITIMER_PROF, 0)
                answers.write(json.dumps([process_time() - began, found]).encode() + b"\n")
                answers.flush()
    finally:
        os._exit(0)


def _let_go(*kept: int) -> None:
    """Close what was open in the parent: as long as anybody holds the pipe to another process apart, that waits."""
    ends = [2, *sorted(kept), os.sysconf("SC_OPEN_MAX")]
    for low, high in pairwise(ends):
        os.closerange(low + 1, high)


def _confine(mebibytes: int) -> None:
    """Give the process limits, and nobody to talk to but its parent."""
    silent = os.open(os.devnull, os.O_RDWR)
    for stream in range(3):
        os.dup2(silent, stream)
    faulthandler.disable()
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    pages = int(Path("/proc/self/statm").read_bytes().split()[0])
    limit = pages * resource.getpagesize() + (mebibytes << 20)
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
