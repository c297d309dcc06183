"""The compiled program that asks the gatekeeper: it says what Python says, and is never needed."""

import os
import re
import subprocess
from dataclasses import replace

import pytest
from server.installed import WISHES, settle
from server.slow import GOOD, LEAD
from smallest import SPECS

from gitcorpus.server.administration import load_server
from gitcorpus.server.asking import build, is_current
from gitcorpus.server.doctor import examine
from gitcorpus.server.hooks import ASKING
from gitcorpus.server.install import install, uninstall


@pytest.fixture
def bare(warm):
    list(build(warm, load_server(warm)))
    if not (warm / ASKING).exists():
        pytest.skip("there is no C compiler")
    return warm


def without_python(bare):
    """Let the hook do nothing where it would start Python."""
    hook = bare / "hooks/pre-receive"
    text = hook.read_text()
    hook.write_text(re.sub("(?m)^exec .*entry.py.*$", "echo python >&2; exit 9", text))
    assert "exit 9" in hook.read_text()
    return text


def test_a_warm_push_starts_no_python(forge, bare):
    work = forge.clone(bare)
    work.commit(SPECS, "specs", author="lead")
    assert work.push("HEAD:main", env=LEAD).accepted
    settle(bare)
    text = without_python(bare)
    work.commit(GOOD)
    said = work.push("HEAD:main", env=LEAD)
    assert said.accepted, said.remote
    assert "accepted" in said.remote
    work.commit({"corpus/basics/add/north/add.py": "x = (\n"})
    said = work.push("HEAD:main", env=LEAD)
    assert (said.accepted, "syntax-error" in said.remote) == (False, True)
    (bare / ASKING).unlink()
    assert "python" in work.push("HEAD:main", env=LEAD).remote  # so it was the program that asked
    (bare / "hooks/pre-receive").write_text(text)
    assert "syntax-error" in work.push("HEAD:main", env=LEAD).remote


def test_large_pushes_and_odd_environments_arrive_as_from_python(forge, bare):
    work = forge.clone(bare)
    work.commit(SPECS, "specs", author="lead")
    assert work.push("HEAD:main", env=LEAD).accepted
    settle(bare)
    without_python(bare)
    work.commit(GOOD)
    refs = [f"HEAD:refs/heads/topic-{number:03}-{'x' * 100}" for number in range(40)]
    env = {**LEAD, "EMPTY": "", "BYTES": os.fsdecode(b"\xff\n:,"), "LONG": "y" * 100_000}
    said = work.push(*refs, options=("z" * 50_000,), env=env)
    assert "accepted" in said.remote, said.remote


def test_hooks_that_were_there_before_run_first_and_once(forge, bare, tmp_path):
    work = forge.clone(bare)
    work.commit(SPECS, "specs", author="lead")
    assert work.push("HEAD:main", env=LEAD).accepted
    settle(bare)
    folder = bare / "hooks/pre-receive.d"
    folder.mkdir()
    (folder / "10-count").write_text(f"#!/bin/sh\ncat >>{tmp_path}/count\n")
    (folder / "10-count").chmod(0o755)
    work.commit(GOOD)
    assert work.push("HEAD:main", env=LEAD).accepted
    assert (tmp_path / "count").read_text().split()[1:] == [work.head, "refs/heads/main"]


def test_it_is_built_by_the_first_compiler_and_never_needed(forge, installer):
    bare = forge.bare("other.git")
    install(bare, replace(WISHES, gatekeeper=True), replace(installer, compilers=("no-such-compiler",)))
    assert not (bare / ASKING).exists()
    done = install(bare, replace(WISHES, gatekeeper=True), replace(installer, compilers=("none", "cc")))
    if not (bare / ASKING).exists():
        pytest.skip("there is no C compiler")
    assert done[0] == f"built {ASKING}, with which hooks ask the gatekeeper without starting Python"
    assert is_current(bare / ASKING)
    assert install(bare, replace(WISHES, gatekeeper=True), replace(installer, compilers=("cc",))) == ()
    ended = subprocess.run([bare / ASKING], capture_output=True, check=False)
    assert (ended.returncode, ended.stderr) == (3, b"usage: asking SOCKET HOOK SCRIPT\n")
    assert f"removed {ASKING}" in uninstall(bare)
    assert not (bare / ASKING).exists()


def test_one_of_another_version_is_named_and_built_anew(bare, installer):
    path = bare / ASKING
    path.write_bytes(b"#!/bin/sh\nexit 0\n")
    path.chmod(0o777)
    found = {
        finding.code for finding in examine(bare, installer.program, uid=os.geteuid(), now=installer.now)
    }
    assert {"asking-old", "hook-writable"} <= found
    install(bare, replace(WISHES, gatekeeper=True), replace(installer, compilers=("cc",)))
    assert is_current(path)
    assert path.stat().st_mode & 0o022 == 0
