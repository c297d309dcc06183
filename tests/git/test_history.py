import pytest

from gitcorpus.errors import GitcorpusError
from gitcorpus.git.history import ancestry
from gitcorpus.git.repo import Repo


def test_parents_come_first_then_older_commits(forge):
    work = forge.work()
    work.commit({"a": "1"}, "first", date="2026-03-01")
    work.branch("early")
    work.commit({"b": "1"}, "early", date="2026-01-01")
    work.branch("late", "main")
    work.commit({"c": "1"}, "late", date="2026-04-01")
    work.checkout("main")
    work.merge("early", "late", message="octopus")
    commits = ancestry(Repo.open(work.path), work.head)
    assert [commit.subject for commit in commits] == ["first", "early", "late", "octopus"]
    work.git("repack", "-adq")
    assert ancestry(Repo.open(work.path), work.head) == commits


def test_refuses_a_shallow_clone(forge):
    work = forge.work()
    work.commit({"a": "1"})
    work.commit({"a": "2"})
    forge.run("clone", "--quiet", "--depth=1", f"file://{work.path}", "shallow")
    with pytest.raises(GitcorpusError) as caught:
        ancestry(Repo.open(forge.root / "shallow"), work.head)
    assert (caught.value.code, caught.value.hint) == ("shallow-clone", "git fetch --unshallow")
