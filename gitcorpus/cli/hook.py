"""What the installed hooks run: read what git hands over, call one flow, tell the pusher, answer with a code.

Whatever cannot be judged is refused. All that is taken of the environment is git's own few variables, the push
options, and the variables in which the server's file says that a pusher's name comes.
"""

import os
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, NamedTuple

from gitcorpus.cli import screen
from gitcorpus.errors import GitcorpusError, UnjudgedError
from gitcorpus.flows.body import verdict_body
from gitcorpus.flows.landed import record_landed
from gitcorpus.flows.push import judge_push
from gitcorpus.git.receive import read_push
from gitcorpus.git.repo import Repo
from gitcorpus.ledger import Ledger
from gitcorpus.model.entry import EntryKind
from gitcorpus.model.push import Push
from gitcorpus.model.server import Server
from gitcorpus.model.verdict import GateResult, GateState, Outcome, Verdict
from gitcorpus.report.text import render_verdict
from gitcorpus.server.administration import load_server
from gitcorpus.server.identity import account_name, allowed, pusher_name

EXIT_CODES: Final = {Outcome.ACCEPTED: 0, Outcome.REFUSED: 1, Outcome.UNJUDGED: 3}
SORRY: Final = {
    "pre-receive": "gitcorpus could not judge this push, so it is refused; it is not your fault",
    "post-receive": "the push landed, but gitcorpus could not record that it did; the verdict is recorded",
}


class Arrival(NamedTuple):
    """A push, the repository that it comes to, and what its administrator says."""

    git_dir: Path
    server: Server
    push: Push


def run(name: str, stdin: bytes) -> int:
    """Run one hook in the repository that git started it in, and return its exit code."""
    try:
        return {"pre-receive": _pre_receive, "post-receive": _post_receive}[name](stdin)
    except GitcorpusError as error:
        _say(SORRY[name])
        screen.print_error(error)
        code, reason = UnjudgedError.exit_code, f"{error.code}: {error.sentence}"
    except Exception as error:  # noqa: BLE001 - style 21: a bug refuses, and is told
        _say(SORRY[name])
        code, reason = screen.print_bug(error), f"bug: {type(error).__name__}"
    if name == "pre-receive":
        _record_unjudged(stdin, reason)
    return code


def _record_unjudged(stdin: bytes, reason: str) -> None:
    """Record a push that could not even be brought before the gates."""
    try:
        push = read_push(stdin, {}, pusher=None)
        result = GateResult(gate="push", state=GateState.UNJUDGED, reason=reason)
        body = verdict_body(Verdict(updates=push.updates, results=(result,)), push)
        ledger = Ledger.of(Path(os.environ.get("GIT_DIR") or ".").resolve())
        _say(f"verdict {ledger.append(EntryKind.VERDICT, body, now=datetime.now(UTC)).short}")
    except GitcorpusError as error:
        screen.print_error(error)


def _pre_receive(stdin: bytes) -> int:
    arrival = _arrival(stdin, os.environ)
    verdict, entry = judge_push(
        arrival.push,
        repo=Repo.open(arrival.git_dir, quarantine=arrival.push.quarantine),
        server=arrival.server,
        ledger=Ledger.of(arrival.git_dir),
        now=datetime.now(UTC),
        notify=_say,
    )
    options = arrival.push.options
    _say(render_verdict(verdict, entry.short, color="color" in options, full="full" in options))
    return EXIT_CODES[verdict.outcome]


def _post_receive(stdin: bytes) -> int:
    arrival = _arrival(stdin, os.environ)
    record_landed(arrival.push, ledger=Ledger.of(arrival.git_dir), now=datetime.now(UTC))
    return 0


def _arrival(stdin: bytes, environ: Mapping[str, str]) -> Arrival:
    git_dir = Path(environ.get("GIT_DIR") or ".").resolve()
    server = load_server(git_dir)
    known = allowed(environ, server)
    pusher = pusher_name(known, server, account=account_name(os.geteuid()))
    return Arrival(git_dir, server, read_push(stdin, known, pusher=pusher))


def _say(text: str) -> None:
    """Send text to the pusher: what a hook writes to standard error arrives there."""
    sys.stderr.write(text if text.endswith("\n") else f"{text}\n")
    sys.stderr.flush()
