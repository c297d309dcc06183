"""The gatekeeper: the same verdict as a hook gives by itself, sooner, and never a push that lands unjudged."""

import os
import re
import signal
import socket
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from server.installed import NOW, settle
from server.slow import GOOD, LEAD, SPECS_THAT_HOLD, Hold, wait_until
from smallest import ADD, GATES, SPECS

from gitcorpus.ledger import Ledger
from gitcorpus.model.server import Server
from gitcorpus.server import code as code_module
from gitcorpus.server.administration import PATH, load_server
from gitcorpus.server.asking import build
from gitcorpus.server.gatekeeper import ask
from gitcorpus.server.hooks import ASKING
from gitcorpus.server.reconcile import reconcile

SORRY = "gitcorpus could not judge this push, so it is refused; it is not your fault"


def clone(forge, bare, name="work", specs=SPECS):
    work = forge.clone(bare, name)
    work.commit(specs, "specs", author="lead", date="2026-01-05")
    said = work.push("HEAD:main", env=LEAD)
    assert said.accepted, said.stderr
    settle(bare)
    return work


def refs(forge, bare):
    lines = forge.run(
        "for-each-ref", "--format=%(refname) %(objectname)", "refs/heads", "refs/tags", cwd=bare
    ).stdout.splitlines()
    return dict(line.split() for line in lines)


def pid_of(bare):
    return int((bare / "gitcorpus/gatekeeper.pid").read_text())


def children(pid):
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def sound(bare):
    """Everything that is in the ledger is whole, and every reference is where it says."""
    assert Ledger.of(bare).verify()[1] == ()
    return reconcile(bare, now=NOW)


def test_a_gatekeeper_says_what_a_hook_says_by_itself(forge, installed, warm):
    said = {}
    for bare in (installed, warm):
        work = clone(forge, bare, bare.stem)
        texts = []
        for files, ref, options in (
            (GOOD, "main", ()),
            ({f"{ADD}/add.py": "x = (\n"}, "main", ("full",)),
            ({"scratch/a.py": "x = 1\n"}, "topic", ("judge-only",)),
        ):
            work.commit(files, date="2026-01-06")
            answer = work.push(f"HEAD:{ref}", options=options, env=LEAD)
            texts.append((answer.code, re.sub("verdict [0-9a-f]{12}", "verdict", answer.remote)))
            settle(bare)
        said[bare.stem] = texts
    assert said["corpus"] == said["warm"]
    assert said["warm"][0] == (0, said["warm"][0][1])
    assert "syntax-error" in said["warm"][1][1]
    assert said["warm"][2][1].endswith("judge-only: nothing was stored, so git reports the push as declined")


@pytest.mark.parametrize("mode", ["installed", "warm"])
def test_a_rehearsal_stores_nothing(forge, request, mode):
    bare = request.getfixturevalue(mode)
    work = clone(forge, bare)
    settle(bare)
    before = refs(forge, bare), len(list(Ledger.of(bare).entries()))
    tip = work.commit(GOOD)
    said = work.push("HEAD:main", options=("judge-only",), env=LEAD)
    assert (said.code, "accepted: " in said.remote) == (1, True)
    assert (refs(forge, bare), len(list(Ledger.of(bare).entries()))) == before
    assert forge.run("cat-file", "-e", tip, cwd=bare, check=False).returncode
    assert not any(path.name.startswith("tmp_objdir") for path in (bare / "objects").iterdir())
    assert work.push("HEAD:main", env=LEAD).accepted


def test_it_is_one_process_for_many_pushes_and_ends_when_it_is_told(forge, warm):
    work = clone(forge, warm)
    first = pid_of(warm)
    work.commit(GOOD)
    assert work.push("HEAD:main", env=LEAD).accepted
    assert pid_of(warm) == first
    (line,) = ask(warm / Server().socket, "status")
    assert f'"pid": {first}' in line
    settle(warm)
    list(ask(warm / Server().socket, "stop"))
    wait_until(lambda: not (warm / Server().socket).exists())
    wait_until(lambda: not Path(f"/proc/{first}").exists())
    assert work.push("HEAD:topic", env=LEAD).accepted
    assert pid_of(warm) != first


def test_only_its_own_account_may_use_it(forge, warm):
    clone(forge, warm)
    mode = (warm / Server().socket).stat().st_mode & 0o777
    assert mode == 0o600
    if os.geteuid():
        pytest.skip("only root can become somebody else")
    script = (
        "import os, socket\nos.setgroups([]); os.setgid(65534); os.setuid(65534)\n"
        f"s = socket.socket(socket.AF_UNIX)\ns.connect({str(warm / Server().socket)!r})\n"
    )
    done = subprocess.run(["python3", "-c", script], capture_output=True, text=True, check=False)
    assert "PermissionError" in done.stderr


def test_new_specs_and_a_new_server_file_judge_the_next_push(forge, warm):
    work = clone(forge, warm)
    work.commit({"specs/gates.yaml": GATES + "gates:\n  - {id: size, uses: size, with: {max_file: 20}}\n"})
    assert work.push("HEAD:main", env=LEAD).accepted
    work.commit({f"{ADD}/add.py": "x = 1\n" * 10})
    assert "file-too-large" in work.push("HEAD:main", env=LEAD).remote
    (warm / PATH).write_text((warm / PATH).read_text().replace("PUSHER", "SOMEBODY"))
    work.git("reset", "--quiet", "--hard", "HEAD~1")
    work.commit({f"{ADD}/add.py": "x = 1\n"})
    assert work.push("HEAD:main", env={"SOMEBODY": "north"}).accepted
    assert list(Ledger.of(warm).entries())[-1].body["pusher"] == "north" or settle(warm) is None
    settle(warm)
    assert list(Ledger.of(warm).entries())[-1].body["pusher"] == "north"


def test_an_upgrade_loses_no_push(forge, warm):
    """The code's files change on the disk between and during pushes; pushes wait, and every one is judged."""
    work = clone(forge, warm)
    clones = [forge.clone(warm, f"clone-{number}") for number in range(3)]
    stop = threading.Event()

    def upgrade():
        while not stop.wait(0.4):
            os.utime(code_module.__file__)

    upgrading = threading.Thread(target=upgrade)
    upgrading.start()
    try:
        for number in range(4):
            work.commit({f"{ADD}/add.py": f"x = {number}\n"})
            said = work.push("HEAD:main", env=LEAD)
            assert said.accepted, said.stderr
        with ThreadPoolExecutor(3) as threads:

            def push(number):
                each = clones[number]
                for step in range(3):
                    each.commit({f"{ADD}/a{step}.py": f"x = {number}\n"})
                    answer = each.push(f"HEAD:topic-{number}", env=LEAD)
                    assert answer.accepted, answer.stderr

            list(threads.map(push, range(3)))
    finally:
        stop.set()
        upgrading.join()
    settle(warm)
    assert sound(warm) == ((), ())
    entries = [entry for entry in Ledger.of(warm).entries() if entry.kind.value == "landed"]
    assert len(entries) == 1 + 4 + 9


def compiled(bare):
    """Build what asks the gatekeeper; where there is no C compiler, there is nothing to test."""
    list(build(bare, load_server(bare)))
    if not (bare / ASKING).exists():
        pytest.skip("there is no C compiler")


def listening(bare, answer):
    """Be somebody else at the gatekeeper's address."""
    address = bare / "gitcorpus/gatekeeper.sock"
    folder = os.open(address.parent, os.O_PATH)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(f"/proc/self/fd/{folder}/{address.name}")
    os.close(folder)
    listener.listen(8)

    def serve():
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                connection.recv(1 << 20)
                connection.sendall(answer)

    threading.Thread(target=serve, daemon=True).start()
    return listener


@pytest.mark.parametrize("is_compiled", [False, True])
@pytest.mark.parametrize(
    ("answer", "judged"),
    [
        (b"", True),
        (b"nonsense", True),
        (b"1:Q,", True),
        (b"1:A,", False),
        (b"1:A,9:garbage", False),
        (b"1:A,3:Xno,", False),
        (b"1:A,4:X256,", False),
        (b"1:A,1:X,", False),
        (b"1:A,3:X-1,", False),
        (b"1:A,99999999999999999999:X0,", False),
    ],
)
def test_somebody_else_at_its_address_lets_nothing_in(forge, warm, answer, judged, is_compiled):
    """Whoever does not take the push leaves it to the hook; whoever takes it and does not judge it, refuses it."""
    if is_compiled:
        compiled(warm)
    work = clone(forge, warm)
    list(ask(warm / Server().socket, "stop"))
    wait_until(lambda: not (warm / Server().socket).exists())
    listener = listening(warm, answer)
    work.commit(GOOD)
    said = work.push("HEAD:main", env=LEAD)
    listener.close()
    (warm / Server().socket).unlink()
    assert said.accepted is judged
    if not judged:
        assert SORRY in said.remote
        assert "gatekeeper-broke" in said.remote
        assert list(Ledger.of(warm).entries())[-1].body["outcome"] == "unjudged"
    settle(warm)
    assert sound(warm)[1] == ()
    assert work.push("HEAD:main", env=LEAD).accepted


@pytest.mark.parametrize("there", ["a file", "a stale socket", "a folder"])
def test_what_is_in_the_way_of_its_socket_is_no_reason_not_to_judge(forge, warm, there):
    address = warm / "gitcorpus/gatekeeper.sock"
    if there == "a file":
        address.write_bytes(b"x")
    elif there == "a folder":
        address.mkdir()
    else:
        listening(warm, b"").close()
    work = clone(forge, warm)
    work.commit({f"{ADD}/add.py": "x = (\n"})
    assert "syntax-error" in work.push("HEAD:main", env=LEAD).remote
    if there == "a folder":
        address.rmdir()


def held(forge, bare, tmp_path):
    hold = Hold(bare, tmp_path)
    return clone(forge, bare, specs=SPECS_THAT_HOLD), hold


def pushing(work):
    return subprocess.Popen(
        ["git", "push", "origin", "HEAD:main"],
        cwd=work.path,
        env={**work.forge.environ, **LEAD},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def find(pattern, cwd=None):
    """Return processes by their command line, and by the folder that they work in: other tests run beside this one."""
    done = subprocess.run(["pgrep", "-f", pattern], capture_output=True, text=True, check=False)
    found = [int(word) for word in done.stdout.split()]
    return [pid for pid in found if cwd is None or os.path.realpath(f"/proc/{pid}/cwd") == str(cwd.resolve())]


@pytest.mark.parametrize("who", ["child", "gatekeeper", "entry", "receive-pack"])
def test_whoever_is_killed_in_the_middle_nothing_lands_unjudged(forge, warm, tmp_path, who):
    work, hold = held(forge, warm, tmp_path)
    before = refs(forge, warm)
    tip = work.commit(GOOD)
    hold.take()
    push = pushing(work)
    hold.wait()
    parent = pid_of(warm)
    victims = {
        "child": lambda: children(parent),
        "gatekeeper": lambda: [parent],
        "entry": lambda: find("entry.py gitcorpus/gatekeeper.sock", warm),
        "receive-pack": lambda: find(f"git-?.?receive-pack.*{warm}"),
    }[who]()
    assert victims
    for pid in victims:
        os.kill(pid, signal.SIGKILL)
    if who == "child":
        text, _ = push.communicate(timeout=30)
        assert SORRY in text
        assert "gatekeeper-broke" in text
    hold.release()
    text, _ = push.communicate(timeout=30)
    now = refs(forge, warm)
    assert now == before or (push.returncode == 0 and now["refs/heads/main"] == tip)
    if who != "gatekeeper":
        assert now == before
        assert push.returncode
    wait_until(lambda: not find(f"hold.*{tmp_path}"))
    recorded, findings = sound(warm)
    assert findings == ()
    said = work.push("HEAD:main", env=LEAD)
    assert said.accepted, said.stderr
    settle(warm)
    assert sound(warm) == ((), ())
    assert refs(forge, warm)["refs/heads/main"] == tip
    assert recorded == () or who == "gatekeeper"


def test_a_client_that_goes_away_leaves_no_half_state(forge, warm, tmp_path):
    work, hold = held(forge, warm, tmp_path)
    before = refs(forge, warm)
    tip = work.commit(GOOD)
    hold.take()
    push = pushing(work)
    hold.wait()
    os.killpg(push.pid, signal.SIGKILL)
    hold.release()
    push.communicate(timeout=30)
    wait_until(lambda: not find(f"receive-pack.*{warm}"))
    time.sleep(0.2)
    reconcile(warm, now=NOW)
    now = refs(forge, warm)
    assert now in (before, {**before, "refs/heads/main": tip})
    assert sound(warm) == ((), ())
    assert work.push("HEAD:main", env=LEAD).code == 0


def test_a_push_that_takes_too_long_is_refused_in_time(forge, warm, tmp_path):
    work, hold = held(forge, warm, tmp_path)
    path = warm / PATH
    path.write_text(path.read_text().replace("seconds: 60", "seconds: 1"))
    before = refs(forge, warm)
    work.commit(GOOD)
    hold.take()
    started = time.monotonic()
    said = work.push("HEAD:main", env=LEAD)
    assert time.monotonic() - started < 10
    assert not said.accepted
    assert "held: no answer: it may take 30 s, and a push has 1 s" in said.remote
    assert refs(forge, warm) == before
    hold.release()


def test_collecting_garbage_in_the_middle_takes_nothing_from_a_push(forge, warm, tmp_path):
    work, hold = held(forge, warm, tmp_path)
    tip = work.commit(GOOD)
    hold.take()
    push = pushing(work)
    hold.wait()
    forge.run("gc", "--quiet", cwd=warm)
    hold.release()
    text, _ = push.communicate(timeout=30)
    assert push.returncode == 0, text
    assert refs(forge, warm)["refs/heads/main"] == tip
    forge.run("fsck", "--strict", cwd=warm)
