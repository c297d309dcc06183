"""Which commit wrote every line of every record: traced texts joined with git's attribution of their files."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache, lru_cache
from itertools import groupby
from typing import Final, NamedTuple

from gitcorpus.compiler.owners import Owner, Owners
from gitcorpus.compiler.seal import storable
from gitcorpus.git.repo import Repo
from gitcorpus.model.contributors import Contributors
from gitcorpus.model.lineage import Actor, LineRun, OriginKind, Transform
from gitcorpus.model.place import Oid
from gitcorpus.model.record import Record
from gitcorpus.model.traced import PATCH, Source, Stretch, stretches_of, text_of
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
    n_lines: int
    extended: bool = False


class _Written(NamedTuple):
    """What a commit says of all lines that it wrote."""

    origin: OriginKind
    actor: Actor


class Tracer:
    """Turns records into runs. What it is asked about one record has nothing to do with what it was asked before."""

    def __init__(
        self,
        repo: Repo,
        *,
        contributors: Contributors,
        text_of: Callable[[Oid], str | None] = lambda _: None,
    ) -> None:
        """Take what lines are traced by.

        Args:
            repo: the repository.
            contributors: who is known.
            text_of: the texts of blobs that are held already.
        """
        self._text_of = text_of
        self.repo = repo
        self.contributors = contributors
        self._texts = lru_cache(_BLOBS)(self._read_text)
        self._written = cache(self._who_wrote)
        self._blob_at = cache(self._find_blob)

    def _who_wrote(self, oid: Oid) -> _Written:
        commit = self.repo.commit(oid)
        known = self.contributors.person(commit.author.email)
        return _Written(OriginKind.EXTERNAL if known is None else OriginKind.FIRST_PARTY, actor_of(commit))

    def runs(self, record: Record, owners: Owners) -> Iterator[LineRun]:
        """Return the runs of a record: every line of every text field once, in order; `owners` are of all its files."""
        for field, text in sorted(record.texts.items()):
            digest: str | None = content_digest(text_of(text).removesuffix("\n"))
            at = 1
            numbered = []
            for owned in self._owned(stretches_of(text), owners):
                numbered.append((at, owned))
                at += owned.n_lines
            for _, group in groupby(numbered, key=lambda pair: _run_key(*pair)):
                members = list(group)
                start = members[0][0]
                yield self._run(field, start, [owned for _, owned in members], owners, digest)
                digest = None

    def _owned(self, stretches: Iterable[Stretch], owners: Owners) -> Iterator[_Owned]:
        for stretch in stretches:
            source = stretch.source
            if source.in_tree:
                yield from self._in_tree(stretch, owners)
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
                    stretch.n_lines,
                )

    def _in_tree(self, stretch: Stretch, known: Owners) -> Iterator[_Owned]:
        """Cut a stretch where its owners change."""
        source, last = stretch.source, stretch.line + stretch.n_lines - 1
        whole = stretch.whole and not source.template
        owners = known.of[source.revision, source.path]
        if not whole or not _stands(stretch.text, self._texts(source.blob), stretch.line):
            yield from self._one_by_one(stretch, owners, whole=whole)
            return
        for owner in owners:
            first = max(owner.line, stretch.line)
            end = min(owner.line + owner.n_lines - 1, last)
            if first > end:
                continue
            n_lines = end - first + 1
            src_line = owner.src_line + first - owner.line
            if owner.extended:
                at = first - stretch.line
                text = "\n".join(stretch.text.split("\n")[at : at + n_lines])
                piece = Stretch(text, source, first, n_lines, whole=True)
                yield from self._one_by_one(piece, owners, whole=True)
            else:
                yield _Owned(owner.commit, owner.path, src_line, source, first, Transform.VERBATIM, n_lines)

    def _one_by_one(self, stretch: Stretch, owners: Sequence[Owner], *, whole: bool) -> Iterator[_Owned]:
        """Look at each line by itself: where it is not as it stands in its file, or was followed further."""
        for index, text in enumerate(stretch.text.split("\n")):
            line = stretch.line + index
            owner = next(each for each in owners if each.line <= line < each.line + each.n_lines)
            src_line = owner.src_line + line - owner.line
            transform = Transform.RENDERED
            if whole and _stands(text, self._texts(stretch.source.blob), line):
                transform = self._transform(owner, src_line, text)
            yield _Owned(
                owner.commit, owner.path, src_line, stretch.source, line, transform, 1, owner.extended
            )

    def _transform(self, owner: Owner, src_line: int, text: str) -> Transform:
        """Tell whether a line stands where it came from as it is in the tree."""
        if not owner.extended:
            return Transform.VERBATIM
        there = self._texts(self._blob_at(owner.commit, owner.path))
        return Transform.VERBATIM if _stands(text, there, src_line) else Transform.FORMATTED

    def _read_text(self, blob: Oid) -> str:
        held = self._text_of(blob)
        return self.repo.read_blob(blob).decode("utf-8", "replace") if held is None else held

    def _run(
        self, field: str, start: int, members: Sequence[_Owned], owners: Owners, digest: str | None
    ) -> LineRun:
        first = members[0]
        oid, source, blob = first.commit, first.source, first.source.blob
        if oid is not None and source.in_tree:
            blob = owners.blobs.get((oid, first.src_path)) or self._blob_at(oid, first.src_path)
        return LineRun(
            field=field,
            start_line=start,
            n_lines=sum(owned.n_lines for owned in members),
            commit=oid,
            src_path=storable(first.src_path),
            src_start_line=first.src_line,
            blob=blob,
            revision=source.revision,
            path=storable(source.path),
            path_start_line=first.line,
            origin=self._kind(first),
            actor=self._written(oid).actor if oid else Actor.UNKNOWN,
            transform=first.transform,
            extended=first.extended,
            content_digest=digest,
        )

    def _find_blob(self, commit: Oid, path: str) -> Oid:
        entry = self.repo.snapshot(commit).entry(path)
        if entry is None:
            raise KeyError(commit, path)
        return entry.oid

    def _kind(self, owned: _Owned) -> OriginKind:
        if owned.source.template:
            return OriginKind.GENERATED if owned.source.path == PATCH else OriginKind.TEMPLATE
        return OriginKind.FIRST_PARTY if owned.commit is None else self._written(owned.commit).origin


def _run_key(number: int, owned: _Owned) -> tuple[object, ...]:
    """Return what stays the same along a run: origins, and the distances of the three line numbers."""
    template = owned.source.template
    distances = (number,) if template else (owned.src_line - number, owned.line - number)
    return owned.commit, owned.src_path, owned.source, owned.transform, owned.extended, *distances


def _stands(lines: str, text: str, first: int) -> bool:
    """Tell whether a text has some lines, given without their last LF, from a line on."""
    at = 0
    for _ in range(first - 1):
        at = text.find("\n", at) + 1
        if not at:
            return False
    end = at + len(lines)
    return text.startswith(lines, at) and text[end : end + 1] in ("", "\n")


def actor_of(commit: Commit) -> Actor:
    """Return who wrote a commit by its trailers: `Assisted-by:` is mixed, `Generated-by:` is ai, else unknown."""
    if commit.trailer("Generated-by"):
        return Actor.AI
    return Actor.MIXED if commit.trailer("Assisted-by") else Actor.UNKNOWN


def content_digest(lines: str) -> str:
    """Return the first digits of the sha256 of a text's lines joined by LF, without the last LF.

    Whoever has only the repository puts a text together from its runs and compares. Digests do not compress, and there
    are many runs to a text, so the whole text has one.
    """
    return hashlib.sha256(lines.encode()).hexdigest()[:_DIGITS]
