"""Results of pure functions, known by what they depend on, in one SQLite file that may be deleted at any time.

A key is a digest of everything that a result depends on, so a result never changes and nobody has to ask twice.
Nothing here can make a push fail: a cache that cannot be read knows nothing, one that cannot be written learns
nothing, and a broken file is begun anew. Only a file that this account made here is read: see `gitcorpus.derived`.
"""

import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Final, NamedTuple
from zlib import crc32

from gitcorpus import derived
from gitcorpus.locks import make_private

CACHE: Final = "cache"
RELEASES: Final = "releases"
_LAYOUT: Final = 2
_SUM: Final = 4
"""Bytes before a value by which it is held against: one that was damaged is not known."""
_WAIT: Final = 1.0
"""Most seconds that one process waits for another that is writing."""
_AT_ONCE: Final = 500
_MAKE: Final = f"""
PRAGMA journal_mode = WAL;
PRAGMA user_version = {_LAYOUT};
CREATE TABLE IF NOT EXISTS results (
    key BLOB PRIMARY KEY, topic TEXT NOT NULL, day TEXT NOT NULL, value BLOB NOT NULL
) WITHOUT ROWID;
"""


def _sum(value: bytes) -> bytes:
    return crc32(value).to_bytes(_SUM, "little")


class Topic(NamedTuple):
    """How many results of one topic there are, and how many bytes they take."""

    name: str
    results: int
    bytes: int


class Cache:
    """The results in one file, which any number of processes may share. One thread at a time may use an object.

    Without a file, results are known until the object is closed.
    """

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self._connection: sqlite3.Connection | None = None
        self._patience = _WAIT

    @classmethod
    def of(cls, git_dir: Path) -> "Cache":
        """Return the cache of a repository."""
        return cls(derived.sealed(git_dir, CACHE))

    @classmethod
    def of_releases(cls, git_dir: Path) -> "Cache":
        """Return what releases of a repository have found out: large results, and no push waits for them."""
        return cls(derived.sealed(git_dir, RELEASES))

    def known(self, keys: Iterable[bytes]) -> dict[bytes, bytes]:
        """Return the results that are known among those asked for."""
        wanted = list(dict.fromkeys(keys))
        found: dict[bytes, bytes] = {}
        try:
            for start in range(0, len(wanted), _AT_ONCE):
                some = wanted[start : start + _AT_ONCE]
                marks = ",".join("?" * len(some))
                rows = self._open().execute(f"SELECT key, value FROM results WHERE key IN ({marks})", some)  # noqa: S608 - only marks
                for key, value in rows.fetchall():
                    if value[:_SUM] == _sum(value[_SUM:]):
                        found[key] = value[_SUM:]
                    else:
                        self._forget(key)
        except sqlite3.Error as error:
            self._give_up(error)
        return found

    def holds(self, keys: Iterable[bytes]) -> frozenset[bytes]:
        """Return which results are known among those asked for, without reading them."""
        wanted = list(dict.fromkeys(keys))
        found: set[bytes] = set()
        try:
            for start in range(0, len(wanted), _AT_ONCE):
                some = wanted[start : start + _AT_ONCE]
                marks = ",".join("?" * len(some))
                rows = self._open().execute(f"SELECT key FROM results WHERE key IN ({marks})", some)  # noqa: S608 - only marks
                found.update(key for (key,) in rows)
        except sqlite3.Error as error:
            self._give_up(error)
        return frozenset(found)

    def learn(self, topic: str, results: Mapping[bytes, bytes], *, today: date) -> None:
        """Keep results; those that are known stay as they are."""
        rows = [(key, topic, today.isoformat(), _sum(value) + value) for key, value in results.items()]
        try:
            with self._open() as connection:
                connection.executemany("INSERT OR IGNORE INTO results VALUES (?, ?, ?, ?)", rows)
        except sqlite3.Error as error:
            self._give_up(error)

    def forget(self, keys: Iterable[bytes]) -> None:
        """Let go of results that turned out to be of no use."""
        for key in keys:
            self._forget(key)

    def _forget(self, key: bytes) -> None:
        """Let go of a result that was damaged; where that is not possible, it is found out anew each time."""
        with suppress(sqlite3.OperationalError), self._open() as connection:
            connection.execute("DELETE FROM results WHERE key = ?", [key])

    def topics(self) -> tuple[Topic, ...]:
        """Return what there is, topic by topic."""
        try:
            sizes = "sum(length(key) + length(value)) - ? * count(*)"
            query = f"SELECT topic, count(*), {sizes} FROM results GROUP BY topic ORDER BY topic"  # noqa: S608 - our own words
            rows = self._open().execute(query, [_SUM])
            return tuple(Topic._make(row) for row in rows)
        except sqlite3.Error as error:
            self._give_up(error)
            return ()

    def clear(self, *, before: date | None = None) -> int:
        """Forget what was learnt before a day, or everything; return how many results that were."""
        try:
            with self._open() as connection:
                count = connection.execute(
                    "DELETE FROM results WHERE day < ?", [before.isoformat() if before else "~"]
                ).rowcount
            self._open().execute("VACUUM")
        except sqlite3.Error as error:
            self._give_up(error)
            return 0
        return count

    def close(self) -> None:
        """Let go of the file."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            if self.path is not None:
                with suppress(OSError):
                    self.path.parent.mkdir(exist_ok=True)
                    make_private(self.path)
            connection = sqlite3.connect(
                self.path or ":memory:", timeout=self._patience, check_same_thread=False
            )
            self._connection = connection
            connection.execute("PRAGMA synchronous = NORMAL")
            if connection.execute("PRAGMA user_version").fetchone() != (_LAYOUT,):
                connection.executescript(_MAKE)
        return self._connection

    def _give_up(self, error: sqlite3.Error) -> None:
        """Do without; a file that is no database, or one of another layout, makes room for a new one."""
        self.close()
        if "locked" in str(error):
            self._patience = 0.0  # one that waited once has waited
        broken = isinstance(error, sqlite3.DatabaseError) and not isinstance(error, sqlite3.OperationalError)
        if self.path is not None and (broken or "no such column" in str(error)):
            for ending in ("", "-wal", "-shm"):
                with suppress(OSError):
                    self.path.with_name(self.path.name + ending).unlink()
