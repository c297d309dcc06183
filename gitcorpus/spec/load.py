"""Loads everything under `specs/`: read, build, take over ready specs, discover, link.

All faults of all files are reported at once. A document that breaks its schema is left out of linking, and
names that only it could declare are then not missed.
"""

import hashlib
from typing import NamedTuple

from gitcorpus.canon import digest_value
from gitcorpus.model.contributors import Agreement, Contributors, Person
from gitcorpus.model.corpus import Corpus
from gitcorpus.model.curriculum import Curriculum
from gitcorpus.model.declaration import Declaration, Waiver
from gitcorpus.model.finding import Finding
from gitcorpus.model.place import Oid, Place
from gitcorpus.model.spec import Spec
from gitcorpus.model.view import ReleaseSpec, SpecFile, View
from gitcorpus.spec.build import (
    build_corpus,
    build_curriculum,
    build_declarations,
    build_people,
    build_waivers,
)
from gitcorpus.spec.build_view import build_release, build_view
from gitcorpus.spec.discover import discover_tasks
from gitcorpus.spec.document import Document, read_document
from gitcorpus.spec.fields import Fields
from gitcorpus.spec.link import Parts, link
from gitcorpus.spec.schema import did_you_mean
from gitcorpus.spec.sources import READY, SpecSource, ready_bytes, ready_names


class Loaded(NamedTuple):
    """A spec if nothing blocks it, and all findings."""

    spec: Spec | None
    findings: tuple[Finding, ...]


class _Builder:
    """Collects the parts of a spec, document by document."""

    def __init__(self, source: SpecSource) -> None:
        self.source = source
        self.findings: list[Finding] = []
        self.broken: set[str] = set()
        self.digests: list[list[str]] = []
        self.corpora: list[Corpus] = []
        self.curricula: list[Curriculum] = []
        self.gates: list[Declaration] = []
        self.people: list[Person] = []
        self.agreements: list[Agreement] = []
        self.views: list[View] = []
        self.releases: list[ReleaseSpec] = []
        self.waivers: list[Waiver] = []

    def file(self, path: str, data: bytes) -> None:
        self.digests.append([path, hashlib.sha256(data).hexdigest()])
        document, findings = read_document(path, data)
        self.findings += findings
        if document is None or not document.sound:
            self.broken.add("" if document is None else document.kind)
        else:
            self.add(document, self.source.spec_file(path))

    def add(self, document: Document, file: SpecFile) -> None:
        fields = Fields(document.root)
        match document.kind:
            case "Corpus":
                self.corpora.append(build_corpus(fields))
            case "Curriculum":
                curriculum, findings = discover_tasks(build_curriculum(fields), self.source)
                self.curricula.append(curriculum)
                self.findings += findings
            case "Gates":
                self.gates_of(fields)
            case "Contributors":
                people, agreements = build_people(fields)
                self.people += people
                self.agreements += agreements
            case "View":
                self.views.append(build_view(fields, file))
            case "Release":
                self.releases.append(build_release(fields))
            case _:
                self.waivers += build_waivers(fields)

    def gates_of(self, fields: Fields) -> None:
        own = build_declarations(fields)
        taken = {declaration.id for declaration in own}
        for name, place in fields.placed("extends"):
            for declaration in self.profile(name, place):
                if declaration.id not in taken:
                    self.gates.append(declaration)
        self.gates += own

    def profile(self, name: str, place: Place) -> tuple[Declaration, ...]:
        document, _ = self.ready("gates", name, place)
        return () if document is None else build_declarations(Fields(document.root))

    def ready(self, kind: str, name: str, place: Place) -> tuple[Document | None, SpecFile | None]:
        known = ready_names(kind)
        if name not in known:
            hint = did_you_mean(name, known) or f"ready ones: {', '.join(known)}"
            sentence = f"no ready spec is called `{name}`"
            self.findings.append(
                Finding(code="unknown-ready-spec", place=place, sentence=sentence, hint=hint)
            )
            return None, None
        file, data = ready_bytes(kind, name)
        self.digests.append([file.path, hashlib.sha256(data).hexdigest()])
        document, findings = read_document(file.path, data)
        self.findings += findings
        return document, file

    def ready_views(self) -> None:
        wanted = {
            name: release.place
            for release in self.releases
            for name in release.views
            if name.startswith(READY)
        }
        for name, place in wanted.items():
            document, file = self.ready("views", name, place)
            if document is not None and file is not None:
                self.views.append(build_view(Fields(document.root), file))

    def parts(self) -> Parts:
        contributors = Contributors(people=tuple(self.people), agreements=tuple(self.agreements))
        return Parts(
            corpora=tuple(self.corpora),
            curricula=tuple(self.curricula),
            gates=tuple(self.gates),
            contributors=contributors,
            views=tuple(self.views),
            releases=tuple(self.releases),
            waivers=tuple(self.waivers),
            broken=frozenset(self.broken),
            paths=frozenset(self.source.paths()),
        )


def load_specs(source: SpecSource, *, commit: Oid | None) -> Loaded:
    """Load and link all specs of a source.

    Args:
        source: where the files come from.
        commit: the commit they were read at, or none if they come from outside the repository.
    """
    builder = _Builder(source)
    files = source.spec_files()
    if not files:
        sentence = "there are no specs: no file `specs/**/*.yaml`"
        hint = "gitcorpus init DIR writes specs to start from"
        return Loaded(
            None, (Finding(code="no-specs", place=Place(path="specs"), sentence=sentence, hint=hint),)
        )
    for path in sorted(files):
        builder.file(path, files[path])
    builder.ready_views()
    parts = builder.parts()
    findings = sorted((*builder.findings, *link(parts)), key=_order)
    blocked = any(finding.blocks for finding in findings) or not parts.corpora
    digest = digest_value(sorted(builder.digests))
    spec = (
        None
        if blocked
        else Spec(
            corpus=parts.corpora[0],
            curricula=parts.curricula,
            gates=parts.gates,
            contributors=parts.contributors,
            views=parts.views,
            releases=parts.releases,
            waivers=parts.waivers,
            digest=digest,
            commit=commit,
        )
    )
    return Loaded(spec, tuple(findings))


def _order(finding: Finding) -> tuple[str, int, int, str]:
    return finding.place.path, finding.place.line or 0, finding.place.column or 0, finding.code
