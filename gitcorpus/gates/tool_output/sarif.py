"""SARIF 2.1.0: the results of all runs, at the level that the result or its rule says.

A result that the tool itself suppresses, because of a comment in the pushed file for example, is kept for the ledger
and refuses nothing. A run that says that it did not succeed is no answer.
"""

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final
from urllib.parse import unquote_to_bytes

import orjson

from gitcorpus.gates.tool_output.remark import OutputError, Remark, counted_from_one, one_line
from gitcorpus.model.finding import Severity

LEVELS: Final = {
    "error": Severity.BLOCK,
    "warning": Severity.WARN,
    "note": Severity.RECORD,
    "none": Severity.RECORD,
}
_NOT_FOUND: Final = ("pass", "notApplicable")
"""Kinds of results that say that nothing is wrong."""
_FILE: Final = re.compile(r"file:(?://[^/]*)?(/.*)", re.IGNORECASE | re.DOTALL)
_SCHEME: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")


def parse_sarif(data: bytes) -> tuple[Remark, ...]:
    """Return the results of a log.

    Raises:
        OutputError: if it is no SARIF 2.1.0, has no run, or one that failed.
    """
    try:
        log = _mapping(orjson.loads(data), "the log")
    except orjson.JSONDecodeError as error:
        raise OutputError(f"it is no JSON: {error}") from error
    if log.get("version") != "2.1.0":
        raise OutputError("its version is not 2.1.0")
    runs = _list(log.get("runs"), "`runs`")
    if not runs:
        raise OutputError("it has no run")
    return tuple(remark for run in runs for remark in _run(_mapping(run, "a run")))


def _run(run: Mapping[str, Any]) -> Iterator[Remark]:
    for invocation in _list(run.get("invocations", []), "`invocations`"):
        if _mapping(invocation, "an invocation").get("executionSuccessful") is False:
            raise OutputError("the tool says that it did not succeed")
    driver = _inner(_inner(run, "tool"), "driver")
    rules = [_mapping(rule, "a rule") for rule in _list(driver.get("rules", []), "`rules`")]
    for result in _list(run.get("results"), "`results`"):
        held = _mapping(result, "a result")
        if held.get("kind", "fail") not in _NOT_FOUND:
            yield _remark(held, _rule_of(held, rules), run)


def _remark(result: Mapping[str, Any], rule: Mapping[str, Any], run: Mapping[str, Any]) -> Remark:
    code = _text(result.get("ruleId")) or _text(_inner(result, "rule").get("id")) or _text(rule.get("id"))
    path, region = _where(result, run)
    return Remark(
        path,
        counted_from_one(region.get("startLine")),
        counted_from_one(region.get("startColumn")),
        one_line(code)[:80],
        one_line(_message(result, rule)),
        _severity(result, rule),
    )


def _rule_of(result: Mapping[str, Any], rules: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    """Return the rule that a result is about, by its index or its id; an empty one if the log does not tell it."""
    reference = _inner(result, "rule")
    index = result.get("ruleIndex", reference.get("index"))
    if type(index) is int and 0 <= index < len(rules):
        return rules[index]
    named = result.get("ruleId", reference.get("id"))
    return next((rule for rule in rules if named is not None and rule.get("id") == named), {})


def _severity(result: Mapping[str, Any], rule: Mapping[str, Any]) -> Severity:
    level = result.get("level", _inner(rule, "defaultConfiguration").get("level", "warning"))
    if level not in LEVELS:
        raise OutputError(f"a result has the level {one_line(str(level))[:40]}")
    return Severity.RECORD if _is_suppressed(result) else LEVELS[level]


def _is_suppressed(result: Mapping[str, Any]) -> bool:
    """Tell whether a result is suppressed: by at least one suppression that nobody rejected or has to review."""
    held = [
        _mapping(each, "a suppression") for each in _list(result.get("suppressions", []), "`suppressions`")
    ]
    return bool(held) and all(each.get("status", "accepted") == "accepted" for each in held)


def _message(result: Mapping[str, Any], rule: Mapping[str, Any]) -> str:
    message = _inner(result, "message")
    ready = _inner(_inner(rule, "messageStrings"), _text(message.get("id")))
    return _text(message.get("text")) or _text(ready.get("text")) or "the tool gives no reason"


def _where(result: Mapping[str, Any], run: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    """Return the path and the region of a result's first location; an empty path if it has none."""
    locations = _list(result.get("locations", []), "`locations`")
    physical = _inner(_mapping(locations[0], "a location"), "physicalLocation") if locations else {}
    artifact = _inner(physical, "artifactLocation")
    index = artifact.get("index")
    if "uri" not in artifact and type(index) is int:
        known = _list(run.get("artifacts", []), "`artifacts`")
        artifact = (
            _inner(_mapping(known[index], "an artifact"), "location") if 0 <= index < len(known) else {}
        )
    base = _inner(_inner(run, "originalUriBaseIds"), _text(artifact.get("uriBaseId")))
    return path_of(_text(artifact.get("uri")), _text(base.get("uri"))), _inner(physical, "region")


def path_of(uri: str, base: str = "") -> str:
    """Return the path that a URI of a file names, relative or absolute; a URI of something else as it is."""
    whole = uri if _SCHEME.match(uri) or not base else base + uri
    file = _FILE.fullmatch(whole)
    if file is None and _SCHEME.match(whole):
        return whole
    return os.fsdecode(unquote_to_bytes(file[1] if file else whole))


def _inner(held: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """Return a mapping within another; an empty one if it is not there."""
    return _mapping(held.get(name, {}), f"`{one_line(name)[:40]}`")


def _mapping(value: object, name: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise OutputError(f"{name} is no object")
    return value


def _list(value: object, name: str) -> Sequence[Any]:
    if not isinstance(value, list):
        raise OutputError(f"{name} is no list")
    return value


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
