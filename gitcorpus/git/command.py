"""The one place that starts git.

Every process runs with pinned settings: no configuration but the repository's own, no variable of the caller
that git would read, no replacement objects, no grafts, nothing fetched from elsewhere, in the C.UTF-8 locale. So the
same repository gives the same answer on every machine with the same git.

What is started here in a repository obeys that repository's settings, so it is for a server's own. Objects are read in
`gitcorpus.git.borrowed`.
"""

import os
import re
import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from shutil import which
from typing import IO, Final, cast

from gitcorpus.errors import UnjudgedError

_OUTSIDE = ("PATH", "HOME", "TMPDIR", "LD_LIBRARY_PATH")
"""All that git is given of the caller's environment: where programs and temporary files are."""

_PINNED = {
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_GRAFT_FILE": "/dev/null",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "LC_ALL": "C.UTF-8",
    "TZ": "UTC",
}

_OLDEST: Final = (2, 39)
_INSTALL: Final = "install git 2.39 or later"
_VERSION: Final = re.compile(r"(\d+)\.(\d+)")
_PATIENCE: Final = 5.0
"""Seconds that git has to end by itself."""


def run_git(
    git_dir: Path,
    *args: str,
    stdin: bytes = b"",
    ok: tuple[int, ...] = (0,),
    variables: Mapping[str, str] | None = None,
) -> bytes:
    """Run git in a repository and return what it printed.

    Args:
        git_dir: the repository.
        args: the command and its arguments.
        stdin: what git reads.
        ok: exit codes that are no failure.
        variables: what git's environment holds besides, such as a work tree.

    Raises:
        UnjudgedError: git-missing, if there is no git; git-failed, if it ended with a code not in `ok`.
    """
    process = start_git(git_dir, *args, variables=variables)
    try:
        stdout, stderr = process.communicate(stdin)
    finally:
        end_git(process)
    if process.returncode not in ok:
        raise git_failed(args[0], process.returncode, stderr)
    return stdout


def start_git(
    git_dir: Path,
    *args: str | bytes,
    variables: Mapping[str, str] | None = None,
    stdin: IO[bytes] | int = subprocess.PIPE,
) -> subprocess.Popen[bytes]:
    """Start git in a repository, as if it were bare, with pipes to its streams.

    With `stdin`, a file is read.

    Raises:
        UnjudgedError: git-missing, if there is no git.
    """
    environment = _environment() | dict(variables or {})
    pinned = (f"--git-dir={git_dir}", "-c", "safe.directory=*", "-c", "core.bare=true")
    pipe = subprocess.PIPE
    return subprocess.Popen(  # noqa: S603 - arguments are a list, and no shell reads them
        [_program(environment), *pinned, *args],
        stdin=stdin,
        stdout=pipe,
        stderr=pipe,
        cwd=git_dir,
        env=environment,
    )


@contextmanager
def http_backend(variables: Mapping[str, str], body: IO[bytes], said: IO[bytes]) -> Iterator[IO[bytes]]:
    """Start `git http-backend` for one request (RFC 3875), and give what it prints as it prints it.

    `body` is read from where it stands, `said` takes what goes wrong. It has a session of its own, so that no
    key of a terminal reaches it; whoever leaves before it has ended, ends it and all that it started.

    Raises:
        UnjudgedError: git-missing, if there is no git; git-failed, if a signal ended it.
    """
    environment = {**_environment(), **variables}
    del environment["GIT_GRAFT_FILE"]  # git would advise everybody who pushes against it
    process = subprocess.Popen(  # noqa: S603 - arguments are a list, and no shell reads them
        [_program(environment), "http-backend"],
        stdin=body,
        stdout=subprocess.PIPE,
        stderr=said,
        cwd="/",
        env=environment,
        bufsize=0,
        start_new_session=True,
    )
    try:
        yield cast("IO[bytes]", process.stdout)
        process.wait()
    finally:
        _end_session(process)
        end_git(process)
    if process.returncode < 0:
        raise git_failed("http-backend", process.returncode, b"")


def end_git(process: subprocess.Popen[bytes]) -> None:
    """Make sure that a process has ended and its pipes are closed, whatever interrupted it."""
    if process.poll() is None:
        process.kill()
    for stream in (process.stdin, process.stdout, process.stderr):
        if stream is not None:
            stream.close()
    process.wait()


def git_failed(command: str, code: int, stderr: bytes) -> UnjudgedError:
    """Say which git command failed, and what it said last."""
    said = stderr.decode("utf-8", "replace").strip().splitlines()
    sentence = f"`git {command}` ended with {code}: {said[-1] if said else 'no message'}"
    return UnjudgedError("git-failed", sentence, hint="run `git fsck` in the repository")


@cache
def git_version() -> str:
    """Return git's version, such as `2.39.5`.

    Raises:
        UnjudgedError: git-missing, if there is no git.
    """
    words = run_git(Path("/"), "version").decode().split()
    return words[2]


@cache
def refuse_old_git() -> None:
    """Refuse a git that does not know `GIT_CONFIG_GLOBAL` (2.32), so that it reads settings, or `merge-tree` (2.38).

    Raises:
        UnjudgedError: git-missing; git-too-old.
    """
    found = _VERSION.match(git_version())
    if found is None or (int(found[1]), int(found[2])) < _OLDEST:
        sentence = f"git {git_version()} cannot be kept from the settings of a repository that others made"
        raise UnjudgedError("git-too-old", sentence, hint=_INSTALL)


def _end_session(process: subprocess.Popen[bytes]) -> None:
    """Ask a process and all of its session to end, so that git clears away what it began; then insist."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        if process.poll() is None:
            os.killpg(process.pid, number)
            with suppress(subprocess.TimeoutExpired):
                process.wait(_PATIENCE)


def _program(environment: Mapping[str, str]) -> str:
    git = which("git", path=environment.get("PATH"))
    if git is None:
        raise UnjudgedError("git-missing", "there is no git on the PATH", hint=_INSTALL)
    return git


def _environment() -> dict[str, str]:
    """Return git's whole environment; the caller's is read here and nowhere else in this room."""
    return {name: os.environ[name] for name in _OUTSIDE if name in os.environ} | _PINNED
