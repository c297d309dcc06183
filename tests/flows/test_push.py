"""A push and its verdict, with the specs that stood before it."""

from dataclasses import replace

import pytest
from forge import Forge, Work
from inline_snapshot import snapshot
from smallest import ADD, GATES, NOW, SERVER, SPECS, push_of, smallest

from gitcorpus.errors import UnjudgedError
from gitcorpus.flows.push import judge_push
from gitcorpus.git.repo import Repo
from gitcorpus.ledger import Ledger
from gitcorpus.model.place import ZERO_OID
from gitcorpus.model.push import Push, RefUpdate
from gitcorpus.model.server import Server
from gitcorpus.model.verdict import Outcome
from gitcorpus.report.text import render_verdict


class Judged:
    """A verdict, its ledger entry and the text that the pusher reads."""

    def __init__(self, work: Work, push: Push, server: Server = SERVER) -> None:
        self.said: list[str] = []
        self.ledger = Ledger.of(work.git_dir)
        repo = Repo.open(work.git_dir)
        self.verdict, self.entry = judge_push(
            push, repo=repo, server=server, ledger=self.ledger, now=NOW, notify=self.said.append
        )
        self.text = render_verdict(self.verdict, "0" * 12, color=False, full=False)
        self.codes = [finding.code for finding in self.verdict.findings]


@pytest.fixture
def work(forge: Forge) -> Work:
    work = smallest(forge)
    work.git("checkout", "--quiet", "--detach")
    return work


def test_accepts_good_work_in_two_lines(work):
    base = work.head
    tip = work.commit({f"{ADD}/add.py": "def add(a, b):\n    return a + b\n"})
    judged = Judged(work, push_of(tip, old=base))
    assert judged.said == [f"judging 1 commit, 1 file by the specs of main ({base[:7]})"]
    assert judged.text == snapshot("accepted: 11 gates passed")
    assert judged.entry.body["tips"] == [tip]
    assert judged.verdict.policy == base


def test_refuses_with_all_findings_on_a_screen(work):
    base = work.head
    files = {f"{ADD}/add.py": "def add(a, b:\n    return a\n", "corpus/basics/ad/north/x.py": "x = 1\n"}
    tip = work.commit(files, sign_off=False)
    judged = Judged(work, push_of(tip, old=base))
    assert judged.verdict.outcome is Outcome.REFUSED
    assert judged.text.replace(tip[:12], "COMMIT") == snapshot("""\
refused: 3 findings (layout 1, rights 1, syntax 1), 8 gates passed
corpus/basics/ad/north/x.py unknown-task: no curriculum has a task `ad`
  hint: did you mean `add`?
commit COMMIT sign-off-missing: it has no `Signed-off-by:` line
  hint: git commit --amend --signoff --no-edit
corpus/basics/add/north/add.py:1:8 syntax-error: nothing closes this `(`
    def add(a, b:
           ^
  hint: python3 -m py_compile corpus/basics/add/north/add.py
verdict 000000000000\
""")


def test_the_specs_before_the_push_judge_it(work):
    base = work.head
    soft = SPECS["specs/gates.yaml"] + "gates:\n  - {id: layout, uses: layout, severity: record}\n"
    tip = work.commit({"specs/gates.yaml": soft, "scratch/x.py": "x = 1\n"}, author="lead")
    assert Judged(work, push_of(tip, old=base, pusher="lead")).codes == ["outside-layout"]


def test_a_broken_spec_is_refused_at_its_place(work):
    base = work.head
    tip = work.commit({"specs/gates.yaml": GATES.replace("recommended", "recomended")}, author="lead")
    judged = Judged(work, push_of(tip, old=base, pusher="lead"))
    assert judged.verdict.outcome is Outcome.REFUSED
    assert judged.text == snapshot("""\
refused: 2 findings (spec 2), 10 gates passed
specs/corpus.yaml:4:9 gates-missing: a corpus with a policy needs gates, and none is declared
    policy: {branch: main}
            ^
  hint: add specs/gates.yaml with `extends: [gitcorpus:recommended]`
specs/gates.yaml:3:11 unknown-profile: there is no profile `gitcorpus:recomended`
    extends: [gitcorpus:recomended]
              ^^^^^^^^^^^^^^^^^^^^
  hint: did you mean `gitcorpus:recommended`?
verdict 000000000000\
""")


def test_a_tag_is_judged_on_its_whole_tree(work):
    work.commit({"scratch/x.py": "x = 1\n"})
    work.git("branch", "--force", "main", "HEAD")
    tag = work.tag("v1", message="one")
    judged = Judged(work, push_of(tag, ref="refs/tags/v1", pusher="lead"))
    assert judged.codes == ["outside-layout"]
    assert judged.verdict.tips == (work.head,)


def test_a_new_branch_is_judged_from_where_it_left_the_policy_branch(work):
    tip = work.commit({f"{ADD}/add.py": "x = 1\n"})
    judged = Judged(work, push_of(tip, ref="refs/heads/topic"))
    assert (judged.verdict.outcome, judged.verdict.files) == (Outcome.ACCEPTED, 1)


def test_protected_refs_are_neither_rewound_nor_deleted(work):
    base = work.head
    work.git("checkout", "--quiet", "--orphan", "other")
    other = work.commit({"README.md": "another start\n"})
    assert "ref-rewound" in Judged(work, push_of(other, old=base)).codes
    assert Judged(work, push_of(ZERO_OID, old=base)).codes == ["policy-deleted"]


def test_a_deleted_topic_branch_is_nobodys_business(work):
    judged = Judged(work, push_of(ZERO_OID, old=work.head, ref="refs/heads/topic"))
    assert judged.verdict.outcome is Outcome.ACCEPTED


def test_a_tag_of_a_blob_is_refused(work):
    blob = work.git("hash-object", "-w", "README.md").stdout.strip()
    assert Judged(work, push_of(blob, ref="refs/tags/readme")).codes == ["ref-not-a-commit"]


@pytest.mark.parametrize(
    ("pusher", "files", "ref", "codes"),
    [
        ("lead", SPECS, "refs/heads/main", []),
        ("north", SPECS, "refs/heads/main", ["not-an-admin"]),
        (None, SPECS, "refs/heads/main", ["pusher-unknown"]),
        ("lead", SPECS, "refs/heads/topic", ["policy-missing"]),
        ("lead", {"README.md": "no specs\n"}, "refs/heads/main", ["no-specs"]),
    ],
)
def test_the_first_push_is_an_admins_and_brings_valid_specs(forge, pusher, files, ref, codes):
    work = forge.work()
    work.git("checkout", "--quiet", "--orphan", "first")
    tip = work.commit(files, author="lead")
    work.git("checkout", "--quiet", "--detach")
    work.git("branch", "-D", "first")
    judged = Judged(work, push_of(tip, ref=ref, pusher=pusher))
    assert judged.codes == codes
    assert judged.verdict.accepted is not bool(codes)


def test_a_first_push_without_a_policy_would_lock_everybody_out(forge):
    work = forge.work()
    work.git("checkout", "--quiet", "--orphan", "first")
    corpus = SPECS["specs/corpus.yaml"].replace("policy: {branch: main}\n", "")
    tip = work.commit({**SPECS, "specs/corpus.yaml": corpus}, author="lead")
    assert "policy-undeclared" in Judged(work, push_of(tip, pusher="lead")).codes


def test_broken_specs_on_the_policy_branch_are_mended_by_an_admin_only(work):
    good = work.head
    work.commit({"specs/corpus.yaml": "kind: [\n"})
    work.git("branch", "--force", "main", "HEAD")
    broken = work.head
    tip = work.commit({"specs/corpus.yaml": SPECS["specs/corpus.yaml"]}, author="lead")
    assert Judged(work, push_of(tip, old=broken, pusher="north")).codes == ["not-an-admin"]
    assert Judged(work, push_of(tip, old=broken, pusher="lead")).verdict.accepted
    assert good != broken


def test_more_files_than_the_server_walks_cannot_be_judged(work):
    base = work.head
    tip = work.commit({f"{ADD}/{n}.py": "" for n in range(30)})
    with pytest.raises(UnjudgedError, match="tree-too-large"):
        Judged(work, push_of(tip, old=base), Server(admins=("lead",), max_files=20))


def test_the_ledger_holds_refusals_and_no_quoted_line(work):
    base = work.head
    tip = work.commit({f"{ADD}/add.py": "secret = 'hunter2'(\n"})
    judged = Judged(work, push_of(tip, old=base))
    assert judged.entry.body["outcome"] == "refused"
    assert "hunter2" not in "".join(path.read_text() for path in judged.ledger.folder.rglob("*.jsonl"))
    assert judged.ledger.verify() == (1, ())


def test_several_refs_in_one_push_get_one_verdict(work):
    base = work.head
    one = work.commit({f"{ADD}/add.py": "x = 1\n"})
    two = work.commit({"scratch.py": "x = 1\n", "scratch/y.py": "y\n"})
    updates = (
        RefUpdate(ref="refs/heads/main", old=base, new=one),
        RefUpdate(ref="refs/heads/topic", old=ZERO_OID, new=two),
    )
    judged = Judged(work, Push(updates=updates, pusher="north"))
    assert judged.codes == ["outside-layout"]
    assert judged.verdict.tips == (one, two)


def test_work_that_landed_on_a_topic_branch_is_judged_when_it_is_merged(forge):
    work = forge.work()
    late = GATES + "gates:\n  - {id: rights, uses: rights, when: merge}\n"
    work.commit({**SPECS, "specs/gates.yaml": late}, author="lead")
    base = work.head
    work.git("checkout", "--quiet", "--detach")
    tip = work.commit({f"{ADD}/add.py": "x = 1\n"}, sign_off=False)
    assert Judged(work, push_of(tip, ref="refs/heads/topic")).verdict.accepted
    work.git("branch", "topic", tip)
    assert Judged(work, push_of(tip, old=base)).codes == ["sign-off-missing"]


def test_what_an_earlier_commit_of_the_push_holds_is_told_with_that_commit(work):
    base = work.head
    earlier = work.commit({f"{ADD}/nul.txt": "x\n"})
    tip = work.commit({f"{ADD}/nul.txt": None, f"{ADD}/add.py": "x = 1\n"})
    judged = Judged(work, push_of(tip, old=base))
    assert judged.text.replace(earlier[:12], "EARLIER") == snapshot("""\
refused: 1 finding (paths 1), 10 gates passed
corpus/basics/add/north/nul.txt path-reserved: Windows can hold no file called `nul.txt` (in commit EARLIER)
  hint: git mv corpus/basics/add/north/nul.txt corpus/basics/add/north/ANOTHER-NAME.txt
verdict 000000000000\
""")
    (finding,) = (each for gate in judged.entry.body["gates"] for each in gate["findings"])
    assert finding["commit"] == earlier


def test_push_options_that_are_meant_for_gitcorpus_and_unknown_are_named(work):
    base = work.head
    tip = work.commit({f"{ADD}/add.py": "x = 1\n"})
    options = ("full", "ci.skip", "gitcorpus.ful\x1b[2J")
    judged = Judged(work, replace(push_of(tip, old=base), options=options))
    assert judged.said[0] == (
        "warning: no push option is called 'gitcorpus.ful\\x1b[2J'; "
        "there are color, full, judge-only, merge, gitcorpus.import, gitcorpus.verdict"
    )
    assert judged.said[1].startswith("judging 1 commit, 1 file by ")
    assert judged.entry.body["options"] == list(options)


def test_nobody_fills_the_ledger_with_options_or_names(work):
    base = work.head
    deep = "/".join(["d" * 200] * 15)
    tip = work.commit({f"{deep}/a b.py": "x = (\n"})
    judged = Judged(work, replace(push_of(tip, old=base), options=("x" * 60_000,) * 500))
    assert judged.codes == ["outside-layout", "syntax-error"]
    assert len(next(judged.ledger.folder.rglob("*.jsonl")).read_bytes()) < 30_000
    assert judged.ledger.verify() == (1, ())


def test_who_may_bring_the_first_specs_is_named_with_the_setting(forge):
    work = forge.work()
    work.git("checkout", "--quiet", "--orphan", "first")
    tip = work.commit(SPECS, author="lead")
    lines = Judged(work, push_of(tip, pusher="north\x1b[2J")).text.splitlines()
    assert lines[1].endswith("until then only an admin may push, and `north\\x1b[2J` is none")
    assert lines[2] == "  hint: `admins:` in gitcorpus/server.yaml names lead; ask there"


def test_a_first_push_through_an_alias_or_without_the_branch_lands_nothing(forge):
    work = forge.work()
    tip = work.commit(SPECS, author="lead")
    work.git("branch", "--move", "trunk")
    work.git("symbolic-ref", "refs/heads/other", "refs/heads/main")
    judged = Judged(work, push_of(tip, ref="refs/heads/other", pusher="lead"))
    assert set(judged.codes) == {"policy-missing", "ref-alias"}


def test_two_changes_that_each_pass_are_judged_together(work):
    """Each is within the limit of a file; the file that both are merged into is not."""
    small = GATES + "gates:\n  - {id: size, uses: size, with: {max_file: 64}}\n"
    base = work.commit({"specs/gates.yaml": small, f"{ADD}/add.py": "a = 1\n" + "#\n" * 20}, author="lead")
    work.git("update-ref", "refs/heads/main", base)
    work.branch("other")
    theirs = work.commit({f"{ADD}/add.py": "a = 1\n" + "#\n" * 20 + "b = 22222222222\n"})
    work.git("checkout", "--quiet", "--detach", base)
    ours = work.commit({f"{ADD}/add.py": "a = 11111111111\n" + "#\n" * 20})
    work.git("update-ref", "refs/heads/main", ours)
    options = ("judge-only", "merge")
    alone = Judged(work, replace(push_of(theirs, ref="refs/heads/topic", old=base), options=options))
    assert alone.verdict.accepted
    judged = Judged(work, replace(push_of(theirs, old=ours), options=options))
    assert judged.codes == ["file-too-large"]
    assert judged.entry is None
    work.checkout("other")
    clash = work.commit({f"{ADD}/add.py": "a = 3\n" + "#\n" * 20})
    said = Judged(work, replace(push_of(clash, old=ours), options=options)).text.replace(ours[:12], "OURS")
    assert said == snapshot("""\
refused: 2 findings (merge 1, refs 1), 10 gates passed
corpus/basics/add/north/add.py merge-conflict: it cannot be merged into main without a conflict
  hint: merge it and resolve the file: git merge origin/main
refs/heads/main ref-rewound: it is protected, and commit OURS would fall out of it
  hint: git pull --rebase origin main
verdict 000000000000\
""")


def test_without_a_rehearsal_a_merge_is_for_the_pusher_to_make(work):
    base = work.head
    work.branch("other")
    theirs = work.commit({"README.md": "x\n"})
    work.checkout("main")
    ours = work.commit({f"{ADD}/add.py": "x = 1\n"})
    assert base != ours
    judged = Judged(work, replace(push_of(theirs, old=ours), options=("merge",)))
    assert judged.codes == ["ref-rewound"]
