"""What the ledger keeps of a verdict: everything but the quoted lines, which may hold a secret."""

import json
from collections.abc import Sequence
from itertools import zip_longest
from typing import Final, NamedTuple

from gitcorpus.canon import digest_bytes
from gitcorpus.model.entry import Json
from gitcorpus.model.finding import Finding
from gitcorpus.model.place import Oid
from gitcorpus.model.push import Push, RefUpdate
from gitcorpus.model.verdict import GateResult, Verdict

LONGEST: Final = 1000
"""Most characters of one text; what a pusher wrote is longer only if it is meant to fill the ledger."""
MOST_OPTIONS: Final = 20
MOST_FINDING_BYTES: Final = 12 << 10
"""Bytes of findings that one entry has room for."""
ALWAYS_KEPT: Final = 3
"""Findings of each gate that stand in an entry however long they are."""


class Bringing(NamedTuple):
    """Who brought a push, and what of its commits it did not bring."""

    person: str | None = None
    """Id of the contributor whose account pushed, by the specs that judged; none if it is no contributor's."""
    imports: bool = False
    """Whether an admin brought history that others made."""
    held: tuple[Oid, ...] = ()
    """Commits that a branch or a tag held before the push."""


_UNKNOWN: Final = Bringing()


def verdict_body(verdict: Verdict, push: Push, by: Bringing = _UNKNOWN) -> dict[str, Json]:
    """Return a verdict as JSON."""
    return {
        "outcome": verdict.outcome.value,
        "pusher": push.pusher,
        "person": by.person,
        "import": by.imports,
        "policy": verdict.policy,
        "spec_digest": verdict.spec_digest,
        **({"bar": verdict.bar} if verdict.bar is not None else {}),
        "updates": _judged_updates(verdict, push),
        "tips": list(verdict.tips),
        "commits": list(verdict.commits),
        **({"held": list(by.held)} if by.held else {}),
        "files": verdict.files,
        "gates": _gates(verdict.results),
        **({"unanswered": list(verdict.unanswered)} if verdict.unanswered else {}),
        "options": [_cut(option) for option in push.options[:MOST_OPTIONS]],
    }


def updates_body(updates: Sequence[RefUpdate]) -> list[Json]:
    """Return ref updates as JSON."""
    return [{"ref": update.ref, "old": update.old, "new": update.new} for update in updates]


def _judged_updates(verdict: Verdict, push: Push) -> list[Json]:
    """Return ref updates as JSON, each with the commit that it names and the bar by which it was judged."""
    updates: list[Json] = []
    for update, judged in zip_longest(push.updates, verdict.judged):
        said: dict[str, Json] = {"ref": update.ref, "old": update.old, "new": update.new}
        if judged is not None:
            said |= {"commit": judged.commit, "stage": judged.stage.value}
            said |= {"policy_branch": judged.policy_branch} if judged.policy_branch else {}
            said |= {"requires": judged.requires.value} if judged.requires is not None else {}
            said |= {"reuses": judged.reuses} if judged.reuses is not None else {}
        updates.append(said)
    return updates


def _gates(results: Sequence[GateResult]) -> list[Json]:
    """Return the gates' results; of findings as many as an entry has room for, and of the others how many they are.

    A ledger is never trimmed, so a push of a few files may not fill it with thousands of findings. The first ones of
    each gate always stand there.
    """
    gates: list[Json] = []
    room = MOST_FINDING_BYTES
    for result in results:
        kept: list[Json] = []
        left: list[bytes] = []
        for finding in result.findings:
            said = _finding(finding)
            written = json.dumps(said, sort_keys=True).encode("ascii")
            if left or (len(kept) >= ALWAYS_KEPT and len(written) > room):
                left.append(written)
                continue
            kept.append(said)
            room -= len(written)
        told: dict[str, Json] = {
            "gate": result.gate,
            "state": result.state.value,
            "reason": _cut(result.reason),
            "findings": kept,
        }
        if left:
            told["left_out"] = {"count": len(left), "digest": digest_bytes(b"\n".join(left))}
        gates.append(told)
    return gates


def _finding(finding: Finding) -> dict[str, Json]:
    return {
        "code": finding.code,
        "path": _cut(finding.place.path),
        "commit": finding.place.commit,
        "line": finding.place.line,
        "column": finding.place.column,
        "sentence": _cut(finding.sentence),
        "severity": finding.severity.value,
        "waived_by": finding.waived_by,
    }


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
