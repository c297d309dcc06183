"""Languages in which a comment right above a symbol is said about it."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from tree_sitter import Node

from gitcorpus.syntax.documented.symbol import Symbol, lines_of
from gitcorpus.syntax.nodes import text_of

_COMMENTS: Final = ("comment", "line_comment", "block_comment")
_BETWEEN: Final = ("attribute_item", "decorator", "template_parameter_list")
"""What may stand between a comment and its symbol."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Convention:
    """What is public in a language, and what a comment of documentation begins with."""

    kinds: Mapping[str, str]
    """Kinds of nodes, and the kind of symbol that each is."""
    inside: tuple[str, ...]
    """Kinds of nodes that are looked into for more."""
    begins: tuple[str, ...]
    is_public: Callable[[Node, str], bool]
    parameters: str = ""
    """The field that holds the parameters, where a comment can name them; or empty."""


def symbols_above(root: Node, convention: Convention) -> Iterator[Symbol]:
    """Yield the public symbols of a text."""
    waiting = [root]
    while waiting:
        node = waiting.pop()
        for child in node.named_children:
            if child.type in convention.kinds:
                yield from _symbol(child, convention)
            if child.type in convention.inside:
                waiting.append(child)


def _symbol(node: Node, convention: Convention) -> Iterator[Symbol]:
    name = _name(node)
    if not name or not convention.is_public(node, name):
        return
    outer = node.parent if node.parent is not None and node.parent.type in _WRAPS else node
    doc = _said_above(outer, convention.begins)
    listed = _field(node, convention.parameters) if convention.parameters else None
    names = tuple(_names(listed)) if listed is not None else ()
    kind = convention.kinds[node.type]
    yield Symbol(kind, name, node.start_point[0] + 1, lines_of(node), doc, names, _gives(node))


_WRAPS: Final = ("export_statement", "type_declaration", "template_declaration")


def _name(node: Node) -> str:
    """Return a symbol's name, through declarators and lists of one."""
    for field in ("name", "declarator"):
        found = node.child_by_field_name(field)
        if found is not None:
            return text_of(found) if not found.named_child_count else _name(found) or _name_inside(found)
    return ""


def _name_inside(node: Node) -> str:
    words = (each for each in node.named_children if each.type.endswith("identifier"))
    return text_of(next(words, None))


def _field(node: Node, name: str) -> Node | None:
    """Return a field of a node or of the declarators in it."""
    at: Node | None = node
    while at is not None:
        found = at.child_by_field_name(name)
        if found is not None:
            return found
        at = at.child_by_field_name("declarator") or at.child_by_field_name("value")
    return None


def _names(listed: Node) -> Iterator[str]:
    for each in listed.named_children:
        at = each
        for field in ("name", "pattern", "declarator"):
            at = at.child_by_field_name(field) or at
        while at.type != "identifier" and at.named_child_count:
            at = at.named_children[0]
        if at.type == "identifier" and not text_of(at).startswith("_"):
            yield text_of(at)


def _gives(node: Node) -> bool:
    said = node.child_by_field_name("type") or node.child_by_field_name("return_type")
    return node.type in ("method_declaration", "function_definition") and text_of(said) not in ("", "void")


def _said_above(node: Node, begins: tuple[str, ...]) -> str | None:
    """Return the comments that end right above a node."""
    said: list[str] = []
    row, before = node.start_point[0], node.prev_sibling
    while before is not None and _ends_at(before, row):
        if before.type in _COMMENTS:
            said.insert(0, text_of(before))
        elif before.type not in _BETWEEN:
            break
        row, before = before.start_point[0], before.prev_sibling
    found = [each for each in said if each.startswith(begins)]
    return "\n".join(_bare(each) for each in found) if found else None


def _ends_at(node: Node, row: int) -> bool:
    """Tell whether a node ends in the row above another; some comments hold their newline."""
    end, column = node.end_point
    return end == row - 1 if column else end == row


def _bare(comment: str) -> str:
    lines = (line.strip().lstrip("/*#!").removesuffix("*/").strip() for line in comment.split("\n"))
    return "\n".join(line for line in lines if line)


def _word(node: Node, *words: str) -> bool:
    """Tell whether one of some words stands among a node's modifiers."""
    found = (
        each
        for each in node.children
        if each.type in ("modifiers", "storage_class_specifier", "visibility_modifier")
    )
    return any(word in text_of(each).split() for each in found for word in words)


def _is_java(node: Node, _name: str) -> bool:
    overrides = any("@Override" in text_of(each) for each in node.children if each.type == "modifiers")
    parent = node.parent.type if node.parent is not None else ""
    return (_word(node, "public", "protected") or parent == "interface_body") and not overrides


def _is_exported(node: Node, name: str) -> bool:
    """Tell whether JavaScript exports a symbol, or the class that it is a method of."""
    at: Node | None = node
    hidden = name.startswith(("_", "#")) or any(text_of(each) == "private" for each in node.children)
    while at is not None and at.type != "export_statement":
        at = at.parent
    return (
        at is not None and not hidden and not (node.type == "variable_declarator" and not _is_function(node))
    )


def _is_function(node: Node) -> bool:
    value = node.child_by_field_name("value")
    return value is not None and value.type in ("arrow_function", "function_expression")


def _is_go(node: Node, name: str) -> bool:
    owner = (
        text_of(node.child_by_field_name("receiver")).strip("() ").split("*")[-1].split(" ")[-1].split("[")[0]
    )
    return name[:1].isupper() and (not owner or owner[:1].isupper())


_SCRIPT: Final = {
    "function_declaration": "function",
    "generator_function_declaration": "function",
    "class_declaration": "class",
    "method_definition": "method",
    "interface_declaration": "type",
    "type_alias_declaration": "type",
    "enum_declaration": "type",
}
_SCRIPTED: Final = Convention(
    kinds=_SCRIPT,
    inside=("export_statement", "class_declaration", "class_body"),
    begins=("/**",),
    is_public=_is_exported,
    parameters="parameters",
)
CONVENTIONS: Final[Mapping[str, Convention]] = {
    "bash": Convention(
        kinds={"function_definition": "function"},
        inside=(),
        begins=("#",),
        is_public=lambda _node, name: not name.startswith("_"),
    ),
    "c": Convention(
        kinds={"function_definition": "function"},
        inside=("preproc_ifdef", "preproc_if", "linkage_specification", "declaration_list"),
        begins=("/*", "//"),
        is_public=lambda node, name: not _word(node, "static") and name != "main",
        parameters="parameters",
    ),
    "cpp": Convention(
        kinds={"function_definition": "function", "class_specifier": "class"},
        inside=(
            "preproc_ifdef",
            "preproc_if",
            "linkage_specification",
            "declaration_list",
            "namespace_definition",
        ),
        begins=("/*", "//"),
        is_public=lambda node, name: not _word(node, "static") and name != "main" and "::" not in name,
        parameters="parameters",
    ),
    "go": Convention(
        kinds={"function_declaration": "function", "method_declaration": "method", "type_spec": "type"},
        inside=("type_declaration",),
        begins=("//", "/*"),
        is_public=_is_go,
    ),
    "java": Convention(
        kinds={
            "class_declaration": "class",
            "interface_declaration": "type",
            "enum_declaration": "type",
            "record_declaration": "type",
            "method_declaration": "method",
            "constructor_declaration": "method",
        },
        inside=("class_declaration", "class_body", "interface_declaration", "interface_body"),
        begins=("/**",),
        is_public=_is_java,
        parameters="parameters",
    ),
    "javascript": _SCRIPTED,
    "rust": Convention(
        kinds={
            "function_item": "function",
            "struct_item": "type",
            "enum_item": "type",
            "trait_item": "type",
        },
        inside=("impl_item", "declaration_list"),
        begins=("///", "/**"),
        is_public=lambda node, _name: _word(node, "pub"),
    ),
    "tsx": _SCRIPTED,
    "typescript": _SCRIPTED,
}
