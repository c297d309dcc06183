"""Starts a gatekeeper: the socket is made here, and listens before anybody is there to answer.

So nobody has to wait for a process to come up before they can connect, and of many pushes that come at once one
starts it. The gatekeeper gets the socket as systemd would hand it over (sd_listen_fds(3)).
"""

import _socket
import fcntl
import os
import sys
from contextlib import suppress

BACKLOG = 128
FIRST = 3
"""Number of the first descriptor that is handed over."""
KEPT = ("PATH", "HOME", "TMPDIR", "LD_LIBRARY_PATH", "LANG")


def start(address: str, judge: str) -> None:
    """Start a gatekeeper that answers at an address, unless somebody else has just done so."""
    with open(f"{address}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
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


def answers(address: str) -> bool:
    """Tell whether somebody listens at an address."""
    probe = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
    try:
        probe.connect(address)
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
