"""Names and texts that stand for others, pushed with real git to an installed repository."""

import os

import pytest
from server.installed import NOW
from smallest import ADD, SPECS

from gitcorpus.server.doctor import examine

LEAD, NORTH = {"PUSHER": "lead"}, {"PUSHER": "north"}
AROUND = ("-c", "core.hooksPath=/dev/null")


@pytest.fixture
def work(forge, installed):
    work = forge.clone(installed)
    fast = SPECS["specs/gates.yaml"].replace("gitcorpus:recommended", "gitcorpus:fast")
    work.commit({**SPECS, "specs/gates.yaml": fast}, "specs", author="lead")
    assert work.push("HEAD:refs/heads/main", env=LEAD).accepted
    return work


def names_of(forge, bare):
    return forge.run(
        "for-each-ref", "--format=%(refname)", "refs/heads", "refs/tags", cwd=bare
    ).stdout.split()


SHADOWS = ("refs/heads/refs/heads/main", "refs/tags/main", "refs/heads/MAIN")


def test_refs_that_git_takes_for_others_are_refused_and_the_branch_stays_open(forge, installed, work):
    said = work.push(*(f"main:{ref}" for ref in SHADOWS), options=("full",), env=NORTH)
    assert not said.accepted
    assert all(f"{ref} ref-shadows: " in said.remote for ref in SHADOWS)
    assert names_of(forge, installed) == ["refs/heads/main"]
    work.git("checkout", "--quiet", "-b", "w")
    for number, target in enumerate(("w:refs/heads/main", "w:main")):
        tip = work.commit({"README.md": f"{number}\n"}, author="lead")
        said = work.push(target, env=LEAD)
        assert said.accepted, said.stderr
        assert forge.run("rev-parse", "main", cwd=installed).stdout.strip() == tip


def test_two_new_refs_of_one_push_shadow_each_other(forge, installed, work):
    said = work.push("main:refs/heads/one", "main:refs/tags/one", env=NORTH)
    assert not said.accepted
    assert said.remote.count(" ref-shadows: ") == 2
    assert work.push("main:refs/heads/one", env=NORTH).accepted
    assert not work.push("main:refs/tags/one", env=NORTH).accepted
    assert work.push(":refs/heads/one", "main:refs/tags/one", env=NORTH).accepted
    assert names_of(forge, installed) == ["refs/heads/main", "refs/tags/one"]


def test_names_that_are_there_already_are_named_moved_and_deleted(forge, installed, work, program):
    forge.run(*AROUND, "fetch", "--quiet", str(work.path), *(f"main:{ref}" for ref in SHADOWS), cwd=installed)
    found = examine(installed, program, uid=os.geteuid(), now=NOW)
    named = {finding.place.path: finding for finding in found if finding.code == "ref-shadows"}
    assert set(named) == set(SHADOWS)
    assert not any(finding.blocks for finding in named.values())
    work.git("checkout", "--quiet", "-b", "w")
    work.commit({"README.md": "more\n"}, author="north")
    assert work.push("w:refs/heads/MAIN", env=NORTH).accepted
    hint = named[SHADOWS[0]].hint.removeprefix("in a clone: ").replace("ANOTHER-NAME", "mended")
    for command in hint.split(" && "):
        work.git(*command.removeprefix("git ").split(), env=NORTH)
    work.git("push", "origin", "--delete", *SHADOWS[1:], env=NORTH)
    assert names_of(forge, installed) == ["refs/heads/main", "refs/heads/mended"]
    after = examine(installed, program, uid=os.geteuid(), now=NOW)
    assert [finding for finding in after if finding.code == "ref-shadows"] == []


def test_a_long_chain_of_tags_is_refused_at_once(forge, installed, work):
    target, kind = work.head, "commit"
    for _ in range(60):
        text = f"object {target}\ntype {kind}\ntag x\ntagger A <a@corpus.example> 1767571200 +0000\n\nx\n"
        target, kind = work.git("mktag", stdin=text).stdout.strip(), "tag"
    said = work.push(f"{target}:refs/tags/x", env=NORTH)
    assert not said.accepted
    assert "refs/tags/x tag-nested: " in said.remote
    assert names_of(forge, installed) == ["refs/heads/main"]


def test_a_solution_that_looks_like_another_and_a_merge_left_unfinished_are_refused(forge, installed, work):
    landed = work.commit({f"{ADD}/add.py": "x = 1\n"})
    assert work.push("HEAD:refs/heads/main", env=NORTH).accepted
    twin = ADD.replace("north", "n\u043erth")
    work.commit({f"{twin}/add.py": "x = 1\n", "README.md": "<<<<<<< HEAD\na\n=======\nb\n>>>>>>> x\n"})
    said = work.push("HEAD:refs/heads/main", env=NORTH)
    assert not said.accepted
    assert f"{twin} lookalike-name: it looks like `north`" in said.remote
    assert "README.md:1 conflict-marker: `<<<<<<< HEAD`" in said.remote
    assert forge.run("rev-parse", "main", cwd=installed).stdout.strip() == landed
    work.git("reset", "--quiet", "--hard", landed)
    own = ADD.replace("north", "\u0441\u0435\u0432\u0435\u0440")
    work.commit({f"{own}/add.py": "x = 1\n"})
    said = work.push("HEAD:refs/heads/main", env=NORTH)
    assert said.accepted, said.remote
