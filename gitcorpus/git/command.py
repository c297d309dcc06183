"""The one place that starts git.

Every process runs with pinned settings: no configuration but the repository's own, no variable of the caller
that git would read, no replacement objects and no grafts, in the C.UTF-8 locale. So the same repository gives
the same answer on every machine with the same git.
"""

import os
import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from shutil import which
from tempfile import TemporaryDirectory
from typing import IO, Final, cast

from gitcorpus.errors import UnjudgedError

_OUTSIDE = ("PATH", "HOME", "TMPDIR", "LD_LIBRARY_PATH")
"""All that git is given of the caller's environment: where programs and temporary files are."""

_PINNED = {
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_GRAFT_FILE": "/dev/null",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "LC_ALL": "C.UTF-8",
    "TZ": "UTC",
}

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
    objects: Path | None = None,
    variables: Mapping[str, str] | None = None,
    stdin: IO[bytes] | None = None,
) -> subprocess.Popen[bytes]:
    """Start git in a repository, as if it were bare, with pipes to its streams.

    With `objects`, the repository's own object store is left alone and that one is read; with `stdin`, a file is.

    Raises:
        UnjudgedError: git-missing, if there is no git.
    """
    environment = _environment() | dict(variables or {})
    if objects is not None:
        environment["GIT_OBJECT_DIRECTORY"] = str(objects)
    pinned = (f"--git-dir={git_dir}", "-c", "safe.directory=*", "-c", "core.bare=true")
    pipe = subprocess.PIPE
    return subprocess.Popen(  # noqa: S603 - arguments are a list, and no shell reads them
        [_program(environment), *pinned, *args],
        stdin=pipe if stdin is None else stdin,
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


@contextmanager
def bare_of_settings() -> Iterator[Path]:
    """Make an empty repository for a while, in which git reads borrowed objects and nobody's settings."""
    with TemporaryDirectory(prefix="gitcorpus-") as folder:
        git_dir = Path(folder)
        (git_dir / "HEAD").write_text("ref: refs/heads/main\n")
        for name in ("objects", "refs"):
            (git_dir / name).mkdir()
        yield git_dir


@cache
def git_version() -> str:
    """Return git's version, such as `2.39.5`.

    Raises:
        UnjudgedError: git-missing, if there is no git.
    """
    words = run_git(Path("/"), "version").decode().split()
    return words[2]


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
        raise UnjudgedError("git-missing", "there is no git on the PATH", hint="install git 2.39 or later")
    return git


def _environment() -> dict[str, str]:
    """Return git's whole environment; the caller's is read here and nowhere else in this room."""
    return {name: os.environ[name] for name in _OUTSIDE if name in os.environ} | _PINNED
