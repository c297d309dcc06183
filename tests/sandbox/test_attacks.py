"""Ten attacks fail, as the superuser and as an ordinary account; where nothing stops them, they are seen to succeed."""

import json
import os
from pathlib import Path

import pytest

from gitcorpus.model.server import Sandbox
from gitcorpus.sandbox import run
from gitcorpus.sandbox.attacks import HARMLESS, stands, try_attacks
from gitcorpus.sandbox.seccomp import MACHINES

ROOM = pytest.mark.skipif(
    not Path(Sandbox().program).is_file() or stands(Sandbox()) is not None,
    reason="needs bubblewrap, and a system that lets it make namespaces",
)
ATTACKS = (
    "a fork bomb",
    "an endless loop",
    "writing 10 GB",
    "memory over several processes",
    "reading the repository and keys",
    "the network",
    "signals to the host",
    "a nested namespace",
    "an output flood",
    "a child left behind",
)
STRANGER = 23456


def held(sandbox, repository):
    tried = try_attacks(sandbox, repository=repository, home=Path.home())
    return {attempt.name: (attempt.held, attempt.sentence) for attempt in tried}


@ROOM
def test_ten_attacks_fail(forge):
    found = held(Sandbox(), forge.bare())
    assert tuple(found) == ATTACKS
    assert [name for name, (stood, _) in found.items() if not stood] == []


@ROOM
@pytest.mark.skipif(
    os.geteuid() != 0,
    reason="only the superuser can be somebody else; the test above is an ordinary account's",
)
@pytest.mark.skipif(not Path("/usr/bin/python3.11").is_file(), reason="needs a Python that all may start")
def test_ten_attacks_fail_as_an_ordinary_account(forge, monkeypatch):
    repository = forge.bare()
    monkeypatch.setattr(run.sys, "executable", "/usr/bin/python3.11")
    answers, answer = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.setgroups([])
            os.setresgid(STRANGER, STRANGER, STRANGER)
            os.setresuid(STRANGER, STRANGER, STRANGER)
            monkeypatch.setattr("tempfile.tempdir", "/tmp")
            os.write(answer, json.dumps(held(Sandbox(), repository)).encode())
        finally:
            os._exit(0)
    os.close(answer)
    with os.fdopen(answers, "rb") as said:
        found = json.loads(said.read())
    os.waitpid(pid, 0)
    assert tuple(found) == ATTACKS
    assert [name for name, (stood, _) in found.items() if not stood] == []


def test_without_a_sandbox_what_is_tried_succeeds(forge):
    found = held(Sandbox(unconfined=True), forge.bare())
    assert set(found) == HARMLESS
    assert [name for name, (stood, _) in found.items() if stood] == []


@pytest.mark.parametrize(
    ("machine", "header"),
    [
        ("x86_64", "/usr/include/x86_64-linux-gnu/asm/unistd_64.h"),
        ("aarch64", "/usr/include/asm-generic/unistd.h"),
    ],
)
def test_calls_have_the_numbers_that_the_kernel_gives_them(machine, header):
    if not Path(header).is_file():
        pytest.skip(f"needs {header}")
    defined = {}
    for line in Path(header).read_text().splitlines():
        words = line.split()
        if words[:1] == ["#define"] and len(words) > 2 and words[1].startswith("__NR") and words[2].isdigit():
            defined[words[1].removeprefix("__NR3264").removeprefix("__NR").lstrip("_")] = int(words[2])
    known = MACHINES[machine]
    wrong = {
        name: number
        for name, number in {**known.refused, **known.absent}.items()
        if defined.get(name.lstrip("_"), number) != number
    }
    assert wrong == {}
