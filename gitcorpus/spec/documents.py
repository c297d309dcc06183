"""All documents of one load, and the questions that linking asks of them.

Linking looks at nodes and not at built values, so that each name has its own place, and so that the faults of
a document's shape do not hide the faults of its names.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from gitcorpus.model.finding import Finding
from gitcorpus.spec.brief import brief, did_you_mean
from gitcorpus.spec.document import Document
from gitcorpus.spec.nodes import Fields, Node, Scalar
from gitcorpus.spec.select import select, select_keys, select_texts


class Documents(NamedTuple):
    """The documents in the order of their paths: the corpus's own, then the ready ones that it takes over."""

    own: tuple[Document, ...]
    ready: tuple[Document, ...] = ()

    def roots(self, kind: str) -> Iterator[Fields]:
        """Yield the roots of all documents of a kind, ready ones included."""
        for document in (*self.own, *self.ready):
            if document.kind == kind and document.root is not None:
                yield document.root

    def nodes(self, kind: str, path: str) -> Iterator[Node]:
        """Yield the nodes at a path of all documents of a kind."""
        for root in self.roots(kind):
            yield from select(root, path)

    def fields(self, kind: str, path: str) -> Iterator[Fields]:
        """Yield the mappings at a path of all documents of a kind."""
        return (node for node in self.nodes(kind, path) if isinstance(node, Fields))

    def texts(self, kind: str, path: str) -> Iterator[Scalar]:
        """Yield the texts at a path of all documents of a kind."""
        for root in self.roots(kind):
            yield from select_texts(root, path)

    def keys(self, kind: str, path: str) -> Iterator[Scalar]:
        """Yield the keys of the mappings at a path of all documents of a kind."""
        for root in self.roots(kind):
            yield from select_keys(root, path)

    def names(self, kind: str, path: str) -> Mapping[str, Scalar]:
        """Return the names that stand at a path, each with its first place."""
        found: dict[str, Scalar] = {}
        for node in self.texts(kind, path):
            found.setdefault(node.text, node)
        return found

    def declares_all(self, kind: str) -> bool:
        """Tell whether every name of a kind could be read, so that one that is not there is missing."""
        return not any(d.names_may_lack for d in (*self.own, *self.ready) if d.kind in ("", kind))


def unknown(nodes: Iterable[Scalar], known: Iterable[str], *, code: str) -> Iterator[Finding]:
    """Yield a finding for each name that is not known; the code says what it names: `unknown-view`."""
    what, names = code.removeprefix("unknown-"), tuple(known)
    lookup = frozenset(names)
    for node in nodes:
        if node.text not in lookup:
            sentence = f"there is no {what} {brief(node.text)}"
            yield node.finding(code, sentence, did_you_mean(node.text, names))


def twice(nodes: Iterable[Scalar], *, code: str) -> Iterator[Finding]:
    """Yield a finding for each name that stands twice; the code says what it names: `duplicate-view`."""
    what = code.removeprefix("duplicate-")
    first: dict[str, Scalar] = {}
    for node in nodes:
        before = first.setdefault(node.text, node)
        if before is not node:
            sentence = f"the {what} {brief(node.text)} is declared at {before.place} already"
            yield node.finding(code, sentence, "give one of the two another name")
