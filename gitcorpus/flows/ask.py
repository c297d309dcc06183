"""A tag as SQL tables: the catalog that views select from, without a release being made."""

from pathlib import Path
from typing import Final

from gitcorpus.catalog.derived import Wish
from gitcorpus.catalog.refused import with_kept
from gitcorpus.catalog.steps import marks_at
from gitcorpus.catalog.tables import SCHEMAS
from gitcorpus.compiler.choose import choose_tag, load_sound_specs
from gitcorpus.compiler.opened import Tables
from gitcorpus.flows.ground import prepare
from gitcorpus.flows.job import Job, whole_tree
from gitcorpus.gates.sources import LANDED, SnapshotSource
from gitcorpus.git.history import refuse_shallow
from gitcorpus.git.repo import Repo
from gitcorpus.ledger import Ledger
from gitcorpus.model.progress import Progress
from gitcorpus.spec.sources import DirectorySource, SpecSource

ASKED: Final = tuple(name for name in SCHEMAS if name != "records")
"""The tables of a tag; `records` are those of a release."""


def tag_tables(repository: Path, tag: str, *, specs: Path | None, sql: str, progress: Progress) -> Tables:
    """Return the catalog at a tag; what is derived for it is what the query names.

    Raises:
        GitcorpusError: unknown-tag, no-specs, specs-broken, and whatever is wrong with the repository.
    """
    repo = with_kept(Repo.open(repository))
    refuse_shallow(repo)
    found = choose_tag(repo, tag)
    snapshot = repo.snapshot(found.commit)
    tree = SnapshotSource(snapshot, limit=LANDED)
    source: SpecSource = tree if specs is None else DirectorySource(specs, tree)
    spec = load_sound_specs(source, commit=found.commit if specs is None else None)
    ledger = Ledger.of(repo.path)
    job = Job(
        repo=repo,
        tag=found,
        snapshot=snapshot,
        source=source,
        spec=spec,
        release=whole_tree(spec),
        entries=tuple(ledger.entries()) if ledger.exists else (),
        backing=None,
        given=marks_at(repo, found.commit),
    )
    catalog = prepare(job, Wish.of_sql([sql]), None, progress).catalog
    tables = Tables()
    for name in ASKED:
        tables.add(name, catalog.table(name))
    return tables
