"""A push as a hook finds it: in which repository, under which administrator's file, from whom.

All that is taken of the environment is git's own few variables, the push options, and the variables in which the
server's file says that a pusher's name comes.
"""

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from gitcorpus.git.receive import read_push
from gitcorpus.ledger import Ledger
from gitcorpus.model.push import Push
from gitcorpus.model.server import Server
from gitcorpus.server.administration import load_server
from gitcorpus.server.identity import account_name, allowed, pusher_name


class Arrival(NamedTuple):
    """A push, the repository that it comes to, and what its administrator says."""

    git_dir: Path
    server: Server
    push: Push

    @property
    def ledger(self) -> Ledger:
        """The repository's ledger."""
        return Ledger.of(self.git_dir)


def find_repository(environ: Mapping[str, str]) -> Path:
    """Return the repository that git started the hook in."""
    return Path(environ.get("GIT_DIR") or ".").resolve()


def read_arrival(stdin: bytes, environ: Mapping[str, str]) -> Arrival:
    """Read what git handed to the hook.

    Raises:
        UnjudgedError: bad-hook-input; server-file-missing, server-file-unreadable or server-file-broken.
    """
    git_dir = find_repository(environ)
    server = load_server(git_dir)
    known = allowed(environ, server)
    pusher = pusher_name(known, server, account=account_name(os.geteuid()))
    return Arrival(git_dir, server, read_push(stdin, known, pusher=pusher))


def say(text: str) -> None:
    """Send text to the pusher: what a hook writes to standard error arrives there."""
    sys.stderr.write(text if text.endswith("\n") else f"{text}\n")
    sys.stderr.flush()
