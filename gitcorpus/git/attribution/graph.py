"""Which version of a file took its lines from which others: nodes and edges, as far back as lines can come from.

A node is a path at a commit that changed it against every parent. An edge leads to the node that a parent's version is,
with the hunks between the two. Source: `git blame` asks each parent for the file at the same path, then for a rename;
a parent with the same blob takes everything; the others take, in their order, what is left.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor, Future
from itertools import groupby
from typing import Final, NamedTuple, Protocol

from gitcorpus.errors import UnjudgedError
from gitcorpus.git.attribution.diffs import PAIRS, Hunks, Pair, Question, Source, diff_pairs, find_renames
from gitcorpus.git.attribution.history import History
from gitcorpus.git.attribution.log import ADDED, HAS, LACKS, MERGED, MODE, MODIFIED, TAKEN
from gitcorpus.git.borrowed import Stores

QUESTIONS: Final = 50
"""Questions about renames in one batch, at least."""
TOGETHER: Final = 1000
"""Questions about one commit in one batch, at most: what they have in common is made once."""
NOWHERE: Final = 0
"""The number of no node: what a file's first version comes from."""


class Edge(NamedTuple):
    """The node that a parent's version is, and what differs."""

    node: int
    hunks: Hunks | Pair
    """The pair, as long as git has not answered."""


class Node:
    """A version of a file."""

    __slots__ = ("blob", "commit", "edges", "path", "runs")

    def __init__(self, commit: bytes, path: bytes, blob: bytes) -> None:
        self.commit = commit
        self.path = path
        self.blob = blob
        self.edges: tuple[Edge, ...] | None = None
        """Where its lines come from; none if that was not asked yet."""
        self.runs = b""
        """Its lines, if they are kept: see `gitcorpus.git.attribution.splice`."""


class Past(Protocol):
    """The nodes that were known before, from where they are kept."""

    def n_nodes(self) -> int:
        """Return how many there are; they have the numbers from 1."""
        ...

    def node_of(self, commit: bytes, path: bytes) -> tuple[int, Node] | None:
        """Return a node with its number."""
        ...

    def node(self, number: int) -> Node:
        """Return a node by its number."""
        ...

    def edges(self, number: int) -> tuple[Edge, ...]:
        """Return where a node's lines come from."""
        ...

    def commits(self, numbers: Sequence[int]) -> dict[int, bytes]:
        """Return the commits of nodes, by their numbers."""
        ...


class Side(NamedTuple):
    """What one parent has for a file: where to look for it."""

    commit: bytes
    path: bytes


class Waiting(NamedTuple):
    """A node that cannot be joined before questions about renames are answered."""

    node: int
    sides: list[Side | Question | None]


class Graph:
    """The nodes that are known; what differs between them is asked of git while the graph grows."""

    def __init__(
        self,
        history: History,
        stores: Stores,
        executor: Executor,
        past: Past,
        blob_at: Callable[[bytes, bytes], bytes | None],
    ) -> None:
        self.n_past = past.n_nodes()
        self._n_nodes = self.n_past
        self._past = past
        self._history = history
        self._stores = stores
        self._executor = executor
        self._blob_at = blob_at
        self._nodes: dict[int, Node] = {}
        self._numbers: dict[tuple[bytes, bytes], int] = {}
        self._open: list[tuple[int, bytes]] = []
        self._waiting: list[Waiting] = []
        self._pairs: list[Pair] = []
        self._asked: dict[Pair, tuple[Future[list[Hunks]], int] | None] = {}

    def resolve(self, wanted: Iterable[tuple[bytes, bytes]]) -> list[int]:
        """Return the nodes that paths at commits are, with all that they lead to.

        Raises:
            UnjudgedError: git-missing or git-failed.
        """
        found = [self._number(commit, path) for commit, path in wanted]
        while self._open or self._waiting:
            while self._open:
                self._expand(*self._open.pop())
            if self._waiting:
                self._answer()
        self._send()
        return found

    def node(self, number: int) -> Node:
        """Return a node by its number."""
        found = self._nodes.get(number)
        if found is None:
            found = self._nodes[number] = self._past.node(number)
        return found

    def commits(self, numbers: Iterable[int]) -> dict[int, bytes]:
        """Return the commits of nodes, by their numbers; those that were known before are not read whole."""
        wanted = set(numbers)
        found = {number: self._nodes[number].commit for number in wanted & self._nodes.keys()}
        return found | self._past.commits(sorted(wanted - found.keys()))

    def edges(self, number: int) -> tuple[Edge, ...]:
        """Return where a node's lines come from."""
        node = self.node(number)
        if node.edges is None:
            node.edges = self._past.edges(number)
        return node.edges

    def hunks(self, edge: Edge) -> Hunks:
        """Return what differs along an edge."""
        if not isinstance(edge.hunks, Pair):
            return edge.hunks
        asked = self._asked[edge.hunks]
        if asked is None:
            raise KeyError(edge.hunks)
        future, number = asked
        return future.result()[number]

    def settle(self) -> None:
        """Wait for all that git was asked.

        Raises:
            UnjudgedError: git-missing or git-failed.
        """
        for future in {asked[0] for asked in self._asked.values() if asked is not None}:
            future.result()

    def fresh(self) -> Iterator[int]:
        """Yield the numbers of the nodes that were not known before."""
        yield from range(self.n_past + 1, self._n_nodes + 1)

    def _number(self, commit: bytes, path: bytes) -> int:
        change = self._history.last_change(commit, path)
        while change is not None and change.said[:1] == TAKEN:
            parent = self._history.parents(change.commit)[self._taken_from(change.commit, path, change.said)]
            change = self._history.last_change(parent, path)
        if change is None:
            sentence = f"no commit behind {commit.decode()[:12]} brought the file"
            raise UnjudgedError("git-failed", sentence, place=path.decode("utf-8", "replace"))
        key = change.commit, path
        number = self._numbers.get(key)
        if number is None:
            number = self._numbers[key] = self._known(key) or self._new(key, change.said)
        return number

    def _known(self, key: tuple[bytes, bytes]) -> int:
        past = self._past.node_of(*key) if self.n_past else None
        if past is None:
            return NOWHERE
        self._nodes[past[0]] = past[1]
        return past[0]

    def _new(self, key: tuple[bytes, bytes], said: bytes) -> int:
        self._n_nodes += 1
        self._nodes[self._n_nodes] = Node(*key, _blob(said))
        self._open.append((self._n_nodes, said))
        return self._n_nodes

    def _taken_from(self, commit: bytes, path: bytes, said: bytes) -> int:
        """Return which parent has the same blob; in a merge of many it is looked up."""
        if len(said) > 1:
            return int(said[1:])
        blob = self._blob_at(commit, path)
        parents = enumerate(self._history.parents(commit))
        return next(number for number, parent in parents if self._blob_at(parent, path) == blob)

    def _expand(self, number: int, said: bytes) -> None:
        node, kind = self._nodes[number], said[:1]
        parents = self._history.parents(node.commit)
        sides: list[Side | Question | None] = []
        if kind == MODIFIED and parents:
            sides = [Side(parents[0], node.path)]
        elif kind == ADDED and parents:
            sides = [_question(node, parents[0], said)]
        elif kind == MERGED:
            sides = _sides(node, parents, said)
        if any(isinstance(side, Question) for side in sides):
            self._waiting.append(Waiting(number, sides))
        else:
            self._join(number, sides)

    def _answer(self) -> None:
        """Ask for all renames that nodes wait for, and join those nodes."""
        waiting, self._waiting = self._waiting, []
        questions = [side for each in waiting for side in each.sides if isinstance(side, Question)]
        asked = [
            (batch, self._executor.submit(find_renames, self._stores, batch)) for batch in _batches(questions)
        ]
        answers = {
            question: source
            for batch, future in asked
            for question, source in zip(batch, future.result(), strict=True)
        }
        for number, sides in waiting:
            self._join_renamed(number, sides, answers)

    def _join_renamed(
        self, number: int, sides: list[Side | Question | None], answers: dict[Question, Source | None]
    ) -> None:
        blob = self._nodes[number].blob
        found: list[Side | Question | None] = []
        for side in sides:
            if isinstance(side, Question):
                source = answers[side]
                found.append(Side(side.parent, source.path) if source is not None else None)
                if source is not None and source.oid == blob:
                    found = found[-1:]
                    break
            else:
                found.append(side)
        self._join(number, found)

    def _join(self, number: int, sides: Iterable[Side | Question | None]) -> None:
        """Lead a node to what its parents have; of parents with one blob only the first counts."""
        node = self._nodes[number]
        seen: set[bytes] = set()
        edges = []
        for side in sides:
            if not isinstance(side, Side):
                continue
            other = self._number(side.commit, side.path)
            blob = self._nodes[other].blob
            if blob not in seen:
                seen.add(blob)
                edges.append(Edge(other, self._ask(Pair(blob, node.blob))))
        node.edges = tuple(edges) or (Edge(NOWHERE, self._ask(Pair(b"", node.blob))),)

    def _ask(self, pair: Pair) -> Pair:
        if pair not in self._asked:
            self._asked[pair] = None
            self._pairs.append(pair)
            if len(self._pairs) >= PAIRS:
                self._send()
        return pair

    def _send(self) -> None:
        pairs, self._pairs = self._pairs, []
        if pairs:
            future = self._executor.submit(diff_pairs, self._stores, pairs)
            self._asked.update({pair: (future, number) for number, pair in enumerate(pairs)})


def _sides(node: Node, parents: Sequence[bytes], said: bytes) -> list[Side | Question | None]:
    """Return what the parents of a merge have for a file."""
    width = len(node.blob) + 1
    begin = 1 + MODE + len(node.blob)
    sides: list[Side | Question | None] = []
    for index, parent in enumerate(parents):
        kind = said[begin + index * width :][:1]
        if kind == HAS:
            sides.append(Side(parent, node.path))
        else:
            sides.append(_question(node, parent, said) if kind == LACKS else None)
    return sides


def _question(node: Node, parent: bytes, said: bytes) -> Question:
    return Question(node.commit, parent, node.path, said[1 : 1 + MODE], node.blob)


def _batches(questions: Iterable[Question]) -> Iterator[list[Question]]:
    """Yield questions in batches; those about one commit and parent stay together, as far as they are not too many."""
    batch: list[Question] = []
    for _, group in groupby(sorted(questions), key=lambda each: (each.commit, each.parent)):
        some = list(group)
        for start in range(0, len(some), TOGETHER):
            batch += some[start : start + TOGETHER]
            if len(batch) >= QUESTIONS:
                yield batch
                batch = []
    if batch:
        yield batch


def _blob(said: bytes) -> bytes:
    """Return the blob that a change left at its path."""
    if said[:1] == MODIFIED:
        return said[1:]
    if said[:1] != MERGED:
        return said[1 + MODE :]
    rest = len(said) - 1 - MODE
    width = next(width for width in (20, 32) if (rest - width) % (width + 1) == 0)
    return said[1 + MODE : 1 + MODE + width]
