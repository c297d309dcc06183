"""Which packages this installation lacks of what `gitcorpus[server]` brings, and the command that brings them.

The command names the interpreter that lacks them and the packages themselves, by the versions that gitcorpus asks for.
So it works wherever gitcorpus was installed from: a checkout, a wheel or a registry.
"""

import shlex
import sys
from collections.abc import Iterable, Iterator
from importlib.util import find_spec
from typing import Final

SERVER: Final = "server"
"""The extra of gitcorpus that the machine needs which keeps repositories and compiles releases."""
COMPILING: Final = ("duckdb", "jinja2", "pyarrow")
"""Modules that compile views."""


def missing(modules: Iterable[str] = COMPILING) -> tuple[str, ...]:
    """Return those of some modules that are not installed here."""
    return tuple(name for name in modules if find_spec(name) is None)


def install_command() -> str:
    """Return the shell command that installs what is missing here of all that `gitcorpus[server]` asks for."""
    wanted = list(_unmet()) or [f"gitcorpus[{SERVER}]"]
    if find_spec("pip") is None:  # environments that uv made have none
        return shlex.join(["uv", "pip", "install", "--python", sys.executable, *wanted])
    return shlex.join([sys.executable, "-m", "pip", "install", *wanted])


def _unmet() -> Iterator[str]:
    """Yield what gitcorpus asks for, with its server's extra, and what is not installed in that version."""
    from importlib.metadata import PackageNotFoundError, requires, version  # noqa: PLC0415 - seldom needed, and slow

    from packaging.requirements import Requirement  # noqa: PLC0415 - as above

    for line in requires("gitcorpus") or ():
        wanted = Requirement(line)
        if wanted.marker is not None and not wanted.marker.evaluate({"extra": SERVER}):
            continue
        try:
            if wanted.specifier.contains(version(wanted.name), prereleases=True):
                continue
        except PackageNotFoundError:
            pass
        yield f"{wanted.name}{wanted.specifier}"
