"""Names and links that do harm somewhere, each told by one code."""

import os
from dataclasses import replace
from pathlib import Path

import pytest
from forge import Work
from gates.pushes import candidate_of, result_of
from hypothesis import given
from hypothesis import strategies as st
from smallest import smallest

from gitcorpus.gates.paths import judge_name, judge_target
from gitcorpus.gates.registry import built_in
from gitcorpus.model.place import Oid

HARMFUL = {
    "path-dotgit": [
        ".git", ".GIT", ".Git", ".git.", ".git ", ".git . .", "git~1", "GIT~1", ".g\u200cit", "\ufeff.git",
        ".gi\u206ft", ".git::$INDEX_ALLOCATION", ".git:x", "git~1.", ".", "..",
    ],
    "path-control": [
        "a\x00b", "a\tb", "a\nb", "a\x1b[31mb", "a\x7fb", "a\x85b", "a\u200bb", "a\u202eb", "a\u2066b", "a\u200eb",
        "a\u2028b", "a\u00adb", "a\u061cb", "a\u3164b", "a\U000e0041b",
    ],
    "path-not-utf8": ["caf\udce9", "\ud800"],
    "path-reserved": [
        "con", "CON", "con.txt", "nul.tar.gz", "aux ", "nul .txt", "com1", "COM\u00b9", "lpt0.x", "conin$",
        "a.", "a ", "a\\b", "a:b", "a*b", "a?b", 'a"b', "a<b", "a|b",
    ],
    "path-dash": ["-", "-rf", "--force"],
    "path-too-long": ["a" * 256, "\u6f22" * 86],
}  # fmt: skip
HARMLESS = [
    "a", "a.py", ".gitignore", ".gitattributes", ".github", "git", "git~2", "\u6f22\u5b57", "caf\u00e9",
    "cafe\u0301", "a b", "a-b", "console.py", "com10", "nullable", "_", "...a",
    "a" * 255, "\u6f22" * 85, "\U0001f600.md", "a'b", "a$b", "a;b",
]  # fmt: skip


@pytest.mark.parametrize(
    ("code", "name"), [(code, name) for code, names in HARMFUL.items() for name in names]
)
def test_a_harmful_name_has_one_code(code, name):
    assert [finding.code for finding in judge_name("corpus", name)] == [code]


@pytest.mark.parametrize("name", HARMLESS)
def test_a_harmless_name_has_none(name):
    assert list(judge_name("corpus", name)) == []


@given(st.text(max_size=40))
def test_every_name_has_one_code_at_the_most(name):
    assert len(list(judge_name("", name))) <= 1


@pytest.mark.parametrize(
    ("path", "target", "code"),
    [
        ("a", "b", None),
        ("d/a", "../b", None),
        ("d/a", "..", None),
        ("d/a", "./b//c/", None),
        ("d/e/a", "../../b", None),
        ("a", "", None),
        ("a", "..", "link-escapes"),
        ("d/a", "../../b", "link-escapes"),
        ("d/a", "b/../c", "link-escapes"),
        ("d/a", ".././../b", "link-escapes"),
        ("a", "/b", "link-absolute"),
        ("a", "C:/b", "link-absolute"),
        ("a", "b\\c", "link-absolute"),
        ("a", ".git/config", "path-dotgit"),
        ("d/a", "../.GIT", "path-dotgit"),
    ],
)
def test_a_link_is_judged_by_its_own_text(path, target, code):
    assert [finding.code for finding in judge_target(path, target)] == ([code] if code else [])


FOLDERS = st.lists(st.sampled_from("de"), max_size=3).map("/".join)
TARGETS = st.lists(st.sampled_from(["..", "d", "e", "l0", "l1", "l2", "x", "."]), min_size=1, max_size=5)


@given(st.lists(st.tuples(FOLDERS, TARGETS.map("/".join)), min_size=3, max_size=3))
def test_no_chain_of_links_that_pass_leads_out_of_the_tree(tmp_path_factory, links):
    root = tmp_path_factory.mktemp("tree").resolve()
    placed = []
    for number, (folder, target) in enumerate(links):
        path = "/".join(filter(None, (folder, f"l{number}")))
        if not list(judge_target(path, target)):
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).symlink_to(target)
            placed.append(root / path)
    for link in placed:
        assert Path(os.path.realpath(link)).is_relative_to(root)


def judged(work: Work, tip: Oid, **parameters):
    """Judge what a commit changes against `main`."""
    result = result_of(candidate_of(work, tip), replace(built_in("paths"), parameters=parameters))
    return [(finding.code, finding.place.path) for finding in result.findings]


def commit_tree(work: Work, *entries: tuple[str, str, str]) -> Oid:
    """Commit `main`'s tree and a folder `odd` whose entries no work tree could hold."""

    def oid(mode, content):
        if mode.startswith("16"):
            return work.head
        return work.git("hash-object", "-w", "--stdin", stdin=content).stdout.strip()

    raw = b"".join(
        f"{mode} {name}".encode() + b"\0" + bytes.fromhex(oid(mode, content))
        for mode, name, content in entries
    )
    file = work.path / "raw-tree"
    file.write_bytes(raw)
    odd = work.git("hash-object", "-w", "-t", "tree", "--literally", str(file)).stdout.strip()
    file.unlink()
    top = work.git("ls-tree", "main").stdout + f"040000 tree {odd}\todd\n"
    tree = work.git("mktree", stdin=top).stdout.strip()
    return Oid(work.git("commit-tree", "-p", "main", "-m", "odd", tree).stdout.strip())


def test_a_tree_that_git_itself_would_not_write_is_told(forge):
    work = smallest(forge)
    entries = [
        ("100644", ".git", "x"),
        ("150000", "odd-mode", "x"),
        ("160000", "sub", ""),
        ("120000", "up", "../.."),
    ]
    tip = commit_tree(work, *entries)
    assert sorted(judged(work, tip)) == [
        ("link-escapes", "odd/up"),
        ("path-dotgit", "odd/.git"),
        ("path-mode", "odd/odd-mode"),
        ("submodule", "odd/sub"),
    ]
    assert ("submodule", "odd/sub") not in judged(work, tip, submodules=True)


def test_a_link_whose_target_is_no_path_is_not_read(forge):
    work = smallest(forge)
    tip = commit_tree(work, ("120000", "long", "a" * 5000))
    assert judged(work, tip) == [("path-too-long", "odd/long")]


def test_a_new_name_is_compared_with_what_stands_beside_it_already(forge):
    work = smallest(forge)
    work.git("checkout", "--quiet", "--detach")
    assert judged(work, work.commit({"Readme.md": "x\n"})) == [("case-collision", "Readme.md")]
    work.git("checkout", "--quiet", "--detach", "main")
    assert judged(work, work.commit({"Specs/a.md": "x\n"})) == [("case-collision", "Specs")]
    work.git("checkout", "--quiet", "--detach", "main")
    assert judged(work, work.commit({"README.md": None, "readme.md": "x\n"})) == []


def test_a_folder_with_a_harmful_name_is_told_once(forge):
    work = smallest(forge)
    work.git("checkout", "--quiet", "--detach")
    tip = work.commit({f"corpus/nul/{n}.md": "x\n" for n in range(5)})
    assert judged(work, tip) == [("path-reserved", "corpus/nul")]
