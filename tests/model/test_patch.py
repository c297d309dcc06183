"""A unified diff, as git makes it, taken apart and cut."""

import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitcorpus.model.patch import parse_hunks, whole_hunks

OLD = "".join(f"line {number}\n" for number in range(1, 41))


def patch_of(folder, old: str, new: str) -> str:
    (folder / "old").write_text(old)
    (folder / "new").write_text(new)
    done = subprocess.run(["diff", "-u", "old", "new"], cwd=folder, capture_output=True, check=False)
    return done.stdout.decode()


@pytest.mark.parametrize(
    ("new", "hunks"),
    [
        (OLD, []),
        (OLD.replace("line 3\n", "line three\n"), [(1, 6, 3, 1)]),
        (OLD.replace("line 3\n", ""), [(1, 6, 3, 1)]),
        (OLD.replace("line 3\n", "line 3\n@@ -1 +1 @@\n"), [(1, 6, 4, 1)]),
        (OLD.replace("line 3\n", "x\n").replace("line 30\n", "y\nz\n"), [(1, 6, 3, 1), (27, 7, 30, 1)]),
        ("", [(1, 40, 1, 40)]),
    ],
)
def test_hunks_know_what_they_are_about(tmp_path, new, hunks):
    found = parse_hunks(patch_of(tmp_path, OLD, new))
    assert [(each.line, each.n_lines, each.first_change, each.n_changed) for each in found] == hunks


LINES = st.lists(st.sampled_from(["a", "b", "", "-c", "+d", "@@ -1 +1 @@", "--- a", " e"]), max_size=30)


@given(LINES, LINES)
def test_hunks_make_the_new_text_from_the_old_one(tmp_path_factory, old, new):
    before, after = ("".join(f"{line}\n" for line in lines) for lines in (old, new))
    lines = before.split("\n")[:-1]
    for hunk in reversed(list(parse_hunks(patch_of(tmp_path_factory.getbasetemp(), before, after)))):
        start = hunk.line - 1 if hunk.n_lines else hunk.line
        come = hunk.text.split("\n") if any(each[:1] in ("+", " ") for each in hunk.body) else []
        lines[start : start + hunk.n_lines] = come
    assert "".join(f"{line}\n" for line in lines) == after


def test_whole_hunks_are_kept_as_far_as_they_fit(tmp_path):
    patch = patch_of(tmp_path, OLD, OLD.replace("line 3\n", "x\n").replace("line 30\n", "y\n"))
    hunks = patch[patch.index("@@") :]
    first, second = hunks[: hunks.index("@@ -27")], hunks[hunks.index("@@ -27") :]
    assert whole_hunks(hunks, len(hunks)) == first + second
    assert whole_hunks(hunks, len(hunks) - 1) == first
    assert whole_hunks(hunks, len(first)) == first
    assert whole_hunks(hunks, len(first) - 1) == ""


def test_an_end_without_a_newline_is_told(tmp_path):
    (hunk,) = parse_hunks(patch_of(tmp_path, "a\nb", "a\nb\n"))
    assert hunk.changes_ends
    (hunk,) = parse_hunks(patch_of(tmp_path, "a\nb\n", "a\nc\n"))
    assert not hunk.changes_ends
