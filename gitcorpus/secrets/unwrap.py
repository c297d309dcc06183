"""What stands in bytes besides what is read at once: members of archives, decoded text, strings put together.

Nothing is written to a disk, and everything has an end: how deep archives may lie in archives, how many members, how
many bytes. What goes beyond is not passed over, but said.
"""

import bz2
import gzip
import lzma
import re
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from io import BytesIO
from typing import IO, Final, NamedTuple
from urllib.parse import unquote_to_bytes

from gitcorpus.errors import UnjudgedError

DEEPEST: Final = 4
"""Archives within archives."""
MEMBERS: Final = 5000
BYTES: Final = 128 << 20
"""Of all members of one object together."""
_PIECE: Final = 1 << 20
_DIGITS: Final = bytes(ord("x") if chr(code) in "0123456789abcdefABCDEF" else ord(".") for code in range(256))
_MANY: Final = b"x" * 24
_LONGEST: Final = 4000
"""Most characters of one encoded text."""
_HEX: Final = re.compile(rb"(?:[0-9a-fA-F]{2}){12,2000}")
_PERCENT: Final = re.compile(
    rb"%[0-9A-Fa-f]{2}(?:[A-Za-z0-9_.~+-]{0,60}%[0-9A-Fa-f]{2}){3,700}[A-Za-z0-9_.~+-]{0,60}"
)
_ESCAPED: Final = re.compile(
    rb"\\(?:x[0-9a-fA-F]{2}|u00[0-9a-fA-F]{2})(?:\\x[0-9a-fA-F]{2}|\\u00[0-9a-fA-F]{2}){5,700}"
)
_SEAMS: Final = tuple(
    re.compile(quote + rb"(?:\s{0,100}(?:\+|\.\.|\.|&|\|\||~|\\)\s{0,100}|\s{1,100})[rbfu]{0,2}" + quote)
    for quote in (b'"', b"'", b"`")
)
"""Where one string ends and the next begins, for each kind of quote."""
_TEXT: Final = re.compile(rb"[\t\r\n -~]*")
_MAGIC: Final = (b"PK\x03\x04", b"\x1f\x8b", b"BZh", b"\xfd7zXZ\x00")
_TAR: Final = slice(257, 262)

_BROKEN: Final = (
    zipfile.BadZipFile,
    tarfile.TarError,
    lzma.LZMAError,
    zlib.error,
    EOFError,
    OSError,
    ValueError,
)
"""What the standard library raises for bytes that are no archive, or a broken one."""


class Unwrapped(NamedTuple):
    """Bytes that were inside of others, and where their wrapping begins."""

    data: bytes
    line: int
    """1-based; 0 in a member of an archive, whose lines count for themselves."""
    inside: str = ""
    """The member's name within the archive."""


class _Budget:
    def __init__(self) -> None:
        self.members = MEMBERS
        self.bytes = BYTES

    def spend(self, count: int) -> None:
        self.bytes -= count
        if self.bytes < 0:
            raise _too_much(f"its archives hold more than {BYTES >> 20} MiB")

    def member(self) -> None:
        self.members -= 1
        if self.members < 0:
            raise _too_much(f"its archives have more than {MEMBERS} members")


def unwrapped(data: bytes) -> Iterator[Unwrapped]:
    """Yield everything that is wrapped in some bytes, what is wrapped in that included.

    Raises:
        UnjudgedError: archive-too-large.
    """
    for member in _members(data, "", _Budget(), 0):
        yield member
        yield from (each._replace(inside=member.inside) for each in decoded(member.data))
    yield from decoded(data)


def decoded(data: bytes) -> Iterator[Unwrapped]:
    """Yield texts that are written in hexadecimal digits, percent or backslash escapes, or in pieces."""
    wide = _narrowed(data)
    if wide is not None:
        yield Unwrapped(wide, 0)
        data = wide
    if _MANY in data.translate(_DIGITS):
        yield from _texts(data, _HEX, lambda found: bytes.fromhex(found.decode()))
    for pattern, decode in (
        (_PERCENT, unquote_to_bytes),
        (_ESCAPED, lambda found: bytes.fromhex(re.sub(rb"\\x|\\u00", b"", found).decode())),
    ):
        yield from _texts(data, pattern, decode)
    for seam in _SEAMS:
        yield from _joined(data, seam)


def _texts(data: bytes, pattern: re.Pattern[bytes], decode: Callable[[bytes], bytes]) -> Iterator[Unwrapped]:
    for found in pattern.finditer(data):
        text = decode(found[0])
        if _TEXT.fullmatch(text):
            begin = data.rfind(b"\n", 0, found.start()) + 1
            before = data[max(begin, found.start() - 100) : found.start()]
            yield Unwrapped(
                before + text + data[found.end() : found.end() + 1], data.count(b"\n", 0, begin) + 1
            )


def _joined(data: bytes, pattern: re.Pattern[bytes]) -> Iterator[Unwrapped]:
    """Yield each statement whose strings are written in pieces, with the pieces joined."""
    end = 0
    for seam in pattern.finditer(data):
        if seam.start() < end:
            continue
        begin = data.rfind(b"\n", 0, seam.start()) + 1
        end = seam.end()
        for further in pattern.finditer(data, seam.end(), seam.end() + _LONGEST):
            if further.start() - end > _LONGEST // 4:
                break
            end = further.end()
        stop = data.find(b"\n", end)
        statement = data[
            max(begin, seam.start() - _LONGEST) : stop if 0 <= stop <= end + _LONGEST else end + _LONGEST
        ]
        joined = pattern.sub(b"", statement)
        yield Unwrapped(joined, data.count(b"\n", 0, begin) + 1)


def _narrowed(data: bytes) -> bytes | None:
    """Return UTF-16 or UTF-32 text of ASCII as ASCII, whether or not it says what it is; none for anything else."""
    if data.count(b"\0") * 4 < len(data) or not data:
        return None
    text = data.replace(b"\0", b"").removeprefix(b"\xff\xfe").removeprefix(b"\xfe\xff")
    return text if _TEXT.fullmatch(text) else None


def _members(data: bytes, inside: str, budget: _Budget, depth: int) -> Iterator[Unwrapped]:
    if not _is_archive(data):
        return
    if depth >= DEEPEST:
        raise _too_much(f"its archives lie more than {DEEPEST} deep in each other")
    for name, member in _opened(data, budget):
        path = f"{inside}!{name}" if inside else name
        yield Unwrapped(member, 0, path)
        yield from _members(member, path, budget, depth + 1)


def _is_archive(data: bytes) -> bool:
    return data.startswith(_MAGIC) or data[_TAR] == b"ustar" or b"PK\x05\x06" in data[-66_000:]


def _opened(data: bytes, budget: _Budget) -> Iterator[tuple[str, bytes]]:
    """Yield the members of one archive; what of it is broken ends it, since nobody can unpack that either."""
    try:
        if data.startswith(b"\x1f\x8b"):
            with gzip.GzipFile(fileobj=BytesIO(data)) as zipped:
                yield "gz", _read(zipped, budget)
        elif data.startswith(b"BZh"):
            with bz2.BZ2File(BytesIO(data)) as packed:
                yield "bz2", _read(packed, budget)
        elif data.startswith(b"\xfd7zXZ\x00"):
            with lzma.LZMAFile(BytesIO(data)) as squeezed:
                yield "xz", _read(squeezed, budget)
        elif data[_TAR] == b"ustar":
            yield from _of_tar(data, budget)
        else:
            yield from _of_zip(data, budget)
    except (*_BROKEN, RuntimeError, NotImplementedError):
        return


def _of_zip(data: bytes, budget: _Budget) -> Iterator[tuple[str, bytes]]:
    with zipfile.ZipFile(BytesIO(data)) as archive:
        for entry in archive.infolist():
            budget.member()
            yield entry.filename, entry.filename.encode("utf-8", "surrogateescape") + b"\n" + entry.comment
            if not entry.is_dir() and not entry.flag_bits & 1:
                with archive.open(entry) as member:
                    yield entry.filename, _read(member, budget)


def _of_tar(data: bytes, budget: _Budget) -> Iterator[tuple[str, bytes]]:
    with tarfile.open(fileobj=BytesIO(data)) as archive:
        for entry in archive:
            budget.member()
            yield entry.name, f"{entry.name}\n{entry.linkname}".encode("utf-8", "surrogateescape")
            member = archive.extractfile(entry) if entry.isreg() else None
            if member is not None:
                yield entry.name, _read(member, budget)


def _read(file: IO[bytes] | gzip.GzipFile | bz2.BZ2File | lzma.LZMAFile, budget: _Budget) -> bytes:
    pieces = []
    while piece := file.read(_PIECE):
        budget.spend(len(piece))
        pieces.append(piece)
    return b"".join(pieces)


def _too_much(why: str) -> UnjudgedError:
    hint = "commit what is in it as files, or leave it out"
    return UnjudgedError("archive-too-large", why, hint=hint)
