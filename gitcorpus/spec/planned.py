"""Fields that the language knows and this version does not act on: their schemas mark them `refused`.

A spec that uses one is refused when it is checked, and a tag whose specs have one is not compiled.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from gitcorpus.model.finding import Finding
from gitcorpus.spec.documents import Documents
from gitcorpus.spec.nodes import Fields, Items, Node, plain
from gitcorpus.spec.schema import KINDS, schema_of

USE: Final = "x-use"
"""The keyword of a schema that says what becomes of a field: `enforced`, `shown` or `refused`."""
REFUSED: Final = "refused"
_INSTEAD: Final = "x-instead"
"""The keyword that says what to write in a refused field's place."""


class Unbuilt(NamedTuple):
    """A field that is not built yet, and the way out."""

    name: str
    hint: str


def unbuilt_fields(kind: str) -> tuple[Unbuilt, ...]:
    """Return the fields at the top of a kind's documents that are refused."""
    properties = schema_of(kind.lower())["properties"]
    return tuple(_unbuilt(name, inner) for name, inner in properties.items() if inner.get(USE) == REFUSED)


def link_planned(specs: Documents) -> Iterator[Finding]:
    """Find every field that is not built yet."""
    for kind in KINDS:
        for root in specs.roots(kind):
            yield from _below(root, schema_of(kind.lower()), kind)


def _below(node: Node | None, schema: Mapping[str, Any], kind: str) -> Iterator[Finding]:
    if isinstance(node, Items) and isinstance(schema.get("items"), dict):
        for item in node.nodes:
            yield from _below(item, schema["items"], kind)
    if not isinstance(node, Fields):
        return
    for name, entry in node.entries.items():
        inner = schema.get("properties", {}).get(name) or schema.get("additionalProperties")
        if not isinstance(inner, dict):
            continue
        if inner.get(USE) != REFUSED:
            yield from _below(entry.node, inner, kind)
        elif "default" not in inner or plain(entry.node) != inner["default"]:
            sentence = f"the {kind.lower()} asks for `{name}`, which this version does not do yet"
            yield entry.key.finding("not-built-yet", sentence, _unbuilt(name, inner).hint)


def _unbuilt(name: str, schema: Mapping[str, Any]) -> Unbuilt:
    instead = schema.get(_INSTEAD)
    return Unbuilt(name, f"leave `{name}` out" + (f"; {instead}" if instead else ""))
