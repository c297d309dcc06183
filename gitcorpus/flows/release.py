"""From a tag to a published release: the compiler's table of contents."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from gitcorpus.catalog.contents import read_contents
from gitcorpus.catalog.past import read_pasts
from gitcorpus.catalog.rows import build_catalog
from gitcorpus.catalog.tables import Catalog
from gitcorpus.compiler.card import render_card
from gitcorpus.compiler.context import Contexts
from gitcorpus.compiler.formats import no_columns, pretrain_columns, view_schema
from gitcorpus.compiler.manifest import SealedView, release_version, render_manifest, write_manifest
from gitcorpus.compiler.publish import refuse_taken, staged, write_sums
from gitcorpus.compiler.render import Extra, render_view
from gitcorpus.compiler.seal import (
    AGREEMENTS,
    COMMITS,
    LINES,
    OMISSIONS,
    RECORDS,
    SealedTable,
    omission_rows,
    shards,
    write_table,
)
from gitcorpus.compiler.tables import (
    agreement_rows,
    commit_rows,
    identity_rows,
    record_rows,
    witnesses,
)
from gitcorpus.compiler.trace import Tracer
from gitcorpus.flows.job import Job, open_job
from gitcorpus.git.repo import Repo
from gitcorpus.ledger import Ledger
from gitcorpus.model.entry import Entry, EntryKind, Json
from gitcorpus.model.place import Digest
from gitcorpus.model.progress import Progress, told
from gitcorpus.model.record import ContentFile, Contents, Omission, Record
from gitcorpus.model.release import Planned, Published, ReleaseRequest
from gitcorpus.model.view import View


def compile_release(request: ReleaseRequest, *, progress: Progress) -> Published:
    """Compile a tag and publish the release.

    Raises:
        GitcorpusError: whatever is in the way; nothing is published then.
    """
    job = open_job(request)
    target = request.target or request.folder / f"{job.spec.corpus.name}-{release_version(job.tag.name)}"
    refuse_taken(target)
    contents = read_contents(job.repo, job.snapshot, spec=job.spec, release=job.release, progress=progress)
    catalog = fill_catalog(job, contents, progress)
    records, left = render_all(job, contents, catalog, progress)
    tracer = Tracer(
        job.repo,
        job.tag.commit,
        commits=job.commits,
        contributors=job.spec.contributors,
        extent=job.extent,
    )
    tracer.attribute((record for each in records.values() for record in each), progress)
    omissions = (*contents.omissions, *left)
    with staged(target) as folder:
        views = [seal_view(folder, view, records[view.name]) for view in job.views]
        tables = seal_provenance(folder, job, records, tracer, progress)
        tables.append(write_table(folder, "omissions.parquet", omission_rows(omissions), OMISSIONS))
        manifest, digest = seal_manifest(folder, job, views, tables, omissions)
    return Published(
        path=target,
        name=f"{manifest['name']} {manifest['version']}",
        rows=tuple((view.name, len(records[view.name])) for view in job.views),
        n_lines=tracer.n_lines,
        n_runs=tables[0].rows,
        n_commits=len(tracer.used),
        omissions=tuple(manifest["omissions"].items()),
        unverified=job.verdict is None,
        commit=job.tag.commit,
        specs_digest=job.spec.digest,
        manifest_digest=digest,
    )


def plan_release(request: ReleaseRequest, *, progress: Progress) -> Planned:
    """Return what a release would hold; nothing is written, and no line is attributed.

    Raises:
        GitcorpusError: whatever would be in the way.
    """
    job = open_job(request)
    contents = read_contents(job.repo, job.snapshot, spec=job.spec, release=job.release, progress=progress)
    records, left = render_all(job, contents, fill_catalog(job, contents, progress), progress)
    return Planned(
        name=f"{job.spec.corpus.name} {release_version(job.tag.name)}",
        rows=tuple((view.name, len(records[view.name])) for view in job.views),
        omissions=(*contents.omissions, *left),
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
    }
    return ledger.append(EntryKind.RELEASE, body, now=now)


def fill_catalog(job: Job, contents: Contents, progress: Progress) -> Catalog:
    """Build the tables that views select from."""
    pasts = read_pasts(
        job.repo,
        job.commits,
        {solution.root for solution in contents.solutions},
        contributors=job.spec.contributors,
        progress=progress,
    )
    verdicts = [entry for entry in job.entries if entry.kind is EntryKind.VERDICT]
    return build_catalog(contents, spec=job.spec, commits=job.commits, pasts=pasts, verdicts=verdicts)


def render_all(
    job: Job, contents: Contents, catalog: Catalog, progress: Progress
) -> tuple[dict[str, tuple[Record, ...]], tuple[Omission, ...]]:
    """Render every view."""

    def read(file: ContentFile) -> str:
        return job.repo.read_blob(file.blob).decode("utf-8")

    contexts = Contexts(contents, catalog, spec=job.spec, read=read, spec_file=job.source.spec_file)
    records: dict[str, tuple[Record, ...]] = {}
    omissions: list[Omission] = []
    for view in job.views:
        records[view.name], left = render_view(
            view, catalog, contexts, extra=_extra(job, view), progress=progress
        )
        omissions += left
    return records, tuple(omissions)


def _extra(job: Job, view: View) -> Extra:
    if view.format != "pretrain":
        return no_columns

    def attribute(path: str, name: str) -> bool:
        value = job.repo.attribute(job.tag.commit, path, name)
        return value is True or value == "true"

    commit, license_id = job.tag.commit, job.release.license
    return pretrain_columns(
        repo_name=job.spec.corpus.name, commit=commit, license_id=license_id, attribute=attribute
    )


def seal_view(folder: Path, view: View, records: Sequence[Record]) -> SealedView:
    """Write one view's data files, split by split."""
    declared = ("train",) if view.split is None else tuple(name for name, _ in view.split.shares)
    splits = []
    for name in declared:
        rows, sizes = record_rows([record for record in records if record.split == name])
        if rows:
            parts = list(shards(rows, sizes))
            paths = [f"data/{view.name}/{name}-{n:05}-of-{len(parts):05}.parquet" for n in range(len(parts))]
            schema = view_schema(view)
            tables = tuple(
                write_table(folder, path, part, schema) for path, part in zip(paths, parts, strict=True)
            )
            splits.append((name, tables))
    fields = tuple(sorted({pointer for record in records for pointer in record.texts}))
    return SealedView(view, fields, tuple(splits))


def seal_provenance(
    folder: Path,
    job: Job,
    records: Mapping[str, Sequence[Record]],
    tracer: Tracer,
    progress: Progress,
) -> list[SealedTable]:
    """Write where every line came from."""
    every = [record for view in job.views for record in records[view.name]]
    for record in told("tracing", every, progress):
        tracer.note(record)
    used = [commit for commit in job.commits if commit.oid in tracer.used]
    index = {commit.oid: number for number, commit in enumerate(used)}
    traced = told("sealing", every, progress)
    lines = [run._asdict() for record in traced for run in tracer.runs(record, index)]
    seen = witnesses(job.entries)

    def read(path: str) -> bytes | None:
        return job.source.read(path) if path in job.source.paths() else None

    contributors = job.spec.contributors
    return [
        write_table(folder, "provenance/lines.parquet", lines, LINES),
        write_table(folder, "provenance/records.parquet", identity_rows(every), RECORDS),
        write_table(
            folder,
            "provenance/commits.parquet",
            commit_rows(used, contributors=contributors, seen=seen),
            COMMITS,
        ),
        write_table(
            folder, "provenance/agreements.parquet", agreement_rows(contributors.agreements, read), AGREEMENTS
        ),
    ]


def seal_manifest(
    folder: Path,
    job: Job,
    views: Sequence[SealedView],
    tables: Sequence[SealedTable],
    omissions: Sequence[Omission],
) -> tuple[dict[str, Any], Digest]:
    """Write the card, the manifest and the checksums over all that stands there."""
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
    }
    (folder / "README.md").write_text(render_card(render_manifest(folder, **parts)), encoding="utf-8")
    manifest = render_manifest(folder, **parts)
    digest = write_manifest(folder, manifest)
    write_sums(folder)
    return manifest, digest
