"""One spec file: parsed, told by its kind, and checked against that kind's schema.

A document that has faults is still there as far as it could be read, so that its names are known and linked:
all faults are reported at once. `sound` tells whether its values may be built.
"""

import re
from typing import Final, NamedTuple, Protocol

from gitcorpus.model.finding import Finding
from gitcorpus.model.place import Oid, Place
from gitcorpus.model.view import SpecFile
from gitcorpus.spec.brief import brief, did_you_mean
from gitcorpus.spec.nodes import Fields, Scalar, Sheet
from gitcorpus.spec.schema import KINDS, MOST_FINDINGS, breaches
from gitcorpus.spec.yaml import parse_yaml

API_VERSION: Final = "gitcorpus/v1"
_MORE: Final = "more-findings"
_SHAPE: Final = frozenset({"unknown-field", "missing-field", "wrong-type", "duplicate-key", _MORE})
_KIND_LINE: Final = re.compile(r"kind:\s+[\"']?(\w+)")


class Document(NamedTuple):
    """A file that declares one thing; without a kind where not even that could be told."""

    file: SpecFile
    kind: str
    root: Fields | None
    findings: tuple[Finding, ...]

    @property
    def sound(self) -> bool:
        """Tell whether the document keeps its schema."""
        return not self.findings

    @property
    def names_may_lack(self) -> bool:
        """Tell whether names that the document meant to declare may be missing from what was read."""
        return self.root is None or not self.kind or any(finding.code in _SHAPE for finding in self.findings)


class Parse(Protocol):
    """Parses one spec file, as `parse_document` does."""

    def __call__(self, data: bytes, path: str, file: SpecFile, *, commit: Oid | None = None) -> Document:
        """Return the document that a file holds."""
        ...


def parse_document(data: bytes, path: str, file: SpecFile, *, commit: Oid | None = None) -> Document:
    """Parse one spec file and check it; `file` is what its templates' own lines have as their origin."""
    sheet, root, findings = parse_yaml(data, path, commit=commit)
    if root is None:
        return Document(file, _guess_kind(sheet), None, most(findings))
    if not isinstance(root, Fields):
        hint = f"begin with `apiVersion: {API_VERSION}` and `kind:`"
        fault = root.finding("wrong-type", "a spec is a mapping", hint)
        return Document(file, "", None, most((*findings, fault)))
    kind, faults = _kind(root)
    if kind:
        faults += breaches(root, kind.lower())
    return Document(file, kind, root, most((*findings, *faults)))


def most(findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """Return the findings of a file in its order; past the most that are shown, say that there are more."""
    ordered = sorted(findings, key=in_order)
    if len(ordered) <= MOST_FINDINGS:
        return tuple(ordered)
    shown = ordered[:MOST_FINDINGS]
    return (*shown, more_findings(shown[-1].place, "this file", MOST_FINDINGS))


def more_findings(place: Place, what: str, number: int) -> Finding:
    """Say that there are more findings than are shown."""
    sentence = f"{what} has more than the {number} findings that are shown"
    return Finding(code=_MORE, place=place, sentence=sentence, hint="mend these first")


def in_order(finding: Finding) -> tuple[str, int, int, bool, str, str]:
    """Order findings by their place; that there are more comes last."""
    place, code = finding.place, finding.code
    return place.path, place.line or 0, place.column or 0, code == _MORE, code, finding.sentence


def _guess_kind(sheet: Sheet) -> str:
    """Tell the kind of a file that is no YAML by the line that says it, if there is one."""
    said = (found[1] for line in sheet.lines if (found := _KIND_LINE.match(line)))
    return next((name for name in said if name in KINDS), "")


def _kind(root: Fields) -> tuple[str, tuple[Finding, ...]]:
    """Return the document's kind if it is known, and what is wrong with how the document begins."""
    node = root.get("kind")
    if node is None:
        known = ", ".join(KINDS)
        return "", (root.finding("missing-field", "the document does not say its `kind`", f"known: {known}"),)
    name = node.text if isinstance(node, Scalar) else ""
    if name not in KINDS:
        hint = did_you_mean(name, KINDS)
        return "", (node.finding("unknown-kind", f"there is no kind {brief(name)}", hint),)
    if tuple(root.entries)[:2] != ("apiVersion", "kind") and "apiVersion" in root.entries:
        spot = next(iter(root.entries.values())).key
        sentence = "a spec begins with `apiVersion` and then `kind`"
        return name, (spot.finding("header-not-first", sentence, "move these two lines to the top"),)
    return name, ()
