"""Holds runs against the blobs that they name, read through dulwich, while the compiler asks libgit2."""

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Final

from gitcorpus.compiler.runs import Run
from gitcorpus.compiler.seal import possible_names
from gitcorpus.git.repo import Repo
from gitcorpus.git.second import SecondReader
from gitcorpus.model.lineage import Transform
from gitcorpus.model.place import Oid
from gitcorpus.model.traced import MESSAGE

_HELD_BYTES: Final = 64 << 20
"""Of blobs: every view asks for most of them again."""
_SPLIT: Final = 16
"""Blobs whose lines are held: the runs of one record alternate between some."""
_LOOK_UPS: Final = 20_000
"""After which the reader, which remembers what it looked up, is made anew."""
_THERE: Final = 1
_ELSEWHERE: Final = 2


class BlobAudit:
    """Compares every run's blob with the commit's tree, and every verbatim run with the lines of its blob."""

    def __init__(self, repo: Repo) -> None:
        self._repo = repo
        self._reader = SecondReader(repo)
        self._looked_up = 0
        self._sources = bytearray()
        self._lines = lru_cache(_SPLIT)(self._split)
        self._held: OrderedDict[str, bytes] = OrderedDict()
        self._size = 0

    def check(self, run: Run, commit: str, lines: Sequence[str]) -> Iterator[str]:
        """Say what of a commit's run with its lines is not what the repository has."""
        if run.path == MESSAGE:
            yield from self._message(run, commit, lines)
        elif not self._stands(run, commit):
            yield f"{run.src_path} is another blob than {run.blob[:12]} in commit {commit[:12]}"
        elif run.transform == Transform.VERBATIM:
            first = run.src_start_line
            if self._lines(run.blob)[first - 1 : first - 1 + run.n_lines] != lines:
                yield f"{run.src_path}:{first} in blob {run.blob[:12]} has other lines than the record"

    def _stands(self, run: Run, commit: str) -> bool:
        """Tell whether a source is the blob of its file; it is looked up once, however many runs name it."""
        if run.source_ix >= len(self._sources):
            self._sources += bytes(run.source_ix + 1 - len(self._sources))
        if not self._sources[run.source_ix]:
            found = run.blob in {self._blob_at(commit, name) for name in possible_names(run.src_path)}
            self._sources[run.source_ix] = _THERE if found else _ELSEWHERE
        return self._sources[run.source_ix] == _THERE

    def _blob_at(self, commit: str, path: str) -> str | None:
        """Return the oid of a blob in a commit; none too for a path that leads to a folder or another repository."""
        self._looked_up += 1
        if self._looked_up % _LOOK_UPS == 0:
            self._reader = SecondReader(self._repo)
        try:
            oid = self._reader.blob_at(commit, path)
            return oid if oid is not None and self._data(oid) is not None else None
        except (KeyError, ValueError):
            return None

    def _split(self, oid: str) -> list[str]:
        return self._data(oid).decode("utf-8", "replace").split("\n")

    def _data(self, oid: str) -> bytes:
        if oid not in self._held:
            self._held[oid] = self._reader.blob(oid)
            self._size += len(self._held[oid])
            while self._size > _HELD_BYTES and len(self._held) > 1:
                self._size -= len(self._held.popitem(last=False)[1])
        self._held.move_to_end(oid)
        return self._held[oid]

    def _message(self, run: Run, commit: str, lines: Sequence[str]) -> Iterator[str]:
        """Compare a run of a commit's message with what the commit says."""
        first = run.src_start_line
        there = self._repo.commit(Oid(commit)).message.split("\n")[first - 1 : first - 1 + run.n_lines]
        if run.blob != commit or run.revision != commit:
            yield f"a message is ascribed to commit {commit[:12]}, and {run.blob[:12]} stands as its object"
        elif run.transform == Transform.VERBATIM and there != lines:
            yield f"the message of commit {commit[:12]} has other lines than the record"
