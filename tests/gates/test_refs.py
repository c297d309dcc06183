"""Which refs may move, and how."""

from dataclasses import replace

import pytest
from gates.pushes import candidate_of, codes_of, paste, result_of
from smallest import CORPUS, SERVER, SPECS, smallest

from gitcorpus.compiler.choose import choose_tag
from gitcorpus.errors import GitcorpusError
from gitcorpus.gates.refnames import clashing
from gitcorpus.gates.refs import judge_name
from gitcorpus.gates.registry import built_in
from gitcorpus.git.objects import MOST_TAGS
from gitcorpus.git.repo import Repo
from gitcorpus.model.place import ZERO_OID
from gitcorpus.model.push import RefUpdate
from gitcorpus.model.server import Server

REFS = built_in("refs")


@pytest.fixture
def work(forge):
    work = forge.work()
    corpus = CORPUS.replace("[refs/heads/main]", "[refs/heads/main, refs/heads/stable-*, refs/tags/v*]")
    work.commit({**SPECS, "specs/corpus.yaml": corpus}, author="lead")
    work.git("checkout", "--quiet", "--detach")
    return work


@pytest.mark.parametrize(
    "ref",
    [
        "refs/heads/main",
        "refs/heads/topic/one",
        "refs/tags/v1.0+build-2",
        "refs/heads/HEADS",
    ],
)
def test_plain_names_pass(ref):
    assert list(judge_name(ref, deletes=False)) == []


@pytest.mark.parametrize(
    "ref",
    [
        "refs/heads/a;b", "refs/heads/$(id)", "refs/heads/-x", "refs/heads/.x", "refs/heads/a b", "refs/heads/\u202ex",
        "refs/heads/caf\udce9", "refs/heads/\u00e9", "refs/heads/a\nb", "refs/odd/x", "refs/notes/commits",
        "refs/gitcorpus/ledger", "refs/replace/" + "a" * 40, "refs/stash", "HEAD", "@", "",
        "refs/heads/HEAD", "refs/tags/HEAD",
        "refs/heads/" + "a" * 40, "refs/heads/" + "0" * 64, "refs/heads/@", "refs/tags/v1@{0}",
    ],
)  # fmt: skip
def test_odd_names_are_refused(ref):
    assert [finding.code for finding in judge_name(ref, deletes=False)] == ["ref-name"]


def test_a_branch_that_is_called_oddly_already_may_go(work):
    assert codes_of(candidate_of(work, ZERO_OID, ref="refs/heads/a;b", old=work.head), REFS) == []
    assert codes_of(candidate_of(work, ZERO_OID, ref="refs/gitcorpus/x", old=work.head), REFS) == ["ref-name"]


@pytest.mark.parametrize(
    ("ref", "codes"),
    [
        ("refs/heads/main", ["policy-deleted"]),
        ("refs/heads/stable-1", ["ref-deleted"]),
        ("refs/tags/v1", ["ref-deleted"]),
        ("refs/heads/topic", []),
        ("refs/tags/odd", []),
    ],
)
def test_only_unprotected_refs_may_be_deleted(work, ref, codes):
    assert codes_of(candidate_of(work, ZERO_OID, ref=ref, old=work.head), REFS) == codes


@pytest.mark.parametrize(
    ("ref", "codes"),
    [("refs/heads/stable-1", ["ref-rewound"]), ("refs/tags/v1", ["tag-moved"]), ("refs/tags/odd", [])],
)
def test_only_unprotected_refs_may_be_rewound(work, ref, codes):
    before = work.head
    work.git("update-ref", ref, work.commit({"README.md": "next\n"}))
    assert codes_of(candidate_of(work, before, ref=ref), REFS) == codes


def test_a_ref_names_a_commit(work):
    blob = work.oid("HEAD:README.md")
    work.git("tag", "--annotate", "-m", "of a blob", "blob", blob)
    for oid in (blob, work.oid("HEAD^{tree}"), work.oid("refs/tags/blob")):
        assert codes_of(candidate_of(work, oid, ref="refs/tags/x"), REFS) == ["ref-not-a-commit"]
    tag = work.tag("fine", message="of a commit")
    assert codes_of(candidate_of(work, tag, ref="refs/tags/x"), REFS) == []


def test_a_ref_is_not_moved_through_an_alias(work):
    work.git("symbolic-ref", "refs/heads/master", "refs/heads/main")
    tip = work.commit({"README.md": "next\n"})
    result = result_of(candidate_of(work, tip, ref="refs/heads/master"), REFS)
    assert [(each.code, each.hint) for each in result.findings] == [
        ("ref-alias", "git push origin HEAD:refs/heads/main")
    ]
    deletion = candidate_of(work, ZERO_OID, ref="refs/heads/master", old=work.oid("main"))
    assert codes_of(deletion, REFS) == ["ref-alias"]


def test_the_policy_branch_is_protected_whatever_the_specs_say(forge):
    work = smallest(forge)
    server = Server(policy_branch="refs/heads/trunk", admins=SERVER.admins)
    work.git("branch", "trunk")
    assert codes_of(
        candidate_of(work, ZERO_OID, ref="refs/heads/trunk", old=work.head, server=server), REFS
    ) == ["policy-deleted"]


def judged(work, ref, *beside, server=SERVER):
    """Return the codes of a new ref at the tip, beside others that the same push makes or deletes."""
    candidate = candidate_of(work, work.head, ref=ref, server=server)
    others = tuple(RefUpdate(ref=name, old=old, new=new) for name, old, new in beside)
    return codes_of(replace(candidate, updates=(candidate.update, *others)), REFS)


@pytest.mark.parametrize(
    "name",
    [
        "refs/heads/main", "refs/x", "refs", "heads/main", "heads", "Heads/x", "tags/v1", "tags",
        "remotes/origin/main", "origin/main", "origin", "Origin/x", "head", "FETCH_HEAD", "ORIG_HEAD",
        "MERGE_HEAD", "CHERRY_PICK_HEAD", "X_HEAD", "AUTO_MERGE", "stash", "Stash", "notes/commits",
        "bisect/bad", "replace/x", "worktrees/a/HEAD", "gitcorpus/pending/1", "A" * 40, "a" * 39, "a" * 41,
        "0123abc", "deadbeef", "DEADBEEF", "v1-3-gabcdef", "x-12-g0123", "nul", "con/x", "aux.txt", "a./b",
        "a/-x",
    ],
)  # fmt: skip
@pytest.mark.parametrize("space", ["refs/heads/", "refs/tags/"])
def test_a_new_ref_is_called_nothing_that_means_something_else(work, space, name):
    assert set(judged(work, space + name)) == {"ref-shadows"}


@pytest.mark.parametrize(
    "name",
    [
        "topic/one", "20260101", "2026", "facade", "v1.0-rc-2", "fix-gaps", "release-3", "mainline", "main-2",
        "my/origin", "list_head", "ahead", "read-ahead", "stashed", "notes/meeting", "bisect", "worktree",
        "references", "v1-g", "v1-3-gone",
    ],
)  # fmt: skip
@pytest.mark.parametrize("space", ["refs/heads/", "refs/tags/"])
def test_a_new_ref_may_have_any_other_name(work, space, name):
    assert judged(work, space + name) == []


def test_digits_that_are_short_for_an_object_are_looked_up(work):
    head = work.head
    for name in (head[:4], head[:6].upper(), f"v1-g{head[:5]}"):
        assert judged(work, f"refs/heads/{name}") == ["ref-shadows"]
    free = next(
        f"{number:04}"
        for number in range(10_000)
        if not work.git("rev-parse", f"--disambiguate={number:04}").stdout
    )
    assert judged(work, f"refs/heads/{free}") == []


@pytest.mark.parametrize(
    ("there", "ref"),
    [
        ("refs/heads/topic", "refs/tags/topic"),
        ("refs/tags/t1", "refs/heads/t1"),
        ("refs/tags/t1", "refs/heads/T1"),
        ("refs/heads/topic", "refs/heads/TOPIC"),
        ("refs/heads/topic/y", "refs/heads/Topic/x"),
        ("refs/heads/a/topic/y", "refs/heads/a/Topic/x"),
        ("refs/heads/topic", "refs/heads/topic/x"),
        ("refs/heads/topic", "refs/heads/Topic/x/y"),
        ("refs/heads/topic/x", "refs/heads/topic"),
        ("refs/heads/topic/x/y", "refs/heads/TOPIC"),
        ("refs/heads/refs/heads/odd", "refs/heads/odd"),
        ("refs/heads/heads/odd", "refs/heads/odd"),
        ("refs/heads/tags/odd", "refs/tags/odd"),
        ("refs/tags/heads/odd", "refs/heads/odd"),
    ],
)
def test_a_new_ref_clashes_with_those_that_are_there_and_with_those_of_its_push(work, there, ref):
    assert clashing(ref, [there]) == clashing(ref, [there, ref]) == there
    assert clashing(there, [ref]) == ref
    assert judged(work, ref) == []
    assert judged(work, ref, (there, ZERO_OID, work.head)) == ["ref-shadows"]
    work.git("update-ref", there, work.head)
    assert judged(work, ref) == ["ref-shadows"]
    assert judged(work, ref, (there, work.head, ZERO_OID)) == []
    for new in (work.commit({"README.md": "next\n"}), ZERO_OID):
        assert codes_of(candidate_of(work, new, ref=there), REFS) == []


def test_refs_that_share_no_name_do_not_clash():
    refs = [
        "refs/heads/topic/x",
        "refs/heads/Topical",
        "refs/tags/topic",
        "refs/tags/x",
        "refs/heads/topic/X2",
        "refs/notes/y",
    ]
    for ref in (*refs, "refs/heads/y", "refs/tags/x2", "refs/heads/topic/y"):
        assert clashing(ref, refs) == ""


def test_what_the_hint_deletes_is_never_protected(work):
    work.git("update-ref", "refs/heads/topic", work.head)
    (over_main,) = result_of(candidate_of(work, work.head, ref="refs/tags/main"), REFS).findings
    assert "delete" not in over_main.hint
    (over_topic,) = result_of(candidate_of(work, work.head, ref="refs/tags/topic"), REFS).findings
    assert over_topic.hint.startswith("delete `refs/heads/topic` first if it is not needed")


def nested(work, depth):
    """Return a tag before so many others, the last of them of the tip."""
    target, kind = work.head, "commit"
    for _ in range(depth):
        text = f"object {target}\ntype {kind}\ntag x\ntagger A <a@corpus.example> 1767571200 +0000\n\nx\n"
        target, kind = work.git("mktag", stdin=text).stdout.strip(), "tag"
    return target


def test_a_chain_of_tags_is_followed_so_far_and_no_further(work):
    assert codes_of(candidate_of(work, nested(work, MOST_TAGS), ref="refs/tags/x"), REFS) == []
    deep = nested(work, MOST_TAGS + 1)
    (found,) = result_of(candidate_of(work, deep, ref="refs/tags/x"), REFS).findings
    assert found.code == "tag-nested"
    work.git("update-ref", "refs/tags/deep", deep)
    repo = Repo.open(work.git_dir)
    assert repo.peel(deep) is None
    with pytest.raises(GitcorpusError, match="more annotated tags than are followed"):
        choose_tag(repo, "deep")
    paste(work, found.hint.removeprefix("tag the commit itself: "))
    assert codes_of(candidate_of(work, work.oid("refs/tags/x"), ref="refs/tags/y"), REFS) == []


def test_a_protected_ref_that_leads_nowhere_is_not_moved(work):
    work.git("update-ref", "refs/tags/v1", nested(work, MOST_TAGS + 1))
    assert codes_of(candidate_of(work, work.head, ref="refs/tags/v1"), REFS) == ["tag-moved"]
