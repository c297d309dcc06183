"""`gitcorpus serve`: serve bare repositories over HTTP on this machine, for trying gitcorpus out."""

import shlex
import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Final

import typer

from gitcorpus.cli import screen
from gitcorpus.errors import GitcorpusError, UnjudgedError
from gitcorpus.server.administration import PATH, load_server
from gitcorpus.server.http import listen
from gitcorpus.server.http_front import Front, Limits, Terms
from gitcorpus.server.http_shelf import Shelf
from gitcorpus.server.http_users import User, Users, check_name, load_users, parse_user
from gitcorpus.spec.quantities import parse_bytes

VARIABLE: Final = "REMOTE_USER"
_INSTALL: Final = f"--pusher-variable {VARIABLE} --no-account"


def serve(  # noqa: PLR0913 - options of a command
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="A folder of bare repositories, or one of them.")
    ],
    *,
    user: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME:PASSWORD", help="Who may come in; repeatable. Other accounts can see it."),
    ] = None,
    users: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Who may come in: lines of name:password, in a file of mode 600."),
    ] = None,
    anonymous: Annotated[
        str | None, typer.Option(metavar="NAME", help="Without users: what to call everybody who pushes.")
    ] = None,
    host: Annotated[
        str, typer.Option(metavar="ADDRESS", help="Where to listen. There is no TLS.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes one that is free.")] = 8417,
    max_request: Annotated[
        str, typer.Option(metavar="SIZE", help="The largest request, such as 64MiB.")
    ] = "512MiB",
) -> None:
    """Serve bare repositories over HTTP on this machine, for trying gitcorpus out.

    Without users everybody on this machine may fetch and nobody may push. Ctrl-C ends it.
    """
    known = tuple(parse_user(text, "--user") for text in user or ()) + (load_users(users) if users else ())
    limits = Limits(request_bytes=_size(max_request))
    terms = Terms(shelf=_shelf(folder), users=_users(known, anonymous), limits=limits)
    _serve(listen((host, port), terms, _log))


def _serve(front: Front) -> None:
    """Serve until Ctrl-C or SIGTERM; a second one does not wait for running pushes."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with suppress(KeyboardInterrupt):
        screen.print_lines(_greeting(front))
        front.serve_forever()
    screen.print_lines(["ending: pushes that have arrived are finished; Ctrl-C again does not wait for them"])
    front.end()


def _log(line: str) -> None:
    """Show a line, if anybody still reads."""
    with suppress(BrokenPipeError):
        screen.print_lines([line])


def _users(known: tuple[User, ...], anonymous: str | None) -> Users:
    """Return who may come in: git names its user only where it must, so users and an unnamed one exclude each other."""
    if anonymous is None:
        return Users(known=known)
    if known:
        raise typer.BadParameter("there are users, so everybody has a name", param_hint="--anonymous")
    return Users(anonymous=check_name(anonymous, "--anonymous"))


def _shelf(folder: Path) -> Shelf:
    shelf = Shelf.of(folder)
    if not folder.is_dir() or not shelf.names():
        new = shlex.quote(str(folder / "corpus.git"))
        raise GitcorpusError(
            "nothing-to-serve",
            "there is no bare repository here whose name is plain",
            place=str(folder),
            hint=f"gitcorpus server install {new} {_INSTALL} --admin NAME",
        )
    return shelf


def _size(text: str) -> int:
    try:
        return parse_bytes(text)
    except (KeyError, ValueError) as error:
        raise typer.BadParameter(f"{text} is no size", param_hint="--max-request") from error


def _greeting(front: Front) -> Iterator[str]:
    """Say what is served and where, and what is not as it should be."""
    shelf = front.terms.shelf
    for name in shelf.names():
        yield f"{front.url}/{name}"
        yield from _hints(shelf.root / name)
    if not front.is_local:
        yield "warning: there is no TLS: whoever is on the way can read passwords and change pushes"
    users = front.terms.users
    if not users.known and users.anonymous is None:
        yield "hint: nobody may push; --user NAME:PASSWORD, --users FILE or --anonymous NAME says who may"


def _hints(repository: Path) -> Iterator[str]:
    """Say what keeps a repository from knowing who pushes."""
    quoted = shlex.quote(str(repository))
    try:
        server = load_server(repository)
    except UnjudgedError as error:
        if error.code == "server-file-missing":
            yield f"  hint: nothing judges pushes here; gitcorpus server install {quoted} {_INSTALL} --admin NAME"
        else:
            yield f"  {error}"
        return
    if VARIABLE not in server.pusher_variables:
        path = repository / PATH
        yield f"  hint: it does not know who pushes; add {VARIABLE} to pusher.variables in {path}"
