"""Loads everything under `specs/`: parse, check, take ready specs over, link, discover, build.

All faults of all files are reported at once, and none of them because of another. What is read is bounded:
files, bytes of one and of all, values of one, findings of one.
"""

from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from itertools import islice
from typing import Final, NamedTuple

from gitcorpus.canon import digest_bytes, digest_value
from gitcorpus.model.curriculum import Curriculum
from gitcorpus.model.declaration import Declaration
from gitcorpus.model.finding import Finding
from gitcorpus.model.place import Digest, Oid, Place
from gitcorpus.model.rules import RulePack
from gitcorpus.model.secret import SecretPack
from gitcorpus.model.spec import Spec
from gitcorpus.model.view import SpecFile, View
from gitcorpus.spec.build_corpus import build_corpus
from gitcorpus.spec.build_curriculum import build_curriculum
from gitcorpus.spec.build_gates import build_declarations, build_waivers
from gitcorpus.spec.build_people import build_contributors
from gitcorpus.spec.build_rules import build_rules
from gitcorpus.spec.build_secret_rules import build_secret_rules
from gitcorpus.spec.build_views import build_release, build_view
from gitcorpus.spec.discover import discover_tasks
from gitcorpus.spec.document import Document, Parse, in_order, more_findings, parse_document
from gitcorpus.spec.documents import Documents
from gitcorpus.spec.link import link
from gitcorpus.spec.link_rules import READY_RULES, ready_packs
from gitcorpus.spec.link_secret_rules import SECRET_RULES
from gitcorpus.spec.sources import READY, SpecSource, Unread, read_ready, ready_names

MAX_FILES: Final = 1000
MAX_TOTAL_BYTES: Final = 4 << 20
_MOST_LINK_FINDINGS: Final = 1000


class Loaded(NamedTuple):
    """The spec, none if anything blocks it, and all findings."""

    spec: Spec | None
    findings: tuple[Finding, ...]
    documents: Documents = Documents(())
    """What was read, as far as it could be."""

    @property
    def views(self) -> tuple[View, ...]:
        """The views that keep their schema, whatever else is wrong with the specs."""
        return _views(self.documents)


class _Read(NamedTuple):
    """A document, and the path and the digest of its bytes, which the digest of all specs is made of."""

    path: str
    digest: Digest
    document: Document


def load_specs(
    source: SpecSource, *, commit: Oid | None, discovers: bool = True, parse: Parse = parse_document
) -> Loaded:
    """Load and link all specs of a source.

    Args:
        source: where the files come from, and the tree that they speak about.
        commit: the commit that they were read at; none if they come from outside the repository.
        discovers: whether units find their tasks in the source's tree; else they have those alone that they list.
        parse: parses one file, or knows what it was when it was parsed before.
    """
    own = tuple(_read_own(source, commit, parse))
    if not own:
        hint = "`gitcorpus init` writes specs to start from"
        place = Place(path="specs", commit=commit)
        none = Finding(code="no-specs", place=place, sentence="there is no file specs/**/*.yaml", hint=hint)
        return Loaded(None, (none,))
    ready = tuple(_read_ready(own))
    documents = Documents(tuple(read.document for read in own), tuple(read.document for read in ready))
    sound = [d.root for d in documents.own if d.sound and d.root and d.kind == "Curriculum"]
    listed = tuple(map(build_curriculum, sound))
    curricula, faults = discover_tasks(listed, source) if discovers else (listed, ())
    found = [finding for read in (*own, *ready) for finding in read.document.findings]
    linked = link(documents, lambda path: source.size(path) is not None)
    found += (*faults, *islice(linked, _MOST_LINK_FINDINGS))
    found += (more_findings(found[-1].place, "the specs", len(found)) for _ in islice(linked, 1))
    findings = tuple(sorted(dict.fromkeys(found), key=in_order))
    if any(finding.blocks for finding in findings):
        return Loaded(None, findings, documents)
    digest = digest_value(sorted([read.path, read.digest] for read in (*own, *ready)))
    return Loaded(_build(documents, curricula, digest, commit), findings, documents)


def _views(documents: Documents) -> tuple[View, ...]:
    """Build the sound views, each of a name once."""
    built = [
        build_view(document.root, document.file)
        for document in (*documents.own, *documents.ready)
        if document.kind == "View" and document.root and document.sound
    ]
    return tuple({view.name: view for view in reversed(built)}.values())[::-1]


def _read_own(source: SpecSource, commit: Oid | None, parse: Parse = parse_document) -> Iterator[_Read]:
    """Read the spec files in the order of their paths, as long as they stay within bounds."""
    files = source.spec_files()
    n_bytes = 0
    for number, path in enumerate(sorted(files)):
        data = files[path]
        n_bytes += len(data) if isinstance(data, bytes) else 0
        if number >= MAX_FILES or n_bytes > MAX_TOTAL_BYTES:
            sentence = (
                f"the specs have more than {MAX_FILES} files or {MAX_TOTAL_BYTES} bytes; this one is not read"
            )
            yield _unread(path, commit, Unread("specs-too-large", sentence))
            return
        if isinstance(data, Unread):
            yield _unread(path, commit, data)
        elif not path.isprintable():
            yield _unread(path, commit, Unread("bad-spec-path", f"{path!a} has characters that do not print"))
        else:
            document = parse(data, path, source.spec_file(path), commit=commit)
            yield _Read(path, digest_bytes(data), document)


def _unread(path: str, commit: Oid | None, why: Unread) -> _Read:
    place = Place(path=path, commit=commit)
    finding = Finding(
        code=why.code, place=place, sentence=why.sentence, hint="make it a file that can be read"
    )
    file = SpecFile(path=path, blob=Oid(""), commit=commit)
    return _Read(path, Digest(""), Document(file, "", None, (finding,)))


def _read_ready(own: tuple[_Read, ...]) -> Iterator[_Read]:
    """Read the ready specs that the corpus's own take over, each once."""
    documents = Documents(tuple(read.document for read in own))
    wanted = (
        ("gates", documents.texts("Gates", "extends[]")),
        ("views", documents.texts("Release", "views[]")),
    )
    gates: tuple[Document, ...] = ()
    for folder, nodes in wanted:
        names = dict.fromkeys(node.text for node in nodes if node.text.startswith(READY))
        ready = tuple(_ready(folder, name) for name in names if name in ready_names(folder))
        gates += tuple(read.document for read in ready)
        yield from ready
    yield from (_ready(READY_RULES, name) for name in ready_packs(Documents(documents.own, gates)))


@cache
def _ready(folder: str, name: str) -> _Read:
    file, data = read_ready(folder, name)
    return _Read(file.path, digest_bytes(data), parse_document(data, file.path, file, commit=None))


def _build(
    documents: Documents, curricula: tuple[Curriculum, ...], digest: Digest, commit: Oid | None
) -> Spec:
    return Spec(
        corpus=next(map(build_corpus, documents.roots("Corpus"))),
        curricula=curricula,
        gates=_gates(documents),
        contributors=build_contributors(documents.roots("Contributors")),
        views=_views(documents),
        releases=tuple(map(build_release, documents.roots("Release"))),
        waivers=tuple(waiver for root in documents.roots("Waivers") for waiver in build_waivers(root)),
        rules=_packs(documents.own),
        secret_rules=_secret_packs(documents.own),
        digest=digest,
        commit=commit,
    )


def load_packs(source: SpecSource) -> tuple[RulePack, ...]:
    """Return the sound rule packs of a source, whatever else is wrong with its specs."""
    return _packs(tuple(read.document for read in _read_own(source, None)))


def _packs(documents: tuple[Document, ...]) -> tuple[RulePack, ...]:
    return tuple(
        build_rules(document.root, document.root.text("id"), Digest(document.file.blob))
        for document in documents
        if document.kind == "Rules" and document.root and document.sound
    )


def load_secret_packs(source: SpecSource) -> tuple[SecretPack, ...]:
    """Return the sound packs of secrets of a source, whatever else is wrong with its specs."""
    return _secret_packs(tuple(read.document for read in _read_own(source, None)))


def _secret_packs(documents: tuple[Document, ...]) -> tuple[SecretPack, ...]:
    return tuple(
        build_secret_rules(document.root, Digest(document.file.blob))
        for document in documents
        if document.kind == "SecretRules" and document.root and document.sound
    )


@cache
def ready_secret_pack() -> SecretPack:
    """Return the pack that judges besides the engine's own rules: secrets of no known provider."""
    (name,) = ready_names(SECRET_RULES)
    document = _ready(SECRET_RULES, name).document
    if document.root is None:
        raise ValueError(name)
    return build_secret_rules(document.root, Digest(document.file.blob))


def ready_pack(name: str) -> RulePack | None:
    """Return a ready pack of rules by the name that specs write, or none."""
    if name not in ready_names(READY_RULES):
        return None
    document = _ready(READY_RULES, name).document
    return build_rules(document.root, name, Digest(document.file.blob)) if document.root else None


def _gates(documents: Documents) -> tuple[Declaration, ...]:
    """Merge by id: a later profile replaces an earlier one's gate, the corpus's own replaces either."""
    ready, own = Documents(documents.ready), Documents(documents.own)
    profiles = own.names("Gates", "extends[]")
    brought = {read_ready("gates", name)[0].path: node.place for name, node in profiles.items()}
    merged = {
        gate.id: replace(gate, brought_at=brought.get(gate.place.path))
        for side in (ready, own)
        for root in side.roots("Gates")
        for gate in build_declarations(root)
    }
    return tuple(merged.values())
