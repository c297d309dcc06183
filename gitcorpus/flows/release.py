"""From a tag to a published release: the compiler's table of contents.

Records come view by view and batch by batch; each batch is rendered, attributed and written before the next one comes,
so that a release may be larger than the memory.
"""

import gc
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import date, datetime
from itertools import groupby
from pathlib import Path
from typing import Any, Final, NamedTuple

from gitcorpus.cache import Cache
from gitcorpus.catalog.annotations import agreement_report
from gitcorpus.catalog.derived import Wish
from gitcorpus.catalog.refused import refused_entries
from gitcorpus.compiler.attest import FOLDER as ATTESTATIONS
from gitcorpus.compiler.attest import gate_results, provenance, server_signer, sign
from gitcorpus.compiler.card import render_card
from gitcorpus.compiler.course import seal_course
from gitcorpus.compiler.croissant import render_croissant
from gitcorpus.compiler.formats import ATTRIBUTED, table_schemas, view_schema
from gitcorpus.compiler.kept import KeptSheets
from gitcorpus.compiler.leans import Leans
from gitcorpus.compiler.manifest import SealedView, release_version, render_manifest, write_manifest
from gitcorpus.compiler.owners import Registry
from gitcorpus.compiler.publish import refuse_taken, staged, write_sums
from gitcorpus.compiler.render import Rendering
from gitcorpus.compiler.reuse import write_reuse
from gitcorpus.compiler.schemas import AGREEMENTS, COMMITS, OMISSIONS
from gitcorpus.compiler.seal import BESIDE, SealedTable, omission_rows, write_table
from gitcorpus.compiler.sheets import Sheet
from gitcorpus.compiler.tables import agreement_rows, commit_rows, witnesses
from gitcorpus.compiler.trace import Tracer
from gitcorpus.compiler.workshop import Batch, Workshop, batched
from gitcorpus.compiler.writers import ProvenanceWriter, ViewWriter
from gitcorpus.flows.ground import Ground, prepare
from gitcorpus.flows.job import Job, open_job
from gitcorpus.git.repo import Repo
from gitcorpus.ledger import Ledger
from gitcorpus.model.entry import Entry, EntryKind, Json
from gitcorpus.model.place import Digest, Oid
from gitcorpus.model.progress import Progress
from gitcorpus.model.record import Omission
from gitcorpus.model.release import Planned, Published, ReleaseRequest

BATCH: Final = 500
"""Records that are rendered before their files are attributed and they are written, at most."""
COURSE: Final = "curriculum"
"""The format that indexes the records of the others, and so comes last."""


class Effort(NamedTuple):
    """How many processes render, who is told how far they are, and which day what they made is kept on, if it is."""

    jobs: int
    progress: Progress
    today: date | None


class Written(NamedTuple):
    """The views as they were written, and where their lines came from."""

    views: Sequence[SealedView]
    tables: Sequence[SealedTable]
    omissions: Sequence[Omission]
    used: Mapping[Oid, int]
    """The number of every commit that a line came from."""
    n_lines: int


def compile_release(request: ReleaseRequest, *, progress: Progress) -> Published:
    """Compile a tag and publish the release.

    Raises:
        GitcorpusError: whatever is in the way; nothing is published then.
    """
    job = open_job(request)
    target = request.target or request.folder / f"{job.spec.corpus.name}-{release_version(job.tag.name)}"
    refuse_taken(target)
    with swept_by_hand():
        ground = prepare(job, Wish.of_views(job.views), request.today, progress)
    with staged(target) as folder, swept_by_hand():
        written = seal_views(folder, job, ground, Effort(request.jobs, progress, request.today))
        tables = [*written.tables, *seal_witnesses(folder, job, written.used)]
        omissions = (*ground.omissions, *written.omissions)
        tables.append(write_table(folder, "omissions.parquet", omission_rows(omissions), OMISSIONS))
        manifest, digest = seal_manifest(folder, job, ground, (written.views, tables, omissions))
    return Published(
        path=target,
        name=f"{manifest['name']} {manifest['version']}",
        rows=tuple(
            (view["name"], sum(each["rows"] for each in view["splits"])) for view in manifest["views"]
        ),
        n_lines=written.n_lines,
        n_runs=tables[0].rows,
        n_commits=len(written.used),
        omissions=tuple(manifest["omissions"].items()),
        unverified=job.verdict is None,
        commit=job.tag.commit,
        specs_digest=job.spec.digest,
        manifest_digest=digest,
        refused=refused_entries(job.repo, ground.derived.pairs.values()),
    )


def plan_release(request: ReleaseRequest, *, progress: Progress) -> Planned:
    """Return what a release would hold; nothing is written, and no line is attributed.

    Raises:
        GitcorpusError: whatever would be in the way.
    """
    job = open_job(request)
    ground = prepare(job, Wish.of_views(job.views), request.today, progress)
    rows: list[tuple[str, int]] = []
    left = list(ground.omissions)
    for view in sorted(job.views, key=lambda view: view.format == COURSE):
        if view.format == COURSE:
            rows.append((view.name, sum(count for _, count in rows)))
            continue
        rendering = Rendering(view, ground.catalog, ground.contexts, ground.facts)
        empty = [each for each in rendering.records(rendering.keys) if isinstance(each, Omission)]
        count = len(rendering.keys) - len(empty)
        rendering.refuse_nothing(count)
        rows.append((view.name, count))
        left += [*rendering.omissions, *empty]
    return Planned(
        name=f"{job.spec.corpus.name} {release_version(job.tag.name)}",
        rows=tuple(rows),
        omissions=tuple(left),
        unverified=job.verdict is None,
    )


def record_release(request: ReleaseRequest, published: Published, *, now: datetime) -> Entry | None:
    """Append the release to the ledger of a repository that has one.

    A repository without a ledger is no server's, and gets none.
    """
    ledger = Ledger.of(Repo.open(request.repository).path)
    if not ledger.exists:
        return None
    body: dict[str, Json] = {
        "tag": request.tag,
        "commit": published.commit,
        "manifest_digest": published.manifest_digest,
        "unverified": published.unverified,
        "specs_digest": published.specs_digest,
        "refused": list(published.refused),
    }
    return ledger.append(EntryKind.RELEASE, body, now=now)


@contextmanager
def swept_by_hand() -> Iterator[None]:
    """Let nobody look for garbage but after each batch: to go through all that stays takes a quarter of the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def seal_views(folder: Path, job: Job, ground: Ground, effort: Effort) -> Written:
    """Render and write every view, and where every line of it came from."""
    views = [view for view in job.views if view.format != COURSE]
    renderings = [Rendering(view, ground.catalog, ground.contexts, ground.facts) for view in views]
    batches = [
        Batch(number, keys)
        for number, rendering in enumerate(renderings)
        for keys in batched(rendering.keys, BATCH)
    ]
    provenance = ProvenanceWriter(folder)
    sealed: dict[str, SealedView] = {}
    left: list[Omission] = []
    with closing(Registry(job.repo, job.tag.commit, job.extent)) as registry:
        sheets = make_sheets(job, ground, (renderings, batches), registry, effort)
        told = _told(zip(batches, sheets, strict=True), len(batches), effort.progress)
        for number, of_view in groupby(told, key=lambda pair: pair[0].view):
            rendering = renderings[number]
            writer = ViewWriter(folder, rendering.view, ground.facts)
            left += [*rendering.omissions, *_write(of_view, writer, provenance)]
            sealed[rendering.view.name] = writer.close()
            rendering.refuse_nothing(sealed[rendering.view.name].n_rows)
    tables = provenance.close()
    for view in job.views:
        if view.format == COURSE:
            sealed[view.name] = seal_course(folder, view, ground.catalog, job.spec)
    return Written(
        [sealed[view.name] for view in job.views], tables, left, provenance.used, provenance.n_lines
    )


def make_sheets(
    job: Job,
    ground: Ground,
    wanted: tuple[Sequence[Rendering], Sequence[Batch]],
    registry: Registry,
    effort: Effort,
) -> Iterator[Sheet]:
    """Yield the sheets of all batches: those of an earlier release where nothing that they lean on has changed."""
    renderings, batches = wanted
    tracer = Tracer(
        job.repo,
        contributors=job.spec.contributors,
        text_of=ground.derived.texts.of,
    )
    workshop = Workshop(renderings, tracer)

    def make(some: Sequence[Batch]) -> Iterator[Sheet]:
        return workshop.work(some, lambda files: registry.owners(files, effort.progress), effort.jobs)

    if effort.today is None or not registry.is_plain:
        yield from make(batches)
        return
    facts = ground.facts
    attributes = job.attributes if any(each.view.format in ATTRIBUTED for each in renderings) else ()
    about = (facts.repo_name, facts.license, job.release.max_file_bytes, attributes)
    leans = Leans(ground.contexts, registry.versions, *about)
    leans.learn(renderings)
    names = [leans.of(renderings[batch.view], batch.keys) for batch in batches]
    with closing(Cache.of_releases(job.repo.path)) as cache:
        schemas = [view_schema(each.view) for each in renderings]
        kept = KeptSheets(cache, effort.today, schemas)
        yield from kept.sheets(list(zip(names, batches, strict=True)), make)


def _told(
    sheets: Iterable[tuple[Batch, Sheet]], n_batches: int, progress: Progress
) -> Iterator[tuple[Batch, Sheet]]:
    for number, each in enumerate(sheets):
        progress("writing", number, n_batches)
        yield each


def _write(
    sheets: Iterable[tuple[Batch, Sheet]], writer: ViewWriter, provenance: ProvenanceWriter
) -> Iterator[Omission]:
    """Write the records of one view, and yield what they leave out."""
    for _, sheet in sheets:
        writer.add(sheet)
        provenance.add(sheet)
        yield from sheet.omissions


def seal_witnesses(folder: Path, job: Job, used: Iterable[Oid]) -> list[SealedTable]:
    """Write who wrote the commits that lines came from, in the order of their numbers, and under which agreements."""
    commits = [job.repo.commit(oid) for oid in used]
    seen = witnesses(job.entries)
    contributors = job.spec.contributors

    def read(path: str) -> bytes | None:
        return job.source.read(path) if job.source.size(path) is not None else None

    rows = commit_rows(commits, contributors=contributors, seen=seen)
    agreements = agreement_rows(contributors.agreements, read)
    return [
        write_table(folder, "provenance/commits.parquet", rows, COMMITS, BESIDE),
        write_table(folder, "provenance/agreements.parquet", agreements, AGREEMENTS),
    ]


def seal_manifest(
    folder: Path,
    job: Job,
    ground: Ground,
    sealed: tuple[Sequence[SealedView], Sequence[SealedTable], Sequence[Omission]],
) -> tuple[dict[str, Any], Digest]:
    """Write the card, the manifest and the checksums over all that stands there."""
    views, tables, omissions = sealed
    parts: dict[str, Any] = {
        "spec": job.spec,
        "release": job.release,
        "tag": job.tag,
        "tree": job.repo.commit(job.tag.commit).tree,
        "verdict": job.verdict,
        "extent": job.extent,
        "views": views,
        "tables": tables,
        "omissions": omissions,
        "marks": job.marks,
        "agreement": agreement_report(ground.derived.annotations, ground.derived.texts)
        if ground.derived.annotations
        else None,
    }
    corpus = job.spec.corpus.name
    write_reuse(folder, name=corpus, expression=job.release.license, text_of=job.license_text)
    draft = render_manifest(folder, **parts)
    croissant = render_croissant(draft, table_schemas(job.views))
    (folder / "croissant.json").write_text(json.dumps(croissant, indent=1) + "\n", encoding="utf-8")
    (folder / "README.md").write_text(render_card(draft), encoding="utf-8")
    manifest = render_manifest(folder, **parts)
    digest = write_manifest(folder, manifest)
    if job.verdict is not None:
        attest(folder, job, manifest, digest)
    write_sums(folder)
    return manifest, digest


def attest(folder: Path, job: Job, manifest: Mapping[str, Any], digest: Digest) -> None:
    """Sign how the release was built, and what the gates said of its commit."""
    signer = server_signer(job.repo.path / "gitcorpus")
    verdict = next(entry for entry in job.entries if entry.digest == job.verdict)
    statements = {
        "provenance": provenance(manifest, digest, signer.public_key.keyid),
        "gates": gate_results(manifest, digest, verdict),
    }
    (folder / ATTESTATIONS).mkdir()
    for name, statement in statements.items():
        (folder / ATTESTATIONS / f"{name}.intoto.jsonl").write_bytes(sign(statement, signer))
