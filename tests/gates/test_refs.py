"""Which refs may move, and how."""

import pytest
from gates.pushes import candidate_of, codes_of, result_of
from smallest import CORPUS, SERVER, SPECS, smallest

from gitcorpus.gates.refs import judge_name
from gitcorpus.gates.registry import built_in
from gitcorpus.model.place import ZERO_OID
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
        "refs/heads/0123abc",
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
        "refs/gitcorpus/ledger", "refs/replace/" + "a" * 40, "refs/stash", "refs/heads/HEAD", "refs/tags/HEAD",
        "refs/heads/" + "a" * 40, "refs/heads/" + "0" * 64, "HEAD", "",
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
    [("refs/heads/stable-1", ["ref-rewound"]), ("refs/tags/v1", ["ref-rewound"]), ("refs/tags/odd", [])],
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
