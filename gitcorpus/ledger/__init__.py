"""What the server saw and decided, as a hash chain that can only grow.

A ledger is a folder of segments, `000000.jsonl` and on, each with a thousand entries, one line an entry. An
entry names the digest of the one before it, so an edited, moved or removed line shows. What a chain cannot
show is the loss of its newest entries; a copy elsewhere shows that.

An entry that `append` returned is on the disk. One that a killed writer left half-written was never returned:
the next writer moves its bytes to `torn-N` beside the segments, so that nothing is lost silently.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path

from gitcorpus.errors import UnjudgedError
from gitcorpus.ledger.chain import (
    FIRST,
    decode_entry,
    encode_entry,
    entry_digest,
    fault,
    following_entry,
    judge_line,
)
from gitcorpus.ledger.segments import (
    LOCK,
    Line,
    append_bytes,
    last_line,
    make_folder,
    missing_segments,
    move_aside,
    read_lines,
    segment_of,
    segments,
)
from gitcorpus.locks import PATIENCE, locked, read_regular
from gitcorpus.model.entry import Entry, EntryKind, Json
from gitcorpus.model.finding import Finding, Severity
from gitcorpus.model.place import Digest, Place


class Ledger:
    """The ledger in one folder."""

    def __init__(self, folder: Path, *, patience: float = PATIENCE) -> None:
        self.folder = folder
        self.patience = patience

    @classmethod
    def of(cls, git_dir: Path, *, patience: float = PATIENCE) -> "Ledger":
        """Return the ledger of a repository; who appends waits for other writers no longer than `patience`."""
        return cls(git_dir / "gitcorpus" / "ledger", patience=patience)

    @property
    def exists(self) -> bool:
        """Tell whether anything was ever recorded."""
        return bool(segments(self.folder))

    def append(self, kind: EntryKind, body: Mapping[str, Json], *, now: datetime) -> Entry:
        """Record what happened, and return once it is on the disk.

        Raises:
            UnjudgedError: ledger-unwritable, and then nothing of the entry is left; ledger-broken, if the
                newest entry was tampered with; lock-held, if another writer does not come to its end.
        """
        try:
            make_folder(self.folder)
            with locked(self.folder / LOCK, seconds=self.patience):
                newest = self._recover()
                entry = following_entry(newest, kind, body, now)
                append_bytes(segment_of(self.folder, entry.number), encode_entry(entry))
        except OSError as error:
            raise UnjudgedError(
                "ledger-unwritable",
                f"the ledger cannot be written: {error.strerror}",
                place=str(self.folder),
                hint=f"see to free space and to the rights of {self.folder}, then push again",
            ) from error
        return entry

    def entries(self) -> Iterator[Entry]:
        """Yield every entry, oldest first; what a killed writer left half-written is no entry.

        Raises:
            UnjudgedError: ledger-broken, with the entry's number and byte offset; ledger-unreadable.
        """
        previous, number = FIRST, 0
        for line in self._lines():
            if not line.data.endswith(b"\n") and line.path == segments(self.folder)[-1]:
                return
            entry, faults = judge_line(line, previous, number)
            if entry is None or faults:
                raise _broken(line.path, f"entry {number} at byte {line.offset}: {faults[0].sentence}")
            yield entry
            previous, number = entry.digest, number + 1

    def lookup(self) -> "Lookup":
        """Return what looks entries up in the ledger as it is now."""
        return Lookup(self.folder)

    def verify(self) -> tuple[int, tuple[Finding, ...]]:
        """Return how many entries there are, and every fault with the ledger's file and line.

        What was set aside for a killed writer is named too, as a finding that only records.

        Raises:
            UnjudgedError: ledger-unreadable.
        """
        previous: Digest | None = FIRST
        number = count = 0
        missing = missing_segments(self.folder)
        findings = [
            fault("ledger-segment-missing", path, None, "the segment is not there") for path in missing
        ]
        for line in self._lines(waits=True):
            entry, faults = judge_line(line, previous, number)
            findings += faults
            previous, number = (entry.digest, entry.number + 1) if entry else (None, number + 1)
            count += entry is not None
        findings += [_set_aside(path) for path in sorted(self.folder.glob("torn-*"))]
        return count, tuple(findings)

    def _lines(self, *, waits: bool = False) -> Iterator[Line]:
        for path in segments(self.folder):
            try:
                yield from read_lines(path, waits=waits)
            except OSError as error:
                raise _unreadable(path, error) from error

    def _recover(self) -> Entry | None:
        """Return the newest entry; half-written bytes after it are moved aside first."""
        for path in reversed(segments(self.folder)):
            offset, data = last_line(path)
            if data and (not data.endswith(b"\n") or decode_entry(data) is None):
                move_aside(path, offset, data)
                offset, data = last_line(path)
            if data:
                entry = decode_entry(data)
                if entry is None or entry_digest(entry) != entry.digest:
                    raise _broken(path, f"the newest entry, at byte {offset}, is not as it was written")
                return entry
        return None


class Lookup:
    """Looks entries up by a text in their lines, newest first: no other line is read as an entry.

    A segment is read when it is first needed, and once.
    """

    def __init__(self, folder: Path) -> None:
        self._paths = segments(folder)[::-1]
        self._read: dict[Path, bytes] = {}

    def naming(self, text: str) -> Iterator[Entry]:
        """Yield the entries whose canonical JSON has a text, newest first.

        Raises:
            UnjudgedError: ledger-broken, if one of them is not as it was written; ledger-unreadable.
        """
        needle = text.encode()
        for path in self._paths:
            data = self._segment(path)
            end = len(data)
            while (at := data.rfind(needle, 0, end)) >= 0:
                end = data.rfind(b"\n", 0, at) + 1
                line = data[end : data.find(b"\n", at) + 1]
                entry = decode_entry(line)
                if entry is None or entry_digest(entry) != entry.digest:
                    raise _broken(path, f"the entry at byte {end} is not as it was written")
                yield entry

    def _segment(self, path: Path) -> bytes:
        """Read a segment up to the end of its last whole line."""
        if path not in self._read:
            try:
                data = read_regular(path)
            except OSError as error:
                raise _unreadable(path, error) from error
            self._read[path] = data[: data.rfind(b"\n") + 1]
        return self._read[path]


def _set_aside(path: Path) -> Finding:
    """Name what was moved aside; bytes that end a line were once an entry, so they are a fault."""
    if path.read_bytes().endswith(b"\n"):
        return fault("ledger-line-broken", path, None, "a whole line that is no entry was moved here")
    return Finding(
        code="ledger-torn",
        place=Place(path=str(path)),
        sentence="a killed writer left these bytes, and no entry was lost",
        hint="nothing to do; remove the file once it is understood",
        severity=Severity.RECORD,
    )


def _unreadable(path: Path, error: OSError) -> UnjudgedError:
    sentence = f"the ledger cannot be read: {error.strerror}"
    hint = f"see to the rights of {path.parent}"
    return UnjudgedError("ledger-unreadable", sentence, place=str(path), hint=hint)


def _broken(path: Path, sentence: str) -> UnjudgedError:
    return UnjudgedError("ledger-broken", sentence, place=str(path), hint="gitcorpus ledger verify")
