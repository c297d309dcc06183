"""Much at once, and too little room: whatever happens, what lands was judged and is known."""

import os
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace

import pytest
from server.installed import NOW, WISHES, settle
from server.slow import GOOD, LEAD, held_lock, wait_until
from smallest import ADD, SPECS

from gitcorpus.ledger import Ledger
from gitcorpus.model.server import Server
from gitcorpus.server.gatekeeper import ask
from gitcorpus.server.install import install
from gitcorpus.server.reconcile import reconcile


def clone(forge, bare, name="work"):
    work = forge.clone(bare, name)
    work.commit(SPECS, "specs", author="lead")
    said = work.push("HEAD:main", env=LEAD)
    assert said.accepted, said.stderr
    settle(bare)
    return work


def refs(forge, bare):
    lines = forge.run(
        "for-each-ref", "--format=%(refname) %(objectname)", "refs/heads", "refs/tags", cwd=bare
    ).stdout.splitlines()
    return dict(line.split() for line in lines)


def sound(bare):
    settle(bare)
    assert Ledger.of(bare).verify()[1] == ()
    assert reconcile(bare, now=NOW) == ((), ())


def landed(bare):
    return [
        update["ref"]
        for entry in Ledger.of(bare).entries()
        if entry.kind.value == "landed"
        for update in entry.body["updates"]
    ]


def at_once(forge, bare, count, push):
    clones = [forge.clone(bare, f"clone-{number}") for number in range(count)]
    for number, each in enumerate(clones):
        each.commit({f"{ADD}/a{number}.py": f"x = {number}\n"})
    with ThreadPoolExecutor(count) as threads:
        return clones, list(threads.map(push, clones, range(count)))


def test_of_twenty_pushes_to_one_branch_one_lands(forge, warm):
    clone(forge, warm)
    clones, said = at_once(forge, warm, 20, lambda each, _: each.push("HEAD:main", env=LEAD))
    (winner,) = [number for number, answer in enumerate(said) if answer.accepted]
    assert refs(forge, warm)["refs/heads/main"] == clones[winner].head
    sound(warm)
    assert landed(warm) == ["refs/heads/main"] * 2


def test_twenty_pushes_to_twenty_branches_land(forge, warm):
    clone(forge, warm)
    _, said = at_once(forge, warm, 20, lambda each, number: each.push(f"HEAD:topic-{number}", env=LEAD))
    assert [answer.stderr for answer in said if not answer.accepted] == []
    assert len(refs(forge, warm)) == 21
    sound(warm)
    assert len(landed(warm)) == 21


def test_a_push_of_five_thousand_commits(forge, warm):
    work = clone(forge, warm)
    who = b"Author North <north@corpus.example> %d +0000\n"
    parts = [f"reset refs/heads/long\nfrom {work.head}\n\n".encode()]
    for number in range(5000):
        signed = b"step\n\nSigned-off-by: Author North <north@corpus.example>\n"
        stamp = who % (1769000000 + number)
        parts.append(b"commit refs/heads/long\nauthor " + stamp + b"committer " + stamp)
        parts.append(b"data %d\n%s\n" % (len(signed), signed))
        text = b"x = %d\n" % number
        parts.append(f"M 100644 inline {ADD}/add.py\n".encode() + b"data %d\n%s\n" % (len(text), text))
    subprocess.run(
        ["git", "fast-import", "--quiet"], cwd=work.path, input=b"".join(parts), check=True, env=forge.environ
    )
    said = work.push("long:main", env=LEAD)
    assert said.accepted, said.stderr
    assert "judging 5000 commits" in said.remote
    sound(warm)


def test_a_repository_of_ten_thousand_references(forge, warm):
    work = clone(forge, warm)
    tip = work.head
    lines = "".join(f"{tip} refs/tags/t{number:05}\n" for number in range(10_000))
    (warm / "packed-refs").write_text(f"# pack-refs with: peeled fully-peeled sorted \n{lines}")
    work.commit(GOOD)
    said = work.push("HEAD:main", env=LEAD)
    assert said.accepted, said.stderr
    settle(warm)
    assert refs(forge, warm)["refs/heads/main"] == work.head


def test_more_references_than_one_push_may_move(forge, warm):
    work = clone(forge, warm)
    before = refs(forge, warm)
    said = work.push(*(f"HEAD:refs/tags/t{number}" for number in range(1001)), env=LEAD)
    assert "too-many-refs: the push moves 1001 references, and one may move 1000" in said.remote
    assert refs(forge, warm) == before
    said = work.push("--atomic", *(f"HEAD:refs/tags/t{number}" for number in range(300)), env=LEAD)
    assert said.accepted, said.stderr
    sound(warm)


def test_a_large_push_is_refused_by_its_size_and_not_by_luck(forge, warm):
    work = clone(forge, warm)
    work.commit({f"{ADD}/data/noise.bin": os.urandom(30 << 20)})
    said = work.push("HEAD:main", env=LEAD)
    assert "file-too-large" in said.remote
    sound(warm)


def test_what_landed_without_a_word_is_recorded_by_whoever_looks(forge, installed):
    work = clone(forge, installed)
    (installed / "hooks/post-receive").unlink()
    work.commit(GOOD)
    assert work.push("HEAD:main", env=LEAD).accepted
    (update,), findings = reconcile(installed, now=NOW)
    assert (update.ref, update.new, findings) == ("refs/heads/main", work.head, ())
    assert list(Ledger.of(installed).entries())[-1].body["pusher"] == "lead"
    assert not any((installed / "gitcorpus/tickets").iterdir())
    assert reconcile(installed, now=NOW) == ((), ())


def test_a_gatekeeper_that_starts_records_what_landed_while_nobody_looked(forge, warm):
    work = clone(forge, warm)
    work.commit(GOOD)
    ours = f"-f 'judge.py gatekeeper {warm}'"
    script = f"#!/bin/sh\npkill -9 {ours}\nwhile pgrep {ours} >/dev/null; do sleep 0.01; done\nexit 0\n"
    (warm / "hooks/post-receive").write_text(script)
    assert work.push("HEAD:main", env=LEAD).accepted
    assert landed(warm) == ["refs/heads/main"]
    (warm / "hooks/post-receive").unlink()
    assert work.push("HEAD:topic", env=LEAD).accepted
    settle(warm)
    for _ in range(200):
        if len(landed(warm)) == 3:
            break
        time.sleep(0.02)
    assert sorted(landed(warm)) == ["refs/heads/main", "refs/heads/main", "refs/heads/topic"]


@pytest.fixture
def small_disk(tmp_path):
    folder = tmp_path / "disk"
    folder.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", folder], capture_output=True, check=False
    )
    if done.returncode:
        pytest.skip("nothing may be mounted here, so no disk can be filled")
    yield folder
    subprocess.run(["umount", "--lazy", folder], check=True)


def fill(path):
    """Fill a disk, until nothing makes room on it any more: a gatekeeper may still be tidying up."""
    ballast, quiet = os.open(path, os.O_WRONLY | os.O_CREAT), 0
    while quiet < 10:
        quiet += 1
        with suppress(OSError):
            while True:
                os.write(ballast, b"x" * 4096)
                quiet = 0
        time.sleep(0.1)
    os.close(ballast)


@pytest.mark.parametrize("is_warm", [False, True], ids=["alone", "watched"])
def test_a_full_disk_refuses_and_nothing_is_lost_when_there_is_room_again(
    forge, installer, small_disk, is_warm
):
    bare = small_disk / "corpus.git"
    forge.run("init", "--quiet", "--bare", "--initial-branch=main", str(bare))
    install(bare, replace(WISHES, gatekeeper=is_warm), installer)
    work = clone(forge, bare)
    before = refs(forge, bare)
    work.commit(GOOD)
    fill(small_disk / "ballast")
    said = work.push("HEAD:main", env=LEAD)
    assert not said.accepted
    assert "o space left on device" in said.stderr
    assert refs(forge, bare) == before
    (small_disk / "ballast").unlink()
    said = work.push("HEAD:main", env=LEAD)
    assert said.accepted, said.stderr
    sound(bare)
    if is_warm:
        (bare / "gitcorpus/gatekeeper.sock").unlink()


OTHER = 12345 if os.geteuid() == 0 else None


@pytest.mark.parametrize("name", ["ledger/lock", "gatekeeper.sock.lock"])
def test_a_lock_that_another_account_took_before_its_rights_were_mended_stops_no_push_for_long(
    forge, warm, name
):
    work = clone(forge, warm)
    lock = warm / "gitcorpus" / name
    assert lock.stat().st_mode & 0o777 == 0o600
    if name == "gatekeeper.sock.lock":
        list(ask(warm / Server().socket, "stop"))
        wait_until(lambda: not (warm / Server().socket).exists())
    lock.chmod(0o644)
    for folder in (warm, *warm.parents):
        if OTHER and folder.stat().st_uid == os.geteuid() and folder != folder.parent:
            folder.chmod(folder.stat().st_mode | 0o011)
    work.commit(GOOD)
    started = time.monotonic()
    with held_lock(lock, uid=OTHER) as pid:
        said = work.push("HEAD:main", env=LEAD)
    assert time.monotonic() - started < 20
    assert f"process {pid} (python" in said.remote
    if name == "ledger/lock":
        assert not said.accepted
        assert f"{lock} lock-held: process {pid}" in said.remote
        assert lock.stat().st_mode & 0o777 == 0o600
        assert work.push("HEAD:main", env=LEAD).accepted
    else:
        assert said.accepted
        assert f"holds {Server().socket}.lock, so no gatekeeper was started" in said.remote
    sound(warm)


def test_a_pipe_in_the_place_of_a_lock_or_of_the_servers_file_is_not_waited_for(forge, installed):
    work = clone(forge, installed)
    work.commit(GOOD)
    for name, code in (("ledger/lock", "ledger-unwritable"), ("server.yaml", "server-file-unreadable")):
        path = installed / "gitcorpus" / name
        path.rename(path.with_name("aside"))
        os.mkfifo(path)
        said = work.push("HEAD:main", env=LEAD)
        assert not said.accepted
        assert f"{code}: " in said.remote
        assert "it is no regular file" in said.remote
        path.with_name("aside").rename(path)
    assert work.push("HEAD:main", env=LEAD).accepted
    sound(installed)
