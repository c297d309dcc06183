"""What the views of a release select from: a tag's catalog, and what templates see of its rows."""

from contextlib import closing
from datetime import date
from typing import NamedTuple

from gitcorpus.cache import Cache
from gitcorpus.catalog.contents import Tree, read_contents
from gitcorpus.catalog.derived import Derived, Grounds, Wish, derive
from gitcorpus.catalog.folders import KnownFolders
from gitcorpus.catalog.measures import Measures
from gitcorpus.catalog.past import read_pasts
from gitcorpus.catalog.rows import build_catalog
from gitcorpus.catalog.tables import Catalog
from gitcorpus.catalog.texts import Texts
from gitcorpus.compiler.context import Contexts
from gitcorpus.compiler.fixes import Trials
from gitcorpus.compiler.formats import Facts
from gitcorpus.compiler.leans import code, dumped, plain
from gitcorpus.compiler.manifest import release_version
from gitcorpus.compiler.sides import Sides
from gitcorpus.flows.job import Job
from gitcorpus.git.changes import landed_changes
from gitcorpus.model.entry import EntryKind
from gitcorpus.model.progress import Progress
from gitcorpus.model.record import Contents, Omission


class Ground(NamedTuple):
    """What the views of a release select from."""

    contents: Contents
    derived: Derived
    catalog: Catalog
    contexts: Contexts
    facts: Facts

    @property
    def omissions(self) -> tuple[Omission, ...]:
        """What no view can select."""
        return (*self.contents.omissions, *self.derived.omissions)


def prepare(job: Job, wish: Wish, today: date | None, progress: Progress) -> Ground:
    """Read what of a tag's catalog somebody asks for.

    Args:
        job: the tag and its specs.
        wish: what is asked for.
        today: is written beside what is kept for the next time; none neither keeps nor takes anything.
        progress: is told what is being done.

    Raises:
        GitcorpusError: whatever is wrong with the repository.
    """
    commits = job.commits if wish.history or wish.commits else ()
    history = landed_changes(job.repo, commits) if wish.history else ()
    texts = Texts(job.repo, job.release.max_file_bytes)
    progress("reading", 0, 1)
    with closing(Cache.of_releases(job.repo.path)) as opened:
        cache = opened if today else None
        measures = Measures(texts, cache, today)
        tree = Tree(job.repo, job.snapshot, job.marks, lambda: job.listing)
        known = KnownFolders(job.spec, folders_lean_on(job), opened, today) if today else None
        contents = read_contents(tree, measures, known, spec=job.spec, release=job.release)
        roots = {solution.root for solution in contents.solutions} if wish.history else ()
        pasts = read_pasts(history, len(commits), roots, progress=progress)
        grounds = Grounds(
            repo=job.repo,
            contents=contents,
            spec=job.spec,
            commits={commit.oid: commit for commit in commits} if wish.history else {},
            pasts=pasts,
            texts=texts,
            marks=job.marks,
            entries=job.entries,
            tried=Trials(job.repo, job.spec, cache, today).fixes,
        )
        derived = derive(grounds, wish.tables, progress)
    verdicts = [entry for entry in job.entries if entry.kind is EntryKind.VERDICT]
    catalog = build_catalog(
        contents, spec=job.spec, commits=commits, pasts=pasts, verdicts=verdicts, derived=derived
    )
    sides = Sides(job.repo, job.spec, texts)
    contexts = Contexts(
        contents, catalog, derived, spec=job.spec, sides=sides, spec_file=job.source.spec_file
    )
    return Ground(contents, derived, catalog, contexts, facts_of(job, derived))


def folders_lean_on(job: Job) -> bytes:
    """Return a digest of what decides, besides a task, what becomes of the files in its folder."""
    taken = [job.release.max_file_bytes, job.release.selection.paths]
    return code() + dumped([plain(job.spec.corpus.layout), taken])


def facts_of(job: Job, derived: Derived) -> Facts:
    """Return what formats fill in that is the same for all records."""

    def attribute(path: str, name: str) -> bool:
        value = job.repo.attribute(job.tag.commit, path, name)
        return value is True or value == "true"

    return Facts(
        repo_name=job.spec.corpus.name,
        commit=job.tag.commit,
        license=job.release.license,
        version=release_version(job.tag.name),
        attribute=attribute,
        derived=derived,
    )
