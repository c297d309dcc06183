import json
import os
import shlex
import stat
from pathlib import Path

import pygit2
import pytest
from pygit2.enums import ConfigLevel
from smallest import SPECS

from gitcorpus.errors import GitcorpusError
from gitcorpus.ledger import Ledger
from gitcorpus.model.entry import EntryKind
from gitcorpus.server.administration import Wishes, load_server
from gitcorpus.server.install import install, uninstall
from gitcorpus.server.settings import HARDENED, read_values

NOTHING = Wishes()


def contents(folder: Path) -> dict[str, tuple[int, bytes]]:
    """Everything in a repository but the ledger's lock: names, modes, bytes and where links lead."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file() or path.is_symlink():
            data = str(path.readlink()).encode() if path.is_symlink() else path.read_bytes()
            found[path.relative_to(folder).as_posix()] = (stat.S_IMODE(path.lstat().st_mode), data)
    return found


def hook(path: Path, text: str = "#!/bin/sh\nexit 0\n", mode: int = 0o755) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(mode)
    return path


def test_makes_a_bare_repository_where_there_is_none(tmp_path, forge, installer):
    done = install(tmp_path / "new" / "corpus.git", NOTHING, installer)
    assert done[0] == f"made the bare repository {tmp_path}/new/corpus.git"
    assert forge.run("symbolic-ref", "HEAD", cwd=tmp_path / "new/corpus.git").stdout == "refs/heads/main\n"
    assert load_server(tmp_path / "new/corpus.git").admins == ("root",)


def test_no_account_is_an_admin_where_accounts_name_no_pusher(tmp_path, installer):
    wishes = Wishes(pusher_variables=("PUSHER",), pusher_account=False)
    with pytest.raises(GitcorpusError) as caught:
        install(tmp_path / "corpus.git", wishes, installer)
    assert (caught.value.code, caught.value.hint) == ("no-admin", "give --admin NAME")


def test_a_new_repository_begins_with_the_policy_branch(tmp_path, forge, installer):
    install(tmp_path / "corpus.git", Wishes(policy_branch="trunk"), installer)
    assert forge.run("symbolic-ref", "HEAD", cwd=tmp_path / "corpus.git").stdout == "refs/heads/trunk\n"
    assert load_server(tmp_path / "corpus.git").policy_branch == "refs/heads/trunk"


def test_an_existing_repository_keeps_its_branch_as_policy_branch(forge, installer):
    bare = forge.bare()
    forge.run("symbolic-ref", "HEAD", "refs/heads/master", cwd=bare)
    install(bare, NOTHING, installer)
    assert load_server(bare).policy_branch == "refs/heads/master"


def on_master(forge, name="corpus.git"):
    """A bare repository as git makes it where no default branch is configured."""
    bare = forge.bare(name)
    forge.run("symbolic-ref", "HEAD", "refs/heads/master", cwd=bare)
    return bare


def policy_lines(done):
    return [line for line in done if "policy" in line or "HEAD" in line]


def test_says_which_policy_branch_it_chose_and_why(forge, installer):
    bare = on_master(forge)
    another = f"gitcorpus server install {bare} --policy-branch NAME"
    assert policy_lines(install(bare, NOTHING, installer)) == [
        "the policy branch is refs/heads/master: HEAD names it",
        f"it has no commits yet; if `policy: branch:` of your specs names another: {another}",
    ]
    assert policy_lines(install(on_master(forge, "other.git"), Wishes(policy_branch="main"), installer))[
        :2
    ] == [
        "the policy branch is refs/heads/main: --policy-branch says so",
        "HEAD names refs/heads/main now, so that clones check it out",
    ]


def test_holds_the_branch_against_the_specs_that_are_there(forge, installer):
    bare = on_master(forge)
    work = forge.clone(bare)
    work.commit(SPECS, "specs", author="lead")
    work.push("HEAD:refs/heads/main")
    assert policy_lines(install(bare, NOTHING, installer)) == [
        "the policy branch is refs/heads/main: its specs name it",
        "HEAD names refs/heads/main now, so that clones check it out",
    ]
    other = on_master(forge, "other.git")
    forge.run("push", str(other), "HEAD:refs/heads/master", cwd=work.path)
    with pytest.raises(GitcorpusError) as caught:
        install(other, NOTHING, installer)
    assert caught.value.code == "policy-branch-differs"
    assert not (other / "gitcorpus").exists()
    words = shlex.split(caught.value.hint)
    assert words == ["gitcorpus", "server", "install", str(other), "--policy-branch", "main"]
    install(other, Wishes(policy_branch=words[-1]), installer)
    assert load_server(other).policy_branch == "refs/heads/main"


def test_the_first_push_says_that_specs_and_server_differ_and_its_hint_mends_it(forge, installer):
    bare = on_master(forge)
    install(bare, Wishes(admins=("lead",), pusher_variables=("PUSHER",)), installer)
    work = forge.clone(bare)
    work.commit(SPECS, "specs", author="lead")
    refused = work.push("HEAD:refs/heads/main", env={"PUSHER": "lead"})
    assert not refused.accepted
    assert "policy-missing" not in refused.remote
    (line,) = [line for line in refused.remote.splitlines() if "policy-branch-differs" in line]
    assert line.startswith("specs/corpus.yaml:4:9 ")
    command = next(word for word in refused.remote.splitlines() if "on the server: " in word)
    words = shlex.split(command.partition("on the server: ")[2])
    assert words[:4] == ["gitcorpus", "server", "install", str(bare)]
    comment = "# Pushers who may bring the first specs"
    before = (bare / "gitcorpus/server.yaml").read_text()
    done = install(bare, Wishes(policy_branch=words[-1]), installer)
    assert policy_lines(done)[0] == "the policy branch is refs/heads/main: --policy-branch says so"
    after = (bare / "gitcorpus/server.yaml").read_text()
    assert comment in after
    assert after == before.replace('"refs/heads/master"', '"refs/heads/main"')
    assert work.push("HEAD:refs/heads/main", env={"PUSHER": "lead"}).accepted
    assert forge.run("symbolic-ref", "HEAD", cwd=bare).stdout == "refs/heads/main\n"
    with pytest.raises(GitcorpusError) as caught:  # now that it judges, only an administrator's hand moves it
        install(bare, Wishes(policy_branch="master"), installer)
    assert caught.value.code == "server-file-exists"


def test_a_server_file_without_such_a_line_is_not_rewritten(forge, installer):
    bare = on_master(forge)
    install(bare, NOTHING, installer)
    path = bare / "gitcorpus/server.yaml"
    path.write_text(
        path.read_text()
        .replace("policy_branch: ", '"policy_branch": ')
        .replace('policy_branch":', 'policy_branch" :')
    )
    with pytest.raises(GitcorpusError) as caught:
        install(bare, Wishes(policy_branch="main"), installer)
    assert caught.value.hint == 'write the line there: policy_branch: "refs/heads/main"'


def test_installing_twice_changes_nothing(forge, installer):
    bare = forge.bare()
    install(bare, NOTHING, installer)
    before = contents(bare)
    assert install(bare, NOTHING, installer) == ()
    assert contents(bare) == before


def test_installs_again_what_was_lost(forge, installer):
    bare = forge.bare()
    install(bare, NOTHING, installer)
    before = contents(bare)
    (bare / "hooks/pre-receive").unlink()
    (bare / "hooks/post-receive").chmod(0o644)
    forge.run("config", "receive.fsckObjects", "false", cwd=bare)
    done = install(bare, NOTHING, installer)
    assert done[:3] == ("set receive.fsckObjects", "wrote hooks/pre-receive", "wrote hooks/post-receive")
    after = contents(bare)
    assert {name for name in before if before[name] != after[name]} == {
        "gitcorpus/ledger/000000.jsonl",
        "gitcorpus/ledger-head",
        "gitcorpus/ledger-anchor",
        "refs/gitcorpus/ledger-head",
    }


def test_sets_every_hardened_setting(installed):
    for setting in HARDENED:
        assert setting.holds(read_values(installed, setting.name)), setting.name


def test_keeps_what_an_administrator_chose_to_be_stricter(forge, installer):
    bare = forge.bare()
    for name, value in {
        "receive.maxInputSize": "10m",
        "core.fsync": "all",
        "core.protectNTFS": "yes",
    }.items():
        forge.run("config", name, value, cwd=bare)
    install(bare, NOTHING, installer)
    assert read_values(bare, "receive.maxInputSize") == ("10m",)
    assert read_values(bare, "core.fsync") == ("all",)
    assert read_values(bare, "core.protectNTFS") == ("yes",)


def test_does_not_leave_an_expiry_that_deletes_running_pushes(forge, installer):
    bare = forge.bare()
    forge.run("config", "gc.pruneExpire", "now", cwd=bare)
    install(bare, NOTHING, installer)
    assert read_values(bare, "gc.pruneExpire") == ("2.weeks.ago",)


def test_records_the_installation_with_the_references_it_found(forge, installer):
    bare = forge.bare()
    work = forge.clone(bare)
    tip = work.commit({"a": "a"})
    work.push("HEAD:refs/heads/main")
    install(bare, Wishes(admins=("lead", "north")), installer)
    (entry,) = Ledger.of(bare).entries()
    assert entry.kind is EntryKind.INSTALLED
    assert dict(entry.body) == {
        "by": "root",
        "hooks": ["pre-receive", "post-receive", "reference-transaction"],
        "policy_branch": "refs/heads/main",
        "admins": ["lead", "north"],
        "version": installer.program.version,
        "refs": [{"ref": "refs/heads/main", "oid": tip}],
    }


def test_uninstalling_gives_back_the_repository_as_it_was(forge, installer):
    bare = forge.bare()
    hook(bare / "hooks/pre-receive", "#!/bin/sh\n# mine\n", 0o750)
    hook(bare / "hooks/post-receive", "never ran", 0o640)
    forge.run("config", "--add", "receive.hideRefs", "refs/secret", cwd=bare)
    forge.run("config", "receive.fsckObjects", "false", cwd=bare)
    forge.run("config", "gc.pruneExpire", "now", cwd=bare)
    before, settings = contents(bare), forge.run("config", "--list", "--local", cwd=bare).stdout
    install(bare, NOTHING, installer)
    done = uninstall(bare)
    after = contents(bare)
    known = {
        name for name in after if name.startswith(("refs/gitcorpus/", "objects/")) and name not in before
    }
    assert "refs/gitcorpus/ledger-head" in {*known, *before}
    kept = {name for name in after if name.startswith("gitcorpus/")}
    assert kept == {
        "gitcorpus/ledger/000000.jsonl",
        "gitcorpus/ledger/lock",
        "gitcorpus/ledger-head",
        "gitcorpus/ledger-anchor",
        "gitcorpus/server.yaml",
    }
    assert {name: after[name] for name in after if name not in {*kept, *known, "config"}} == {
        name: before[name] for name in before if name != "config"
    }
    assert sorted(forge.run("config", "--list", "--local", cwd=bare).stdout.splitlines()) == sorted(
        settings.splitlines()
    )
    assert done[-1] == "kept gitcorpus/ledger and gitcorpus/server.yaml: what was decided stays known"


def test_a_repository_without_settings_gets_its_config_back_byte_for_byte(forge, installer):
    bare = forge.bare()
    before = (bare / "config").read_bytes()
    install(bare, NOTHING, installer)
    uninstall(bare)
    assert (bare / "config").read_bytes() == before


def test_uninstalling_leaves_alone_what_was_changed_since(forge, installer):
    bare = forge.bare()
    install(bare, NOTHING, installer)
    forge.run("config", "core.fsync", "all", cwd=bare)
    hook(bare / "hooks/post-receive", "#!/bin/sh\n# another\n")
    done = uninstall(bare)
    assert "left core.fsync alone: it was changed after the installation" in done
    assert "left hooks/post-receive alone: gitcorpus did not write it" in done
    assert read_values(bare, "core.fsync") == ("all",)
    assert (bare / "hooks/post-receive").read_text() == "#!/bin/sh\n# another\n"


def test_uninstalling_what_is_not_installed_is_an_error(forge):
    with pytest.raises(GitcorpusError, match="not-installed"):
        uninstall(forge.bare())


def test_an_interrupted_installation_is_finished(forge, installer):
    bare = forge.bare()
    mine = hook(bare / "hooks/pre-receive", "#!/bin/sh\n# mine\n")
    install(bare, NOTHING, installer)
    os.link(bare / "hooks/pre-receive.d/50-before-gitcorpus", bare / "hooks/again")
    (bare / "hooks/again").replace(mine)  # as if the power went before ours was written
    install(bare, NOTHING, installer)
    assert b"gitcorpus" in mine.read_bytes()
    uninstall(bare)
    assert mine.read_text() == "#!/bin/sh\n# mine\n"


def test_a_relative_link_still_leads_where_it_led(forge, installer):
    bare = forge.bare()
    hook(bare / "shared/check", "#!/bin/sh\necho shared\n")
    (bare / "hooks/pre-receive").symlink_to("../shared/check")
    install(bare, NOTHING, installer)
    assert (bare / "hooks/pre-receive.d/50-before-gitcorpus").read_text() == "#!/bin/sh\necho shared\n"
    uninstall(bare)
    assert str((bare / "hooks/pre-receive").readlink()) == "../shared/check"


def test_refuses_a_folder_whose_hooks_another_program_runs(forge, installer):
    bare = forge.bare()
    hook(bare / "hooks/pre-receive", "#!/bin/sh\nfor h in hooks/pre-receive.d/*; do $h || exit; done\n")
    hook(bare / "hooks/pre-receive.d/forge")
    before = contents(bare)
    with pytest.raises(GitcorpusError, match="hooks-managed"):
        install(bare, NOTHING, installer)
    assert contents(bare) == before


def test_refuses_a_repository_that_takes_its_hooks_from_elsewhere(forge, installer):
    bare = forge.bare()
    forge.run("config", "core.hooksPath", "/etc/hooks", cwd=bare)
    before = contents(bare)
    with pytest.raises(GitcorpusError, match="hooks-elsewhere") as caught:
        install(bare, NOTHING, installer)
    assert caught.value.hint.endswith("config --unset-all core.hooksPath")
    assert contents(bare) == before


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (lambda forge: forge.work().path, "not-bare"),
        (lambda forge: forge.work().git_dir, "not-bare"),
        (lambda forge: hook(forge.root / "folder" / "file").parent, "not-a-repository"),
        (lambda forge: hook(forge.root / "file"), "not-a-repository"),
    ],
)
def test_refuses_what_is_no_bare_repository(forge, installer, make, code):
    path = make(forge)
    with pytest.raises(GitcorpusError, match=code):
        install(path, NOTHING, installer)


def test_refuses_options_that_the_server_file_contradicts(installed, installer):
    install(installed, Wishes(admins=("lead",)), installer)
    with pytest.raises(GitcorpusError, match="server-file-exists") as caught:
        install(installed, Wishes(admins=("north",), policy_branch="refs/heads/trunk"), installer)
    assert caught.value.hint == "edit admins there, or leave the options out"


def test_refuses_a_name_that_is_no_branch(tmp_path, installer):
    with pytest.raises(GitcorpusError, match="bad-branch"):
        install(tmp_path / "corpus.git", Wishes(policy_branch="a..b"), installer)
    assert not (tmp_path / "corpus.git").exists()


def test_names_with_quotes_stand_in_the_server_file_as_they_are(tmp_path, installer):
    wishes = Wishes(admins=('o"hara', "ünal: #1", "yes"), pusher_variables=("A", "B"), pusher_account=False)
    install(tmp_path / "corpus.git", wishes, installer)
    server = load_server(tmp_path / "corpus.git")
    assert server.admins == ('o"hara', "ünal: #1", "yes")
    assert server.pusher_variables == ("A", "B")
    assert not server.pusher_account


def test_takes_the_interpreter_that_the_server_file_names(installed, installer):
    file = installed / "gitcorpus/server.yaml"
    file.write_text(file.read_text().replace("# python: /opt/gitcorpus", "python: /opt/it's"))
    install(installed, NOTHING, installer)
    assert """exec '/opt/it'"'"'s/bin/python' -I""" in (installed / "hooks/pre-receive").read_text()


def as_somebody_else(action) -> int:
    """Run something as an account that may not write, and return the exit code of the process that did."""
    child = os.fork()
    if child == 0:
        if os.geteuid() == 0:
            os.setgid(65534)
            os.setuid(65534)
            for level in (ConfigLevel.GLOBAL, ConfigLevel.XDG):  # root's own settings, which it may not read
                pygit2.settings.search_path[level] = "/nonexistent"
        os._exit(action())
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


@pytest.mark.parametrize("name", ["corpus.git", "new/corpus.git"])
def test_refuses_what_it_cannot_write(forge, installer, name):
    bare = forge.bare()
    before = contents(bare)
    for folder in (forge.root, *forge.root.parents[:2]):
        folder.chmod(0o755)
    (forge.root / "new").mkdir()
    for path in (forge.root / "new", bare, *bare.rglob("*")):
        os.chown(path, os.geteuid() or 65534, os.getegid() or 65534)
        path.chmod(path.stat().st_mode & ~0o222)

    def attempt():
        try:
            install(forge.root / name, NOTHING, installer)
        except GitcorpusError as error:
            return 7 if error.code == "not-writable" else 8
        return 0

    assert as_somebody_else(attempt) == 7
    for path in (bare, *bare.rglob("*")):
        path.chmod(path.stat().st_mode | 0o200)
    assert contents(bare).keys() == before.keys()


def test_a_broken_record_is_told(installed):
    (installed / "gitcorpus/installed.json").write_text(json.dumps({"previous": 3}))
    with pytest.raises(GitcorpusError, match="record-broken"):
        uninstall(installed)
