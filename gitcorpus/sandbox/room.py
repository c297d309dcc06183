"""What pushed code sees of the machine: the command line of bubblewrap that shows it, and nothing else.

It sees the system's programs and libraries and what the server's file mounts, all of it read-only; the pushed files,
which are copied into a file system in memory of a fixed size; itself as the account `nobody`; no other process, no
network, no repository, no home, no environment. An ordinary account becomes `nobody` by a user namespace. The
superuser needs none: the room is made with its rights, and what runs inside has a number that no account has, and no
capability, so that the kernel counts its processes.
"""

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from platform import machine
from secrets import randbelow
from typing import Final

from gitcorpus.errors import UnjudgedError
from gitcorpus.model.server import Sandbox
from gitcorpus.sandbox.folder import HOME, SETTINGS, TEMPORARY, WORK
from gitcorpus.sandbox.seccomp import MACHINES, seccomp_filter

RESULTS, FILTER = 3, 4
"""Descriptors of a program on its way in: where its script reports, and the filter of system calls."""

TOP: Final = "/job"
"""Where the files are: a name that no host has, so that no mount stands below it."""
PATH: Final = ("/usr/local/bin", "/usr/bin", "/bin")
NOBODY: Final = 65534
_STRANGERS: Final = 0x70000000
"""Numbers of accounts from here on belong to nobody; each run of the superuser's gets one of them."""
_MOST_STRANGERS: Final = 0x0FFFFFFF
_SETTINGS: Final = (
    "/etc/alternatives", "/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d", "/etc/localtime", "/etc/maven",
    "/etc/ssl/certs",
)  # fmt: skip
"""Settings of the system that programs under /usr lean on, besides those of each version of Java and Python."""
_PASSWD: Final = f"nobody:x:{NOBODY}:{NOBODY}:nobody:/tmp:/bin/sh\n".encode()
_GROUP: Final = f"nogroup:x:{NOBODY}:\n".encode()

SCRIPT: Final = """
umask 022
given=$1 cwd=$2 takes=$3 processes=$4
shift 4
[ -z "$processes" ] || ulimit -p "$processes" 2>/dev/null || ulimit -u "$processes" || exit 125
[ -z "$given" ] || cp -R "$given/." . || exit 125
[ ! -d /seeds ] || { mkdir -p /tmp/seeds && cp -Rs /seeds/. /tmp/seeds/; } || exit 125
top=$PWD
cd -- "./$cwd" || exit 125
printf 'ready\\n' >&3 || exit 125
unset OLDPWD
program=$(command -v -- "$1") || program=/
case $program in */*) [ -x "$program" ] && [ ! -d "$program" ];; esac || { printf 'absent\\n' >&3; exit 127; }
[ -s "$takes" ] || exec "$@" 3>&-
"$@" 3>&-
code=$?
printf 'taken\\n' >&3
set -- --create --format=gnu --hard-dereference --file=- --null --verbatim-files-from --files-from="$takes"
cd -- "$top" && tar "$@" >&3 2>/dev/null </dev/null
exit $code
"""
"""Runs inside: puts the files where they may be changed, runs the program, and hands out what was asked for.

What is pushed reaches it as arguments and as contents of files, never as text that it reads as a script.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One program and what it is given. Paths are relative to the top of the files."""

    command: tuple[str, ...]
    """A program and its arguments; a name without a slash is looked for on the room's path."""
    cwd: str = ""
    environment: Mapping[str, str] | None = None
    takes: tuple[str, ...] = ()
    """Files and folders that are wanted back."""
    caches: tuple[str, ...] = ()
    """Build caches by name: the server's copies are read, and what is added to them is forgotten."""


def entrance(job: Job, sandbox: Sandbox, folder: Path, *, disk: int, processes: int) -> list[str]:
    """Return the command that runs a job, in a folder that holds its files.

    Raises:
        UnjudgedError: sandbox-missing, if no filter is known for this machine.
    """
    takes = folder / SETTINGS / "takes"
    _write(takes, b"\0".join(each.encode("utf-8", "surrogateescape") for each in job.takes))
    script = ("/bin/sh", "-c", SCRIPT, "sh")
    if sandbox.unconfined:
        return [*script, "", job.cwd, str(takes), "", *job.command]
    if machine() not in MACHINES:
        sentence = f"gitcorpus knows no filter of system calls for {machine()}"
        raise UnjudgedError("sandbox-missing", sentence, hint="a server on x86_64 or aarch64 has one")
    bubble = [
        sandbox.program,
        *_view(job, sandbox, folder, disk),
        *_namespaces(),
        "--seccomp",
        str(FILTER),
        "--",
    ]
    given = ("/given", job.cwd, "/settings/takes", str(processes))
    return [*bubble, *_as_nobody(), *script, *given, *job.command]


def environment_of(job: Job, sandbox: Sandbox, folder: Path) -> dict[str, str]:
    """Return all variables that the program has."""
    path = ":".join((*sandbox.path, *PATH))
    inside = not sandbox.unconfined
    return {
        "HOME": "/tmp" if inside else str(folder / HOME),  # noqa: S108 - of the room, where nobody else is
        "LC_ALL": "C.UTF-8",
        "PATH": path,
        "TMPDIR": "/tmp" if inside else str(folder / TEMPORARY),  # noqa: S108
        **(job.environment or {}),
    }


def filter_of_machine() -> bytes:
    """Return the filter of system calls for this machine; none is returned for one that is not known."""
    return seccomp_filter(MACHINES[machine()]) if machine() in MACHINES else b""


def _view(job: Job, sandbox: Sandbox, folder: Path, disk: int) -> Iterator[str]:
    """Yield what the room shows, and make it read-only where it would not be."""
    _write(folder / SETTINGS / "passwd", _PASSWD)
    _write(folder / SETTINGS / "group", _GROUP)
    yield from ("--proc", "/proc", "--dev", "/dev")
    for name, permissions in (("/tmp", "1777"), (TOP, "0777"), ("/dev/shm", "1777")):  # noqa: S108
        yield from ("--perms", permissions, "--size", str(disk), "--tmpfs", name)
    yield from ("--ro-bind", "/usr", "/usr")
    seeds = [(place, f"/seeds/{name}") for name, place in sandbox.caches if name in job.caches]
    yield from _folders(("/etc/passwd", "/etc/ssl/certs", *sandbox.mounts, *(seed for _, seed in seeds)))
    for name in ("/bin", "/sbin", "/lib", "/lib64", "/lib32"):
        if Path(name).is_symlink():
            yield from ("--symlink", str(Path(name).readlink()), name)
        else:
            yield from ("--ro-bind-try", name, name)
    versions = (str(found) for kind in ("java-*", "python3*") for found in sorted(Path("/etc").glob(kind)))
    for name in (*_SETTINGS, *versions, *sandbox.mounts):
        yield from ("--ro-bind-try", name, name)
    for name in ("passwd", "group"):
        yield from ("--symlink", f"/settings/{name}", f"/etc/{name}")
    yield from ("--ro-bind", str(folder / SETTINGS), "/settings", "--ro-bind", str(folder / WORK), "/given")
    for place, seed in seeds:
        yield from ("--ro-bind-try", place, seed)
    yield from ("--remount-ro", "/dev", "--remount-ro", "/", "--chdir", TOP, "--hostname", "room")


def _folders(places: Iterable[str]) -> Iterator[str]:
    """Yield the making of all folders above some places, so that everybody can pass through them."""
    above = {str(folder) for place in places for folder in Path(place).parents} - {"/"}
    for folder in sorted(above):
        yield from ("--perms", "0755", "--dir", folder)


def _write(path: Path, data: bytes) -> None:
    path.write_bytes(data)
    path.chmod(0o644)


def _namespaces() -> Iterator[str]:
    yield from ("--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts", "--unshare-cgroup-try")
    yield from ("--die-with-parent", "--new-session", "--cap-drop", "ALL")
    if os.geteuid() == 0:
        for capability in ("CAP_SETUID", "CAP_SETGID", "CAP_SETPCAP"):
            yield from ("--cap-add", capability)
    else:
        yield from ("--unshare-user", "--disable-userns", "--uid", str(NOBODY), "--gid", str(NOBODY))


def _as_nobody() -> tuple[str, ...]:
    """Return what gives up the superuser's rights inside."""
    if os.geteuid() != 0:
        return ()
    number = str(_STRANGERS + randbelow(_MOST_STRANGERS))
    bare = ("--clear-groups", "--bounding-set", "-all", "--inh-caps", "-all", "--no-new-privs")
    return ("/usr/bin/setpriv", "--reuid", number, "--regid", number, *bare, "--")
