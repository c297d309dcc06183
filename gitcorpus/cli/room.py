"""Options for the room in which programs run on files: how far they are shut in, and what they see of the machine."""

import os
from collections.abc import Sequence
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final

import typer

from gitcorpus.git.worktree import Found
from gitcorpus.model.server import Sandbox, Server
from gitcorpus.server.administration import PATH, load_server

_TRUST: Final = "if you wrote that file yourself, add --trust-server-file"


class Confinement(StrEnum):
    """How far programs are shut in."""

    BUBBLEWRAP = "bubblewrap"
    NONE = "none"


Confined = Annotated[
    Confinement | None,
    typer.Option(
        "--sandbox",
        help="Where gates run programs: `none` accepts that they run as you, with limits and not shut in. "
        "Default: bubblewrap, or with --trust-server-file what that file says.",
    ),
]
Mounts = Annotated[
    list[Path] | None,
    typer.Option(
        "--mount",
        metavar="DIR",
        exists=True,
        file_okay=False,
        help="A folder that programs in the sandbox see too; those of your PATH below it are found. Repeatable.",
    ),
]


Trusted = Annotated[
    bool,
    typer.Option(
        "--trust-server-file",
        help="Take tools and sandbox from .git/gitcorpus/server.yaml, which names programs that run as you: only for "
        "a repository whose .git you made yourself.",
    ),
]


def server_here(
    found: Found, confinement: Confinement | None, mounts: Sequence[Path] | None, *, trusted: bool
) -> Server:
    """Return what the clone's own server file says, if it has one, with what was asked for in this run.

    What of it names programs counts only if it is trusted, since it comes with a folder that others may have made.

    Raises:
        UnjudgedError: if the file cannot be read.
    """
    server = load_server(found.repo.path) if (found.repo.path / PATH).is_file() else Server()
    if not trusted and (server.tools or server.sandbox != Sandbox()):
        typer.echo(f"note: tools and sandbox of {found.repo.path / PATH} do not count: {_TRUST}", err=True)
        server = replace(server, tools=(), sandbox=Sandbox())
    box = server.sandbox
    folders = tuple(os.path.abspath(each) for each in mounts or ())  # noqa: PTH100 - links stay, as PATH has them
    chosen = confinement is Confinement.NONE
    path = tuple(
        each for each in _own_path() if chosen or any(Path(each).is_relative_to(top) for top in folders)
    )
    room = replace(
        box,
        unconfined=box.unconfined if confinement is None else chosen,
        mounts=(*box.mounts, *folders),
        path=(*box.path, *path),
    )
    return replace(server, sandbox=room)


def _own_path() -> tuple[str, ...]:
    """Return the absolute folders of the caller's PATH."""
    return tuple(each for each in os.environ.get("PATH", "").split(os.pathsep) if os.path.isabs(each))  # noqa: PTH117
