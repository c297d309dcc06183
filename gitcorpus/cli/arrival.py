"""A push as a hook finds it: in which repository, under which administrator's file, from whom.

All that is taken of the environment is git's own few variables, the push options, and the variables in which the
server's file says that a pusher's name comes.
"""

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from time import monotonic
from typing import Final, NamedTuple

from gitcorpus.flows.policy import Policy
from gitcorpus.git.receive import read_push
from gitcorpus.ledger import Ledger
from gitcorpus.model.push import Push
from gitcorpus.model.server import Server
from gitcorpus.report.sanitize import shown
from gitcorpus.server.administration import load_server
from gitcorpus.server.identity import account_name, allowed, pusher_name
from gitcorpus.server.process import Process

_QUIET: Final = 1.0
_BETWEEN: Final = 0.2


class Started(NamedTuple):
    """A hook as git started it."""

    stdin: bytes
    environ: Mapping[str, str]
    receiver: Process | None
    """The `git receive-pack` that started it; none if it has gone, or if something else started the hook."""
    server: Server | None = None
    policy: Policy | None = None
    """The server's file and the specs that judge, if somebody has loaded them already."""
    is_watched: bool = False
    """Whether somebody waits for the receiver's end."""


class Arrival(NamedTuple):
    """A push, the repository that it comes to, and what its administrator says."""

    git_dir: Path
    server: Server
    push: Push

    @property
    def ledger(self) -> Ledger:
        """The repository's ledger."""
        return Ledger.of(self.git_dir)


def find_repository(environ: Mapping[str, str], folder: Path = Path()) -> Path:
    """Return the repository that git started the hook in."""
    return (folder / (environ.get("GIT_DIR") or ".")).resolve()


def read_arrival(started: Started) -> Arrival:
    """Read what git handed to the hook.

    Raises:
        UnjudgedError: bad-hook-input; server-file-missing, server-file-unreadable or server-file-broken.
    """
    git_dir = find_repository(started.environ)
    server = started.server or load_server(git_dir)
    known = allowed(started.environ, server)
    pusher = pusher_name(known, server, account=account_name(os.geteuid()))
    return Arrival(git_dir, server, read_push(started.stdin, known, pusher=pusher))


def say(text: str) -> None:
    """Send text to the pusher: what a hook writes to standard error arrives there."""
    sys.stderr.write(text if text.endswith("\n") else f"{text}\n")
    sys.stderr.flush()


class Waiting:
    """Tells the pusher what is being judged, once that has taken a while."""

    def __init__(self) -> None:
        self._started = self._told = monotonic()
        self._is_told = False

    def tell(self, gate: str, done: int, total: int) -> None:
        """Tell it in a line that the next one is written over, a few times a second at the most."""
        now = monotonic()
        if now - self._started > _QUIET and now - self._told > _BETWEEN:
            self._told, self._is_told = now, True
            sys.stderr.write(f"judging by {shown(gate)} ({done + 1} of {total})\r")
            sys.stderr.flush()

    def end(self) -> None:
        """Go on with a new line."""
        if self._is_told:
            say("\n")
