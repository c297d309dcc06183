"""One spec file: read, told by its kind, and checked against that kind's schema."""

from typing import NamedTuple

from gitcorpus.model.finding import Finding
from gitcorpus.model.place import Place
from gitcorpus.spec.schema import KINDS, breaches, did_you_mean
from gitcorpus.spec.yaml import Mapping, Scalar, parse_yaml


class Document(NamedTuple):
    """A file that declares one thing. `sound` tells that it keeps its schema."""

    path: str
    kind: str
    root: Mapping
    sound: bool


def read_document(path: str, data: bytes) -> tuple[Document | None, tuple[Finding, ...]]:
    """Return the document, if its kind can be told, and every fault of the file."""
    root, findings = parse_yaml(data, path)
    start = Place(path=path, line=1, column=1)
    if root is None and not findings:
        sentence, hint = "the file is empty", "begin with `apiVersion: gitcorpus/v1` and `kind:`"
        return None, (Finding(code="no-kind", place=start, sentence=sentence, hint=hint),)
    if root is None:
        return None, findings
    if not isinstance(root, Mapping):
        sentence = "a spec is a mapping that begins with `apiVersion:` and `kind:`"
        return None, (*findings, Finding(code="no-kind", place=root.place, sentence=sentence))
    kind = root.pair("kind")
    if kind is None or not isinstance(kind.value, Scalar):
        hint = f"add one of: {', '.join(KINDS)}"
        return None, (*findings, Finding(code="no-kind", place=root.place, sentence="no `kind:`", hint=hint))
    if kind.value.text not in KINDS:
        hint = did_you_mean(kind.value.text, KINDS) or f"known: {', '.join(KINDS)}"
        sentence = f"there is no kind `{kind.value.text}`"
        found = Finding(code="unknown-kind", place=kind.value.place, sentence=sentence, hint=hint)
        return None, (*findings, found)
    findings = (*findings, *breaches(root, kind.value.text.lower()))
    return Document(path, kind.value.text, root, sound=not findings), findings
