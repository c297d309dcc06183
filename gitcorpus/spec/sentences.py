"""A breach of a JSON Schema in words: what stands there, what may stand there, and what to do now."""

import re
from collections.abc import Iterator
from fractions import Fraction
from typing import Any, Final

from gitcorpus.model.finding import Finding
from gitcorpus.model.place import Route
from gitcorpus.spec.brief import brief, did_you_mean
from gitcorpus.spec.nodes import Fields, Node, Scalar, reach

_TYPES: Final = {
    "array": "a list", "boolean": "true or false", "integer": "a whole number", "null": "empty",
    "number": "a number", "object": "a mapping", "string": "text",
}  # fmt: skip
_BOUNDS: Final = {
    "exclusiveMinimum": ("out-of-range", "must be more than {}"),
    "maximum": ("out-of-range", "must be at most {}"),
    "minimum": ("out-of-range", "must be at least {}"),
    "maxItems": ("wrong-length", "has more than {} items"),
    "minItems": ("wrong-length", "needs at least {} item"),
    "maxLength": ("wrong-length", "has more than {} characters"),
    "minLength": ("wrong-length", "is empty"),
    "minProperties": ("wrong-length", "needs at least {} field"),
}


def explain(error: Any, root: Node) -> Iterator[Finding]:
    """Yield the findings of one jsonschema error, at the nodes below a root that it is about."""
    node = reach(root, tuple(error.absolute_path))
    match error.validator:
        case "additionalProperties" if isinstance(node, Fields):
            yield from _unknown_fields(error.schema, node)
        case "required" if isinstance(node, Fields):
            yield from _missing_fields(error.schema, node)
        case "type":
            yield _wrong_type(error, node)
        case "enum" | "const":
            yield _unknown_value(error, node)
        case "format":
            hint = "write it as YYYY-MM-DD"
            yield node.finding(
                "bad-date", f"{_name(node)} is {brief(error.instance)}, which is no date", hint
            )
        case "pattern":
            yield _bad_text(error, node)
        case bound:
            code, sentence = _BOUNDS[bound]
            limit = error.validator_value
            yield node.finding(code, f"{_name(node)} {sentence.format(limit)}", _meaning(error.schema))


def _unknown_fields(schema: Any, node: Fields) -> Iterator[Finding]:
    known = tuple(schema.get("properties", {}))
    for name, entry in node.entries.items():
        if name not in known:
            hint = did_you_mean(name, (field for field in known if field not in node.entries))
            yield entry.key.finding("unknown-field", f"{_owner(node)} has no field {brief(name)}", hint)


def _missing_fields(schema: Any, node: Fields) -> Iterator[Finding]:
    # jsonschema reports each missing field on its own and names it in its message alone, so all are said
    # for each of them; the caller drops what is said twice.
    for name in schema["required"]:
        if name not in node.entries:
            hint = f"add `{name}: …`. {_meaning(schema['properties'].get(name, {}))}".removesuffix(". ")
            yield node.finding("missing-field", f"{_owner(node)} lacks the field `{name}`", hint)


def _wrong_type(error: Any, node: Node) -> Finding:
    wanted = error.validator_value
    names = [_TYPES[kind] for kind in ([wanted] if isinstance(wanted, str) else wanted)]
    sentence = f"{_name(node)} is {_type_of(error.instance)}, it must be {' or '.join(names)}"
    hint = _meaning(error.schema) if node.route else ""
    if isinstance(node, Scalar) and "string" in wanted and error.instance is not None:
        hint = _as_text(error.schema, node.text)
    elif isinstance(node, Scalar) and wanted == "array" and error.instance is not None:
        hint = f"write a list: [{node.text[:40]}]"
    elif error.instance is None:
        hint = "give it a value, or remove it"
    return node.finding("wrong-type", sentence, hint)


def _as_text(schema: Any, text: str) -> str:
    """Say how to write a number or a flag where text is wanted; in quotes, unless it would be wrong all the same."""
    pattern = re.compile(schema.get("pattern", ""))
    if schema.get("format") == "date":
        return "write it as YYYY-MM-DD"
    if pattern.search(text):
        return f'quote it: "{text[:40]}"'
    with_unit = f"{text[:40]}s"
    return f"write `{with_unit}` for seconds" if pattern.search(with_unit) else _meaning(schema)


def _unknown_value(error: Any, node: Node) -> Finding:
    value = error.validator_value
    allowed = [str(item) for item in (value if error.validator == "enum" else [value])]
    shown = brief(error.instance) if isinstance(node, Scalar) else _type_of(error.instance)
    hint = (
        did_you_mean(str(error.instance), allowed)
        if isinstance(node, Scalar)
        else f"known: {', '.join(allowed)}"
    )
    return node.finding("unknown-value", f"{_name(node)} is {shown}, which means nothing here", hint)


def _bad_text(error: Any, node: Node) -> Finding:
    """Word a breach of `pattern`; one by a mapping is about the name of one of its fields."""
    meaning = _meaning(error.schema)
    if isinstance(node, Fields):
        key = node.entries[error.instance].key
        return key.finding("bad-name", f"{brief(error.instance)} cannot be the name of a field here", meaning)
    return node.finding("bad-value", f"{_name(node)} cannot be {brief(error.instance)}", meaning)


def _meaning(schema: Any) -> str:
    return str(schema.get("description", "")) if isinstance(schema, dict) else ""


def _type_of(value: Any) -> str:
    names = {
        type(None): "empty",
        bool: "true or false",
        int: "a whole number",
        Fraction: "a decimal",
        str: "text",
    }
    return names.get(type(value), "a list" if isinstance(value, list) else "a mapping")


def _owner(node: Node) -> str:
    return _name(node) if node.route else "the document"


def _name(node: Node) -> str:
    """Name a node by the last field on its route: `tasks[3]`."""
    return f"`{_last_field(node.route)}`" if node.route else "the document"


def _last_field(route: Route) -> str:
    text = ""
    for step in reversed(route):
        if isinstance(step, str):
            return step[:48] + text
        text = f"[{step}]{text}"
    return text
