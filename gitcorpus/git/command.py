"""The one place that starts git.

Every process runs with pinned settings: no configuration but the repository's own, no variable of the caller
that git would read, no replacement objects and no grafts, in the C.UTF-8 locale. So the same repository gives
the same answer on every machine with the same git.
"""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from shutil import which
from tempfile import TemporaryDirectory

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


def run_git(git_dir: Path, *args: str, stdin: bytes = b"", ok: tuple[int, ...] = (0,)) -> bytes:
    """Run git in a repository and return what it printed.

    Raises:
        UnjudgedError: git-missing, if there is no git; git-failed, if it ended with a code not in `ok`.
    """
    process = start_git(git_dir, *args)
    try:
        stdout, stderr = process.communicate(stdin)
    finally:
        end_git(process)
    if process.returncode not in ok:
        raise git_failed(args[0], process.returncode, stderr)
    return stdout


def start_git(git_dir: Path, *args: str | bytes, objects: Path | None = None) -> subprocess.Popen[bytes]:
    """Start git in a repository, as if it were bare, with pipes to all three streams.

    With `objects`, the repository's own object store is left alone and that one is read.

    Raises:
        UnjudgedError: git-missing, if there is no git.
    """
    environment = _environment()
    if objects is not None:
        environment["GIT_OBJECT_DIRECTORY"] = str(objects)
    git = which("git", path=environment.get("PATH"))
    if git is None:
        raise UnjudgedError("git-missing", "there is no git on the PATH", hint="install git 2.39 or later")
    pinned = (f"--git-dir={git_dir}", "-c", "safe.directory=*", "-c", "core.bare=true")
    pipe = subprocess.PIPE
    return subprocess.Popen(  # noqa: S603 - arguments are a list, and no shell reads them
        [git, *pinned, *args], stdin=pipe, stdout=pipe, stderr=pipe, cwd=git_dir, env=environment
    )


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


def _environment() -> dict[str, str]:
    """Return git's whole environment; the caller's is read here and nowhere else in this room."""
    return {name: os.environ[name] for name in _OUTSIDE if name in os.environ} | _PINNED
