"""Nobody is named as the author of what another account pushed: real pushes to a real server, and its release."""

import json

import pyarrow.parquet as pq
import pytest
from forge import identity
from server.installed import settle
from smallest import ADD, CONTRIBUTORS, SPECS

from gitcorpus.compiler.tables import witnesses
from gitcorpus.flows.release import compile_release
from gitcorpus.flows.verify import verify_release
from gitcorpus.ledger import Ledger
from gitcorpus.model.entry import EntryKind
from gitcorpus.model.release import ReleaseRequest

GOOD = 'def add(a: int, b: int) -> int:\n    """Add."""\n    return a + b\n'
LEAD, NORTH, SOUTH, EAST = ({"PUSHER": name} for name in ("lead", "north", "south", "east"))
OF_LEAD = "x\n\nSigned-off-by: lead <lead@corpus.example>\n"


def committed_by(name):
    return {key: value for key, value in identity(name).items() if "COMMITTER" in key}


@pytest.fixture
def work(forge, installed):
    work = forge.clone(installed)
    people = CONTRIBUTORS.replace("roles: [integrator]", "roles: [leads]")
    work.commit({**SPECS, "specs/contributors.yaml": people}, "specs", author="lead")
    assert work.push("HEAD:main", env=LEAD).accepted
    return work


def tip_of(work):
    return work.git("ls-remote", "origin", "refs/heads/main").stdout.split()[0]


def test_the_author_is_whoever_pushes_and_not_whoever_the_commit_says(work):
    before = tip_of(work)
    work.commit({f"{ADD}/add.py": GOOD}, OF_LEAD, author="lead", env=committed_by("north"), sign_off=False)
    refused = work.push("HEAD:main", env=NORTH)
    assert not refused.accepted
    assert "relay-unsigned" in refused.remote
    assert work.push("HEAD:refs/heads/elsewhere", env=NORTH).code != 0

    work.git("checkout", "--quiet", "--detach", before)
    work.commit({f"{ADD}/add.py": GOOD}, author="lead")
    assert "author-not-pusher" in work.push("HEAD:main", env=NORTH).remote
    assert "pusher-unclaimed" in work.push("HEAD:main", env={"PUSHER": "deploy"}).remote

    work.git("checkout", "--quiet", "--detach", before)
    late = {"GIT_AUTHOR_DATE": "2026-06-01T00:00:00Z"}
    work.commit({f"{ADD}/add.py": GOOD + "# late\n"}, author="east", env={**late, "GIT_COMMITTER_DATE": ""})
    assert "author-not-pusher" in work.push("HEAD:main", env=NORTH).remote
    refused = work.push("HEAD:main", env=EAST)
    assert not refused.accepted
    assert "arrived-after-agreement" in refused.remote
    assert tip_of(work) == before

    work.git("checkout", "--quiet", "--detach", before)
    work.commit({f"{ADD}/add.py": GOOD})
    assert work.push("HEAD:main", env=NORTH).accepted
    assert tip_of(work) == work.head


def grow(work):
    """Push what north, south and east wrote, and what north says that lead wrote; tag it."""
    at = "corpus/basics/add"
    work.commit({f"{at}/one/add.py": GOOD + "# north\n"})
    assert work.push("HEAD:topic", env=NORTH).accepted
    merge = work.commit({f"{at}/two/add.py": GOOD + "# south\n"}, author="south")
    assert work.push("HEAD:main", env=SOUTH).accepted
    assert tip_of(work) == merge
    both = f"{OF_LEAD}Signed-off-by: N <north@corpus.example>\n"
    work.commit(
        {f"{at}/three/add.py": GOOD + "# lead\n"},
        both,
        author="lead",
        env=committed_by("north"),
        sign_off=False,
    )
    assert work.push("HEAD:main", env=NORTH).accepted

    work.commit({f"{at}/four/add.py": GOOD + "# old\n"}, author="east", date="2026-05-01")
    refused = work.push("HEAD:main", env=SOUTH, options=["gitcorpus.import"])
    assert not refused.accepted
    assert "import-not-an-admin" in refused.remote
    assert "author-not-pusher" in refused.remote
    imported = work.push("HEAD:main", env=LEAD, options=["gitcorpus.import"])
    assert imported.accepted
    assert "no push option" not in imported.remote
    work.tag("v1", message="one")
    assert work.push("refs/tags/v1", env=LEAD).accepted


def test_what_stands_behind_each_commit_is_released(work, installed, tmp_path):
    grow(work)
    settle(installed)

    bodies = [each.body for each in Ledger.of(installed).entries() if each.kind is EntryKind.VERDICT]
    said = [
        (body["pusher"], body["person"], body["import"]) for body in bodies if body["outcome"] == "accepted"
    ]
    assert said == [
        ("lead", "lead", False),
        ("north", "north", False),
        ("south", "south", False),
        ("north", "north", False),
        ("lead", "lead", True),
        ("lead", "lead", False),
    ]
    target = tmp_path / "release"
    request = ReleaseRequest(repository=installed, tag="v1", folder=tmp_path, target=target)
    compile_release(request, progress=lambda *_: None)
    rows = pq.read_table(target / "provenance/commits.parquet").to_pylist()
    assert {(row["contributor"], row["pusher"], row["evidence"]) for row in rows} == {
        ("lead", "lead", "transport"),  # the first specs say themselves whose account brings them
        ("north", "north", "transport"),
        ("south", "south", "transport"),
        ("lead", "north", "none"),
        ("east", "lead", "none"),
    }
    counts = json.loads((target / "manifest.json").read_bytes())["authorship"]
    assert {name: each["commits"] for name, each in counts.items()} == {
        "none": 2,
        "transport": 3,
        "signed-commit": 0,
        "imported": 1,
    }
    n_lines = sum(pq.read_table(target / "provenance/lines.parquet")["n_lines"].to_pylist())
    assert sum(counts[name]["lines"] for name in ("none", "transport", "signed-commit")) == n_lines
    card = (target / "README.md").read_text()
    assert "## What authorship rests on" in card
    assert "An admin imported 1 of the commits" in card
    checked = verify_release(target, repository=installed, specs=None, progress=lambda *_: None)
    assert checked.sound
    assert {check.name: check.state.value for check in checked.checks}["rebuild"] == "passed"


def test_what_the_repository_held_already_gets_no_author_by_being_pushed_again(forge, work, installed):
    around = ("-c", "core.hooksPath=/dev/null")
    work.branch("old")
    held = work.commit({f"{ADD}/add.py": GOOD}, author="south")
    forge.run(*around, "fetch", "--quiet", str(work.path), "old:refs/heads/old", cwd=installed)
    work.checkout("main")
    work.commit({"README.md": "More.\n"}, author="south")
    merge = work.merge("old", message="merge\n\nSigned-off-by: south <south@corpus.example>", author="south")
    pushed = work.push("HEAD:main", env=SOUTH)
    assert pushed.accepted, pushed.remote
    assert work.push("old:refs/tags/kept", env=SOUTH).accepted
    settle(installed)
    entries = [each for each in Ledger.of(installed).entries() if each.kind is EntryKind.VERDICT]
    assert [each.body.get("held") for each in entries if held in each.body["commits"]] == [[held]]
    seen = witnesses(entries)
    assert (seen[merge].person, seen[held].person) == ("south", None)
