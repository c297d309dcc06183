"""One gatekeeper for many repositories, started by systemd, which keeps the socket (sd_listen_fds(3))."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from server.installed import NOW, WISHES, settle
from server.slow import GOOD, LEAD
from smallest import ADD, SPECS

from gitcorpus.ledger import Ledger
from gitcorpus.server.administration import PATH, Wishes
from gitcorpus.server.gatekeeper import ask
from gitcorpus.server.install import install
from gitcorpus.server.reconcile import reconcile
from gitcorpus.shipped import shipped_path

JUDGE = shipped_path("server_hooks", "judge.py")
UNITS = shipped_path("server_hooks", "systemd")


@dataclass
class Systemd:
    """What systemd does by `gitcorpus.socket` and `gitcorpus.service`."""

    address: Path
    listener: socket.socket = field(default_factory=lambda: socket.socket(socket.AF_UNIX))

    def __post_init__(self):
        self.listener.bind(str(self.address))
        self.address.chmod(0o600)
        self.listener.listen(128)

    def start(self) -> int:
        """Start the service; the socket is descriptor 3."""
        command = [sys.executable, "-I", "-X", "utf8", str(JUDGE), "gatekeeper", str(self.address)]
        environ = {"PATH": os.environ["PATH"], "LISTEN_FDS": "1", "LISTEN_FDNAMES": "gatekeeper"}
        hand_over = [(os.POSIX_SPAWN_DUP2, self.listener.fileno(), 3)]
        return os.posix_spawn(command[0], command, environ, file_actions=hand_over)

    def stop(self, pid: int) -> int:
        """Stop the service, and return its exit code."""
        os.kill(pid, signal.SIGTERM)
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])

    def status(self) -> dict[str, int]:
        (line,) = ask(self.address, "status")
        return json.loads(line)


@pytest.fixture
def systemd():
    with TemporaryDirectory() as folder:  # the address of a socket has room for 107 bytes
        systemd = Systemd(Path(folder, "gatekeeper.sock"))
        with systemd.listener:
            yield systemd


@pytest.fixture
def bares(forge, installer, systemd):
    """Two repositories whose server's files name the socket."""
    bares = [forge.bare("one.git"), forge.bare("two.git")]
    for bare in bares:
        install(bare, replace(WISHES, gatekeeper=True), installer)
        path = bare / PATH
        path.write_text(
            path.read_text().replace('"gitcorpus/gatekeeper.sock"', json.dumps(str(systemd.address)))
        )
        install(bare, Wishes(), installer)
    return bares


def sound(bare):
    settle(bare)
    assert Ledger.of(bare).verify()[1] == ()
    return reconcile(bare, now=NOW)


def test_two_repositories_share_the_gatekeeper_that_systemd_starts(forge, bares, systemd):
    works = [forge.clone(bare, bare.stem) for bare in bares]
    for work in works:
        work.commit(SPECS, "specs", author="lead")
    with ThreadPoolExecutor(1) as threads:
        early = threads.submit(works[0].push, "HEAD:main", env=LEAD)
        pid = systemd.start()  # the push waits meanwhile
        assert early.result().accepted
    assert works[1].push("HEAD:main", env=LEAD).accepted
    works[0].commit({f"{ADD}/add.py": "x = (\n"})
    works[1].commit(GOOD)
    refused, accepted = (work.push("HEAD:main", env=LEAD) for work in works)
    assert "syntax-error" in refused.remote
    assert accepted.accepted
    assert [sound(bare) for bare in bares] == [((), ()), ((), ())]
    status = systemd.status()
    assert (status["pid"], status["pushes"], status["judging"]) == (pid, 4, 0)
    assert systemd.stop(pid) == 0


def test_the_socket_stays_systemds(forge, bares, systemd):
    work = forge.clone(bares[0])
    for files in (SPECS, GOOD):
        work.commit(files, author="lead")
        pid = systemd.start()
        assert work.push("HEAD:main", env=LEAD).accepted
        assert sound(bares[0]) == ((), ())
        assert systemd.stop(pid) == 0
        assert [path.name for path in systemd.address.parent.iterdir()] == ["gatekeeper.sock"]


def lines(unit):
    text = (UNITS / unit).read_text()
    return dict(re.findall(r"(?m)^(\w+)=(.*)$", text))


def test_the_units_name_one_socket_one_account_and_what_there_is():
    listens, serves = lines("gitcorpus.socket"), lines("gitcorpus.service")
    assert listens["SocketUser"] == serves["User"]
    words = serves["ExecStart"].split()
    assert words[1:4] == ["-I", "-X", "utf8"]
    assert words[4].endswith("/gitcorpus/shipped/server_hooks/judge.py")
    assert words[5:] == ["gatekeeper", listens["ListenStream"]]


def test_the_service_leaves_bubblewrap_what_it_needs():
    serves = lines("gitcorpus.service")
    covers = {"ProtectKernelLogs", "ProtectKernelTunables", "ProtectProc", "ProcSubset"}
    forbids = {"ProtectHostname", "RestrictNamespaces", "SystemCallFilter"}
    assert serves.keys() & (covers | forbids) == set()
    assert {"AF_UNIX", "AF_NETLINK", "AF_INET", "AF_INET6"} <= set(serves["RestrictAddressFamilies"].split())


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="there is no systemd here")
def test_systemd_understands_the_units(tmp_path):
    for unit in ("gitcorpus.socket", "gitcorpus.service"):
        text = (UNITS / unit).read_text().replace("=git\n", "=root\n")
        text = re.sub(r"ExecStart=\S+", f"ExecStart={sys.executable}", text)
        (tmp_path / unit).write_text(text)
    command = ["systemd-analyze", "verify", *sorted(str(path) for path in tmp_path.iterdir())]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    ours = [line for line in done.stderr.splitlines() if "gitcorpus" in line]
    assert ours == []
