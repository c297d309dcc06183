"""The same pushes over a local path, ssh and HTTP: the same verdicts, in the same words."""

import os
import re

import pytest
from forge import Outcome
from server.installed import settle
from server.transports import find_sshd, route
from smallest import ADD, SPECS

from gitcorpus.ledger import Ledger
from gitcorpus.model.entry import EntryKind
from gitcorpus.server.administration import Wishes
from gitcorpus.server.install import install

WISHES = Wishes(admins=("lead",), pusher_variables=("REMOTE_USER", "PUSHER"), pusher_account=False)
GOOD = {f"{ADD}/add.py": "def add(a, b):\n    return a + b\n"}
BAD = {"corpus/basics/ad/north/ad.py": "x = 1\n"}
ALWAYS = ("path", "ssh", "http")


@pytest.fixture(params=[*ALWAYS, "sshd"])
def kind(request):
    if request.param == "sshd" and find_sshd() is None:
        pytest.skip("no sshd that would start here: its part of ssh is emulated in the case `ssh`")
    return request.param


@pytest.fixture
def bare(forge, installer):
    return make(forge, installer, "it's a server")


def make(forge, installer, folder):
    (forge.root / folder).mkdir()
    path = forge.bare(f"{folder}/corpus.git")
    install(path, WISHES, installer)
    return path


def push(work, bare, kind, user, *refspecs, options=(), config=()) -> Outcome:
    with route(kind, bare, user, work.forge.environ) as way:
        given = [f"--push-option={option}" for option in options]
        settings = [word for setting in config for word in ("-c", setting)]
        words = [*settings, "push", *given, way.url, *(refspecs or ("HEAD:main",))]
        done = work.git(*words, check=False, env=way.env)
    return Outcome(done.returncode, done.stderr)


def masked(outcome: Outcome) -> str:
    return re.sub("[0-9a-f]{12}", "<entry>", outcome.remote)


def verdicts(bare):
    entries = list(Ledger.of(bare).entries())
    return [(e.body["outcome"], e.body["pusher"]) for e in entries if e.kind is EntryKind.VERDICT]


def founded(forge, bare):
    """A clone with two branches on the server: the specs on `main`, and nothing of content yet."""
    work = forge.work()
    work.commit(SPECS, "specs", author="lead")
    assert push(work, bare, "path", "lead").accepted
    return work


def test_a_repository_lives_behind_every_way_in(forge, bare, kind):
    work = forge.work()
    work.commit(SPECS, "specs", author="lead")
    early = push(work, bare, kind, "north")
    first = push(work, bare, kind, "lead")
    work.branch("topic")
    work.commit(BAD, "bad", author="north")
    bad = push(work, bare, kind, "north", "HEAD:topic")
    work.git("reset", "--quiet", "--hard", "HEAD~1")
    work.commit(GOOD, "good", author="north")
    good = push(work, bare, kind, "north", "HEAD:topic")
    gone = push(work, bare, kind, "south", ":topic")
    work.tag("v1")
    tagged = push(work, bare, kind, "lead", "v1")

    codes = [outcome.code for outcome in (early, first, bad, good, gone, tagged)]
    assert codes == [1, 0, 1, 0, 0, 0], tagged.stderr
    assert "remote rejected" in bad.stderr
    assert verdicts(bare) == [
        ("refused", "north"),
        ("accepted", "lead"),
        ("refused", "north"),
        ("accepted", "north"),
        ("accepted", "south"),
        ("accepted", "lead"),
    ]
    settle(bare)
    assert [e.kind.value for e in Ledger.of(bare).entries()].count("landed") == 4
    assert Ledger.of(bare).verify()[1] == ()


def test_the_same_refused_push_reads_the_same_on_every_way_in(forge, installer):
    work = forge.work()
    work.commit(SPECS, "specs", author="lead")
    work.commit(BAD, "bad", author="north")
    texts = {}
    for kind in [*ALWAYS, "sshd"] if find_sshd() else ALWAYS:
        bare = make(forge, installer, f"server {kind}")
        assert push(work, bare, kind, "lead", "HEAD~1:refs/heads/main").accepted
        texts[kind] = masked(push(work, bare, kind, "north", "HEAD:refs/heads/topic"))
    assert len(set(texts.values())) == 1, texts
    assert texts["http"].startswith("judging 1 commit, 1 file by the specs of main (")
    assert texts["http"].endswith("\nverdict <entry>")


def test_the_first_push_is_an_admins_and_brings_valid_specs(forge, bare):
    work = forge.work()
    work.commit(SPECS, "specs", author="lead")
    assert "not-an-admin" in push(work, bare, "path", "north").remote
    assert "policy-missing" in push(work, bare, "path", "lead", "HEAD:topic").remote
    work.commit({"specs/corpus.yaml": SPECS["specs/corpus.yaml"].replace("kind: Corpus", "kind: Corpse")})
    assert "did you mean" in push(work, bare, "path", "lead").remote
    assert not forge.run("for-each-ref", "refs/heads", "refs/tags", cwd=bare).stdout


def test_options_reach_the_hook(forge, bare):
    work = founded(forge, bare)
    work.commit(BAD | {f"corpus/basics/ad/north/{n}.py": "" for n in range(40)}, "bad")
    plain = push(work, bare, "http", "north", "HEAD:topic")
    assert "\x1b[31mrefused" not in plain.remote
    assert "push again with -o full to see all" in plain.remote
    full = push(work, bare, "http", "north", "HEAD:topic", options=("full", "color"))
    assert "\x1b[31mrefused" in full.remote
    assert full.remote.count("unknown-task") == 41


def test_large_pushes_and_fetches_come_through_http(forge, bare):
    work = founded(forge, bare)
    noise = "".join(f'x{n} = "{os.urandom(24).hex()}"\n' for n in range(4000))
    work.commit({f"{ADD}/noise.py": noise}, "noise")
    for _ in range(60):
        work.commit(allow_empty=True)
    other = forge.clone(bare, "other")
    other.commit(GOOD, "good")
    assert push(other, bare, "path", "north").accepted
    with route("http", bare, "north", forge.environ) as way:
        pushed = work.git(
            "-c", "http.postBuffer=65536", "push", way.url, "HEAD~60:refs/heads/topic", check=False
        )
        work.git("fetch", way.url, "main")
    assert pushed.returncode == 0, pushed.stderr
    assert {"chunked", "gzip"} <= way.seen


def test_gitcorpus_own_references_are_hidden_from_clients(forge, bare):
    work = founded(forge, bare)
    forge.run("update-ref", "refs/gitcorpus/ledger", work.head, cwd=bare)
    refused = push(work, bare, "path", "lead", "HEAD:refs/gitcorpus/ledger")
    assert "deny updating a hidden ref" in refused.stderr
    listed = work.git("ls-remote", str(bare), "refs/gitcorpus/*").stdout
    assert [line.split()[1] for line in listed.splitlines()] == ["refs/gitcorpus/ledger-head"]
