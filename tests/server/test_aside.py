"""What has not landed is in stores that no client can read, whatever it asks for and by which way it comes."""

import shutil
from dataclasses import replace
from datetime import timedelta

import pytest
from server.installed import NOW, WISHES, settle
from server.transports import route
from smallest import ADD, GATES, SPECS

from gitcorpus.catalog.refused import KEPT, kept_store, kept_tips, with_kept
from gitcorpus.cli.app import main
from gitcorpus.errors import GitcorpusError
from gitcorpus.flows.refused import expire_refused, kept_pushes
from gitcorpus.git import aside
from gitcorpus.git.references import move_references
from gitcorpus.git.repo import Repo
from gitcorpus.model.place import ZERO_OID
from gitcorpus.model.push import RefUpdate
from gitcorpus.server.administration import PATH
from gitcorpus.server.install import install
from gitcorpus.server.pending import State, all_parked
from gitcorpus.server.reconcile import reconcile

LEAD, NORTH = {"PUSHER": "lead"}, {"PUSHER": "north"}
GOOD = "def add(a, b):\n    return a + b\n"
BAD = "def add(a, b):\n    return a +\n"
SLOW = (
    GATES
    + """\
gates:
  - {id: slow, uses: command, budget: 300s, refs: [refs/heads/**], with: {tool: slow, output: lines}}
"""
)
TAG = "object {}\ntype blob\ntag x\ntagger N <n@corpus.example> 1769000000 +0000\n\nx\n"
ALTERNATES = "GIT_ALTERNATE_OBJECT_DIRECTORIES"


@pytest.fixture
def bare(forge, installer, tmp_path):
    """A server that parks what goes to a branch, and keeps what it refuses."""
    bare = forge.bare()
    install(bare, replace(WISHES, slow_lane=True), installer)
    script = f"while ! [ -e {tmp_path}/go ]; do sleep 0.02; done; sh {tmp_path}/go"
    path = bare / PATH
    path.write_text(
        f"{path.read_text()}tools:\n  slow: {{command: [/bin/sh, -c, '{script}'], sandbox: none}}\n"
        "refused: {keep_days: 30}\n"
    )
    return bare


@pytest.fixture
def work(forge, bare):
    work = forge.clone(bare)
    work.commit({**SPECS, "specs/gates.yaml": SLOW}, "specs", author="lead")
    said = work.push("HEAD:main", env=LEAD)
    assert said.accepted, said.stderr
    settle(bare)
    return work


def park(work, bare, name, text, *refspecs):
    tip = work.commit({f"{ADD}/{name}.py": text}, name)
    said = work.push(*(refspecs or (f"HEAD:{name}",)), env=LEAD)
    assert said.accepted, said.stderr
    assert "parked: " in said.remote
    settle(bare)
    return tip


def refuse(work, bare, name="add"):
    """Have a push refused and kept, and return its tip and the blob that it brought."""
    tip = work.commit({f"{ADD}/{name}.py": BAD}, name)
    said = work.push("HEAD:main", env=NORTH)
    assert not said.accepted
    assert "note: this server keeps refused pushes for 30 days" in said.remote
    assert bare
    return tip


def go(tmp_path, bare, script=""):
    """Let the slow gate end, which runs a script, and judge what is parked."""
    (tmp_path / "go").write_text(script)
    assert main(["pending", "run", "--repo", str(bare)]) == 0
    return [(parked.state, parked.said.partition("\n")[0]) for parked in all_parked(bare)]


def ref(forge, bare, name="refs/heads/main"):
    return forge.run("for-each-ref", "--format=%(objectname)", name, cwd=bare).stdout.strip()


def has(forge, bare, oid, store=None):
    env = {ALTERNATES: str(store)} if store else {}
    return not forge.run("cat-file", "-e", oid, cwd=bare, check=False, env=env).returncode


def fetches(forge, where, oid, version, env):
    """Tell whether a client gets an object that it names by its oid."""
    client = forge.root / "client.git"
    if not client.is_dir():
        forge.run("init", "--quiet", "--bare", str(client))
    options = ("-c", f"protocol.version={version}", "-c", "protocol.file.allow=always")
    done = forge.run(*options, "fetch", "--quiet", where, oid, cwd=client, check=False, env=env)
    got = has(forge, client, oid)
    assert got == (done.returncode == 0), done.stderr
    return got


@pytest.mark.parametrize("kind", ["path", "ssh", "http"])
def test_no_client_fetches_what_is_set_aside_by_its_oid(forge, bare, work, kind):
    accepted = work.head
    refused = refuse(work, bare)
    work.git("reset", "--quiet", "--hard", accepted)
    parked = park(work, bare, "topic", GOOD)
    blobs = [work.oid(f"{parked}:{ADD}/topic.py"), work.oid(f"{refused}:{ADD}/add.py")]
    with route(kind, bare, "lead", forge.environ) as way:
        for version in (0, 1, 2):
            for oid in (parked, refused, *blobs):
                assert not fetches(forge, way.url, oid, version, way.env), (version, oid)
        assert fetches(forge, way.url, accepted, 2, way.env)
        names = [
            line.split("\t")[1] for line in forge.run("ls-remote", way.url, env=way.env).stdout.splitlines()
        ]
        assert [name for name in names if name.startswith("refs/gitcorpus/")] == [
            "refs/gitcorpus/ledger-head"
        ]
        for inside in ("gitcorpus/aside/refused", f"gitcorpus/aside/parked/{next(all_parked(bare)).id}"):
            assert forge.run("ls-remote", f"{way.url}/{inside}", env=way.env, check=False).returncode
    assert has(forge, bare, refused, kept_store(Repo.open(bare)))  # they are there
    assert not has(forge, bare, parked)


def test_neither_alternates_nor_an_archive_lead_to_what_is_set_aside(forge, bare, work):
    accepted = work.head
    refused = refuse(work, bare)
    work.git("reset", "--quiet", "--hard", accepted)
    parked = park(work, bare, "topic", GOOD)
    for options in (("--reference", str(bare)), ("--shared",), ("--mirror",), ("--local",)):
        clone = forge.root / f"clone{len(list(forge.root.iterdir()))}"
        forge.run("clone", "--quiet", *options, str(bare), str(clone))
        assert has(forge, clone, accepted)
        assert not has(forge, clone, parked)
        assert not has(forge, clone, refused)
    forge.run("config", "uploadarchive.allowUnreachable", "true", cwd=bare)
    for oid, comes in ((accepted, True), (parked, False), (refused, False)):
        archive = forge.root / "archive.tar"
        command = ("archive", f"--remote={bare}", "--format=tar", f"--output={archive}", oid)
        assert (forge.run(*command, check=False).returncode == 0) is comes
    folder = bare / aside.FOLDER
    assert folder.stat().st_mode & 0o777 == 0o700  # no other account reads it past git


def test_what_is_parked_lands_from_where_it_was_set_aside(forge, bare, work, tmp_path):
    """Two pushes lean on one another; the branch that both stand on goes, and git collects garbage meanwhile."""
    base = work.commit({"README.md": "base\n"}, "base")
    assert work.push("HEAD:refs/tags/base", env=LEAD).accepted
    settle(bare)
    first = park(work, bare, "first", GOOD)
    second = park(work, bare, "second", GOOD, "HEAD:second", "HEAD:third")
    assert main(["server", "move", str(bare), "refs/tags/base", "--delete", "--reason", "gone"]) == 0
    forge.run("reflog", "expire", "--all", "--expire=now", cwd=bare)
    forge.run("gc", "--quiet", "--prune=now", cwd=bare)
    assert has(forge, bare, base)
    assert not has(forge, bare, first)
    assert [state for state, _ in go(tmp_path, bare)] == [State.LANDED, State.LANDED]
    assert [ref(forge, bare, f"refs/heads/{name}") for name in ("first", "second", "third")] == [
        first,
        second,
        second,
    ]
    forge.run("fsck", "--strict", "--connectivity-only", cwd=bare)
    assert list((bare / aside.PARKED).iterdir()) == []
    assert not ref(forge, bare, aside.LEANS)
    settle(bare)
    assert reconcile(bare, now=NOW) == ((), ())


def test_a_push_that_stands_on_one_that_is_still_parked_needs_nothing_of_it(forge, bare, work, tmp_path):
    first = park(work, bare, "first", GOOD)
    second = park(work, bare, "second", GOOD)
    ids = {parked.updates[0].new: parked.id for parked in all_parked(bare)}
    assert main(["pending", "cancel", ids[first], "--repo", str(bare), "--reason", "x"]) == 0
    assert {state for state, _ in go(tmp_path, bare)} == {State.CANCELLED, State.LANDED}
    assert ref(forge, bare, "refs/heads/second") == second
    forge.run("fsck", "--strict", "--connectivity-only", cwd=bare)


def test_what_the_repository_has_is_leant_on_and_not_set_aside(forge, bare, work):
    repo, store = Repo.open(bare), bare / aside.PARKED / "0123456789ab"
    blob = forge.run("hash-object", "-w", "--stdin", stdin="x", cwd=bare).stdout.strip()
    tag = forge.run("mktag", stdin=TAG.format(blob), cwd=bare).stdout.strip()
    with aside.locked_aside(bare):
        assert aside.set_aside(repo, store, [work.head]) == ((work.head,), (work.head,))
    assert list((store / "pack").iterdir()) == []
    assert aside.set_aside(repo, store, [tag]) == ((tag,), ())
    assert len(list((store / "pack").glob("*.pack"))) == 1
    assert ref(forge, bare, aside.LEANS) == work.head


def test_a_parked_push_lands_as_a_whole_or_not_at_all(forge, bare, work, tmp_path):
    """Another push takes a name that stands in the way of one of two branches."""
    park(work, bare, "deep", GOOD, "HEAD:a", "HEAD:b/c")
    git, tip = shutil.which("git"), ref(forge, bare)
    script = f"cd {bare}; {git} -c safe.directory='*' -c core.hooksPath=/dev/null update-ref refs/heads/b {tip} >&2\n"
    ((state, said),) = go(tmp_path, bare, script)
    assert ref(forge, bare, "refs/heads/b") == tip
    assert state is State.STALE
    assert "refs/heads/b" in said
    assert not ref(forge, bare, "refs/heads/a")
    assert list((bare / aside.PARKED).iterdir()) == []


def test_references_move_in_one_step_while_others_stand_where_they_are(forge, bare, work):
    repo, tip = Repo.open(bare), ref(forge, bare)
    made = [RefUpdate(ref=f"refs/heads/{name}", old=ZERO_OID, new=tip) for name in ("x", "y")]
    with pytest.raises(GitcorpusError) as caught:
        move_references(repo, made, unmoved={"refs/heads/main": "1" * 40}, why="a test")
    assert (caught.value.code, caught.value.place) == ("reference-elsewhere", "refs/heads/main")
    with pytest.raises(GitcorpusError) as caught:
        move_references(repo, [*made, RefUpdate(ref="refs/heads/y/z", old=ZERO_OID, new=tip)], why="a test")
    assert caught.value.code == "reference-unwritable"
    lost = RefUpdate(ref="refs/heads/main", old="1" * 40, new=tip)
    with pytest.raises(GitcorpusError) as caught:
        move_references(repo, [*made, lost], why="a test")
    assert (caught.value.code, caught.value.place) == ("reference-elsewhere", "refs/heads/main")
    assert not ref(forge, bare, "refs/heads/x")
    move_references(repo, made, unmoved={"refs/heads/main": tip, "refs/heads/none": ZERO_OID}, why="a test")
    assert ref(forge, bare, "refs/heads/y") == tip
    gone = [RefUpdate(ref=update.ref, old=tip, new=ZERO_OID) for update in made]
    move_references(repo, gone, why="a test")
    assert not ref(forge, bare, "refs/heads/x")
    assert work


def test_what_an_older_gitcorpus_parked_still_lands(forge, bare, work, tmp_path):
    tip = park(work, bare, "topic", GOOD)
    (parked,) = all_parked(bare)
    older(forge, bare, work, f"refs/gitcorpus/pending/{tip}")
    shutil.rmtree(bare / aside.PARKED / parked.id)
    assert [state for state, _ in go(tmp_path, bare)] == [State.LANDED]
    assert ref(forge, bare, "refs/heads/topic") == tip
    assert not ref(forge, bare, "refs/gitcorpus/pending/")


def older(forge, bare, work, name):
    """Put a reference and its objects where an older gitcorpus had them."""
    around = ("-c", "core.hooksPath=/dev/null", "-c", "protocol.file.allow=always")
    forge.run(*around, "fetch", "--quiet", str(work.path), f"HEAD:{name}", cwd=bare)


def test_what_an_older_gitcorpus_kept_is_set_aside(forge, bare, work):
    tip = work.commit({f"{ADD}/add.py": BAD})
    older(forge, bare, work, f"{KEPT}2026-01-31/0123456789ab")
    repo = Repo.open(bare)
    assert kept_tips(repo) == {"0123456789ab": tip}
    assert expire_refused(repo, 30, NOW) == []
    assert not ref(forge, bare, KEPT)
    assert kept_tips(Repo.open(bare)) == {"0123456789ab": tip}
    forge.run("gc", "--quiet", "--prune=now", cwd=bare)
    assert not has(forge, bare, tip)
    assert with_kept(Repo.open(bare)).commit(tip).oid == tip


def test_what_is_let_go_of_is_gone_from_the_disk(forge, bare, work):
    accepted = work.head
    tips = {}
    for name in ("one", "two"):
        work.git("reset", "--quiet", "--hard", accepted)
        tips[name] = refuse(work, bare, name)
    repo, store = Repo.open(bare), kept_store(Repo.open(bare))
    assert {has(forge, bare, oid, store) for oid in tips.values()} == {True}
    assert ref(forge, bare, aside.LEANS) == accepted
    (path,) = [
        path
        for path, held in aside.read_holdings(bare / aside.REFUSED).items()
        if held.tips[0] == tips["one"]
    ]
    older_day = bare / aside.REFUSED / "2020-01-01" / path.name
    older_day.parent.mkdir()
    path.rename(older_day)
    assert expire_refused(repo, 30, NOW.replace(year=2026) + timedelta(days=1)) == [path.name]
    assert not has(forge, bare, tips["one"], store)
    assert has(forge, bare, tips["two"], store)
    assert len(list((store / "pack").glob("*.pack"))) == 1
    last = expire_refused(repo, 0, NOW + timedelta(days=400 * 30))
    assert len(last) == 1
    assert not kept_pushes(Repo.open(bare))
    assert list((store / "pack").iterdir()) == []
    assert not ref(forge, bare, aside.LEANS)


def test_a_push_that_git_never_handed_over_lands_never(forge, bare, work, tmp_path):
    (bare / "hooks/proc-receive").write_text("#!/bin/sh\nexit 1\n")
    tip = work.commit({f"{ADD}/topic.py": GOOD})
    assert not work.push("HEAD:topic", env=LEAD).accepted
    reconcile(bare, now=NOW)
    ((state, said),) = go(tmp_path, bare)
    assert (state, said) == (State.STALE, "the push never arrived as a whole; push again")
    assert not has(forge, bare, tip)
    assert list((bare / aside.PARKED).iterdir()) == []
    assert [path.name for path in (bare / "refs/heads").iterdir()] == ["main"]
