"""What gates for merges refuse ships by no tag, and release tags stay where they are: real pushes to a real server."""

import json
import re
import shlex

import pytest
from server.installed import settle
from smallest import ADD, GATES, RELEASE, SPECS
from tools import SANDBOX, needs

from gitcorpus.cli.app import main
from gitcorpus.server.administration import PATH

LEAD = {"PUSHER": "lead"}
SIZE = GATES + "gates:\n  - {id: small, uses: size, when: merge, with: {max_file: 2KiB}}\n"
TESTS = GATES + (
    "gates:\n  - {id: tests, uses: tests, when: merge, budget: 25s, languages: [python], with: {seconds: 20}}\n"
)
TESTED = {f"{ADD}/test_add.py": "from add import add\n\n\ndef test_add():\n    assert add(1, 2) == 3\n"}
GOOD = {f"{ADD}/add.py": "def add(a, b):\n    return a + b\n", **TESTED}
WRONG = {f"{ADD}/add.py": "def add(a, b):\n    return a - b\n", **TESTED}
LARGE = {f"{ADD}/add.py": "# more than a merge lets in\n" * 100, **TESTED}


def corpus(forge, bare, gates):
    work = forge.clone(bare)
    work.commit({**SPECS, "specs/gates.yaml": gates}, "specs", author="lead")
    assert work.push("HEAD:main", env=LEAD).accepted
    settle(bare)
    work.git("fetch", "--quiet", "origin")
    return work


def topic(work, files, author="north"):
    work.git("checkout", "--quiet", "--detach", "origin/main")
    return work.commit(files, author=author)


def released(bare, tag, folder, *options):
    return main(["release", tag, "--repo", str(bare), "-o", str(folder), *options])


@pytest.mark.parametrize(
    "case",
    [
        pytest.param((SIZE, LARGE, "file-too-large"), id="size"),
        pytest.param((TESTS, WRONG, "test-failed"), id="tests", marks=needs("pytest")),
    ],
)
def test_what_a_merge_may_not_bring_is_released_from_no_tag(forge, installed, tmp_path, capsys, case):
    gates, bad, code = case
    path = installed / PATH
    places = json.dumps({"mounts": SANDBOX.mounts, "path": SANDBOX.path})
    path.write_text(f"{path.read_text()}sandbox: {places}\n")
    work = corpus(forge, installed, gates)
    own = RELEASE.replace('"v*"', '"wip/*"') + "requires: push\n"
    tip = topic(work, {**bad, "specs/release.yaml": own})
    assert work.push(f"{tip}:refs/heads/topic", env={"PUSHER": "north"}).accepted
    for ref in ("refs/heads/main", "refs/tags/v1"):
        refused = work.push(f"{tip}:{ref}", env=LEAD)
        assert not refused.accepted
        assert code in refused.remote
    assert "not-a-release-owner" in work.push(f"{tip}:refs/tags/v1", env={"PUSHER": "north"}).remote
    assert released(installed, "v1", tmp_path / "v1") == 2
    assert "unknown-tag" in capsys.readouterr().err
    assert work.push(f"{tip}:refs/tags/wip/1", env={"PUSHER": "north"}).accepted
    settle(installed)
    assert released(installed, "wip/1", tmp_path / "wip") == 1
    said = capsys.readouterr().err
    assert "refs/tags/wip/1 tag-unjudged" in said
    work.git("fetch", "--quiet", "origin")
    (refspec,) = re.findall(r"git push origin ('[^']+')", said)
    assert code in work.push(shlex.split(refspec)[0], env=LEAD).remote
    assert not (tmp_path / "v1").exists()
    assert not (tmp_path / "wip").exists()
    assert released(installed, "wip/1", tmp_path / "wip", "--unverified") == 0
    assert "**Unverified.**" in (tmp_path / "wip/README.md").read_text()


def test_a_release_names_the_bar_that_its_commit_passed(forge, installed, tmp_path, capsys):
    work = corpus(forge, installed, SIZE)
    tip = topic(work, GOOD)
    tag = work.tag("v1", tip, message="one")
    assert work.push("refs/tags/v1", env=LEAD).accepted
    settle(installed)
    assert released(installed, "v1", tmp_path / "v1") == 0
    policy = work.oid("origin/main")
    passed = "The commit passed all gates that judge a merge into the policy branch"
    assert (
        f"{passed}; the specs of commit `{policy}` declare them.\n" in (tmp_path / "v1/README.md").read_text()
    )
    capsys.readouterr()
    assert main(["verify", str(tmp_path / "v1"), "--repo", str(installed)]) == 0
    said = capsys.readouterr().out.splitlines()
    assert "passed  verdict: the ledger's verdict that accepted the commit at stage `merge`" in said
    assert len([line for line in said if line.startswith("passed")]) == len(said) == 11
    assert work.oid("refs/tags/v1") == tag


def refs(forge, bare):
    listed = forge.run(
        "for-each-ref", "--format=%(refname) %(objectname)", "refs/heads", "refs/tags", cwd=bare
    )
    return listed.stdout.splitlines()


def test_a_release_tag_stays_where_it_is_however_it_is_pushed(forge, installed):
    work = corpus(forge, installed, SIZE)
    tip = topic(work, GOOD)
    work.tag("v1", tip, message="one")
    assert work.push("refs/tags/v1", f"{tip}:refs/heads/main", env=LEAD).accepted
    settle(installed)
    before = refs(forge, installed)
    work.git("checkout", "--quiet", "--detach", tip)
    onward = work.commit({"README.md": "onward\n"}, author="lead")
    lifted = work.commit({"specs/release.yaml": RELEASE.replace('"v*"', '"w*"')}, author="lead")
    moved = [
        ("--force", f"{onward}:refs/tags/v1"),
        (f"+{work.oid('origin/main')}:refs/tags/v1",),
        ("--force", f"{tip}:refs/tags/v1"),
        ("--atomic", "--force", f"{lifted}:refs/heads/main", f"{onward}:refs/tags/v1"),
        ("--force", f"{lifted}:refs/heads/main", f"{onward}:refs/tags/v1"),
    ]
    for words in moved:
        said = push(work, *words)
        assert "refs/tags/v1 tag-moved: a release spec compiles it, so it stays where it is" in said
        assert "hint: give the new one another name: git push origin refs/tags/v1:refs/tags/v1.1" in said
    for words in (("--delete", "refs/tags/v1"), (":refs/tags/v1", f"{lifted}:refs/heads/main")):
        assert "refs/tags/v1 ref-deleted: a release spec compiles it, so it may not be deleted" in push(
            work, *words
        )
    other = forge.clone(installed, "other")
    other.git("tag", "--delete", "v1")
    assert "ref-deleted" in push(other, "--mirror")
    work.git("tag", "--force", "v1", onward)
    assert "tag-moved" in push(work, "--force", "--tags")
    assert refs(forge, installed) == before

    work.git("tag", "--force", "v1", before[-1].split()[1])
    work.git("tag", "--annotate", "-m", "two", "v2", onward)
    assert push(work, "--tags") == push(work, "--tags", accepted=True) == ""


def push(work, *words, accepted=False):
    """Push, and return what the server said of tags; `accepted` wants nothing to be refused."""
    named = [] if {"--tags", "--mirror"} & set(words) else [word for word in words if word[0] != "-"]
    options = [word for word in words if word not in named]
    done = work.git("push", *options, "origin", *named, check=False, env=LEAD)
    assert not accepted or done.returncode == 0
    lines = (line.removeprefix("remote: ").strip() for line in done.stderr.splitlines())
    return "\n".join(line for line in lines if " tag-" in line or " ref-" in line or line.startswith("hint:"))


def test_an_administrator_may_move_a_tag_and_the_release_asks_for_its_commit(
    forge, installed, tmp_path, capsys
):
    work = corpus(forge, installed, SIZE)
    assert work.push(f"{topic(work, GOOD)}:refs/tags/v1", env=LEAD).accepted
    large = topic(work, LARGE)
    assert work.push(f"{large}:refs/heads/topic", env={"PUSHER": "north"}).accepted
    settle(installed)
    assert main(["server", "move", str(installed), "refs/tags/v1", large, "--reason", "a mistake"]) == 0
    assert released(installed, "v1", tmp_path / "v1") == 1
    assert "accepted at stage `push` only" in capsys.readouterr().err
    assert main(["server", "move", str(installed), "refs/tags/v1", "--delete", "--reason", "it goes"]) == 0
    assert "file-too-large" in work.push(f"{large}:refs/tags/v1", env=LEAD).remote
    assert work.push(f"{topic(work, GOOD)}:refs/tags/v1", env=LEAD).accepted
    settle(installed)
    assert released(installed, "v1", tmp_path / "v1") == 0
