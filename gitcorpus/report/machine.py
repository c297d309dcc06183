"""A verdict for programs and forges: JSON, SARIF 2.1.0, a table in Markdown, GitHub's workflow commands.

Whatever stands in the repository is data in all of them: no path and no sentence can close a string, begin a link,
name somebody, or become a command; and no terminal obeys it either.
"""

import json
import re
from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import quote

from gitcorpus.model.finding import Finding, Severity
from gitcorpus.model.patch import parse_hunks
from gitcorpus.model.verdict import GateResult, GateState, Tried, Verdict
from gitcorpus.report.sanitize import shown
from gitcorpus.report.text import PATCH, render_verdict

LONGEST: Final = 2000
"""Most characters of one text."""
MOST_PATCH: Final = 100_000
"""Most characters of a patch."""
MOST_MARKDOWN: Final = 60_000
"""Most characters of a table. Forges take comments of 65536."""
SARIF_SCHEMA: Final = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
_LEVELS: Final = {Severity.BLOCK: "error", Severity.WARN: "warning", Severity.RECORD: "note"}
_COMMANDS: Final = {Severity.BLOCK: "error", Severity.WARN: "warning", Severity.RECORD: "notice"}
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_COMMIT: Final = re.compile(r"commit [0-9a-f]{12}")
"""What stands in the place of a path where a finding is about a commit's message or author."""
_FIRST_BYTE: Final = 0xDC00
"""A byte of a name that is not UTF-8 stands as this and itself (PEP 383)."""


def render_json(verdict: Verdict) -> str:
    """Return one object, as `schemas/check.schema.json` says."""
    fields = {
        "outcome": verdict.outcome.value,
        "policy": verdict.policy,
        "spec_digest": verdict.spec_digest,
        "updates": [{"ref": each.ref, "old": each.old, "new": each.new} for each in verdict.updates],
        "commits": list(verdict.commits),
        "files": verdict.files,
        "gates": [
            {"gate": each.gate, "state": each.state.value, "reason": each.reason} for each in verdict.results
        ],
        **({"unanswered": list(verdict.unanswered)} if verdict.unanswered else {}),
        **({"tried": [_tried_fields(each) for each in verdict.tried]} if verdict.tried else {}),
        "findings": [_finding_fields(gate, finding) for gate, finding in _findings(verdict)],
    }
    return _json(fields)


def _tried_fields(tried: Tried) -> dict[str, Any]:
    examples = [_finding_fields(tried.gate, finding) for finding in tried.examples]
    return {"gate": tried.gate, "files": tried.files, "reason": tried.reason, "examples": examples}


def _finding_fields(gate: str, finding: Finding) -> dict[str, Any]:
    return {
        "gate": gate,
        "code": finding.code,
        "severity": finding.severity.value,
        "blocks": finding.blocks,
        "path": finding.place.path,
        "line": finding.place.line,
        "column": finding.place.column,
        "commit": finding.place.commit,
        "sentence": finding.sentence,
        "hint": finding.hint,
        "waived_by": finding.waived_by,
        "content": finding.content,
        "patch": finding.patch[:MOST_PATCH],
    }


def render_sarif(verdict: Verdict) -> str:
    """Return a SARIF log of one run. A finding that a waiver lets through is suppressed in it."""
    codes = list(dict.fromkeys(finding.code for finding in verdict.findings))
    rules = [{"id": code, "help": {"text": f"gitcorpus spec explain {code}"}} for code in codes]
    results = [
        _result(verdict, gate, finding) | {"ruleIndex": codes.index(finding.code)}
        for gate, finding in _findings(verdict)
    ]
    run = {
        "tool": {"driver": {"name": "gitcorpus", "rules": rules}},
        "columnKind": "unicodeCodePoints",
        "invocations": [_invocation(verdict)],
        "results": results,
    }
    return _json({"$schema": SARIF_SCHEMA, "version": "2.1.0", "runs": [run]})


def _invocation(verdict: Verdict) -> dict[str, Any]:
    """Say whether every gate gave an answer; one that gave none is no finding of a file."""
    silent = _silent(verdict)
    notes = [
        {"level": "error", "message": {"text": _plain(f"{each.gate}: no answer: {each.reason}")}}
        for each in silent
    ]
    return {"executionSuccessful": not silent, "toolExecutionNotifications": notes}


def _result(verdict: Verdict, gate: str, finding: Finding) -> dict[str, Any]:
    result = {
        "ruleId": finding.code,
        "level": _LEVELS[finding.severity],
        "message": {"text": _plain(_sentence_and_hint(finding, "\n"))},
        "locations": [_location(verdict, finding)],
        "properties": {"gate": gate, "commit": finding.place.commit},
    }
    if finding.mends and _is_file(verdict, finding):
        result |= _fixes(finding)
    if finding.waived_by:
        waived = {"kind": "external", "justification": _plain(f"waiver {finding.waived_by}")}
        result["suppressions"] = [waived]
    return result


def _fixes(finding: Finding) -> dict[str, Any]:
    """Return the patch as replacements of whole lines; nothing if other ends of lines are what differs."""
    hunks = tuple(parse_hunks(finding.patch))
    if not hunks or not all(hunk.replaces_lines for hunk in hunks):
        return {}
    replacements = [
        {
            "deletedRegion": {"startLine": hunk.line, "endLine": hunk.line + hunk.n_lines - 1},
            "insertedContent": {"text": hunk.text},
        }
        for hunk in hunks
    ]
    change = {"artifactLocation": _artifact(finding), "replacements": replacements}
    return {"fixes": [{"description": {"text": _plain(finding.sentence)}, "artifactChanges": [change]}]}


def _artifact(finding: Finding) -> dict[str, Any]:
    return {"uri": _uri(finding.place.path), "uriBaseId": "%SRCROOT%"}


def _location(verdict: Verdict, finding: Finding) -> dict[str, Any]:
    place = finding.place
    if not _is_file(verdict, finding):
        return {"logicalLocations": [{"fullyQualifiedName": place.path}]}
    physical: dict[str, Any] = {"artifactLocation": _artifact(finding)}
    if place.line is not None:
        physical["region"] = {"startLine": place.line}
        if place.column is not None:
            physical["region"] |= {"startColumn": place.column}
            if finding.quote is not None and finding.quote.last_column >= place.column:
                physical["region"] |= {"endColumn": finding.quote.last_column + 1}
    return {"physicalLocation": physical}


def _uri(path: str) -> str:
    """Return a relative reference: percent-encoded, and never with a colon, which would end a scheme."""
    return quote(path.encode("utf-8", "surrogateescape"), safe="/")


def _plain(text: str) -> str:
    """Return text in which a viewer of SARIF finds no link: `[text](target)`."""
    return text.replace("](", "] (")


def render_markdown(verdict: Verdict) -> str:
    """Return a heading and a table, short enough for a comment.

    Every text is code made of character references: there, a forge looks for no markup, no address and no name.
    """
    lines = [f"**{_code(_head(verdict))}**"]
    rows = [_row(verdict, finding) for _, finding in _findings(verdict) if _is_told(finding)]
    if rows:
        lines += ["", "| where | what | how to mend it |", "|---|---|---|"]
    room = MOST_MARKDOWN
    for number, row in enumerate(rows):
        room -= len(row)
        if room < 0:
            lines += ["", f"{len(rows) - number} more are left out."]
            break
        lines.append(row)
    silent = _silent(verdict)
    if silent:
        lines += ["", *(f"- {_code(f'{each.gate}: no answer: {each.reason}')}" for each in silent)]
    return "\n".join(lines)


def _row(verdict: Verdict, finding: Finding) -> str:
    said = f"{finding.code}: {finding.sentence}{_note(verdict, finding)}"
    cells = (str(finding.place), said if finding.blocks else f"{said} (warning)", finding.hint)
    where, what, how = (_code(cell) if cell else "" for cell in cells)
    shows = "".join(
        f"<br>{_code(line)}".replace(" ", "&#160;") for line in finding.patch.split("\n")[:PATCH] if line
    )
    return f"| {where} | {what}{shows} | {how} |"


def _code(text: str) -> str:
    """Write text as code, each character that is not a plain letter, digit or blank as a reference."""
    written = (each if each.isascii() and each.isalnum() else f"&#{ord(each)};" for each in shown(text, 500))
    return f"<code>{''.join(written).replace('&#32;', ' ')}</code>"


def render_github(verdict: Verdict) -> str:
    """Return workflow commands, which GitHub shows beside the lines that they name, and then the counts."""
    told = [finding for _, finding in _findings(verdict) if not finding.waived_by]
    silent = _silent(verdict)
    lines = [_workflow_command(verdict, finding) for finding in told]
    lines += [f"::error title={_property(each.gate)}::no answer: {_data(each.reason)}" for each in silent]
    return "\n".join([*lines, _head(verdict)])


def _workflow_command(verdict: Verdict, finding: Finding) -> str:
    place, named = finding.place, {}
    if _is_file(verdict, finding):
        named["file"] = place.path
        named |= {"line": str(place.line)} if place.line is not None else {}
        named |= {"col": str(place.column)} if place.column is not None else {}
    named["title"] = finding.code
    properties = ",".join(f"{name}={_property(value)}" for name, value in named.items())
    sentence = f"{finding.sentence}{_note(verdict, finding)}"
    said = sentence if "file" in named else f"{place}: {sentence}"
    hint = f"%0Ahint: {_data(finding.hint)}" if finding.hint else ""
    return f"::{_COMMANDS[finding.severity]} {properties}::{_data(said)}{hint}"


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def _data(text: str) -> str:
    """Escape what ends a command as GitHub documents it; what would act on a terminal is written out."""
    lines = re.split("(\r|\n)", text)
    escaped = {"\r": "%0D", "\n": "%0A"}
    return "".join(escaped.get(each) or shown(each, LONGEST).replace("%", "%25") for each in lines)


def _findings(verdict: Verdict) -> Iterator[tuple[str, Finding]]:
    """Yield every finding with its gate."""
    for result in verdict.results:
        for finding in result.findings:
            yield result.gate, finding


def _silent(verdict: Verdict) -> list[GateResult]:
    """Return the gates that gave no answer."""
    return [each for each in verdict.results if each.state in (GateState.UNJUDGED, GateState.LATE)]


def _is_told(finding: Finding) -> bool:
    return finding.severity is not Severity.RECORD and not finding.waived_by


def _is_file(verdict: Verdict, finding: Finding) -> bool:
    """Tell a file from a commit and a reference, which stand in the place of a path too."""
    path = finding.place.path
    return not _COMMIT.fullmatch(path) and path not in [update.ref for update in verdict.updates]


def _note(verdict: Verdict, finding: Finding) -> str:
    """Name the commit of a file that is not, or not like this, at the tip."""
    commit = finding.place.commit
    is_below = commit is not None and commit not in verdict.tips and _is_file(verdict, finding)
    return f" (in commit {commit[:12]})" if commit is not None and is_below else ""


def _sentence_and_hint(finding: Finding, between: str) -> str:
    return f"{finding.sentence}{between}hint: {finding.hint}" if finding.hint else finding.sentence


def _head(verdict: Verdict) -> str:
    """Return the counts, which the text for people begins with."""
    return render_verdict(verdict, "", color=False, full=False).partition("\n")[0]


def _json(value: Any) -> str:
    """Write JSON in ASCII. A byte of a name that is not UTF-8 becomes text, as half a character is no JSON."""
    return json.dumps(_whole(value), indent=2, ensure_ascii=True)


def _whole(value: Any) -> Any:
    if isinstance(value, str):
        return _SURROGATE.sub(lambda found: f"\\x{ord(found[0]) - _FIRST_BYTE & 0xFF:02x}", value)
    if isinstance(value, dict):
        return {name: _whole(each) for name, each in value.items()}
    return [_whole(each) for each in value] if isinstance(value, list) else value
