"""Refused pushes that the server keeps, and the pairs that views make of them."""

from datetime import timedelta

import pyarrow.parquet as pq
import pytest
from gates.secrets.made_up import planted
from server.installed import NOW
from smallest import ADD, GATES, RELEASE, SPECS

from gitcorpus.catalog.refused import KEPT, kept_tips
from gitcorpus.flows.refused import expire_refused, kept_pushes
from gitcorpus.flows.release import compile_release, record_release
from gitcorpus.flows.verify import verify_release
from gitcorpus.git.repo import Repo
from gitcorpus.model.release import ReleaseRequest

LEAD, NORTH = {"PUSHER": "lead"}, {"PUSHER": "north"}
BAD = "def add(a, b):\n    return a +\n"
GOOD = "def add(a, b):\n    return a + b\n"
VIEWS = {"specs/release.yaml": RELEASE.replace('"gitcorpus:sft_messages"', '"gitcorpus:refused"')}


def silent(*_) -> None:
    """Show no progress."""


@pytest.fixture
def bare(installed):
    file = installed / "gitcorpus" / "server.yaml"
    file.write_text(file.read_text() + "refused: {keep_days: 30}\n")
    return installed


@pytest.fixture
def work(forge, bare):
    work = forge.clone(bare)
    work.commit({**SPECS, **VIEWS}, "specs", author="lead")
    assert work.push("HEAD:main", env=LEAD).accepted
    return work


def kept(bare) -> list[str]:
    return list(kept_pushes(Repo.open(bare)))


def release(bare, target):
    request = ReleaseRequest(repository=bare, tag="v1", folder=target.parent, target=target)
    published = compile_release(request, progress=silent)
    record_release(request, published, now=NOW)
    return target


def refused_then_accepted(work) -> None:
    work.commit({f"{ADD}/add.py": BAD}, "add")
    said = work.push("HEAD:main", env=NORTH)
    assert not said.accepted
    assert "note: this server keeps refused pushes for 30 days" in said.remote
    work.commit({f"{ADD}/add.py": GOOD}, "add, as it should be")
    work.git("reset", "--quiet", "--soft", "HEAD~2")
    work.commit({}, "add")
    assert work.push("HEAD:main", env=NORTH).accepted


def test_a_refused_push_becomes_what_the_accepted_one_is_better_than(work, bare, tmp_path):
    refused_then_accepted(work)
    work.tag("v1", message="one")
    assert work.push("v1", env=LEAD).accepted
    folder = release(bare, tmp_path / "release")
    (row,) = pq.read_table(folder / "data/refused").to_pylist()
    assert row["rejected"][0]["content"] == BAD
    assert row["chosen"][0]["content"] == GOOD
    assert row["rules"] == ["syntax-error"]
    assert row["reasons"][0].startswith(f"{ADD}/add.py:2 syntax-error: ")
    checks = verify_release(folder, repository=bare, specs=None, progress=silent).checks
    assert {check.name: check.state.value for check in checks if check.state.value != "passed"} == {}
    assert {check.name for check in checks} >= {"signature", "splits", "blame", "rebuild"}


def test_clients_see_nothing_of_what_is_kept(work, bare, forge):
    refused_then_accepted(work)
    assert len(kept(bare)) == 1
    assert KEPT not in work.git("ls-remote", "origin").stdout
    clone = forge.clone(bare, "clone", "--no-local")
    (name,) = kept(bare)
    oid = kept_tips(Repo.open(bare))[name]
    assert clone.git("cat-file", "-e", oid, check=False).returncode
    work.git("update-ref", "refs/heads/mine", "HEAD")
    assert not work.push(f"mine:{KEPT}2026-02-01/{name}", env=LEAD).accepted


def test_nothing_is_kept_of_a_push_with_a_secret_or_one_that_nobody_searched(work, bare):
    secret = next(each for each in planted(1) if each.known and each.wrapping == "plain")
    secret.plant(work)
    work.commit({f"{ADD}/add.py": BAD}, "add")
    assert not work.push("HEAD:main", env=NORTH).accepted
    assert kept(bare) == []
    work.git("reset", "--quiet", "--hard", "origin/main")
    work.commit(
        {"specs/gates.yaml": GATES.split("extends")[0] + "gates:\n  - {id: syntax, uses: syntax}\n"},
        author="lead",
    )
    assert work.push("HEAD:main", env=LEAD).accepted
    work.commit({f"{ADD}/add.py": BAD}, "add")
    assert not work.push("HEAD:main", env=NORTH).accepted
    assert kept(bare) == []


def test_what_was_kept_for_long_goes_unless_a_release_is_made_of_it(work, bare, tmp_path):
    refused_then_accepted(work)
    repo = Repo.open(bare)
    (name,) = kept(bare)
    day = kept_pushes(repo)[name]
    later = NOW.replace(year=day.year, month=day.month, day=day.day)
    assert expire_refused(repo, 30, later + timedelta(days=30)) == []
    work.tag("v1", message="one")
    assert work.push("v1", env=LEAD).accepted
    release(bare, tmp_path / "release")
    assert expire_refused(repo, 30, later + timedelta(days=31)) == []
    work.commit({f"{ADD}/more.py": BAD}, "more")
    assert not work.push("HEAD:main", env=NORTH).accepted
    gone = expire_refused(Repo.open(bare), 30, later + timedelta(days=31))
    assert len(gone) == 1
    assert kept(bare) == [name]
