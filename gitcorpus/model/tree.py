"""What a commit holds and says, as values."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final, NamedTuple

from gitcorpus.model.place import Oid

_EPOCH: Final = datetime(1970, 1, 1)  # noqa: DTZ001 - the offset is added before, so it is a wall clock's time
_LAST_SECOND: Final = 253_402_300_799
TREE, FILE, EXECUTABLE, SYMLINK, GITLINK = 0o040000, 0o100644, 0o100755, 0o120000, 0o160000


class TreeEntry(NamedTuple):
    """One file-like entry of a tree. Bytes of the path that are not UTF-8 stand as lone surrogates."""

    path: str
    mode: int
    oid: Oid

    @property
    def is_regular(self) -> bool:
        """Tell a regular file from a symlink or a submodule."""
        return self.mode not in (SYMLINK, GITLINK, TREE)

    @property
    def is_nameable(self) -> bool:
        """Tell whether the path is UTF-8."""
        return self.path.isascii() or not any("\ud800" <= each <= "\udfff" for each in self.path)


class Change(NamedTuple):
    """One path that differs between two trees; `old` is none for an added path, `new` for a deleted one."""

    path: str
    old: TreeEntry | None
    new: TreeEntry | None


class Signature(NamedTuple):
    """Who and when, as a commit or tag states it: seconds since 1970 and minutes east of UTC."""

    name: str
    email: str
    seconds: int
    offset: int

    @property
    def day(self) -> date:
        """The day in the signature's own time zone; the nearest that a calendar has if it is absurd."""
        return moment_of(self.seconds + 60 * self.offset).date()


def moment_of(seconds: int) -> datetime:
    """Return a time that git states; the nearest that a calendar has if it is absurd."""
    return _EPOCH + timedelta(seconds=min(max(seconds, 0), _LAST_SECOND))


@dataclass(frozen=True, slots=True, kw_only=True)
class Commit:
    """One commit. Trailers keep their order and repetitions; keys are as written."""

    oid: Oid
    tree: Oid
    parents: tuple[Oid, ...]
    author: Signature
    committer: Signature
    message: str
    trailers: tuple[tuple[str, str], ...] = ()
    odd: tuple[str, ...] = ()
    """What its author and committer lines have that git does not write: see `gitcorpus.git.idents`."""

    @property
    def subject(self) -> str:
        """The first line of the message."""
        return self.message.split("\n", 1)[0]

    def trailer(self, key: str) -> tuple[str, ...]:
        """All values of one trailer; keys compare without case, as git does."""
        return tuple(value for name, value in self.trailers if name.lower() == key.lower())


@dataclass(frozen=True, slots=True, kw_only=True)
class Tag:
    """A tag of either kind; a lightweight one has no tagger and takes its commit's committer date."""

    name: str
    oid: Oid
    commit: Oid
    annotated: bool
    seconds: int
    message: str = ""


def is_binary(data: bytes) -> bool:
    """Tell a binary file as git does: by a NUL among its first 8000 bytes."""
    return b"\0" in data[:8000]
