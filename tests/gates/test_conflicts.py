"""What a merge leaves in texts, and what only looks like it."""

import pytest
from gates.pushes import candidate_of, codes_of, result_of
from hypothesis import given
from hypothesis import strategies as st
from smallest import NOW, smallest

from gitcorpus.gates.conflicts import conflicts_in
from gitcorpus.gates.registry import built_in
from gitcorpus.model.declaration import Waiver
from gitcorpus.model.place import Place
from gitcorpus.model.verdict import GateState

OBJECTS = built_in("objects")
OPEN, BASE, DIVIDE, CLOSE = "<<<<<<< HEAD\n", "||||||| 1a2b3c4\n", "=======\n", ">>>>>>> topic\n"
LEFT = {
    "a whole conflict": (f"a\n{OPEN}b\n{DIVIDE}c\n{CLOSE}", [2]),
    "with its base": (f"{OPEN}b\n{BASE}x\n{DIVIDE}c\n{CLOSE}", [1]),
    "two of them": (f"{OPEN}{DIVIDE}{CLOSE}a\n{OPEN}{DIVIDE}{CLOSE}", [1, 5]),
    "one within another": (f"{OPEN}a\n{OPEN}{DIVIDE}{CLOSE}{DIVIDE}{CLOSE}", [1, 3, 7]),
    "the opening line alone": (f"a\n{OPEN}b\n", [2]),
    "the closing line alone": (f"a\n{CLOSE}b\n", [2]),
    "the closing line at the end": (f"a\n{CLOSE}".rstrip(), [2]),
    "opening and closing, and nothing between": (f"{OPEN}a\n{CLOSE}", [1]),
    "divided and closed": (f"a\n{DIVIDE}b\n{CLOSE}", [4]),
    "opened and divided": (f"{OPEN}a\n{DIVIDE}b\n", [1]),
    "a base that is divided": (f"{BASE}a\n{DIVIDE}b\n", [1]),
    "lines that end in CR LF": (f"a\n{OPEN}b\n{DIVIDE}c\n{CLOSE}".replace("\n", "\r\n"), [2]),
    "a mark of the order of bytes before it": (f"\ufeff{OPEN}b\n", [1]),
    "without names": ("<<<<<<<\na\n=======\nb\n>>>>>>>\n", [1]),
    "of another size": (f"{'<' * 12} a\nb\n{'=' * 12}\nc\n{'>' * 12} d\n", [1]),
    "of a small size": ("<<<<< a\nb\n=====\nc\n>>>>> d\n", [1]),
    "of two sizes": (f"{OPEN}{'<' * 9} a\n{'=' * 9}\n{'>' * 9} b\n{DIVIDE}{CLOSE}", [1, 2]),
    "beside a quotation of another size": (f"{OPEN}a\n{DIVIDE}> b\n{CLOSE}", [1]),
}
MEANT = [
    "Heading\n=======\n",
    "Heading\n=======\n\nOther\n=======\n",
    f"    {OPEN}    b\n    {DIVIDE}    c\n    {CLOSE}",
    f"+{OPEN}+{DIVIDE}+{CLOSE}",
    "a <<<<<<< b\n",
    "<<<<<<< and >>>>>>> markers are what a merge leaves\n",
    "<<<<<<<\n",
    ">>>>>>>\n",
    "<<<<<<<<< a\n",
    "<<<<<<HEAD\n<<<<<<<HEAD\n",
    ">>>>>>> one said\n>>>>>>> and more\n>>>>>> another\n",
    "> a\n>>>>>>> b\n",
    ">>>>>>> b\n> a\n",
    "|||||||\n|-|-|-|-|-|-|\n",
    "||||||| a\n\nb\n",
    "Heading\n=======\n||||||| a\n",
    ">>>> a\n====\n<<<< b\n",
    "<<<<<<< \n",
]


@pytest.mark.parametrize("title", LEFT)
def test_what_a_merge_left_is_found_where_it_begins(title):
    text, lines = LEFT[title]
    for data in (text.encode(), text.encode("utf-16")):
        assert [each.line for each in conflicts_in(data, is_named=False)] == lines


@pytest.mark.parametrize("text", MEANT)
def test_what_only_looks_like_it_is_left_alone(text):
    assert conflicts_in(text.encode(), is_named=True) == ()


def test_a_binary_file_holds_no_conflict_unless_it_is_named_as_a_text():
    data = b"\0" + f"\n{OPEN}".encode()
    assert conflicts_in(data, is_named=False) == ()
    assert [each.line for each in conflicts_in(data, is_named=True)] == [2]


def test_only_the_first_are_told_and_all_are_counted():
    found = conflicts_in((f"{OPEN}a\n" * 100_000).encode(), is_named=False)
    assert [(each.line, each.n_conflicts) for each in found] == [(line, 100_000) for line in (1, 3, 5)]


def test_what_names_a_conflict_is_the_same_wherever_it_stands():
    one = f"{OPEN}a\n{DIVIDE}b\n{CLOSE}"
    named = {
        conflicts_in(text.encode(), is_named=False)[0].content
        for text in (one, f"x\n{one}y", one.replace("\n", "\r\n"))
    }
    assert len(named) == 1
    assert conflicts_in(one.replace("b", "c").encode(), is_named=False)[0].content not in named


@given(
    st.lists(
        st.sampled_from([OPEN, BASE, DIVIDE, CLOSE, "a\n", "<<<<\n", "====\n", ">>>>\n", "> a\n"]),
        max_size=12,
    )
)
def test_a_text_with_an_opening_line_always_has_a_conflict(lines):
    found = conflicts_in("".join(lines).encode(), is_named=False)
    assert bool(found) >= (OPEN in lines)
    assert [each.line for each in found] == sorted({each.line for each in found})
    assert all(lines[each.line - 1][0] in "<|>" for each in found)


def test_a_real_merge_that_is_committed_as_it_is_gets_refused_and_a_waiver_can_name_it(forge):
    work = smallest(forge)
    work.git("checkout", "--quiet", "-b", "topic")
    work.commit({"README.md": "one\n"})
    work.git("checkout", "--quiet", "--detach", "main")
    work.commit({"README.md": "two\n"})
    for style in ("merge", "diff3"):
        assert work.git(
            "-c", f"merge.conflictStyle={style}", "merge", "--quiet", "topic", check=False
        ).returncode
        text = (work.path / "README.md").read_text()
        work.git("merge", "--abort")
        tip = work.commit(
            {"README.md": text, "notes.txt": text, "more/old.csv": f"{'x' * (5 << 20)}\n{text}"}
        )
        result = result_of(candidate_of(work, tip), OBJECTS)
        assert [(each.code, str(each.place.path), each.place.line) for each in result.findings] == [
            ("conflict-marker", "README.md", 1),
            ("conflict-marker", "more/old.csv", 2),
            ("conflict-marker", "notes.txt", 1),
        ]
        (content,) = {each.content for each in result.findings}
        waiver = Waiver(
            id="w", gate="objects", code="conflict-marker", paths=("**",), contents=(content,), reason="r", by="lead",
            until=NOW.date(), place=Place(path="specs/waivers.yaml"),
        )  # fmt: skip
        assert result_of(candidate_of(work, tip), OBJECTS, waiver).state is GateState.PASSED
        mended = work.commit({"README.md": "both\n", "notes.txt": "both\n", "more/old.csv": None})
        below = result_of(candidate_of(work, mended), OBJECTS).findings
        assert [(each.code, each.place.commit) for each in below] == [("conflict-marker", tip)] * 3
        assert f"git rebase --interactive {work.oid(f'{tip}~1')[:12]}  # `edit`" in below[0].hint
        work.git("reset", "--quiet", "--soft", "HEAD~2")
        assert codes_of(candidate_of(work, work.commit({"README.md": f"{style}\n"})), OBJECTS) == []
