import random
import time

import pytest
from forge import Executable, Symlink

from gitcorpus.errors import UnjudgedError
from gitcorpus.git.changes import (
    changes,
    commit_changes,
    is_ancestor,
    landed_changes,
    merge_base,
    new_commits,
)
from gitcorpus.git.history import ancestry
from gitcorpus.git.repo import Repo


@pytest.fixture
def work(forge):
    return forge.work()


def shape(found):
    return [(change.path, change.old and change.old.mode, change.new and change.new.mode) for change in found]


def test_large_folders_differ_as_small_ones_do(work):
    names = [f"folder/name-{number:05}" for number in range(800)]
    first = work.commit({**dict.fromkeys(names, "1"), f"{names[3]}-d/inside": "1"})
    second = work.commit(
        {
            names[0]: "2",
            names[1]: None,
            names[2]: Executable("1"),
            f"{names[3]}-d/inside": "2",
            names[4]: None,
            f"{names[4]}/inside": "1",
            "folder/new": "1",
        }
    )
    repo = Repo.open(work.path)
    tree = repo.snapshot(first).subtree("folder")
    assert repo.objects.list_large(tree) is not None
    assert shape(changes(repo, first, second)) == [
        (names[0], 0o100644, 0o100644),
        (names[1], 0o100644, None),
        (names[2], 0o100644, 0o100755),
        (f"{names[3]}-d/inside", 0o100644, 0o100644),
        (names[4], 0o100644, None),
        (f"{names[4]}/inside", None, 0o100644),
        ("folder/new", None, 0o100644),
    ]
    with pytest.raises(UnjudgedError, match="tree-too-large"):
        changes(repo, first, second, limit=700)
    snapshot = repo.snapshot(second)
    assert snapshot.entry(names[5]).oid == repo.snapshot(first).entry(names[5]).oid
    assert snapshot.entry(names[1]) is None
    assert snapshot.names("folder") == tuple(
        each.removeprefix("folder/")
        for each in work.git("ls-tree", "--name-only", second, "folder/").stdout.splitlines()
    )


def test_names_what_was_added_changed_and_deleted(work):
    first = work.commit(
        {"same": "1", "edited": "1", "gone/deep": "1", "mode": "1", "type": "1", "folder/a": "1"}
    )
    second = work.commit(
        {
            "edited": "2",
            "gone": None,
            "mode": Executable("1"),
            "type": Symlink("same"),
            "folder": None,
            "new/a": "1",
        }
    )
    third = work.commit({"folder": "now a file", "new": None, "type": None, "type/inside": "1"})
    repo = Repo.open(work.path)
    assert shape(changes(repo, first, second)) == [
        ("edited", 0o100644, 0o100644),
        ("folder/a", 0o100644, None),
        ("gone/deep", 0o100644, None),
        ("mode", 0o100644, 0o100755),
        ("new/a", None, 0o100644),
        ("type", 0o100644, 0o120000),
    ]
    assert shape(changes(repo, second, third)) == [
        ("folder", None, 0o100644),
        ("new/a", 0o100644, None),
        ("type", 0o120000, None),
        ("type/inside", None, 0o100644),
    ]
    assert [change.path for change in changes(repo, None, first)] == [
        e.path for e in repo.snapshot(first).entries()
    ]
    assert changes(repo, first, first) == ()


def test_agrees_with_git_on_random_histories(forge):
    chance = random.Random(7)
    work = forge.work()
    names = ["a", "b", "c", "d/a", "d/b", "d/e/a", "f/a", "f/g/h"]
    for step in range(25):
        folder = {
            name: chance.choice(["1", "2", Executable("1"), Symlink("x")]) for name in chance.sample(names, 4)
        }
        for name in names:
            if (work.path / name).is_file() and name not in folder:
                folder[name] = None if chance.random() < 0.3 else "kept"
        work.commit(folder, f"step {step}", allow_empty=True)
    repo = Repo.open(work.path)
    for commit in ancestry(repo, work.head)[1:]:
        printed = work.git("diff-tree", "-r", "-z", "--no-renames", commit.parents[0], commit.oid).stdout
        fields = printed.split("\0")[:-1]
        raw = [(fields[at].split(), fields[at + 1]) for at in range(0, len(fields), 2)]
        expected = [(path, int(meta[0][1:], 8) or None, int(meta[1], 8) or None) for meta, path in raw]
        assert shape(changes(repo, *commit.parents, commit.oid)) == expected


def test_a_merge_changed_what_differs_from_every_parent(work):
    base = work.commit({"both": "1\n\n\n\n\n\n\n2\n", "left": "1", "right": "1", "evil": "1"})
    work.branch("left")
    work.commit({"both": "left\n\n\n\n\n\n\n2\n", "left": "2"})
    work.branch("right", base)
    work.commit({"both": "1\n\n\n\n\n\n\nright\n", "right": "2"})
    work.branch("third", base)
    work.commit({"third": "1"})
    work.checkout("left")
    work.merge("right")
    work.write({"evil": "made by the merge"})
    work.git("add", "evil")
    work.git("commit", "--quiet", "--amend", "--no-edit")
    merged = work.head
    octopus_base = work.merge("third")
    work.checkout(base)
    octopus = work.merge("left~1", "third", message="octopus")
    repo = Repo.open(work.path)
    assert [change.path for change in commit_changes(repo, repo.commit(merged))] == ["both", "evil"]
    for oid in (merged, octopus_base, octopus):
        listed = work.git("diff-tree", "-c", "-r", "-z", "--name-only", "--no-commit-id", oid).stdout.split(
            "\0"
        )
        assert [change.path for change in commit_changes(repo, repo.commit(oid))] == listed[:-1]
    assert [change.path for change in commit_changes(repo, repo.commit(base))] == [
        "both",
        "evil",
        "left",
        "right",
    ]


def test_equal_folders_are_not_read(work):
    first = work.commit({f"big/{n:04}": "x" for n in range(300)} | {"small/a": "1"})
    second = work.commit({"small/a": "2"})
    repo = Repo.open(work.path)
    assert shape(changes(repo, first, second, limit=10)) == [("small/a", 0o100644, 0o100644)]
    with pytest.raises(UnjudgedError) as caught:
        changes(repo, None, second, limit=10)
    assert caught.value.code == "tree-too-large"


def bomb(work, levels=12, width=10, leaf=b"boom"):
    oid = work.git("hash-object", "-w", "--stdin", stdin=leaf).stdout.strip()
    kind, mode = "blob", "100644"
    for _ in range(levels):
        tree = "".join(f"{mode} {kind} {oid}\tf{n}\n" for n in range(width))
        oid = work.git("mktree", stdin=tree).stdout.strip()
        kind, mode = "tree", "040000"
    return work.git("commit-tree", oid, "-m", "bomb").stdout.strip()


def test_a_tree_bomb_ends_quickly(work):
    harmless = work.commit({"a": "1"})
    one, other = bomb(work), bomb(work, leaf=b"other")
    repo = Repo.open(work.path)
    started = time.monotonic()
    for judge in (
        lambda: repo.snapshot(one).entries(),
        lambda: changes(repo, harmless, one, limit=20_000),
        lambda: changes(repo, one, other, limit=20_000),
        lambda: changes(repo, one, harmless, limit=20_000),
    ):
        with pytest.raises(UnjudgedError) as caught:
            judge()
        assert (caught.value.code, caught.value.exit_code) == ("tree-too-large", 3)
    assert time.monotonic() - started < 20


def test_folders_may_not_go_down_forever(work):
    deep = "d/" * 2500 + "f"
    head = "commit refs/heads/deep\ncommitter N <n@corpus.example> 5 +0000\ndata 0\n"
    work.git("fast-import", "--quiet", stdin=f"{head}M 100644 inline {deep}\ndata 0\n")
    with pytest.raises(UnjudgedError) as caught:
        Repo.open(work.path).snapshot(work.oid("deep")).entries()
    assert caught.value.sentence == "the tree holds folders more than 2048 deep"


def test_new_commits_are_those_that_no_reference_reaches(forge):
    bare = forge.bare()
    work = forge.clone(bare)
    work.commit({"a": "1"}, "landed")
    work.push("main")
    work.commit({"a": "2"}, "second")
    work.branch("side")
    work.commit({"b": "1"}, "side")
    work.checkout("main")
    work.commit({"a": "3"}, "third")
    tip = work.merge("side", message="merged")
    tag = work.tag("v1", message="one")
    objects = forge.root / "quarantine"
    forge.run("clone", "--quiet", "--bare", str(work.path), str(objects))
    quarantine = bare / "objects" / "tmp_objdir-incoming-x"
    (objects / "objects").rename(quarantine)
    repo = Repo.open(bare, quarantine=str(quarantine))
    expected = ["second", "side", "third", "merged"]
    assert [commit.subject for commit in new_commits(repo, tip)] == expected
    assert [commit.subject for commit in new_commits(repo, tag)] == expected
    assert new_commits(repo, work.oid("main~2")) == new_commits(repo, tip)[:1]
    assert new_commits(repo, work.oid("main:a")) == ()
    with pytest.raises(UnjudgedError) as caught:
        new_commits(repo, tip, limit=3)
    assert caught.value.code == "push-too-long"
    work.push("main")
    assert new_commits(Repo.open(bare), tip) == ()


def test_new_commits_agree_with_git_on_random_histories(forge):
    chance = random.Random(11)
    work = forge.work()
    oids = [work.commit({"a": "0"})]
    for step in range(40):
        work.checkout(chance.choice(oids))
        if chance.random() < 0.3:
            others = chance.sample(oids, 2)
            work.git("merge", "--quiet", "--strategy=ours", "--no-ff", "-m", "merge", *others, check=False)
            oids.append(work.head)
        else:
            skewed = f"2026-01-{chance.randint(1, 28):02}" if chance.random() < 0.4 else None
            oids.append(work.commit({f"f{step}": "x"}, f"step {step}", date=skewed))
    work.git("update-ref", "-d", "refs/heads/main")
    for n, oid in enumerate(chance.sample(oids, 4)):
        work.tag(f"t{n}", oid, message="x" if n % 2 else None)
    repo = Repo.open(work.path)
    for tip in oids:
        reached = set(work.git("rev-list", tip).stdout.split())
        known = set(work.git("rev-list", "--tags").stdout.split())
        found = [commit.oid for commit in new_commits(repo, tip)]
        assert set(found) == reached - known
        assert [commit.oid for commit in ancestry(repo, tip) if commit.oid in set(found)] == found


def test_finds_ancestors_and_merge_bases(work):
    base = work.commit({"a": "1"})
    left = work.commit({"a": "2"})
    work.branch("side", base)
    right = work.commit({"b": "1"})
    work.git("checkout", "--quiet", "--orphan", "alone")
    alone = work.commit({"c": "1"})
    repo = Repo.open(work.path)
    assert [is_ancestor(repo, base, oid) for oid in (base, left, right, alone)] == [True, True, True, False]
    assert (merge_base(repo, left, right), merge_base(repo, left, alone)) == (base, None)


def test_history_that_is_not_there_cannot_be_walked(forge):
    work = forge.work()
    for n in range(4):
        work.commit({"a": str(n)})
    forge.run("clone", "--quiet", "--depth=2", f"file://{work.path}", "shallow")
    repo = Repo.open(forge.root / "shallow")
    other = work.oid("main~3")
    with pytest.raises(UnjudgedError) as caught:
        is_ancestor(repo, other, work.head)
    assert caught.value.code == "history-broken"


def test_what_landed_is_told_as_what_comes(forge):
    work = forge.work()
    work.commit({"a.py": "a\n", "b/c.py": "c\n", "link": Symlink("a.py"), "run.sh": Executable("x\n")})
    base = work.head
    work.commit({"a.py": None, "a.py/inner": "now a folder\n", "run.sh": "x\n", "link": "now a file\n"})
    work.branch("side", base)
    work.commit({"b/c.py": "side\n", "more.py": "m\n"}, author="south")
    work.checkout("main")
    work.merge("side")
    work.commit({"b/c.py": None}, allow_empty=True)
    repo = Repo.open(work.path)
    commits = ancestry(repo, work.head)
    assert len(commits) == 5
    assert list(landed_changes(repo, commits)) == [
        (commit, commit_changes(repo, commit)) for commit in commits
    ]
