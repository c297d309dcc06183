"""Lines of files as numbers: which node each of them is from, and where it stood there.

A line is one 64-bit integer, the node above, the line from 0 below. A node's lines are its parents' lines where nothing
differs, and its own elsewhere.
"""

import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from gitcorpus.git.attribution.diffs import Hunks
from gitcorpus.git.attribution.graph import NOWHERE, Edge, Graph

Lines = npt.NDArray[np.int64]
"""One line a number."""
Runs = npt.NDArray[np.int64]
"""Lines, node, and first line in the node from 0: three numbers a run, in the order of the file."""

SHIFT: Final = 32


def spliced(graph: Graph, wanted: Iterable[int]) -> Iterator[tuple[int, Runs]]:
    """Yield the runs of nodes; whatever no other one needs any more is forgotten at once."""
    asked = list(dict.fromkeys(wanted))
    uses = _uses(graph, [number for number in asked if not graph.node(number).runs])
    known: dict[int, Lines] = {}
    for number in asked:
        if kept := graph.node(number).runs:
            yield number, unpacked(kept)
            continue
        for each in _order(graph, number, known):
            known[each] = _lines(graph, each, known)
            for edge in _edges(graph, each):
                _release(edge.node, uses, known)
        yield number, runs_of(known[number])
        _release(number, uses, known)


def _release(number: int, uses: Counter[int], known: dict[int, Lines]) -> None:
    uses[number] -= 1
    if not uses[number]:
        known.pop(number, None)


def _edges(graph: Graph, number: int) -> Sequence[Edge]:
    """Return what must be known before a node's lines are: nothing, if they are kept."""
    return () if number == NOWHERE or graph.node(number).runs else graph.edges(number)


def _uses(graph: Graph, wanted: Sequence[int]) -> Counter[int]:
    """Count how often each node's lines are needed."""
    uses = Counter(wanted)
    waiting, seen = list(wanted), set(wanted)
    while waiting:
        for edge in _edges(graph, waiting.pop()):
            uses[edge.node] += 1
            if edge.node not in seen:
                seen.add(edge.node)
                waiting.append(edge.node)
    return uses


def _order(graph: Graph, number: int, known: dict[int, Lines]) -> Iterator[int]:
    """Yield what a node needs and is not known, itself last: each after all that it leads to."""
    waiting, done = [(number, False)], set[int]()
    while waiting:
        each, is_ready = waiting.pop()
        if each in done or each in known:
            continue
        if is_ready:
            done.add(each)
            yield each
        else:
            waiting.append((each, True))
            waiting += [(edge.node, False) for edge in _edges(graph, each)]


def _lines(graph: Graph, number: int, known: dict[int, Lines]) -> Lines:
    if number == NOWHERE:
        return np.empty(0, dtype=np.int64)
    if kept := graph.node(number).runs:
        return _expanded(unpacked(kept))
    first, *others = graph.edges(number)
    lines = _from(known[first.node], number, graph.hunks(first))
    for edge in others:
        mine = lines >> SHIFT == number
        if not mine.any():
            break
        lines = np.where(mine, _from(known[edge.node], number, graph.hunks(edge)), lines)
    return lines


def _from(theirs: Lines, number: int, hunks: Hunks) -> Lines:
    """Return the lines of a node as far as one parent's version has them, and its own."""
    pieces, at = [], 0
    begin = number << SHIFT
    for old, n_old, new, n_new in np.frombuffer(hunks.numbers, dtype=np.int32).reshape(-1, 4).tolist():
        pieces += [theirs[at:old], np.arange(begin + new, begin + new + n_new, dtype=np.int64)]
        at = old + n_old
    return np.concatenate([*pieces, theirs[at:]])


def runs_of(lines: Lines) -> Runs:
    """Return the runs of a file."""
    if not len(lines):
        return np.empty((0, 3), dtype=np.int64)
    cuts = np.flatnonzero(lines[1:] - lines[:-1] != 1) + 1
    found = np.empty((len(cuts) + 1, 3), dtype=np.int64)
    starts = found[:, 0]
    starts[0] = 0
    starts[1:] = cuts
    firsts = lines[starts]
    found[:, 1] = firsts >> SHIFT
    found[:, 2] = firsts & ((1 << SHIFT) - 1)
    starts[:-1] = cuts - starts[:-1]
    starts[-1] = len(lines) - starts[-1]
    return found


def _expanded(runs: Runs) -> Lines:
    counts, nodes, firsts = runs.T
    starts = np.cumsum(counts) - counts
    return np.repeat((nodes << SHIFT) + firsts - starts, counts) + np.arange(counts.sum(), dtype=np.int64)


def packed(runs: Runs) -> bytes:
    """Return runs as few bytes; never none at all."""
    return zlib.compress(runs.astype("<i8").tobytes(), 1)


def unpacked(data: bytes) -> Runs:
    """Return the runs that were packed."""
    return np.frombuffer(zlib.decompress(data), dtype="<i8").reshape(-1, 3)
