"""The compiled program that asks the gatekeeper for a hook, which saves the start of Python for each push.

It is built from `server_hooks/asking.c` where there is a C compiler, and nothing needs it: without it, and wherever it
has no answer, the hook goes on in Python.
"""

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Final

from gitcorpus.errors import UnjudgedError
from gitcorpus.model.server import Sandbox, Server
from gitcorpus.sandbox.folder import GivenFile
from gitcorpus.sandbox.limits import Ending, Limits
from gitcorpus.sandbox.room import Job
from gitcorpus.sandbox.run import run_job
from gitcorpus.server.hooks import ASKING, write_whole
from gitcorpus.shipped import shipped_path

COMPILERS: Final = ("cc", "gcc", "clang")
_SOURCE: Final = "asking.c"
_LIMITS: Final = Limits(seconds=60, processor_seconds=60, memory_bytes=None)


def asks_compiled(server: Server) -> bool:
    """Tell whether a server's hooks look for the compiled program: where they ask a gatekeeper, and are ours alone."""
    return server.gatekeeper and server.flavour.owns_hooks


def is_current(path: Path) -> bool:
    """Tell whether a compiled program is the one of this version."""
    try:
        return _mark() in path.read_bytes()
    except OSError:
        return False


def build(git_dir: Path, server: Server, compilers: tuple[str, ...] = COMPILERS) -> Iterator[str]:
    """Build the program into a repository where it is not there yet, and say so; an old one never stays.

    Args:
        git_dir: the repository.
        server: its server's file.
        compilers: C compilers by name; the first that is there is taken.
    """
    path = git_dir / ASKING
    if asks_compiled(server) and (is_current(path) or not compilers):
        return
    path.unlink(missing_ok=True)
    program = _compiled(compilers) if asks_compiled(server) else None
    if program is not None:
        write_whole(path, program, mode=0o755)
        yield f"built {ASKING}, with which hooks ask the gatekeeper without starting Python"


def remove(git_dir: Path) -> Iterator[str]:
    """Take the program away again."""
    path = git_dir / ASKING
    if path.exists():
        path.unlink()
        yield f"removed {ASKING}"


def _compiled(compilers: tuple[str, ...]) -> bytes | None:
    mark = _mark().decode()
    for compiler in compilers:
        command = (compiler, "-O2", f'-DSOURCE="{mark}"', "-o", "asking", _SOURCE)
        try:
            run = run_job(
                Job(command=command, takes=("asking",)),
                files=(GivenFile(_SOURCE, _text()),),
                limits=_LIMITS,
                sandbox=Sandbox(unconfined=True),
            )
        except UnjudgedError:
            return None
        program = run.taken.get("asking", b"")
        if run.ending is Ending.EXITED and run.code == 0 and _mark() in program:
            return program
    return None


def _text() -> bytes:
    return shipped_path("server_hooks", _SOURCE).read_bytes()


def _mark() -> bytes:
    return b"gitcorpus-asking-" + sha256(_text()).hexdigest().encode()
