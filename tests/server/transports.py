"""The ways in which a push reaches a bare repository: a local path, ssh, and `git http-backend`.

ssh is emulated: a script that git calls instead of ssh runs what sshd would run for a forced command, in an
environment of its own. Where sshd is installed, it is used as well.
"""

import os
import shlex
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from getpass import getuser
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp
from threading import Thread
from urllib.parse import quote

from gitcorpus.server.http import Handler
from gitcorpus.server.http_front import Front, Terms
from gitcorpus.server.http_shelf import Shelf
from gitcorpus.server.http_users import User, Users

FORCED = """\
#!/bin/sh
# What sshd runs for the key of the user in $1, whatever command the client asked for.
exec env -i PATH="$PATH" HOME="$HOME" GIT_CONFIG_GLOBAL=/dev/null PUSHER="$1" git-shell -c "$SSH_ORIGINAL_COMMAND"
"""

SSH = """\
#!/bin/sh
# Stands for `ssh USER@HOST COMMAND`: no option of git's reaches the server but the command.
for last; do :; done
SSH_ORIGINAL_COMMAND="$last" exec {forced} "$(echo "$1" | sed 's/@.*//')"
"""


@dataclass
class Route:
    """Where to push to, and what the client's environment must hold."""

    url: str
    env: Mapping[str, str] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)


@contextmanager
def route(kind: str, bare: Path, user: str, environ: Mapping[str, str]) -> Iterator[Route]:
    """Open one way to a repository for one user, as the server would after it knows who they are."""
    if kind == "path":
        yield Route(str(bare), {"PUSHER": user})
    elif kind == "ssh":
        yield ssh(bare, user)
    elif kind == "sshd":
        with sshd(bare, user, environ) as found:
            yield found
    else:
        with http(bare, user) as found:
            yield found


def script(path: Path, text: str) -> Path:
    path.write_text(text)
    path.chmod(0o755)
    return path


def ssh(bare: Path, user: str) -> Route:
    forced = script(bare.parent / "forced", FORCED)
    command = script(bare.parent / "ssh", SSH.format(forced=shlex.quote(str(forced))))
    env = {"GIT_SSH_COMMAND": shlex.quote(str(command)), "GIT_SSH_VARIANT": "simple"}
    return Route(f"{user}@server.example:{bare}", env)


@cache
def find_sshd() -> str | None:
    """Return an sshd that would start here, or none; it wants a user and a folder of its own if it is root's."""
    found = shutil.which("sshd", path=f"{os.environ['PATH']}:/usr/sbin")
    if found is None:
        return None
    with TemporaryDirectory() as folder:
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", f"{folder}/host"], check=True)
        test = [found, "-t", "-f", "/dev/null", "-h", f"{folder}/host"]
        return found if subprocess.run(test, capture_output=True, check=False).returncode == 0 else None


@contextmanager
def sshd(bare: Path, user: str, environ: Mapping[str, str]) -> Iterator[Route]:
    """Start a real sshd on a free port of this machine, with one key whose command is forced."""
    folder = Path(mkdtemp(dir=environ["HOME"]))
    for key in ("host", "client"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / key], check=True)
    forced = script(folder / "forced", FORCED)
    public = (folder / "client.pub").read_text()
    (folder / "keys").write_text(f'command="{forced} {user}",restrict {public}')
    port = free_port()
    (folder / "config").write_text(
        f"Port {port}\nListenAddress 127.0.0.1\nHostKey {folder}/host\nAuthorizedKeysFile {folder}/keys\n"
        "StrictModes no\nUsePAM no\nPasswordAuthentication no\nPermitRootLogin forced-commands-only\n"
        "PidFile none\n"
    )
    command = [find_sshd(), "-D", "-E", folder / "log", "-f", folder / "config"]
    options = f"-F none -i {folder}/client -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -q"
    url = f"ssh://{getuser()}@127.0.0.1:{port}{quote(str(bare))}"
    with subprocess.Popen(command, env=dict(environ)) as server:
        try:
            wait_for(port, folder / "log")
            yield Route(url, {"GIT_SSH_COMMAND": f"ssh {options}"})
        finally:
            server.terminate()


@contextmanager
def http(bare: Path, user: str) -> Iterator[Route]:
    """Serve as `gitcorpus serve` does."""
    seen: set[str] = set()

    class Seeing(Handler):
        def parse_request(self) -> bool:
            is_one = super().parse_request()
            if is_one:
                seen.update(self.headers.get(name, "") for name in ("Transfer-Encoding", "Content-Encoding"))
            return is_one

    terms = Terms(shelf=Shelf.of(bare), users=Users(known=(User(name=user, password="secret"),)))
    with Front(("127.0.0.1", 0), Seeing, terms, lambda _: None) as front:
        Thread(target=front.serve_forever, daemon=True).start()
        try:
            yield Route(f"{front.url.replace('//', f'//{user}:secret@')}/{bare.name}", seen=seen)
        finally:
            front.shutdown()
            front.end()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(port: int, log: Path) -> None:
    for _ in range(100):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError(f"sshd did not answer\n{log.read_text() if log.exists() else ''}")
