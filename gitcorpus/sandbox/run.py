"""Runs one program on pushed files, in a room of its own, and returns what it said and how it ended.

Every process that it started is over when `run_job` returns. The room is bubblewrap's, see `room.py`; where the
administrator accepts that there is none, the program has the same limits and is not confined otherwise: it can read
what the account can read and reach what the machine can reach.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from errno import ENOENT
from pathlib import Path
from typing import IO, Final, NamedTuple

from gitcorpus.errors import UnjudgedError
from gitcorpus.model.server import Sandbox
from gitcorpus.sandbox import supervise
from gitcorpus.sandbox.cgroup import Group, control_group
from gitcorpus.sandbox.folder import WORK, GivenFile, fresh_folder, write_files
from gitcorpus.sandbox.limits import Ending, Limits
from gitcorpus.sandbox.outputs import PATIENCE, Outputs
from gitcorpus.sandbox.room import TOP, Job, entrance, environment_of, filter_of_machine
from gitcorpus.sandbox.taken import is_absent, is_ready, read_taken

_COMPILED: Final = Path(getattr(supervise, "__cached__", None) or "")
SUPERVISOR: Final = _COMPILED if _COMPILED.is_file() else Path(supervise.__file__)
_DOCTOR: Final = "an administrator runs `gitcorpus server doctor` where pushes are judged"
_HINT: Final = "an administrator looks at the disk and the limits of the account that runs git"
_GROUPS: Final = "an administrator looks at `cgroups` under `sandbox:` in gitcorpus/server.yaml"
_INSTALL: Final = "an administrator installs bubblewrap, or sets `sandbox: none` in gitcorpus/server.yaml"


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolRun:
    """What a program said, and how it ended."""

    ending: Ending
    code: int
    """The exit code, or the number of the signal that killed it, or of the error that kept it from starting."""
    stdout: bytes
    stderr: bytes
    folder: str
    """Where the files were: the program may have named them by it."""
    left_out: int
    """Files that were not written, because their paths lead elsewhere or nowhere."""
    taken: Mapping[str, bytes] = field(default_factory=dict)
    """What was wanted back and is there."""


def run_job(job: Job, *, files: Iterable[GivenFile], limits: Limits, sandbox: Sandbox) -> ToolRun:
    """Run a program in a room of its own that holds these files.

    Raises:
        UnjudgedError: sandbox-missing or sandbox-failed, if the machine does not let it be tried.
    """
    try:
        with fresh_folder() as folder:
            left_out = write_files(folder / WORK, files)
            said = _run(job, folder, limits, sandbox)
    except OSError as error:
        sentence = f"the room for pushed code cannot be made: {error.strerror}"
        raise UnjudgedError("sandbox-failed", sentence, hint=_HINT) from error
    where = str(folder / WORK) if sandbox.unconfined else TOP
    ending, code = (Ending.NOT_STARTED, ENOENT) if is_absent(said.results) else (said.ending, said.code)
    if not is_ready(said.results):
        raise _no_room(said, sandbox)
    return ToolRun(
        ending=ending,
        code=code,
        stdout=said.stdout,
        stderr=said.stderr,
        folder=where,
        left_out=left_out,
        taken=read_taken(said.results, job.takes),
    )


class _Said(NamedTuple):
    """All that is known of a run when it is over."""

    ending: Ending
    code: int
    stdout: bytes
    stderr: bytes
    results: bytes


def _no_room(said: _Said, sandbox: Sandbox) -> UnjudgedError:
    """Say why the room did not stand; nothing that was pushed ran."""
    if said.ending is Ending.NOT_STARTED:
        why = os.strerror(said.code)
        sentence = f"pushed code runs in a sandbox only, and {sandbox.program} cannot be started: {why}"
        return UnjudgedError("sandbox-missing", sentence, hint=_INSTALL)
    last = said.stderr.decode("utf-8", "replace").strip().splitlines()[-1:] or [f"it ended with {said.code}"]
    return UnjudgedError(
        "sandbox-failed", f"the room for pushed code does not stand: {last[0][:200]}", hint=_DOCTOR
    )


def _run(job: Job, folder: Path, limits: Limits, sandbox: Sandbox) -> _Said:
    command = entrance(job, sandbox, folder, disk=sandbox.disk_bytes, processes=sandbox.processes)
    environment = environment_of(job, sandbox, folder)
    most = {"memory": sandbox.memory_bytes, "processes": sandbox.processes}
    with ExitStack() as stack:
        group = stack.enter_context(control_group(sandbox.cgroups, **most))
        answers, answer, results, result = _pipes(stack)
        hands = [result.fileno(), _filter(stack)]
        order = _order(limits, answer.fileno(), hands, group, sandbox)
        process = _start([order, *command], folder, environment, (answer.fileno(), *hands))
        answer.close()
        result.close()
        try:
            outputs = Outputs(process, results, limits)
            in_time = outputs.read()
        finally:
            _end(process)
        told = answers.readline()
        ending, code = (Ending.FLOODED, 0) if outputs.flooded else _ending(told, in_time=in_time)
        if group is not None and group.ran_out_of_memory():
            ending, code = Ending.OUT_OF_MEMORY, 0
        elif group is not None and code and group.ran_out_of_processes():
            ending, code = Ending.TOO_MANY_PROCESSES, 0
    return _Said(*_killed_inside(ending, code), *outputs.all)


def _filter(stack: ExitStack) -> int:
    """Return a descriptor from which bubblewrap reads the filter of system calls."""
    calls = os.memfd_create("calls")
    stack.callback(os.close, calls)
    os.pwrite(calls, filter_of_machine(), 0)
    return calls


def _pipes(stack: ExitStack) -> tuple[IO[bytes], IO[bytes], IO[bytes], IO[bytes]]:
    """Open where the supervisor answers, and where the room hands things out."""
    ends = []
    for _ in range(2):
        read, write = os.pipe()
        ends += [
            stack.enter_context(os.fdopen(read, "rb", 0)),
            stack.enter_context(os.fdopen(write, "wb", 0)),
        ]
    return ends[0], ends[1], ends[2], ends[3]


def _killed_inside(ending: Ending, code: int) -> tuple[Ending, int]:
    """Tell a program that a signal ended from one that ended itself; the shell adds 128."""
    is_signal = ending is Ending.EXITED and code - 128 in tuple(signal.Signals)
    return (Ending.KILLED, code - 128) if is_signal else (ending, code)


def _order(limits: Limits, answer: int, hands: Sequence[int], group: Group | None, sandbox: Sandbox) -> str:
    """Write down for the supervisor what it must know, see `supervise.Order`."""
    said: list[tuple[str, object]] = [
        ("answer", answer),
        ("parent", os.getpid()),
        ("seconds", limits.seconds),
    ]
    said += [("hand", hand) for hand in hands]
    if group is not None:
        said += [("door", door) for door in group.doors]
    else:
        said += [("watch.memory", sandbox.memory_bytes), ("watch.processes", sandbox.processes)]
    said += [(f"limit.{name}", value) for name, value in limits.by_name().items()]
    return "\n".join(f"{name}={value}" for name, value in said)


def _start(
    words: Sequence[str], folder: Path, environment: Mapping[str, str], hands: Sequence[int]
) -> subprocess.Popen[bytes]:
    return subprocess.Popen(  # noqa: S603 - arguments are a list, and no shell reads them
        [sys.executable, "-I", "-S", str(SUPERVISOR), *words],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=folder / WORK,
        env=environment,
        pass_fds=hands,
        start_new_session=True,
    )


def _end(process: subprocess.Popen[bytes]) -> None:
    """See a run to its end, whatever interrupted it: ask the supervisor, which kills the tool, or kill it as well."""
    with suppress(ProcessLookupError):
        process.terminate()
    try:
        process.wait(PATIENCE)
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
    word, code = told.decode("ascii").split()
    if word == "not-joined":
        sentence = f"a run cannot join the control group that was made for it: {os.strerror(int(code))}"
        raise UnjudgedError("sandbox-failed", sentence, hint=_GROUPS)
    return Ending(word), int(code)
