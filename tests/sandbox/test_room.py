"""What pushed code finds in its room, what it can hand out, and how the room ends; for the superuser and for others."""

import os
import pickle
import subprocess
import sys
import time
import traceback
from contextlib import nullcontext, suppress
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from gitcorpus.errors import UnjudgedError
from gitcorpus.model.server import Sandbox
from gitcorpus.sandbox import Ending, GivenFile, Job, Limits, run, run_job
from gitcorpus.sandbox.attacks import stands
from gitcorpus.sandbox.cgroup import Group

pytestmark = pytest.mark.skipif(
    not Path(Sandbox().program).is_file() or stands(Sandbox()) is not None,
    reason="needs bubblewrap, and a system that lets it make namespaces",
)
ROOT = Path(__file__).parents[2]
SYSTEM_PYTHON = Path("/usr/bin/python3.11")
STRANGER = 23457
SMALL = Sandbox(memory_bytes=128 << 20, disk_bytes=64 << 20, processes=40)


def as_stranger(work):
    """Do something in a child that is an ordinary account."""
    answers, answer = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.setgroups([])
            os.setresgid(STRANGER, STRANGER, STRANGER)
            os.setresuid(STRANGER, STRANGER, STRANGER)
            run.sys.executable = str(SYSTEM_PYTHON)
            with os.fdopen(answer, "wb") as told:
                pickle.dump(work(), told)
        except Exception:  # noqa: BLE001 - this process must not go on as a test
            traceback.print_exc()
        finally:
            os._exit(0)
    os.close(answer)
    with os.fdopen(answers, "rb") as told:
        said = told.read()
    os.waitpid(pid, 0)
    return pickle.loads(said)


@pytest.fixture
def open_folder():
    """A folder that everybody may enter; pytest's own are closed."""
    with TemporaryDirectory(dir="/tmp", prefix="gitcorpus-test-") as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.fixture(params=["self", "ordinary"])
def shell(request, tmp_path, monkeypatch):
    """Run a script in a room: as whoever runs the tests, and as an ordinary account if that is the superuser."""
    if request.param == "ordinary" and (os.geteuid() != 0 or not SYSTEM_PYTHON.is_file()):
        pytest.skip("needs the superuser, and a Python that everybody may start")
    folder = tmp_path if request.param == "self" else Path("/tmp")
    monkeypatch.setattr("tempfile.tempdir", str(folder))

    def started(script, *arguments, files=(), sandbox=SMALL, limits=None, **job):
        wanted = Job(command=("/bin/sh", "-c", script, "sh", *arguments), **job)
        limits = limits or Limits(seconds=10)

        def work():
            return run_job(wanted, files=files, limits=limits, sandbox=sandbox)

        return work() if request.param == "self" else as_stranger(work)

    return started


def words(done):
    return done.stdout.decode().split()


def becomes(true) -> bool:
    until = time.monotonic() + 20
    while not true() and time.monotonic() < until:
        time.sleep(0.02)
    return true()


def running(mark: str) -> list[str]:
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            if mark.encode() in path.read_bytes().split(b"\0"):
                found.append(path.parent.name)
    return found


def test_a_program_has_three_descriptors_and_no_other(shell):
    listed = words(shell("ls /proc/self/fd", takes=("a",)))
    assert listed == ["0", "1", "2", "3"]  # ls has the folder open itself
    assert words(shell("ls /proc/self/fd")) == ["0", "1", "2", "3"]


def test_only_the_files_the_system_and_nobody_are_there(shell):
    files = [GivenFile("a b/it's.txt", b'"x"\n'), GivenFile("new\nline", b"y\n"), GivenFile("-rf", b"z\n")]
    assert shell('cat "a b/it\'s.txt" "new\nline" ./-rf', files=files).stdout == b'"x"\ny\nz\n'
    assert words(shell("id -u; id -G"))[0] not in ("0", str(os.geteuid()), str(STRANGER))
    tops = set(words(shell("ls -A /")))
    assert tops <= {
        "bin", "dev", "etc", "given", "job", "lib", "lib32", "lib64", "proc", "sbin", "settings", "tmp", "usr",
    }  # fmt: skip
    assert words(shell("ls -A /tmp /dev/shm . | grep -v :")) == []
    assert set(words(shell("cat /proc/[0-9]*/comm"))) <= {"bwrap", "sh", "cat"}


def test_nothing_of_the_system_can_be_changed(shell):
    done = shell(
        "for at in / /usr /etc /given /dev /proc/sys/kernel /given/a /etc/passwd /usr/bin/env; do "
        '{ [ ! -d $at ] || at=$at/new; true > $at; } 2>/dev/null && echo "changed $at"; done; '
        "rm -f /given/a 2>/dev/null && [ ! -e /given/a ] && echo removed; echo tried",
        files=[GivenFile("a", b"1")],
    )
    assert done.stdout == b"tried\n"


def test_what_is_taken_is_regular_and_lies_where_it_was_asked_for(shell):
    script = (
        "mkdir -p out/deep; echo 1 > out/a; echo 2 > out/deep/b; echo 3 > else; ln -s /etc/passwd out/link; "
        "mkfifo out/fifo; ln out/a out/hard; printf 4 > 'out/new\nline'; truncate -s 1M out/sparse; "
        "ln -s . out/circle; ln -s /settings away; : > out/--files-from=x"
    )
    taken = shell(script, takes=("out", "none", "../given", "/etc/passwd", "away/passwd")).taken
    assert dict(sorted(taken.items())) == {
        "out/--files-from=x": b"",
        "out/a": b"1\n",
        "out/deep/b": b"2\n",
        "out/hard": b"1\n",
        "out/new\nline": b"4",
        "out/sparse": bytes(1 << 20),
        "away/passwd": taken["away/passwd"],
    }
    assert b"root" not in taken["away/passwd"]


def test_names_that_are_long_or_odd_come_back(shell):
    deep = "/".join(["d" * 60] * 5)
    odd = os.fsdecode(b"caf\xe9")
    done = shell('mkdir -p "$1" && echo 1 > "$1/a" && echo 2 > "$2"', deep, odd, takes=(deep, odd))
    assert dict(done.taken) == {f"{deep}/a": b"1\n", odd: b"2\n"}


def test_a_flood_of_results_ends_the_run(shell):
    script = "n=0; while [ $n -lt 8 ]; do truncate -s 4M f$n; n=$((n + 1)); done"
    done = shell(script, takes=(".", *(f"f{n}" for n in range(8))), limits=Limits(taken_bytes=8 << 20))
    assert done.ending is Ending.FLOODED


def test_results_that_a_program_forges_hold_nothing_that_was_not_asked_for(shell):
    """An ordinary account can open the script's own descriptor: it writes the report, and so the archive too."""
    script = (
        "mkdir -p ../tmp/x/wanted && cd /tmp && mkdir -p wanted && echo forged > wanted/a && echo no > other && "
        "for at in /proc/[0-9]*/fd/10; do { echo taken; tar -cPf - wanted/a other /etc/passwd ../tmp/other; } > $at; "
        "done 2>/dev/null; true"
    )
    assert dict(shell(script, takes=("wanted",)).taken) in ({}, {"wanted/a": b"forged\n"})


def test_a_run_reads_a_cache_and_what_it_adds_is_gone(shell, open_folder):
    cache = open_folder / "it's a cache"
    (cache / "deep").mkdir(parents=True)
    (cache / "deep/known").write_text("built\n")
    box = replace(SMALL, caches=(("build", str(cache)), ("other", "/etc")))
    script = (
        "cat /tmp/seeds/build/deep/known; echo new > /tmp/seeds/build/deep/new; echo x > /tmp/seeds/build/deep/known; "
        "echo x > /seeds/build/deep/known; rm /seeds/build/deep/known; ls /seeds /tmp/seeds/build/deep"
    )
    done = shell(script, sandbox=box, caches=("build",))
    assert words(done) == ["built", "/seeds:", "build", "/tmp/seeds/build/deep:", "known", "new"]
    assert [path.name for path in (cache / "deep").iterdir()] == ["known"]
    assert (cache / "deep/known").read_text() == "built\n"
    assert words(shell("ls -d /seeds /tmp/seeds", sandbox=box)) == []


def test_a_mount_can_be_read_and_its_programs_come_first(shell, open_folder):
    tools = open_folder / 'tools "of" ours'
    tools.mkdir()
    (tools / "cat").write_text("#!/bin/sh\necho ours\n")
    (tools / "cat").chmod(0o755)
    box = replace(SMALL, mounts=(str(tools), "/no/such/place"), path=(str(tools),))
    done = shell('cat; true > "$1/new"; rm "$1/cat"; ls "$1" "$1/.."', str(tools), sandbox=box)
    assert words(done)[0] == "ours"
    assert [path.name for path in tools.iterdir()] == ["cat"]
    assert done.stdout.decode().endswith('/..:\ntools "of" ours\n')  # alone in the folder above it


@pytest.mark.parametrize("victim", ["$PPID", "1", "-1"])
def test_a_program_that_kills_what_is_above_it_ends_its_own_run_alone(shell, victim):
    done = shell(f"kill -KILL {victim}; exit 3", takes=("a",))
    assert done.ending in (Ending.KILLED, Ending.EXITED)
    assert (done.ending, done.code) != (Ending.EXITED, 0)
    assert done.taken == {}


def test_no_pair_of_odd_sockets_and_no_queue_is_made(shell):
    code = (
        "use Socket; print 'pair ' if socketpair(my $a, my $b, 30, 5, 0); "
        "print 'unix ' if socketpair(my $c, my $d, AF_UNIX, SOCK_STREAM, 0); "
        "print 'queue ' if defined msgget(0, 0600 | 01000); print 'shared ' if defined shmget(0, 4096, 0600 | 01000)"
    )
    assert words(shell(f'perl -e "{code.replace("$", chr(92) + "$")}"')) == ["unix"]


def test_files_in_memory_count_as_memory(shell):
    script = "dd if=/dev/zero of=/tmp/a bs=1M count=60 2>/dev/null; cp /tmp/a /dev/shm/a; cp /tmp/a /job/a; sleep 5"
    assert shell(script).ending is Ending.OUT_OF_MEMORY


def test_empty_files_count_as_well(shell):
    script = (
        'perl -e \'for (1..400) { mkdir "/tmp/$_"; for my $n (1..3000) { open(my $f, ">", "/tmp/$_/$n") } }\''
    )
    assert shell(script, sandbox=replace(SMALL, memory_bytes=64 << 20)).ending is Ending.OUT_OF_MEMORY


def test_too_much_memory_and_too_many_processes_are_named(shell):
    eats = "perl -e 'for (1..4) { unless (fork) { my $x = \"a\" x (48 << 20); sleep 9; exit } } sleep 9'"
    assert shell(eats).ending is Ending.OUT_OF_MEMORY
    breeds = "perl -e 'for (1..30) { unless (fork) { sleep 9; exit } } sleep 9'"
    assert shell(breeds, sandbox=replace(SMALL, processes=20)).ending is Ending.TOO_MANY_PROCESSES


def groups() -> tuple[str, ...]:
    """Return folders of control groups in which this account may make some: version 1, or none."""
    found = {}
    with suppress(OSError):
        for line in Path("/proc/self/cgroup").read_text().splitlines():
            _, names, path = line.split(":", 2)
            for name in names.split(","):
                found[name] = f"/sys/fs/cgroup/{name}{path}".rstrip("/")
    chosen = tuple(found.get(name, "") for name in ("memory", "pids"))
    return chosen if all(name and os.access(name, os.W_OK) for name in chosen) else ()


@pytest.mark.skipif(not groups(), reason="needs control groups of version 1 that this account may write to")
def test_control_groups_name_what_ran_out_and_go_away():
    before = [sorted(path.name for path in Path(name).iterdir()) for name in groups()]
    box = replace(SMALL, memory_bytes=64 << 20, cgroups=groups())
    eats = "perl -e 'for (1..4) { unless (fork) { my $x = \"a\" x (48 << 20); sleep 9; exit } } sleep 9'"
    job = Job(command=("/bin/sh", "-c", eats))
    assert run_job(job, files=(), limits=Limits(seconds=2), sandbox=box).ending is Ending.OUT_OF_MEMORY
    breeds = "n=0; while [ $n -lt 60 ]; do sleep 9 & n=$((n + 1)); done; sleep 9"
    job = Job(command=("/bin/sh", "-c", breeds))
    done = run_job(job, files=(), limits=Limits(seconds=2), sandbox=replace(box, processes=20))
    assert done.ending is Ending.TOO_MANY_PROCESSES
    assert [sorted(path.name for path in Path(name).iterdir()) for name in groups()] == before


def test_control_groups_that_are_not_there_leave_a_push_unjudged():
    with pytest.raises(UnjudgedError) as caught:
        run_job(
            Job(command=("/bin/true",)),
            files=(),
            limits=Limits(),
            sandbox=Sandbox(cgroups=("/sys/fs/cgroup/none",)),
        )
    assert caught.value.code == "sandbox-failed"


def test_a_control_group_that_cannot_be_joined_is_told(monkeypatch, tmp_path):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    closed = Group((tmp_path / "none",))
    monkeypatch.setattr(run, "control_group", lambda *_, **__: nullcontext(closed))
    with pytest.raises(UnjudgedError, match=r"cannot join the control group .*: No such file"):
        run_job(Job(command=("/bin/true",)), files=(), limits=Limits(), sandbox=Sandbox())


@pytest.mark.parametrize("killed", ["gitcorpus", "the supervisor"])
def test_nothing_is_left_of_a_run_whose_owner_is_killed(tmp_path, killed):
    mark = f"5{os.getpid()}"
    code = (
        "from gitcorpus.model.server import Sandbox\n"
        "from gitcorpus.sandbox import Job, Limits, run_job\n"
        f"job = Job(command=('/bin/sh', '-c', 'setsid sleep {mark} & sleep {mark}'))\n"
        "run_job(job, files=(), limits=Limits(seconds=60), sandbox=Sandbox())"
    )
    started = subprocess.Popen(
        [sys.executable, "-c", code], cwd=ROOT, env={"TMPDIR": str(tmp_path)}, stderr=subprocess.DEVNULL
    )
    assert becomes(lambda: len(running(mark)) >= 2)
    (supervisor,) = Path(f"/proc/{started.pid}/task/{started.pid}/children").read_text().split()
    os.kill(started.pid if killed == "gitcorpus" else int(supervisor), 9)
    started.wait(20)
    assert becomes(lambda: running(mark) == [])
    assert becomes(lambda: list(tmp_path.iterdir()) == [])
