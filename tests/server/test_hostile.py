"""Pushes that mean harm, each with real git through really installed hooks: all are refused, and nothing moves.

Each row is one push. `REFUSED_BY_FSCK` names what git's own fsck says of it; what gitcorpus says where fsck is
switched off stands beside it. `LET_THROUGH` is what fsck lets pass.
"""

import re
import time
from dataclasses import replace

import pytest
from forge import Forge
from server.installed import WISHES
from server.odd import EXECUTABLE, FILE, FOLDER, LINK, PERSON, SUBMODULE, Workshop, zeros

from gitcorpus.server.install import install

ACTING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
LONG = 5000


@pytest.fixture(scope="module")
def shop(tmp_path_factory, installer):
    """An installed repository that all these pushes leave as it is."""
    forge = Forge(tmp_path_factory.mktemp("hostile"))
    bare = forge.bare()
    install(bare, replace(WISHES, gatekeeper=True), installer)
    shop = Workshop(forge, bare)
    shop.start()
    return shop


@pytest.fixture(scope="module")
def trusting(tmp_path_factory, installer):
    """The same without git's fsck."""
    forge = Forge(tmp_path_factory.mktemp("trusting"))
    bare = forge.bare()
    install(bare, replace(WISHES, gatekeeper=True), installer)
    for name in ("receive.fsckObjects", "transfer.fsckObjects"):
        forge.run("config", name, "false", cwd=bare)
    shop = Workshop(forge, bare)
    shop.start()
    return shop


def refuse(shop: Workshop, oid: str, code: str, ref: str = "refs/heads/topic") -> str:
    """Push, and return what the server said, which names the code and acts on no terminal."""
    before = shop.refs()
    said = shop.push(f"{oid}:{ref}")
    assert not said.accepted
    assert re.search(rf"\b{code}: ", said.remote), said.remote
    assert not ACTING.search(said.remote.replace("\n", ""))
    assert shop.refs() == before
    assert shop.forge.run("cat-file", "-e", oid, cwd=shop.bare, check=False).returncode != 0
    return said.remote


def file(name):
    return lambda shop: shop.odd((FILE, name, shop.blob()))


def gitmodules(text):
    return lambda shop: shop.commit(shop.top((FILE, ".gitmodules", shop.blob(text))))


def author(text):
    return lambda shop: shop.commit(shop.top(), author=text)


SUB = '[submodule "{name}"]\n\tpath = sub\n\turl = {url}\n\tupdate = {update}\n'

REFUSED_BY_FSCK = [
    ("hasDotgit", "path-dotgit", file(".git")),
    ("hasDotgit", "path-dotgit", file(".GIT")),
    ("hasDotgit", "path-dotgit", file("git~1")),
    ("hasDotgit", "path-dotgit", file(".g\u200cit")),
    ("hasDotdot", "path-dotgit", file("..")),
    ("hasDot", "path-dotgit", file(".")),
    ("fullPathname", "object-broken", file("a/b")),
    ("gitmodulesUrl", None, gitmodules(SUB.format(name="sub", url="-u./payload", update="none"))),
    ("gitmodulesName", None, gitmodules(SUB.format(name="../../x", url="./x", update="none"))),
    ("gitmodulesUpdate", None, gitmodules(SUB.format(name="sub", url="./x", update="!id"))),
    (
        "gitmodulesSymlink",
        "link-gitfile",
        lambda shop: shop.commit(shop.top((LINK, ".gitmodules", shop.blob("README.md")))),
    ),
    (
        "gitattributesLineLength",
        None,
        lambda shop: shop.odd((FILE, ".gitattributes", shop.blob("a" * LONG + " text\n"))),
    ),
    (
        "duplicateEntries",
        "object-broken",
        lambda shop: shop.odd((FILE, "a", shop.blob()), (FILE, "a", shop.blob("y"))),
    ),
    ("treeNotSorted", None, lambda shop: shop.odd((FILE, "b", shop.blob()), (FILE, "a", shop.blob()))),
    ("zeroPaddedFilemode", None, lambda shop: shop.odd(("0100644", "a", shop.blob()))),
    ("nulInHeader", "commit-control", author(b"North\0 <north@corpus.example> 1 +0000")),
    ("badDateOverflow", None, author(b"North <north@corpus.example> 99999999999999999999 +0000")),
    ("missingEmail", None, author(b"North 1 +0000")),
    (
        "multipleAuthors",
        None,
        lambda shop: shop.commit(shop.top(), author=PERSON + b"\nauthor " + PERSON),
    ),
    ("badTimezone", None, author(b"North <north@corpus.example> 1 +00000000")),
]

LET_THROUGH = [
    ("link-gitfile", lambda shop: shop.odd((LINK, ".gitattributes", shop.blob("../README.md")))),
    ("link-gitfile", lambda shop: shop.odd((LINK, "GITATT~1", shop.blob("../README.md")))),
    ("path-mode", lambda shop: shop.odd(("100664", "a", shop.blob()))),
    ("path-mode", lambda shop: shop.odd(("107777", "a", shop.blob()))),
    ("link-escapes", lambda shop: shop.odd((LINK, "a", shop.blob("../../etc/passwd")))),
    ("link-absolute", lambda shop: shop.odd((LINK, "a", shop.blob("/etc/passwd")))),
    ("path-control", file("a\nb")),
    ("path-control", file("a\x1b[2Jb")),
    ("path-control", file("a\u202egnp.exe")),
    ("path-reserved", file("a\\b")),
    ("path-reserved", file("CON")),
    ("path-reserved", file("x.")),
    ("path-dash", file("-rf")),
    ("path-too-long", file("a" * LONG)),
    ("case-collision", lambda shop: shop.odd((FILE, "A", shop.blob()), (FILE, "a", shop.blob()))),
    ("submodule", lambda shop: shop.odd((SUBMODULE, "sub", shop.main))),
    ("commit-control", author(b"North \x1b[2J <north@corpus.example> 1769947200 +0000")),
    ("commit-control", author("No\u202erth <north@corpus.example> 1769947200 +0000".encode())),
    ("commit-control", author(b"North <north\x07@corpus.example> 1769947200 +0000")),
    ("commit-control", lambda shop: shop.commit(shop.top(), committer=b"\x9b2J" + PERSON, header=b"encoding latin1")),
    ("commit-control", lambda shop: shop.commit(shop.top(), message=b"a\x1b]0;owned\x07\n")),
    ("commit-control", lambda shop: shop.commit(shop.top(), message="a \u2066 b\n".encode())),
    ("commit-control", lambda shop: shop.commit(shop.top(), message=b"good\rbad \n")),
    ("commit-control", lambda shop: shop.commit(shop.top(), header=b"x-odd a\x1b[2Jb")),
    ("commit-control", lambda shop: shop.commit(shop.top(), message=b"+ABs-[2J\n", header=b"encoding utf-7")),
    ("commit-too-large", lambda shop: shop.commit(shop.top(), message=b"Key: value\n" * 200_000)),
    (
        "bidi-control",
        lambda shop: shop.odd((FILE, "a.py", shop.blob("a = 1  # \u202e\u2066 }\u2069\n"))),
    ),
    ("path-repository", lambda shop: shop.commit(shop.top((FOLDER, "odd", bare_repository(shop))))),
]  # fmt: skip


def bare_repository(shop):
    """A repository as a folder; `git status` in it would run a command."""
    empty = shop.tree((FILE, "empty", shop.blob("")))
    config = shop.blob("[core]\n\tbare = false\n\tworktree = .\n\tfsmonitor = touch owned\n")
    head = shop.blob("ref: refs/heads/main\n")
    return shop.tree(
        (FILE, "HEAD", head), (FILE, "config", config), (FOLDER, "objects", empty), (FOLDER, "refs", empty)
    )


def rows(table):
    return [pytest.param(*row, id=f"{number}-{row[0]}") for number, row in enumerate(table)]


@pytest.mark.parametrize(("message", "code", "build"), rows(REFUSED_BY_FSCK))
def test_what_fsck_refuses_is_refused(shop, message, code, build):
    del code
    refuse(shop, build(shop), message)


@pytest.mark.parametrize(("message", "code", "build"), rows([row for row in REFUSED_BY_FSCK if row[1]]))
def test_what_harms_is_refused_without_fsck_too(trusting, message, code, build):
    del message
    refuse(trusting, build(trusting), code)


@pytest.mark.parametrize(("code", "build"), rows(LET_THROUGH))
def test_what_fsck_lets_pass_is_refused(shop, code, build):
    refuse(shop, build(shop), code)


BRANCHES = ["a\u202eb", "-x", "$(id)", "a;b", "HEAD", "a`id`", "a'b", "a" * LONG]


@pytest.mark.parametrize("name", BRANCHES)
def test_an_odd_branch_is_refused(shop, name):
    refuse(shop, shop.commit(shop.top()), "ref-name", f"refs/heads/{name}")


TAGS = {
    "message": b"tag v1\ntagger %s\n\na\x1b[2Jb\n" % PERSON,
    "tagger": b"tag v1\ntagger \x1b[2J%s\n\na\n" % PERSON,
    "name": b"tag v\xe2\x80\xae1\ntagger %s\n\na\n" % PERSON,
}


@pytest.mark.parametrize("part", TAGS)
def test_an_odd_tag_is_refused(shop, part):
    tag = b"object %s\ntype commit\n%s" % (shop.main.encode(), TAGS[part])
    refuse(shop, shop.write("tag", tag), "commit-control", "refs/tags/v1")


def test_a_tag_on_a_tag_is_read_to_its_end(shop):
    inner = shop.write("tag", b"object %s\ntype commit\n%s" % (shop.main.encode(), TAGS["message"]))
    outer = b"object %s\ntype tag\ntag v1\ntagger %s\n\na\n" % (inner.encode(), PERSON)
    refuse(shop, shop.write("tag", outer), "commit-control", "refs/tags/v1")


def test_a_large_tag_is_not_read(shop):
    tag = b"object %s\ntype commit\ntag v1\ntagger %s\n\n" % (shop.main.encode(), PERSON)
    refuse(shop, shop.write("tag", tag + b"a\n" * (1 << 20)), "commit-too-large", "refs/tags/v1")


EARLIER = [
    row for row in LET_THROUGH if row[0] in ("bidi-control", "path-repository", "path-mode", "commit-control")
]


@pytest.mark.parametrize(("code", "build"), rows(EARLIER))
def test_what_a_later_commit_takes_away_is_refused(shop, code, build):
    earlier = build(shop)
    tip = shop.commit(shop.top(), earlier)
    assert earlier[:7] in refuse(shop, tip, code)


def bomb(shop):
    """Ten trees that name 10 ** 10 files."""
    oid, mode = shop.blob(), EXECUTABLE
    for _ in range(10):
        oid, mode = shop.tree(*((mode, f"f{n}", oid) for n in range(10))), FOLDER
    return shop.top((FOLDER, "bomb", oid))


@pytest.mark.parametrize("is_tip", [True, False])
def test_a_tree_bomb_ends_soon(shop, is_tip):
    tip = shop.commit(bomb(shop))
    began = time.monotonic()
    refuse(shop, tip if is_tip else shop.commit(shop.top(), tip), "tree-too-large")
    assert time.monotonic() - began < 20


def test_zeros_are_not_unpacked(shop):
    tip = shop.odd((FILE, "zeros.bin", zeros(shop.work, 513 << 20)))
    refuse(shop, tip, "object-too-large")
