import json
import os
import sys

import pytest

from gitcorpus.errors import UnjudgedError
from gitcorpus.git.receive import parse_updates, read_push
from gitcorpus.git.repo import Repo
from gitcorpus.model.place import ZERO_OID

A, B = "a" * 40, "b" * 40

HOOK = """#!{python}
import json, os, sys
kept = {{name: value for name, value in os.environ.items() if name.startswith("GIT_")}}
with open({out!r}, "w") as file:
    json.dump([sys.stdin.read(), kept], file)
if {script!r}:
    exec({script!r})
"""


def install_hook(bare, out, script=""):
    hook = bare / "hooks" / "pre-receive"
    hook.write_text(HOOK.format(python=sys.executable, out=str(out), script=script))
    hook.chmod(0o755)


def test_reads_updates():
    first, second = parse_updates(f"{ZERO_OID} {A} refs/heads/new\n{A} {ZERO_OID} refs/heads/a b\n".encode())
    assert (first.ref, first.old, first.new, first.creates, first.deletes) == (
        "refs/heads/new",
        ZERO_OID,
        A,
        True,
        False,
    )
    assert (second.ref, second.deletes) == ("refs/heads/a b", True)
    assert parse_updates(f"{A} {B} refs/heads/last".encode())[0].ref == "refs/heads/last"
    assert parse_updates(f"{A} {B} refs/heads/".encode() + b"\xe9\n")[0].ref == "refs/heads/\udce9"


@pytest.mark.parametrize(
    "data",
    [b"", b"\n", b"x", f"{A} {B}".encode(), f"{A} {B[1:]} refs/a\n".encode(), f"{A} {B} r\n\n".encode()],
)
def test_refuses_what_git_does_not_write(data):
    with pytest.raises(UnjudgedError) as caught:
        parse_updates(data)
    assert caught.value.code == "bad-hook-input"


def test_reads_push_options_and_the_quarantine():
    environ = {"GIT_PUSH_OPTION_COUNT": "2", "GIT_PUSH_OPTION_0": "color", "GIT_PUSH_OPTION_1": "full"}
    push = read_push(f"{A} {B} refs/heads/main\n".encode(), environ, pusher="north")
    assert (push.options, push.pusher, push.quarantine) == (("color", "full"), "north", None)
    for broken in (
        {"GIT_PUSH_OPTION_COUNT": "3"},
        {"GIT_PUSH_OPTION_COUNT": "-1"},
        {"GIT_PUSH_OPTION_COUNT": "9999"},
    ):
        with pytest.raises(UnjudgedError) as caught:
            read_push(f"{A} {B} refs/heads/main\n".encode(), environ | broken, pusher=None)
        assert caught.value.code == "bad-hook-input"


def test_reads_what_a_real_push_hands_over(forge):
    bare = forge.bare()
    forge.run("config", "receive.advertisePushOptions", "true", cwd=bare)
    script = (
        "from pathlib import Path\n"
        "from gitcorpus.git.changes import new_commits\n"
        "from gitcorpus.git.receive import parse_updates\n"
        "from gitcorpus.git.repo import Repo\n"
        "repo = Repo.open(Path('.'), quarantine=kept['GIT_QUARANTINE_PATH'])\n"
        f"updates = parse_updates(json.load(open({str(forge.root / 'seen')!r}))[0].encode())\n"
        "subjects = [commit.subject for commit in new_commits(repo, updates[0].new)]\n"
        "print(repo.snapshot(updates[0].new).read('a').decode(), subjects)\n"
        "sys.exit(1)\n"
    )
    install_hook(bare, forge.root / "seen", script)
    work = forge.clone(bare)
    commit = work.commit({"a": "pushed"}, "first")
    work.tag("v1", message="one")
    outcome = work.push("main", "v1", options=["full", "x=1"])
    stdin, environ = json.loads((forge.root / "seen").read_text())
    push = read_push(stdin.encode(), environ, pusher=None)
    assert [(update.ref, update.creates) for update in push.updates] == [
        ("refs/heads/main", True),
        ("refs/tags/v1", True),
    ]
    assert push.updates[0].new == commit
    assert push.options == ("full", "x=1")
    assert os.path.realpath(push.quarantine).startswith(f"{bare}/objects/")
    assert (outcome.accepted, outcome.remote) == (False, "pushed ['first']")
    assert Repo.open(bare).peel(commit) is None


def test_a_deletion_has_no_quarantine(forge):
    bare = forge.bare()
    work = forge.clone(bare)
    work.commit({"a": "1"})
    work.push("main", "main:refs/heads/gone")
    install_hook(bare, forge.root / "seen")
    assert work.push(":refs/heads/gone").accepted
    stdin, environ = json.loads((forge.root / "seen").read_text())
    push = read_push(stdin.encode(), environ, pusher=None)
    assert (push.updates[0].deletes, push.quarantine) == (True, None)
