"""Which commit wrote every line of every record: traced texts joined with git's attribution of their files."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import groupby
from typing import Final, NamedTuple

from gitcorpus.compiler.seal import storable
from gitcorpus.git.attribution import DEFAULT, Attributor, Extent, attribute, kept_at
from gitcorpus.git.repo import Repo
from gitcorpus.model.attribution import Attribution
from gitcorpus.model.contributors import Contributors
from gitcorpus.model.lineage import Actor, LineRun, OriginKind, Transform
from gitcorpus.model.place import Oid
from gitcorpus.model.progress import Progress
from gitcorpus.model.record import Record
from gitcorpus.model.traced import PATCH, Source, Stretch, pieces_of, stretches_of
from gitcorpus.model.tree import Commit

OUTSIDE: Final = ("gitcorpus:", "specs:")
"""What the path of a file that stands in no commit begins with."""
_BLOBS: Final = 256
_DIGITS: Final = 16


class _Owned(NamedTuple):
    """Consecutive lines with consecutive owners, before equal neighbours become runs."""

    commit: Oid | None
    src_path: str
    src_line: int
    source: Source
    line: int
    transform: Transform
    text: str
    n_lines: int
    extended: bool = False


class _Owner(NamedTuple):
    """The commit, path and line that lines of a file came from, and whether plain `git blame` says otherwise."""

    line: int
    n_lines: int
    commit: Oid
    path: str
    src_line: int
    extended: bool


class Tracer:
    """Turns records into runs, batch after batch; commits are numbered as they come up."""

    def __init__(  # noqa: PLR0913 - what lines are traced by
        self,
        repo: Repo,
        commit: Oid,
        *,
        commits: Sequence[Commit],
        contributors: Contributors,
        extent: Extent = DEFAULT,
        text_of: Callable[[Oid], str | None] = lambda _: None,
    ) -> None:
        """Open what is known of a repository's lines.

        Args:
            repo: the repository.
            commit: the tagged one.
            commits: all that the tag holds.
            contributors: who is known.
            extent: how far lines are followed.
            text_of: the texts of blobs that are held already.
        """
        self._text_of = text_of
        self.repo = repo
        self.commit = commit
        self.extent = extent
        self.contributors = contributors
        self.used: dict[Oid, int] = {}
        """The number of every commit that a line came from."""
        self.n_lines = 0
        self._commits = {each.oid: each for each in commits}
        self._keep = kept_at(repo)
        self._attributor = Attributor(repo, keep=self._keep)
        self._owners: dict[tuple[Oid | None, str], tuple[_Owner, ...]] = {}
        self._texts = lru_cache(_BLOBS)(self._read_text)
        self._blobs: dict[tuple[Oid, str], Oid] = {}

    def close(self) -> None:
        """Keep what was found out, and end what was started."""
        self._attributor.keep()
        self._attributor.close()

    def attribute(self, records: Iterable[Record], progress: Progress) -> None:
        """Ask git for the attribution of every file that the records' texts came from; earlier ones are forgotten."""
        wanted: dict[Oid | None, set[str]] = {}
        for record in records:
            for text in record.texts.values():
                for piece in pieces_of(text):
                    if piece.source.in_tree:
                        wanted.setdefault(piece.source.revision, set()).add(piece.source.path)
        total = sum(map(len, wanted.values()))
        counted: Callable[[int], None] = lambda done: progress("attributing", done, total)  # noqa: E731
        self._owners, self._blobs = {}, {}
        for revision, paths in sorted(wanted.items(), key=lambda item: item[0] or ""):
            commit, files = revision or self.commit, sorted(paths)
            plain = self._attributor.files(commit, files, progress=counted)
            for path in files:
                self._blobs |= plain.blobs(path)
            if self.extent == DEFAULT:
                found = {path: tuple(_plain(plain[path])) for path in files}
            else:
                further = attribute(
                    self.repo, commit, files, extent=self.extent, keep=self._keep, progress=counted
                )
                found = {path: tuple(_both(plain[path], further[path])) for path in files}
            self._owners |= {(revision, path): owners for path, owners in found.items()}

    def commit_of(self, oid: Oid) -> Commit:
        """Return a commit, which need not be one that the tag holds."""
        if oid not in self._commits:
            self._commits[oid] = self.repo.commit(oid)
        return self._commits[oid]

    def runs(self, record: Record) -> Iterator[LineRun]:
        """Return the runs of a record: every line of every text field once, in order."""
        for field in sorted(record.texts):
            at = 1
            numbered = []
            for owned in self._owned(stretches_of(record.texts[field])):
                numbered.append((at, owned))
                at += owned.n_lines
            self.n_lines += at - 1
            for _, group in groupby(numbered, key=lambda pair: _run_key(*pair)):
                members = list(group)
                yield self._run(record, field, members[0][0], [owned for _, owned in members])

    def _owned(self, stretches: Iterable[Stretch]) -> Iterator[_Owned]:
        for stretch in stretches:
            source = stretch.source
            if source.in_tree:
                yield from self._in_tree(stretch)
            else:
                path, message = source.path, source.revision is not None
                verbatim = message and stretch.whole
                yield _Owned(
                    source.revision,
                    path,
                    stretch.line,
                    source,
                    stretch.line,
                    Transform.VERBATIM if verbatim else Transform.RENDERED,
                    stretch.text,
                    stretch.n_lines,
                )

    def _in_tree(self, stretch: Stretch) -> Iterator[_Owned]:
        """Cut a stretch where its owners change."""
        source, last = stretch.source, stretch.line + stretch.n_lines - 1
        whole = stretch.whole and not source.template
        owners = self._owners[source.revision, source.path]
        if not whole or _lines(self._texts(source.blob), stretch.line, stretch.n_lines) != stretch.text:
            yield from self._one_by_one(stretch, owners, whole=whole)
            return
        offset = 0
        for owner in owners:
            first = max(owner.line, stretch.line)
            end = min(owner.line + owner.n_lines - 1, last)
            if first > end:
                continue
            n_lines = end - first + 1
            text, offset = _taken(stretch.text, offset, n_lines)
            src_line = owner.src_line + first - owner.line
            if owner.extended:
                piece = Stretch(text, source, first, n_lines, whole=True)
                yield from self._one_by_one(piece, owners, whole=True)
            else:
                yield _Owned(
                    owner.commit, owner.path, src_line, source, first, Transform.VERBATIM, text, n_lines
                )

    def _one_by_one(self, stretch: Stretch, owners: Sequence[_Owner], *, whole: bool) -> Iterator[_Owned]:
        """Look at each line by itself: where it is not as it stands in its file, or was followed further."""
        for index, text in enumerate(stretch.text.split("\n")):
            line = stretch.line + index
            owner = next(each for each in owners if each.line <= line < each.line + each.n_lines)
            src_line = owner.src_line + line - owner.line
            transform = Transform.RENDERED
            if whole and _lines(self._texts(stretch.source.blob), line, 1) == text:
                transform = self._transform(owner, src_line, text)
            yield _Owned(
                owner.commit, owner.path, src_line, stretch.source, line, transform, text, 1, owner.extended
            )

    def _transform(self, owner: _Owner, src_line: int, text: str) -> Transform:
        """Tell whether a line stands where it came from as it is in the tree."""
        if not owner.extended:
            return Transform.VERBATIM
        there = _lines(self._texts(self._blob_at(owner.commit, owner.path)), src_line, 1)
        return Transform.VERBATIM if there == text else Transform.FORMATTED

    def _read_text(self, blob: Oid) -> str:
        held = self._text_of(blob)
        return self.repo.read_blob(blob).decode("utf-8", "replace") if held is None else held

    def _run(self, record: Record, field: str, start: int, members: Sequence[_Owned]) -> LineRun:
        first = members[0]
        text = first.text if len(members) == 1 else "\n".join(owned.text for owned in members)
        oid, source = first.commit, first.source
        return LineRun(
            record_id=record.record_id,
            view=record.view,
            field=field,
            start_line=start,
            n_lines=sum(owned.n_lines for owned in members),
            commit_ix=None if oid is None else self.used.setdefault(oid, len(self.used)),
            src_path=storable(first.src_path),
            src_start_line=first.src_line,
            blob=source.blob if oid is None or not source.in_tree else self._blob_at(oid, first.src_path),
            revision=source.revision,
            path=storable(source.path),
            path_start_line=first.line,
            origin=self._kind(first),
            actor=actor_of(self.commit_of(oid)) if oid else Actor.UNKNOWN,
            transform=first.transform,
            extended=first.extended,
            content_digest=content_digest(text),
        )

    def _blob_at(self, commit: Oid, path: str) -> Oid:
        key = (commit, path)
        if key not in self._blobs:
            entry = self.repo.snapshot(commit).entry(path)
            if entry is None:
                raise KeyError(key)
            self._blobs[key] = entry.oid
        return self._blobs[key]

    def _kind(self, owned: _Owned) -> OriginKind:
        if owned.source.template:
            return OriginKind.GENERATED if owned.source.path == PATCH else OriginKind.TEMPLATE
        if owned.commit is None:
            return OriginKind.FIRST_PARTY
        known = self.contributors.person(self.commit_of(owned.commit).author.email)
        return OriginKind.EXTERNAL if known is None else OriginKind.FIRST_PARTY


def _run_key(number: int, owned: _Owned) -> tuple[object, ...]:
    """Return what stays the same along a run: origins, and the distances of the three line numbers."""
    template = owned.source.template
    distances = (number,) if template else (owned.src_line - number, owned.line - number)
    return owned.commit, owned.src_path, owned.source, owned.transform, owned.extended, *distances


def _taken(text: str, offset: int, n_lines: int) -> tuple[str, int]:
    """Return some lines of a text from an offset on, and the offset of the line behind them."""
    end = offset - 1
    for _ in range(n_lines):
        end = text.find("\n", end + 1)
        if end < 0:
            return text[offset:], len(text)
    return text[offset:end], end + 1


def _lines(text: str, first: int, n_lines: int) -> str:
    """Return some lines of a text, from a line on, without their last LF."""
    if first == 1:
        return _taken(text, 0, n_lines)[0]
    at = 0
    for _ in range(first - 1):
        at = text.find("\n", at) + 1
        if not at:
            return ""
    return _taken(text, at, n_lines)[0]


def _plain(runs: Attribution) -> Iterator[_Owner]:
    for run in runs:
        yield _Owner(run.line, run.n_lines, run.commit, run.source_path, run.source_line, extended=False)


def _both(plain: Attribution, further: Attribution) -> Iterator[_Owner]:
    """Yield the owners that an extent finds, line by line where plain blame says otherwise."""
    for said, found in zip(_line_by_line(plain), _line_by_line(further), strict=True):
        yield _Owner(found[0], 1, *found[1:], extended=found != said)


def _line_by_line(runs: Attribution) -> Iterator[tuple[int, Oid, str, int]]:
    for run in runs:
        for offset in range(run.n_lines):
            yield run.line + offset, run.commit, run.source_path, run.source_line + offset


def actor_of(commit: Commit) -> Actor:
    """Return who wrote a commit by its trailers: `Assisted-by:` is mixed, `Generated-by:` is ai, else unknown."""
    if commit.trailer("Generated-by"):
        return Actor.AI
    return Actor.MIXED if commit.trailer("Assisted-by") else Actor.UNKNOWN


def content_digest(text: str) -> str:
    """Return the first digits of the sha256 of a run's lines joined by LF, without the last LF.

    There are more runs than anything else in a release, and digests do not compress: 64 bits tell one run from another.
    """
    return hashlib.sha256(text.encode()).hexdigest()[:_DIGITS]
