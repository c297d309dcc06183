"""The record of a view against the shape of its format: what is missing, what has another shape, who speaks."""

from collections.abc import Iterator
from typing import Final

from gitcorpus.model.finding import Finding
from gitcorpus.model.format import FORMATS, MESSAGES, TOOL_MESSAGES, Format, Leaf, ListOf, Shape, Struct
from gitcorpus.spec.brief import brief
from gitcorpus.spec.documents import unknown
from gitcorpus.spec.nodes import Fields, Items, Node, Scalar

VALUE: Final = frozenset({"value"})
"""The one key of a mapping that stands for a plain value of a row: `{value: step.good}`."""
EACH: Final = frozenset({"each", "as", "give"})
"""The keys of a list's item that stands for several: `{each: steps, as: step, give: [...]}`."""

_CHAT_ROLES: Final = ("system", "user", "assistant")
_TURNS: Final = ("system", "human", "gpt")
_EXAMPLE: Final = 'for example `- {role: user, content: "{{ task.prompt }}"}`'
_SAID: Final = {
    Leaf.WORD: "is a word, or `{value: …}`",
    Leaf.FLAG: "is true or false, or `{value: …}`",
    Leaf.WHOLE: "is a whole number, or `{value: …}`",
}


def link_record(view: Fields) -> Iterator[Finding]:
    """Find what of a view's record does not fit its format."""
    known, node = FORMATS.get(view.text("format")), view.get("record")
    if known is None or (node is None and not known.declared):
        return
    if not isinstance(node, Fields):
        if node is None:
            sentence = f"the format `{view.text('format')}` needs a record"
            yield view.finding("record-misfit", sentence, "add `record:` with its fields")
        return
    yield from _missing(node, known, view.text("format"))
    for name, entry in node.entries.items():
        if name in known.said:
            yield from _misfits(entry.node, known.said[name], name)
        elif name in known.filled:
            yield entry.key.finding(
                "record-misfit", f"{brief(name)} is filled by the compiler", "leave it out"
            )
        else:
            yield from _misfits(entry.node, Leaf.TEXT, name)
    yield from _speakers(node, known)


def _missing(record: Fields, known: Format, name: str) -> Iterator[Finding]:
    for wanted in known.declared:
        if wanted not in record.entries:
            hint = f"add `{wanted}: …` to the record"
            yield record.finding("record-misfit", f"the format `{name}` needs the field `{wanted}`", hint)


def _misfits(node: Node, shape: Shape, name: str) -> Iterator[Finding]:
    match shape, node:
        case Leaf(), _:
            yield from _leaf(node, shape, name)
        case ListOf(), Items() if node.nodes:
            for item in node.nodes:
                yield from _item(item, shape.item, name)
        case ListOf(), _:
            yield _no_list(node, shape, name)
        case Struct(), Fields():
            yield from _struct(node, shape, name)
        case Struct(), _:
            names = " and ".join(f"`{each}`" for each in shape.fields)
            yield node.finding("record-misfit", f"{brief(name)} is a mapping with {names}")


def _leaf(node: Node, leaf: Leaf, name: str) -> Iterator[Finding]:
    if leaf is not Leaf.TEXT:
        if not _fits(node, leaf):
            yield node.finding("record-misfit", f"{brief(name)} {_SAID[leaf]}")
    elif not (isinstance(node, Scalar) and isinstance(node.value, str)):
        yield node.finding("record-misfit", f"{brief(name)} must be text", "write a template, in quotes")


def _no_list(node: Node, shape: ListOf, name: str) -> Finding:
    if shape in (MESSAGES, TOOL_MESSAGES):
        return node.finding("record-misfit", f"{brief(name)} is a list of roles and contents", _EXAMPLE)
    hint = "write `- …`, or `- {each: …, as: …, give: […]}` for one of each"
    return node.finding("record-misfit", f"{brief(name)} is a list", hint)


def _item(node: Node, shape: Shape, name: str) -> Iterator[Finding]:
    """Find what is wrong with one item, or with those that it stands for."""
    if not (isinstance(node, Fields) and frozenset(node.entries) == EACH):
        yield from _misfits(node, shape, name)
        return
    given = node.get("give")
    for word in ("each", "as"):
        said = node.get(word)
        if not (isinstance(said, Scalar) and isinstance(said.value, str)):
            yield node.finding("record-misfit", f"`{word}` is a name", "for example `each: steps, as: step`")
    if not isinstance(given, Items) or not given.nodes:
        yield node.finding("record-misfit", "`give` is a list of items", "write `give: […]`")
        return
    for item in given.nodes:
        yield from _item(item, shape, name)


def _struct(node: Fields, shape: Struct, name: str) -> Iterator[Finding]:
    needed = shape.fields.keys() - shape.optional
    if not needed <= set(node.entries) <= set(shape.fields):
        if {"role", "content"} <= set(shape.fields):
            yield node.finding("record-misfit", "a message has a `role` and a `content`, both text")
        else:
            names = ", ".join(f"`{each}`" for each in shape.fields)
            yield node.finding("record-misfit", f"{brief(name)} has the fields {names}")
    for inner, entry in node.entries.items():
        if inner in shape.fields:
            yield from _misfits(entry.node, shape.fields[inner], inner)


def _fits(node: Node, leaf: Leaf) -> bool:
    if isinstance(node, Fields):
        said = node.scalar("value")
        return frozenset(node.entries) == VALUE and said is not None and isinstance(said.value, str)
    if not isinstance(node, Scalar):
        return False
    match leaf:
        case Leaf.FLAG:
            return isinstance(node.value, bool)
        case Leaf.WHOLE:
            return isinstance(node.value, int) and not isinstance(node.value, bool)
        case _:
            return isinstance(node.value, str)


def _speakers(record: Fields, known: Format) -> Iterator[Finding]:
    """Find unknown roles, and lists of messages in which nobody answers who should."""
    for name, shape in known.said.items():
        node = record.get(name)
        if not isinstance(node, Items):
            continue
        if shape in (MESSAGES, TOOL_MESSAGES):
            roles = list(_said_by(node, "role"))
            allowed = (*_CHAT_ROLES, "tool") if shape == TOOL_MESSAGES else _CHAT_ROLES
            yield from unknown(roles, allowed, code="unknown-chat-role")
            if name != "prompt" and "assistant" not in {role.text for role in roles} and node.nodes:
                hint = "the answer is what a trainer learns"
                yield node.finding("record-misfit", "no message is the assistant's", hint)
        elif name == "conversations":
            yield from unknown(_said_by(node, "from"), _TURNS, code="unknown-chat-role")


def _said_by(node: Items, field: str) -> Iterator[Scalar]:
    for item in node.nodes:
        if not isinstance(item, Fields):
            continue
        given = item.get("give")
        if frozenset(item.entries) == EACH and isinstance(given, Items):
            yield from _said_by(given, field)
            continue
        found = item.scalar(field)
        if found is not None and isinstance(found.value, str):
            yield found
