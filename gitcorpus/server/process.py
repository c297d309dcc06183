"""Other processes as `/proc` shows them (proc(5)): whose child one is, and when it started.

A number alone names no process, since numbers are used again; a number and the time of its start do.
"""

import os
from pathlib import Path
from typing import NamedTuple


class Process(NamedTuple):
    """A process: its number, and when it started, in clock ticks since the machine did."""

    pid: int
    started: str

    @property
    def is_alive(self) -> bool:
        """Tell whether it is still there."""
        return process_of(self.pid) == self


def process_of(pid: int) -> Process | None:
    """Return a process by its number, or none if there is none."""
    fields = _stat(pid)
    return Process(pid, fields[19]) if fields else None


def parent_of(pid: int) -> Process | None:
    """Return the parent of a process, or none if either is gone."""
    fields = _stat(pid)
    return process_of(int(fields[1])) if fields else None


def wait_for_end(process: Process, seconds: float) -> bool:
    """Wait until a process has ended, and tell whether it has."""
    import select  # noqa: PLC0415 - a hook that judges by itself does not wait

    try:
        descriptor = os.pidfd_open(process.pid)
    except OSError:
        return True
    try:
        if not process.is_alive:
            return True
        poll = select.poll()
        poll.register(descriptor, select.POLLIN)
        return bool(poll.poll(seconds * 1000))
    finally:
        os.close(descriptor)


def _stat(pid: int) -> list[str]:
    """Return the fields of /proc/PID/stat from the state on; a command's name may hold blanks and parentheses."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return []
    return text.rpartition(")")[2].split()
