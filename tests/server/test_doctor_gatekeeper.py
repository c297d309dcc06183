"""What the doctor says of the gatekeeper's socket, and of what pushes leave behind."""

import os
import socket
from datetime import UTC, datetime, timedelta

import pytest
from server.installed import NOW, settle
from server.slow import wait_until
from smallest import SPECS

from gitcorpus.cache import Cache
from gitcorpus.git.anchors import read_anchor
from gitcorpus.git.repo import Repo
from gitcorpus.ledger import Ledger
from gitcorpus.server.administration import PATH, Wishes
from gitcorpus.server.doctor import examine
from gitcorpus.server.install import install
from gitcorpus.server.reconcile import reconcile

LEAD = {"PUSHER": "lead"}
SOCKET = "gitcorpus/gatekeeper.sock"


@pytest.fixture
def says(forge, warm, program):
    """Return what the doctor says of a repository whose specs have landed: code and sentence."""
    work = forge.clone(warm)
    work.commit(SPECS, "specs", author="lead")
    assert work.push("HEAD:main", env=LEAD).accepted
    settle(warm)

    def run(*, uid=None, later=timedelta()):
        uid = os.geteuid() if uid is None else uid
        found = examine(warm, program, uid=uid, now=datetime.now(UTC) + later)
        return [(each.code, each.blocks, each.sentence, each.hint) for each in found]

    return run


@pytest.fixture
def listens_at(warm, installer):
    """Let the gatekeeper listen elsewhere."""

    def run(address):
        path = warm / PATH
        path.write_text(path.read_text().replace(f'"{SOCKET}"', f'"{address}"'))
        install(warm, Wishes(), installer)

    return run


def test_a_warm_gatekeeper_is_sound(says):
    assert says() == []


def test_a_path_that_is_too_long_for_a_socket(says, listens_at, tmp_path):
    listens_at(tmp_path / ("x" * 100))
    ((code, blocks, sentence, _),) = says()
    assert (code, blocks) == ("socket-path-long", True)
    assert sentence.endswith("an address has room for 107")


def test_a_folder_that_is_not_there_or_is_open_to_others(says, listens_at, tmp_path):
    folder = tmp_path / "run"
    listens_at(folder / "g.sock")
    ((code, blocks, _, _),) = says()
    assert (code, blocks) == ("socket-folder-missing", False)
    folder.mkdir(mode=0o755)
    assert says() == []
    folder.chmod(0o777)
    ((code, blocks, sentence, hint),) = says()
    assert (code, blocks) == ("socket-exposed", True)
    assert sentence == "other accounts can write it, and keep pushes from the gatekeeper"
    assert hint == f"chmod go-w {folder}"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_a_socket_of_another_account(says, warm):
    os.chown(warm / SOCKET, 4711, -1)
    ((code, _, sentence, hint),) = says()
    assert (code, sentence) == (
        "two-accounts",
        "two accounts push here: this belongs to 4711, and the repository to root; each shuts the other out",
    )
    assert hint == f"let the front end run git as root, and then: chown -R root {warm}"


def test_a_socket_that_others_may_write(says, warm):
    (warm / SOCKET).chmod(0o666)
    ((code, _, _, hint),) = says()
    assert (code, hint) == ("socket-exposed", f"chmod go= {warm / SOCKET}")


def test_a_socket_at_which_nobody_answers(says, listens_at, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX) as left:
        left.bind("g.sock")
        (tmp_path / "g.sock").chmod(0o600)
    listens_at(tmp_path / "g.sock")
    ((code, blocks, _, _),) = says()
    assert (code, blocks) == ("gatekeeper-silent", False)
    assert says(uid=4711) == []  # it would not be answered, whoever is there


def is_at_rest(bare):
    """Tell whether a gatekeeper has seen to the end of the first push, as the ledger's reference says last."""
    anchor = read_anchor(Repo.open(bare))
    return anchor is not None and anchor.digest == Ledger.of(bare).head().digest


def test_tickets_of_pushes_that_have_ended(says, warm):
    wait_until(lambda: is_at_rest(warm))
    (warm / "gitcorpus/tickets/1").write_text("alone 1\n")
    assert says() == []  # it may be taken back this very moment
    ((code, blocks, sentence, hint),) = says(later=timedelta(hours=1))
    assert (code, blocks) == ("tickets-left", False)
    assert sentence == "1 of them belong to pushes that have ended, and may have landed unrecorded"
    assert hint == f"gitcorpus server reconcile {warm}"
    reconcile(warm, now=NOW)
    assert says(later=timedelta(hours=1)) == []


def test_a_cache_that_has_grown_large(says, warm, monkeypatch):
    cache = Cache.of(warm)
    cache.learn("test", {bytes(32): bytes(3 << 20)}, today=NOW.date())
    cache.close()
    assert says() == []
    monkeypatch.setattr("gitcorpus.server.doctor_gatekeeper.MOST_CACHED", 3 << 20)
    ((code, blocks, sentence, hint),) = says()
    assert (code, blocks) == ("cache-large", False)
    assert sentence == "it has 3 MiB"
    assert hint.startswith(f"gitcorpus cache clear {warm} --before 20")
