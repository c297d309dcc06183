"""A verdict as the pusher reads it: at most a screen, the counts first, then findings gate by gate.

git puts `remote: ` before every line, so that 72 columns are left of 80.
"""

import re
from collections.abc import Iterator
from typing import Final

from gitcorpus.model.finding import Finding, Quote, Severity
from gitcorpus.model.place import Oid
from gitcorpus.model.verdict import GateResult, GateState, Outcome, Verdict
from gitcorpus.report.sanitize import columns, shown

SCREEN: Final = 24
"""Rows of a terminal that the answer takes at the most, unless all of it was asked for."""
WIDTH: Final = 72
PATCH: Final = 12
"""Most lines of a patch that are shown."""
_LONG: Final = 400
_LONGEST_HINT: Final = 9000
"""A command that is cut cannot be pasted; a path has up to 4096 bytes."""
TRY_ALL: Final = "gitcorpus check --all --policy HEAD"
"""Judges the whole tree by the specs of its own commit."""
_MOST_REASONS: Final = 4
_FEW: Final = 3
"""Findings of one code that are told one by one; of more, the first is told, and the places of so many."""
_CAUSES: Final = frozenset({
    "bad-task-folder", "no-role", "outside-layout", "unknown-task", "unknown-unit", "wrong-language", "wrong-unit",
    "not-utf8", "syntax-error",
})  # fmt: skip
"""Codes that refuse a file as it stands."""
_COLORS: Final = {
    Outcome.ACCEPTED: "32",
    Outcome.REFUSED: "31",
    Outcome.UNJUDGED: "33",
    Outcome.PARKED: "33",
}
_UNANSWERED: Final = frozenset({GateState.UNJUDGED, GateState.LATE})
_SGR: Final = re.compile(r"\x1b\[[0-9;]*m")


def render_verdict(verdict: Verdict, entry: str, *, color: bool, full: bool) -> str:
    """Return the text for the pusher.

    Args:
        verdict: what was decided.
        entry: first digits of the ledger entry that holds it; empty if none does.
        color: whether the client asked for colours (`git push -o color`).
        full: whether it asked for all findings (`git push -o full`).
    """
    head = _paint(_head(verdict), _COLORS[verdict.outcome], color)
    told = _ordered(verdict) if full else list(_without_consequences(_ordered(verdict)))
    groups = [[finding] for finding in told] if full else _grouped(told)
    blocks = [list(_group(group, verdict.tips, color=color)) for group in groups]
    reasons = list(_reasons(verdict, len(verdict.results) if full else _MOST_REASONS, recorded=bool(entry)))
    silent = verdict.accepted and not blocks and not verdict.unanswered
    tail = [] if not entry or silent else [f"verdict {entry}"]
    room = SCREEN - 1 - _rows([head, *reasons, *tail])
    body: list[str] = []
    for number, block in enumerate(blocks):
        if number and not full and _rows(body) + _rows(block) > room:
            groups = groups[:number]
            break
        body += block
    hidden = len(told) - len(groups)
    if hidden and not full:
        body.append(f"hint: {hidden} more: push again with -o full to see all")
    return "\n".join(
        [head, *body, *reasons, *_trials(verdict, SCREEN - 2 - _rows([head, *body]), full=full), *tail]
    )


def _trials(verdict: Verdict, room: int, *, full: bool) -> list[str]:
    """Say what the gates that a push adds or changes would refuse of the whole tree, as the next tag is judged."""
    lines = [*_tried(verdict)]
    while lines and not full and _rows(lines) > room:
        lines.pop()
    return [*lines, f"hint: {TRY_ALL} lists everything, in a clone with this commit"] if verdict.tried else []


def _tried(verdict: Verdict) -> Iterator[str]:
    for each in verdict.tried:
        if each.files:
            noun = "path" if each.files == 1 else "paths"
            yield f"note: at the next tag, `{shown(each.gate)}` would refuse {each.files} {noun} of the tree:"
            for finding in each.examples:
                yield f"  {shown(str(finding.place), _LONG)} {finding.code}: {shown(finding.sentence, _LONG)}"
            if each.files > len(each.examples):
                yield f"  ... and {each.files - len(each.examples)} more"
        if each.reason:
            yield f"note: `{shown(each.gate)}`: {shown(each.reason, _LONG)}"


def _rows(lines: list[str]) -> int:
    """Count the rows that a terminal of eighty columns needs."""
    return sum(max(1, -(-columns(_SGR.sub("", line)) // WIDTH)) for line in lines)


def _head(verdict: Verdict) -> str:
    passed = sum(result.state is GateState.PASSED for result in verdict.results)
    blocking = [finding for finding in verdict.findings if finding.blocks]
    warnings = sum(f.severity is Severity.WARN and not f.waived_by for f in verdict.findings)
    waived = sum(bool(finding.waived_by) for finding in verdict.findings)
    warned = f"{warnings} warning{'' if warnings == 1 else 's'}" if warnings else ""
    further = "".join(f"; {said}" for said in (warned, f"{waived} waived" if waived else "") if said)
    gates = f"{passed} gate{'' if passed == 1 else 's'} passed"
    if verdict.outcome is Outcome.ACCEPTED:
        without = f", {len(verdict.unanswered)} without an answer" if verdict.unanswered else ""
        return f"accepted: {gates}{without}{further}"
    counts = ", ".join(f"{shown(result.gate)} {n}" for result in verdict.results if (n := _blocking(result)))
    if verdict.outcome is Outcome.PARKED:
        late = [shown(result.gate) for result in verdict.results if result.state is GateState.LATE]
        return f"parked: {gates}, {len(late)} still to judge ({', '.join(late)}){further}"
    unjudged = sum(result.state in _UNANSWERED for result in verdict.results)
    if verdict.outcome is Outcome.REFUSED:
        noun = "finding" if len(blocking) == 1 else "findings"
        said = f", {unjudged} unjudged" if unjudged else ""
        return f"refused: {len(blocking)} {noun} ({counts}), {gates}{said}{further}"
    return f"could not judge: {unjudged} of {len(verdict.results)} gates gave no answer, {gates}{further}"


def _blocking(result: GateResult) -> int:
    return sum(finding.blocks for finding in result.findings)


def _ordered(verdict: Verdict) -> list[Finding]:
    """Return what the pusher should read: what blocks first, then warnings; gate by gate, in the order of paths."""

    def key(finding: Finding) -> tuple[str, int, int]:
        return finding.place.path, finding.place.line or 0, finding.place.column or 0

    shown_ones = [
        finding
        for result in verdict.results
        for finding in sorted(result.findings, key=key)
        if finding.severity is not Severity.RECORD and not finding.waived_by
    ]
    return sorted(shown_ones, key=lambda finding: not finding.blocks)


def _without_consequences(findings: list[Finding]) -> Iterator[Finding]:
    """Yield findings but warnings on a file that is refused for where it stands, or since it cannot be read.

    They are mostly of the same cause, and are counted and shown with all findings.
    """
    refused = {each.place.path for each in findings if each.blocks and each.code in _CAUSES}
    yield from (each for each in findings if each.blocks or each.place.path not in refused)


def _grouped(findings: list[Finding]) -> list[list[Finding]]:
    """Put findings of one code together, where the first stands, if there are more than a few."""
    alike: dict[tuple[bool, str], list[Finding]] = {}
    for finding in findings:
        alike.setdefault((finding.blocks, finding.code), []).append(finding)
    groups, seen = [], set()
    for finding in findings:
        key = (finding.blocks, finding.code)
        if len(alike[key]) <= _FEW:
            groups.append([finding])
        elif key not in seen:
            seen.add(key)
            groups.append(alike[key])
    return groups


def _group(group: list[Finding], tips: tuple[Oid, ...], *, color: bool) -> Iterator[str]:
    """Yield the first finding of one code in full, and of more the count and the next places."""
    yield from _finding(group[0], tips, color=color)
    if len(group) > 1:
        places = ", ".join(shown(str(each.place), _LONG) for each in group[1:_FEW])
        left = len(group) - _FEW
        yield f"  {len(group)} x {group[0].code}: also {places} and {left} more place{'' if left == 1 else 's'}"


def _finding(finding: Finding, tips: tuple[Oid, ...], *, color: bool) -> Iterator[str]:
    place, warns = finding.place, not finding.blocks
    code = _paint(finding.code, "33" if warns else "31", color)
    below = place.commit is not None and place.commit not in tips and not place.path.startswith("commit ")
    note = (f" (in commit {place.commit[:12]})" if below and place.commit else "") + (
        " (warning)" if warns else ""
    )
    yield f"{shown(str(place), _LONG)} {code}: {shown(finding.sentence, _LONG)}{note}"
    if finding.quote is not None:
        yield from quote_lines(finding.quote)
    yield from patch_lines(finding.patch)
    if finding.hint:
        yield f"  hint: {shown(finding.hint, _LONGEST_HINT)}"


def patch_lines(patch: str, most: int = PATCH) -> Iterator[str]:
    """Return the lines of a patch, fit for a terminal; of a long one, its first."""
    lines = patch.splitlines()
    yield from (f"    {shown(line, WIDTH)}" for line in lines[:most])
    if lines[most:]:
        yield f"    … {len(lines) - most} more lines"


def quote_lines(quote: Quote, width: int = WIDTH) -> Iterator[str]:
    """Return a quoted line and the carets under it; a long line is cut around them."""
    start = quote.first_column - 1
    offset = max(0, min(start - width // 3, len(quote.text) - width)) if len(quote.text) > width else 0
    before = shown(quote.text[offset:start], _LONG)
    under = shown(quote.text[start : quote.last_column], _LONG) or " "
    line = shown(quote.text[offset:], width)
    carets = min(columns(under), max(1, width - columns(before)))
    yield f"    {line}"
    yield f"    {' ' * columns(before)}{'^' * carets}"


def _reasons(verdict: Verdict, most: int, *, recorded: bool) -> Iterator[str]:
    """Say which gates gave no answer, and which stopped before the end."""
    unjudged = [result for result in verdict.results if result.state in _UNANSWERED]
    if verdict.outcome is Outcome.PARKED:
        yield from (f"{shown(each.gate)}: {shown(each.reason, _LONG)}" for each in unjudged[:most])
        return
    for result in unjudged[:most]:
        yield f"{shown(result.gate)}: no answer: {shown(result.reason, _LONG)}"
    if unjudged[most:]:
        yield f"and {len(unjudged) - most} more gates without an answer"
    if verdict.accepted and verdict.unanswered:
        yield "note: an owner's change of specs lands without these answers; no release rests on it"
    elif unjudged and recorded:
        yield "  hint: this is not your fault; tell the administrators the verdict's number"
    for result in verdict.results:
        if result.state is GateState.FAILED and result.reason and len(result.findings) >= SCREEN:
            yield f"{shown(result.gate)}: {shown(result.reason, _LONG)}"


def _paint(text: str, code: str, color: bool) -> str:
    return f"\x1b[{code}m{text}\x1b[0m" if color else text
