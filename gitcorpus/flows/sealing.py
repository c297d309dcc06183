"""Renders and writes the views of a release, sheet by sheet.

Records come view by view and batch by batch; each batch is rendered, attributed and written before the next one comes,
so that a release may be larger than the memory.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from datetime import date
from itertools import groupby
from pathlib import Path
from typing import Final, NamedTuple

from gitcorpus.cache import Cache
from gitcorpus.compiler.course import seal_course
from gitcorpus.compiler.formats import ATTRIBUTED, view_schema
from gitcorpus.compiler.kept import KeptSheets
from gitcorpus.compiler.leans import Leans
from gitcorpus.compiler.manifest import SealedView
from gitcorpus.compiler.owners import Registry
from gitcorpus.compiler.render import Rendering
from gitcorpus.compiler.seal import SealedTable
from gitcorpus.compiler.sheets import Sheet
from gitcorpus.compiler.trace import Tracer
from gitcorpus.compiler.workshop import Batch, Workshop, batched
from gitcorpus.compiler.writers import ProvenanceWriter, ViewWriter
from gitcorpus.flows.ground import Ground
from gitcorpus.flows.job import Job
from gitcorpus.model.place import Oid
from gitcorpus.model.progress import Progress
from gitcorpus.model.record import Omission

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
    lines_of: Mapping[Oid | None, int]
    """How many lines came from each commit, and from none."""

    @property
    def n_lines(self) -> int:
        """How many lines all texts have."""
        return sum(self.lines_of.values())


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
        [sealed[view.name] for view in job.views], tables, left, provenance.used, provenance.lines_of
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
