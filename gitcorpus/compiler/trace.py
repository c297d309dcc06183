"""Which commit wrote every line of every record: traced texts joined with git's attribution of their files."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Final, NamedTuple

from gitcorpus.canon import digest_bytes
from gitcorpus.compiler.seal import storable
from gitcorpus.git.attribution import DEFAULT, Extent, attribute, kept_at
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
    transform: Transform
    text: str
    extended: bool = False


class _Owner(NamedTuple):
    """The commit, path and line that one line of a file came from, and whether plain `git blame` says otherwise."""

    commit: Oid
    path: str
    line: int
    extended: bool


class Tracer:
    """Attributes the files that records use, once, and then turns records into runs."""

    def __init__(
        self,
        repo: Repo,
        commit: Oid,
        *,
        commits: Sequence[Commit],
        contributors: Contributors,
        extent: Extent = DEFAULT,
    ) -> None:
        self.repo = repo
        self.commit = commit
        self.extent = extent
        self.commits = {each.oid: each for each in commits}
        self.contributors = contributors
        self.used: set[Oid] = set()
        self.n_lines = 0
        self._plain: dict[str, Attribution] = {}
        self._extended: dict[str, Attribution] = {}
        """What is found beyond git's defaults, if the corpus asks for it."""
        self._owners: dict[str, list[_Owner]] = {}
        self._sources: dict[Oid, list[str]] = {}
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
        wanted = sorted(paths - self._plain.keys())
        counted: Callable[[int], None] = lambda done: progress("attributing", done, len(wanted))  # noqa: E731
        keep = kept_at(self.repo)
        self._plain |= attribute(self.repo, self.commit, wanted, keep=keep, progress=counted)
        if self.extent != DEFAULT:
            self._extended |= attribute(
                self.repo, self.commit, wanted, extent=self.extent, keep=keep, progress=counted
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
                None,
                source.path,
                line.line,
                source.path,
                line.line,
                source.template,
                Transform.RENDERED,
                line.text,
            )
        owners = self._owners_of(source.path)
        owner = owners[line.line - 1]
        whole = line.whole and not source.template
        verbatim = whole and self._lines_of(source.blob)[line.line - 1] == line.text
        return _Line(
            owner.commit,
            owner.path,
            owner.line,
            source.path,
            line.line,
            source.template,
            self._transform(owner, line.text) if verbatim else Transform.RENDERED,
            line.text,
            owner.extended,
        )

    def _transform(self, owner: _Owner, text: str) -> Transform:
        """Tell whether a line stands where it came from as it is in the tagged tree."""
        if not owner.extended:
            return Transform.VERBATIM
        there = self._lines_of(self._blob_at(owner.commit, owner.path))[owner.line - 1]
        return Transform.VERBATIM if there == text else Transform.FORMATTED

    def _owners_of(self, path: str) -> list[_Owner]:
        if path not in self._owners:
            plain = list(_line_by_line(self._plain[path]))
            further = list(_line_by_line(self._extended.get(path, self._plain[path])))
            self._owners[path] = [
                _Owner(*found, extended=found != said) for found, said in zip(further, plain, strict=True)
            ]
        return self._owners[path]

    def _lines_of(self, blob: Oid) -> list[str]:
        if blob not in self._sources:
            self._sources[blob] = self.repo.read_blob(blob).decode("utf-8", "replace").split("\n")
        return self._sources[blob]

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
            transform=first.transform,
            extended=first.extended,
            content_digest=content_digest(text),
        )

    def _blob(self, line: _Line, record: Record, field: str) -> Oid:
        if line.commit is None:
            pieces = pieces_of(record.texts[field])
            return next(piece.source.blob for piece in pieces if piece.source.path == line.src_path)
        return self._blob_at(line.commit, line.src_path)

    def _blob_at(self, commit: Oid, path: str) -> Oid:
        key = (commit, path)
        if key not in self._blobs:
            entry = self.repo.snapshot(commit).entry(path)
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
    distances = (line.src_line - number, line.line - number) if not line.template else (number,)
    return line.commit, line.src_path, line.path, line.template, line.transform, line.extended, *distances


def _line_by_line(runs: Attribution) -> Iterator[tuple[Oid, str, int]]:
    for run in runs:
        for offset in range(run.n_lines):
            yield run.commit, run.source_path, run.source_line + offset


def actor_of(commit: Commit) -> Actor:
    """Return who wrote a commit by its trailers: `Assisted-by:` is mixed, `Generated-by:` is ai, else unknown."""
    if commit.trailer("Generated-by"):
        return Actor.AI
    return Actor.MIXED if commit.trailer("Assisted-by") else Actor.UNKNOWN


def content_digest(text: str) -> Digest:
    """Return the digest of a run's lines joined by LF, without the last LF."""
    return digest_bytes(text.encode())
