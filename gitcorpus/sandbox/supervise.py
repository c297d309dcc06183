"""The process between gitcorpus and a tool: it confines the tool, and sees to it that nothing of it is left.

gitcorpus starts this file as a program of its own, with the standard library alone, and so never runs code between a
fork and a program in a process that has threads. Every process that the tool leaves behind, in whatever session,
becomes a child of this one, and is killed before it says how the tool ended. It stops the tool when its time is up,
when gitcorpus asks it to, and when gitcorpus is gone.
"""

import ctypes
import json
import os
import resource
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NoReturn

PARENT_DEATH_SIGNAL: Final = 1
DUMPABLE: Final = 4
CHILD_SUBREAPER: Final = 36
NO_NEW_PRIVILEGES: Final = 38
"""Numbers of `prctl`, see prctl(2)."""

GRACE: Final = 4.0
"""Seconds in which processes that were killed must be gone."""


class _StoppedError(Exception):
    """The tool must end now; the argument is the signal that says so."""


def main() -> None:
    """Run one tool under the order that the first argument holds, and write how it ended."""
    order = json.loads(sys.argv[1])
    os.set_inheritable(order["answer"], False)
    _control(PARENT_DEATH_SIGNAL, signal.SIGTERM)
    _control(CHILD_SUBREAPER, 1)
    _control(DUMPABLE, 0)
    if os.getppid() != order["parent"]:
        return
    for number in (signal.SIGTERM, signal.SIGALRM):
        signal.signal(number, _stop)
    try:
        signal.setitimer(signal.ITIMER_REAL, order["seconds"])
        ending = _wait(_start(sys.argv[2:], order))
    except _StoppedError as stopped:
        ending = ("out-of-time" if stopped.args[0] == signal.SIGALRM else "stopped", 0)
    for number in (signal.SIGTERM, signal.SIGALRM):
        signal.signal(number, signal.SIG_IGN)
    _end_all()
    _answer(order, *ending)


def _stop(number: int, _: object) -> NoReturn:
    raise _StoppedError(number)


def _answer(order: dict[str, Any], ending: str, code: int) -> None:
    os.write(order["answer"], json.dumps([ending, code]).encode() + b"\n")


def _start(command: list[str], order: dict[str, Any]) -> int:
    pid = os.fork()
    if pid == 0:
        try:
            _confine(order["limits"])
            os.execve(command[0], command, os.environ)  # noqa: S606, TID251 - no shell; gitcorpus made it all
        except OSError as error:
            _answer(order, "not-started", error.errno or 0)
        finally:
            os._exit(127)
    silent = os.open(os.devnull, os.O_RDWR)
    for stream in range(3):
        os.dup2(silent, stream)
    return pid


def _confine(limits: dict[str, int]) -> None:
    """Put this process into a session of its own, under limits that the kernel keeps."""
    os.setsid()
    os.umask(0o077)
    for number in (signal.SIGTERM, signal.SIGALRM, signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(number, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, 0)
    _control(NO_NEW_PRIVILEGES, 1)
    _control(PARENT_DEATH_SIGNAL, signal.SIGKILL)
    for name, wanted in limits.items():
        number = getattr(resource, name)
        hard = resource.getrlimit(number)[1]
        most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(number, (most, most))


def _wait(pid: int) -> tuple[str, int]:
    """Wait for the tool to end, and bury what it left and what died meanwhile."""
    while True:
        ended, status = os.wait()
        if ended == pid:
            code = os.waitstatus_to_exitcode(status)
            return ("exited", code) if code >= 0 else ("killed", -code)


def _end_all() -> None:
    """Kill every process below this one, again and again until none is left."""
    until = time.monotonic() + GRACE
    while time.monotonic() < until:
        for pid in _below(os.getpid()):
            _kill(pid)
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            return
        time.sleep(0.002)


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except OSError:
        return


def _below(top: int) -> Iterator[int]:
    """Yield all processes below one, as the kernel lists them now."""
    children: dict[int, list[int]] = {}
    for process in Path("/proc").glob("[0-9]*"):
        children.setdefault(_parent_of(process), []).append(int(process.name))
    waiting = [top]
    while waiting:
        found = children.pop(waiting.pop(), [])
        yield from found
        waiting += found


def _parent_of(process: Path) -> int:
    try:
        told = (process / "stat").read_bytes()
    except OSError:
        return -1
    return int(told.rpartition(b")")[2].split()[1])


def _control(option: int, value: int) -> None:
    """Call prctl(2), which Python has no name for."""
    if ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl")


if __name__ == "__main__":
    main()
