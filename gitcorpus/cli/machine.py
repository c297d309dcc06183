"""What the machine refused: a full disk, a closed stream, too little memory, too few descriptors.

None of that is a bug of ours, and none of it is seen to case by case: whatever ends a command is held against this
list once, at the top. Libraries wrap what the system said, so the errors behind an error are looked at too, and the
system's own words in their texts.
"""

import errno
import os
import sqlite3
import sys
from collections.abc import Iterator
from typing import Final

from gitcorpus.errors import GitcorpusError

_ROOM: Final = "make room (`df -h`, and `df -i` for files), then run it again"
_RIGHTS: Final = "run it as the account that owns the place, or give that account the right"
_HINTS: Final = {
    errno.ENOSPC: _ROOM,
    errno.EDQUOT: _ROOM,
    errno.EFBIG: "raise the limit of a file's size (`ulimit -f unlimited`), then run it again",
    errno.EROFS: "name a place on a file system that can be written, or mount this one so",
    errno.EACCES: _RIGHTS,
    errno.EPERM: _RIGHTS,
    errno.EMFILE: "raise the limit of open files (`ulimit -n 1024`), then run it again",
    errno.ENFILE: "the whole machine has too many files open: find out which process has them (`lsof | wc -l`)",
    errno.ENAMETOOLONG: "give a shorter name: most file systems take 255 bytes",
    errno.ENOMEM: "free some memory, or raise the limit (`ulimit -v unlimited`), then run it again",
    errno.EAGAIN: "the account may start no more processes: raise the limit (`ulimit -u`), or end some",
    errno.EIO: "the device failed: look at `dmesg`, and at the disk",
    errno.ESTALE: "the file system went away: mount it again",
    errno.ENODEV: "the file system went away: mount it again",
    errno.ELOOP: "the links of that name lead in a circle: name the file itself",
    errno.ENOENT: "see whether it was moved or deleted just now, and name it as it is",
    errno.ENOTDIR: "a file stands where a folder is needed: name another place",
    errno.EISDIR: "a folder stands where a file is needed: name another place",
    errno.EEXIST: "something of that name is there already: name another place",
    errno.ENOTEMPTY: "name an empty folder",
    errno.EBUSY: "wait until nothing uses it, then run it again",
    errno.ETXTBSY: "wait until nothing runs it, then run it again",
    errno.EXDEV: "name a place on the same file system",
    errno.EPIPE: "whoever reads the output went away: run it again and let the reader read on",
}
"""What to do about each thing that a system refuses. An errno that is not here is most likely a bug of ours."""
_TOLD: Final = tuple(os.strerror(number) for number in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS,
    errno.EACCES, errno.EMFILE, errno.ENFILE, errno.ENAMETOOLONG, errno.ENOMEM, errno.EIO))  # fmt: skip
"""What is found in the texts of libraries, which keep no errno."""
_SQLITE: Final = {
    "SQLITE_FULL": errno.ENOSPC,
    "SQLITE_READONLY": errno.EROFS,
    "SQLITE_CANTOPEN": errno.EACCES,
    "SQLITE_IOERR": errno.EIO,
    "SQLITE_NOMEM": errno.ENOMEM,
    "SQLITE_PERM": errno.EACCES,
    "SQLITE_BUSY": errno.EBUSY,
}
_NO_THREAD: Final = "can't start new thread"
_NO_MAP: Final = "failed to map segment"


def machine_fault(error: BaseException) -> GitcorpusError | None:
    """Return what the machine refused, if that is what an error comes to; none for any other."""
    return next((found for each in _behind(error) if (found := _fault(each)) is not None), None)


def open_streams() -> bool:
    """See that descriptors 0 to 2 are open, so that no file gets their numbers; tell whether output can be written."""
    has_output = sys.stdout is not None
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # the lowest number that is free
    if sys.stderr is None:
        sys.stderr = os.fdopen(2, "w", encoding="utf-8", errors="backslashreplace", closefd=False)
    return has_output


def output_closed() -> GitcorpusError:
    """Say that there is no standard output."""
    sentence = "standard output is closed, so what this command tells could not be written"
    return GitcorpusError(
        "output-closed", sentence, hint="run it without `>&-`; `>/dev/null` throws its output away"
    )


def silence(stream_number: int) -> None:
    """Let nothing more be written to a stream, also not by the interpreter on its way out."""
    silent = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silent, stream_number)
    os.close(silent)


def _behind(error: BaseException) -> Iterator[BaseException]:
    """Yield an error, and those that led to it."""
    seen: set[int] = set()
    found: BaseException | None = error
    while found is not None and id(found) not in seen:
        seen.add(id(found))
        yield found
        found = found.__cause__  # not the context: a bug in the handling of a fault is a bug


def _fault(error: BaseException) -> GitcorpusError | None:
    match error:
        case MemoryError():
            return _said(errno.ENOMEM, "")
        case OSError() if error.errno in _HINTS:
            return _said(error.errno, _named(error.filename))
        case sqlite3.Error():
            name = getattr(error, "sqlite_errorname", "")
            number = next((number for start, number in _SQLITE.items() if name.startswith(start)), None)
            return _said(number, "", f"SQLite says: {error}") if number is not None else None
        case _:
            pass
    text = str(error)
    if _NO_THREAD in text:
        return _said(errno.EAGAIN, "", text)
    told = (
        os.strerror(errno.ENOMEM) if _NO_MAP in text else next((each for each in _TOLD if each in text), None)
    )
    number = next((number for number in _HINTS if os.strerror(number) == told), None)
    return _said(number, "", text.strip().splitlines()[-1]) if number is not None else None


def _said(number: int, place: str, sentence: str = "") -> GitcorpusError:
    return GitcorpusError(
        "machine-refused",
        sentence or f"the system says: {os.strerror(number)}",
        place=place,
        hint=_HINTS[number],
    )


def _named(filename: object) -> str:
    """Return the file that an error names; one without a name is most often a stream."""
    if isinstance(filename, str | bytes | os.PathLike):
        return os.fsdecode(filename)
    return "standard output" if _is_stuck() else ""


def _is_stuck() -> bool:
    """Tell whether standard output takes nothing, by trying once more what it has not taken."""
    try:
        sys.stdout.flush()
    except (OSError, ValueError):
        return True
    return False
