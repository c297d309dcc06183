"""Ten things that pushed code may try, each tried, so that an administrator knows and need not believe.

Each attack is a script for the shell and perl, which every Debian has, and prints `BROKEN` if it got what it wanted.
What can only be seen from outside is looked at here afterwards. They run side by side, each for two seconds at most.
"""

import os
import socket
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from secrets import token_hex
from typing import Final, NamedTuple

from gitcorpus.errors import UnjudgedError
from gitcorpus.model.server import Sandbox
from gitcorpus.sandbox.limits import Ending, Limits
from gitcorpus.sandbox.room import Job
from gitcorpus.sandbox.run import ToolRun, run_job

SECONDS: Final = 2.0
_MEMORY, _DISK, _PROCESSES = 256 << 20, 64 << 20, 64
_BROKEN: Final = b"BROKEN"
_ENDED: Final = (Ending.EXITED, Ending.KILLED)
_STOPPED: Final = (*_ENDED, Ending.OUT_OF_TIME, Ending.OUT_OF_MEMORY, Ending.TOO_MANY_PROCESSES)
"""How an attack may end that takes what it can get, on a busy machine too."""


class Attempt(NamedTuple):
    """One attack, whether the sandbox held, and what happened."""

    name: str
    held: bool
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Attack:
    """A script with its arguments, and how a run may end in which the sandbox held."""

    name: str
    script: str
    arguments: tuple[str, ...] = ()
    endings: tuple[Ending, ...] = _ENDED
    after: Callable[[], str] = field(default=str)
    """Looks from outside, and says what broke; nothing if nothing did."""


_FORKS: Final = (
    "perl -e 'for (1..5000) { my $p = fork; exit 3 unless defined $p; unless ($p) { sleep 60; exit } } "
    'print "BROKEN 5000 processes run\n"\''
)
_WRITES: Final = (
    "for at in . /tmp /dev/shm; do n=0; dd if=/dev/zero of=$at/big bs=1M count=10240 2>/dev/null; rm -f $at/big; "
    "while dd if=/dev/zero of=$at/f$n bs=1M count=16 2>/dev/null; do n=$((n + 1)); "
    '[ $n -gt 12 ] && echo "BROKEN $at took more than its size" && break; done; done; '
    "touch /usr/x /etc/x /x 2>/dev/null && echo BROKEN the system can be written to"
)
_MEMORIES: Final = (
    'perl -MPOSIX -e \'for (1..8) { unless (fork) { my $x = "a" x (96 << 20); sleep 5; exit } } sleep 1; '
    'my $gone = 0; $gone++ while waitpid(-1, WNOHANG) > 0; print "BROKEN 768 MiB are taken\\n" unless $gone\''
)
_READS: Final = (
    'for at in "$1/config" "$1/HEAD" "$2/.ssh" "$2/.gitconfig" "$2/.bashrc" /etc/shadow /var/lib/dpkg/status; do '
    '[ -r "$at" ] && echo "BROKEN $at can be read"; done; '
    '[ "$(wc -l < /etc/passwd)" -gt 1 ] && echo BROKEN the accounts can be read; '
    "for at in /proc/[0-9]*/environ; do tr '\\0' '\\n' < $at 2>/dev/null; done | grep -q \"$3\" && "
    "echo BROKEN another process can be read; true"
)
_NETWORK: Final = (
    "perl -MSocket -e 'socket(T, AF_INET, SOCK_STREAM, 0); "
    'print "BROKEN a port of the host can be reached\n" '
    'if connect(T, sockaddr_in($ARGV[0], inet_aton("127.0.0.1")))\' "$1"; '
    "perl -MSocket -e 'socket(U, AF_UNIX, SOCK_STREAM, 0); "
    'print "BROKEN a socket of the host can be reached\n" '
    'if connect(U, pack("Sa*", AF_UNIX, "\\0$ARGV[0]"))\' "$2"; '
    "perl -MSocket -e 'print \"BROKEN the machine below can be reached\\n\" if socket(V, 40, SOCK_STREAM, 0)'; "
    '[ "$(grep -c : /proc/net/dev)" -gt 1 ] && echo BROKEN there are interfaces; true'
)
_SIGNALS: Final = 'kill -0 "$1" 2>/dev/null && echo BROKEN a process of the host can be signalled; true'
_NAMESPACES: Final = (
    "unshare -U true 2>/dev/null && echo BROKEN a namespace of users; "
    "unshare -m true 2>/dev/null && echo BROKEN a namespace of mounts; "
    "mount -t tmpfs none /tmp 2>/dev/null && echo BROKEN a mount; "
    "perl -e 'for my $n (@ARGV) { print \"BROKEN keys of the host\\n\" if syscall($n, 0, -3, 1) >= 0 }' "
    '"$1" 2>/dev/null; true'
)
_LEAVES: Final = (
    'setsid sleep "$1" >/dev/null 2>&1 & (sleep "$1" >/dev/null 2>&1 &) ; '
    'perl -MPOSIX -e \'fork and exit; setsid; fork and exit; exec "sleep", $ARGV[0]\' "$1" >/dev/null 2>&1; true'
)
_KEYCTL: Final = {"x86_64": "250", "aarch64": "219"}


HARMLESS: Final = frozenset({"reading the repository and keys", "the network", "signals to the host"})
"""Attacks that do no harm where nothing stops them, so that a check can be seen to fail."""


def try_attacks(sandbox: Sandbox, *, repository: Path, home: Path) -> tuple[Attempt, ...]:
    """Try all of them, and say of each whether the sandbox held; without a sandbox only those that are harmless.

    Args:
        sandbox: as the server's file has it; its sizes are made small for this.
        repository: the bare repository, which must not be seen.
        home: the home of this account, which must not be seen either.

    Raises:
        UnjudgedError: sandbox-missing or sandbox-failed, if there is nothing to attack.
    """
    small = replace(sandbox, memory_bytes=_MEMORY, disk_bytes=_DISK, processes=_PROCESSES)
    with ExitStack() as stack:
        attacks = [
            attack
            for attack in _attacks(stack, repository, home)
            if not sandbox.unconfined or attack.name in HARMLESS
        ]
        with ThreadPoolExecutor(5) as pool:
            return tuple(pool.map(lambda attack: _try(attack, small), attacks))


def _attacks(stack: ExitStack, repository: Path, home: Path) -> Iterator[Attack]:
    token = token_hex(8)
    port, name = _listeners(stack, token)
    victim = stack.enter_context(
        subprocess.Popen(["/bin/sleep", "60"], env={"MARK": token}, stdin=subprocess.DEVNULL)
    )
    stack.callback(victim.kill)
    left = f"9{int(token[:6], 16)}"
    yield Attack(name="a fork bomb", script=_FORKS, endings=_STOPPED)
    yield Attack(name="an endless loop", script="while :; do :; done", endings=(Ending.OUT_OF_TIME,))
    yield Attack(name="writing 10 GB", script=_WRITES, endings=_STOPPED)
    yield Attack(name="memory over several processes", script=_MEMORIES, endings=_STOPPED)
    secrets = (str(repository.absolute()), str(home), token)
    yield Attack(name="reading the repository and keys", script=_READS, arguments=secrets)
    yield Attack(name="the network", script=_NETWORK, arguments=(str(port), name))
    yield Attack(name="signals to the host", script=_SIGNALS, arguments=(str(victim.pid),))
    keyctl = _KEYCTL.get(os.uname().machine, "")
    yield Attack(name="a nested namespace", script=_NAMESPACES, arguments=(keyctl,))
    yield Attack(name="an output flood", script="exec yes", endings=(Ending.FLOODED,))
    yield Attack(
        name="a child left behind", script=_LEAVES, arguments=(left,), after=lambda: _still_running(left)
    )


def _listeners(stack: ExitStack, token: str) -> tuple[int, str]:
    """Listen on a port of loopback and at an abstract address."""
    tcp = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
    name = f"gitcorpus-{token}"
    unix = stack.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM))
    unix.bind(f"\0{name}")
    unix.listen()
    return int(tcp.getsockname()[1]), name


def _try(attack: Attack, sandbox: Sandbox) -> Attempt:
    job = Job(command=("/bin/sh", "-c", attack.script, "sh", *attack.arguments))
    limits = Limits(seconds=SECONDS, processor_seconds=10, memory_bytes=None, output_bytes=1 << 20)
    run = run_job(job, files=(), limits=limits, sandbox=sandbox)
    broken = _said(run) or attack.after()
    if not broken and run.ending not in attack.endings:
        broken = f"it ended as {run.ending.value}, which is not how it must end"
    return Attempt(attack.name, not broken, broken or f"it ended as {run.ending.value}")


def _said(run: ToolRun) -> str:
    lines = [line for line in run.stdout.split(b"\n") if line.startswith(_BROKEN)]
    return lines[0].decode("utf-8", "replace").removeprefix("BROKEN ")[:200] if lines else ""


def _still_running(mark: str) -> str:
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            if mark.encode() in path.read_bytes().split(b"\0"):
                return "a process is left"
    return ""


def stands(sandbox: Sandbox) -> UnjudgedError | None:
    """Return why no room can be made for pushed code, or none."""
    try:
        run_job(Job(command=("/bin/true",)), files=(), limits=Limits(), sandbox=sandbox)
    except UnjudgedError as error:
        return error
    return None
