"""A tag of what a protected branch holds is judged on what no verdict proves of its tree, and on nothing else."""

from dataclasses import replace
from datetime import timedelta

import pytest
from smallest import ADD, CORPUS, GATES, NOW, SERVER, SPECS, smallest

from gitcorpus.compiler.verdicts import backings
from gitcorpus.errors import UnjudgedError
from gitcorpus.flows.landed import record_landed
from gitcorpus.flows.push import judge_push
from gitcorpus.git.repo import Repo
from gitcorpus.ledger import Ledger
from gitcorpus.model.entry import EntryKind
from gitcorpus.model.place import ZERO_OID
from gitcorpus.model.push import Push, RefUpdate
from gitcorpus.model.verdict import Outcome

MAIN, TAG = "refs/heads/main", "refs/tags/{}"
UNTIDY = "x = 1  \n"
TIDY = GATES + "gates:\n  - {id: tidy, uses: tidy}\n"


class Server:
    """A repository to which pushes are judged and then carried out, as a server does."""

    def __init__(self, work):
        self.work, self.repo_path = work, work.git_dir
        self.ledger = Ledger.of(work.git_dir)
        self.now, self.server, self.said = NOW, SERVER, []

    def update(self, ref, new):
        return RefUpdate(ref=ref, old=Repo.open(self.repo_path).ref(ref) or ZERO_OID, new=new)

    def push(self, *moves, lands=True, records=True, options=(), pusher="lead"):
        updates = tuple(self.update(ref, new) for ref, new in moves)
        self.said = []
        verdict, entry = judge_push(
            Push(updates=updates, pusher=pusher, options=options),
            repo=Repo.open(self.repo_path),
            server=self.server,
            ledger=self.ledger,
            now=self.now,
            notify=self.said.append,
        )
        if verdict.outcome is Outcome.ACCEPTED and lands:
            for each in updates:
                self.work.git("update-ref", each.ref, each.new)
            if records:
                record_landed(updates, pusher=pusher, verdict=entry.digest, ledger=self.ledger, now=self.now)
        self.entry = entry
        return verdict

    def main(self, files, **keywords):
        tip = self.work.commit(files)
        assert self.push((MAIN, tip), **keywords).outcome is Outcome.ACCEPTED
        return tip

    def tag(self, name, commit=None, **keywords):
        """Push a tag, and return how many files were judged, or the codes of a refusal."""
        verdict = self.push((TAG.format(name), commit or self.work.head), **keywords)
        codes = [each.code for each in verdict.findings]
        return verdict.files if verdict.outcome is Outcome.ACCEPTED else codes

    @property
    def reuses(self):
        return self.entry.body["updates"][0].get("reuses")


N_SPECS = len(SPECS)


@pytest.fixture
def server(forge):
    work = smallest(forge)
    work.git("checkout", "--quiet", "--detach")
    return Server(work)


def solution(name, text="x = 1\n"):
    return {f"{ADD}/{name}.py": text}


def test_what_the_branch_was_judged_on_is_not_judged_again(server):
    for name in "abc":
        server.main(solution(name))
    assert server.tag("one") == N_SPECS
    proof = server.reuses
    assert proof is not None
    assert server.said[1:] == [
        f"the rest of the tagged tree was judged before by the same specs: verdict {proof[7:19]}"
    ]
    (reused,) = (each for each in server.ledger.entries() if each.digest == proof)
    assert reused.body["updates"][0]["commit"] == server.work.head
    assert server.tag("two") == 0
    server.main(solution("d"))
    assert server.tag("three") == 0
    assert server.tag("v1") == 0


def test_old_files_that_no_verdict_covers_are_judged(forge):
    work = smallest(forge)
    work.commit({**solution("old", UNTIDY), "specs/gates.yaml": TIDY}, author="lead")
    work.git("checkout", "--quiet", "--detach")
    server = Server(work)
    server.main(solution("a"))
    assert server.tag("one") == ["trailing-blank"]
    server.main(solution("old"))
    assert server.tag("one") == N_SPECS
    assert server.tag("two") == 0


def test_new_gates_judge_the_whole_tree_once(server):
    server.main(solution("old", UNTIDY))
    assert server.tag("before") == N_SPECS
    server.main({"specs/gates.yaml": TIDY})
    server.main(solution("a"))
    assert server.tag("one") == ["trailing-blank"]
    server.main(solution("old"))
    assert server.tag("two") == N_SPECS
    assert server.tag("three") == 0


def test_a_commit_that_was_judged_by_older_specs_is_judged_whole(server):
    older = server.main(solution("old", UNTIDY))
    assert server.tag("before") == N_SPECS
    server.main({"specs/gates.yaml": TIDY})
    assert server.tag("late", older) == ["trailing-blank"]
    server.main({"specs/gates.yaml": GATES})
    assert server.tag("late", older) == 0


def waived(until):
    return {
        "specs/gates.yaml": TIDY,
        "specs/waivers.yaml": "apiVersion: gitcorpus/v1\nkind: Waivers\nwaivers:\n"
        f"  - {{gate: tidy, paths: ['**'], reason: for now, by: lead, until: {until}}}\n",
    }


def test_a_waiver_that_has_expired_proves_nothing(server):
    server.main(waived("2026-02-03"))
    server.main(solution("old", UNTIDY))
    assert server.tag("one") == N_SPECS + 1
    assert server.tag("two") == 0
    server.now += timedelta(days=1)
    assert server.tag("three") == 0
    server.now += timedelta(days=1)
    assert server.tag("four") == ["trailing-blank"]


@pytest.mark.parametrize(
    "change",
    [
        lambda server: replace(server, max_files=99_999),
        lambda server: replace(server, admins=("lead", "root")),
    ],
)
def test_another_file_of_the_server_proves_nothing(server, change):
    server.main(solution("a"))
    assert server.tag("one") == N_SPECS
    server.server = change(SERVER)
    assert server.tag("two") == N_SPECS + 1


def test_other_versions_prove_nothing(server, monkeypatch):
    server.main(solution("a"))
    assert server.tag("one") == N_SPECS
    monkeypatch.setattr("gitcorpus.flows.proof.versions", lambda: (("gitcorpus", "0"),))
    assert server.tag("two") == N_SPECS + 1


def test_a_push_that_did_not_land_proves_nothing(server):
    tip = server.work.commit(solution("a"))
    server.push((MAIN, tip), lands=False)
    assert server.tag("one", tip) == N_SPECS + 1
    server.work.git("update-ref", MAIN, tip)
    next_ = server.work.commit(solution("b"))
    assert server.push((MAIN, next_)).outcome is Outcome.ACCEPTED
    assert server.tag("two", tip) == 0


def test_a_landing_that_is_not_recorded_is_seen_at_the_tip_alone(server):
    older = server.main(solution("a"), records=False)
    assert server.tag("tip") == N_SPECS
    server.work.git("update-ref", "-d", "refs/tags/tip")
    server.main(solution("b"), records=False)
    assert server.tag("below", older) == N_SPECS + 1


def test_a_topic_and_the_middle_of_a_push_are_judged_whole(server):
    server.main(solution("a"))
    topic = server.work.commit(solution("b"))
    assert server.push(("refs/heads/topic", topic)).outcome is Outcome.ACCEPTED
    assert server.tag("one") == N_SPECS + 2
    server.work.commit(solution("c"))
    server.main(solution("d"))
    assert server.tag("two", server.work.oid("HEAD~")) == N_SPECS + 3


def test_gates_of_tags_alone_judge_the_whole_tree(forge):
    work = smallest(forge)
    tags = "gates:\n  - {id: tidy, uses: tidy, refs: ['refs/tags/**']}\n"
    work.commit({"specs/gates.yaml": GATES + tags}, author="lead")
    work.git("checkout", "--quiet", "--detach")
    server = Server(work)
    server.main(solution("old", UNTIDY))
    server.main(solution("a"))
    assert server.tag("one") == ["trailing-blank"]
    server.main(solution("old"))
    assert server.tag("two") == N_SPECS
    server.work.git("update-ref", MAIN, server.work.head)
    server.main(solution("late", UNTIDY))
    assert server.tag("three") == ["trailing-blank"]


def test_gates_of_merges_are_proven_by_the_branch(forge):
    work = smallest(forge)
    merges = "gates:\n  - {id: tidy, uses: tidy, when: merge}\n  - {id: own, uses: size, refs: [refs/heads/main]}\n"
    work.commit({**solution("old", UNTIDY), "specs/gates.yaml": GATES + merges}, author="lead")
    work.git("checkout", "--quiet", "--detach")
    server = Server(work)
    server.main(solution("a"))
    assert server.tag("plain") == N_SPECS + 1
    assert server.tag("v1") == ["trailing-blank"]
    server.main(solution("old"))
    assert server.tag("v2") == N_SPECS
    assert server.tag("v3") == 0


def test_what_is_the_tags_own_is_judged_still(server):
    server.main(solution("a"))
    assert server.tag("v1") == N_SPECS
    older = server.work.oid("HEAD~")
    assert server.tag("v1", older) == ["tag-moved"]
    assert server.tag("v2", pusher="north") == ["not-a-release-owner"]
    assert server.tag("main") == ["ref-shadows"]
    named = server.work.tag("v3", message="hidden \u202e text\x1b[2J")
    assert server.tag("v3", named) == ["commit-control"]
    server.work.git("update-ref", "-d", "refs/tags/v3")
    fine = server.work.tag("v4", message="a release")
    server.work.git("update-ref", "-d", "refs/tags/v4")
    assert server.tag("v4", fine) == 0
    server.work.git("tag", "--annotate", "-m", "of a tag", "v5", fine)
    nested = server.work.oid("refs/tags/v5")
    server.work.git("update-ref", "-d", "refs/tags/v5")
    assert server.tag("v5", nested) == 0


def test_a_branch_and_its_tag_in_one_push(server):
    server.main(solution("a"))
    tip = server.work.commit(solution("b"))
    verdict = server.push((MAIN, tip), (TAG.format("v1"), tip))
    assert verdict.outcome is Outcome.ACCEPTED
    assert verdict.files == N_SPECS + 1
    assert server.tag("v2") == 0
    tip = server.work.commit(solution("bad", "x = (\n"))
    verdict = server.push((MAIN, tip), (TAG.format("v3"), tip))
    assert verdict.outcome is Outcome.REFUSED
    assert {each.code for each in verdict.findings} == {"syntax-error"}


def test_a_merge_is_proven_with_all_that_it_brings(server):
    base = server.main(solution("a"))
    topic = server.work.commit(solution("b"))
    server.push(("refs/heads/topic", topic))
    server.work.git("checkout", "--quiet", "--detach", base)
    server.main(solution("c"))
    server.work.git("merge", "--quiet", "--no-commit", "--no-ff", "topic")
    merge = server.work.commit({})
    assert len(Repo.open(server.repo_path).commit(merge).parents) == 2
    assert server.push((MAIN, merge)).outcome is Outcome.ACCEPTED
    assert server.tag("one", merge) == N_SPECS
    assert server.tag("two", topic) == N_SPECS + 2


def test_another_protected_branch_proves_its_own(forge):
    work = smallest(forge)
    corpus = CORPUS.replace("[refs/heads/main]", "[refs/heads/main, 'refs/heads/release/*']")
    work.commit({"specs/corpus.yaml": corpus}, author="lead")
    work.git("checkout", "--quiet", "--detach")
    server = Server(work)
    server.main(solution("a"))
    tip = work.commit(solution("b"))
    assert server.push(("refs/heads/release/1", tip)).outcome is Outcome.ACCEPTED
    assert server.tag("one") == N_SPECS
    fixed = work.commit(solution("c"))
    assert server.push(("refs/heads/release/1", fixed)).outcome is Outcome.ACCEPTED
    assert server.tag("two") == 0


def test_every_commit_gates_and_new_commits_stay_judged(server):
    server.main(solution("a"))
    work = server.work
    work.commit(solution("bad", "x = (\n"))
    tip = work.commit(solution("bad"))
    assert server.tag("one", tip) == N_SPECS + 2
    assert server.entry.body["commits"] == [work.oid("HEAD~"), tip]


def test_a_verdict_that_rests_on_none_backs_no_release(server):
    server.main(solution("a"))
    server.tag("one")
    entries = tuple(server.ledger.entries())
    assert [each.number for each in backings(entries, server.work.head)] == [0, 2]
    without = tuple(each for each in entries if each.number)
    assert [each.number for each in backings(without, server.work.head)] == []
    other = tuple(
        replace(each, body={**each.body, "bar": "sha256:" + "0" * 64}) if each.number == 0 else each
        for each in entries
    )
    assert [each.number for each in backings(other, server.work.head)] == [0]


def test_a_refused_verdict_and_one_without_a_bar_prove_nothing(server):
    tip = server.work.commit(solution("a"))
    server.push((MAIN, tip))
    entry = server.entry
    old = {name: value for name, value in entry.body.items() if name != "bar"}
    server.ledger.folder.rename(server.ledger.folder.with_name("aside"))
    server.ledger.head_path.unlink()
    for body in (old, {**entry.body, "outcome": "refused"}, {**entry.body, "unanswered": ["size"]}):
        server.ledger.append(EntryKind.VERDICT, body, now=NOW)
    assert server.tag("one") == N_SPECS + 1
    server.ledger.append(EntryKind.VERDICT, entry.body, now=NOW)
    server.work.git("update-ref", "-d", "refs/tags/one")
    assert server.tag("two") == N_SPECS


def test_the_whole_tree_is_judged_where_the_way_back_is_too_long(server, monkeypatch):
    for name in "abcd":
        server.main(solution(name))
    monkeypatch.setattr("gitcorpus.flows.proof._FARTHEST", 2)
    assert server.tag("one") == N_SPECS + 2
    assert server.tag("two") == 0


def test_a_tree_may_grow_beyond_what_a_push_may_change(server):
    for part in range(3):
        server.main({f"corpus/basics/add/s{part}-{number}/a.py": "x = 1\n" for number in range(12)})
    topic = server.work.commit(solution("a"))
    server.server = replace(SERVER, max_files=80)
    assert len(Repo.open(server.repo_path).snapshot(topic).entries()) == N_SPECS + 37
    assert server.tag("main-", server.work.oid("HEAD~")) == N_SPECS + 36
    assert server.tag("topic", topic) == N_SPECS + 37
    orphan = server.work.git("commit-tree", "-m", "orphan", "HEAD^{tree}").stdout.strip()
    with pytest.raises(UnjudgedError, match="tree-too-large"):
        server.tag("orphan", orphan)
