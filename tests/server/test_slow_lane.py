"""Pushes whose gates need more time than a push has: parked, judged after it, and landed if they pass."""

import json
import time
from dataclasses import replace

import pytest
from server.installed import NOW, WISHES, settle
from smallest import ADD, GATES, SPECS

from gitcorpus.cli.app import main
from gitcorpus.ledger import Ledger
from gitcorpus.model.server import Server
from gitcorpus.server.administration import PATH
from gitcorpus.server.gatekeeper import ask
from gitcorpus.server.install import install
from gitcorpus.server.pending import State, all_parked
from gitcorpus.server.reconcile import reconcile

GOOD = {f"{ADD}/add.py": "def add(a, b):\n    return a + b\n"}
LEAD = {"PUSHER": "lead"}
SLOW = (
    GATES
    + """\
gates:
  - {id: slow, uses: command, budget: 300s, refs: [refs/heads/main], with: {tool: slow, output: lines}}
"""
)


@pytest.fixture(params=[False, True], ids=["alone", "watched"])
def bare(forge, installer, request, tmp_path):
    bare = forge.bare()
    install(bare, replace(WISHES, gatekeeper=request.param, slow_lane=True), installer)
    script = f"while ! [ -e {tmp_path}/go ]; do sleep 0.02; done; cat {tmp_path}/go"
    tools = f"tools:\n  slow: {{command: [/bin/sh, -c, '{script}'], sandbox: none}}\n"
    path = bare / PATH
    path.write_text(path.read_text() + tools)
    yield bare
    settle(bare)
    if request.param:
        list(ask(bare / Server().socket, "stop"))


@pytest.fixture
def is_watched(request):
    return "watched" in request.node.name


@pytest.fixture
def work(forge, bare):
    work = forge.clone(bare)
    work.commit({**SPECS, "specs/gates.yaml": SLOW}, "specs", author="lead")
    said = work.push("HEAD:main", env=LEAD)
    assert said.accepted, said.stderr
    settle(bare)
    work.commit(GOOD, "good")
    return work


def ref(forge, bare, name="refs/heads/main"):
    return forge.run("for-each-ref", "--format=%(objectname)", name, cwd=bare).stdout.strip()


def worked_off(bare, is_watched):
    """Wait until nothing is parked; without a gatekeeper somebody has to see to it."""
    if not is_watched:
        assert main(["pending", "run", "--repo", str(bare)]) == 0
    for _ in range(500):
        states = [parked.state for parked in all_parked(bare)]
        if State.PARKED not in states:
            return states
        time.sleep(0.02)
    raise AssertionError("a push is still parked")


def test_a_push_that_has_to_wait_lands_when_it_passes(forge, bare, work, tmp_path, is_watched):
    before = ref(forge, bare)
    said = work.push("HEAD:main", env=LEAD)
    assert said.accepted
    (parked,) = all_parked(bare)
    assert said.remote.splitlines()[1:] == [
        "parked: 11 gates passed, 1 still to judge (slow)",
        "slow: it may take 300 s, and a push has 60 s",
        f"verdict {parked.id}",
        f"hint: main moves when they pass; your next push tells what became of {parked.id}",
    ]
    assert f"[new reference]   HEAD -> refs/gitcorpus/pending/{work.head}" in said.stderr
    assert ref(forge, bare) == before
    assert not ref(forge, bare, "refs/gitcorpus/pending/")
    assert forge.run("cat-file", "-e", work.head, cwd=bare, check=False).returncode
    (tmp_path / "go").write_bytes(b"")
    assert worked_off(bare, is_watched) == [State.LANDED]
    assert ref(forge, bare) == work.head
    assert not ref(forge, bare, "refs/gitcorpus/pending/")
    settle(bare)
    assert reconcile(bare, now=NOW) == ((), ())
    kinds = [(entry.kind.value, entry.body.get("outcome")) for entry in Ledger.of(bare).entries()]
    assert kinds[-3:] == [("verdict", "parked"), ("verdict", "accepted"), ("landed", None)]


def test_a_push_that_does_not_pass_is_refused_and_its_pusher_is_told_once(
    forge, bare, work, tmp_path, is_watched
):
    before = ref(forge, bare)
    assert work.push("HEAD:main", env=LEAD).accepted
    (tmp_path / "go").write_text(f"{ADD}/add.py:2: too slow\n")
    assert worked_off(bare, is_watched) == [State.REFUSED]
    assert ref(forge, bare) == before
    (parked,) = all_parked(bare)
    assert "add.py:2 tool-finding: too slow" in parked.said
    told = f"your parked push {parked.id}: refused: refused: 1 finding (slow 1), 11 gates passed"
    work.git("checkout", "--quiet", before)
    assert told in work.push("HEAD:refs/tags/v1", env=LEAD).remote.splitlines()
    assert told not in work.push("HEAD:refs/tags/v2", env=LEAD).remote
    assert told not in work.push("HEAD:refs/tags/v3", env={"PUSHER": "north"}).remote


def test_a_release_tag_waits_for_the_gates_of_a_merge(bare, work, tmp_path, is_watched, capsys):
    tag = work.tag("v1", message="one")
    said = work.push("refs/tags/v1", env=LEAD)
    assert said.accepted
    assert said.remote.splitlines()[1] == "parked: 11 gates passed, 1 still to judge (slow)"
    assert not ref(work.forge, bare, "refs/tags/v1")
    assert main(["release", "v1", "--repo", str(bare), "-o", str(tmp_path / "release")]) == 2
    assert "unknown-tag" in capsys.readouterr().err
    (tmp_path / "go").write_bytes(b"")
    assert worked_off(bare, is_watched) == [State.LANDED]
    assert ref(work.forge, bare, "refs/tags/v1") == tag
    settle(bare)
    capsys.readouterr()
    assert main(["release", "v1", "--repo", str(bare), "-o", str(tmp_path / "release")]) == 0
    verdict = [entry for entry in Ledger.of(bare).entries() if entry.body.get("outcome")][-1]
    (update,) = verdict.body["updates"]
    assert (update["commit"], update["stage"], update["requires"]) == (work.head, "merge", "merge")
    assert json.loads((tmp_path / "release/manifest.json").read_bytes())["verdict"] == verdict.digest


def test_a_parked_push_stands_behind_no_release(bare, work, tmp_path, is_watched, capsys):
    assert work.push("HEAD:main", env=LEAD).accepted
    past_the_gate = (
        "-c",
        "core.hooksPath=/dev/null",
        "fetch",
        "--quiet",
        str(work.path),
        "HEAD:refs/tags/v1",
    )
    work.forge.run(*past_the_gate, cwd=bare)
    assert main(["release", "v1", "--repo", str(bare), "-o", str(tmp_path / "release")]) == 1
    assert "refs/tags/v1 tag-unjudged: no push with commit" in capsys.readouterr().err
    (tmp_path / "go").write_text(f"{ADD}/add.py:2: too slow\n")
    assert worked_off(bare, is_watched) == [State.REFUSED]
    assert main(["release", "v1", "--repo", str(bare), "-o", str(tmp_path / "release")]) == 1
    assert "refs/tags/v1 tag-unjudged: no push with commit" in capsys.readouterr().err


def test_what_the_quick_gates_refuse_is_refused_at_once(bare, work):
    work.commit({f"{ADD}/add.py": "x = (\n"})
    said = work.push("HEAD:main", env=LEAD)
    assert not said.accepted
    assert said.remote.splitlines()[1] == "refused: 1 finding (syntax 1), 10 gates passed, 1 unjudged"
    assert not list(all_parked(bare))


BY = ("-c", "user.name=Lead", "-c", "user.email=lead@corpus.example")


def test_a_reference_that_moved_meanwhile_stays(forge, bare, work, tmp_path, is_watched):
    assert work.push("HEAD:main", env=LEAD).accepted
    before = ref(forge, bare)
    made = forge.run(
        *BY, "commit-tree", "-p", before, "-m", "x", f"{before}^{{tree}}", cwd=bare
    ).stdout.strip()
    assert main(["server", "move", str(bare), "refs/heads/main", made, "--reason", "x"]) == 0
    (tmp_path / "go").write_bytes(b"")
    assert worked_off(bare, is_watched) == [State.STALE]
    assert ref(forge, bare) == made


def test_a_cancelled_push_lands_never(  # noqa: PLR0917 - fixtures
    forge, bare, work, tmp_path, is_watched, capsys
):
    before = ref(forge, bare)
    assert work.push("HEAD:main", env=LEAD).accepted
    settle(bare)
    (parked,) = all_parked(bare)
    at = ["--repo", str(bare)]
    assert main(["pending", "list", *at]) == 0
    assert parked.id in capsys.readouterr().out
    assert main(["pending", "cancel", parked.id, *at, "--reason", "a mistake"]) == 0
    (tmp_path / "go").write_bytes(b"")
    worked_off(bare, is_watched)
    assert ref(forge, bare) == before
    assert main(["pending", "cancel", parked.id, *at, "--reason", "again"]) == 2
    assert "push-ended" in capsys.readouterr().err
    assert main(["pending", "show", parked.id, *at]) == 0
    assert "a mistake" in capsys.readouterr().out
    assert main(["pending", "show", "../../config", *at]) == 2


def test_without_the_hook_that_parks_nothing_moves(forge, bare, work):
    before = ref(forge, bare)
    (bare / "hooks/proc-receive").unlink()
    assert not work.push("HEAD:main", env=LEAD).accepted
    forge.run("config", "--unset-all", "receive.procReceiveRefs", cwd=bare)
    assert not work.push("HEAD:main", env=LEAD).accepted
    assert ref(forge, bare) == before
    reconcile(bare, now=NOW)


def test_a_deletion_is_not_parked(work):
    assert work.push(f"{work.head}~1:refs/heads/old", env=LEAD).accepted
    said = work.push("HEAD:main", ":old", env=LEAD)
    assert not said.accepted
    assert "parked-deletion" in said.remote
    assert work.push(":old", env=LEAD).accepted


def test_without_a_slow_lane_a_gate_that_does_not_fit_does_not_come_in(forge, installed):
    work = forge.clone(installed)
    work.commit({**SPECS, "specs/gates.yaml": SLOW}, "specs", author="lead")
    said = work.push("HEAD:main", env=LEAD)
    assert not said.accepted
    assert "gate-cannot-answer" in said.remote
    assert "it may take 300 s, and a push has 60 s on this server" in said.remote
