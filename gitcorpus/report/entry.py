"""A verdict of the ledger as people read it: the push, what each gate that did not pass found, and which passed.

The server's `gitcorpus ledger show` and a pusher's `git push -o gitcorpus.verdict=N` write the same lines. What the
ledger does not keep, quoted lines and hints, cannot be told any more.
"""

from collections.abc import Iterator
from typing import Any, Final

from gitcorpus.model.entry import Entry
from gitcorpus.report.sanitize import shown

_LONG: Final = 400


def verdict_lines(entry: Entry) -> Iterator[str]:
    """Yield the lines of one entry that is a verdict."""
    body: Any = entry.body
    gates: list[Any] = body.get("gates", [])
    yield f"verdict {entry.number} ({entry.short}) of {entry.appended_at}: {shown(str(body.get('outcome', '')))}"
    yield f"pushed by {shown(str(body.get('pusher') or 'an unknown account'))}"
    for update in body.get("updates", []):
        yield f"{shown(str(update['ref']), _LONG)} {short_oid(update['old'])}..{short_oid(update['new'])}"
    if body.get("policy"):
        yield f"judged by the specs of commit {short_oid(body['policy'])}"
    for gate in gates:
        if gate["state"] != "passed" or gate.get("findings"):
            reason = f": {shown(gate['reason'], _LONG)}" if gate.get("reason") else ""
            yield f"{shown(gate['gate'])}: {gate['state']}{reason}"
            yield from (f"  {_finding(each)}" for each in gate.get("findings", []))
            if left := gate.get("left_out"):
                yield f"  {left['count']} more, which the ledger has no room for: {left['digest'][:19]}"
    passed = [shown(gate["gate"]) for gate in gates if gate["state"] == "passed"]
    if passed:
        yield f"passed: {', '.join(passed)}"


def short_oid(oid: str) -> str:
    """Return the first digits of an object's name; of none, a zero."""
    return shown(oid[:8]) if oid.strip("0") else "0"


def _finding(found: Any) -> str:
    place = ":".join(str(part) for part in (found["path"], found.get("line"), found.get("column")) if part)
    notes = {"warn": " (warning)", "record": " (recorded)"}
    waived = f" (waived by {found['waived_by']})" if found.get("waived_by") else ""
    said = f"{shown(place, _LONG)} {found['code']}: {shown(found.get('sentence', ''), _LONG)}"
    return f"{said}{notes.get(found.get('severity', ''), '')}{shown(waived)}"
