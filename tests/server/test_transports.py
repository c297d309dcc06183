"""The same pushes over a local path, ssh and HTTP: the same verdicts, in the same words."""

import re

import pytest
from forge import Outcome
from server.transports import find_sshd, route
from smallest import ADD, SPECS

from gitcorpus.ledger import Ledger
from gitcorpus.model.entry import EntryKind
from gitcorpus.server.administration import Wishes
from gitcorpus.server.install import install

WISHES = Wishes(admins=("lead",), pusher_variables=("REMOTE_USER", "PUSHER"), pusher_account=False)
GOOD = {f"{ADD}/add.py": "def add(a, b):\n    return a + b\n"}
BAD = {f"{ADD}/add.py": "def add(a, b:\n    return a + b\n", "corpus/basics/ad/north/ad.py": "x = 1\n"}


@pytest.fixture(params=["path", "ssh", "sshd", "http"])
def kind(request):
    if request.param == "sshd" and find_sshd() is None:
        pytest.skip("sshd is not installed: its part of ssh is emulated in the case `ssh`")
    return request.param


@pytest.fixture
def bare(forge, installer):
    path = forge.root / "it's a server" / "corpus.git"
    path.parent.mkdir()
    forge.bare(f"{path.parent.name}/{path.name}")
    install(path, WISHES, installer)
    return path


def push(work, bare, kind, user, *refspecs, options=(), config=()) -> Outcome:
    with route(kind, bare, user, work.forge.environ) as way:
        given = [f"--push-option={option}" for option in options]
        settings = [word for setting in config for word in ("-c", setting)]
        done = work.git(*settings, "push", *given, way.url, *(refspecs or ("HEAD:main",)), check=False, env=way.env)
    return Outcome(done.returncode, done.stderr)


def masked(outcome: Outcome) -> str:
    return re.sub("[0-9a-f]{12}", "<entry>", outcome.remote)


def verdicts(bare):
    entries = list(Ledger.of(bare).entries())
    return [(e.body["outcome"], e.body["pusher"]) for e in entries if e.kind is EntryKind.VERDICT]


def test_the_same_life_on_every_way_in(forge, bare, kind):
    work = forge.work()
    work.commit(SPECS, "specs", author="lead")

    early = push(work, bare, kind, "north")
    assert early.code == 1
    assert masked(early) == (
        "judging 1 commit, 8 files by no specs yet\n"
        "refused: 1 finding (policy 1), 3 gates passed\n"
        "refs/heads/main not-an-admin: there is no branch refs/heads/main yet; until then only an admin may push, "
        "and `north` is none\n"
        "  hint: admins: lead\n"
        "verdict <entry>"
    )
    first = push(work, bare, kind, "lead")
    assert (first.code, first.remote) == (
        0,
        "judging 1 commit, 8 files by no specs yet\naccepted: 4 gates passed",
    )

    specs = work.head[:7]
    work.branch("topic")
    work.commit(BAD, "add", author="north")
    bad = push(work, bare, kind, "north", "HEAD:topic")
    assert bad.code == 1
    assert masked(bad) == (
        f"judging 1 commit, 2 files by the specs of main ({specs})\n"
        "refused: 2 findings (layout 1, syntax 1), 5 gates passed\n"
        "corpus/basics/ad/north/ad.py unknown-task: unit `basics` has no task `ad`\n"
        "  hint: did you mean `add`?\n"
        "verdict <entry>"
    )
    work.git("reset", "--quiet", "--hard", "HEAD~1")
    work.commit(GOOD, "add", author="north")
    good = push(work, bare, kind, "north", "HEAD:topic")
    assert (good.code, good.remote.splitlines()[-1]) == (0, "accepted: 7 gates passed")
    gone = push(work, bare, kind, "south", ":topic")
    assert (gone.code, gone.remote.splitlines()[-1]) == (0, "accepted: 1 gate passed")

    assert verdicts(bare) == [
        ("refused", "north"),
        ("accepted", "lead"),
        ("refused", "north"),
        ("accepted", "north"),
        ("accepted", "south"),
    ]
    assert [e.kind.value for e in Ledger.of(bare).entries()].count("landed") == 3
    assert Ledger.of(bare).verify()[1] == ()
