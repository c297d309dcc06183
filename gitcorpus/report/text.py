"""A verdict as the pusher reads it: at most a screen, the counts first, then findings gate by gate.

git puts `remote: ` before every line, so that 72 columns are left of 80.
"""

from collections.abc import Iterator
from typing import Final

from gitcorpus.model.finding import Finding, Quote, Severity
from gitcorpus.model.verdict import GateResult, GateState, Outcome, Verdict
from gitcorpus.report.sanitize import columns, shown

SCREEN: Final = 24
WIDTH: Final = 72
_LONG: Final = 400
_COLORS: Final = {Outcome.ACCEPTED: "32", Outcome.REFUSED: "31", Outcome.UNJUDGED: "33"}


def render_verdict(verdict: Verdict, entry: str, *, color: bool, full: bool) -> str:
    """Return the text for the pusher.

    Args:
        verdict: what was decided.
        entry: first digits of the ledger entry that holds it.
        color: whether the client asked for colours (`git push -o color`).
        full: whether it asked for all findings (`git push -o full`).
    """
    head = _paint(_head(verdict), _COLORS[verdict.outcome], color)
    blocks = [list(_finding(finding, color=color)) for finding in _ordered(verdict)]
    reasons = [line for result in verdict.results for line in _reason(result)]
    tail = [] if verdict.accepted and not blocks else [f"verdict {entry}"]
    room = SCREEN - 2 - len(reasons) - len(tail)
    body: list[str] = []
    for number, block in enumerate(blocks):
        if not full and len(body) + len(block) > room:
            left = len(blocks) - number
            body.append(f"hint: {left} more: push again with -o full to see all")
            break
        body += block
    return "\n".join([head, *body, *reasons, *tail])


def _head(verdict: Verdict) -> str:
    passed = sum(result.state is GateState.PASSED for result in verdict.results)
    blocking = [finding for finding in verdict.findings if finding.blocks]
    warnings = sum(f.severity is Severity.WARN and not f.waived_by for f in verdict.findings)
    waived = sum(bool(finding.waived_by) for finding in verdict.findings)
    further = "".join(
        f", {number} {noun}" for number, noun in ((warnings, "warned"), (waived, "waived")) if number
    )
    gates = f"{passed} gate{'' if passed == 1 else 's'} passed{further}"
    if verdict.outcome is Outcome.ACCEPTED:
        return f"accepted: {gates}"
    counts = ", ".join(f"{result.gate} {n}" for result in verdict.results if (n := _blocking(result)))
    unjudged = sum(result.state is GateState.UNJUDGED for result in verdict.results)
    if verdict.outcome is Outcome.REFUSED:
        noun = "finding" if len(blocking) == 1 else "findings"
        said = f", {unjudged} unjudged" if unjudged else ""
        return f"refused: {len(blocking)} {noun} ({counts}), {gates}{said}"
    return f"could not judge: {unjudged} of {len(verdict.results)} gates gave no answer, {gates}"


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


def _finding(finding: Finding, *, color: bool) -> Iterator[str]:
    warns = not finding.blocks
    code = _paint(finding.code, "33" if warns else "31", color)
    note = " (warning)" if warns else ""
    yield f"{shown(str(finding.place), _LONG)} {code}: {shown(finding.sentence, _LONG)}{note}"
    if finding.quote is not None:
        yield from quote_lines(finding.quote)
    if finding.hint:
        yield f"  hint: {shown(finding.hint, _LONG)}"


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


def _reason(result: GateResult) -> Iterator[str]:
    if result.state is GateState.UNJUDGED:
        yield f"{result.gate}: no answer: {shown(result.reason, _LONG)}"
        yield "  hint: this is not your fault; tell the administrators the verdict's number"
    elif result.state is GateState.FAILED and result.reason and len(result.findings) >= SCREEN:
        yield f"{result.gate}: {shown(result.reason, _LONG)}"


def _paint(text: str, code: str, color: bool) -> str:
    return f"\x1b[{code}m{text}\x1b[0m" if color else text
