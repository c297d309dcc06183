"""What is wrapped in bytes, and where unwrapping ends."""

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitcorpus.errors import UnjudgedError
from gitcorpus.secrets.unwrap import unwrapped

SECRET = b"a sentence to be found"


def zipped(data: bytes, name: str = "inner.txt") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, data)
    return out.getvalue()


def tarred(data: bytes) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        entry = tarfile.TarInfo("inner.txt")
        entry.size = len(data)
        archive.addfile(entry, io.BytesIO(data))
    return out.getvalue()


def texts(data: bytes) -> list[bytes]:
    return [each.data for each in unwrapped(data)]


@pytest.mark.parametrize("wrap", [zipped, tarred, gzip.compress, bz2.compress, lzma.compress])
@pytest.mark.parametrize("twice", [False, True])
def test_archives_are_opened(wrap, twice):
    data = wrap(wrap(SECRET)) if twice else wrap(SECRET)
    assert SECRET in texts(data)


@pytest.mark.parametrize(
    "data",
    [
        SECRET.hex().encode(),
        SECRET.hex().upper().encode(),
        "".join(f"%{byte:02x}" for byte in SECRET).encode(),
        "".join(f"\\x{byte:02x}" for byte in SECRET).encode(),
        "".join(f"\\u00{byte:02x}" for byte in SECRET).encode(),
        SECRET.decode().encode("utf-16-le"),
        SECRET.decode().encode("utf-32"),
    ],
)
def test_what_is_written_otherwise_is_read(data):
    assert any(SECRET in text for text in texts(b"x = '" + data + b"'\n" if b"\0" not in data else data))


@pytest.mark.parametrize(
    "data",
    [
        b'x = "a sentence " + "to be found"',
        b'x = "a sentence "\n    "to be found"',
        b'x = "a sentence " \\\n    "to be found"',
        b"x = 'a sen' . 'tence ' . 'to be found'",
        b'x = ("a sentence " +\n     f"to be found")',
        b'x = "a s" + "ent" + "ence to be found"; y = "b" + "c"',
    ],
)
def test_strings_in_pieces_are_joined(data):
    assert any(SECRET in text for text in texts(b"y = 1\n" + data + b"\nz = 2\n"))


def test_the_line_of_the_wrapping_is_told():
    (found,) = unwrapped(b"1\n2\nx = '" + SECRET.hex().encode() + b"'\n")
    assert found.line == 3
    assert found.data == b"x = '" + SECRET + b"'"


def test_members_are_named():
    names = [each.inside for each in unwrapped(zipped(zipped(SECRET, "b.txt"), "a.zip"))]
    assert "a.zip!b.txt" in names


def test_archives_in_archives_have_an_end():
    data = SECRET
    for _ in range(6):
        data = zipped(data)
    with pytest.raises(UnjudgedError, match="archive-too-large"):
        texts(data)


def test_a_bomb_is_not_unpacked():
    with pytest.raises(UnjudgedError, match="128 MiB"):
        texts(gzip.compress(bytes(200 << 20)))


def test_many_members_have_an_end():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for number in range(5001):
            archive.writestr(f"{number}", b"")
    with pytest.raises(UnjudgedError, match="5000 members"):
        texts(out.getvalue())


@given(st.binary(max_size=400))
def test_nothing_breaks_it(data):
    texts(data)
    texts(b"PK\x03\x04" + data)
    texts(b"\x1f\x8b\x08" + data)
    texts(zipped(b"x" * 50)[:-20] + data)
