"""The warm process that judges pushes: it has everything in memory, and forks children that judge.

A child is forked ahead, and practises on what it finds, so that a push that comes meets one that is ready. It judges
one push after the other, each to its end, as long as none breaks or needs much memory; after so many another one takes
its place. The parent only sees to it that one is ready, ends children that take too long, and keeps in memory what
judges. When a child breaks, its hook notices and refuses the push. When the code on the disk changes, the parent starts
itself anew with the same socket, in which pushes wait meanwhile. After some idle minutes it ends.
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
from mmap import mmap
from pathlib import Path
from resource import RUSAGE_SELF, getrusage
from struct import Struct
from time import monotonic
from typing import Final, NoReturn, Protocol

from gitcorpus.server import frames
from gitcorpus.server.frames import BadRequestError, Request
from gitcorpus.server.process import Process, receiver_of, wait_for_end

IDLE_SECONDS: Final = 900.0
MOST_AT_ONCE: Final = 16
"""Pushes that are judged at the same time; the others wait in the socket."""
FIRST_SECONDS: Final = 30.0
"""Most seconds of a child until it knows how many its push may take."""
MOST_PUSHES: Final = 50
"""Pushes that one child judges."""
_MOST_GROWTH: Final = 64 << 10
"""KiB of memory that a child may take for its pushes; one that took more ends, which gives all of it back."""
_NUMBERS: Final = Struct("=QQQ")
_JUDGED: Final = (0, 1)
"""Exit codes of a push that was judged to its end."""
_READING: Final = 5.0
_QUICK: Final = 0.5
"""Seconds in which most pushes are judged; while one takes longer, another child gets ready for the next."""
_LANDING: Final = 2.0
"""Most seconds in which git moves the references of a push that was let in; its child is ready again then."""
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

    def has_more(self, folder: Path) -> bool:
        """Tell whether there is more to judge in a repository than the push that was just answered."""
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
    is_judging: bool = False
    """Whether it judges a push; it may also be asked for the gatekeeper's status."""
    expected: float | None = None
    """Until when it may be ready again, so that no other one is needed."""
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
    _shared: mmap = field(default_factory=lambda: mmap(-1, _NUMBERS.size))
    """What children tell of the parent: pushes, those that are being judged, and the peak."""
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
            self._publish()
            self._get_ready()
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
        ends = [
            each for child in self._children.values() for each in (child.deadline, child.expected) if each
        ]
        seconds = min([self.tick, self.idle_seconds, *(each - monotonic() for each in ends)])
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
        """Be a child: wait for a push, judge it, answer, see to what is left to do, and so on."""
        try:
            gc.disable()  # it ends soon, and what it leaves behind ends with it
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            if practises and not self._has_push(told, 0):
                self.judge.practise()
            room = getrusage(RUSAGE_SELF).ru_maxrss + _MOST_GROWTH
            for _ in range(MOST_PUSHES):
                if not self._has_push(told):
                    break
                signal.signal(signal.SIGTERM, signal.SIG_IGN)  # one that has taken a push is not dismissed
                with suppress(BlockingIOError):  # another child was quicker
                    connection, _ = self.listener.accept()
                    _tell(told, b"taken")
                    if not self._attend(connection, told) or getrusage(RUSAGE_SELF).ru_maxrss > room:
                        break
                    _tell(told, b"ready")
                signal.signal(signal.SIGTERM, signal.SIG_DFL)
        finally:
            os._exit(0)

    def _has_push(self, told: int, seconds: float | None = None) -> bool:
        """Wait until there is a push for a child; without its parent, or with old code, it takes none."""
        poll = select.poll()
        poll.register(self.listener, select.POLLIN)
        poll.register(told, 0)
        found = [descriptor for descriptor, _ in poll.poll(None if seconds is None else seconds * 1000)]
        return bool(found) and told not in found and not self.is_changed()

    def _attend(self, connection: socket.socket, told: int) -> bool:
        """Answer one request to its end, and tell whether this process may take another one."""
        connection.settimeout(_READING)
        pid, uid = _peer(connection)
        if uid != os.geteuid():
            return False
        try:
            request = frames.read_request(connection)
        except (OSError, BadRequestError, ValueError):
            return False
        connection.sendall(frames.field(frames.TAKEN))
        connection.settimeout(None)
        sys.stderr = Voice(connection)
        if request.name in ("status", "stop"):
            line = frames.field(frames.LINE + json.dumps(self._status()).encode() + b"\n")
            connection.sendall(line + frames.field(frames.EXIT + b"0"))
            _tell(told, b"stop" if request.name == "stop" else b"answered")
            return False
        return self._attend_push(connection, request, pid, told)

    def _attend_push(self, connection: socket.socket, request: Request, pid: int, told: int) -> bool:
        """Judge one push to its end, and tell whether this process may judge another one."""
        os.chdir(request.folder)
        folder = Path.cwd()
        _tell(told, b"seconds %f" % self.judge.seconds(request))
        repository = Path(request.folder, request.environ.get("GIT_DIR") or ".")
        receiver = receiver_of(pid, repository)
        if _has_gone(connection):  # and the number of its process may be another's by now
            return False
        code, afterwards = self.judge.attend(request, receiver)
        with suppress(OSError):
            connection.sendall(frames.field(frames.EXIT + b"%d" % code))
        connection.close()
        _tell(told, b"answered " + os.fsencode(folder))
        is_over = code in _JUDGED and (receiver is None or wait_for_end(receiver, _LANDING, broken=told))
        stays = is_over and not self.judge.has_more(folder)
        if not stays:
            self.listener.close()  # a socket that outlives its gatekeeper lets pushes wait for nothing
        if afterwards is not None:
            afterwards()
        return stays

    def _publish(self) -> None:
        """Write down what a child may be asked for, where children read it."""
        judging = sum(child.is_judging for child in self._children.values())
        peak = max(self.peak_kib, getrusage(RUSAGE_SELF).ru_maxrss)
        _NUMBERS.pack_into(self._shared, 0, self.count, judging, peak)

    def _status(self) -> dict[str, int]:
        pushes, judging, peak = _NUMBERS.unpack_from(self._shared)
        return {"pid": os.getppid(), "pushes": pushes, "judging": judging, "peak_mib": peak >> 10}

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
        self._keep(child)

    def _note(self, child: _Child, word: bytes, more: bytes = b"") -> None:
        match word:
            case b"taken":
                child.is_ready, child.deadline = False, monotonic() + FIRST_SECONDS
                child.expected = monotonic() + _QUICK
            case b"ready":
                child.is_ready, child.expected = True, None
                self._keep(child)
            case b"seconds":
                self.count += 1
                child.is_judging = True
                child.deadline = monotonic() + float(more)
            case b"answered":
                child.deadline, child.is_judging = None, False
                child.folder = Path(os.fsdecode(more)) if more else None
                child.expected = monotonic() + _LANDING if child.folder else None
            case _:
                self._end()

    def _keep(self, child: _Child) -> None:
        """Keep in memory what judges the repository whose push a child has seen to; what was forked without it ends."""
        folder, child.folder = child.folder, None
        if folder is not None and self.judge.keep(folder):
            self._dismiss()

    def _get_ready(self) -> None:
        """Fork a child for the next push, if none is ready or soon will be, and end those that are too many."""
        now, ready = monotonic(), [child for child in self._children.values() if child.is_ready]
        for child in ready[1:]:
            with suppress(ProcessLookupError):
                os.kill(child.pid, signal.SIGTERM)
        soon = any(child.expected is not None and child.expected > now for child in self._children.values())
        if not ready and not soon and not self._ending and self.count:
            self._is_old = self.is_changed()
            if not self._is_old:
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
