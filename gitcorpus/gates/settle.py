"""What a declaration and the waivers make of a finding: a severity that only softens, and exceptions that expire."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from gitcorpus.gates.base import UNWAIVABLE
from gitcorpus.model.declaration import Declaration, Waiver
from gitcorpus.model.finding import Finding, Severity
from gitcorpus.spec.globs import matches


def settle(finding: Finding, declaration: Declaration, *, waivers: Sequence[Waiver], today: date) -> Finding:
    """Apply the declaration's severity, which softens and never hardens, and the waivers in force.

    A firm finding stays as it is.
    """
    if finding.firm:
        return finding
    order = list(Severity)
    severity = max(finding.severity, declaration.severity, key=order.index)
    waiver = next((each for each in waivers if waives(each, finding, declaration, today)), None)
    return replace(finding, severity=severity, waived_by=waiver.id if waiver else "")


def waives(waiver: Waiver, finding: Finding, declaration: Declaration, today: date) -> bool:
    """Tell whether a waiver lets a finding through today."""
    if waiver.gate != declaration.id or declaration.uses in UNWAIVABLE:
        return False
    if today > waiver.until or waiver.code not in ("", finding.code):
        return False
    if waiver.contents and finding.content not in waiver.contents:
        return False
    return any(matches(pattern, finding.place.path) for pattern in waiver.paths)
