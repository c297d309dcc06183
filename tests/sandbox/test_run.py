"""Programs that hang, flood, breed and write: each ends, nothing of it is left, and the answer says how."""

import os
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from gitcorpus.errors import UnjudgedError
from gitcorpus.model.server import Sandbox
from gitcorpus.sandbox import Ending, GivenFile, Job, Limits, run_job

PYTHON = "/usr/bin/python3"
ROOT = Path(__file__).parents[2]


def run(*command, files=(), **limits):
    limits = Limits(**{"seconds": 20, **limits})
    return run_job(Job(command=command), files=files, limits=limits, sandbox=Sandbox(unconfined=True))


def shell(script, **limits):
    return run("/bin/sh", "-c", script, **limits)


def alive(marker: str) -> list[str]:
    """Return the command lines that begin so."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            found.append(path.read_bytes().decode())
    return [line for line in found if line.startswith(marker)]


def becomes(true) -> bool:
    """Wait until something is so."""
    until = time.monotonic() + 20
    while not true() and time.monotonic() < until:
        time.sleep(0.02)
    return true()


@pytest.fixture(autouse=True)
def _nothing_is_left(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    yield
    assert list(tmp_path.iterdir()) == []


def test_says_what_a_tool_said_and_how_it_ended():
    done = shell("cat a/b.py; echo woe >&2; exit 3", files=[GivenFile("a/b.py", b"x = 1\n")])
    assert (done.ending, done.code, done.stdout, done.stderr) == (Ending.EXITED, 3, b"x = 1\n", b"woe\n")
    assert done.left_out == 0


def test_a_tool_is_given_five_variables_and_a_folder_of_its_own(monkeypatch):
    monkeypatch.setenv("SECRET_OF_THE_SERVER", "1")
    done = run("/usr/bin/env")
    above = done.folder.removesuffix("/work")
    assert sorted(done.stdout.decode().split()) == [
        f"HOME={above}/home",
        "LC_ALL=C.UTF-8",
        "PATH=/usr/local/bin:/usr/bin:/bin",
        f"PWD={above}/work",
        f"TMPDIR={above}/tmp",
    ]
    assert shell("ls -A; cat; ls -A $HOME $TMPDIR | wc -w").stdout.split() == [b"2"]
    assert shell("pwd").stdout.decode() != shell("pwd").stdout.decode()


def test_a_file_keeps_its_right_to_be_run():
    files = [GivenFile("run", b"#!/bin/sh\necho ran\n", executable=True), GivenFile("not", b"#!/bin/sh\n")]
    assert shell("./run && test ! -x not", files=files).stdout == b"ran\n"


def test_no_argument_reaches_a_shell():
    assert run("/bin/echo", "$(id)", ";", "`id`", "*").stdout == b"$(id) ; `id` *\n"


def test_a_program_that_is_not_there_or_is_none():
    assert run("/nowhere/tool").ending is Ending.NOT_STARTED
    assert run("/etc/passwd").ending is Ending.NOT_STARTED
    assert run("./a", files=[GivenFile("b", b"")]).ending is Ending.NOT_STARTED


def test_an_endless_loop_is_stopped():
    began = time.monotonic()
    assert shell("while :; do :; done", seconds=0.3).ending is Ending.OUT_OF_TIME
    assert time.monotonic() - began < 5


def test_a_tool_that_ignores_every_signal_is_stopped():
    code = (
        "import signal, time\n"
        "for n in range(1, 32):\n"
        "    if n not in (9, 19): signal.signal(n, signal.SIG_IGN)\n"
        "time.sleep(60)"
    )
    assert run(PYTHON, "-c", code, seconds=0.5).ending is Ending.OUT_OF_TIME


def test_the_time_of_the_processor_ends_as_well():
    done = run(PYTHON, "-c", "while True: pass", processor_seconds=1)
    assert (done.ending, done.code) == (Ending.KILLED, 9)


@pytest.mark.parametrize("stream", ["1", "2"])
def test_a_flood_of_output_is_stopped_and_cut(stream):
    done = shell(f"yes >&{stream}", output_bytes=1 << 16)
    assert done.ending is Ending.FLOODED
    assert len(done.stdout) + len(done.stderr) == 1 << 16


def test_a_gigabyte_is_not_written():
    done = run("/usr/bin/head", "-c", "1000000000", "/dev/zero")
    assert done.ending is Ending.FLOODED
    done = run("/bin/dd", "if=/dev/zero", "of=big", "bs=1M", "count=1000", file_bytes=1 << 20)
    assert (done.ending, done.code) == (Ending.KILLED, 25)


def test_memory_has_an_end():
    done = run(PYTHON, "-c", "x = bytearray(1 << 30)", memory_bytes=512 << 20)
    assert (done.ending, done.code) == (Ending.EXITED, 1)
    assert b"MemoryError" in done.stderr


def test_a_signal_is_told():
    assert (shell("kill -SEGV $$").ending, shell("kill -SEGV $$").code) == (Ending.KILLED, 11)


@pytest.mark.parametrize(
    "leaves",
    ["sleep {0} &", "(setsid sleep {0} &)", "setsid sh -c 'setsid sleep {0} & sleep {0}' &"],
    ids=["in its group", "in another session", "twice removed"],
)
def test_what_a_tool_leaves_behind_is_killed(leaves):
    number = f"7{os.getpid()}"
    began = time.monotonic()
    assert shell(leaves.format(number) + " exit 0").ending is Ending.EXITED
    assert time.monotonic() - began < 5
    assert alive(f"sleep\0{number}") == []


def test_what_breeds_is_killed():
    number = f"8{os.getpid()}"
    code = (
        "import os\n"
        "for n in range(6): os.fork()\n"
        "if os.getpgid(0) != os.getpid(): os.setsid()\n"
        f"os.execvp('sleep', ['sleep', '{number}'])"
    )
    assert run(PYTHON, "-c", code, seconds=1.0).ending is Ending.OUT_OF_TIME
    assert alive(f"sleep\0{number}") == []


def test_a_tool_that_closes_its_outputs_is_waited_for():
    done = shell("exec >&- 2>&-; sleep 0.3; exit 7")
    assert (done.ending, done.code) == (Ending.EXITED, 7)


def test_a_tool_does_not_outlive_gitcorpus(tmp_path):
    number = f"9{os.getpid()}"
    code = (
        "from gitcorpus.model.server import Sandbox\n"
        "from gitcorpus.sandbox import Job, Limits, run_job\n"
        f"job, none = Job(command=('/bin/sleep', '{number}')), Sandbox(unconfined=True)\n"
        "run_job(job, files=(), limits=Limits(seconds=60), sandbox=none)"
    )
    started = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, env={"TMPDIR": str(tmp_path)})
    assert becomes(lambda: alive(f"/bin/sleep\0{number}") != [])
    started.kill()
    started.wait()
    assert becomes(lambda: alive(f"/bin/sleep\0{number}") == [])
    assert becomes(lambda: list(tmp_path.iterdir()) == [])


def test_a_tool_that_kills_its_supervisor_has_no_answer_and_ends():
    number = f"6{os.getpid()}"
    with pytest.raises(UnjudgedError) as caught:
        shell(f"kill -KILL $PPID; exec sleep {number}")
    assert caught.value.code == "sandbox-failed"
    assert becomes(lambda: alive(f"sleep\0{number}") == [])
