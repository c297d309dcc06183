"""The policy branch keeps specs that judge, whatever a push touches."""

import pytest
from gates.pushes import candidate_of, codes_of
from smallest import CORPUS, CURRICULUM, SPECS, smallest

from gitcorpus.gates.registry import built_in

SPEC = built_in("spec")


@pytest.fixture
def work(forge):
    work = smallest(forge)
    work.git("checkout", "--quiet", "--detach")
    return work


def test_a_push_that_touches_no_spec_can_still_break_them(forge):
    work = forge.work()
    discover = (
        "  - id: found\n    title: Found\n    discover: {layout: 'practice/{task}', languages: [python]}\n"
    )
    declared = "corpus/{unit}/{task}/{solution}"
    layout = CORPUS.replace(declared, f'["{declared}", "practice/{{task}}"]')
    work.commit(
        {**SPECS, "specs/corpus.yaml": layout, "specs/curriculum.yaml": CURRICULUM + discover}, author="lead"
    )
    work.git("checkout", "--quiet", "--detach")
    assert codes_of(candidate_of(work, work.commit({"practice/fine/a.py": ""})), SPEC) == []
    assert codes_of(candidate_of(work, work.commit({"practice/add/a.py": ""})), SPEC) == ["duplicate-task"]


def test_the_policy_branch_may_not_lose_its_specs(work):
    tip = work.commit({"specs": None})
    assert codes_of(candidate_of(work, tip), SPEC) == ["no-specs"]
    assert codes_of(candidate_of(work, tip, ref="refs/heads/topic"), SPEC) == []


def test_the_policy_branch_must_declare_a_policy_that_names_it(work):
    tip = work.commit({"specs/corpus.yaml": CORPUS.replace("policy: {branch: main}\n", "")})
    assert codes_of(candidate_of(work, tip), SPEC) == ["policy-undeclared"]
    tip = work.commit({"specs/corpus.yaml": CORPUS.replace("branch: main", "branch: trunk")})
    assert codes_of(candidate_of(work, tip), SPEC) == ["policy-branch-differs"]


def test_broken_specs_are_told_on_every_branch_and_tag(work):
    tip = work.commit({"specs/corpus.yaml": "kind: [\n"})
    for ref in ("refs/heads/main", "refs/heads/topic", "refs/tags/v1"):
        assert codes_of(candidate_of(work, tip, ref=ref), SPEC) == ["not-yaml"]
