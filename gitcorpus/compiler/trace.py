"""Which commit wrote every line of every record: traced texts joined with git's attribution of their files."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Final, NamedTuple

from gitcorpus.canon import digest_bytes
from gitcorpus.compiler.seal import storable
from gitcorpus.git.attribution import attribute, kept_at
from gitcorpus.git.repo import Repo
from gitcorpus.model.attribution import Attribution
from gitcorpus.model.contributors import Contributors
from gitcorpus.model.lineage import Actor, LineRun, OriginKind, Transform
from gitcorpus.model.place import Digest, Oid
from gitcorpus.model.progress import Progress
from gitcorpus.model.record import Record
from gitcorpus.model.traced import LineOrigin, lines_of, pieces_of
from gitcorpus.model.tree import Commit

OUTSIDE: Final = ("gitcorpus:", "specs:")
"""What the path of a file that stands in no commit begins with."""


class _Line(NamedTuple):
    """One line's origin, before equal neighbours become runs."""

    commit: Oid | None
    src_path: str
    src_line: int
    path: str
    line: int
    template: bool
    verbatim: bool
    text: str


class Tracer:
    """Attributes the files that records use, once, and then turns records into runs."""

    def __init__(
        self, repo: Repo, commit: Oid, *, commits: Sequence[Commit], contributors: Contributors
    ) -> None:
        self.repo = repo
        self.commit = commit
        self.commits = {each.oid: each for each in commits}
        self.contributors = contributors
        self.used: set[Oid] = set()
        self.n_lines = 0
        self._attributions: dict[str, Attribution] = {}
        self._owners: dict[str, list[tuple[Oid, str, int]]] = {}
        self._sources: dict[str, list[str]] = {}
        self._blobs: dict[tuple[Oid, str], Oid] = {}

    def attribute(self, records: Iterable[Record], progress: Progress) -> None:
        """Ask git for the attribution of every file of the tree that the records' texts came from."""
        paths = {
            piece.source.path
            for record in records
            for text in record.texts.values()
            for piece in pieces_of(text)
            if piece.source.in_tree
        }
        wanted = sorted(paths - self._attributions.keys())
        counted: Callable[[int], None] = lambda done: progress("attributing", done, len(wanted))  # noqa: E731
        self._attributions |= attribute(
            self.repo, self.commit, wanted, keep=kept_at(self.repo), progress=counted
        )

    def runs(self, record: Record, index: Mapping[Oid, int]) -> Iterator[LineRun]:
        """Return the runs of a record: every line of every text field once, in order.

        `index` gives each used commit its number in the table of commits.
        """
        for field in sorted(record.texts):
            lines = [self._line(line) for line in lines_of(record.texts[field])]
            numbered = enumerate(lines, start=1)
            for _, group in groupby(numbered, key=lambda pair: _run_key(*pair)):
                first, members = 0, []
                for number, line in group:
                    first = first or number
                    members.append(line)
                yield self._run(record, field, first, members, index)

    def note(self, record: Record) -> None:
        """Count a record's lines, and remember the commits that they came from."""
        for text in record.texts.values():
            for line in lines_of(text):
                self.n_lines += 1
                commit = self._line(line).commit
                if commit is not None:
                    self.used.add(commit)

    def _line(self, line: LineOrigin) -> _Line:
        source = line.source
        if not source.in_tree:
            return _Line(
                None, source.path, line.line, source.path, line.line, source.template, False, line.text
            )
        owners = self._owners_of(source.path)
        commit, src_path, src_line = owners[line.line - 1]
        verbatim = (
            line.whole
            and not source.template
            and self._lines_of(source.path, source.blob)[line.line - 1] == line.text
        )
        return _Line(commit, src_path, src_line, source.path, line.line, source.template, verbatim, line.text)

    def _owners_of(self, path: str) -> list[tuple[Oid, str, int]]:
        if path not in self._owners:
            self._owners[path] = [
                (run.commit, run.source_path, run.source_line + offset)
                for run in self._attributions[path]
                for offset in range(run.n_lines)
            ]
        return self._owners[path]

    def _lines_of(self, path: str, blob: Oid) -> list[str]:
        if path not in self._sources:
            self._sources[path] = self.repo.read_blob(blob).decode("utf-8").split("\n")
        return self._sources[path]

    def _run(
        self, record: Record, field: str, start: int, members: Sequence[_Line], index: Mapping[Oid, int]
    ) -> LineRun:
        first = members[0]
        text = "\n".join(line.text for line in members)
        return LineRun(
            record_id=record.record_id,
            view=record.view,
            field=field,
            start_line=start,
            n_lines=len(members),
            commit_ix=None if first.commit is None else index[first.commit],
            src_path=storable(first.src_path),
            src_start_line=first.src_line,
            blob=self._blob(first, record, field),
            path=storable(first.path),
            path_start_line=first.line,
            origin=self._kind(first),
            actor=actor_of(self.commits[first.commit]) if first.commit else Actor.UNKNOWN,
            transform=Transform.VERBATIM if first.verbatim else Transform.RENDERED,
            content_digest=content_digest(text),
        )

    def _blob(self, line: _Line, record: Record, field: str) -> Oid:
        if line.commit is None:
            pieces = pieces_of(record.texts[field])
            return next(piece.source.blob for piece in pieces if piece.source.path == line.src_path)
        key = (line.commit, line.src_path)
        if key not in self._blobs:
            entry = self.repo.snapshot(line.commit).entry(line.src_path)
            if entry is None:
                raise KeyError(key)
            self._blobs[key] = entry.oid
        return self._blobs[key]

    def _kind(self, line: _Line) -> OriginKind:
        if line.template:
            return OriginKind.TEMPLATE
        if line.commit is None:
            return OriginKind.FIRST_PARTY
        known = self.contributors.person(self.commits[line.commit].author.email)
        return OriginKind.EXTERNAL if known is None else OriginKind.FIRST_PARTY


def _run_key(number: int, line: _Line) -> tuple[object, ...]:
    """Return what stays the same along a run: origins, and the distances of the three line numbers."""
    distances = (
        (line.src_line - number, line.line - number) if line.verbatim or not line.template else (number,)
    )
    return line.commit, line.src_path, line.path, line.template, line.verbatim, *distances


def actor_of(commit: Commit) -> Actor:
    """Return who wrote a commit by its trailers: `Assisted-by:` is mixed, `Generated-by:` is ai, else unknown."""
    if commit.trailer("Generated-by"):
        return Actor.AI
    return Actor.MIXED if commit.trailer("Assisted-by") else Actor.UNKNOWN


def content_digest(text: str) -> Digest:
    """Return the digest of a run's lines joined by LF, without the last LF."""
    return digest_bytes(text.encode())
