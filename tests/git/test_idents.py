"""Author and committer lines of old histories are read as `git log` reads them."""

import os

import pygit2
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from gitcorpus.git.commits import parse_commit, parse_tag
from gitcorpus.git.idents import Ident, parse_ident
from gitcorpus.model.place import Oid

PLAIN = b"North <north@corpus.example> 1770071706 +0530"
LINES = [
    (
        b"North <north@corpus.example> 1770071706 +0530",
        Ident(b"North", b"north@corpus.example", 1770071706, 330),
        "",
    ),
    (b"N <n@c> 1770071706", Ident(b"N", b"n@c"), "has no time with a zone, so that it counts as 1970"),
    (b"N <n@c> 5 +00:00", Ident(b"N", b"n@c", 5), "has an odd zone"),
    (b"N <n@c> 5 +051800", Ident(b"N", b"n@c", 5, 518 * 60), "has an odd zone"),
    (b"N <n@c> 5 -5", Ident(b"N", b"n@c", 5, -5), "has an odd zone"),
    (b"N <n@c 5 +0000", Ident(), "lacks a bracket around the address, so that it names nobody"),
    (b"N n@c> 5 +0000", Ident(), "lacks a bracket around the address, so that it names nobody"),
    (b"nobody", Ident(), "lacks a bracket around the address, so that it names nobody"),
    (b"", Ident(), "lacks a bracket around the address, so that it names nobody"),
    (
        b"N <n@c> 99999999999999999999 +0100",
        Ident(b"N", b"n@c"),
        "has a time that no calendar has, so that it counts as 1970",
    ),
    (b"N <n@c> -5 +0000", Ident(b"N", b"n@c"), "has no time with a zone, so that it counts as 1970"),
    (b"N <n@c>> 5 +0000", Ident(b"N", b"n@c", 5), "has more than two brackets"),
    (b"N <<n@c> 5 +0000", Ident(b"N", b"<n@c", 5), "has more than two brackets"),
    (b"<n@c> 5 +0000", Ident(b"", b"n@c", 5), "has no name"),
    (b" <> 5 +0000", Ident(b"", b"", 5), "has no name"),
    (
        b"  N\r <n@c> 5 +0000",
        Ident(b"  N", b"n@c", 5),
        "has blanks around the name or the address, or a carriage return",
    ),
    (
        b"N <n@c\r> 5 +0000",
        Ident(b"N", b"n@c\r", 5),
        "has blanks around the name or the address, or a carriage return",
    ),
    (b"N\xe9 <n@c> 5 +0000", Ident(b"N\xe9", b"n@c", 5), "is not UTF-8"),
]


@pytest.mark.parametrize(("line", "ident", "odd"), LINES)
def test_reads_a_line_and_says_what_is_odd_about_it(line, ident, odd):
    assert parse_ident(line) == ident
    commit = parse_commit(Oid("c" * 40), raw(b"author " + line, b"committer " + PLAIN))
    assert commit.odd == ((f"its author line {odd}",) if odd else ())
    commit = parse_commit(Oid("c" * 40), raw(b"author " + PLAIN, b"committer " + line))
    assert commit.odd == ((f"its committer line {odd}",) if odd else ())


def test_a_commit_may_name_nobody_or_several():
    lone = parse_commit(Oid("c" * 40), raw())
    assert (lone.author, lone.committer) == (("", "", 0, 0), ("", "", 0, 0))
    assert lone.odd == ("it names no author", "it names no committer")
    several = parse_commit(
        Oid("c" * 40), raw(b"author A <a@b> 1 +0000", b"author B <b@c> 2 +0000", b"committer " + PLAIN)
    )
    assert several.author == ("B", "b@c", 2, 0)
    assert several.odd == ("it has 2 author lines, of which the last counts",)
    signed = raw(b"author " + PLAIN, b"gpgsig -----BEGIN", b" author X <x@y> 1 +0000", b"committer " + PLAIN)
    assert parse_commit(Oid("c" * 40), signed).odd == ()
    cut = raw(b"author " + PLAIN, b"x \0", b"committer " + PLAIN)
    assert parse_commit(Oid("c" * 40), cut).odd == ("it names no committer",)


def test_a_tagger_is_read_in_the_same_way():
    head = b"object " + b"b" * 40 + b"\ntype commit\ntag v1\n"
    assert parse_tag(Oid("c" * 40), head + b"tagger N <n@c> 5\n\nold\n").tagger == ("N", "n@c", 0, 0)
    assert parse_tag(Oid("c" * 40), head + b"\nold\n").tagger is None


def raw(*headers: bytes, tree: bytes = b"4b825dc642cb6eb9a060e54bf8d69288fbee4904") -> bytes:
    return b"\n".join((b"tree " + tree, *headers, b"", b"said\n"))


WORDS = (
    "N", "A B", " ", "  ", "\t", "\r", "\x0c", ".", "<", ">", "n@c", "5", "0", "1770071706", "-", "+", "+0530", "-0130",
    "+00:00", "+051800", "-1", "+5", "99999999999999999999", "9007199254740991", "9007199254740992", "\u00e9", "\u2028",
)  # fmt: skip
PIECES = st.sampled_from([*(word.encode() for word in WORDS), b"\xe9", b"\xff"])
SOME = st.lists(PIECES, max_size=3).map(b"".join)
ODD_LINES = st.one_of(
    st.tuples(SOME, st.just(b"<"), SOME, st.just(b">"), SOME, SOME).map(b"".join),
    st.lists(PIECES, max_size=8).map(b"".join),
    st.sampled_from([line for line, _, _ in LINES]),
)
ROLES = st.sampled_from([b"author ", b"committer ", b"author", b"other "])
HEADERS = st.lists(st.tuples(ROLES, ODD_LINES).map(b"".join), max_size=4)
ZONES = st.from_regex(rb"[ \t\r]{0,2}[+-][0-9]{1,7}([: x][0-9]{0,2})?", fullmatch=True)


def logged(forge, bare, form, commits):
    """Write commits as they are, and return what `git log` says of each: fields that `%x01` parts."""
    odb = pygit2.Odb(str(bare / "objects"))
    oids = [str(odb.write(pygit2.enums.ObjectType.COMMIT, data)) for data in commits]
    known = dict(zip(oids, commits, strict=True))
    options = ("-z", "--no-walk=unsorted", "--stdin", f"--format=%H%x01{form}")
    said = forge.run("log", *options, cwd=bare, stdin="\n".join(known)).stdout.split("\0")
    told = {line.split("\1")[0]: line.split("\1")[1:] for line in said if line}
    assert told.keys() == known.keys()
    return [(parse_commit(Oid(oid), known[oid]), fields) for oid, fields in told.items()]


@pytest.fixture
def bare(forge):
    bare = forge.bare()
    forge.run("hash-object", "-t", "tree", "-w", "--stdin", cwd=bare)
    return bare


def test_agrees_with_git_log(forge, bare):
    """What `git log` prints of names, addresses and times is what is read."""
    compared = []

    @settings(max_examples=25, phases=[Phase.generate])
    @given(st.lists(HEADERS, min_size=40, max_size=40))
    def compare(batch):
        commits = [raw(*headers) for headers in batch]
        for commit, fields in logged(forge, bare, "%an%x01%ae%x01%at%x01%cn%x01%ce%x01%ct", commits):
            for signature, said in ((commit.author, fields[:3]), (commit.committer, fields[3:])):
                *shown, seconds = (os.fsencode(each).decode("utf-8", "replace") for each in said)
                number = int(seconds or 0)
                assert [signature.name, signature.email] == shown
                assert signature.seconds == (number if number < 2**53 else 0)
            compared.append(commit.oid)

    compare()
    assert len(compared) > 500


def test_agrees_with_git_log_on_zones(forge, bare):
    compared = []

    @settings(max_examples=10, phases=[Phase.generate])
    @given(st.lists(ZONES, min_size=40, max_size=40))
    def compare(zones):
        commits = [raw(b"author N <n@c> 1770071706" + zone, b"committer " + PLAIN) for zone in zones]
        for commit, (said,) in logged(forge, bare, "%ai", commits):
            zone = int(said.rpartition(" ")[2])
            n_minutes = abs(zone) // 100 * 60 + abs(zone) % 100
            assert commit.author.offset == (n_minutes if zone >= 0 else -n_minutes)
            compared.append(commit.oid)

    compare()
    assert len(compared) > 100
