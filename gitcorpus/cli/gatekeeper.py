"""`gitcorpus gatekeeper`: the warm process that judges pushes, and what an administrator asks it.

Hooks start it by themselves, or systemd does (server_hooks/systemd). It has one socket for each repository, or one
for all repositories of an account, as their `gitcorpus/server.yaml` say.
"""

import gc
import json
import os
import socket
import sys
from collections.abc import Callable
from contextlib import closing, suppress
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from time import sleep
from typing import Annotated, Final, NamedTuple

import typer

from gitcorpus.cli import hook, pre_receive, screen
from gitcorpus.cli.arrival import Started, find_repository
from gitcorpus.errors import GitcorpusError, UnjudgedError
from gitcorpus.flows import compiled as views
from gitcorpus.flows.anchored import anchor
from gitcorpus.flows.policy import Policy, load_policy, recall_policy
from gitcorpus.gates.alarm import OutOfTime, within
from gitcorpus.gates.kept import Kept, program
from gitcorpus.git.repo import Repo
from gitcorpus.locks import locked
from gitcorpus.model.place import Digest
from gitcorpus.model.secret import SecretPack
from gitcorpus.model.server import Server
from gitcorpus.secrets import compiled
from gitcorpus.secrets.engine import warm
from gitcorpus.server.administration import load_server
from gitcorpus.server.code import Code
from gitcorpus.server.frames import Request
from gitcorpus.server.gatekeeper import Gatekeeper, ask
from gitcorpus.server.pending import State, all_parked
from gitcorpus.server.process import Process
from gitcorpus.server.reconcile import reconcile
from gitcorpus.spec.load import ready_secret_pack
from gitcorpus.syntax import load_grammars

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)

Repository = Annotated[Path, typer.Argument(metavar="REPO", help="The bare repository.")]

SOCKET: Final = 3
"""The descriptor that is handed over, sd_listen_fds(3)."""
_MOST_HELD: Final = 32
"""Repositories of which something stays in memory."""
_LEAVING: Final = 1.0
_TAKING: Final = 1.0
_SMALL: Final = 24 << 10
"""Bytes of specs, packed as they are kept, up to which the gatekeeper itself takes them over, in some milliseconds."""
_PRACTISING: Final = 0.5
_MOMENTS: Final = 30
"""Most seconds that it waits for new code before it starts itself anew."""
_MARGIN: Final = 30.0
"""Seconds beyond what the gates may take, after which a push is given up."""


def _see_to_end(git_dir: Path, afterwards: Callable[[], None] | None, *, catches_up: bool) -> None:
    """See a push to its end; the first one of a repository also records what landed while nobody looked."""
    if afterwards is not None:
        afterwards()
    if catches_up:
        reconcile(git_dir, now=datetime.now(UTC))
    else:
        anchor(git_dir)


class Held(NamedTuple):
    """What is in memory of one repository."""

    server: Server
    policy: Policy


class Warm:
    """Judges with the server's file and the specs in memory.

    The gatekeeper itself, which has one thread for all repositories, reads no specs: it takes over what a child has
    loaded and kept, where that is done in no time. Children load the others, ahead of the next push.
    """

    def __init__(self) -> None:
        self._held: dict[Path, Held] = {}
        self._last: Path | None = None

    def keep(self, folder: Path) -> bool:
        """Take over what judges a repository, where it is not in memory; what goes wrong is told at the next push."""
        self._last, before = folder, self._held.pop(folder, None)
        try:
            with within(_TAKING), closing(Kept.of(folder, today=_today(), most=_SMALL)) as kept:
                held = _hold(folder, before, kept, loads=False)
        except (Exception, OutOfTime):  # noqa: BLE001 - the gatekeeper goes on, and the next child meets the same fault
            held = None
        if held is None:
            _warm_engine(())
            return before is not None
        self._take(folder, held)
        is_new = before is None or _judging(before) != _judging(held)
        if is_new:
            _warm_engine(_secret_rules(held.policy))
            gc.collect()
            gc.freeze()
        return is_new

    def practise(self) -> None:
        """Judge the tip of the policy branch that was pushed to last once more, and tell nobody."""
        folder = self._last
        if folder is None:
            return
        with suppress(Exception):
            with closing(Kept.of(folder, today=_today())) as kept:
                held = _hold(folder, self._held.get(folder), kept, loads=False)
            if held is not None:
                self._take(folder, held)
                with suppress(OutOfTime), within(_PRACTISING):
                    pre_receive.practise(folder, held.server, held.policy)

    def seconds(self, request: Request) -> float:
        """Return how long the gates of a repository may take, and a margin for all else."""
        folder = find_repository(request.environ)
        held = self._held.get(folder)
        try:
            server = load_server(folder, held.server if held else None)
        except GitcorpusError:
            server = Server()
        return server.max_seconds + _MARGIN

    def attend(self, request: Request, receiver: Process | None) -> tuple[int, Callable[[], None] | None]:
        """Judge a push in this process, by what is on the disk now; what is in memory only saves reading it again."""
        folder = find_repository(request.environ)
        is_first = folder not in self._held
        held = self._look(folder)
        started = Started(
            stdin=request.stdin,
            environ=request.environ,
            receiver=receiver,
            server=held.server if held else None,
            policy=held.policy if held else None,
            is_watched=True,
        )
        code, afterwards = hook.attend(request.name, started)
        return code, partial(self._see_to_end, folder, afterwards, is_first=is_first)

    def _see_to_end(self, folder: Path, afterwards: Callable[[], None] | None, *, is_first: bool) -> None:
        """Finish a push, then load the specs and the server's file for the next one."""
        _see_to_end(folder, afterwards, catches_up=is_first)
        self._look(folder)

    def _look(self, folder: Path) -> Held | None:
        """Return what judges a repository; none where it cannot be read, and then the hook meets that and tells it.

        What was in memory is let go before anything is read: a file that has become unreadable judges nothing.
        """
        before = self._held.pop(folder, None)
        try:
            with closing(Kept.of(folder, today=_today())) as kept:
                held = _hold(folder, before, kept)
        except Exception:  # noqa: BLE001 - the hook reads the same, fails the same way, and refuses
            return None
        if held is not None:
            self._take(folder, held)
        return held

    def _take(self, folder: Path, held: Held) -> None:
        self._held[folder] = held
        if len(self._held) > _MOST_HELD:
            del self._held[next(iter(self._held))]

    def has_more(self, folder: Path) -> bool:
        """Tell whether parked pushes wait to be judged to their end."""
        try:
            return any(each.state is State.PARKED for each in all_parked(folder))
        except (GitcorpusError, OSError):
            return True


def _secret_rules(policy: Policy) -> tuple[SecretPack, ...] | None:
    """Return the packs of secrets that the specs add; none if they ask for no secrets at all."""
    asks = policy.spec is not None and any(each.uses == "secrets" for each in policy.spec.gates)
    return policy.spec.secret_rules if policy.spec is not None and asks else None


def _warm_engine(packs: tuple[SecretPack, ...] | None) -> None:
    """Load what looks for secrets, if the specs ask for that; what goes wrong is told at the next push."""
    if packs is not None:
        with suppress(GitcorpusError):
            warm((ready_secret_pack(), *packs))


def _judging(held: Held) -> tuple[Server, Digest | None]:
    """Return what makes a difference to a push."""
    return held.server, held.policy.spec.digest if held.policy.spec else None


def _hold(git_dir: Path, before: Held | None, kept: Kept, *, loads: bool = True) -> Held | None:
    """Return what judges a repository now; none if its specs would have to be loaded, and must not be here."""
    server = load_server(git_dir, before.server if before else None)
    repo = Repo.open(git_dir, is_served=True)
    held = before.policy if before else None
    policy = load_policy(repo, server, held, kept) if loads else recall_policy(repo, server, held, kept)
    return Held(server, policy) if policy is not None else None


def _today() -> date:
    return datetime.now(UTC).date()


def serve(address: str) -> int:
    """Be the gatekeeper at an address, with the socket that was handed over."""
    load_grammars()
    views.warm()
    program()
    with suppress(ImportError, RuntimeError):  # the push that needs them is told
        compiled.rules()
    listener = socket.socket(fileno=SOCKET)
    if not _is_lent():
        _pid_file(address).write_text(f"{os.getpid()}\n", encoding="ascii")
    gc.collect()
    gc.freeze()
    gatekeeper = Gatekeeper(listener, Warm(), Code().is_changed, is_reachable=Path(address).is_socket)
    if gatekeeper.serve():
        os.set_inheritable(SOCKET, True)
        _await(Path(sys.argv[0]))
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606 - itself, anew
    if not _is_lent():
        _leave(Path(address))
        _pid_file(address).unlink(missing_ok=True)
    return 0


def _await(script: Path) -> None:
    """Wait until a script is there, for a bounded time: an upgrade takes it away for a moment."""
    for _ in range(_MOMENTS):
        if script.exists() or not Path(sys.executable).exists():  # an environment that is gone comes no more
            return
        sleep(1)


def _is_lent() -> bool:
    """Tell whether the socket belongs to systemd, which names it, and keeps it and the process's number itself."""
    return bool(os.environ.get("LISTEN_FDNAMES"))


def _pid_file(address: str) -> Path:
    return Path(address).with_suffix(".pid")


def _leave(address: Path) -> None:
    """Take the socket away; whoever has connected meanwhile is not answered, and judges in their own process."""
    lock = address.with_name(f"{address.name}.lock")
    with (
        suppress(UnjudgedError, OSError),
        locked(lock, seconds=_LEAVING),
    ):  # else the next one that starts takes it away
        address.unlink(missing_ok=True)


@app.command()
def status(repo: Repository = Path()) -> None:
    """Say whether a gatekeeper is warm for a repository, and since how many pushes."""
    answer = _ask(repo, "status")
    screen.print_lines(f"{name}: {value}" for name, value in answer.items())


@app.command()
def stop(repo: Repository = Path()) -> None:
    """Let a repository's gatekeeper finish what it judges, and end.

    The next push starts another one.
    """
    _ask(repo, "stop")
    screen.print_lines(["it ends as soon as nothing is being judged"])


def _ask(repo: Path, command: str) -> dict[str, int]:
    git_dir = Repo.open(repo).path
    address = git_dir / load_server(git_dir).socket
    try:
        (line,) = ask(address, command)
    except (OSError, ValueError) as error:
        hint = "the next push starts one; `gitcorpus server doctor` says what keeps it from starting"
        raise GitcorpusError(
            "no-gatekeeper", "no gatekeeper is warm for this repository", place=str(address), hint=hint
        ) from error
    found: dict[str, int] = json.loads(line)
    return found
