import os
from pathlib import Path

import pytest
from forge import Executable, Symlink

from gitcorpus.errors import GitcorpusError, UnjudgedError
from gitcorpus.git.changes import new_commits
from gitcorpus.git.repo import Repo
from gitcorpus.model.place import Oid
from gitcorpus.model.tree import EXECUTABLE, FILE, GITLINK, SYMLINK, Signature

NOT_UTF8 = os.fsdecode(b"\xe9t\xe9.txt")


@pytest.fixture
def work(forge):
    return forge.work()


def test_opens_a_bare_repository_a_work_tree_and_its_git_folder(forge):
    bare = forge.bare()
    work = forge.clone(bare)
    work.commit({"a": "1"})
    work.git("worktree", "add", "--quiet", str(forge.root / "linked"), "-b", "other")
    opened = [Repo.open(path) for path in (bare, work.path, work.git_dir, forge.root / "linked")]
    assert [repo.path for repo in opened] == [bare, work.git_dir, work.git_dir, work.git_dir]
    assert opened[3].resolve("other") == work.head


def test_refuses_what_is_no_repository(work):
    work.write({"folder/a": "1"})
    with pytest.raises(GitcorpusError) as caught:
        Repo.open(work.path / "folder")
    assert (caught.value.code, caught.value.hint) == (
        "not-a-repository",
        f"its repository is {work.git_dir}/",
    )
    with pytest.raises(GitcorpusError) as caught:
        Repo.open(work.path / "nowhere")
    assert caught.value.code == "not-a-repository"


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ("[core]\n\trepositoryformatversion = 1\n[extensions]\n\tpartialClone = origin\n", "partialclone"),
        ("[core]\n\trepositoryformatversion = 99\n", "99"),
        ("[broken\n", "config"),
    ],
)
def test_says_why_a_repository_cannot_be_opened(work, settings, said):
    with (work.git_dir / "config").open("a") as config:
        config.write(settings)
    for path in (work.path, work.git_dir):
        with pytest.raises(GitcorpusError) as caught:
            Repo.open(path)
        assert caught.value.code == "not-a-repository"
        assert caught.value.sentence.startswith("this version cannot open the repository: ")
        assert said in caught.value.sentence.lower()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_refuses_a_repository_of_another_account(work):
    for path in (work.path, work.git_dir):
        os.chown(path, 12345, 12345)
    with pytest.raises(GitcorpusError) as caught:
        Repo.open(work.path)
    assert caught.value.code == "repository-not-owned"
    assert caught.value.hint.endswith(f"git config --global --add safe.directory {work.path}")


def test_resolves_revisions_and_references_to_commits(work):
    first = work.commit({"a": "1"})
    second = work.commit({"a": "2"})
    annotated = work.tag("v1", message="one")
    work.tag("blob", f"{second}:a")
    repo = Repo.open(work.path)
    names = ("main", "refs/heads/main", "HEAD", "v1", second[:10], "main~1", second)
    assert [repo.resolve(name) for name in names] == [second, second, second, second, second, first, second]
    nothing = ("nope", "blob", "main:a", "HEAD^{tree}", "", "a b", "\udce9", "x\0y", "0" * 40, "main~7")
    assert [repo.resolve(name) for name in nothing] == [None] * len(nothing)
    assert repo.ref("refs/tags/v1") == annotated
    assert [repo.ref(name) for name in ("v1", "refs/heads/nope", "not a ref")] == [None] * 3
    assert repo.ref("HEAD") == second


def test_a_repository_without_commits_has_no_history(forge):
    repo = Repo.open(forge.bare())
    assert (repo.resolve("HEAD"), repo.ref("HEAD"), repo.refs(), repo.tags()) == (None, None, (), ())


def test_a_broken_reference_is_not_taken_for_a_missing_one(work):
    commit = work.commit({"a": "1"})
    (work.git_dir / "refs" / "heads" / "gone").write_text("1" * 40 + "\n")
    repo = Repo.open(work.path)
    assert new_commits(repo, commit) == ()
    (work.git_dir / "refs" / "heads" / "loop").write_text("ref: refs/heads/loop\n")
    (work.git_dir / "refs" / "heads" / "garbage").write_text("garbage\n")
    for name in ("gone", "loop", "garbage"):
        with pytest.raises(UnjudgedError) as caught:
            repo.resolve(f"refs/heads/{name}")
        assert (caught.value.code, caught.value.place) == ("reference-broken", f"refs/heads/{name}")


def test_refuses_an_abbreviation_that_fits_several_objects(work):
    work.commit({f"{n:03}": str(n) for n in range(1000)})
    listed = work.git("rev-list", "--objects", "--all").stdout.split("\n")
    starts = [line[:4] for line in listed if line]
    twice = next((start for start in starts if starts.count(start) > 1), None)
    assert twice, "1000 objects share four digits somewhere, always the same ones"
    with pytest.raises(GitcorpusError) as caught:
        Repo.open(work.path).resolve(twice)
    assert caught.value.code == "ambiguous-revision"


def test_lists_tags_that_lead_to_commits(work):
    commit = work.commit({"a": "1"}, date="2026-01-09")
    work.tag("light")
    oid = work.tag("heavy", message="said")
    outer = work.tag("outer", "heavy", message="a tag of a tag")
    work.tag("blob", f"{commit}:a")
    work.tag("tree", f"{commit}^{{tree}}", message="of a tree")
    repo = Repo.open(work.path)
    light, heavy = repo.tag("light"), repo.tag("heavy")
    assert [tag.name for tag in repo.tags()] == ["heavy", "light", "outer"]
    assert (light.oid, light.commit, light.annotated, light.seconds) == (commit, commit, False, 1767916800)
    assert (heavy.oid, heavy.commit, heavy.annotated, heavy.message) == (oid, commit, True, "said\n")
    assert (repo.tag("outer").oid, repo.tag("outer").commit) == (outer, commit)
    assert [repo.tag(name) for name in ("blob", "tree", "nope")] == [None] * 3
    assert [repo.peel(named) for named in (oid, outer, repo.ref("refs/tags/tree"))] == [commit, commit, None]


def test_reads_a_commit(work):
    work.commit({"a": "1"})
    oid = work.commit(
        {"a": "2"},
        "title\n\nbody\n\nTask: one\nTask: two\n",
        author="south",
        date="2026-02-03T04:05:06+05:30",
    )
    commit = Repo.open(work.path).commit(oid)
    assert commit.parents == (work.oid("HEAD~1"),)
    assert commit.tree == work.oid("HEAD^{tree}")
    assert commit.author == Signature("Author South", "south@corpus.example", 1770071706, 330)
    assert commit.trailer("task") == ("one", "two")
    assert commit.subject == "title"


def test_a_snapshot_reads_one_tree(work):
    sub = work.commit({"z": "1"})
    work.git("update-index", "--add", "--cacheinfo", f"160000,{sub},module")
    (work.path / NOT_UTF8).write_bytes(b"\xff")
    work.write({"a/b/c.txt": "deep\n", "a-b": "beside", "run": Executable("#!"), "to": Symlink("a")})
    work.git("add", "--", "a", "a-b", "run", "to", NOT_UTF8)
    work.git("commit", "--quiet", "-m", "more")
    snapshot = Repo.open(work.path).snapshot(work.head)
    entries = {entry.path: entry.mode for entry in snapshot.entries()}
    assert list(entries.items()) == [
        ("a-b", FILE),
        ("a/b/c.txt", FILE),
        ("module", GITLINK),
        ("run", EXECUTABLE),
        ("to", SYMLINK),
        ("z", FILE),
        (NOT_UTF8, FILE),
    ]
    listed = work.git("ls-tree", "-r", "-z", "--name-only", "HEAD").stdout.split("\0")[:-1]
    assert list(entries) == listed
    assert [entry.path for entry in snapshot.entries("a")] == ["a/b/c.txt"]
    assert snapshot.entries("a/b/") == snapshot.entries("a")
    assert (snapshot.entries("nope"), snapshot.entries("z"), snapshot.entries("to")) == ((), (), ())
    assert snapshot.read("a/b/c.txt") == b"deep\n"
    assert (snapshot.read(NOT_UTF8), snapshot.read("to")) == (b"\xff", b"a")
    assert snapshot.entry("module").oid == sub
    assert [snapshot.entry(path) for path in ("a", "a/", "nope", "z/deeper", "", "/a-b")] == [None] * 6
    assert snapshot.subtree("a/b") == work.oid("HEAD:a/b")
    assert snapshot.subtree("") == work.oid("HEAD^{tree}")
    for path in ("a", "module", "nope"):
        with pytest.raises(GitcorpusError) as caught:
            snapshot.read(path)
        assert (caught.value.code, caught.value.place) == ("no-such-path", path)


def test_reads_blobs_and_their_sizes(work):
    work.commit({"big": "x" * 100_000})
    repo = Repo.open(work.path)
    oid = repo.snapshot(work.head).entry("big").oid
    assert (repo.blob_size(oid), len(repo.read_blob(oid))) == (100_000, 100_000)
    for read in (repo.blob_size, repo.read_blob, repo.commit, repo.snapshot):
        with pytest.raises(UnjudgedError) as caught:
            read(Oid("1" * 40))
        assert caught.value.code == "object-missing"
    with pytest.raises(UnjudgedError) as caught:
        repo.commit(oid)
    assert caught.value.sentence == f"object {oid}: a blob stands where a commit must"


def test_names_a_damaged_object(work):
    commit = work.commit({"a": "1"})
    path = work.git_dir / "objects" / commit[:2] / commit[2:]
    path.chmod(0o644)
    path.write_bytes(b"not an object")
    with pytest.raises(UnjudgedError) as caught:
        Repo.open(work.path).commit(commit)
    assert caught.value.code == "object-broken"


def test_replacements_and_grafts_change_nothing(work):
    first = work.commit({"a": "1"}, "first")
    second = work.commit({"a": "2"}, "second")
    work.git("replace", second, first)
    (work.git_dir / "info").mkdir(exist_ok=True)
    (work.git_dir / "info" / "grafts").write_text(f"{second}\n")
    repo = Repo.open(work.path)
    assert repo.commit(second).parents == (first,)
    assert repo.resolve("main") == second
    assert repo.objects.is_ancestor(first, second)


def test_reads_the_quarantine_of_a_push_and_nothing_outside(forge):
    bare = forge.bare()
    other = forge.work("other")
    pushed = other.commit({"a": "pushed\n"})
    quarantine = bare / "objects" / "tmp_objdir-incoming-x"
    (other.git_dir / "objects").rename(quarantine)
    assert Repo.open(bare).peel(pushed) is None
    repo = Repo.open(bare, quarantine=str(quarantine))
    assert repo.snapshot(pushed).read("a") == b"pushed\n"
    (bare / "objects" / "leads-out").symlink_to(forge.root)
    for path in (
        forge.root,
        bare / "objects" / "leads-out",
        bare / "objects" / "nope",
        bare / "objects" / ".." / "refs",
    ):
        with pytest.raises(UnjudgedError) as caught:
            Repo.open(bare, quarantine=str(path))
        assert caught.value.code == "bad-quarantine"


def test_settings_are_read_as_git_sees_them(work):
    work.git("config", "receive.fsckObjects", "true")
    work.git("config", "--add", "receive.procReceiveRefs", "one")
    work.git("config", "--add", "receive.procReceiveRefs", "two")
    repo = Repo.open(work.path)
    names = ("receive.fsckobjects", "receive.procReceiveRefs", "no.such", "nonsense")
    assert [repo.config(name) for name in names] == ["true", "two", None, None]


def test_attributes_are_those_of_the_commit(work):
    first = work.commit(
        {".gitattributes": "*.txt lang=one -diff\n", "d/.gitattributes": "b.txt lang=two\n", "a.txt": ""}
    )
    second = work.commit({".gitattributes": "*.txt lang=new\n"})
    (work.git_dir / "info").mkdir(exist_ok=True)
    (work.git_dir / "info" / "attributes").write_text("*.txt lang=local\n")
    repo = Repo.open(work.path)
    assert [
        repo.attribute(oid, path, "lang") for oid in (first, second) for path in ("a.txt", "d/b.txt", "c")
    ] == [
        "one",
        "two",
        None,
        "new",
        "two",
        None,
    ]
    assert repo.attribute(first, "a.txt", "diff") is False
    assert repo.attribute(first, NOT_UTF8, "lang") == "one"


def test_a_shallow_clone_knows_that_it_is_one(forge):
    work = forge.work()
    work.commit({"a": "1"})
    work.commit({"a": "2"})
    forge.run("clone", "--quiet", "--depth=1", f"file://{work.path}", "shallow")
    assert not Repo.open(work.path).is_shallow
    assert Repo.open(forge.root / "shallow").is_shallow


def test_reads_a_repository_with_sha256_oids(forge):
    path = forge.root / "wide"
    forge.run("init", "--quiet", "--object-format=sha256", "--initial-branch=main", str(path))
    try:
        repo = Repo.open(path)
    except GitcorpusError as error:
        assert error.code == "not-a-repository"  # noqa: PT017 - libgit2 is built without it
    else:
        assert repo.resolve("main") is None


def test_nothing_of_the_callers_environment_matters(work, monkeypatch):
    commit = work.commit({"a": "1"})
    monkeypatch.setenv("GIT_DIR", str(Path("/nowhere")))
    monkeypatch.setenv("GIT_OBJECT_DIRECTORY", str(Path("/nowhere")))
    assert Repo.open(work.path).snapshot(commit).read("a") == b"1"
