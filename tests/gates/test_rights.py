"""Who wrote it, under which agreement, and the commands that mend a commit."""

from dataclasses import replace

import pytest
from forge import identity
from gates.pushes import candidate_of, codes_of, paste, result_of
from smallest import ADD, CONTRIBUTORS, SPECS, smallest

from gitcorpus.gates.registry import built_in

RIGHTS = built_in("rights")


@pytest.fixture
def work(forge):
    work = smallest(forge)
    work.git("checkout", "--quiet", "-b", "topic")
    return work


def run_hints(work, result):
    """Paste every distinct hint into a shell, as its author would."""
    for hint in dict.fromkeys(finding.hint for finding in result.findings):
        assert hint.startswith("git ")
        paste(work, hint, identity("north"))


@pytest.mark.parametrize("unsigned", [{2}, {0}, {0, 1, 2}])
def test_the_hints_sign_the_commits_off(work, unsigned):
    for n in range(3):
        work.commit({f"{ADD}/{n}.py": "x = 1\n"}, f"number {n}", sign_off=n not in unsigned)
    result = result_of(candidate_of(work, work.head), RIGHTS)
    assert {finding.code for finding in result.findings} == {"sign-off-missing"}
    assert len(result.findings) == len(unsigned)
    run_hints(work, result)
    assert codes_of(candidate_of(work, work.head), RIGHTS) == []


def test_the_hint_keeps_merges(work):
    start = work.head
    work.commit({f"{ADD}/a.py": "x = 1\n"}, sign_off=False)
    work.branch("side", start)
    work.commit({f"{ADD}/b.py": "x = 1\n"})
    work.checkout("topic")
    work.merge("side", message="merge\n\nSigned-off-by: Author North <north@corpus.example>\n")
    result = result_of(candidate_of(work, work.head), RIGHTS)
    assert "--rebase-merges" in result.findings[0].hint


def test_the_hint_names_the_author_anew_and_redates(work):
    for n in range(2):
        stranger = "Somebody <somebody@elsewhere.example>"
        work.commit(
            {f"{ADD}/{n}.py": ""}, "one\n\nSigned-off-by: N <north@corpus.example>\n", author=stranger
        )
    result = result_of(candidate_of(work, work.head), RIGHTS)
    assert [finding.code for finding in result.findings] == ["author-unknown"] * 2
    run_hints(work, result)
    assert codes_of(candidate_of(work, work.head), RIGHTS) == []
    work.commit({f"{ADD}/old.py": ""}, date="2025-12-01")
    result = result_of(candidate_of(work, work.head), RIGHTS)
    assert [finding.code for finding in result.findings] == ["agreement-not-yet"]
    run_hints(work, result)
    assert codes_of(candidate_of(work, work.head), RIGHTS) == []


def test_the_hint_leaves_the_commits_of_others_alone(work):
    base = work.head
    work.commit({f"{ADD}/a.py": ""}, author="Somebody <somebody@elsewhere.example>")
    work.commit({f"{ADD}/b.py": ""}, author="south")
    (finding,) = result_of(candidate_of(work, work.head), RIGHTS).findings
    amend = "git -c user.email=north@corpus.example commit --amend --reset-author --signoff --no-edit"
    assert finding.hint == f"git rebase --interactive {base[:12]}  # `edit` the commit, then {amend}"


def test_addresses_compare_without_case_and_mailmap_is_not_asked(work):
    tip = work.commit({f"{ADD}/a.py": "x = 1\n"}, author="N <NORTH@Corpus.Example>")
    assert codes_of(candidate_of(work, tip), RIGHTS) == []
    mailmap = "Author North <north@corpus.example> <somebody@elsewhere.example>\n"
    tip = work.commit({".mailmap": mailmap}, author="Somebody <somebody@elsewhere.example>")
    assert codes_of(candidate_of(work, tip), RIGHTS) == ["author-unknown"]


def test_the_sign_off_may_bear_another_address_of_the_author(forge):
    work = forge.work()
    people = CONTRIBUTORS.replace("[north@corpus.example]", "[north@corpus.example, n@old.example]")
    work.commit({**SPECS, "specs/contributors.yaml": people}, author="lead")
    work.git("checkout", "--quiet", "--detach")
    tip = work.commit({f"{ADD}/a.py": ""}, "one\n\nSigned-off-by: N <n@old.example>\n", sign_off=False)
    assert codes_of(candidate_of(work, tip), RIGHTS) == []


@pytest.mark.parametrize(
    ("trailer", "code"),
    [
        ("Signed-off-by: north@corpus.example", "sign-off-foreign"),
        ("Signed-off-by: Lead <lead@corpus.example>", "sign-off-foreign"),
        ("Signed-off-by: Lead <lead@corpus.example>\nSigned-off-by: N <north@corpus.example>", None),
        ("signed-OFF-by: N <north@corpus.example>", None),
        ("Reviewed-by: N <north@corpus.example>", "sign-off-missing"),
    ],
)
def test_what_counts_as_a_sign_off(work, trailer, code):
    tip = work.commit({f"{ADD}/a.py": ""}, f"one\n\n{trailer}\n", sign_off=False)
    assert codes_of(candidate_of(work, tip), RIGHTS) == ([code] if code else [])


@pytest.mark.parametrize(
    ("date", "code"),
    [
        ("2026-06-30T23:59:59 -1100", None),
        ("2026-07-01T00:00:00 +1300", "agreement-ended"),
        ("2026-06-30T23:30:00 +1300", None),
    ],
)
def test_the_day_is_the_authors_own(work, date, code):
    tip = work.commit({f"{ADD}/a.py": ""}, author="east", date=date)
    assert codes_of(candidate_of(work, tip), RIGHTS) == ([code] if code else [])


def test_merges_may_be_exempt_from_the_sign_off_and_not_from_the_rest(work):
    work.branch("side")
    work.commit({f"{ADD}/a.py": ""})
    work.checkout("topic")
    work.commit({f"{ADD}/b.py": ""})
    merge = work.merge("side")
    exempt = replace(RIGHTS, parameters={"exempt_merges": True})
    assert codes_of(candidate_of(work, merge), RIGHTS) == ["sign-off-missing"]
    assert codes_of(candidate_of(work, merge), exempt) == []
    work.git("commit", "--amend", "--quiet", "--no-edit", "--author=S <s@elsewhere.example>")
    assert codes_of(candidate_of(work, work.head), exempt) == ["author-unknown"]


def test_a_commit_that_another_branch_holds_is_new_to_a_protected_one(work):
    tip = work.commit({f"{ADD}/a.py": ""}, sign_off=False)
    assert work.oid("topic") == tip
    assert codes_of(candidate_of(work, tip), RIGHTS) == ["sign-off-missing"]
    assert codes_of(candidate_of(work, tip, ref="refs/heads/other"), RIGHTS) == ["sign-off-missing"]
    assert codes_of(candidate_of(work, tip, ref="refs/tags/v1"), RIGHTS) == ["sign-off-missing"]


def test_a_commit_that_its_ref_or_a_protected_one_holds_was_judged_there(work):
    tip = work.commit({f"{ADD}/a.py": ""}, sign_off=False)
    assert codes_of(candidate_of(work, tip, ref="refs/heads/topic"), RIGHTS) == []
    work.git("branch", "--force", "main", "HEAD")
    assert codes_of(candidate_of(work, tip, ref="refs/tags/v1"), RIGHTS) == []


def test_a_waiver_names_a_commit_as_it_is_shown(work):
    tip = work.commit({f"{ADD}/a.py": ""}, sign_off=False)
    (finding,) = result_of(candidate_of(work, tip), RIGHTS).findings
    assert (finding.place.path, finding.place.commit) == (f"commit {tip[:12]}", tip)
