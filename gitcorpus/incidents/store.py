"""Incidents and the outbox of sealed values, in one SQLite file that is on the disk before a push is answered.

An incident and the value that is sealed for it are written in one transaction. What a worker is about to do is written
before it does it, so that whoever comes after a killed one knows that it does not know.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, NamedTuple

from gitcorpus.errors import GitcorpusError, UnjudgedError
from gitcorpus.incidents.keys import seal
from gitcorpus.locks import holder, make_private
from gitcorpus.model.incident import Event, Incident, Sight, State
from gitcorpus.model.secret import CONTENT, Exposure, Tier
from gitcorpus.model.server import Revocation, Secrets

FILE: Final = "gitcorpus/incidents.db"
_WAIT: Final = 5.0
"""Most seconds that a statement waits for another process."""
_MOST_SIGHTS: Final = 1000
"""Sights of one incident that are kept; more are counted."""
_MAKE: Final = """
PRAGMA journal_mode = WAL;
CREATE TABLE IF NOT EXISTS incidents (
    id TEXT PRIMARY KEY, fingerprint TEXT NOT NULL, rule TEXT NOT NULL, title TEXT NOT NULL, tier TEXT NOT NULL,
    state TEXT NOT NULL, opened_at TEXT NOT NULL, seen_at TEXT NOT NULL, times INTEGER NOT NULL,
    told INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS sights (
    incident TEXT NOT NULL, ref TEXT NOT NULL, "commit" TEXT NOT NULL, path TEXT NOT NULL, line INTEGER NOT NULL,
    pusher TEXT NOT NULL, seen_at TEXT NOT NULL, UNIQUE (incident, ref, "commit", path, line)
);
CREATE TABLE IF NOT EXISTS events (
    incident TEXT NOT NULL, at TEXT NOT NULL, what TEXT NOT NULL, said TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS outbox (
    incident TEXT PRIMARY KEY, sealed BLOB NOT NULL, attempts INTEGER NOT NULL, next_at TEXT NOT NULL,
    expires_at TEXT NOT NULL
) WITHOUT ROWID;
"""


class Reported(NamedTuple):
    """Who pushed, when, what the server wants done, and what was let pass for which reason."""

    pusher: str
    now: datetime
    secrets: Secrets
    allowed: Mapping[str, str]
    """Reasons by incident."""


class Due(NamedTuple):
    """A value that waits to be revoked."""

    incident: str
    rule: str
    state: State
    sealed: bytes
    attempts: int
    opened_at: datetime


class Incidents:
    """The incidents of one repository."""

    def __init__(self, git_dir: Path) -> None:
        self._git_dir = git_dir
        self._path = git_dir / FILE

    def record(self, exposures: Iterable[Exposure], reported: Reported) -> None:
        """Open an incident for every value, or add to the one that it has, and seal what is to be revoked.

        Raises:
            UnjudgedError: incidents-unwritable, or key-unusable.
        """
        by_value: dict[str, list[Exposure]] = {}
        for exposure in exposures:
            by_value.setdefault(exposure.fingerprint, []).append(exposure)
        with self._writing() as into:
            for found in by_value.values():
                self._record_one(into, found, reported)

    def all(self) -> list[Incident]:
        """Return every incident, the newest first, without sights and events."""
        if not self._path.exists():
            return []
        with self._reading() as source:
            rows = source.execute(f"{_SELECT} ORDER BY opened_at DESC, id").fetchall()
            return [_incident(row) for row in rows]

    def one(self, name: str) -> Incident:
        """Return an incident by its id or the first digits of it.

        Raises:
            GitcorpusError: unknown-incident.
        """
        with self._reading() as source:
            rows = source.execute(f"{_SELECT} WHERE incidents.id LIKE ? || '%'", (_plain(name),)).fetchall()
            if len(rows) != 1:
                sentence = (
                    f"{len(rows)} incidents begin with `{name}`" if rows else f"there is no incident `{name}`"
                )
                raise GitcorpusError("unknown-incident", sentence, hint="gitcorpus incidents list")
            oid = rows[0][0]
            sights = source.execute(
                'SELECT ref, "commit", path, line, pusher, seen_at FROM sights WHERE incident = ? ORDER BY rowid',
                (oid,),
            ).fetchall()
            events = source.execute(
                "SELECT at, what, said FROM events WHERE incident = ? ORDER BY rowid", (oid,)
            ).fetchall()
        return _incident(
            rows[0],
            sights=tuple(
                Sight(ref, commit, path, line, pusher, _moment(at))
                for ref, commit, path, line, pusher, at in sights
            ),
            events=tuple(Event(_moment(at), what, said) for at, what, said in events),
        )

    def due(self, now: datetime) -> list[Due]:
        """Return the values whose time has come, the oldest first, without those that somebody must ask for."""
        with self._reading() as source:
            rows = source.execute(
                "SELECT incidents.id, rule, state, sealed, attempts, opened_at FROM outbox"
                " JOIN incidents ON incidents.id = outbox.incident"
                " WHERE state IN (?, ?, ?) AND next_at <= ? ORDER BY opened_at, incidents.id",
                (State.QUEUED, State.UNKNOWN, State.SENDING, _text(now)),
            ).fetchall()
        return [
            Due(oid, rule, State(state), sealed, n, _moment(at)) for oid, rule, state, sealed, n, at in rows
        ]

    def untold(self) -> list[Incident]:
        """Return the incidents that need a person whom nobody told."""
        with self._reading() as source:
            rows = source.execute(f"{_SELECT} WHERE state = ? AND told = 0", (State.OPEN,)).fetchall()
        return [_incident(row) for row in rows]

    def told(self, name: str, now: datetime) -> None:
        """Take down that a person was told."""
        with self._writing() as into:
            into.execute("UPDATE incidents SET told = 1 WHERE id = ?", (name,))
            _event(into, name, now, "told", "")

    def begin(self, due: Due, now: datetime, key: str) -> None:
        """Take down that a request is about to be sent."""
        with self._writing() as into:
            into.execute("UPDATE incidents SET state = ? WHERE id = ?", (State.SENDING, due.incident))
            into.execute("UPDATE outbox SET attempts = attempts + 1 WHERE incident = ?", (due.incident,))
            _event(into, due.incident, now, "sending", key)

    def wait(self, due: Due, now: datetime, until: datetime, state: State, said: str) -> None:
        """Take down that a value waits for another attempt."""
        with self._writing() as into:
            into.execute("UPDATE incidents SET state = ? WHERE id = ?", (state, due.incident))
            into.execute("UPDATE outbox SET next_at = ? WHERE incident = ?", (_text(until), due.incident))
            _event(into, due.incident, now, state.value, said)

    def end(self, name: str, now: datetime, state: State, said: str) -> None:
        """Take down that the worker is done with a value, and erase it."""
        with self._writing() as into:
            into.execute("UPDATE incidents SET state = ? WHERE id = ?", (state, name))
            _event(into, name, now, state.value, said)
            into.execute("DELETE FROM outbox WHERE incident = ?", (name,))
        self._scrub()

    def expire(self, now: datetime) -> int:
        """Erase the values that were kept for long enough, and return how many there were; a person sees to them."""
        with self._writing() as into:
            rows = into.execute("SELECT incident FROM outbox WHERE expires_at <= ?", (_text(now),)).fetchall()
            for (name,) in rows:
                into.execute("UPDATE incidents SET state = ? WHERE id = ?", (State.OPEN, name))
                into.execute("DELETE FROM outbox WHERE incident = ?", (name,))
                _event(into, name, now, "erased", "its value was kept for long enough")
        if rows:
            self._scrub()
        return len(rows)

    def retry(self, name: str, now: datetime, by: str) -> Incident:
        """Let the worker revoke a value now.

        Raises:
            GitcorpusError: unknown-incident; not-sealed, if the value is not kept any more.
        """
        incident = self.one(name)
        if not incident.is_sealed:
            sentence, hint = (
                "its value is not kept, so the worker cannot send it",
                "revoke it by hand, and close it",
            )
            raise GitcorpusError("not-sealed", sentence, place=incident.id, hint=hint)
        with self._writing() as into:
            state = State.UNKNOWN if incident.attempts else State.QUEUED
            into.execute("UPDATE incidents SET state = ? WHERE id = ?", (state, incident.id))
            into.execute("UPDATE outbox SET next_at = ? WHERE incident = ?", (_text(now), incident.id))
            _event(into, incident.id, now, "retried", by)
        return self.one(incident.id)

    def close(self, name: str, now: datetime, by: str, reason: str) -> Incident:
        """Take down that a person saw to it, and erase the value.

        Raises:
            GitcorpusError: unknown-incident.
        """
        incident = self.one(name)
        self.end(incident.id, now, State.CLOSED, f"{by}: {reason}")
        return self.one(incident.id)

    def _record_one(self, into: sqlite3.Connection, found: list[Exposure], reported: Reported) -> None:
        first = found[0]
        name, now = first.fingerprint[:CONTENT], _text(reported.now)
        row = into.execute("SELECT state FROM incidents WHERE id = ?", (name,)).fetchone()
        if row is None:
            into.execute(
                "INSERT INTO incidents VALUES (?, ?, ?, ?, ?, ?, ?, ?, 1, 0)",
                (name, first.fingerprint, first.rule, first.title, first.tier, State.OPEN, now, now),
            )
            _event(into, name, reported.now, "opened", reported.pusher)
        else:
            into.execute("UPDATE incidents SET times = times + 1, seen_at = ? WHERE id = ?", (now, name))
        for each in found[:_MOST_SIGHTS]:
            place = each.place
            values = (name, each.ref, place.commit or "", place.path, place.line or 0, reported.pusher, now)
            into.execute("INSERT OR IGNORE INTO sights VALUES (?, ?, ?, ?, ?, ?, ?)", values)
        if name in reported.allowed:
            into.execute("UPDATE incidents SET state = ? WHERE id = ?", (State.ALLOWED, name))
            said = f"{reported.pusher}: {reported.allowed[name]}"
            _event(into, name, reported.now, State.ALLOWED.value, said)
            into.execute("DELETE FROM outbox WHERE incident = ?", (name,))
        elif row is None:
            self._seal(into, name, first, reported)

    def _seal(self, into: sqlite3.Connection, name: str, exposure: Exposure, reported: Reported) -> None:
        policy = reported.secrets.policy(exposure.rule)
        if policy is Revocation.NEVER:
            return
        sealed = seal(self._git_dir, exposure.value)
        if sealed is None:
            _event(into, name, reported.now, "not sealed", "there is no key: gitcorpus revoke keygen")
            return
        expires = reported.now + timedelta(hours=reported.secrets.keep_hours)
        values = (name, sealed, 0, _text(reported.now), _text(expires))
        into.execute("INSERT INTO outbox VALUES (?, ?, ?, ?, ?)", values)
        state = State.QUEUED if policy is Revocation.AUTO else State.ASKING
        into.execute("UPDATE incidents SET state = ? WHERE id = ?", (state, name))
        _event(into, name, reported.now, state.value, "")

    def _scrub(self) -> None:
        """Overwrite what was erased, in the log that SQLite writes ahead too."""
        with self._connected() as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._connected() as connection:
            try:
                connection.execute("BEGIN IMMEDIATE")
                yield connection
                connection.execute("COMMIT")
            except sqlite3.Error as error:
                raise self._unwritable(error) from error

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        with self._connected() as connection:
            try:
                yield connection
            except sqlite3.Error as error:
                raise self._unwritable(error) from error

    @contextmanager
    def _connected(self) -> Iterator[sqlite3.Connection]:
        try:
            self._path.parent.mkdir(exist_ok=True)
            make_private(self._path)
            connection = sqlite3.connect(self._path, timeout=_WAIT, isolation_level=None)
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA secure_delete = ON")
            connection.executescript(_MAKE)
        except (OSError, sqlite3.Error) as error:
            raise self._unwritable(error) from error
        try:
            yield connection
        finally:
            connection.close()

    def _unwritable(self, error: Exception) -> UnjudgedError:
        hint = "an administrator makes room, or sees to the file's owner"
        by = holder(self._path) or holder(Path(f"{self._path}-shm"))
        held = f"; {by} holds it" if by and "locked" in str(error) else ""
        sentence = f"an incident cannot be written down: {error}{held}"
        return UnjudgedError("incidents-unwritable", sentence, place=str(self._path), hint=hint)


_SELECT: Final = (
    "SELECT incidents.id, fingerprint, rule, title, tier, state, opened_at, seen_at, times,"
    " outbox.incident IS NOT NULL, coalesce(attempts, 0)"
    " FROM incidents LEFT JOIN outbox ON incidents.id = outbox.incident"
)


def _incident(
    row: tuple[Any, ...], sights: tuple[Sight, ...] = (), events: tuple[Event, ...] = ()
) -> Incident:
    name, fingerprint, rule, title, tier, state, opened_at, seen_at, times, sealed, attempts = row
    return Incident(
        id=name,
        fingerprint=fingerprint,
        rule=rule,
        title=title,
        tier=Tier(tier),
        state=State(state),
        opened_at=_moment(opened_at),
        seen_at=_moment(seen_at),
        times=times,
        is_sealed=bool(sealed),
        attempts=attempts,
        sights=sights,
        events=events,
    )


def _event(into: sqlite3.Connection, name: str, now: datetime, what: str, said: str) -> None:
    into.execute("INSERT INTO events VALUES (?, ?, ?, ?)", (name, _text(now), what, said))


def _plain(name: str) -> str:
    """Return a name in which nothing stands for something else."""
    return "".join(each for each in name.lower() if each in "0123456789abcdef") or "-"


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
