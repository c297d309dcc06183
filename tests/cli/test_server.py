import json
import shlex

import pytest

from gitcorpus.cli.app import main
from gitcorpus.server.administration import load_server
from gitcorpus.server.settings import HARDENED

SET = ", ".join(dict.fromkeys(setting.name for setting in HARDENED))


def test_installs_examines_and_uninstalls(tmp_path, capsys):
    repo = str(tmp_path / "it's new.git")
    assert main(["server", "install", repo, "--admin", "lead", "--admin", "north"]) == 0
    *lines, recorded = capsys.readouterr().out.splitlines()
    another = f"gitcorpus server install {shlex.quote(repo)} --policy-branch NAME"
    assert [line for line in lines if not line.startswith("built ")] == [  # where there is a C compiler
        f"made the bare repository {repo}",
        "wrote gitcorpus/server.yaml",
        "the policy branch is refs/heads/main: HEAD names it",
        f"it has no commits yet; if `policy: branch:` of your specs names another: {another}",
        f"set {SET}",
        "wrote hooks/pre-receive",
        "wrote hooks/post-receive",
        "wrote hooks/reference-transaction",
    ]
    assert recorded.startswith("recorded in the ledger as ")
    assert main(["server", "install", repo]) == 0
    assert capsys.readouterr().out == f"nothing to do: gitcorpus is installed in {repo}\n"
    assert main(["server", "uninstall", repo]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line for line in lines if line != "removed gitcorpus/asking"] == [
        "removed hooks/pre-receive",
        "removed hooks/post-receive",
        "removed hooks/reference-transaction",
        f"put back {', '.join(sorted(SET.split(', ')))}",
        "kept gitcorpus/ledger and gitcorpus/server.yaml: what was decided stays known",
    ]


def test_options_become_the_server_file(tmp_path):
    repo = tmp_path / "new.git"
    words = ["--policy-branch", "trunk", "--pusher-variable", "GL_USER", "--pusher-variable", "REMOTE_USER"]
    assert main(["server", "install", str(repo), *words, "--no-account", "--admin", "lead"]) == 0
    server = load_server(repo)
    assert server.policy_branch == "refs/heads/trunk"
    assert server.pusher_variables == ("GL_USER", "REMOTE_USER")
    assert not server.pusher_account


def test_the_doctor_says_1_if_anything_is_wrong(tmp_path, capsys):
    repo = tmp_path / "new.git"
    main(["server", "install", str(repo), "--admin", "lead", "--pusher-variable", "WHO"])
    capsys.readouterr()
    assert main(["server", "doctor", str(repo)]) == 0
    assert capsys.readouterr().out == (
        "refs/heads/main policy-awaited: there is no policy yet: only an admin may push, "
        "and must bring valid specs (warning)\n"
        "  hint: git push REPO HEAD:refs/heads/main\n"
        "0 faults, 1 warning\n"
    )
    (repo / "hooks/pre-receive").chmod(0o644)
    assert main(["server", "doctor", str(repo), "--format", "json"]) == 1
    assert json.loads(capsys.readouterr().out)[0] == {
        "code": "hook-not-executable",
        "place": f"{repo}/hooks/pre-receive",
        "sentence": "the hook is not executable, so git skips it and takes every push",
        "hint": f"chmod +x {repo}/hooks/pre-receive",
        "severity": "block",
    }


@pytest.mark.parametrize("command", ["install", "uninstall", "doctor"])
def test_a_work_tree_is_no_place_for_it(forge, capsys, command):
    work = forge.work()
    assert main(["server", command, str(work.path)]) == 2
    assert capsys.readouterr().err == (
        f"{work.path} not-bare: this repository has a work tree, and people do not push into those\n"
        f"  hint: give the bare repository that they push to, or make one: git clone --bare {work.path} NAME.git\n"
    )
