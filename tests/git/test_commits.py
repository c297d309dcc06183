import pytest

from gitcorpus.canon import canonical
from gitcorpus.errors import UnjudgedError
from gitcorpus.git.commits import decode_text, parse_commit, parse_tag
from gitcorpus.git.repo import Repo
from gitcorpus.model.place import Oid
from gitcorpus.model.tree import Signature

OID = Oid("c" * 40)
TREE = b"tree " + b"a" * 40 + b"\n"


def read(author=b"A <a@b> 5 +0000", extra=b"", message=b"said\n"):
    return parse_commit(
        OID, TREE + b"author " + author + b"\ncommitter C <c@d> 7 -0130\n" + extra + b"\n" + message
    )


@pytest.mark.parametrize(
    ("written", "signature"),
    [
        (
            b"Author North <north@corpus.example> 1770071706 +0530",
            ("Author North", "north@corpus.example", 1770071706, 330),
        ),
        (b"A <a@b> 5 -0130", ("A", "a@b", 5, -90)),
        (b" <> 5 +0000", ("", "", 5, 0)),
        (b"A <a@b>", ("A", "a@b", 0, 0)),
        (b"A <a@b> never", ("A", "a@b", 0, 0)),
        (b"A <a@b> 99999999999999999999 +0000", ("A", "a@b", 0, 0)),
        (b"A > B <a@b> 5 +0000", ("A > B", "a@b", 5, 0)),
        (b"A <a> b> 5 +0000", ("A", "a", 5, 0)),
        (b"nobody", ("", "", 0, 0)),
        (b"A\xff <a@b> 5 +0000", ("A\ufffd", "a@b", 5, 0)),
    ],
)
def test_reads_who_and_when(written, signature):
    assert read(author=written).author == Signature(*signature)


def test_decodes_what_the_encoding_header_says(forge):
    work = forge.work()
    work.git("config", "i18n.commitEncoding", "ISO-8859-1")
    oid = work.commit({"a": "1"}, "\xe9t\xe9\n\nTask: cr\xe8me\n".encode("latin-1"), author="north")
    commit = Repo.open(work.path).commit(oid)
    assert (commit.subject, commit.trailer("Task")) == ("\xe9t\xe9", ("cr\xe8me",))


@pytest.mark.parametrize(
    "encoding",
    ["", "UTF-8", "no-such", "hex", "idna", "utf-7", "utf-16", "raw_unicode_escape", "unicode_escape", "\0"],
)
def test_whatever_is_written_can_be_written_as_json(encoding):
    for data in (b"\xe9t\xe9", b"\xed\xa0\x80", b"+2AA-", b"\\ud800", b"\0", b"xn--\xff", bytes(range(256))):
        canonical(decode_text(data, encoding))


def test_several_line_headers_and_empty_messages_are_read():
    extra = b"gpgsig -----BEGIN\n author nobody <x@y> 1 +0000\n \n -----END\nencoding UTF-8\n"
    commit = read(extra=extra, message=b"")
    assert (commit.message, commit.author.name, commit.subject) == ("", "A", "")
    assert parse_commit(OID, TREE + b"author A <a@b> 5 +0000").message == ""


def test_a_commit_without_a_tree_is_broken():
    for data in (b"", b"\n\n", b"author A <a@b> 5 +0000\n\nsaid\n"):
        with pytest.raises(UnjudgedError) as caught:
            parse_commit(OID, data)
        assert caught.value.code == "object-broken"


def test_a_tag_may_have_no_tagger():
    tag = parse_tag(OID, b"object " + b"b" * 40 + b"\ntype commit\ntag v1\n\nold\n")
    assert (tag.target, tag.tagger, tag.message) == ("b" * 40, None, "old\n")
    with pytest.raises(UnjudgedError):
        parse_tag(OID, b"type commit\n\n")
