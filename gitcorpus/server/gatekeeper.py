"""The warm process that judges pushes: it has everything in memory, and forks a child for each push.

A child is forked ahead, and practises on what it finds, so that a push that comes meets somebody who is ready. It takes
one push and ends; whatever becomes of it, the next push has a fresh one. The parent only sees to it that somebody is
ready, ends children that take too long, and keeps in memory what judges. When a child breaks, its hook notices and
refuses the push. When the code on the disk changes, the parent starts itself anew with the same socket, in which pushes
wait meanwhile. After some idle minutes it ends.
"""

import gc
import json
import os
import select
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from io import TextIOBase
from pathlib import Path
from resource import RUSAGE_SELF, getrusage
from time import monotonic
from typing import Final, NoReturn, Protocol

from gitcorpus.server import frames
from gitcorpus.server.frames import BadRequestError, Request
from gitcorpus.server.process import Process, receiver_of

IDLE_SECONDS: Final = 900.0
MOST_AT_ONCE: Final = 16
"""Pushes that are judged at the same time; the others wait in the socket."""
FIRST_SECONDS: Final = 30.0
"""Most seconds of a child until it knows how many its push may take."""
_READING: Final = 5.0
_AFTER_ANSWER: Final = 0.05
"""Seconds that a push which was answered has the machine for itself, before a child practises for the next one."""
TICK: Final = 15.0
"""Seconds after which it looks whether it is still wanted."""


class Judge(Protocol):
    """What the gatekeeper does with pushes: `keep` in the gatekeeper itself, the others in a child."""

    def keep(self, folder: Path) -> bool:
        """Bring into memory what judges a repository now, and tell whether that is something else than before."""
        ...

    def practise(self) -> None:
        """Do what the next push will need, so that it is done."""
        ...

    def seconds(self, request: Request) -> float:
        """Return how many seconds a push may take."""
        ...

    def attend(self, request: Request, receiver: Process | None) -> tuple[int, Callable[[], None] | None]:
        """Answer, and return the exit code and what is to be done once the hook has it."""
        ...


@dataclass
class _Child:
    """A process that waits for one push, or judges it, or sees to its end."""

    pid: int
    pipe: int
    is_ready: bool = True
    """Whether it waits for a push."""
    deadline: float | None = None
    """When it must have answered; none before it has a push and after its answer."""
    folder: Path | None = None
    unread: bytes = b""


@dataclass
class Gatekeeper:
    """Listens at one socket."""

    listener: socket.socket
    judge: Judge
    is_changed: Callable[[], bool]
    """Tells whether the code on the disk is another than this one."""
    is_reachable: Callable[[], bool] = lambda: True
    """Tells whether its socket is still where pushes look for it; the repository may have been deleted."""
    idle_seconds: float = IDLE_SECONDS
    tick: float = TICK
    count: int = 0
    peak_kib: int = 0
    """Most memory that any of its children had, with what it shares with the others."""
    _children: dict[int, _Child] = field(default_factory=dict)
    _ending: bool = False
    _is_old: bool = False

    def serve(self) -> bool:
        """Attend to pushes until there are none for long; return whether it is to be started anew."""
        signal.signal(signal.SIGTERM, self._end)
        self.listener.setblocking(False)
        last = monotonic()
        while True:
            is_waiting, told = self._wait()
            if is_waiting and self.is_changed():
                self._dismiss()
                return True
            if is_waiting:
                self._fork(practises=False)
                last = monotonic()
            for pipe in told:
                self._hear(self._children[pipe])
                last = monotonic()
            if self._is_old:
                self._dismiss()
                return True
            self._stop_late()
            busy = any(not child.is_ready for child in self._children.values())
            is_idle = monotonic() - last > self.idle_seconds or not self.is_reachable()
            if not busy and (self._ending or is_idle):
                self._dismiss()
                return False

    def _wait(self) -> tuple[bool, list[int]]:
        """Wait for a push that finds nobody ready, and for what children tell."""
        poll = select.poll()
        for pipe in self._children:
            poll.register(pipe, select.POLLIN)
        judging = [child for child in self._children.values() if child.deadline is not None]
        ready = any(child.is_ready for child in self._children.values())
        if not ready and not self._ending and len(judging) < MOST_AT_ONCE:
            poll.register(self.listener, select.POLLIN)
        late = (child.deadline - monotonic() for child in judging if child.deadline is not None)
        seconds = min([self.tick, self.idle_seconds, *late])
        with suppress(InterruptedError):
            found = {descriptor for descriptor, _ in poll.poll(max(seconds, 0.01) * 1000)}
            return self.listener.fileno() in found, sorted(found & self._children.keys())
        return False, []

    def _fork(self, *, practises: bool) -> None:
        heard, told = os.pipe()
        pid = os.fork()
        if pid == 0:
            for pipe in (heard, *self._children):
                os.close(pipe)
            self._serve_one(told, practises=practises)
        os.close(told)
        self._children[heard] = _Child(pid, heard)

    def _serve_one(self, told: int, *, practises: bool) -> NoReturn:
        """Be a child: wait for a push, judge it, answer, and see to what is left to do."""
        try:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            gc.disable()  # it ends soon, and what it leaves behind ends with it
            if practises and not self._has_push(told, _AFTER_ANSWER):
                self.judge.practise()
            if self._has_push(told):
                signal.signal(signal.SIGTERM, signal.SIG_IGN)  # whoever has taken a push is not dismissed
                connection, _ = self.listener.accept()
                _tell(told, b"taken")
                self.listener.close()
                self._attend(connection, told)
        finally:
            os._exit(0)

    def _has_push(self, told: int, seconds: float | None = None) -> bool:
        """Wait until there is a push for a child; without its parent, or with old code, it takes none."""
        poll = select.poll()
        poll.register(self.listener, select.POLLIN)
        poll.register(told, 0)
        found = [descriptor for descriptor, _ in poll.poll(None if seconds is None else seconds * 1000)]
        return bool(found) and told not in found and not self.is_changed()

    def _attend(self, connection: socket.socket, told: int) -> None:
        connection.settimeout(_READING)
        pid, uid = _peer(connection)
        if uid != os.geteuid():
            return
        try:
            request = frames.read_request(connection)
        except (OSError, BadRequestError, ValueError):
            return
        connection.sendall(frames.field(frames.TAKEN))
        connection.settimeout(None)
        sys.stderr = Voice(connection)
        if request.name in ("status", "stop"):
            connection.sendall(frames.field(frames.LINE + json.dumps(self._status()).encode() + b"\n"))
            connection.sendall(frames.field(frames.EXIT + b"0"))
            _tell(told, b"stop" if request.name == "stop" else b"answered")
            return
        os.chdir(request.folder)
        _tell(told, b"seconds %f" % self.judge.seconds(request))
        repository = Path(request.folder, request.environ.get("GIT_DIR") or ".")
        receiver = receiver_of(pid, repository)
        if _has_gone(connection):  # and the number of its process may be another's by now
            return
        code, afterwards = self.judge.attend(request, receiver)
        with suppress(OSError):
            connection.sendall(frames.field(frames.EXIT + b"%d" % code))
        connection.close()
        _tell(told, b"answered " + os.fsencode(Path.cwd()))
        if afterwards is not None:
            afterwards()

    def _status(self) -> dict[str, int]:
        judging = sum(child.deadline is not None for child in self._children.values())
        peak = max(self.peak_kib, getrusage(RUSAGE_SELF).ru_maxrss)
        return {"pid": os.getppid(), "pushes": self.count, "judging": judging, "peak_mib": peak >> 10}

    def _hear(self, child: _Child) -> None:
        """Take note of what a child tells, and of its end."""
        data = os.read(child.pipe, 1 << 16)
        *lines, child.unread = (child.unread + data).split(b"\n")
        for line in lines:
            self._note(child, *line.split(b" ", 1))
        if data:
            return
        os.close(child.pipe)
        del self._children[child.pipe]
        with suppress(ChildProcessError):
            used = os.wait4(child.pid, 0)[2]
            self.peak_kib = max(self.peak_kib, used.ru_maxrss)
        if child.folder is not None and self.judge.keep(child.folder):
            self._dismiss()
        self._get_ready()

    def _note(self, child: _Child, word: bytes, more: bytes = b"") -> None:
        match word:
            case b"taken":
                child.is_ready, child.deadline = False, monotonic() + FIRST_SECONDS
            case b"seconds":
                self.count += 1
                child.deadline = monotonic() + float(more)
            case b"answered":
                child.deadline = None
                child.folder = Path(os.fsdecode(more)) if more else None
                self._get_ready()
            case _:
                self._end()

    def _get_ready(self) -> None:
        """Fork a child for the next push, if none is ready and the gatekeeper is not about to end."""
        ready = any(child.is_ready for child in self._children.values())
        self._is_old = self.is_changed()
        if not ready and not self._ending and not self._is_old:
            self._fork(practises=True)

    def _dismiss(self) -> None:
        """End the children that wait for a push; those that have one go on."""
        for child in [child for child in self._children.values() if child.is_ready]:
            os.kill(child.pid, signal.SIGTERM)

    def _stop_late(self) -> None:
        for child in self._children.values():
            if child.deadline is not None and monotonic() >= child.deadline:
                with suppress(ProcessLookupError):
                    os.kill(child.pid, signal.SIGKILL)

    def _end(self, *_: object) -> None:
        self._ending = True


class Voice(TextIOBase):
    """Standard error of a child: every line goes to the hook, and from there to the pusher."""

    encoding = "utf-8"

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection

    def write(self, text: str) -> int:
        """Send text; a hook that has gone hears nothing."""
        data = text.encode("utf-8", "backslashreplace")
        with suppress(OSError):
            self._connection.sendall(frames.field(frames.LINE + data))
        return len(text)


def _tell(told: int, line: bytes) -> None:
    """Tell the parent something; one that has started itself anew does not hear it, and need not."""
    with suppress(OSError):
        os.write(told, line + b"\n")


def _peer(connection: socket.socket) -> tuple[int, int]:
    """Return the process and the account at the other end (unix(7), SO_PEERCRED)."""
    credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
    pid, uid, _ = (int.from_bytes(credentials[at : at + 4], sys.byteorder) for at in (0, 4, 8))
    return pid, uid


def _has_gone(connection: socket.socket) -> bool:
    """Tell whether the other end has closed its connection, as a process does that ends."""
    poll = select.poll()
    poll.register(connection, 0)
    return bool(poll.poll(0))


def _connect(connection: socket.socket, address: Path) -> None:
    """Connect by way of the folder's descriptor, since the address of a socket has room for 107 bytes alone."""
    folder = os.open(address.parent, os.O_PATH)
    try:
        connection.connect(f"/proc/self/fd/{folder}/{address.name}")
    finally:
        os.close(folder)


def ask(address: Path, command: str) -> Iterator[str]:
    """Ask the gatekeeper at an address for its `status`, or to `stop`; yield what it says.

    Raises:
        OSError: if none answers.
    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(_READING)
        _connect(connection, address)
        parts = (frames.PROTOCOL, command.encode(), b"/", b"", b"")
        connection.sendall(frames.field(b"".join(map(frames.field, parts))))
        data = b"".join(iter(lambda: connection.recv(1 << 16), b""))
    for answer in frames.fields(data):
        if answer[:1] == frames.LINE:
            yield answer[1:].decode().rstrip("\n")
