"""What a document may hold: its JSON Schema, and every breach of it as a finding at its place.

The schemas in `schemas/` are the one truth, for us and for editors. jsonschema finds the breaches; the
sentences and the hints are ours.
"""

import json
from collections.abc import Iterator
from difflib import get_close_matches
from functools import cache
from typing import Any, Final

from jsonschema import Draft202012Validator, FormatChecker, ValidationError
from jsonschema.protocols import Validator

from gitcorpus.model.finding import Finding
from gitcorpus.model.place import Place, Route, render_route
from gitcorpus.shipped import shipped_path
from gitcorpus.spec.yaml import Mapping, Node, Scalar, Sequence

KINDS: Final = ("Corpus", "Curriculum", "Gates", "Contributors", "View", "Release", "Waivers")
MOST_FINDINGS: Final = 100
_WORDS: Final = {
    "array": "a list", "boolean": "true or false", "integer": "a whole number", "number": "a number",
    "null": "nothing", "object": "a mapping", "string": "text",
}  # fmt: skip


@cache
def schema_of(name: str) -> dict[str, Any]:
    """Return a schema by its file's name: `corpus`, or `gates/size`."""
    loaded: dict[str, Any] = json.loads(shipped_path("schemas", f"{name}.schema.json").read_bytes())
    return loaded


def known_gates() -> tuple[str, ...]:
    """Return the names of all gates: those whose parameters have a schema."""
    found = shipped_path("schemas", "gates").glob("*.schema.json")
    return tuple(sorted(path.name.removesuffix(".schema.json") for path in found))


def plain(node: Node) -> Any:
    """Return a node's value as JSON would hold it."""
    match node:
        case Mapping():
            return {pair.key: plain(pair.value) for pair in node.pairs}
        case Sequence():
            return [plain(item) for item in node.items]
        case Scalar():
            return node.value


def place_of(root: Node, route: Route, *, key: bool = False) -> Place:
    """Return the place of the value that a route leads to, or of its key."""
    node, place = root, root.place
    for step in route:
        if isinstance(node, Mapping) and isinstance(step, str) and (pair := node.pair(step)):
            node, place = pair.value, pair.place if key else pair.value.place
        elif isinstance(node, Sequence) and isinstance(step, int) and step < len(node.items):
            node = node.items[step]
            place = node.place
    return Place(path=place.path, line=place.line, column=place.column, route=route)


def breaches(root: Node, schema: str, at: Route = ()) -> tuple[Finding, ...]:
    """Return every breach of a schema by the node that `at` leads to, in the order of the file."""
    value = plain(root)
    for step in at:
        value = value[step]
    errors = list(_leaves(_validator(schema).iter_errors(value)))
    found = [finding for error in errors[:MOST_FINDINGS] for finding in _explain(root, at, error)]
    found.sort(key=lambda finding: (finding.place.line or 0, finding.place.column or 0, finding.code))
    if len(errors) > MOST_FINDINGS:
        rest = f"{len(errors) - MOST_FINDINGS} more faults in this file are not shown"
        found.append(Finding(code="more-faults", place=Place(path=root.place.path), sentence=rest))
    return tuple(dict.fromkeys(found))


@cache
def _validator(schema: str) -> Validator:
    formats = FormatChecker(formats=("date",))
    return Draft202012Validator(schema_of(schema), format_checker=formats)


def _leaves(errors: Iterator[ValidationError]) -> Iterator[ValidationError]:
    """Replace an error of `oneOf` by the errors of the branch that the value most likely meant."""
    for error in errors:
        if error.validator == "oneOf" and error.context:
            branches: dict[Any, list[ValidationError]] = {}
            for inner in error.context:
                branches.setdefault(inner.schema_path[0], []).append(inner)
            meant = [b for b in branches.values() if not any(e.validator == "type" and not e.path for e in b)]
            yield from _leaves(iter(meant[0])) if len(meant) == 1 else iter((error,))
        else:
            yield error


def _explain(root: Node, at: Route, error: ValidationError) -> Iterator[Finding]:
    route: Route = (*at, *error.absolute_path)
    here, where = place_of(root, route), render_route(route) or "the document"
    rule, value = error.validator, error.validator_value
    match rule:
        case "additionalProperties":
            known = list(error.schema.get("properties", {}))
            for name in sorted(set(error.instance) - set(known)):
                hint = did_you_mean(name, known) or f"known here: {', '.join(known)}"
                place = place_of(root, (*route, name), key=True)
                yield Finding(
                    code="unknown-field", place=place, sentence=f"{where} has no `{name}`", hint=hint
                )
        case "required":
            name = error.message.split("'")[1]
            meaning = error.schema.get("properties", {}).get(name, {}).get("description", "")
            yield Finding(code="missing-field", place=here, sentence=f"{where} needs `{name}`", hint=meaning)
        case "type":
            wanted = _WORDS.get(str(value), str(value))
            sentence = f"{where} is {_shown(error.instance)}; it must be {wanted}"
            yield Finding(code="wrong-type", place=here, sentence=sentence, hint=_meaning(error))
        case "enum" | "const":
            allowed = [str(item) for item in (value if rule == "enum" else [value])]
            hint = did_you_mean(str(error.instance), allowed) or f"known: {', '.join(allowed)}"
            sentence = f"{where} is {_shown(error.instance)}"
            yield Finding(code="unknown-value", place=here, sentence=sentence, hint=hint)
        case "format":
            sentence = f"{where} is {_shown(error.instance)}, which is no {value}"
            yield Finding(code="bad-date", place=here, sentence=sentence, hint="write it as YYYY-MM-DD")
        case _:
            sentence = f"{where} is {_shown(error.instance)}; {_limit(rule, value)}"
            yield Finding(code="bad-value", place=here, sentence=sentence, hint=_meaning(error))


def _limit(rule: str, value: Any) -> str:
    said = {
        "exclusiveMinimum": f"it must be more than {value}",
        "maxLength": f"it must have at most {value} characters",
        "maximum": f"it must be at most {value}",
        "minItems": "it must not be empty",
        "minLength": "it must not be empty",
        "minProperties": f"it must have at least {value} fields",
        "minimum": f"it must be at least {value}",
        "pattern": f"it must match {value}",
    }
    return said.get(rule, "it has none of the forms that it may have")


def _meaning(error: ValidationError) -> str:
    return str(error.schema.get("description", "")) if isinstance(error.schema, dict) else ""


def _shown(value: Any) -> str:
    if isinstance(value, dict | list):
        return "a mapping" if isinstance(value, dict) else f"a list of {len(value)}"
    if value is None:
        return "empty"
    text = str(value) if not isinstance(value, bool) else str(value).lower()
    return f"`{text if len(text) <= 60 else text[:59] + '…'}`"  # noqa: PLR2004 - one line of a screen


def did_you_mean(name: str, known: "list[str] | tuple[str, ...]") -> str:
    """Return `did you mean ...?` for the nearest known name, or nothing."""
    near = get_close_matches(name, known, n=1, cutoff=0.6)
    return f"did you mean `{near[0]}`?" if near else ""
