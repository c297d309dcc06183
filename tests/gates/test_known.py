"""What was judged before is not judged again: not after an amend, a rebase, a merge, nor on another branch."""

from dataclasses import replace

import pytest
from gates.pushes import candidate_of
from smallest import ADD, NOW, smallest

from gitcorpus.cache import Cache
from gitcorpus.gates.known import Known
from gitcorpus.gates.registry import GATES, built_in
from gitcorpus.gates.runner import Means, run_gates
from gitcorpus.gates.syntax import judge_text
from gitcorpus.model.declaration import Scope

TEXT = "def add(a, b):\n    return a + b\n"
SYNTAX = replace(built_in("syntax"), on=Scope.EVERY_COMMIT)
PATHS = replace(built_in("paths"), on=Scope.EVERY_COMMIT)


@pytest.fixture
def work(forge):
    work = smallest(forge)
    work.git("checkout", "--quiet", "--detach")
    return work


@pytest.fixture
def judge(work, tmp_path):
    """Judge a tip, and return what was found and how many answers were new."""

    def judged(tip, *declarations, ref="refs/heads/main"):
        known = Known(Cache(tmp_path / "cache.db"), today=NOW.date())
        candidate = candidate_of(work, tip, ref=ref)
        results = run_gates(
            [candidate],
            declarations or [SYNTAX, PATHS],
            waivers=(),
            today=NOW.date(),
            means=Means(known=known),
        )
        known.save()
        return [
            (f.code, str(f.place), f.place.commit) for each in results for f in each.findings
        ], known.n_judged

    return judged


@pytest.fixture
def parsed(monkeypatch):
    """Give the paths of the files that the gate `syntax` really looked at, one after the other."""
    seen = []

    def look(candidate, entry, *rest, **more):
        seen.append(entry.path.rpartition("/")[2])
        return judge_text(candidate, entry, *rest, **more)

    monkeypatch.setattr("gitcorpus.gates.syntax.judge_text", look)
    return seen


def test_no_file_is_looked_at_twice(work, judge, parsed):
    base = work.head
    work.commit({f"{ADD}/a.py": TEXT})
    tip = work.commit({f"{ADD}/b.py": TEXT + "#\n"})
    judge(tip)
    assert sorted(parsed) == ["a.py", "b.py"]
    parsed.clear()
    judge(tip, ref="refs/heads/topic")
    work.git("commit", "--quiet", "--amend", "--message", "in other words")
    judge(work.head)
    work.git("checkout", "--quiet", "--detach", base)
    other = work.commit({"README.md": "more\n"})
    judge(other)
    parsed.clear()  # the README
    work.merge(tip)
    judge(work.head)
    work.git("checkout", "--quiet", "--detach", other)
    work.git("cherry-pick", f"{base}..{tip}")
    judge(work.head)
    work.git("rebase", "--quiet", base)
    judge(work.head)
    assert parsed == []
    work.commit({f"{ADD}/a.py": TEXT + "\n"})
    judge(work.head)
    assert parsed == ["a.py"]


def test_earlier_commits_are_known_by_themselves(work, judge):
    for number in range(5):
        work.commit({f"{ADD}/a.py": TEXT + "#\n" * number, f"{ADD}/-x{number}": ""})
    found, judged = judge(work.head, PATHS)
    assert judged == 4
    assert [code for code, _, _ in found] == ["path-dash"] * 5
    assert judge(work.head, PATHS, ref="refs/heads/topic") == (found, 0)
    work.commit({f"{ADD}/b.py": TEXT})
    again, judged = judge(work.head, PATHS)
    assert (sorted(code for code, _, _ in again), judged) == (["path-dash"] * 5, 1)


def test_other_parameters_another_version_and_other_specs_are_asked_again(work, judge, monkeypatch):
    work.commit({f"{ADD}/a.py": TEXT})
    assert judge(work.head, SYNTAX)[1] == 1
    assert judge(work.head, replace(SYNTAX, digest="sha256:other"))[1] == 1
    monkeypatch.setattr(type(GATES["syntax"]), "version", "other")
    assert judge(work.head, SYNTAX)[1] == 1


def test_what_quotes_pushed_text_is_not_kept(work, judge, tmp_path):
    work.commit({f"{ADD}/a.py": "password = ('hunter2'\n", f"{ADD}/b.py": TEXT})
    first = judge(work.head, SYNTAX)
    assert first[1] == 2
    assert [code for code, _, _ in first[0]] == ["syntax-error"]
    assert judge(work.head, SYNTAX) == (first[0], 1)
    assert b"hunter2" not in (tmp_path / "cache.db").read_bytes()
    assert all(b"hunter2" not in path.read_bytes() for path in tmp_path.glob("cache.db*"))


def test_a_file_of_the_same_bytes_elsewhere_is_told_with_its_own_path(work, judge):
    latin = "# caf\xe9\n".encode("latin-1")
    work.commit({f"{ADD}/a.py": latin})
    judge(work.head, SYNTAX)
    work.commit({f"{ADD}/b.py": latin})
    assert [place for _, place, _ in judge(work.head, SYNTAX)[0]] == [f"{ADD}/a.py:1:6", f"{ADD}/b.py:1:6"]


def test_a_gate_that_breaks_leaves_nothing_behind(work, judge, monkeypatch):
    work.commit({f"{ADD}/a.py": TEXT, f"{ADD}/b.py": TEXT + "#\n"})
    with monkeypatch.context() as patch:
        patch.setattr("gitcorpus.gates.syntax.judge_text", lambda *_, **__: 1 / 0)
        judge(work.head, SYNTAX)
    assert judge(work.head, SYNTAX) == ([], 2)
