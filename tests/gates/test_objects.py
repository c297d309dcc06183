"""What acts on a reader and what swells: found wherever a push can hold it, and never unpacked."""

import subprocess
import time
import zlib
from dataclasses import replace

import pytest
from forge import Work
from gates.pushes import candidate_of, result_of
from pygit2.enums import ObjectType
from smallest import ADD, smallest

from gitcorpus.errors import UnjudgedError
from gitcorpus.gates.marks import acting, marks_in
from gitcorpus.gates.registry import ALWAYS, GATES, built_in
from gitcorpus.git.objects import LARGEST
from gitcorpus.git.repo import Repo
from gitcorpus.model.declaration import Scope
from gitcorpus.model.place import Oid
from gitcorpus.model.verdict import GateState
from gitcorpus.secrets.engine import warm
from gitcorpus.spec.load import ready_secret_pack

ACTING = [
    *map(chr, (*range(9), *range(11, 32), *range(127, 160))),
    *"\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069",
]
HARMLESS = "a\tb\n\u00e9\u05d0\u0627\u6f22\u200d\U0001f468\u200d\U0001f469\u2028\u00ad\ufeff"


@pytest.fixture
def work(forge):
    work = smallest(forge)
    work.git("checkout", "--quiet", "--detach")
    return work


@pytest.mark.parametrize("character", ACTING)
def test_a_character_that_acts_is_found(character):
    assert list(acting({"a name": f"x{character}y"}, b"")) == [("a name", character)]


def test_what_is_no_part_of_a_commit_is_looked_for_in_the_object():
    assert list(acting({"a name": "x"}, b"x-odd \x1b[2J")) == [("the object", "\x1b")]
    assert list(acting({"a name": "x"}, b"gpgsig -----BEGIN\r\n a\r\n\xff\n")) == []


def test_what_does_not_act_is_left_alone():
    assert list(acting({"a name": HARMLESS}, HARMLESS.encode())) == []
    assert marks_in(HARMLESS.encode(), is_named=True) == ()


@pytest.mark.parametrize("character", ACTING[-12:])
def test_a_mark_is_found_where_it_stands(character):
    (mark,) = marks_in(f"a = 1\r\n\u00e9 = '{character}'\n".encode(), is_named=True)
    assert mark == (2, 6, character, 1)


def test_a_mark_on_a_line_that_is_not_utf8_is_found():
    (mark,) = marks_in(b"caf\xe9 \xe2\x80\xae", is_named=True)
    assert (mark.line, mark.column) == (1, 6)


def test_three_marks_of_a_file_are_told_and_all_are_counted():
    marks = marks_in("\u202e".encode() * 9, is_named=True)
    assert [(mark.column, mark.n_marks) for mark in marks] == [(1, 9), (2, 9), (3, 9)]


def judged(work: Work, tip: Oid, **parameters):
    result = result_of(candidate_of(work, tip), replace(built_in("objects"), parameters=parameters))
    assert not result.reason
    return result.findings


def test_binary_and_long_files_are_not_searched_and_a_source_with_a_nul_is(work):
    mark = "\u202e".encode()
    tip = work.commit(
        {
            f"{ADD}/a.bin": b"\0" + mark,
            f"{ADD}/a.py": b"\0" + mark,
            f"{ADD}/long.py": b"x = 1\n" * (1 << 20) + mark,
            f"{ADD}/odd-name": mark,
        }
    )
    assert [finding.place.path for finding in judged(work, tip)] == [f"{ADD}/a.py", f"{ADD}/odd-name"]


def test_the_hint_takes_the_marks_out_and_nothing_else(work):
    tip = work.commit({f"{ADD}/a.py": "# \u05d0\u202e\u2066 \u061c\u00e9\n"})
    finding = judged(work, tip)[0]
    assert finding.sentence.endswith("; the file has 3 such marks")
    subprocess.run(finding.hint, shell=True, check=True, cwd=work.path)
    assert (work.path / ADD / "a.py").read_text("utf-8") == "# \u05d0 \u00e9\n"


def test_the_hint_names_the_commit_that_must_be_mended(work):
    main = work.head
    work.commit({"a.md": "a\n"}, "a\x1b[2J")
    tip = work.commit({"b.md": "b\n"}, "b\x07")
    hints = {finding.sentence: finding.hint for finding in judged(work, tip)}
    assert hints == {
        "its message holds <U+001B>, which acts on a terminal and is not seen": (
            f"git rebase --interactive {main[:12]}  # `edit` the commit, then git commit --amend"
        ),
        "its message holds <U+0007>, which acts on a terminal and is not seen": "git commit --amend",
    }


def test_an_old_commit_is_not_judged_again(work):
    work.commit({"a.md": "a\n"}, "a\x1b[2J")
    work.git("branch", "--force", "main")
    assert judged(work, work.commit({"b.md": "b\n"})) == ()


def test_a_folder_with_too_many_names_is_told(work):
    tip = work.commit({f"data/{n}.txt": "" for n in range(50)})
    assert [str(each.place) for each in judged(work, tip, max_object=1024)] == ["data"]


def write(work: Work, kind: str, data: bytes) -> Oid:
    return Oid(work.git("hash-object", "-t", kind, "-w", "--literally", "--stdin", stdin=data).stdout.strip())


@pytest.mark.parametrize(
    ("kind", "code"), [("commit", "commit-too-large"), ("tag", "commit-too-large"), ("tree", "object-too-large")]
)  # fmt: skip
def test_an_object_that_is_too_large_is_not_read(work, kind, code):
    oid = Oid("ab" * 20)
    size = {"commit": 1 << 20, "tag": 1 << 20, "tree": 64 << 20}[kind] + 1
    folder = work.git_dir / "objects" / "ab"
    folder.mkdir(exist_ok=True)
    (folder / oid[2:]).write_bytes(zlib.compress(f"{kind} {size}\0".encode() + b"tree "))
    objects = Repo.open(work.git_dir).objects
    with pytest.raises(UnjudgedError) as raised:
        getattr(objects, f"read_{kind}")(oid)
    assert raised.value.code == code
    assert raised.value.sentence == (
        f"the {kind} {oid} has {size} bytes when it is unpacked; more than {size - 1} are not read"
    )


def test_a_blob_of_many_gigabytes_is_told_by_its_header(work):
    oid = Oid("ab" * 20)
    folder = work.git_dir / "objects" / "ab"
    folder.mkdir(exist_ok=True)
    (folder / oid[2:]).write_bytes(zlib.compress(b"blob 99999999999\0x"))
    tree = write(work, "tree", b"100644 zeros.bin\0" + bytes.fromhex(oid))
    tip = Oid(work.git("commit-tree", "-p", "main", "-m", "zeros", tree).stdout.strip())
    assert [finding.code for finding in judged(work, tip)] == ["object-too-large"]
    with pytest.raises(UnjudgedError, match="99999999999 bytes"):
        Repo.open(work.git_dir).read_blob(oid)


def test_a_quarantine_is_looked_through_before_anything_is_walked(work):
    quarantine = work.git_dir / "objects" / "incoming"
    (quarantine / "cd").mkdir(parents=True)
    header = f"commit {LARGEST[ObjectType.COMMIT] + 1}\0tree ".encode()
    (quarantine / "cd" / ("cd" * 19)).write_bytes(zlib.compress(header))
    with pytest.raises(UnjudgedError) as raised:
        Repo.open(work.git_dir, quarantine=str(quarantine))
    assert raised.value.code == "commit-too-large"


def bomb(work: Work, *, deep: int, wide: int) -> Oid:
    """Commit a few trees that name `wide ** deep` files."""
    oid, mode = write(work, "blob", b"x\n" * (1 << 20)), b"100644"
    for _ in range(deep):
        entries = (b"%s f%d\0" % (mode, n) + bytes.fromhex(oid) for n in range(wide))
        oid, mode = write(work, "tree", b"".join(sorted(entries))), b"40000"
    top = work.git("ls-tree", "main").stdout + f"040000 tree {oid}\tbomb\n"
    tree = work.git("mktree", stdin=top).stdout.strip()
    return Oid(work.git("commit-tree", "-p", "main", "-m", "bomb", tree).stdout.strip())


def test_a_tree_bomb_at_the_tip_is_unjudged_soon(work):
    tip = bomb(work, deep=10, wide=10)
    began = time.process_time()
    with pytest.raises(UnjudgedError) as raised:
        candidate_of(work, tip)
    assert raised.value.code == "tree-too-large"
    assert time.process_time() - began < 2


@pytest.mark.parametrize("name", GATES)
def test_a_tree_bomb_that_a_later_commit_takes_away_is_unjudged_soon(work, name):
    earlier = bomb(work, deep=10, wide=10)
    tip = Oid(work.git("commit-tree", "-p", earlier, "-m", "gone", "main^{tree}").stdout.strip())
    candidate = candidate_of(work, tip)
    warm((ready_secret_pack(),))
    began = time.process_time()
    result = result_of(candidate, replace(built_in(name), on=Scope.EVERY_COMMIT))
    assert time.process_time() - began < 2
    assert result.state is GateState.UNJUDGED
    assert result.reason.startswith("tree-too-large: ")


@pytest.mark.parametrize("name", ALWAYS)
def test_one_blob_under_many_paths_is_read_once(work, name):
    candidate = candidate_of(work, bomb(work, deep=2, wide=200))
    began = time.process_time()
    assert result_of(candidate, built_in(name)).state is GateState.PASSED
    assert time.process_time() - began < 5
