"""An upgrade takes code away for a moment, or puts another environment beside: no push is refused for it."""

import shutil
import subprocess
import sys
import sysconfig
import threading
import time
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from server.installed import NOW, WISHES, settle
from smallest import ADD, SPECS

import gitcorpus
from gitcorpus.ledger import Ledger
from gitcorpus.model.entry import EntryKind
from gitcorpus.server.doctor import examine
from gitcorpus.server.gatekeeper import ask
from gitcorpus.server.install import Installer, install
from gitcorpus.shipped import shipped_path

SECONDS = 1.5
"""How long code is away."""


@pytest.fixture
def environment(tmp_path, program):
    """Return a function that makes an environment with a copy of gitcorpus in it, as from a wheel."""

    def make(name):
        folder = tmp_path / name
        base = Path(sys.base_prefix, "bin", Path(sys.executable).resolve().name)
        subprocess.run([base, "-m", "venv", "--without-pip", folder], check=True)
        packages = next(folder.glob("lib/python*/site-packages"))
        shutil.copytree(
            Path(gitcorpus.__file__).parent, packages / "gitcorpus"
        )  # with what is compiled of it
        for each in ("specs", "schemas", "server_hooks"):
            shutil.copytree(shipped_path(each), packages / "gitcorpus/shipped" / each)
        (packages / "others.pth").write_text(f"{sysconfig.get_path('purelib')}\n")
        scripts = packages / "gitcorpus/shipped/server_hooks"
        return program._replace(python=str(folder / "bin/python"), scripts=scripts)

    return make


@contextmanager
def away(path: Path):
    """Take a file or folder away, and put it back a little later, beside what is done meanwhile."""
    gone = path.with_name(f"~{path.name}")
    path.rename(gone)
    thread = threading.Timer(SECONDS, gone.rename, [path])
    thread.start()
    began = time.monotonic()
    yield
    thread.join()
    assert time.monotonic() - began >= SECONDS  # the push had to wait for it


def number(bare):
    return sum(entry.kind is EntryKind.LANDED for entry in Ledger.of(bare).entries())


@pytest.mark.parametrize("gatekeeper", [True, False], ids=["warm", "alone"])
def test_pushes_wait_for_code_that_an_upgrade_takes_away(forge, environment, gatekeeper):
    program = environment("venv")
    bare, installer = forge.bare(), Installer(program=program, account="root", now=NOW)
    install(bare, replace(WISHES, gatekeeper=gatekeeper), installer)
    work = forge.clone(bare)
    work.commit(SPECS, "specs", author="lead")
    assert work.push("HEAD:main", env={"PUSHER": "lead"}).accepted
    settle(bare)
    package = program.scripts.parent.parent
    names = ("entry.py", "second-lock.sh", ".") if gatekeeper else ("judge.py",)
    ours = bare / "hooks/pre-receive.d/50-mine"
    ours.parent.mkdir()
    ours.write_text("#!/bin/sh\necho ran >>ran\n")
    ours.chmod(0o755)
    paths = [*((program.scripts / name).resolve() for name in names), package]
    for step, path in enumerate(paths, start=1):
        if path == package and gatekeeper:  # the warm process has it in memory, and a cold one has not
            list(ask(bare / "gitcorpus/gatekeeper.sock", "stop"))
        work.commit({f"{ADD}/{step}.py": "X = 1\n"}, author="north")
        with away(path):
            said = work.push("HEAD:main", env={"PUSHER": "north"})
        assert said.accepted, (path, said.stderr)
        assert "Traceback" not in said.stderr
        settle(bare)
    assert number(bare) == 1 + len(paths)
    assert (bare / "ran").read_text() == "ran\n" * len(paths)  # the hooks of others, once a push
    assert Ledger.of(bare).verify()[1] == ()


def test_code_that_never_comes_back_refuses_in_a_sentence(forge, environment):
    program = environment("venv")
    bare, installer = forge.bare(), Installer(program=program, account="root", now=NOW)
    install(bare, WISHES, installer)
    hook = bare / "hooks/pre-receive"
    hook.write_text(hook.read_text().replace("left=10", "left=1"))
    shutil.rmtree(program.scripts)
    work = forge.clone(bare)
    work.commit(SPECS, "specs", author="lead")
    said = work.push("HEAD:main", env={"PUSHER": "lead"})
    assert not said.accepted
    assert said.remote == (
        "gitcorpus is not where it was installed, so nothing can be judged; it is not your fault\n"
        "  hint: an administrator runs `gitcorpus server install` on the server"
    )
    assert not forge.run("for-each-ref", "refs/heads", cwd=bare).stdout


def test_half_of_the_second_lock_lets_nothing_through(forge, environment):
    program = environment("venv")
    bare, installer = forge.bare(), Installer(program=program, account="root", now=NOW)
    install(bare, WISHES, installer)
    lock = program.scripts / "second-lock.sh"
    whole = lock.read_text()
    lock.write_text(whole[: whole.index("while read -r old new ref; do")])
    work = forge.clone(bare)
    work.commit(SPECS, "specs", author="lead")
    said = work.push("HEAD:main", env={"PUSHER": "lead"})
    assert not said.accepted
    assert "the second lock did not come to its end" in said.stderr
    assert not forge.run("for-each-ref", "refs/heads", cwd=bare).stdout
    lock.write_text(whole)
    assert work.push("HEAD:main", env={"PUSHER": "lead"}).accepted


def test_an_upgrade_with_a_second_environment_refuses_nothing(forge, environment):
    """The guide's order: another environment beside, `server install` with it, then the old one goes."""
    old, new = environment("old"), environment("new")
    bare = forge.bare()
    install(bare, replace(WISHES, gatekeeper=True), Installer(program=old, account="root", now=NOW))
    work = forge.clone(bare)
    work.commit(SPECS, "specs", author="lead")
    assert work.push("HEAD:main", env={"PUSHER": "lead"}).accepted
    done = install(bare, replace(WISHES, gatekeeper=True), Installer(program=new, account="root", now=NOW))
    assert "wrote hooks/pre-receive" in done
    work.commit({f"{ADD}/one.py": "X = 1\n"}, author="north")
    assert work.push("HEAD:main", env={"PUSHER": "north"}).accepted  # judged by the warm old one
    shutil.rmtree(old.scripts.parents[5])
    for name in ("two", "three"):
        work.commit({f"{ADD}/{name}.py": "X = 1\n"}, author="north")
        said = work.push("HEAD:main", env={"PUSHER": "north"})
        assert said.accepted, said.stderr
    settle(bare)
    assert number(bare) == 4
    assert [each.code for each in examine(bare, new, uid=0, now=NOW) if each.blocks] == []
