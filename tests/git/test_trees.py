import pytest

from gitcorpus.errors import UnjudgedError
from gitcorpus.git.trees import parse_tree
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
def test_refuses_what_no_folder_can_hold(data):
    with pytest.raises(UnjudgedError) as caught:
        list(parse_tree(data, OID))
    assert caught.value.code == "object-broken"
