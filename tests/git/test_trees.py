import time

import pytest

from gitcorpus.errors import UnjudgedError
from gitcorpus.git.trees import LARGE, list_large, listed_entry, parse_tree
from gitcorpus.model.place import Oid

OID = Oid("a" * 40)


def entry(name, mode=b"100644"):
    return mode + b" " + name + b"\0" + b"\xbb" * 20


def test_reads_entries_as_they_are_written():
    data = entry(b"odd mode", b"100664") + entry(b"\xe9t\xe9") + entry(b"folder", b"40000")
    entries = list(parse_tree(data, OID))
    assert [(found.name, found.mode, found.is_tree) for found in entries] == [
        (b"odd mode", 0o100664, False),
        (b"\xe9t\xe9", 0o100644, False),
        (b"folder", 0o040000, True),
    ]
    assert entries[0].oid == "bb" * 20


@pytest.mark.parametrize(
    "data",
    [
        b"x",
        b"100644 a",
        b"100644 a\0short",
        entry(b"a", b"1x0644"),
        entry(b"a", b"100698"),
        entry(b"a", b""),
        entry(b""),
        entry(b"a/b"),
        entry(b"a") + entry(b"a"),
        entry(b"a") + entry(b"a", b"40000"),
    ],
)
def test_a_large_folder_is_not_listed_with_what_none_can_hold(data):
    many = b"".join(entry(b"n%d" % number) for number in range(1000))
    for whole in (data, many + data):
        assert list_large(whole, OID) is None


def test_a_large_folder_is_listed_as_it_is_parsed():
    mixed = [entry(b"n%d" % n, b"40000" if n % 3 else b"100644") for n in range(999)] + [entry(b"\xe9t\xe9")]
    data = b"".join(mixed)
    assert len(data) in LARGE
    listed = list_large(data, OID)
    parsed = {each.name: each for each in parse_tree(data, OID)}
    assert len(parsed) == 1000
    assert {name: listed_entry(listed, name) for name in listed} == parsed
    assert list(listed) == list(parsed)
    assert listed_entry(listed, b"n") is None
    assert len(list_large(data + entry(b"n" * 5000), OID)) == 1001
    assert list_large(b"", OID) == {}


@pytest.mark.parametrize("data", [b"0 " * (2 << 20), b"0" * (4 << 20), b"0 0/" * (1 << 20)])
def test_bytes_that_are_no_folder_end_soon(data):
    began = time.process_time()
    assert list_large(data, OID) is None
    assert time.process_time() - began < 2


@pytest.mark.parametrize(
    "data",
    [b"x", b"100644 a\0short", entry(b"a", b"1x0644"), entry(b"a/b"), entry(b"a") + entry(b"a")],
)
def test_refuses_what_no_folder_can_hold(data):
    with pytest.raises(UnjudgedError) as caught:
        list(parse_tree(data, OID))
    assert caught.value.code == "object-broken"
