import os
import subprocess
from datetime import timedelta

import pytest
from server.installed import NOW, settle
from smallest import ADD, SPECS

from gitcorpus.errors import GitcorpusError
from gitcorpus.server.administration import Wishes
from gitcorpus.server.doctor import examine
from gitcorpus.server.install import install

LEAD = {"PUSHER": "lead"}
AROUND = ("-c", "core.hooksPath=/dev/null")
"""How whoever has a shell on the server goes around all hooks."""


@pytest.fixture
def work(forge, installed):
    work = forge.clone(installed)
    work.commit(SPECS, "specs", author="lead")
    assert work.push("HEAD:main", env=LEAD).accepted
    return work


@pytest.fixture
def diagnose(installed, program):
    """What the doctor says, as `code` for a fault and `(code)` for a note."""

    def run(**changed):
        found = examine(installed, program._replace(**changed), uid=os.geteuid(), now=NOW)
        return [finding.code if finding.blocks else f"({finding.code})" for finding in found]

    return run


@pytest.fixture
def says(installed, program):
    """The first of the doctor's findings, which are all named."""

    def run(*codes):
        found = examine(installed, program, uid=os.geteuid(), now=NOW)
        assert [finding.code for finding in found] == [*codes]
        return found[0]

    return run


@pytest.mark.usefixtures("work")
def test_a_sound_repository_has_nothing(diagnose):
    assert diagnose() == []


def test_a_new_repository_waits_for_its_first_specs(diagnose):
    assert diagnose() == ["(policy-awaited)"]


def test_a_repository_without_gitcorpus_needs_only_one_thing(forge, program):
    bare = forge.bare()
    (finding,) = examine(bare, program, uid=0, now=NOW)
    assert (finding.code, finding.hint) == ("not-installed", f"gitcorpus server install {bare}")


def test_a_work_tree_is_not_examined(forge, program):
    with pytest.raises(GitcorpusError, match="not-bare"):
        examine(forge.work().path, program, uid=0, now=NOW)


@pytest.mark.usefixtures("work")
def test_a_hook_that_is_gone_edited_foreign_or_not_executable(installed, diagnose):
    before, after = installed / "hooks/pre-receive", installed / "hooks/post-receive"
    text = before.read_bytes()
    before.unlink()
    after.write_bytes(after.read_bytes() + b"exit 0\n")
    assert diagnose() == ["hook-missing", "hook-edited"]
    before.write_text("#!/bin/sh\n")
    after.write_bytes(text.replace(b" -I", b""))
    assert diagnose() == ["hook-foreign", "hook-edited"]
    before.write_bytes(text)
    before.chmod(0o644)
    after.write_bytes(text)
    assert diagnose() == ["hook-not-executable", "hook-edited"]


@pytest.mark.usefixtures("work")
def test_a_hook_that_others_may_write(installed, says):
    (installed / "hooks/pre-receive").chmod(0o775)
    assert says("hook-writable").hint == f"chmod go-w {installed}/hooks/pre-receive"


@pytest.mark.usefixtures("work")
def test_every_mended_hook_is_mended_by_installing_again(installed, installer, diagnose):

    (installed / "hooks/pre-receive").unlink()
    (installed / "hooks/post-receive").write_text("# This hook belongs to gitcorpus\n")
    install(installed, Wishes(), installer)
    assert diagnose() == []


@pytest.mark.usefixtures("work")
def test_a_hook_of_others_that_does_not_run(installed, says):
    folder = installed / "hooks/pre-receive.d"
    folder.mkdir()
    (folder / "50-before-gitcorpus").write_text("#!/bin/sh\n")
    assert not says("hook-silent").blocks


@pytest.mark.usefixtures("work")
def test_an_interpreter_that_is_gone(installed, program, diagnose):
    for name in ("pre-receive", "post-receive"):
        path = installed / "hooks" / name
        path.write_text(path.read_text().replace(program.python, "/no/such/python"))
    assert diagnose() == ["interpreter-missing", "(hooks-other-program)"]


@pytest.mark.usefixtures("work")
def test_an_interpreter_that_has_another_gitcorpus(installed, program):
    (finding,) = examine(installed, program._replace(version="9.9"), uid=os.geteuid(), now=NOW)
    assert finding.code == "interpreter-broken"
    assert finding.sentence == "the hooks' interpreter cannot judge: it has gitcorpus 0.1.0"
    assert not list((installed / "gitcorpus").glob(".probe-*"))


@pytest.mark.usefixtures("work")
def test_soft_settings_come_with_the_command_that_hardens_them(forge, installed, says, diagnose):
    forge.run("config", "receive.fsckObjects", "false", cwd=installed)
    finding = says("setting-soft")
    assert finding.sentence == "receive.fsckObjects is false, not true: malformed objects never land"
    assert finding.hint == f"git --git-dir={installed} config receive.fsckObjects true"
    forge.run("config", "receive.fsckObjects", "true", cwd=installed)
    forge.run("config", "gc.pruneExpire", "now", cwd=installed)
    assert diagnose() == ["setting-soft"]


@pytest.mark.usefixtures("work")
def test_hooks_that_git_takes_from_elsewhere(forge, installed, says):
    forge.run("config", "core.hooksPath", "/etc/hooks", cwd=installed)
    assert (
        says("hooks-elsewhere").sentence
        == "core.hooksPath is /etc/hooks, so git would not run hooks from here"
    )


@pytest.mark.usefixtures("work")
def test_a_server_file_that_does_not_load(installed, diagnose):
    file = installed / "gitcorpus/server.yaml"
    file.write_text("kind: Server\n")
    assert diagnose() == ["server-file-broken"]
    file.unlink()
    assert diagnose() == ["server-file-missing"]


@pytest.mark.usefixtures("work")
def test_admins_that_nobody_can_be(installed, says, diagnose):
    file = installed / "gitcorpus/server.yaml"
    text = file.read_text()
    file.write_text(text.replace('["lead"]', "[]"))
    assert says("no-admin", "no-owners")
    accounts = text.replace('["PUSHER"]', "[]").replace("account: false", "account: true")
    file.write_text(accounts)
    assert says("admin-unknown").sentence.startswith("the admin lead is no account of this machine")
    file.write_text(accounts.replace("account: true", "account: false"))
    assert sorted(diagnose()) == ["(identity-claimed)", "no-identity"]  # `identity: pusher` has nobody to ask


def test_a_policy_that_does_not_load(forge, installed, work, diagnose):
    work.commit({"specs/corpus.yaml": "kind: Nothing\n"})
    forge.run(*AROUND, "fetch", str(work.path), "HEAD:refs/heads/main", cwd=installed)
    assert diagnose() == ["policy-broken", "ref-moved"]


def test_a_head_that_names_no_branch(forge, installed, work, says):
    assert work.head
    forge.run("symbolic-ref", "HEAD", "refs/heads/master", cwd=installed)
    assert says("head-elsewhere").hint == f"git --git-dir={installed} symbolic-ref HEAD refs/heads/main"


@pytest.mark.usefixtures("work")
def test_a_ledger_that_was_edited(installed, diagnose):
    file = installed / "gitcorpus/ledger/000000.jsonl"
    file.write_bytes(file.read_bytes().replace(b'"outcome":"accepted"', b'"outcome":"unjudged"', 1))
    assert diagnose() == ["ledger-entry-edited"]


def test_references_that_moved_around_the_gate(forge, installed, work, program):
    landed = work.head
    work.branch("topic")
    moved = work.commit({f"{ADD}/add.py": "x = 1\n"})
    assert work.push("topic", env=LEAD).accepted
    sneaked = work.commit({f"{ADD}/add.py": "x = 2\n"})
    forge.run(*AROUND, "fetch", "--quiet", str(work.path), "+topic:refs/heads/sneaked", cwd=installed)
    forge.run(*AROUND, "update-ref", "refs/heads/topic", landed, cwd=installed)
    found = examine(installed, program, uid=os.geteuid(), now=NOW)
    assert [(str(f.place), f.code, f.hint) for f in found] == [
        (
            "refs/heads/sneaked",
            "ref-moved",
            (
                "in a clone: git fetch origin refs/heads/sneaked; then, on the server: gitcorpus server move "
                f"{installed} refs/heads/sneaked --delete --reason 'it was never let in'; then push it"
            ),
        ),
        (
            "refs/heads/topic",
            "ref-moved",
            f"gitcorpus server move {installed} refs/heads/topic {moved} --reason 'put back', then push it",
        ),
    ]
    assert found[0].sentence == (
        f"it is {sneaked[:12]}, and no push that was let in put it there; it was not there"
    )


def test_a_reference_that_was_deleted_around_the_gate(forge, installed, work, says):
    forge.run("symbolic-ref", "HEAD", "refs/heads/other", cwd=installed)
    assert work.push("HEAD:refs/heads/topic", env=LEAD).accepted
    forge.run("symbolic-ref", "HEAD", "refs/heads/main", cwd=installed)
    forge.run(*AROUND, "update-ref", "-d", "refs/heads/topic", cwd=installed)
    assert says("ref-moved").sentence.startswith("it is not there, and no push")


def test_references_that_were_there_before_the_installation(forge, installer, program):

    bare = forge.bare()
    work = forge.clone(bare)
    work.commit(SPECS, "specs", author="lead")
    work.tag("v0", message="annotated")
    work.push("HEAD:main", "v0")
    install(bare, Wishes(admins=("root",)), installer)
    assert examine(bare, program, uid=os.geteuid(), now=NOW) == ()


def test_a_push_whose_landing_was_not_recorded_is_explained_by_its_verdict(installed, work, diagnose):
    (installed / "hooks/post-receive").rename(installed / "aside")
    work.branch("topic")
    work.commit({f"{ADD}/add.py": "x = 1\n"})
    assert work.push("topic", env=LEAD).accepted
    (installed / "aside").rename(installed / "hooks/post-receive")
    assert diagnose() == []


@pytest.mark.usefixtures("work")
def test_what_a_killed_push_left_behind(installed, says, diagnose):
    folder = installed / "objects/tmp_objdir-incoming-abc"
    folder.mkdir()
    young, old = (NOW - timedelta(hours=1)).timestamp(), (NOW - timedelta(days=2)).timestamp()
    os.utime(folder, (young, young))
    assert diagnose() == []
    os.utime(folder, (old, old))
    assert not says("quarantine-left").blocks


@pytest.mark.usefixtures("work")
def test_files_that_all_accounts_may_write(installed, says):
    (installed / "gitcorpus/server.yaml").chmod(0o666)
    assert says("writable-by-all").hint == f"chmod o-w {installed}/gitcorpus/server.yaml"


@pytest.mark.usefixtures("work")
def test_locks_that_other_accounts_can_take(installed, says, diagnose):
    lock = installed / "gitcorpus/ledger/lock"
    lock.chmod(0o640)
    assert says("lock-exposed").hint == f"chmod go= {lock}"
    lock.chmod(0o600)
    assert diagnose() == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
@pytest.mark.usefixtures("work")
def test_files_that_belong_to_somebody_else(installed, says):
    os.chown(installed / "gitcorpus/ledger", 65534, 65534)
    assert (
        says("wrong-owner").sentence
        == "it does not belong to root, who owns the repository and runs its hooks"
    )


@pytest.mark.usefixtures("work")
def test_a_disk_that_is_nearly_full(says, monkeypatch):
    monkeypatch.setattr("gitcorpus.server.doctor_repository.LEAST_SPACE", 1 << 62)
    assert says("disk-nearly-full").sentence.endswith("MiB are left on its disk")


@pytest.mark.usefixtures("work")
def test_a_git_that_is_too_old(says, monkeypatch):
    monkeypatch.setattr("gitcorpus.server.doctor_repository.OLDEST_GIT", (99, 0))
    assert says("git-too-old").hint == "install git 99.0 or later"


def test_two_accounts_that_push_are_named_as_the_cause(forge, warm, program):
    """What each of them meets, an exposed socket or a silent gatekeeper, is not told beside it."""
    if os.geteuid() != 0:
        pytest.skip("only root makes files of another account")
    work = forge.clone(warm)
    work.commit(SPECS, "specs", author="lead")
    assert work.push("HEAD:main", env={"PUSHER": "lead"}).accepted
    settle(warm)
    os.chown(warm / "gitcorpus/gatekeeper.sock", 33, 33)
    (finding,) = examine(warm, program, uid=os.geteuid(), now=NOW)
    os.chown(warm / "gitcorpus/gatekeeper.sock", 0, 0)
    assert (finding.code, finding.place.path) == ("two-accounts", str(warm / "gitcorpus/gatekeeper.sock"))
    assert finding.hint == f"let the front end run git as root, and then: chown -R root {warm}"
    shard = next(warm.glob("objects/??/*"))
    os.chown(shard, 33, 33)
    assert [each.code for each in examine(warm, program, uid=os.geteuid(), now=NOW)] == ["two-accounts"]
    subprocess.run(finding.hint.partition("then: ")[2], shell=True, check=True)
    assert examine(warm, program, uid=os.geteuid(), now=NOW) == ()
