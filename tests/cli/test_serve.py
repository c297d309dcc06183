import os
import signal
import socket
import subprocess
import sys

import pytest

from gitcorpus.cli.app import main

INSTALL = "--pusher-variable REMOTE_USER --no-account --admin NAME"


@pytest.fixture
def repos(forge):
    (forge.root / "repos").mkdir()
    forge.bare("repos/bare.git")
    account = str(forge.root / "repos/account.git")
    named = str(forge.root / "repos/named.git")
    assert main(["server", "install", account, "--admin", "lead"]) == 0
    assert main(["server", "install", named, "--admin", "lead", "--pusher-variable", "REMOTE_USER"]) == 0
    forge.work("repos/work")
    return forge.root / "repos"


def started(repos, *options):
    """Serve in a process of its own, which hears Ctrl-C as at a terminal."""
    command = [sys.executable, "-m", "gitcorpus.cli.app", "serve", str(repos), "--port", "0", *options]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONUNBUFFERED": "1"}
    )


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_says_what_is_served_and_ends_quietly(repos, number):
    with started(repos) as server:
        lines = [server.stdout.readline().rstrip() for _ in range(6)]
        base = lines[0].removesuffix("/account.git")
        server.send_signal(number)
        rest = server.stdout.read().splitlines()
    assert base.startswith("http://127.0.0.1:")
    path = f"{repos}/account.git/gitcorpus/server.yaml"
    assert lines == [
        f"{base}/account.git",
        f"  hint: it does not know who pushes; add REMOTE_USER to pusher.variables in {path}",
        f"{base}/bare.git",
        f"  hint: nothing judges pushes here; gitcorpus server install {repos}/bare.git {INSTALL}",
        f"{base}/named.git",
        "hint: nobody may push; --user NAME:PASSWORD, --users FILE or --anonymous NAME says who may",
    ]
    assert rest == ["ending: pushes that have arrived are finished; Ctrl-C again does not wait for them"]
    assert server.returncode == 0


def test_warns_where_others_can_listen(repos):
    with started(repos / "named.git", "--host", "0.0.0.0", "--anonymous", "lead") as server:
        lines = [server.stdout.readline().rstrip() for _ in range(2)]
        server.terminate()
    assert lines[0].endswith("/named.git")
    assert lines[1] == "warning: there is no TLS: whoever is on the way can read passwords and change pushes"


def test_what_cannot_be_served_is_said(repos, capsys):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        assert main(["serve", str(repos), "--port", str(port)]) == 2
    assert "cannot-listen: nothing can listen at 127.0.0.1" in capsys.readouterr().err
    assert main(["serve", str(repos / "work")]) == 2
    assert "nothing-to-serve" in capsys.readouterr().err
    assert main(["serve", str(repos / "none")]) == 2
    assert "nothing-to-serve" in capsys.readouterr().err
    assert main(["serve", str(repos), "--max-request", "many"]) == 2
    assert main(["serve", str(repos), "--user", "lead:x", "--anonymous", "north"]) == 2
    assert "there are users, so everybody has a name" in capsys.readouterr().err
