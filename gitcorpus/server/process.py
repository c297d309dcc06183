"""Other processes as `/proc` shows them (proc(5)): whose child one is, when it started, and whether it receives a push.

A number alone names no process, since numbers are used again; a number and the time of its start do. And a parent is
not always the process that started a child: when that one ends, the kernel gives the child to the nearest subreaper
(prctl(2)), which may be process 1, systemd, tini or a shell. So a parent is believed to be `git receive-pack` only if
it shows that it is: by its arguments, its program and its working directory, the repository that is pushed to.
"""

import os
from collections.abc import Iterable
from pathlib import Path
from time import CLOCK_BOOTTIME, clock_gettime
from typing import Final, NamedTuple

_COMMAND: Final = "receive-pack"
_PROGRAMS: Final = frozenset({"git", f"git-{_COMMAND}"})
_VALUED: Final = frozenset(
    {"-C", "-c", "--attr-source", "--config-env", "--git-dir", "--namespace", "--work-tree"}
)
"""Options of `git` whose value may be the next argument."""


class Process(NamedTuple):
    """A process: its number, and when it started, in clock ticks since the machine did."""

    pid: int
    started: str

    @property
    def is_alive(self) -> bool:
        """Tell whether it is still there."""
        return process_of(self.pid) == self


def process_of(pid: int) -> Process | None:
    """Return a process by its number, or none if there is none; one that has ended and was not waited for is none."""
    fields = _stat(pid)
    return Process(pid, fields[19]) if fields and fields[0] not in "ZXx" else None


def receiver_of(hook: int, repository: Path) -> Process | None:
    """Return the `git receive-pack` that started a hook and is still there; none if the hook's parent is not one."""
    before = _stat(hook)
    found = process_of(int(before[1])) if before else None
    if found is None or not is_receiver(found.pid, repository):
        return None
    after = _stat(hook)  # as long as it is the parent, its number names nothing else
    is_its_child = bool(after) and (after[1], after[19]) == (before[1], before[19])
    return found if is_its_child and found.is_alive else None


def is_receiver(pid: int, repository: Path) -> bool:
    """Tell whether a process proves to be a `git receive-pack` that works in a repository."""
    try:
        program = (
            Path(f"/proc/{pid}/exe").readlink().name.removesuffix(" (deleted)")
        )  # git was upgraded meanwhile
        works_there = Path(f"/proc/{pid}/cwd").samefile(repository)
    except OSError:
        return False
    return works_there and program in _PROGRAMS and says_receiver(pid)


def says_receiver(pid: int) -> bool:
    """Tell whether a process has the arguments of `git receive-pack`, which any account may read."""
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return False
    return is_receive_pack([os.fsdecode(word) for word in words[:-1]])


def is_receive_pack(words: Iterable[str]) -> bool:
    """Tell whether arguments are those of `git receive-pack`, and not of a program that starts it."""
    program, *rest = [*words] or [""]
    match Path(program).name:
        case "git":
            return _command_of(rest) == _COMMAND
        case name:
            return name == f"git-{_COMMAND}"


def seconds_since_boot() -> float:
    """Return a time that no change of the clock moves, the same for all processes of a machine."""
    return clock_gettime(CLOCK_BOOTTIME)


def wait_for_end(process: Process, seconds: float, *, broken: int | None = None) -> bool:
    """Wait until a process has ended, and tell whether it has.

    Args:
        process: the process.
        seconds: most seconds that are waited.
        broken: a pipe; once its other end is gone, nothing is waited for any more.
    """
    import select  # noqa: PLC0415 - a hook that judges by itself does not wait

    try:
        descriptor = os.pidfd_open(process.pid)
    except OSError:
        return not process.is_alive
    try:
        if not process.is_alive:
            return True
        poll = select.poll()
        poll.register(descriptor, select.POLLIN)
        if broken is not None:
            poll.register(broken, 0)
        return descriptor in dict(poll.poll(max(seconds, 0) * 1000))
    finally:
        os.close(descriptor)


def _command_of(words: list[str]) -> str:
    """Return the command that `git` was given, past its own options."""
    rest = iter(words)
    for word in rest:
        if word in _VALUED:
            next(rest, None)
        elif not word.startswith("-"):
            return word
    return ""


def _stat(pid: int) -> list[str]:
    """Return the fields of /proc/PID/stat from the state on; a command's name may hold blanks and parentheses."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return []
    return text.rpartition(")")[2].split()
