"""Attributes files of any commit, and remembers what it found out.

What is asked of git is cut into batches that an executor works on: threads of this process, which each keep a git
process of their own, unless another executor of `concurrent.futures` is given, such as that of a Dask client. Its
workers must see the repository's objects under the same paths.
"""

import gc
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from gitcorpus.git.attribution.graph import NOWHERE, Graph
from gitcorpus.git.attribution.history import History
from gitcorpus.git.attribution.log import read_log
from gitcorpus.git.attribution.servants import dismiss
from gitcorpus.git.attribution.splice import packed, spliced, unpacked
from gitcorpus.git.attribution.store import Learnt, Store
from gitcorpus.git.command import git_version
from gitcorpus.git.repo import Repo, Snapshot
from gitcorpus.git.trees import decode_path, encode_path
from gitcorpus.model.attribution import Attribution, BlameRun
from gitcorpus.model.place import Oid
from gitcorpus.model.tree import GITLINK, TreeEntry, is_binary

WORKERS: Final = 2
_METHOD: Final = "myers, indent heuristic, renames"
_SNAPSHOTS: Final = 256
_NEAR: Final = 4
"""Commits whose nearest kept tree is held: most questions are about files of the same one, batch after batch."""


class Files(Mapping[str, Attribution]):
    """The attribution of files of one commit, by path; a file's runs are made when they are asked for."""

    def __init__(self, graph: Graph, nodes: Mapping[str, int]) -> None:
        self._graph = graph
        self._nodes = nodes

    def __getitem__(self, path: str) -> Attribution:
        """Return where all lines of a file came from; an empty file has no runs."""
        return tuple(self._runs(self._nodes[path]))

    def __iter__(self) -> Iterator[str]:
        return iter(self._nodes)

    def __len__(self) -> int:
        return len(self._nodes)

    def blobs(self, path: str) -> dict[tuple[Oid, str], Oid]:
        """Return the blobs in which a file's lines stand, by commit and path."""
        nodes = (
            self._graph.node(source)
            for source in set(unpacked(self._graph.node(self._nodes[path]).runs)[:, 1].tolist())
        )
        return {(Oid(node.commit.decode()), decode_path(node.path)): Oid(node.blob.hex()) for node in nodes}

    def _runs(self, number: int) -> Iterator[BlameRun]:
        line = 1
        for n_lines, source, first in unpacked(self._graph.node(number).runs).tolist():
            node = self._graph.node(source)
            yield BlameRun(line, n_lines, Oid(node.commit.decode()), decode_path(node.path), first + 1)
            line += n_lines


class Attributor:
    """Attributes files of one repository. One thread at a time may use it."""

    def __init__(
        self,
        repo: Repo,
        *,
        keep: Path | None = None,
        executor: Executor | None = None,
        workers: int = WORKERS,
    ) -> None:
        """Open what is kept.

        Args:
            repo: the repository.
            keep: the file in which to look for what is known, and to keep what is found out; none to keep nothing.
            executor: who works on the batches; threads of this process, if none is given.
            workers: how many threads.
        """
        self._repo = repo
        shallow = repo.path / "shallow" if repo.is_shallow else None
        self.stores = repo.stores._replace(shallow=str(shallow or ""))
        self._own = ThreadPoolExecutor(workers) if executor is None else None
        about = {"git": git_version(), "method": _METHOD, "cut": shallow.read_text() if shallow else ""}
        self._store = Store(keep, about)
        self._history = History(self._store)
        self._tips = self._store.tips()
        self._graph = Graph(self._history, self.stores, executor or self._own, self._store, self._blob_at)  # type: ignore[arg-type]
        self._snapshot = lru_cache(_SNAPSHOTS)(lambda commit: repo.snapshot(Oid(commit)))
        self._trees: dict[bytes, dict[bytes, int]] = {}
        """Commits with the nodes of all their files."""
        self._partly: dict[bytes, dict[bytes, int]] = {}
        """Commits with the nodes of some of their files."""
        self._near = lru_cache(_NEAR)(self._nearest)
        self._seen: set[int] = set()
        """Nodes that were looked up and not taken over from a kept tree."""
        self._with_runs: set[int] = set()
        """Nodes whose lines were worked out."""
        self._binary = self._store.binary()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End what was started."""
        if self._own is not None:
            self._own.shutdown(wait=False, cancel_futures=True)
        dismiss(self.stores)
        if self._own is not None:
            self._own.shutdown(wait=True)
            dismiss(self.stores)
        self._store.close()

    def files(
        self, commit: Oid, paths: Iterable[str], *, progress: Callable[[int], None] | None = None
    ) -> Files:
        """Return the attribution of some files of a commit, which has them all.

        `progress` is called after each file with how many are done.

        Raises:
            UnjudgedError: git-missing or git-failed.
        """
        wanted = {path: encode_path(path) for path in sorted(paths)}
        self._learn_history([commit])
        nodes = self._nodes(commit.encode(), list(wanted.values()))
        self._splice(nodes.values(), progress)
        return Files(self._graph, {path: nodes[name] for path, name in wanted.items()})

    def versions(self, commit: Oid, paths: Iterable[str]) -> dict[str, Oid]:
        """Return, for files of a commit, which one changed each last against all its parents, and keep that.

        A path at that commit has the same lines from the same places for ever. Nothing is being asked of git any more
        when this returns, so that its caller may fork.

        Raises:
            UnjudgedError: git-missing or git-failed.
        """
        wanted = {path: encode_path(path) for path in sorted(paths)}
        self._learn_history([commit])
        nodes = self._nodes(commit.encode(), list(wanted.values()))
        oid = commit.encode()
        self._partly[oid] = {**(self._store.tree(oid) or {}), **self._partly.get(oid, {}), **nodes}
        self._near.cache_clear()
        commits = self._graph.commits(nodes.values())
        self._graph.settle()
        return {path: Oid(commits[nodes[name]].decode()) for path, name in wanted.items()}

    def tree(self, commit: Oid) -> Files:
        """Return the attribution of every text file and symlink in a commit's tree, and keep it.

        Raises:
            UnjudgedError: git-missing or git-failed.
        """
        return self.trees([commit])[commit]

    def trees(self, commits: Sequence[Oid]) -> dict[Oid, Files]:
        """Return the same for many commits: what they have in common is found out once.

        Raises:
            UnjudgedError: git-missing or git-failed.
        """
        self._learn_history(commits)
        for commit in commits:
            oid = commit.encode()
            if oid not in self._trees:
                entries = (each for each in self._entries(commit) if each.mode != GITLINK)
                self._trees[oid] = self._nodes(oid, [encode_path(each.path) for each in entries])
                self._near.cache_clear()
        self._splice(number for number in self._seen if number not in self._with_runs)
        return {commit: self._text_files(commit.encode()) for commit in commits}

    def keep(self) -> bool:
        """Keep what was found out; return whether that was possible: not if somebody else wrote meanwhile."""
        fresh = set(self._graph.fresh())
        graph, history = self._graph, self._history
        learnt = Learnt(
            history.chains,
            ((oid, spot, history.parents(oid)) for oid, spot in history.fresh.commits),
            history.fresh.touches,
            (
                (each, graph.node(each), [(edge.node, graph.hunks(edge)) for edge in graph.edges(each)])
                for each in sorted(fresh)
            ),
            ((each, graph.node(each).runs) for each in self._with_runs - fresh),
            self._partly | self._trees,
            self._binary,
        )
        return self._store.learn(learnt)

    def through(self, commit: Oid, paths: Iterable[str], commits: Container[Oid]) -> list[str]:
        """Return which of a commit's files have lines that came through one of some commits."""
        nodes = {path: encode_path(path) for path in paths}
        numbers = self._nodes(commit.encode(), list(nodes.values()))
        return [path for path, name in nodes.items() if self._leads_to(numbers[name], commits)]

    def _leads_to(self, number: int, commits: Container[Oid]) -> bool:
        waiting, seen = [number], {number, NOWHERE}
        while waiting:
            each = waiting.pop()
            if Oid(self._graph.node(each).commit.decode()) in commits:
                return True
            new = {edge.node for edge in self._graph.edges(each)} - seen
            seen |= new
            waiting += new
        return False

    def _learn_history(self, commits: Iterable[Oid]) -> None:
        unknown = [oid for commit in commits if self._history.spot(oid := commit.encode()) is None]
        if unknown:
            with _uncollected():
                self._history.extend(read_log(self.stores, unknown, self._tips))
            self._tips += unknown

    def _nodes(self, commit: bytes, paths: Sequence[bytes]) -> dict[bytes, int]:
        """Return the node of each path; one that a kept tree has is known with its lines."""
        known, touched = self._near(commit)
        unknown = [path for path in paths if path not in known or path in touched]
        with _uncollected():
            numbers = self._graph.resolve((commit, path) for path in unknown)
        found = dict(zip(unknown, numbers, strict=True))
        self._seen.update(found.values())
        return {path: found[path] if path in found else known[path] for path in paths}

    def _nearest(self, commit: bytes) -> tuple[Mapping[bytes, int], set[bytes]]:
        """Return the nodes of the last tree that is known along first parents, and the paths that changed since."""
        touched: set[bytes] = set()
        at: bytes | None = commit
        while at is not None:
            known = self._trees.get(at) or self._partly.get(at)
            if known is None:
                known = self._store.tree(at)
            if known is not None:
                return known, touched
            if at not in self._history.changed:
                break
            touched.update(self._history.changed[at])
            parents = self._history.parents(at)
            at = parents[0] if parents else None
        return {}, set()

    def _splice(self, numbers: Iterable[int], progress: Callable[[int], None] | None = None) -> None:
        wanted = [number for number in dict.fromkeys(numbers) if not self._graph.node(number).runs]
        for done, (number, runs) in enumerate(spliced(self._graph, wanted), start=1):
            self._graph.node(number).runs = packed(runs)
            self._with_runs.add(number)
            if progress is not None:
                progress(done)

    def _text_files(self, commit: bytes) -> Files:
        nodes = self._trees[commit]
        binary = {number for number in self._seen.intersection(nodes.values()) if self._is_binary(number)}
        binary |= self._binary.intersection(nodes.values())
        self._binary |= binary
        return Files(
            self._graph, {decode_path(path): each for path, each in nodes.items() if each not in binary}
        )

    def _is_binary(self, number: int) -> bool:
        """Tell whether git takes a file for binary; it is read only where git said so of it or of what it was."""
        if not any(self._graph.hunks(edge).is_binary for edge in self._graph.edges(number)):
            return False
        blob = Oid(self._graph.node(number).blob.hex())
        return is_binary(self._repo.read_blob(blob))

    def _entries(self, commit: Oid) -> tuple[TreeEntry, ...]:
        return self._repo.snapshot(commit).entries(limit=10_000_000)

    def _blob_at(self, commit: bytes, path: bytes) -> bytes | None:
        snapshot: Snapshot = self._snapshot(commit.decode())
        entry = snapshot.entry(decode_path(path))
        return bytes.fromhex(entry.oid) if entry is not None else None


@contextmanager
def _uncollected() -> Iterator[None]:
    """Leave garbage alone for a while: a large history has a million small things in it, and none of them is any."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
