"""What `server_hooks/entry.py` calls: one hook, and an exit code whatever happens in it.

Whatever cannot be judged is refused, and recorded as far as that is possible. A hook imports only what it needs,
since every push waits for it.
"""

import os
from datetime import UTC, datetime
from importlib import import_module
from typing import Final

from gitcorpus.cli.arrival import find_repository, say
from gitcorpus.errors import GitcorpusError, UnjudgedError
from gitcorpus.flows.body import verdict_body
from gitcorpus.git.receive import read_push
from gitcorpus.ledger import Ledger
from gitcorpus.model.entry import EntryKind
from gitcorpus.model.verdict import GateResult, GateState, Verdict

HOOKS: Final = {"pre-receive": "gitcorpus.cli.pre_receive", "post-receive": "gitcorpus.cli.post_receive"}
SORRY: Final = {
    "pre-receive": "gitcorpus could not judge this push, so it is refused; it is not your fault",
    "post-receive": "the push landed, but gitcorpus could not record that it did; the verdict is recorded",
}


def run(name: str, stdin: bytes) -> int:
    """Run one hook in the repository that git started it in, and return its exit code."""
    module = HOOKS[name]
    try:
        return int(import_module(module).run(stdin))
    except Exception as error:  # noqa: BLE001 - style 21: whatever it is, it refuses and is told
        return _unjudged(name, stdin, error)


def _unjudged(name: str, stdin: bytes, error: Exception) -> int:
    from gitcorpus.cli import screen  # noqa: PLC0415 - what the terminal needs is slow, and seldom needed

    say(SORRY[name])
    if isinstance(error, GitcorpusError):
        screen.print_error(error)
        code, reason = UnjudgedError.exit_code, f"{error.code}: {error.sentence}"
    else:
        code, reason = screen.print_bug(error), f"bug: {type(error).__name__}"
    if name == "pre-receive":
        try:
            say(f"verdict {_record_unjudged(stdin, reason)}")
        except GitcorpusError as worse:
            screen.print_error(worse)
    return code


def _record_unjudged(stdin: bytes, reason: str) -> str:
    """Record a push that could not even be brought before the gates; return the entry's first digits."""
    push = read_push(stdin, {}, pusher=None)
    result = GateResult(gate="push", state=GateState.UNJUDGED, reason=reason)
    body = verdict_body(Verdict(updates=push.updates, results=(result,)), push)
    ledger = Ledger.of(find_repository(os.environ))
    return ledger.append(EntryKind.VERDICT, body, now=datetime.now(UTC)).short
