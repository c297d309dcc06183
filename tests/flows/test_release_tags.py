"""What a tag must have passed before it is released, and the ways round that."""

import re
import shlex

import pytest
from forge import Work
from hypothesis import given
from hypothesis import strategies as st
from smallest import ADD, CONTRIBUTORS, GATES, NOW, RELEASE, SERVER, SPECS

from gitcorpus.compiler.verdicts import backings, choose_verdict
from gitcorpus.errors import GitcorpusError
from gitcorpus.flows.job import open_job
from gitcorpus.flows.push import judge_push
from gitcorpus.git.repo import Repo
from gitcorpus.ledger import Ledger
from gitcorpus.model.declaration import Stage
from gitcorpus.model.entry import Entry, EntryKind
from gitcorpus.model.place import ZERO_OID, Digest
from gitcorpus.model.push import Push, RefUpdate
from gitcorpus.model.release import ReleaseRequest
from gitcorpus.model.tree import Tag

SMALL = GATES + "gates:\n  - {id: small, uses: size, when: merge, with: {max_file: 2KiB}}\n"
SMALL_ON_MAIN = SMALL.replace("when: merge", "when: merge, refs: [refs/heads/main]")
STRICT = {**SPECS, "specs/gates.yaml": SMALL}
NOT_FOR_TAGS = {"specs/release.yaml": RELEASE.replace('"v*"', '"w*"')}
GOOD = {f"{ADD}/add.py": "def add(a, b):\n    return a + b\n"}
LARGE = {f"{ADD}/add.py": "# more than a merge lets in\n" * 100}


class Corpus:
    """A repository with a ledger, into which pushes go that pass."""

    def __init__(self, work: Work, specs=STRICT) -> None:
        self.work = work
        self.ledger = Ledger.of(work.git_dir)
        work.git("checkout", "--quiet", "--orphan", "scratch")
        work.commit(specs, "specs", author="lead")
        assert self.push("HEAD:refs/heads/main") == []

    def push(self, *refspecs, pusher="lead", options=()):
        """Push as `git push` would, and return the codes of what was found; the references move if it is accepted."""
        repo = Repo.open(self.work.git_dir)
        updates = tuple(self._update(repo, *each.rsplit(":", 1)) for each in refspecs)
        push = Push(updates=updates, pusher=pusher, options=options)
        verdict, _ = judge_push(push, repo=repo, server=SERVER, ledger=self.ledger, now=NOW, notify=print)
        if verdict.accepted and not options:
            for each in updates:
                self.work.git("update-ref", *(["-d", each.ref] if each.deletes else [each.ref, each.new]))
        codes = [finding.code for finding in verdict.findings]
        assert verdict.accepted is not bool(codes)
        return codes

    def _update(self, repo, rev, ref):
        new = self.work.oid(rev) if rev else ZERO_OID
        return RefUpdate(ref=ref, old=repo.ref(ref) or ZERO_OID, new=new)

    def topic(self, files, start="main", author="north"):
        """Return a commit on top of another one."""
        self.work.git("checkout", "--quiet", "--detach", start)
        return self.work.commit(files, author=author)

    def job(self, tag, **more):
        """Return what a release of a tag would be compiled from."""
        return open_job(ReleaseRequest(repository=self.work.path, tag=tag, folder=self.work.path, **more))

    def refusal(self, tag, **more):
        """Return why a tag is not released."""
        with pytest.raises(GitcorpusError) as caught:
            self.job(tag, **more)
        assert caught.value.code == "tag-unjudged"
        return caught.value

    def paste(self, hint):
        """Do what a hint says: push by its refspec, and return what was found."""
        (refspec,) = re.findall(r"git push origin ('[^']+'|\S+)", hint)
        return self.push(shlex.split(refspec)[0])

    @property
    def newest(self):
        return [entry for entry in self.ledger.entries() if entry.kind is EntryKind.VERDICT][-1]


@pytest.fixture
def corpus(forge):
    return Corpus(forge.work())


def open_tags(forge, **specs):
    """Return a corpus whose specs compile no tag `v…` yet."""
    return Corpus(forge.work(), {**STRICT, **NOT_FOR_TAGS, **specs})


def test_a_tag_passes_what_a_merge_passes(corpus):
    large = corpus.topic(LARGE)
    assert corpus.push(f"{large}:refs/heads/topic") == []
    assert corpus.push(f"{large}:refs/heads/main") == ["file-too-large"]
    assert corpus.push(f"{large}:refs/tags/v1") == ["file-too-large"]
    good = corpus.topic(GOOD)
    assert corpus.push(f"{good}:refs/tags/v1") == []
    backing = corpus.job("v1").backing
    assert (backing.stage, backing.policy) == (Stage.MERGE, corpus.work.oid("main"))
    assert (backing.digest, backing.specs) == (corpus.newest.digest, corpus.newest.body["spec_digest"])


def test_a_gate_for_the_policy_branch_alone_judges_release_tags_too(forge):
    corpus = Corpus(forge.work(), {**SPECS, "specs/gates.yaml": SMALL_ON_MAIN})
    large = corpus.topic(LARGE)
    assert corpus.push(f"{large}:refs/tags/odd") == []
    assert corpus.push(f"{large}:refs/heads/main") == ["file-too-large"]
    assert corpus.push(f"{large}:refs/tags/v1") == ["file-too-large"]


def test_specs_of_the_tagged_tree_do_not_lower_the_bar(corpus):
    own = RELEASE.replace('"v*"', '"wip/*"') + "requires: push\n"
    large = corpus.topic({**LARGE, "specs/release.yaml": own})
    assert corpus.push(f"{large}:refs/tags/wip/1", pusher="north") == []
    refused = corpus.refusal("wip/1")
    assert "accepted at stage `push` only, and its release requires `merge`" in refused.sentence
    assert refused.exit_code == 1
    assert corpus.paste(refused.hint) == ["file-too-large"]
    assert corpus.job("wip/1", unverified=True).backing is None


def test_specs_from_outside_do_not_lower_the_bar(corpus, tmp_path):
    for path, text in {
        **SPECS,
        "specs/release.yaml": RELEASE.replace('"v*"', '"*"') + "requires: push\n",
    }.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    large = corpus.topic(LARGE)
    assert corpus.push(f"{large}:refs/tags/odd") == []
    corpus.refusal("odd", specs=tmp_path)


def test_a_release_may_be_content_with_what_judges_every_push(forge):
    corpus = Corpus(forge.work(), {**STRICT, "specs/release.yaml": RELEASE + "requires: push\n"})
    large = corpus.topic(LARGE)
    assert corpus.push(f"{large}:refs/tags/v1", pusher="north") == ["not-a-release-owner"]
    assert corpus.push(f"{large}:refs/tags/v1") == []
    backing = corpus.job("v1").backing
    assert (backing.stage, backing.digest) == (Stage.PUSH, corpus.newest.digest)
    stricter = corpus.topic({**LARGE, "specs/release.yaml": RELEASE})
    assert corpus.push(f"{stricter}:refs/tags/v2") == []
    corpus.refusal("v2")
    other = corpus.topic(GOOD, large)
    assert corpus.push(f"{other}:refs/tags/v1") == ["tag-moved"]
    assert corpus.push(":refs/tags/v1") == ["ref-deleted"]
    tag = corpus.work.tag("local", "main", message="on the policy branch")
    assert corpus.push(f"{corpus.topic(GOOD)}:refs/heads/main", f"{tag}:refs/tags/v3") == []
    assert corpus.job("v3").backing.stage is Stage.PUSH


def test_a_tag_that_is_older_than_its_release_spec_is_judged_by_a_merge_or_another_tag(forge):
    corpus = open_tags(forge)
    large, good = corpus.topic(LARGE), corpus.topic(GOOD)
    assert corpus.push(f"{large}:refs/tags/v1", f"{good}:refs/tags/v2", pusher="north") == []
    assert (
        corpus.push(f"{corpus.topic({'specs/release.yaml': RELEASE}, author='lead')}:refs/heads/main") == []
    )
    for tag in ("v1", "v2"):
        own = corpus.topic({"specs/release.yaml": RELEASE}, f"refs/tags/{tag}", author="lead")
        corpus.work.git(
            "update-ref", f"refs/tags/{tag}", own
        )  # past the gate, as a server without hooks would
    assert corpus.paste(corpus.refusal("v1").hint) == ["file-too-large"]
    refused = corpus.refusal("v2")
    assert "no push with commit" in refused.sentence
    assert refused.hint.endswith(" && gitcorpus release v2.1")
    assert corpus.paste(refused.hint) == []
    assert corpus.job("v2.1").backing.digest == corpus.newest.digest
    assert corpus.job("v2").backing == corpus.job("v2.1").backing


def test_a_merge_into_the_policy_branch_judges_a_tag_that_is_there(forge):
    corpus = open_tags(forge)
    tip = corpus.topic({**GOOD, "specs/release.yaml": RELEASE})
    assert corpus.push(f"{tip}:refs/tags/v1", pusher="north") == []
    refused = corpus.refusal("v1")
    assert refused.hint.endswith("judged: git push origin 'refs/tags/v1^{commit}:refs/heads/main'")
    assert corpus.paste(refused.hint) == []
    backing = corpus.job("v1").backing
    assert backing.digest == corpus.newest.digest
    assert corpus.push(f"{tip}:refs/tags/v2") == []
    assert corpus.job("v2").backing.digest == corpus.newest.digest
    assert corpus.job("v1").backing == backing


def test_what_a_tag_holds_that_was_not_protected_is_judged_when_it_is_merged(forge):
    every = GATES + "gates:\n  - {id: signed, uses: rights, when: merge, on: every-commit}\n"
    corpus = open_tags(forge, **{"specs/gates.yaml": every.replace("id: signed", "id: rights")})
    corpus.work.git("checkout", "--quiet", "--detach", "main")
    unsigned = corpus.work.commit(GOOD, sign_off=False)
    assert corpus.push(f"{unsigned}:refs/tags/v1", pusher="north") == []
    tip = corpus.topic({"specs/release.yaml": RELEASE}, author="lead")
    assert corpus.push(f"{tip}:refs/heads/main") == []
    corpus.work.git("checkout", "--quiet", "--detach", unsigned)
    above = corpus.work.merge("main")
    both = ["sign-off-missing"] * 2  # the one below the tag, and the merge itself
    assert corpus.push(f"{above}:refs/tags/v2") == both
    assert corpus.push(f"{above}:refs/heads/main") == both


def test_each_tag_has_the_verdict_of_its_own_push(corpus):
    tip = corpus.topic(GOOD)
    annotated = corpus.work.tag("local-1", tip, message="one")
    nested = corpus.work.tag("local-2", "local-1", message="two")
    chosen = []
    for name, oid in (("v1", annotated), ("v2", nested), ("v3", tip)):
        assert corpus.push(f"{oid}:refs/tags/{name}") == []
        chosen.append(corpus.newest.digest)
        onward = corpus.topic({"README.md": name}, author="lead")
        assert corpus.push(f"{onward}:refs/heads/main") == []
    assert [corpus.job(name).backing.digest for name in ("v1", "v2", "v3")] == chosen
    policies = [corpus.job(name).backing.policy for name in ("v1", "v2", "v3")]
    assert len(set(policies)) == 3


def test_a_tag_in_a_push_with_a_merge_needs_its_own_judging(forge):
    corpus = open_tags(forge)
    own = {"specs/release.yaml": RELEASE}
    large, good = corpus.topic({**LARGE, **own}, author="lead"), corpus.topic({**GOOD, **own}, author="lead")
    assert corpus.push(f"{large}:refs/tags/v1", f"{good}:refs/heads/main") == []
    assert "stage `push` only" in corpus.refusal("v1").sentence
    assert corpus.push(f"{large}:refs/tags/v1.1") == ["file-too-large"]


def test_what_no_specs_judged_is_not_released(forge):
    work = forge.work()
    corpus = Corpus.__new__(Corpus)
    corpus.work, corpus.ledger = work, Ledger.of(work.git_dir)
    work.git("checkout", "--quiet", "--orphan", "scratch")
    work.commit({**STRICT, **LARGE}, author="lead")
    assert corpus.push("HEAD:refs/heads/main", "HEAD:refs/tags/v1") == []
    refused = corpus.refusal("v1")
    assert "ever accepted here by specs" in refused.sentence
    assert corpus.paste(refused.hint) == ["file-too-large"]
    good = corpus.topic(GOOD)
    assert corpus.push(f"{good}:refs/heads/main") == []
    assert corpus.push(f"{good}:refs/tags/v2") == []
    assert corpus.job("v2").backing.digest == corpus.newest.digest


def test_a_rehearsal_stands_behind_nothing(forge):
    corpus = open_tags(forge)
    tip = corpus.topic({**GOOD, "specs/release.yaml": RELEASE}, author="lead")
    assert corpus.push(f"{tip}:refs/heads/main", options=("judge-only",)) == []
    assert corpus.push(f"{tip}:refs/heads/main", options=("judge-only", "merge")) == []
    assert corpus.push(f"{tip}:refs/tags/v1") == []
    corpus.refusal("v1")


def test_another_protected_branch_is_no_policy_branch(forge):
    protected = SPECS["specs/corpus.yaml"].replace(
        "[refs/heads/main]", "[refs/heads/main, refs/heads/stable]"
    )
    specs = {**NOT_FOR_TAGS, "specs/gates.yaml": SMALL_ON_MAIN, "specs/corpus.yaml": protected}
    corpus = open_tags(forge, **specs)
    large = corpus.topic({**LARGE, "specs/release.yaml": RELEASE}, author="lead")
    assert corpus.push(f"{large}:refs/heads/stable") == []
    assert corpus.newest.body["updates"][0]["stage"] == "merge"
    assert corpus.push(f"{large}:refs/tags/v1") == []
    corpus.refusal("v1")


def test_a_protected_tag_stays_for_everybody(corpus):
    work = corpus.work
    one = corpus.topic(GOOD)
    tag = work.tag("local", one, message="one")
    assert corpus.push(f"{tag}:refs/tags/v1") == []
    onward, beside = corpus.topic({"README.md": "onward\n"}, one), corpus.topic({"README.md": "beside\n"})
    again = work.tag("again", one, message="the same commit")
    for rev in (onward, beside, one, again):
        assert corpus.push(f"{rev}:refs/tags/v1") == ["tag-moved"]
    assert corpus.push(":refs/tags/v1") == ["ref-deleted"]
    assert corpus.push(f"{tag}:refs/tags/v1") == []


def test_the_specs_before_a_push_say_which_of_its_tags_stay(corpus):
    one = corpus.topic(GOOD)
    assert corpus.push(f"{one}:refs/tags/v1") == []
    lifted = corpus.topic(NOT_FOR_TAGS, author="lead")
    large = corpus.topic(LARGE)
    assert corpus.push(f"{lifted}:refs/heads/main", f"{large}:refs/tags/v1") == [
        "tag-moved",
        "file-too-large",
    ]
    assert corpus.push(f"{lifted}:refs/heads/main") == []
    assert corpus.push(f"{large}:refs/tags/v1") == []
    assert "stage `push` only" in corpus.refusal("v1").sentence


def test_while_no_specs_judge_every_tag_stays(corpus):
    assert corpus.push(f"{corpus.topic(GOOD)}:refs/tags/odd") == []
    broken = corpus.topic({"specs/corpus.yaml": "a: [\n"})
    corpus.work.git("update-ref", "refs/heads/main", broken)  # past the gate
    mended = corpus.topic({"specs/corpus.yaml": SPECS["specs/corpus.yaml"]}, author="lead")
    assert corpus.push(f"{mended}:refs/heads/main", f"{mended}:refs/tags/odd") == ["tag-moved"]
    assert corpus.push(f"{mended}:refs/heads/main") == []
    assert corpus.push(f"{mended}:refs/tags/odd") == []


def test_who_makes_a_release_must_own_what_it_changes_beyond_the_policy_branch(forge):
    people = CONTRIBUTORS.replace("{id: south, ", "{id: south, roles: [releasers, integrator], ")
    owned = SPECS["specs/corpus.yaml"].replace(
        "{branch: main}", "{branch: main, owners: {specs/release.yaml: [releasers]}}"
    )
    corpus = Corpus(forge.work(), {**STRICT, "specs/contributors.yaml": people, "specs/corpus.yaml": owned})
    view = {"specs/views/pairs.yaml": SPECS["specs/views/pairs.yaml"].replace("task.prompt", "task.title")}
    foreign, content = corpus.topic(view), corpus.topic(GOOD)
    assert corpus.push(f"{foreign}:refs/tags/v1", pusher="south") == ["not-an-owner"]
    assert corpus.push(f"{content}:refs/tags/v1", pusher="north") == ["not-a-release-owner"]
    assert corpus.push(f"{content}:refs/tags/v1", pusher="south") == []
    assert corpus.push(f"{foreign}:refs/heads/main") == []
    assert corpus.push(f"{foreign}:refs/tags/v2", pusher="south") == []
    assert corpus.job("v2").backing.stage is Stage.MERGE


def test_a_tag_that_is_pushed_again_after_an_administrator_took_it_away_is_judged_anew(forge):
    asks = {"specs/release.yaml": RELEASE + "requires: push\n"}
    corpus = open_tags(forge)
    tip = corpus.topic({**LARGE, **asks})
    assert corpus.push(f"{tip}:refs/tags/v1", pusher="north") == []
    corpus.refusal("v1")
    assert corpus.push(f"{corpus.topic(asks, author='lead')}:refs/heads/main") == []
    corpus.refusal("v1")
    update = {"ref": "refs/tags/v1", "old": tip, "new": ZERO_OID}
    corpus.ledger.append(EntryKind.MOVED, {"updates": [update], "by": "root", "reason": "x"}, now=NOW)
    corpus.work.git("update-ref", "-d", "refs/tags/v1")
    assert corpus.push(f"{tip}:refs/tags/v1", pusher="north") == ["not-a-release-owner", "not-an-owner"]
    assert corpus.push(f"{tip}:refs/tags/v1") == []
    assert corpus.job("v1").backing.digest == corpus.newest.digest


OID, OTHER, SPECS_DIGEST = "1" * 40, "2" * 40, "sha256:" + "3" * 64


def older(ledger, *updates, policy=OTHER, outcome="accepted", specs=SPECS_DIGEST):
    """Append a verdict as versions wrote it that did not name stages."""
    moved = [{"ref": ref, "old": old, "new": new} for ref, old, new in updates]
    body = {"outcome": outcome, "policy": policy, "spec_digest": specs, "updates": moved}
    tips = [new for _, _, new in updates]
    return ledger.append(EntryKind.VERDICT, {**body, "tips": tips}, now=NOW)


def test_of_older_verdicts_those_of_the_policy_branch_count(tmp_path):
    ledger = Ledger(tmp_path / "ledger")
    ledger.append(EntryKind.INSTALLED, {"policy_branch": "refs/heads/main", "refs": []}, now=NOW)
    cases = [
        ([("refs/heads/main", OTHER, OID)], {}, Stage.MERGE),
        ([("refs/heads/main", OTHER, OTHER), ("refs/heads/topic", OTHER, OID)], {}, Stage.PUSH),
        ([("refs/heads/main", ZERO_OID, OID)], {}, Stage.PUSH),
        ([("refs/tags/v1", ZERO_OID, OID)], {}, Stage.PUSH),
        ([("refs/heads/main", OTHER, OID)], {"outcome": "parked"}, None),
        ([("refs/heads/main", OTHER, OID)], {"outcome": "refused"}, None),
        ([("refs/heads/main", ZERO_OID, OID)], {"policy": None, "specs": None}, None),
    ]
    for updates, more, expected in cases:
        number = older(ledger, *updates, **more).number
        stages = {each.number: each.stage for each in backings(ledger.entries(), OID)}
        assert stages.get(number) is expected
    ledger.append(EntryKind.INSTALLED, {"policy_branch": "refs/heads/trunk", "refs": []}, now=NOW)
    older(ledger, ("refs/heads/main", OTHER, OID))
    assert [each.stage for each in backings(ledger.entries(), OID)][-1] is Stage.PUSH


def test_an_administrator_who_moves_a_tag_moves_its_bar_with_it(corpus):
    tip, large = corpus.topic(GOOD), corpus.topic(LARGE)
    assert corpus.push(f"{tip}:refs/tags/v1") == []
    before = corpus.job("v1").backing
    update = {"ref": "refs/tags/v1", "old": tip, "new": large}
    corpus.ledger.append(EntryKind.MOVED, {"updates": [update], "by": "root", "reason": "x"}, now=NOW)
    corpus.work.git("update-ref", "refs/tags/v1", large)
    corpus.refusal("v1")
    tag = Repo.open(corpus.work.git_dir).tag("v1")
    assert choose_verdict(tag, tuple(corpus.ledger.entries()), Stage.MERGE) is None
    corpus.work.git("update-ref", "refs/tags/v1", tip)
    assert corpus.job("v1").backing == before


TAG = Tag(name="v1", oid=OTHER, commit=OID, annotated=True, seconds=0)
UPDATES = {
    "the tag as every push": {"ref": "refs/tags/v1", "new": OTHER, "stage": "push"},
    "the tag, which asks for no more": {
        "ref": "refs/tags/v1",
        "new": OTHER,
        "stage": "push",
        "requires": "push",
    },
    "the tag as a merge": {
        "ref": "refs/tags/v1",
        "new": OTHER,
        "stage": "merge",
        "policy_branch": "refs/heads/main",
    },
    "another tag": {"ref": "refs/tags/v2", "new": OTHER, "stage": "push", "requires": "push"},
    "a topic": {"ref": "refs/heads/topic", "new": OID, "stage": "push"},
    "a merge": {"ref": "refs/heads/main", "new": OID, "stage": "merge", "policy_branch": "refs/heads/main"},
}


@st.composite
def ledgers(draw):
    """Draw entries that speak of a tag and its commit; the tag comes with the first or later."""
    entries = []
    for number, (kind, update, outcome) in enumerate(
        draw(
            st.lists(
                st.tuples(
                    st.sampled_from([EntryKind.VERDICT] * 5 + [EntryKind.MOVED]),
                    st.sampled_from(sorted(UPDATES)),
                    st.sampled_from(["accepted", "accepted", "refused", "parked"]),
                ),
                max_size=8,
            )
        )
    ):
        said = {"old": ZERO_OID, "commit": OID, **UPDATES[update]}
        body = {"outcome": outcome, "policy": OTHER, "spec_digest": SPECS_DIGEST, "updates": [said]}
        body = {"updates": [said]} if kind is EntryKind.MOVED else body
        digest = Digest(f"sha256:{number:064x}")
        entries.append(
            Entry(number=number, appended_at="", kind=kind, body=body, previous=digest, digest=digest)
        )
    return tuple(entries)


@given(ledgers(), st.sampled_from([Stage.MERGE, Stage.PUSH]))
def test_what_is_judged_after_a_release_changes_nothing_of_it(entries, requires):
    came = [each.number for each in entries if is_arrival(each)]
    for length in range(came[0] + 1 if came else len(entries), len(entries)):
        chosen = choose_verdict(TAG, entries[:length], requires)
        assert chosen is None or chosen == choose_verdict(TAG, entries, requires)
    chosen = choose_verdict(TAG, entries, requires)
    if chosen is not None:
        body = entries[chosen.number].body
        assert body["outcome"] == "accepted"
        (update,) = body["updates"]
        own = update["ref"] == "refs/tags/v1" and update.get("requires") == "push" == requires.value
        assert "policy_branch" in update or own


def is_arrival(entry):
    (update,) = entry.body["updates"]
    accepted = entry.body.get("outcome", "accepted") == "accepted"
    return accepted and (update["ref"], update["new"]) == ("refs/tags/v1", OTHER)
