"""What becomes of a push when the hook, the server's file or the repository is not as it should be."""

import os
import signal
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from inline_snapshot import snapshot
from server.installed import WISHES
from smallest import ADD, GATES, RELEASE, SPECS

from gitcorpus.git.repo import Repo
from gitcorpus.ledger import Ledger
from gitcorpus.model.entry import EntryKind
from gitcorpus.server.install import install

GOOD = {f"{ADD}/add.py": "def add(a, b):\n    return a + b\n"}
LEAD = {"PUSHER": "lead"}
SORRY = "gitcorpus could not judge this push, so it is refused; it is not your fault"


@pytest.fixture
def work(forge, installed):
    """A clone of an installed repository whose `main` holds the smallest corpus."""
    work = forge.clone(installed)
    work.commit(SPECS, "specs", author="lead")
    assert work.push("HEAD:main", env=LEAD).accepted
    work.commit(GOOD, "good")
    return work


def refs(forge, bare):
    return forge.run(
        "for-each-ref", "--format=%(refname)", "refs/heads", "refs/tags", cwd=bare
    ).stdout.split()


def hook(bare, name, text, mode=0o755):
    path = bare / "hooks" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(mode)


def last(bare):
    return list(Ledger.of(bare).entries())[-1]


def test_a_hook_that_was_there_refuses_before_gitcorpus_judges(forge, installer):
    bare = forge.bare()
    hook(bare, "pre-receive", "cat > seen; echo the old hook says no; exit 9")
    install(bare, WISHES, installer)
    work = forge.clone(bare)
    tip = work.commit(SPECS, "specs", author="lead")
    said = work.push("HEAD:main", env=LEAD)
    assert said.remote == (
        "the old hook says no\ngitcorpus: the hook hooks/pre-receive.d/50-before-gitcorpus ended with 9"
    )
    assert (bare / "seen").read_text() == f"{'0' * 40} {tip} refs/heads/main\n"
    assert not refs(forge, bare)


def test_hooks_that_were_there_still_run_when_a_push_lands(forge, installer):
    bare = forge.bare()
    hook(
        bare,
        "pre-receive",
        'cat > seen; test -n "$GIT_QUARANTINE_PATH" && git cat-file --batch-all-objects --batch-check > brought',
    )
    hook(bare, "post-receive", "cat > landed; echo deployed")
    install(bare, WISHES, installer)
    work = forge.clone(bare)
    tip = work.commit(SPECS, "specs", author="lead")
    said = work.push("HEAD:main", env=LEAD)
    assert said.accepted
    assert said.remote.endswith("\ndeployed")
    assert (
        (bare / "seen").read_text() == (bare / "landed").read_text() == f"{'0' * 40} {tip} refs/heads/main\n"
    )
    assert tip in (bare / "brought").read_text()


def test_a_hook_that_is_killed_refuses(forge, installed, work):
    hook(installed, "pre-receive.d/50-slow", "echo $PPID > hook-process; sleep 4")
    command = ["git", "push", "origin", "HEAD:topic"]
    with subprocess.Popen(
        command, cwd=work.path, env=forge.environ, stderr=subprocess.PIPE, text=True
    ) as push:
        process = wait_for(installed / "hook-process")
        os.kill(int(process), signal.SIGKILL)
        said = push.communicate()[1]
    assert push.returncode == 1
    assert "pre-receive hook declined" in said
    assert refs(forge, installed) == ["refs/heads/main"]


def wait_for(path):
    for _ in range(200):
        if path.exists() and path.read_text().strip():
            return path.read_text()
        time.sleep(0.05)
    raise AssertionError(f"{path} was not written")


def test_a_broken_server_file_refuses_and_the_refusal_is_in_the_ledger(forge, installed, work):
    (installed / "gitcorpus/server.yaml").write_text("admins: [lead\n")
    said = work.push("HEAD:topic", env=LEAD)
    assert not said.accepted
    lines = said.remote.splitlines()
    assert lines[0] == SORRY
    assert lines[1].startswith("gitcorpus/server.yaml:2:1 server-file-broken: ")
    assert lines[-1] == f"verdict {last(installed).short}"
    assert last(installed).kind is EntryKind.VERDICT
    assert last(installed).body["outcome"] == "unjudged"
    assert refs(forge, installed) == ["refs/heads/main"]


def test_a_missing_server_file_refuses(installed, work):
    (installed / "gitcorpus/server.yaml").unlink()
    said = work.push("HEAD:topic", env=LEAD)
    assert not said.accepted
    assert "gitcorpus/server.yaml server-file-missing: the file is not there" in said.remote


def test_a_missing_interpreter_refuses(forge, installer):
    bare = forge.bare()
    gone = installer.program._replace(python="/no/such/python")
    install(bare, WISHES, replace(installer, program=gone))
    work = forge.clone(bare)
    work.commit(SPECS, "specs", author="lead")
    said = work.push("HEAD:main")
    assert not said.accepted
    assert "/no/such/python" in said.remote
    assert not refs(forge, bare)


def test_a_ledger_that_cannot_be_written_refuses(forge, installed, work):
    (installed / "gitcorpus/ledger/lock").unlink()
    (installed / "gitcorpus/ledger/lock").mkdir()
    said = work.push("HEAD:topic", env=LEAD)
    assert not said.accepted
    assert said.remote.splitlines()[1] == SORRY
    assert "ledger-unwritable" in said.remote
    assert refs(forge, installed) == ["refs/heads/main"]


def test_the_environment_of_a_pusher_does_not_choose_the_python_path(work, tmp_path):
    (tmp_path / "evil").mkdir()
    (tmp_path / "evil" / "gitcorpus.py").write_text("raise SystemExit(0)\n")
    env = {
        **LEAD,
        "PYTHONPATH": str(tmp_path / "evil"),
        "PYTHONSTARTUP": str(tmp_path / "evil" / "gitcorpus.py"),
    }
    work.commit({"corpus/basics/ad/north/ad.py": "x = 1\n"}, "bad")
    said = work.push("HEAD:topic", env=env)
    assert not said.accepted
    assert "unknown-task" in said.remote


def test_an_account_wide_hooks_path_does_not_switch_the_hooks_off(work, tmp_path):
    (tmp_path / "gitconfig").write_text(f"[core]\n\thooksPath = {tmp_path}\n")
    work.commit({"corpus/basics/ad/north/ad.py": "x = 1\n"}, "bad")
    said = work.push("HEAD:topic", env={**LEAD, "GIT_CONFIG_GLOBAL": str(tmp_path / "gitconfig")})
    assert not said.accepted


@pytest.mark.usefixtures("work")
def test_pushes_at_the_same_time_are_all_judged(forge, installed):
    clones = []
    for n in range(8):
        clone = forge.clone(installed, f"clone{n}")
        clone.commit({f"corpus/basics/add/n{n}/add.py": f"n = {n}\n"}, f"n{n}")
        clones.append(clone)
    with ThreadPoolExecutor(8) as pool:
        outcomes = list(
            pool.map(lambda n: clones[n].push(f"HEAD:refs/heads/n{n}", env={"PUSHER": "north"}), range(8))
        )
    assert [outcome.code for outcome in outcomes] == [0] * 8
    count, findings = Ledger.of(installed).verify()
    assert (count, findings) == (1 + 2 + 16, ())
    entries = list(Ledger.of(installed).entries())
    verdicts = [entry.body for entry in entries if entry.kind is EntryKind.VERDICT]
    assert sorted(body["pusher"] for body in verdicts) == ["lead", *["north"] * 8]
    tips = {f"refs/heads/n{n}": clones[n].head for n in range(8)}
    assert dict(Repo.open(installed).refs()).items() >= tips.items()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can push as an account that may not write")
def test_an_account_that_may_not_write_gets_no_verdict(forge, installed, work):
    env = {**forge.environ, "HOME": "/nonexistent", "GIT_CONFIG_COUNT": "1"}
    env |= {"GIT_CONFIG_KEY_0": "safe.directory", "GIT_CONFIG_VALUE_0": "*"}
    for folder in (forge.root, *forge.root.parents[:2], work.path):
        folder.chmod(0o755)
    command = ["git", "push", str(installed), "HEAD:topic"]
    done = subprocess.run(
        command, cwd=work.path, env=env, user=65534, group=65534, capture_output=True, text=True, check=False
    )
    assert done.returncode != 0
    assert refs(forge, installed) == ["refs/heads/main"]
    assert Ledger.of(installed).verify()[1] == ()


def test_specs_that_cannot_be_meant_are_refused_by_a_real_push_and_doubts_are_told_once(work):
    specs = {
        "specs/release.yaml": RELEASE.replace("LicenseRef-Test", "Apache2").replace(
            "license:", "order: curriculum\nlicense:"
        ),
        "specs/more.yml.txt": "apiVersion: gitcorpus/v1\nkind: Waivers\nwaivers: []\n",
    }
    base = work.head
    work.commit(specs, "specs that cannot be meant", author="lead")
    refused = work.push("HEAD:main", env=LEAD)
    assert not refused.accepted
    assert refused.remote.split("\nverdict")[0].partition("\n")[2] == snapshot("""\
refused: 3 findings (spec 3), 10 gates passed
specs/more.yml.txt spec-not-read: the file looks like a spec and is not read: its name does not end in `.yaml` or `.yml`
  hint: keep it elsewhere, or move it: mkdir -p specs && mv specs/more.yml.txt specs/more.yaml
specs/release.yaml:6:1 not-built-yet: the release asks for `order`, which this version does not do yet
    order: curriculum
    ^^^^^
  hint: leave `order` out; the view `gitcorpus:curriculum` says in which order records come
specs/release.yaml:7:10 bad-license: `Apache2` is no SPDX licence expression
    license: Apache2
             ^^^^^^^
  hint: did you mean `Apache-2.0`?\
""")
    work.git("reset", "--quiet", "--hard", base)
    doubtful = f"{GATES}gates:\n  - {{id: s, uses: size, paths: ['copus/**']}}\n"
    work.commit({"specs/gates.yaml": doubtful}, "a gate for nothing", author="lead")
    told = work.push("HEAD:main", env=LEAD)
    assert told.accepted
    assert told.remote.split("\nverdict")[0].partition("\n")[2] == snapshot("""\
accepted: 11 gates passed; 1 warning
specs/gates.yaml:5:33 dead-glob: no file matches `copus/**`: the gate judges no file by it (warning)
      - {id: s, uses: size, paths: ['copus/**']}
                                    ^^^^^^^^^^
  hint: did you mean `corpus/**`?\
""")
    work.commit({f"{ADD}/more.py": "MORE = 1\n"}, "more")
    silent = work.push("HEAD:main", env={"PUSHER": "north"})
    assert silent.accepted
    assert "dead-glob" not in silent.remote
