"""What was recorded and is gone shows, on the server and in every clone, and nobody goes on without saying so."""

import shutil

import pytest
from server.installed import NOW, WISHES, settle
from server.slow import GOOD, LEAD, wait_until
from smallest import ADD, SPECS

from gitcorpus.cli.app import main
from gitcorpus.flows.anchored import anchor, ledger_findings
from gitcorpus.git.anchors import REF, read_anchor
from gitcorpus.git.repo import Repo
from gitcorpus.ledger import Ledger
from gitcorpus.server.doctor import examine
from gitcorpus.server.install import install, uninstall
from gitcorpus.server.reconcile import reconcile

FETCH = f"{REF}:{REF}"


def clone(forge, bare, name="work"):
    work = forge.clone(bare, name)
    work.commit(SPECS, "specs", author="lead")
    said = work.push("HEAD:main", env=LEAD)
    assert said.accepted, said.stderr
    settle(bare)
    return work


@pytest.fixture
def run(capfd):
    def run(*words):
        capfd.readouterr()
        code = main([str(word) for word in words])
        said = capfd.readouterr()
        return code, said.out + said.err

    return run


def refs(forge, bare):
    return forge.run("for-each-ref", "--format=%(refname) %(objectname)", "refs/heads", cwd=bare).stdout


def is_anchored(bare):
    named, head = read_anchor(Repo.open(bare)), Ledger.of(bare).head()
    return named is not None and named.digest == head.digest


@pytest.mark.parametrize("keeps_head", [True, False])
def test_an_installed_repository_without_its_ledger_refuses_until_it_is_gone_on_from_openly(
    run, forge, installed, program, keeps_head
):
    work = clone(forge, installed)
    before = refs(forge, installed)
    shutil.rmtree(installed / "gitcorpus/ledger")
    if not keeps_head:
        Ledger.of(installed).head_path.unlink()
    work.commit(GOOD)
    said = work.push("HEAD:refs/heads/t", env=LEAD)
    assert not said.accepted
    assert "ledger-lost: " in said.remote
    assert f"gitcorpus ledger begin {installed} --reason TEXT" in said.remote
    assert refs(forge, installed) == before
    code, text = run("ledger", "verify", installed)
    assert (code, "0 entries, 1 fault" in text) == (1, True)
    found = examine(installed, program, uid=0, now=NOW)
    assert [finding.code for finding in found] == ["ledger-lost"]
    assert "server move" not in found[0].hint
    code, text = run("ledger", "begin", installed, "--reason", "the disk broke")
    assert code == 0, text
    assert "the ledger goes on with entry 0" in text
    (entry,) = Ledger.of(installed).entries()
    assert entry.body["reason"] == "the disk broke"
    assert (entry.body["begins"]["after"] is not None) == keeps_head
    assert read_anchor(Repo.open(installed)).number == 0
    assert Repo.open(installed).commit(Repo.open(installed).ref(REF)).parents == (
        entry.body["begins"]["anchor"],
    )
    assert work.push("HEAD:refs/heads/t", env=LEAD).accepted
    assert (ledger_findings(installed)[1], reconcile(installed, now=NOW)) == ((), ((), ()))
    code, text = run("ledger", "begin", installed, "--reason", "once more")
    assert (code, "ledger-whole: " in text) == (2, True)


def test_clones_fetch_how_far_the_ledger_came_and_see_one_that_went_back(forge, warm):
    work = clone(forge, warm)
    wait_until(lambda: is_anchored(warm))
    saved = warm.with_name("saved")
    shutil.copytree(warm / "gitcorpus", saved, ignore=shutil.ignore_patterns("*.sock"))
    old = Repo.open(warm).ref(REF)
    work.commit(GOOD)
    assert work.push("HEAD:main", env=LEAD).accepted
    wait_until(lambda: is_anchored(warm) and Repo.open(warm).ref(REF) != old)
    wait_until(lambda: Repo.open(warm).ref(REF) in (warm / "gitcorpus/ledger-anchor").read_text())
    work.git("fetch", "origin", FETCH)
    text = work.git("log", "--format=%s%n%b", "--first-parent", REF).stdout
    newest = list(Ledger.of(warm).entries())[-1]
    assert text.startswith(f"ledger entry {newest.number}\n")
    assert f"digest: {newest.digest}\nappended_at: {newest.appended_at}\n" in text
    listed = work.git("ls-remote", "origin").stdout
    assert {line.split()[1] for line in listed.splitlines()} >= {REF, "refs/heads/main"}
    assert "lead" not in work.git("log", "--format=%B%an%ae%cn%ce", REF).stdout
    for refspec in (f"HEAD:{REF}", f":{REF}", "HEAD:refs/gitcorpus/other"):
        said = work.push(refspec, env=LEAD)
        assert not said.accepted
        assert "hidden ref" in said.stderr
    # the ledger and its head go back to an earlier day, and even the reference does
    for name in ("ledger", "ledger-head"):
        there = warm / "gitcorpus" / name
        shutil.rmtree(there) if there.is_dir() else there.unlink()
        source = saved / name
        shutil.copytree(source, there) if source.is_dir() else shutil.copy(source, there)
    assert [finding.code for finding in ledger_findings(warm)[1]] == ["ledger-lost"]
    assert not anchor(warm)
    forge.run("update-ref", REF, old, cwd=warm)
    assert ledger_findings(warm)[1] == ()
    assert "non-fast-forward" in work.git("fetch", "origin", FETCH, check=False).stderr


def test_a_mirror_has_it_and_gc_keeps_it(forge, installed):
    work = clone(forge, installed)
    anchored = Repo.open(installed).ref(REF)
    forge.run("gc", "--quiet", "--prune=now", cwd=installed)
    forge.run("pack-refs", "--all", cwd=installed)
    assert not (installed / REF).exists()
    assert ledger_findings(installed)[1] == ()
    work.commit(GOOD)
    assert work.push("HEAD:main", env=LEAD).accepted
    now = Repo.open(installed).ref(REF)
    assert Repo.open(installed).commit(now).parents == (anchored,)
    mirror = forge.root / "mirror.git"
    forge.run("clone", "--quiet", "--mirror", str(installed), str(mirror), cwd=forge.root)
    assert Repo.open(mirror).ref(REF) == now
    forge.run("fsck", "--strict", cwd=mirror)
    forge.run("fsck", "--strict", cwd=installed)
    plain = forge.clone(installed, "plain")
    assert REF not in plain.git("for-each-ref").stdout


def test_the_exception_comes_after_the_rule_and_goes_with_it(forge, installed, installer, program):
    clone(forge, installed)
    names = ("config", "--get-all", "uploadpack.hideRefs")
    assert forge.run(*names, cwd=installed).stdout.split() == ["refs/gitcorpus", f"!{REF}"]
    forge.run("config", "--unset-all", "uploadpack.hideRefs", cwd=installed)
    forge.run("config", "--add", "uploadpack.hideRefs", f"!{REF}", cwd=installed)
    forge.run("config", "--add", "uploadpack.hideRefs", "refs/gitcorpus", cwd=installed)
    (found,) = examine(installed, program, uid=0, now=NOW)
    assert (found.code, f"!{REF}" in found.hint) == ("setting-soft", True)
    install(installed, WISHES, installer)
    assert examine(installed, program, uid=0, now=NOW) == ()
    assert REF in forge.run("ls-remote", str(installed), cwd=installed).stdout
    uninstall(installed)
    assert forge.run(*names, cwd=installed, check=False).stdout == ""


def test_a_repository_that_comes_with_the_reference_and_without_its_ledger_says_so(
    forge, installed, installer
):
    clone(forge, installed)
    before = read_anchor(Repo.open(installed))
    mirror = forge.root / "mirror.git"
    forge.run("clone", "--quiet", "--mirror", str(installed), str(mirror), cwd=forge.root)
    done = install(mirror, WISHES, installer)
    assert any(f"{REF} names entry {before.number}" in line for line in done)
    (entry,) = Ledger.of(mirror).entries()
    assert entry.body["begins"]["after"] == {"number": before.number, "digest": before.digest}
    assert ledger_findings(mirror)[1] == ()
    assert reconcile(mirror, now=NOW) == ((), ())
    assert is_anchored(mirror)


def test_no_reference_goes_away_without_the_word_and_symbolic_ones_are_known(run, forge, installed):
    work = clone(forge, installed)
    branch, alias = "refs/heads/main", "refs/heads/alias"
    before = refs(forge, installed)
    code, text = run("server", "move", installed, branch, "--reason", "x")
    assert code == 2
    assert "bad-move: " in text
    assert refs(forge, installed) == before
    assert run("server", "move", installed, alias, branch, "--symbolic", "--reason", "for old clones")[0] == 0
    assert forge.run("symbolic-ref", alias, cwd=installed).stdout.strip() == branch
    work.commit(GOOD)
    assert work.push("HEAD:main", env=LEAD).accepted
    assert reconcile(installed, now=NOW) == ((), ())
    code, text = run("server", "move", installed, alias, "main~1", "--reason", "x")
    assert (code, "reference-symbolic: " in text) == (2, True)
    assert run("server", "move", installed, alias, "--delete", "--reason", "nobody uses it")[0] == 0
    assert forge.run("symbolic-ref", "-q", alias, cwd=installed, check=False).stdout == ""
    assert work.oid("HEAD") in refs(forge, installed)
    forge.run("symbolic-ref", alias, "refs/heads/nowhere", cwd=installed)
    assert run("server", "move", installed, alias, "--delete", "--reason", "it leads nowhere")[0] == 0
    assert reconcile(installed, now=NOW) == ((), ())
    assert [entry.kind.value for entry in Ledger.of(installed).entries()][-3:] == ["landed", "moved", "moved"]


def test_a_person_is_erased_by_an_administrator_and_pushes_go_on(run, forge, installed):
    work = clone(forge, installed)
    work.commit({f"{ADD}/add.py": "x = (\n"}, author="north")
    assert not work.push("HEAD:main", env={"PUSHER": "north"}).accepted
    assert run("ledger", "erase", installed, "--person", " ", "--reason", "x")[0] == 2
    code, text = run("ledger", "erase", installed, "--person", "north", "--reason", "asked for")
    assert code == 0, text
    assert text.startswith("erased ")
    assert "north" not in (installed / "gitcorpus/ledger/000000.jsonl").read_text().replace(f"{ADD}", "")
    assert "erased" in run("ledger", "show", installed)[1]
    work.commit(GOOD)
    assert work.push("HEAD:main", env=LEAD).accepted
    assert run("ledger", "verify", installed)[0] == 0
