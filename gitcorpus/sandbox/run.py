"""Runs one program on pushed files, under limits, and returns what it said and how it ended.

There is no shell. The program's environment is empty but for four variables, its folder is new, and every process that
it started is over when `run_tool` returns. What it does within its limits is not confined otherwise: it can read what
the account can read and reach what the machine can reach.
"""

import json
import os
import selectors
import signal
import subprocess
import sys
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from time import monotonic
from typing import IO, Final

from gitcorpus.errors import UnjudgedError
from gitcorpus.sandbox.folder import HOME, TEMPORARY, WORK, GivenFile, fresh_folder, write_files

PATH: Final = "/usr/bin:/bin"
SUPERVISOR: Final = Path(__file__).with_name("supervise.py")
_PIECE: Final = 1 << 16
_HINT: Final = "an administrator looks at the disk and the limits of the account that runs git"
_NAP: Final = 0.05
_PATIENCE: Final = 6.0
"""Seconds that the supervisor has to end a tool, before it is killed itself."""


class Ending(StrEnum):
    """How a run ended; `flooded` is a tool that was stopped because it wrote too much."""

    EXITED = "exited"
    KILLED = "killed"
    NOT_STARTED = "not-started"
    OUT_OF_TIME = "out-of-time"
    FLOODED = "flooded"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one run may take. Seconds are those of the wall clock; the processor's are for each process."""

    seconds: float = 10.0
    processor_seconds: int = 60
    memory_bytes: int = 4 << 30
    """Address space of each process."""
    file_bytes: int = 64 << 20
    """Of one file that it writes."""
    open_files: int = 1024
    output_bytes: int = 4 << 20
    """Of its standard output, and as many of its standard error."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolRun:
    """What a tool said, and how it ended."""

    ending: Ending
    code: int
    """The exit code, or the number of the signal that killed it, or of the error that kept it from starting."""
    stdout: bytes
    stderr: bytes
    folder: str
    """Where the files were: the tool may have named them by it."""
    left_out: int
    """Files that were not written, because their paths lead elsewhere or nowhere."""


def run_tool(command: Sequence[str], *, files: Iterable[GivenFile], limits: Limits) -> ToolRun:
    """Run a program, named by its absolute path, in a fresh folder that holds these files.

    Raises:
        UnjudgedError: sandbox-failed, if the machine does not let it be tried.
    """
    try:
        with fresh_folder() as folder:
            left_out = write_files(folder / WORK, files)
            ending, code, outputs = _run(command, folder, limits)
    except OSError as error:
        sentence = f"the tool's folder or process cannot be made: {error.strerror}"
        raise UnjudgedError("sandbox-failed", sentence, hint=_HINT) from error
    work = str(folder / WORK)
    stdout, stderr = outputs
    return ToolRun(ending=ending, code=code, stdout=stdout, stderr=stderr, folder=work, left_out=left_out)


def _run(command: Sequence[str], folder: Path, limits: Limits) -> tuple[Ending, int, tuple[bytes, bytes]]:
    answers, answer = os.pipe()
    with os.fdopen(answers, "rb") as said:
        try:
            process = _start(command, folder, limits, answer)
        finally:
            os.close(answer)
        try:
            outputs = _Outputs(process, limits)
            in_time = outputs.read()
        finally:
            _end(process)
        told = said.readline()
    if outputs.flooded:
        return Ending.FLOODED, 0, outputs.both
    return *_ending(told, in_time=in_time), outputs.both


def _start(command: Sequence[str], folder: Path, limits: Limits, answer: int) -> subprocess.Popen[bytes]:
    order = {
        "answer": answer,
        "parent": os.getpid(),
        "seconds": limits.seconds,
        "limits": {
            "RLIMIT_AS": limits.memory_bytes,
            "RLIMIT_CORE": 0,
            "RLIMIT_CPU": limits.processor_seconds,
            "RLIMIT_FSIZE": limits.file_bytes,
            "RLIMIT_NOFILE": limits.open_files,
        },
    }
    environment = {
        "HOME": str(folder / HOME),
        "LC_ALL": "C.UTF-8",
        "PATH": PATH,
        "TMPDIR": str(folder / TEMPORARY),
    }
    return subprocess.Popen(  # noqa: S603 - arguments are a list, and no shell reads them
        [sys.executable, "-I", "-S", str(SUPERVISOR), json.dumps(order), *command],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=folder / WORK,
        env=environment,
        pass_fds=(answer,),
        start_new_session=True,
    )


class _Outputs:
    """Both outputs of a process, read while it runs; one that grows too large stops it."""

    def __init__(self, process: subprocess.Popen[bytes], limits: Limits) -> None:
        self._process = process
        self._most = limits.output_bytes
        self._until = monotonic() + limits.seconds + _PATIENCE
        self._parts = {stream: bytearray() for stream in (process.stdout, process.stderr) if stream}
        self.flooded = False

    @property
    def both(self) -> tuple[bytes, bytes]:
        """Return what was read of the two, as far as it may go."""
        stdout, stderr = (bytes(part[: self._most]) for part in self._parts.values())
        return stdout, stderr

    def read(self) -> bool:
        """Read until the process ends; tell whether it did so before its time and the supervisor's were up."""
        with selectors.DefaultSelector() as selector:
            for stream in self._parts:
                selector.register(stream, selectors.EVENT_READ, stream)
            while monotonic() < self._until and not self.flooded:
                ready = selector.select(_NAP) if selector.get_map() else self._nap()
                if not ready and self._process.poll() is not None:
                    return True
                for key, _ in ready:
                    if not self._take(key.data):
                        selector.unregister(key.data)
        return False

    def _nap(self) -> list[tuple[selectors.SelectorKey, int]]:
        """Wait a little for a process that has closed its outputs."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(_NAP)
        return []

    def _take(self, stream: IO[bytes]) -> bool:
        """Take what there is of one output; tell whether there may be more."""
        piece = os.read(stream.fileno(), _PIECE)
        part = self._parts[stream]
        part += piece
        self.flooded = self.flooded or len(part) > self._most
        return bool(piece)


def _end(process: subprocess.Popen[bytes]) -> None:
    """See a run to its end, whatever interrupted it: ask the supervisor, which kills the tool, or kill it as well."""
    with suppress(ProcessLookupError):
        process.terminate()
    try:
        process.wait(_PATIENCE)
    except subprocess.TimeoutExpired:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    for stream in (process.stdout, process.stderr):
        if stream is not None:
            stream.close()


def _ending(told: bytes, *, in_time: bool) -> tuple[Ending, int]:
    """Read the supervisor's answer; it has none if the clock ended it, or something that nobody foresaw."""
    if not in_time:
        return Ending.OUT_OF_TIME, 0
    if not told:
        sentence = "the process that watches over the tool ended without an answer"
        raise UnjudgedError("sandbox-failed", sentence, hint=_HINT)
    word, code = json.loads(told)
    return Ending(word), int(code)
