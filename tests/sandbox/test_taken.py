"""Archives that pushed code forged: what is true of them is read, and nothing else."""

import pytest

from gitcorpus.sandbox.taken import read_taken


def header(name: bytes, size: int, kind: bytes) -> bytes:
    block = bytearray(name.ljust(124, b"\0") + b"%011o\0" % size + bytes(12) + b" " * 8 + kind).ljust(
        512, b"\0"
    )
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block)


def member(name: bytes, data: bytes, kind: bytes = b"0") -> bytes:
    return header(name, len(data), kind) + data + bytes(-len(data) % 512)


GOOD = member(b"a/x", b"1")


@pytest.mark.parametrize(
    ("archive", "found"),
    [
        (GOOD, {"a/x": b"1"}),
        (member(b"././@LongLink", b"a/" + b"n" * 200 + b"\0", b"L") + GOOD, {"a/" + "n" * 200: b"1"}),
        (member(b"././@LongLink", b"a/y\0", b"L") * 70_000 + GOOD, {"a/y": b"1"}),
        (member(b"././@LongLink", b"a/" * 40_000, b"L") + GOOD, {}),
        (GOOD[:512] + b"", {}),
        (GOOD[:513], {"a/x": b"1"}),
        (header(b"a/x", 1 << 30, b"0"), {}),
        (b"\xff" * 4096, {}),
        (bytes(4096) + GOOD, {}),
        (GOOD.replace(b"a/x", b"a/z"), {}),
        (member(b"a/../b", b"1") + member(b"/a/x", b"1") + member(b"a//x", b"1") + member(b"a/./x", b"1"), {}),
        (member(b"b/x", b"1") + member(b"ab", b"1") + member(b"a", b"2"), {"a": b"2"}),
        (member(b"a/l", b"", b"2") + member(b"a/d", b"", b"5") + member(b"a/p", b"30 path=x\n", b"x"), {}),
    ],
    ids=["plain", "long name", "many names", "endless name", "cut", "cut late", "too large", "noise", "empty first",
         "wrong sum", "elsewhere", "beside", "no files"],
)  # fmt: skip
def test_an_archive_that_lies_is_read_as_far_as_it_is_true(archive, found):
    assert read_taken(b"ready\ntaken\n" + archive, ("a",)) == found
    assert read_taken(b"ready\n" + archive, ("a",)) == {}
