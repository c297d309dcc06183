"""From a tag to a published release: the compiler's table of contents."""

import gc
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from gitcorpus.catalog.annotations import agreement_report
from gitcorpus.catalog.derived import Wish
from gitcorpus.catalog.refused import refused_entries
from gitcorpus.compiler.attest import FOLDER as ATTESTATIONS
from gitcorpus.compiler.attest import gate_results, provenance, server_signer, sign
from gitcorpus.compiler.card import render_card
from gitcorpus.compiler.croissant import render_croissant
from gitcorpus.compiler.formats import table_schemas
from gitcorpus.compiler.manifest import SealedView, release_version, render_manifest, write_manifest
from gitcorpus.compiler.publish import refuse_taken, staged, write_sums
from gitcorpus.compiler.render import Rendering
from gitcorpus.compiler.reuse import write_reuse
from gitcorpus.compiler.schemas import AGREEMENTS, COMMITS, OMISSIONS
from gitcorpus.compiler.seal import BESIDE, SealedTable, omission_rows, write_table
from gitcorpus.compiler.tables import agreement_rows, authorship, commit_rows, witnesses
from gitcorpus.flows.ground import Ground, prepare
from gitcorpus.flows.job import Job, open_job
from gitcorpus.flows.sealing import COURSE, Effort, Written, seal_views
from gitcorpus.git.history import oddities_of
from gitcorpus.git.repo import Repo
from gitcorpus.ledger import Ledger
from gitcorpus.model.entry import Entry, EntryKind, Json
from gitcorpus.model.place import Digest
from gitcorpus.model.progress import Progress
from gitcorpus.model.record import Omission
from gitcorpus.model.release import Planned, Published, ReleaseRequest


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
        witnessed, authorship = seal_witnesses(folder, job, written)
        tables = [*written.tables, *witnessed]
        omissions = (*ground.omissions, *written.omissions)
        tables.append(write_table(folder, "omissions.parquet", omission_rows(omissions), OMISSIONS))
        manifest, digest = seal_manifest(folder, job, ground, (written.views, tables, omissions, authorship))
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
        unverified=job.backing is None,
        commit=job.tag.commit,
        specs_digest=job.spec.digest,
        manifest_digest=digest,
        notes=tuple(oddities_of(job.repo, written.used)),
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
        unverified=job.backing is None,
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


def seal_witnesses(
    folder: Path, job: Job, written: Written
) -> tuple[list[SealedTable], dict[str, dict[str, int]]]:
    """Write who wrote the commits that lines came from, and under which agreements; say what stands behind that.

    The commits come in the order of their numbers.
    """
    commits = [job.repo.commit(oid) for oid in written.used]
    seen = witnesses(job.entries)
    contributors = job.spec.contributors

    def read(path: str) -> bytes | None:
        return job.source.read(path) if job.source.size(path) is not None else None

    rows = commit_rows(commits, contributors=contributors, seen=seen, read=job.repo.objects.read_text)
    agreements = agreement_rows(contributors.agreements, read)
    tables = [
        write_table(folder, "provenance/commits.parquet", rows, COMMITS, BESIDE),
        write_table(folder, "provenance/agreements.parquet", agreements, AGREEMENTS),
    ]
    return tables, authorship(rows, written.lines_of, seen)


def seal_manifest(
    folder: Path,
    job: Job,
    ground: Ground,
    sealed: tuple[
        Sequence[SealedView], Sequence[SealedTable], Sequence[Omission], Mapping[str, Mapping[str, int]]
    ],
) -> tuple[dict[str, Any], Digest]:
    """Write the card, the manifest and the checksums over all that stands there."""
    views, tables, omissions, rests_on = sealed
    parts: dict[str, Any] = {
        "spec": job.spec,
        "release": job.release,
        "tag": job.tag,
        "tree": job.repo.commit(job.tag.commit).tree,
        "backing": job.backing,
        "extent": job.extent,
        "views": views,
        "tables": tables,
        "omissions": omissions,
        "authorship": rests_on,
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
    if job.backing is not None:
        attest(folder, job.entries[job.backing.number], (manifest, digest), job.repo.path / "gitcorpus")
    write_sums(folder)
    return manifest, digest


def attest(folder: Path, verdict: Entry, sealed: tuple[Mapping[str, Any], Digest], keys: Path) -> None:
    """Sign how the release was built, and what the gates said of its commit, with the key in a server's folder."""
    signer, (manifest, digest) = server_signer(keys), sealed
    statements = {
        "provenance": provenance(manifest, digest, signer.public_key.keyid),
        "gates": gate_results(manifest, digest, verdict),
    }
    (folder / ATTESTATIONS).mkdir()
    for name, statement in statements.items():
        (folder / ATTESTATIONS / f"{name}.intoto.jsonl").write_bytes(sign(statement, signer))
