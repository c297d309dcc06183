"""YAML bytes to a tree of nodes, in bounded time and memory.

The parser's events are taken one by one, so that a hostile file ends the reading and not the process: bytes,
depth and nodes are capped, and an alias counts as much as what it repeats. No constructor is used, so that no
value can become an object. Faults of the syntax end the reading; all others are collected.
"""

from typing import Any, NamedTuple

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.events import DocumentStartEvent

from gitcorpus.model.finding import Finding
from gitcorpus.model.place import Oid
from gitcorpus.spec.characters import read_text
from gitcorpus.spec.compose import Composer, StopReadingError
from gitcorpus.spec.nodes import Node, Sheet
from gitcorpus.spec.syntax_faults import explain_fault


class Parsed(NamedTuple):
    """The root of the one document, none where the file could not be read to its end, and every fault."""

    sheet: Sheet
    root: Node | None
    findings: tuple[Finding, ...]


def parse_yaml(data: bytes, path: str, *, commit: Oid | None = None) -> Parsed:
    """Parse the one document of a file."""
    sheet, fault = read_text(data, path, commit)
    if fault:
        return Parsed(sheet, None, (fault,))
    composer = Composer(sheet)
    try:
        _feed(composer, data.decode("utf-8-sig"))
    except StopReadingError as stop:
        return Parsed(sheet, None, (*composer.findings, stop.finding))
    except YAMLError as error:
        return Parsed(sheet, None, (*composer.findings, explain_fault(error, sheet)))
    except (ValueError, OverflowError):  # ruamel: an escape such as "\UFFFFFFFF" that names no character
        sentence, hint = "an escape names a character that does not exist", "mend the `\\x`, `\\u` or `\\U`"
        finding = Finding(code="not-yaml", place=sheet.place(composer.line), sentence=sentence, hint=hint)
        return Parsed(sheet, None, (*composer.findings, finding))
    if composer.root is None and not composer.findings:
        hint = "begin with `apiVersion: gitcorpus/v1` and `kind:`"
        empty = Finding(
            code="empty-document", place=sheet.place(1), sentence="the file declares nothing", hint=hint
        )
        return Parsed(sheet, None, (empty,))
    return Parsed(sheet, composer.root, tuple(composer.findings))


def _feed(composer: Composer, text: str) -> None:
    parser: Any = YAML(typ="safe", pure=True)
    n_documents = 0
    for event in parser.parse(text):
        if isinstance(event, DocumentStartEvent):
            n_documents += 1
            composer.document(event, n_documents)
        composer.take(event)
