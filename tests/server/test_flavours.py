"""Each server's way to run hooks, emulated: where it looks, with which environment, directory and input."""

import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest
from server.installed import NOW, settle
from server.slow import GOOD
from smallest import ADD, SPECS

from gitcorpus.cli.app import main
from gitcorpus.errors import GitcorpusError, UnjudgedError
from gitcorpus.ledger import Ledger
from gitcorpus.model.server import Flavour, Server
from gitcorpus.server.administration import PATH, Wishes, load_server
from gitcorpus.server.doctor import examine
from gitcorpus.server.gatekeeper import ask
from gitcorpus.server.install import install, uninstall
from gitcorpus.server.reconcile import reconcile
from gitcorpus.server.standalone import write_script

BAD = {f"{ADD}/add.py": "x = (\n"}

# Gitea and Forgejo: hooks/NAME runs all of hooks/NAME.d with the same input, and fails with the first that failed.
DELEGATE = """\
#!/usr/bin/env bash
data=$(cat)
exitcodes=""
hookname=$(basename $0)
GIT_DIR=${GIT_DIR:-$(dirname $0)/..}
for hook in ${GIT_DIR}/hooks/${hookname}.d/*; do
  test -x "${hook}" && test -f "${hook}" || continue
  echo "${data}" | "${hook}"
  exitcodes="${exitcodes} $?"
done
for i in ${exitcodes}; do [ ${i} -eq 0 ] || exit ${i}; done
"""

# GitLab: Gitaly points core.hooksPath to its own folder, and starts custom hooks by itself, one after the other.
GITALY = """\
#!{python}
import os, subprocess, sys
name, stdin = os.path.basename(sys.argv[0]), sys.stdin.buffer.read()
kept = ("PATH", "HOME", "GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GL_USERNAME", "GL_PROTOCOL")
environ = {{name: value for name, value in os.environ.items() if name in kept or name.startswith("GIT_PUSH_OPTION")}}
environ |= {{"GIT_DIR": os.getcwd(), "GL_ID": "user-1", "GL_REPOSITORY": "project-1", "GL_PROJECT_PATH": "a/b"}}
folder = os.path.join("custom_hooks", name + ".d")
for hook in sorted(os.listdir(folder)) if os.path.isdir(folder) else ():
    path = os.path.abspath(os.path.join(folder, hook))
    if not hook.endswith("~") and os.access(path, os.X_OK):
        code = subprocess.run([path], input=stdin, env=environ).returncode
        if code:
            sys.exit(code)
"""

# GitHub Enterprise Server: one script from somewhere, in an environment of its own, with the repository read-only.
ENTERPRISE = """\
#!/bin/sh
exec env -i PATH="$PATH" GIT_DIR="$GIT_DIR" GIT_QUARANTINE_PATH="$GIT_QUARANTINE_PATH" \
GIT_PUSH_OPTION_COUNT=0 GITHUB_USER_LOGIN="$GITHUB_USER_LOGIN" GITHUB_REPO_NAME=team/corpus {script}
"""


def script(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)
    return path


def prepare_gitea(bare):
    for sample in (bare / "hooks").glob("*.sample"):
        sample.unlink()
    for name in ("pre-receive", "post-receive"):
        script(bare / "hooks" / name, DELEGATE)
        script(bare / "hooks" / f"{name}.d" / "gitea", "#!/bin/sh\ncat >> seen-by-gitea\n")
    return {}


def prepare_gitlab(bare):
    folder = bare.parent / "gitaly-hooks"
    for name in ("pre-receive", "post-receive", "reference-transaction"):
        script(folder / name, GITALY.format(python=sys.executable))
    return {"GL_PROTOCOL": "http"}


SERVERS = {
    Flavour.GITOLITE: ("GL_USER", lambda _: {"GL_REPO": "corpus", "GL_TID": "1"}),
    Flavour.GITEA: ("GITEA_PUSHER_NAME", prepare_gitea),
    Flavour.FORGEJO: ("GITEA_PUSHER_NAME", prepare_gitea),
    Flavour.GITLAB: ("GL_USERNAME", prepare_gitlab),
}
KEEPERS = [Flavour.GITEA, Flavour.GITLAB]


class Site:
    """One repository in one server."""

    def __init__(self, forge, installer, flavour, *, gatekeeper):
        self.bare, self.flavour, self.installer = forge.bare(), flavour, installer
        self.variable, prepare = SERVERS[flavour]
        self.environ = prepare(self.bare)
        self.wishes = Wishes(flavour=flavour, admins=("lead",), gatekeeper=gatekeeper)
        self.done = install(self.bare, self.wishes, installer)
        self.work = forge.clone(self.bare)

    def push(self, files, author="lead"):
        self.work.commit(files, author=author)
        return self.push_as({self.variable: author})

    def push_as(self, names):
        """Push with these variables, through git as the server starts it."""
        hooks = self.bare.parent / "gitaly-hooks"
        command = f"git -c core.hooksPath={hooks} receive-pack" if hooks.exists() else "git receive-pack"
        return self.work.push(f"--receive-pack={command}", "HEAD:main", env={**names, **self.environ})

    def entries(self):
        settle(self.bare)
        return [(entry.kind.value, entry.body.get("pusher")) for entry in Ledger.of(self.bare).entries()]


@pytest.fixture(params=[True, False], ids=["warm", "alone"])
def site(request, forge, installer):
    sites = []

    def make(flavour):
        sites.append(Site(forge, installer, flavour, gatekeeper=request.param))
        return sites[-1]

    yield make
    for each in sites:
        settle(each.bare)
        with suppress(OSError, ValueError):
            list(ask(each.bare / Server().socket, "stop"))


@pytest.mark.parametrize("flavour", SERVERS)
def test_a_push_is_judged_in_every_server(site, program, flavour):
    place = site(flavour)
    said = place.push(SPECS)
    assert said.accepted, said.stderr
    refused = place.push(BAD, "north")
    assert "syntax-error" in refused.remote
    place.work.git("reset", "--quiet", "--hard", "HEAD~1")
    assert place.push(GOOD, "north").accepted
    assert place.entries()[1:] == [
        ("verdict", "lead"),
        ("landed", "lead"),
        ("verdict", "north"),
        ("verdict", "north"),
        ("landed", "north"),
    ]
    assert reconcile(place.bare, now=NOW) == ((), ())
    assert examine(place.bare, program, uid=os.geteuid(), now=NOW) == ()
    assert install(place.bare, place.wishes, place.installer) == ()


@pytest.mark.parametrize("flavour", SERVERS)
def test_only_the_servers_own_variable_names_the_pusher(site, flavour):
    place = site(flavour)
    place.work.commit(SPECS)
    others = {variable: "lead" for variable, _ in SERVERS.values() if variable != place.variable}
    said = place.push_as({"PUSHER": "lead", "REMOTE_USER": "lead", **others})
    assert not said.accepted
    assert "policy" in said.remote


@pytest.mark.parametrize("flavour", KEEPERS)
def test_what_the_server_has_stays_as_it_is(forge, site, flavour):
    place = site(flavour)
    before = {
        path: path.read_bytes()
        for path in (place.bare / "hooks").rglob("*")
        if path.name != "gitcorpus" and path.is_file()
    }
    assert not (place.bare / "hooks/reference-transaction").exists()
    assert "hooksPath" not in (place.bare / "config").read_text()
    assert place.push(SPECS).accepted
    if flavour is not Flavour.GITLAB:
        assert len((place.bare / "seen-by-gitea").read_text().splitlines()) == 2
    forge.run("update-ref", "refs/pull/1/head", "HEAD", cwd=place.bare)
    forge.run("update-ref", "refs/keep-around/1", "HEAD", cwd=place.bare)
    inner = {"refs/pull/1/head", "refs/keep-around/1"}
    named = {str(finding.place) for finding in reconcile(place.bare, now=NOW)[1]}
    assert len(inner - named) == 1
    done = uninstall(place.bare)
    assert [line for line in done if line.startswith("removed")] == [
        f"removed {'custom_hooks' if flavour is Flavour.GITLAB else 'hooks'}/{name}.d/gitcorpus"
        for name in ("pre-receive", "post-receive")
    ]
    assert {path: path.read_bytes() for path in before} == before


def test_a_hook_that_a_server_lost_is_found_and_put_back(site, program):
    place = site(Flavour.GITEA)
    assert place.push(SPECS).accepted
    hook = place.bare / "hooks/pre-receive.d/gitcorpus"
    hook.unlink()
    codes = [each.code for each in examine(place.bare, program, uid=os.geteuid(), now=NOW)]
    assert codes == ["hook-missing"]
    hook.write_text("#!/bin/sh\n")
    with pytest.raises(GitcorpusError, match="hooks-managed"):
        install(place.bare, place.wishes, place.installer)
    hook.unlink()
    assert "wrote hooks/pre-receive.d/gitcorpus" in install(place.bare, place.wishes, place.installer)


def test_gitlabs_pages_are_told_why(site):
    place = site(Flavour.GITLAB)
    assert place.push(SPECS).accepted
    place.environ["GL_PROTOCOL"] = "web"
    said = place.push(BAD)
    assert not said.accepted
    lines = [line for line in said.remote.splitlines() if line]  # what only a busy machine tells is cut out
    assert [line for line in lines if not line.startswith("GL-HOOK-ERR: ")] == []
    assert "syntax-error" in said.remote


def test_gitolite_gets_the_second_lock(forge, site):
    place = site(Flavour.GITOLITE)
    assert place.done[-1].startswith("note: keep no pre-receive")
    assert place.push(SPECS).accepted
    settle(place.bare)
    assert forge.run("update-ref", "refs/heads/x", "HEAD", cwd=place.bare, check=False).returncode


@pytest.mark.parametrize("flavour", KEEPERS)
def test_no_push_is_parked_where_nothing_keeps_it_from_landing(forge, installer, flavour):
    bare = forge.bare()
    wishes = Wishes(flavour=flavour, admins=("lead",), slow_lane=True)
    with pytest.raises(GitcorpusError, match="no-slow-lane"):
        install(bare, wishes, installer)
    install(bare, Wishes(flavour=flavour, admins=("lead",)), installer)
    path = bare / PATH
    path.write_text(path.read_text().replace("slow_lane: false", "slow_lane: true"))
    with pytest.raises(UnjudgedError, match="keeps for itself"):
        load_server(bare)


def test_a_server_that_keeps_hooks_makes_its_own_repositories_and_names_its_admins(
    tmp_path, forge, installer
):
    with pytest.raises(GitcorpusError, match="not-a-repository"):
        install(tmp_path / "none.git", Wishes(flavour=Flavour.GITEA, admins=("lead",)), installer)
    with pytest.raises(GitcorpusError, match="no-admin"):
        install(forge.bare(), Wishes(flavour=Flavour.GITEA), installer)


@pytest.fixture
def enterprise(forge, installer, tmp_path):
    """A repository in GitHub Enterprise Server, and the way to push into it."""
    bare, file = forge.bare(), tmp_path / "gitcorpus.sh"
    write_script(file, Wishes(flavour=Flavour.GITHUB, admins=("lead",)), installer)
    script(bare / "hooks/pre-receive", ENTERPRISE.format(script=file))
    work = forge.clone(bare)

    def push(files, author="lead"):
        work.commit(files, author=author)
        return work.push("HEAD:main", env={"GITHUB_USER_LOGIN": author})

    return bare, file, push


def test_the_script_for_github_judges_without_a_trace_in_the_repository(enterprise):
    bare, file, push = enterprise
    said = push(SPECS)
    assert said.accepted, said.stderr
    assert "syntax-error" in push(BAD, "north").remote
    assert push(GOOD, "north").accepted
    assert not (bare / "gitcorpus").exists()
    assert "pusher:" in file.read_text()


def test_the_script_for_github_keeps_a_ledger_where_it_is_told(enterprise, tmp_path):
    _, file, push = enterprise
    (tmp_path / "kept" / "gitcorpus" / "ledger").mkdir(parents=True)
    file.write_text(file.read_text().replace("ledger=''", f"ledger={tmp_path}/kept/gitcorpus/ledger"))
    assert push(SPECS).accepted
    assert push(GOOD).accepted
    count, faults = Ledger.of(tmp_path / "kept").verify()
    assert (count, faults) == (2, ())


def test_the_script_for_github_refuses_whatever_goes_wrong(enterprise):
    _, file, push = enterprise
    text = file.read_text()
    file.write_text(text.replace("kind: Server", "kind: Nothing"))
    assert "could not judge" in push(SPECS).remote
    file.write_text(text.replace(sys.executable, "/no/such/python"))
    assert not push(GOOD).accepted
    file.write_text(text.replace("mktemp -d", "false"))
    assert not push(GOOD | {"README.md": "x\n"}).accepted


def test_the_command_writes_the_script_and_says_what_to_do(tmp_path, capsys):
    file = tmp_path / "gitcorpus.sh"
    assert main(["server", "install", str(file), "--flavour", "github", "--admin", "lead"]) == 0
    assert capsys.readouterr().out.splitlines()[0] == f"wrote {file}"
    assert subprocess.run(["sh", "-n", str(file)], check=False).returncode == 0
    assert "flavour: github\n" in file.read_text()
    assert "seconds: 4\n" in file.read_text()
    file.write_text("mine\n")
    assert main(["server", "install", str(file), "--flavour", "github", "--admin", "lead"]) == 2
    assert "script-exists" in capsys.readouterr().err
    assert Path(file).read_text() == "mine\n"
