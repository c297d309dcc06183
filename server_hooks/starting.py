"""Starts a gatekeeper: the socket is made here, and listens before anybody is there to answer.

So nobody has to wait for a process to come up before they can connect, and of many pushes that come at once one
starts it. The gatekeeper gets the socket as systemd would hand it over (sd_listen_fds(3)).
"""

import _socket
import fcntl
import os
import stat
import sys
import time
from contextlib import suppress

BACKLOG = 128
FIRST = 3
"""Number of the first descriptor that is handed over."""
KEPT = ("PATH", "HOME", "TMPDIR", "LD_LIBRARY_PATH", "LANG")


PATIENCE = 4.0
"""Most seconds that one waits for another who starts it."""


class HeldError(OSError):
    """Another process does not let go of the lock."""

    held = ""
    """The lock's path."""


def start(address: str, judge: str) -> None:
    """Start a gatekeeper that answers at an address, unless somebody else has just done so."""
    flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK
    with open(os.open(f"{address}.lock", flags, 0o600), "rb+", buffering=0) as lock:
        take(lock.fileno(), f"{address}.lock")
        if answers(address):
            return
        with suppress(FileNotFoundError):
            os.unlink(address)
        listener = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
        mask = os.umask(0o177)
        try:
            listener.bind(address)
        finally:
            os.umask(mask)
        listener.listen(BACKLOG)
        here = os.path.abspath(address)
        spawn([sys.executable, "-I", "-X", "utf8", judge, "gatekeeper", here], listener.fileno())
        listener.close()


def take(lock: int, path: str) -> None:
    """Lock a file that only its owner may open, since flock(2) needs no right to write; wait for some seconds alone."""
    found = os.fstat(lock)
    if not stat.S_ISREG(found.st_mode):
        raise OSError(None, "it is no regular file", path)
    if found.st_mode & 0o077:
        with suppress(PermissionError):
            os.fchmod(lock, 0o600)
    deadline = time.monotonic() + PATIENCE
    while True:
        with suppress(BlockingIOError):
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        if time.monotonic() >= deadline:
            error = HeldError(f"{path} is held")
            error.held = path
            raise error
        time.sleep(0.01)


def answers(address: str) -> bool:
    """Tell whether somebody listens at an address."""
    probe = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
    probe.settimeout(1)
    try:
        probe.connect(address)
    except BlockingIOError:
        return True  # its queue is full
    except OSError:
        return False
    finally:
        probe.close()
    return True


def spawn(command: list[str], descriptor: int) -> None:
    """Start a process that belongs to nobody, with the socket and without anything else of ours."""
    middle = os.fork()
    if middle:
        os.waitpid(middle, 0)
        return
    try:
        os.setsid()
        if os.fork():
            os._exit(0)
        os.dup2(descriptor, 100)
        silent = os.open(os.devnull, os.O_RDWR)
        for number in range(FIRST):
            os.dup2(silent, number)
        os.dup2(100, FIRST)
        os.closerange(FIRST + 1, 4096)
        os.chdir("/")
        environ = {name: os.environ[name] for name in KEPT if name in os.environ}
        os.execve(command[0], command, {**environ, "LISTEN_FDS": "1", "LISTEN_PID": str(os.getpid())})
    finally:
        os._exit(1)
