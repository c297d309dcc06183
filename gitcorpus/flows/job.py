"""What a release is compiled from: the tag, its specs, its verdict, and the gates that judge releases."""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

from gitcorpus.catalog.derived import OF_STEPS, Wish
from gitcorpus.catalog.refused import with_kept
from gitcorpus.catalog.steps import Mark, marks_at
from gitcorpus.compiler.bind import refuse_unbound
from gitcorpus.compiler.choose import (
    choose_release,
    choose_tag,
    load_sound_specs,
    refuse_planned,
)
from gitcorpus.compiler.verdicts import Backing, choose_verdict
from gitcorpus.errors import RefusedError, UnjudgedError
from gitcorpus.flows.compiled import reader_of, view_faults
from gitcorpus.flows.unbacked import unbacked
from gitcorpus.gates.candidates import build_candidate
from gitcorpus.gates.runner import run_gates
from gitcorpus.gates.sources import LANDED, SnapshotSource
from gitcorpus.git.attribution.blame import Extent
from gitcorpus.git.attribution.ignored import read_ignored
from gitcorpus.git.history import ancestry, refuse_shallow
from gitcorpus.git.listing import list_tree
from gitcorpus.git.repo import Repo, Snapshot
from gitcorpus.ledger import Ledger
from gitcorpus.model.declaration import Stage
from gitcorpus.model.entry import Entry
from gitcorpus.model.place import ZERO_OID, Oid
from gitcorpus.model.push import RefUpdate
from gitcorpus.model.release import ReleaseRequest
from gitcorpus.model.server import Server
from gitcorpus.model.spec import Spec
from gitcorpus.model.tree import Commit, Tag, TreeEntry, moment_of
from gitcorpus.model.verdict import GateState
from gitcorpus.model.view import ReleaseSpec, Selection, View
from gitcorpus.spec.build_views import MAX_FILE_BYTES
from gitcorpus.spec.licences import licence_paths
from gitcorpus.spec.sources import READY, DirectorySource, SpecSource

ATTRIBUTES: Final = ".gitattributes"
"""What git calls a file that declares attributes."""


@dataclass(frozen=True, kw_only=True)
class Job:
    """Everything that a release is compiled from, found and checked."""

    repo: Repo
    tag: Tag
    snapshot: Snapshot
    source: SpecSource
    spec: Spec
    release: ReleaseSpec
    entries: tuple[Entry, ...]
    """What the ledger said when it accepted the tag's commit; what came later changes no release."""
    backing: Backing | None
    """The verdict that stands behind the release; none for an unverified one."""
    given: tuple[Mark, ...] | None = None
    """The marks that are to count, if they are not those that the repository has now."""

    @cached_property
    def commits(self) -> tuple[Commit, ...]:
        """All commits that the tag holds, oldest first."""
        return ancestry(self.repo, self.tag.commit)

    @cached_property
    def marks(self) -> tuple[Mark, ...]:
        """The tags that label steps or select commits, as far as the views and the release ask for them."""
        if self.given is not None:
            return self.given
        labels = bool(Wish.of_views(self.views).tables & OF_STEPS)
        return marks_at(self.repo, self.tag.commit, self.release.selection.commits, labels=labels)

    @cached_property
    def listing(self) -> tuple[TreeEntry, ...]:
        """Every file of the tagged tree."""
        return list_tree(self.repo, self.tag.commit, most=LANDED)

    @cached_property
    def attributes(self) -> tuple[tuple[str, Oid], ...]:
        """The files of the tree that declare git attributes, with their blobs."""
        return tuple(
            (each.path, each.oid) for each in self.listing if each.path.rpartition("/")[2] == ATTRIBUTES
        )

    @cached_property
    def extent(self) -> Extent:
        """How far back the corpus wants lines followed."""
        origins = self.spec.corpus.origins
        commit = self.tag.commit
        return Extent(
            origins.moved, read_ignored(self.repo, commit, origins.ignored) if origins.ignored else ()
        )

    def license_text(self, name: str) -> str | None:
        """Return the text of a licence, if the tagged tree has it where REUSE looks for it, or at its root."""
        for path in licence_paths(name):
            if self.snapshot.size(path) is not None:
                return self.snapshot.read(path).decode("utf-8", "replace")
        return None

    @property
    def views(self) -> tuple[View, ...]:
        """The views of the release, in its order."""
        return views_of(self.spec, self.release)


def views_of(spec: Spec, release: ReleaseSpec) -> tuple[View, ...]:
    """Return the views of a release, in its order."""
    named = {view.name: view for view in spec.views}
    return tuple(named[name.removeprefix(READY)] for name in release.views)


def whole_tree(spec: Spec) -> ReleaseSpec:
    """Return what takes all of a tree, for whoever asks about a tag that no release spec compiles."""
    return ReleaseSpec(
        name="",
        tags="",
        selection=Selection(),
        views=(),
        order="",
        license="",
        max_file_bytes=MAX_FILE_BYTES,
        anonymize=None,
        sources=(),
        place=spec.corpus.place,
    )


def open_job(request: ReleaseRequest) -> Job:
    """Find the tag, its specs and its verdict."""
    repo = with_kept(Repo.open(request.repository))
    refuse_shallow(repo)
    tag = choose_tag(repo, request.tag)
    snapshot = repo.snapshot(tag.commit)
    tree = SnapshotSource(snapshot, limit=LANDED)
    source: SpecSource = tree if request.specs is None else DirectorySource(request.specs, tree)
    spec = load_sound_specs(source, commit=tag.commit if request.specs is None else None)
    release = choose_release(spec, tag.name)
    refuse_planned(release)
    own = [view for view in views_of(spec, release) if not view.file.path.startswith(READY)]
    refuse_unbound(own, reader_of(source))
    judge_release(repo, tag, spec)
    ledger = Ledger.of(repo.path)
    entries = tuple(ledger.entries()) if ledger.exists else ()
    backing = None if request.unverified else backed(repo, tag, release, entries)
    return Job(
        repo=repo,
        tag=tag,
        snapshot=snapshot,
        source=source,
        spec=spec,
        release=release,
        entries=entries[: backing.number + 1] if backing is not None else (),
        backing=backing,
        given=request.marks,
    )


def backed(repo: Repo, tag: Tag, release: ReleaseSpec, entries: tuple[Entry, ...]) -> Backing:
    """Return the verdict that stands behind a tag's release.

    Raises:
        RefusedError: tag-unjudged.
    """
    backing = choose_verdict(tag, entries, release.requires)
    if backing is None:
        raise unbacked(repo, tag, release, entries)
    return backing


def judge_release(repo: Repo, tag: Tag, spec: Spec) -> None:
    """Judge the tagged tree by the gates that specs declare for releases; the clock is the tag's.

    Raises:
        RefusedError: release-refused, with the first finding.
    """
    declared = tuple(each for each in spec.gates if each.when is Stage.RELEASE)
    if not declared:
        return
    update = RefUpdate(ref=f"refs/tags/{tag.name}", old=ZERO_OID, new=tag.oid)
    candidate = build_candidate(update, repo=repo, server=Server(max_files=LANDED), spec=spec, policy=None)
    today = moment_of(tag.seconds).date()
    results = run_gates(
        [replace(candidate, stage=Stage.RELEASE, compiled=view_faults)],
        declared,
        waivers=spec.waivers,
        today=today,
    )
    for result in results:
        if result.state is GateState.UNJUDGED:
            raise UnjudgedError(
                "release-unjudged", f"the gate `{result.gate}` gave no answer: {result.reason}"
            )
        if result.state is GateState.FAILED:
            first = next(finding for finding in result.findings if finding.blocks)
            n_blocking = sum(finding.blocks for finding in result.findings)
            sentence = f"the gate `{result.gate}` has {n_blocking} findings; the first: {first.code}: {first.sentence}"
            raise RefusedError("release-refused", sentence, place=str(first.place), hint=first.hint)
