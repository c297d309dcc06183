"""What judges is on the disk at the moment of the push: what a warm gatekeeper remembers never does."""

import os
from itertools import count

import pytest
from server.installed import settle
from server.slow import GOOD, LEAD
from smallest import ADD, GATES, SPECS

from gitcorpus.ledger import Ledger
from gitcorpus.server.administration import PATH


@pytest.fixture
def work(forge, warm):
    """Return a clone of a repository whose gatekeeper has judged, and holds what judges."""
    work = forge.clone(warm)
    work.commit(SPECS, "specs", author="lead")
    assert work.push("HEAD:main", env=LEAD).accepted
    settle(warm)
    work.commit(GOOD)
    assert work.push("HEAD:main", env=LEAD).accepted
    settle(warm)
    return work


NUMBERS = count()


def again(work):
    """Push something new."""
    work.commit({f"{ADD}/more.py": f"x = {next(NUMBERS)}\n"})
    return work.push("HEAD:topic", env=LEAD)


def taken_away(path, there):
    """Put something else in the place of a file."""
    path.unlink()
    match there:
        case "a folder":
            path.mkdir()
        case "a pipe":
            os.mkfifo(path)
        case "a link to nothing":
            path.symlink_to("nowhere")
        case "a link to a device":
            path.symlink_to("/dev/zero")


@pytest.mark.parametrize(
    ("there", "code"),
    [
        ("nothing", "server-file-missing"),
        ("a link to nothing", "server-file-missing"),
        ("a folder", "server-file-unreadable"),
        ("a pipe", "server-file-unreadable"),
        ("a link to a device", "server-file-unreadable"),
        ("no YAML", "server-file-broken"),
        ("nothing in it", "server-file-broken"),
        ("no bytes that are text", "server-file-broken"),
    ],
)
def test_a_server_file_that_is_gone_or_broken_refuses_the_next_push(warm, work, there, code):
    path = warm / PATH
    text = path.read_bytes()
    if code == "server-file-broken":
        path.write_bytes({"no YAML": b": [\n", "nothing in it": b""}.get(there, b"\xff\xfe\x00"))
    else:
        taken_away(path, there)
    for _ in range(2):
        said = again(work)
        assert code in said.remote
        assert not said.accepted
    if path.is_dir():
        path.rmdir()
    path.unlink(missing_ok=True)
    path.write_bytes(text)
    said = again(work)
    assert said.accepted, said.stderr


def test_a_server_file_of_the_same_size_time_and_place_is_read(warm, work):
    path = warm / PATH
    before = path.stat()
    with path.open("r+b") as file:
        text = file.read().replace(b"PUSHER", b"NOBODY")
        file.seek(0)
        file.write(text)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    after = path.stat()
    assert (after.st_size, after.st_mtime_ns, after.st_ino) == (
        before.st_size,
        before.st_mtime_ns,
        before.st_ino,
    )
    again(work)
    entries = [entry for entry in Ledger.of(warm).entries() if entry.kind.value == "verdict"]
    assert entries[-1].body["pusher"] != "lead"


@pytest.mark.parametrize("how", ["deleted", "empty", "rewound", "broken specs", "stricter specs"])
def test_a_policy_branch_that_was_moved_behind_gits_back_judges_as_it_is(forge, warm, work, how):
    branch = warm / "refs/heads/main"
    first = forge.run("rev-list", "--max-parents=0", "refs/heads/main", cwd=warm).stdout.strip()
    texts = {
        "broken specs": {"specs/gates.yaml": "a: [\n"},
        "stricter specs": {
            "specs/gates.yaml": GATES + "gates:\n  - {id: size, uses: size, with: {max_file: 3}}\n"
        },
    }
    work.git("checkout", "--quiet", "-b", "aside")
    made = work.commit(texts.get(how, {"README.md": "Other.\n"}), author="lead")
    forge.run("fetch", "--quiet", str(work.path), "aside", cwd=warm)
    work.git("checkout", "--quiet", "main")
    match how:
        case "deleted":
            branch.unlink()
        case "empty":
            branch.write_bytes(b"")
        case "rewound":
            branch.write_text(f"{first}\n")
        case _:
            branch.write_text(f"{made}\n")
    work.commit({f"{ADD}/more.py": "x = 1\n"})
    said = work.push("HEAD:topic", env={"PUSHER": "north"})
    code = {
        "deleted": "policy-missing",
        "empty": "reference-broken",
        "broken specs": "the specs on the policy branch are broken",
        "stricter specs": "file-too-large",
    }.get(how, f"by the specs of main ({first[:7]})")
    assert code in said.remote
    assert said.accepted is (how == "rewound")


def test_a_tool_that_was_replaced_runs_as_it_is_now(warm, work, tmp_path):
    tool = tmp_path / "tool"
    tool.write_text("#!/bin/sh\nexit 0\n")
    tool.chmod(0o755)
    path = warm / PATH
    path.write_text(path.read_text() + f"tools:\n  check: {{command: [{tool}], sandbox: none}}\n")
    gates = GATES + "gates:\n  - {id: checked, uses: command, with: {tool: check, output: lines}}\n"
    work.commit({"specs/gates.yaml": gates}, author="lead")
    assert work.push("HEAD:main", env=LEAD).accepted
    settle(warm)
    assert again(work).accepted
    before = tool.stat()
    tool.write_text("#!/bin/sh\nexit 9\n")
    os.utime(tool, ns=(before.st_atime_ns, before.st_mtime_ns))
    said = again(work)
    assert not said.accepted
    assert "checked" in said.remote
    tool.unlink()
    assert not again(work).accepted


def test_the_key_of_incidents_is_read_at_each_push(warm, work):
    """A key that cannot be used is told; the one in memory is not taken for it."""
    key = warm / "gitcorpus/incidents.key"
    assert key.is_file()
    key.unlink()
    key.mkdir()
    assert not again(work).accepted
    key.rmdir()
    assert again(work).accepted
