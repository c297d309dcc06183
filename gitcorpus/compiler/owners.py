"""Which commits own the lines of files: git's attribution, asked batch after batch."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NamedTuple

from gitcorpus.git.attribution.attribute import attribute
from gitcorpus.git.attribution.attributor import Attributor
from gitcorpus.git.attribution.blame import DEFAULT, Extent
from gitcorpus.git.attribution.kept import kept_at
from gitcorpus.git.repo import Repo
from gitcorpus.model.attribution import Attribution
from gitcorpus.model.place import Oid
from gitcorpus.model.progress import Progress
from gitcorpus.model.record import Record
from gitcorpus.model.traced import pieces_of

Wanted = Mapping[Oid | None, frozenset[str]]
"""Files by the commit whose tree they stand in; none is the tagged one."""


class Owner(NamedTuple):
    """The commit, path and line that lines of a file came from, and whether plain `git blame` says otherwise."""

    line: int
    n_lines: int
    commit: Oid
    path: str
    src_line: int
    extended: bool


class Owners(NamedTuple):
    """Whose the lines of some files are, in order, and the blobs in which they stand there, by commit and path."""

    of: Mapping[tuple[Oid | None, str], tuple[Owner, ...]]
    blobs: Mapping[tuple[Oid, str], Oid]


class Registry:
    """Asks git for owners, and remembers the answers for the next release."""

    def __init__(self, repo: Repo, commit: Oid, extent: Extent = DEFAULT) -> None:
        """Open what is known of a repository's lines.

        Args:
            repo: the repository.
            commit: the tagged one.
            extent: how far lines are followed.
        """
        self._repo = repo
        self._commit = commit
        self._extent = extent
        self._keep = kept_at(repo)
        self._attributor = Attributor(repo, keep=self._keep)

    def close(self) -> None:
        """Keep what was found out, and end what was started."""
        self._attributor.keep()
        self._attributor.close()

    def versions(self, paths: Iterable[str]) -> Mapping[str, Oid]:
        """Return, for files of the tagged tree, the commit that their lines came through last.

        Raises:
            UnjudgedError: git-missing or git-failed.
        """
        return self._attributor.versions(self._commit, paths)

    @property
    def is_plain(self) -> bool:
        """Whether lines are followed as git does by itself: then a file's version says all of them."""
        return self._extent == DEFAULT

    def owners(self, wanted: Wanted, progress: Progress) -> Owners:
        """Return the owners of all lines of some files.

        Raises:
            UnjudgedError: git-missing or git-failed.
        """
        total = sum(map(len, wanted.values()))
        counted: Callable[[int], None] = lambda done: progress("attributing", done, total)  # noqa: E731
        owners: dict[tuple[Oid | None, str], tuple[Owner, ...]] = {}
        blobs: dict[tuple[Oid, str], Oid] = {}
        for revision, paths in sorted(wanted.items(), key=lambda item: item[0] or ""):
            commit, files = revision or self._commit, sorted(paths)
            plain = self._attributor.files(commit, files, progress=counted)
            for path in files:
                blobs |= plain.blobs(path)
            if self._extent == DEFAULT:
                found = {path: tuple(_plain(plain[path])) for path in files}
            else:
                further = attribute(
                    self._repo, commit, files, extent=self._extent, keep=self._keep, progress=counted
                )
                found = {path: tuple(_both(plain[path], further[path])) for path in files}
            owners |= {(revision, path): each for path, each in found.items()}
        return Owners(owners, blobs)


def wanted_files(records: Iterable[Record]) -> Wanted:
    """Return every file that the records' texts came from."""
    wanted: dict[Oid | None, set[str]] = {}
    for record in records:
        for text in record.texts.values():
            for piece in pieces_of(text):
                if piece.source.in_tree:
                    wanted.setdefault(piece.source.revision, set()).add(piece.source.path)
    return {revision: frozenset(paths) for revision, paths in wanted.items()}


def _plain(runs: Attribution) -> Iterator[Owner]:
    for run in runs:
        yield Owner(run.line, run.n_lines, run.commit, run.source_path, run.source_line, extended=False)


def _both(plain: Attribution, further: Attribution) -> Iterator[Owner]:
    """Yield the owners that an extent finds, line by line where plain blame says otherwise."""
    for said, found in zip(_line_by_line(plain), _line_by_line(further), strict=True):
        yield Owner(found[0], 1, *found[1:], extended=found != said)


def _line_by_line(runs: Attribution) -> Iterator[tuple[int, Oid, str, int]]:
    for run in runs:
        for offset in range(run.n_lines):
            yield run.line + offset, run.commit, run.source_path, run.source_line + offset
