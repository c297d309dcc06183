"""What `server_hooks/judge.py` and the gatekeeper call: one hook, and an exit code whatever happens in it.

Whatever cannot be judged is refused, and recorded as far as that is possible. A hook imports only what it needs,
since a push waits for it where no gatekeeper is warm.
"""

import os
import sys
from collections.abc import Callable
from contextlib import redirect_stderr, suppress
from datetime import UTC, datetime
from importlib import import_module
from io import TextIOBase
from pathlib import Path
from typing import Final, TextIO

from gitcorpus.cli.arrival import Started, find_repository, say
from gitcorpus.errors import GitcorpusError, UnjudgedError
from gitcorpus.flows.anchored import anchor
from gitcorpus.flows.body import verdict_body
from gitcorpus.git.receive import read_push
from gitcorpus.ledger import Ledger
from gitcorpus.locks import holder
from gitcorpus.model.entry import EntryKind
from gitcorpus.model.verdict import GateResult, GateState, Verdict
from gitcorpus.server.process import receiver_of

HOOKS: Final = {"pre-receive": "gitcorpus.cli.pre_receive", "post-receive": "gitcorpus.cli.post_receive"}
SORRY: Final = {
    "pre-receive": "gitcorpus could not judge this push, so it is refused; it is not your fault",
    "post-receive": "the push landed, but gitcorpus could not record that it did; the verdict is recorded",
}
BROKEN: Final = "broken "
"""What a reason begins with if a gatekeeper took the push and gave no answer."""

HELD: Final = "held "
"""What a reason begins with if none could be started, since another process holds the lock that is named."""
_ONCE_MORE: Final = 1.0
"""Seconds that are waited to record a push which could not be judged, perhaps for the same lock again."""

Afterwards = Callable[[], None]


class Pusher(TextIOBase):
    """Standard error, behind which is the pusher: one who has gone hears nothing, and is recorded all the same."""

    encoding = "utf-8"

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Send text as long as there is a reader, and room where it goes."""
        with suppress(OSError, ValueError, AttributeError):  # none, or one that takes nothing
            self._stream.write(text)
            self._stream.flush()
        return len(text)


def run(name: str, stdin: bytes, why: str = "") -> int:
    """Run one hook in the repository that git started it in, and return its exit code.

    Args:
        name: the hook's name.
        stdin: what git wrote to it.
        why: why no gatekeeper answered, if one was asked.
    """
    receiver = receiver_of(os.getpid(), find_repository(os.environ))
    started = Started(stdin=stdin, environ=os.environ, receiver=receiver)
    with redirect_stderr(Pusher(sys.stderr)):
        if why.startswith(BROKEN):
            return give_up(name, started, why.removeprefix(BROKEN))
        if why.startswith(HELD):
            _tell_held(Path(why.removeprefix(HELD)))
        code, afterwards = attend(name, started)
        if afterwards is not None:
            with suppress(Exception):  # the verdict is told and recorded, and stands
                afterwards()
        if code or name != "pre-receive":  # of a push that was let in, its landing is recorded next
            anchor(find_repository(os.environ))
    return code


def _tell_held(lock: Path) -> None:
    """Say who keeps a gatekeeper from being started."""
    who = holder(lock) or "another process"
    say(f"warning: {who} holds {lock}, so no gatekeeper was started for this push")


def attend(name: str, started: Started) -> tuple[int, Afterwards | None]:
    """Run one hook, and return its exit code and what is left to do once it has ended."""
    try:
        code, afterwards = import_module(HOOKS[name]).run(started)
    except Exception as error:  # noqa: BLE001 - style 21: whatever it is, it refuses and is told
        return _unjudged(name, started, error), None
    return int(code), afterwards


def give_up(name: str, started: Started, reason: str) -> int:
    """Say that a push could not be judged, which refuses it."""
    hint = "push again; if it happens once more, tell the administrators the verdict's number"
    return _unjudged(name, started, UnjudgedError("gatekeeper-broke", reason, hint=hint))


def _unjudged(name: str, started: Started, error: Exception) -> int:
    from gitcorpus.cli import screen  # noqa: PLC0415 - what the terminal needs is slow, and seldom needed
    from gitcorpus.cli.machine import machine_fault  # noqa: PLC0415 - as below

    say(SORRY[name])
    fault = error if isinstance(error, GitcorpusError) else machine_fault(error)
    if fault is not None:
        error = fault
        screen.print_error(error)
        code, reason = UnjudgedError.exit_code, f"{error.code}: {error.sentence}"
    else:
        code, reason = screen.print_bug(error), f"bug: {type(error).__name__}"
    if name == "pre-receive":
        try:
            say(f"verdict {_record_unjudged(started, reason)}")
        except GitcorpusError as worse:
            if not reason.startswith(f"{worse.code}: "):  # the same cause is told once
                screen.print_error(worse)
    return code


def _record_unjudged(started: Started, reason: str) -> str:
    """Record a push that could not even be brought before the gates; return the entry's first digits."""
    push = read_push(started.stdin, {}, pusher=None)
    result = GateResult(gate="push", state=GateState.UNJUDGED, reason=reason)
    body = verdict_body(Verdict(updates=push.updates, results=(result,)), push)
    ledger = Ledger.of(find_repository(started.environ), patience=_ONCE_MORE)
    return ledger.append(EntryKind.VERDICT, body, now=datetime.now(UTC)).short
