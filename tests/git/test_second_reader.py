"""dulwich reads the same objects, and knows nothing of how this room reads them."""

import os

import dulwich.object_store
import dulwich.repo
import pytest
from forge import Executable, Symlink

from gitcorpus.git.changes import changes
from gitcorpus.git.history import ancestry
from gitcorpus.git.repo import Repo


@pytest.fixture
def work(forge):
    work = forge.work()
    work.commit(
        {"a": "1\n", "d/b": Executable("2\n"), "d/e/f": "3\n", "to": Symlink("a")}, "first\n\nTask: one\n"
    )
    work.branch("side")
    work.commit(
        {"d/e/f": None, os.fsdecode(b"\xe9t\xe9"): "4\n"},
        "second",
        author="south",
        date="2026-02-03T04:05:06-07:00",
    )
    work.checkout("main")
    work.commit({"a": "5\n", "d": None}, "third", author="east")
    work.git("merge", "--quiet", "--strategy=ours", "--no-ff", "-m", "merged", "side")
    work.commit({"a": None, "a/now": "a folder\n"}, "last")
    work.tag("v1", message="one")
    return work


def test_both_read_the_same_commits_and_trees(work):
    repo = Repo.open(work.path)
    with dulwich.repo.Repo(str(work.path)) as other:
        walked = {entry.commit.id.decode(): entry.commit for entry in other.get_walker([work.head.encode()])}
        commits = ancestry(repo, work.head)
        assert {commit.oid for commit in commits} == set(walked)
        for commit in commits:
            seen = walked[commit.oid]
            assert commit.tree == seen.tree.decode()
            assert commit.parents == tuple(parent.decode() for parent in seen.parents)
            assert commit.message == seen.message.decode()
            assert f"{commit.author.name} <{commit.author.email}>" == seen.author.decode()
            assert (commit.author.seconds, commit.author.offset * 60) == (
                seen.author_time,
                seen.author_timezone,
            )
            contents = dulwich.object_store.iter_tree_contents(other.object_store, seen.tree)
            assert [tuple(entry) for entry in repo.snapshot(commit.oid).entries()] == [
                (os.fsdecode(entry.path), entry.mode, entry.sha.decode()) for entry in contents
            ]
        tag = other[b"refs/tags/v1"]
        assert (repo.tag("v1").oid, repo.tag("v1").commit) == (tag.id.decode(), tag.object[1].decode())


def test_both_find_the_same_changes(work):
    repo = Repo.open(work.path)
    with dulwich.repo.Repo(str(work.path)) as other:
        for commit in ancestry(repo, work.head):
            for parent in commit.parents:
                trees = (repo.commit(parent).tree.encode(), commit.tree.encode())
                expected = sorted(
                    (old_path or new_path, old and old.decode(), new and new.decode())
                    for (old_path, new_path), _, (old, new) in other.object_store.tree_changes(*trees)
                )
                found = changes(repo, parent, commit.oid)
                assert [
                    (os.fsencode(change.path), change.old and change.old.oid, change.new and change.new.oid)
                    for change in found
                ] == expected
