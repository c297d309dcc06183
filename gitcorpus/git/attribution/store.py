"""What is known of attribution, in one SQLite file that may be deleted at any time.

Whoever reads sees one state of it from the first question to the last. Whoever writes does so at the end, all at once;
if somebody else wrote meanwhile, nothing is written, and the next one finds out again. What is kept holds for one
version of git and one kind of objects: for others the file is begun anew, and so is a broken one.
"""

import sqlite3
import zlib
from array import array
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, NamedTuple

from gitcorpus.git.attribution.diffs import Hunks
from gitcorpus.git.attribution.graph import Edge, Node
from gitcorpus.git.attribution.history import Chain, Spot, Touches
from gitcorpus.git.attribution.kept import files_of
from gitcorpus.locks import make_private

LAYOUT: Final = 1
_WAIT: Final = 1.0
"""Most seconds that one process waits for another that is writing."""
_AT_ONCE: Final = 500
_MAKE: Final = """
CREATE TABLE IF NOT EXISTS about (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS chains (number INTEGER PRIMARY KEY, base BLOB, length INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS commits (
    oid BLOB PRIMARY KEY, chain INTEGER NOT NULL, position INTEGER NOT NULL, parents BLOB NOT NULL
) WITHOUT ROWID;
CREATE UNIQUE INDEX IF NOT EXISTS places ON commits (chain, position);
CREATE TABLE IF NOT EXISTS touches (
    path BLOB NOT NULL, chain INTEGER NOT NULL, first INTEGER NOT NULL, changes BLOB NOT NULL,
    PRIMARY KEY (path, chain, first)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS nodes (
    number INTEGER PRIMARY KEY, oid BLOB NOT NULL, path BLOB NOT NULL, blob BLOB NOT NULL,
    edges BLOB NOT NULL, runs BLOB
);
CREATE UNIQUE INDEX IF NOT EXISTS named ON nodes (path, oid);
CREATE TABLE IF NOT EXISTS binary (number INTEGER PRIMARY KEY);
CREATE TABLE IF NOT EXISTS trees (oid BLOB PRIMARY KEY, nodes BLOB NOT NULL) WITHOUT ROWID;
"""
_TABLES: Final = ("about", "chains", "commits", "touches", "nodes", "binary", "trees")


class Learnt(NamedTuple):
    """What a run found out that was not known."""

    chains: Sequence[Chain]
    commits: Iterable[tuple[bytes, Spot, tuple[bytes, ...]]]
    touches: Mapping[tuple[bytes, int], Touches]
    nodes: Iterable[tuple[int, Node, Sequence[tuple[int, Hunks]]]]
    runs: Iterable[tuple[int, bytes]]
    """Of nodes that were known without them."""
    trees: Mapping[bytes, Mapping[bytes, int]]
    """For each commit, the node of each path."""
    binary: Iterable[int]
    """The nodes of trees that are no text."""


class Store:
    """One file, for one thread; a store without a file knows nothing and learns nothing."""

    def __init__(self, path: Path | None, about: Mapping[str, str]) -> None:
        """Open the file, or begin it.

        Args:
            path: the file.
            about: what must be alike for what is kept to hold.
        """
        self._about = {"layout": str(LAYOUT), **about}
        self._connection: sqlite3.Connection | None = None
        if path is not None:
            self._open(path)

    def close(self) -> None:
        """Let go of the file."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def chains(self) -> list[Chain]:
        """Return all chains, in the order of their numbers."""
        return [Chain(*row) for row in self._rows("SELECT base, length FROM chains ORDER BY number")]

    def tips(self) -> list[bytes]:
        """Return the commits whose trees are kept: all commits behind them are known."""
        return [_digits(oid) for (oid,) in self._rows("SELECT oid FROM trees")]

    def commit(self, oid: bytes) -> tuple[Spot, tuple[bytes, ...]] | None:
        """Return where a commit lies, and its parents; none if it is not known."""
        name = _bytes(oid)
        query = "SELECT chain, position, parents FROM commits WHERE oid = ?"
        for chain, position, parents in self._rows(query, name):
            width = len(name)
            found = (parents[start : start + width] for start in range(0, len(parents), width))
            return Spot(chain, position), tuple(map(_digits, found))
        return None

    def commit_at(self, spot: Spot) -> bytes:
        """Return which commit lies somewhere."""
        ((oid,),) = self._rows("SELECT oid FROM commits WHERE chain = ? AND position = ?", *spot)
        return _digits(oid)

    def touches(self, path: bytes) -> dict[int, Touches]:
        """Return the changes of a path, by chain."""
        found: dict[int, Touches] = {}
        query = "SELECT chain, changes FROM touches WHERE path = ? ORDER BY chain, first"
        for chain, packed in self._rows(query, path):
            touches = found.setdefault(chain, Touches([], []))
            positions, changes = _changes(packed)
            touches.positions.extend(positions)
            touches.changes.extend(changes)
        return found

    def n_nodes(self) -> int:
        """Return how many nodes there are; they have the numbers from 1."""
        rows = self._rows("SELECT max(number) FROM nodes")
        return (rows[0][0] or 0) if rows else 0

    def node_of(self, commit: bytes, path: bytes) -> tuple[int, Node] | None:
        """Return a node with its number."""
        query = "SELECT number, blob, runs FROM nodes WHERE path = ? AND oid = ?"
        for number, blob, runs in self._rows(query, path, _bytes(commit)):
            return number, _node(commit, path, blob, runs)
        return None

    def node(self, number: int) -> Node:
        """Return a node by its number."""
        ((oid, path, blob, runs),) = self._rows(
            "SELECT oid, path, blob, runs FROM nodes WHERE number = ?", number
        )
        return _node(_digits(oid), path, blob, runs)

    def commits(self, numbers: Sequence[int]) -> dict[int, bytes]:
        """Return the commits of nodes, by their numbers."""
        found: dict[int, bytes] = {}
        for start in range(0, len(numbers), _AT_ONCE):
            some = numbers[start : start + _AT_ONCE]
            marks = ",".join("?" * len(some))
            rows = self._rows(f"SELECT number, oid FROM nodes WHERE number IN ({marks})", *some)  # noqa: S608 - only marks
            found |= {number: _digits(oid) for number, oid in rows}
        return found

    def edges(self, number: int) -> tuple[Edge, ...]:
        """Return where a node's lines come from."""
        ((packed,),) = self._rows("SELECT edges FROM nodes WHERE number = ?", number)
        return tuple(_edges(zlib.decompress(packed)))

    def binary(self) -> set[int]:
        """Return the nodes of kept trees that are no text."""
        return {number for (number,) in self._rows("SELECT number FROM binary")}

    def tree(self, commit: bytes) -> dict[bytes, int] | None:
        """Return the node of each path of a commit's tree; none if that is not kept."""
        for (packed,) in self._rows("SELECT nodes FROM trees WHERE oid = ?", _bytes(commit)):
            data = zlib.decompress(packed)
            size = int.from_bytes(data[:8], "little")
            numbers = array("q", data[8 : 8 + 8 * size])
            return dict(zip(data[8 + 8 * size :].split(b"\0"), numbers, strict=False)) if size else {}
        return None

    def learn(self, learnt: Learnt) -> bool:
        """Keep what was found out; return whether that was possible."""
        if self._connection is None:
            return False
        try:
            self._write(self._connection, learnt)
            self._connection.execute("COMMIT")
        except sqlite3.Error:
            with suppress(sqlite3.Error):
                self._connection.execute("ROLLBACK")
            return False
        return True

    def _write(self, into: sqlite3.Connection, learnt: Learnt) -> None:
        chains = ((number, each.base, each.length) for number, each in enumerate(learnt.chains))
        into.executemany("INSERT OR REPLACE INTO chains VALUES (?, ?, ?)", chains)
        commits = (
            (_bytes(oid), *spot, b"".join(map(_bytes, parents))) for oid, spot, parents in learnt.commits
        )
        into.executemany("INSERT INTO commits VALUES (?, ?, ?, ?)", commits)
        touches = (
            (path, chain, each.positions[0], _packed_changes(each))
            for (path, chain), each in learnt.touches.items()
        )
        into.executemany("INSERT INTO touches VALUES (?, ?, ?, ?)", touches)
        nodes = (
            (number, _bytes(node.commit), node.path, node.blob, _packed_edges(edges), node.runs or None)
            for number, node, edges in learnt.nodes
        )
        into.executemany("INSERT INTO nodes VALUES (?, ?, ?, ?, ?, ?)", nodes)
        runs = ((packed, number) for number, packed in learnt.runs)
        into.executemany("UPDATE nodes SET runs = ? WHERE number = ?", runs)
        into.executemany("INSERT OR IGNORE INTO binary VALUES (?)", ((number,) for number in learnt.binary))
        trees = ((_bytes(commit), _packed_tree(nodes)) for commit, nodes in learnt.trees.items())
        into.executemany("INSERT OR REPLACE INTO trees VALUES (?, ?)", trees)

    def _rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        return self._connection.execute(query, values).fetchall() if self._connection is not None else []

    def _open(self, path: Path) -> None:
        try:
            self._connection = self._begun(path)
        except (OSError, sqlite3.OperationalError):
            return  # a file that cannot be made or opened, or is locked: nothing is known
        except sqlite3.DatabaseError:
            for name in files_of(path):
                name.unlink(missing_ok=True)
            with suppress(sqlite3.Error):
                self._connection = self._begun(path)

    def _begun(self, path: Path) -> sqlite3.Connection:
        path.parent.mkdir(exist_ok=True)
        make_private(path)
        connection = sqlite3.connect(path, timeout=_WAIT, isolation_level=None)
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.executescript(_MAKE)
            connection.execute("BEGIN")
            kept = dict(connection.execute("SELECT name, value FROM about").fetchall())
            if kept != self._about:
                for table in _TABLES:
                    connection.execute(f"DELETE FROM {table}")  # noqa: S608 - a name of ours
                connection.executemany("INSERT INTO about VALUES (?, ?)", self._about.items())
                connection.execute("COMMIT")
                connection.execute("BEGIN")
                connection.execute("SELECT count(*) FROM about").fetchone()
        except BaseException:
            connection.close()
            raise
        return connection


def _node(commit: bytes, path: bytes, blob: bytes, runs: bytes | None) -> Node:
    node = Node(commit, path, blob)
    node.runs = runs or b""
    return node


def _packed_changes(touches: Touches) -> bytes:
    """Return positions and changes as few bytes: what they say is mostly names of blobs, which are not compressed."""
    head = array("i", [len(touches.positions), *touches.positions, *map(len, touches.changes)])
    return head.tobytes() + b"".join(touches.changes)


def _changes(packed: bytes) -> tuple[list[int], list[bytes]]:
    count = int.from_bytes(packed[:4], "little")
    head = array("i", packed[4 : 4 + 8 * count])
    changes, at = [], 4 + 8 * count
    for length in head[count:]:
        changes.append(packed[at : at + length])
        at += length
    return head[:count].tolist(), changes


def _packed_edges(edges: Sequence[tuple[int, Hunks]]) -> bytes:
    pieces = [
        array("q", [node, hunks.is_binary, len(hunks.numbers)]).tobytes() + hunks.numbers
        for node, hunks in edges
    ]
    return zlib.compress(b"".join(pieces), 1)


def _edges(data: bytes) -> Iterable[Edge]:
    at = 0
    while at < len(data):
        node, is_binary, size = array("q", data[at : at + 24])
        yield Edge(node, Hunks(data[at + 24 : at + 24 + size], bool(is_binary)))
        at += 24 + size


def _packed_tree(nodes: Mapping[bytes, int]) -> bytes:
    numbers = array("q", nodes.values()).tobytes()
    return zlib.compress(len(nodes).to_bytes(8, "little") + numbers + b"\0".join(nodes), 1)


def _bytes(digits: bytes) -> bytes:
    return bytes.fromhex(digits.decode())


def _digits(name: bytes) -> bytes:
    return name.hex().encode()
