"""What the server saw and decided, as a hash chain that can only grow.

A ledger is a folder of segments, `000000.jsonl` and on, each with a thousand entries, one line an entry. An
entry names the digest of the one before it, so an edited, moved or removed line shows. That the newest entries are
gone shows in the head, a file beside the folder that names the newest one.

An entry that `append` returned is on the disk, and so is the head that names it. One that a killed writer left
half-written was never returned: the next writer moves its bytes to `torn-N` beside the segments, so that nothing is
lost silently. One that it left whole, before the head, is an entry, and the next writer writes the head. But where the
head names what is not there, entries were lost, and nothing is appended before an administrator puts them back or
goes on openly without them.
"""

import shlex
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Final

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
from gitcorpus.ledger.head import BrokenHeadError, Head, begin_head, head_path, read_head, write_head
from gitcorpus.ledger.personal import count_erased, names_openly, revealed, without
from gitcorpus.ledger.segments import (
    LOCK,
    SEGMENT,
    Line,
    append_bytes,
    last_line,
    make_folder,
    missing_segments,
    move_aside,
    move_folder_aside,
    read_lines,
    read_tail,
    replace_bytes,
    segment_of,
    segments,
)
from gitcorpus.locks import PATIENCE, locked, read_regular
from gitcorpus.model.entry import FORMAT, Entry, EntryKind, Json
from gitcorpus.model.finding import Finding, Severity
from gitcorpus.model.place import Digest, Place

_GONE: Final = "gitcorpus is installed here, and there is no ledger"
_HEADLESS: Final = "the file that names the newest entry is not there"


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

    @property
    def is_lost(self) -> bool:
        """Tell whether there must be a ledger, and none is."""
        return not self.exists and (self.is_installed or self.head_path.exists())

    @property
    def head_path(self) -> Path:
        """Return the file that names the newest entry."""
        return head_path(self.folder)

    @property
    def is_installed(self) -> bool:
        """Tell whether this is the ledger of a repository in which gitcorpus is installed."""
        return (self.folder.parent / "installed.json").exists()

    def append(
        self, kind: EntryKind, body: Mapping[str, Json], *, now: datetime, begins: bool = False
    ) -> Entry:
        """Record what happened, and return once it is on the disk.

        A repository in which gitcorpus is installed has a ledger; only with `begins` its first entry is made.

        Raises:
            UnjudgedError: ledger-unwritable, and then nothing of the entry is left; ledger-broken, if the
                newest entry was tampered with; ledger-lost, if entries are not there that were; lock-held, if
                another writer does not come to its end.
        """
        try:
            make_folder(self.folder)
            with locked(self.folder / LOCK, seconds=self.patience):
                newest = self._held_against_head(self._recover(), begins=begins)
                entry = following_entry(newest, kind, body, now)
                self._write(entry)
        except OSError as error:
            raise self._unwritable(error) from error
        return revealed(entry)

    def begin(self, body: Mapping[str, Json], *, now: datetime) -> Entry:
        """Go on openly where entries were lost: after those that are whole, or anew; the entry says so.

        What is not whole is moved aside, and nothing is deleted.

        Raises:
            UnjudgedError: ledger-unwritable, or lock-held.
        """
        lost = self._head_or_none([])
        begun = body.get("begins")
        try:
            if any(each.blocks and each.code != "ledger-lost" for each in self.verify()[1]):
                move_folder_aside(self.folder)
            make_folder(self.folder)
            with locked(self.folder / LOCK, seconds=self.patience):
                newest = self._recover()
                after: Json = {"number": lost.number, "digest": lost.digest} if lost is not None else None
                begins: dict[str, Json] = {
                    "after": after,
                    "kept": newest.number + 1 if newest is not None else 0,
                }
                begins |= begun if isinstance(begun, dict) else {}
                entry = following_entry(newest, EntryKind.INSTALLED, {**body, "begins": begins}, now)
                self._write(entry, anew=True)
        except OSError as error:
            raise self._unwritable(error) from error
        return revealed(entry)

    def erase(self, names: Sequence[str], body: Mapping[str, Json], *, now: datetime) -> tuple[int, int]:
        """Erase the personal data that names one of some people, and record that it was.

        Return how many values were erased, and how many entries name them where they cannot be erased: those of
        format 1.

        Raises:
            UnjudgedError: as `append` and `entries` do.
        """
        list(self.entries())  # of a ledger that is not whole nothing is rewritten
        try:
            with locked(self.folder / LOCK, seconds=self.patience):
                newest = self._held_against_head(self._recover(), begins=False)
                values, rewritten = 0, {}
                for path in segments(self.folder):
                    there = [entry for line in read_lines(path) if (entry := decode_entry(line.data))]
                    after = [without(entry, names) for entry in there]
                    taken = sum(map(count_erased, after)) - sum(map(count_erased, there))
                    values += taken
                    if taken:
                        rewritten[path] = b"".join(map(encode_entry, after))
                if (
                    values
                ):  # recorded first: what is recorded and not erased is no fault, and can be erased again
                    self._write(following_entry(newest, EntryKind.ERASED, {**body, "values": values}, now))
                for path, data in rewritten.items():
                    replace_bytes(path, data + path.read_bytes()[_length(data, path) :])
        except OSError as error:
            raise self._unwritable(error) from error
        return values, sum(names_openly(entry, names) for entry in self._whole())

    def head(self) -> Head | None:
        """Return the head, or none where no entry of this format was ever written.

        Raises:
            UnjudgedError: ledger-lost, if there is something else in its file; ledger-unreadable.
        """
        try:
            return read_head(self.head_path)
        except BrokenHeadError as error:
            raise self._lost("the file that names the newest entry holds something else") from error
        except OSError as error:
            raise _unreadable(self.head_path, error) from error

    def entries(self) -> Iterator[Entry]:
        """Yield every entry, oldest first; what a killed writer left half-written is no entry.

        Raises:
            UnjudgedError: ledger-broken, with the entry's number and byte offset; ledger-lost, once all that is
                there was yielded; ledger-unreadable.
        """
        head, last = self.head(), deque[Entry](maxlen=2)
        is_there = False
        for entry in self._whole():
            is_there |= head is not None and entry.digest == head.digest
            last.append(entry)
            yield revealed(entry)
        lost = "" if is_there else self._what_is_lost(tuple(last), head)
        if lost:
            raise self._lost(lost)

    def verify(self) -> tuple[int, tuple[Finding, ...]]:
        """Return how many entries there are, and every fault with the ledger's file and line.

        What was set aside for a killed writer is named too, as a finding that only records.

        Raises:
            UnjudgedError: ledger-unreadable.
        """
        missing = missing_segments(self.folder)
        findings = [
            fault("ledger-segment-missing", path, None, "the segment is not there") for path in missing
        ]
        head = self._head_or_none(findings)
        entries: list[Entry] = []
        previous: Digest | None = FIRST
        number = 0
        for line in self._lines(waits=True):
            entry, faults = judge_line(line, previous, number)
            findings += faults
            previous, number = (entry.digest, entry.number + 1) if entry else (None, number + 1)
            entries += [entry] if entry is not None else []
        findings += [_set_aside(path) for path in sorted(self.folder.glob("torn-*"))]
        lost = self._what_is_lost(entries, head)
        findings += (
            [replace(fault("ledger-lost", self.head_path, None, lost), hint=self.way_out)] if lost else []
        )
        erased, recorded = sum(map(count_erased, entries)), sum(map(_recorded, entries))
        if erased > recorded:
            sentence = f"{erased} values of personal data are not there, and {recorded} were erased on record"
            findings.append(fault("ledger-entry-edited", self.folder, None, sentence))
        return len(entries), tuple(findings)

    def _what_is_lost(self, entries: Sequence[Entry], head: Head | None) -> str:
        newest = entries[-1] if entries else None
        if head is not None:
            is_there = any(entry.digest == head.digest for entry in entries)
            return "" if is_there else _ends(newest, head)
        if self.head_path.exists():
            return ""  # it holds something else, which is a fault of its own
        if newest is None:
            return _GONE if self.is_installed else ""
        return _HEADLESS if _needs_head(entries) else ""

    def _write(self, entry: Entry, *, anew: bool = False) -> None:
        """Write an entry and the head to the disk, or neither."""
        write = partial(begin_head if anew else write_head, self.head_path, Head.of(entry))
        append_bytes(segment_of(self.folder, entry.number), encode_entry(entry), then=write)

    def _held_against_head(self, newest: Entry | None, *, begins: bool) -> Entry | None:
        """Hold the newest entry against the head, and return it if nothing was lost."""
        head = self.head()
        if head is not None and newest is not None and head.digest in (newest.digest, newest.previous):
            if not self._reaches_back(newest):
                raise self._lost(f"not all entries before entry {newest.number} are there")
            return newest  # with the one before, a writer was killed between the entry and the head
        if head is None and newest is None and (begins or not self.is_installed):
            return None
        lost = self._what_is_lost(tuple(self._whole()), head)
        if lost:
            raise self._lost(lost)
        return newest

    def _reaches_back(self, newest: Entry) -> bool:
        """Tell whether all segments are there, and the newest one from its first entry on."""
        there, first = segments(self.folder), newest.number // SEGMENT * SEGMENT
        last = segment_of(self.folder, first)
        if (
            there.index(last) != newest.number // SEGMENT
        ):  # after it may be an empty one, of a writer that was killed
            return False
        with last.open("rb") as file:
            entry = decode_entry(file.readline())
        return entry is not None and entry.number == first

    def _head_or_none(self, findings: list[Finding]) -> Head | None:
        try:
            return self.head()
        except UnjudgedError as error:
            findings.append(replace(fault(error.code, self.head_path, None, error.sentence), hint=error.hint))
            return None

    def _whole(self) -> Iterator[Entry]:
        previous, number = FIRST, 0
        for line in self._lines():
            if not line.data.endswith(b"\n") and line.path == segments(self.folder)[-1]:
                return
            entry, faults = judge_line(line, previous, number)
            if entry is None or faults:
                raise _broken(line.path, f"entry {number} at byte {line.offset}: {faults[0].sentence}")
            yield entry
            previous, number = entry.digest, number + 1

    def ends_with(self, digest: str) -> bool:
        """Tell whether an entry is among the newest ones, without reading others.

        Raises:
            OSError: what the disk says.
        """
        return any(digest.encode() in read_tail(path) for path in segments(self.folder)[-1:])

    def lookup(self) -> "Lookup":
        """Return what looks entries up in the ledger as it is now."""
        return Lookup(self.folder)

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

    @property
    def way_out(self) -> str:
        """Say what an administrator does where entries were lost."""
        repo = shlex.quote(str(self.folder.parent.parent))
        return (
            "an administrator puts back gitcorpus/ledger and gitcorpus/ledger-head as they were saved, "
            f"or goes on openly without them: gitcorpus ledger begin {repo} --reason TEXT"
        )

    def _lost(self, sentence: str) -> UnjudgedError:
        return UnjudgedError("ledger-lost", sentence, place=str(self.folder), hint=self.way_out)

    def _unwritable(self, error: OSError) -> UnjudgedError:
        sentence = f"the ledger cannot be written: {error.strerror}"
        hint = f"see to free space and to the rights of {self.folder}, then push again"
        return UnjudgedError("ledger-unwritable", sentence, place=str(self.folder), hint=hint)


def _length(data: bytes, path: Path) -> int:
    """Return where the entries end in a segment that `data` rewrites: at as many lines."""
    end = 0
    there = path.read_bytes()
    for _ in range(data.count(b"\n")):
        end = there.index(b"\n", end) + 1
    return end


def _needs_head(entries: Sequence[Entry]) -> bool:
    """Tell whether a head was written: beside each entry of this format but the first, if its writer was killed."""
    return sum(entry.format >= FORMAT for entry in entries[-2:]) == len(entries[-2:]) > 1


def _ends(newest: Entry | None, head: Head) -> str:
    if newest is not None and newest.number >= head.number:
        return f"entry {head.number} is not the one that the head names"
    found = f"the ledger ends with entry {newest.number}" if newest is not None else "the ledger is empty"
    return f"{found}, and entry {head.number} was written"


def _recorded(entry: Entry) -> int:
    """Return how much personal data an entry says that was erased."""
    values = entry.body.get("values") if entry.kind is EntryKind.ERASED else 0
    return values if isinstance(values, int) else 0


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
                yield revealed(entry)

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
