"""From a push to its verdict: the specs before it, what it brings, the gates, the ledger."""

import shlex
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import date, datetime
from functools import partial
from typing import Final

from gitcorpus.errors import UnjudgedError
from gitcorpus.flows.body import MOST_OPTIONS, Bringing, verdict_body
from gitcorpus.flows.compiled import view_faults
from gitcorpus.flows.exposed import (
    ALLOW,
    allowed_by,
    option_faults,
    push_without,
    record_exposures,
    waivers_of,
    without_values,
)
from gitcorpus.flows.merge import MERGE, as_merged
from gitcorpus.flows.policy import Policy, load_policy, policy_at
from gitcorpus.flows.proof import Proving, bar_of, find_proof
from gitcorpus.flows.tried import try_tree
from gitcorpus.gates.base import ALWAYS, Candidate, Proof
from gitcorpus.gates.candidates import build_candidate, held_commits
from gitcorpus.gates.owners import is_change_of_specs
from gitcorpus.gates.registry import built_in, with_always
from gitcorpus.gates.runner import Means, run_gates
from gitcorpus.git.repo import Repo
from gitcorpus.ledger import Ledger
from gitcorpus.model.declaration import Declaration
from gitcorpus.model.entry import Entry, EntryKind
from gitcorpus.model.finding import Finding
from gitcorpus.model.place import Place
from gitcorpus.model.push import Push
from gitcorpus.model.server import Server
from gitcorpus.model.spec import HEADS, Spec
from gitcorpus.model.verdict import GateResult, GateState, Judged, Outcome, Tried, Verdict
from gitcorpus.spec.document import Parse

JUDGE_ONLY: Final = "judge-only"
PREFIX: Final = "gitcorpus."
IMPORT: Final = "gitcorpus.import"
"""Push option of an admin who brings history that others made: neither the pusher nor the day of the push counts."""
VERDICT: Final = "gitcorpus.verdict"
"""Push option of a pusher who wants to read a verdict of theirs instead of pushing: `gitcorpus.verdict=12`."""
OPTIONS: Final = ("color", "full", JUDGE_ONLY, MERGE, IMPORT, VERDICT)
"""Push options: `git push -o color` for colours, `-o full` for all findings, `-o judge-only` to store nothing,
`-o merge` with it to judge what the branch becomes when it is merged, `-o gitcorpus.import` for history of others."""
SECRETS: Final = "secrets"
POLICY: Final = "policy"
"""Id of the result that says who may bring the first specs, or mend broken ones."""


def judge_push(  # noqa: PLR0913, PLR0915 - everything that a verdict depends on is named, step by step
    push: Push,
    *,
    repo: Repo,
    server: Server,
    ledger: Ledger,
    now: datetime,
    notify: Callable[[str], None],
    means: Means | None = None,
    policy: Policy | None = None,
    before_entry: Callable[[], None] = lambda: None,
) -> tuple[Verdict, Entry | None]:
    """Judge a push and append its verdict to the ledger, unless the pusher only wants to know it.

    With `policy`, the specs at the policy branch's tip have been loaded already. `before_entry` is called when there is
    a verdict and no entry yet; what it raises stops the push.

    Raises:
        UnjudgedError: if there was too much to read, or the ledger could not be written.
    """
    refuse_crowd(push, server)
    policy, means = policy or load_policy(repo, server), means or Means()
    today: date = now.date()
    declared = declarations_of(policy)
    allowed = allowed_by(push, server)
    bar = bar_of(policy.spec, server, today) if policy.spec is not None and not allowed else None
    prove: Callable[[Candidate], Proof | None] = lambda _: None  # noqa: E731 - there is nothing to look in
    if bar is not None and policy.spec is not None:
        proving = Proving(repo, policy.spec, server, ledger, bar, declared, push.updates)
        prove = partial(find_proof, proving=proving)
    built = (
        build_candidate(
            update,
            repo=repo,
            server=server,
            spec=policy.spec,
            policy=policy.commit,
            pusher=push.pusher,
            prove=prove,
        )
        for update in push.updates
    )
    matcher = policy.matcher.anew() if policy.matcher is not None else None
    importing, arrived = is_import(push, server), int(now.timestamp())
    candidates = tuple(
        replace(
            each,
            updates=push.updates,
            leans=policy.leans,
            known_matcher=matcher,
            compiled=view_faults,
            importing=importing,
            arrived=arrived,
            parse=means.parse,
        )
        for each in built
    )
    for line in (
        *_unknown_options(push),
        *option_faults(push, server),
        _headline(candidates, policy, server),
        *_proofs(candidates),
    ):
        notify(line)
    results = _genesis(push, policy, server, repo) if policy.spec is None else ()
    results += _import(push, server)
    waivers = (*(policy.spec.waivers if policy.spec else ()), *waivers_of(allowed, declared, today))
    with ExitStack() as stack:
        if MERGE in push.options and is_rehearsal(push):
            candidates, merges = _as_merged(candidates, stack)
            results += merges
        results += run_gates(candidates, declared, waivers=waivers, today=today, means=means)
        may_land = fold(push, candidates, policy, results, may_park=server.slow_lane)
        tried = _tried(may_land, candidates, today, means)
    vault = means.vault
    record_exposures(vault, push, repo=repo, server=server, allowed=allowed, now=now)
    push, results = push_without(push, vault), without_values(results, vault)
    if means.known is not None:
        means.known.forget(vault.values)
    verdict = fold(push, candidates, policy, results, may_park=server.slow_lane)
    verdict = replace(verdict, tried=tried, bar=bar)
    if is_rehearsal(push):
        return verdict, None
    spec = policy.spec or (_first_specs(push, repo, server, means.parse) if verdict.accepted else None)
    person = spec.contributors.account(push.pusher) if spec is not None and push.pusher else None
    by = Bringing(
        person=person.id if person is not None else None,
        imports=importing,
        held=tuple(dict.fromkeys(oid for each in candidates for oid in held_commits(each))),
    )
    before_entry()
    return verdict, ledger.append(EntryKind.VERDICT, verdict_body(verdict, push, by), now=now)


def _tried(
    verdict: Verdict, candidates: tuple[Candidate, ...], today: date, means: Means
) -> tuple[Tried, ...]:
    """Return what new gates would refuse of the tree; a push that is refused is not told."""
    if verdict.outcome not in (Outcome.ACCEPTED, Outcome.PARKED):
        return ()
    return tuple(found for each in candidates for found in try_tree(each, today=today, known=means.known))


def refuse_crowd(push: Push, server: Server) -> None:
    """Refuse a push that moves more references than one may.

    Raises:
        UnjudgedError: too-many-refs.
    """
    if len(push.updates) > server.max_refs:
        sentence = f"the push moves {len(push.updates)} references, and one may move {server.max_refs}"
        hint = "push them in parts, or ask an administrator for another `limits.refs`"
        raise UnjudgedError("too-many-refs", sentence, hint=hint)


def _as_merged(
    candidates: tuple[Candidate, ...], stack: ExitStack
) -> tuple[tuple[Candidate, ...], tuple[GateResult, ...]]:
    """Put the merges into protected branches in the place of what would be merged."""
    made, results = [], []
    for candidate in candidates:
        if candidate.protected and not candidate.update.creates:
            candidate, result = as_merged(candidate, candidate.update.old, stack)  # noqa: PLW2901 - the same one, merged
            results.append(result)
        made.append(candidate)
    return tuple(made), tuple(results)


def is_rehearsal(push: Push) -> bool:
    """Tell whether the pusher wants the verdict and nothing else: `git push -o judge-only`."""
    return JUDGE_ONLY in push.options


def _first_specs(push: Push, repo: Repo, server: Server, parse: Parse) -> Spec | None:
    """Return the specs that a push brings where none judged: they say themselves whose account brings them."""
    brought = [each.new for each in push.updates if each.ref == server.policy_branch and not each.deletes]
    tip = repo.peel(brought[0]) if brought else None
    return policy_at(repo, tip, parse).spec if tip is not None else None


def is_import(push: Push, server: Server) -> bool:
    """Tell whether an admin brings history that others made: `git push -o gitcorpus.import`."""
    return IMPORT in push.options and push.pusher in server.admins


def _import(push: Push, server: Server) -> tuple[GateResult, ...]:
    """Say that a push imports history, which only an admin may."""
    if IMPORT not in push.options:
        return ()
    if is_import(push, server):
        reason = "an admin imports history: the account that pushes stands behind none of its authors"
        return (GateResult(gate=IMPORT, state=GateState.PASSED, reason=reason),)
    by = f"`{push.pusher}` is none" if push.pusher is not None else "the server did not say who pushes"
    finding = Finding(
        code="import-not-an-admin",
        place=Place(path=IMPORT),
        sentence=f"history of others is imported by an admin, and {by}",
        hint=f"push without `-o {IMPORT}`, or ask one of `admins:` in gitcorpus/server.yaml",
    )
    return (GateResult(gate=IMPORT, state=GateState.FAILED, findings=(finding,)),)


def declarations_of(policy: Policy) -> tuple[Declaration, ...]:
    """Return the gates that judge: those that the specs declare, and those that always do."""
    if policy.spec is None:
        return tuple(built_in(name) for name in ALWAYS)
    return with_always(policy.spec.gates)


def _genesis(push: Push, policy: Policy, server: Server, repo: Repo) -> tuple[GateResult, ...]:
    """Judge who may push while no specs judge: an admin, and only to the policy branch."""
    findings = tuple(_genesis_faults(push, policy, server, repo))
    state = GateState.FAILED if findings else GateState.PASSED
    return (GateResult(gate=POLICY, state=state, findings=findings, reason=policy.fault),)


def _genesis_faults(push: Push, policy: Policy, server: Server, repo: Repo) -> Iterator[Finding]:
    place = Place(path=server.policy_branch)
    if push.pusher is None:
        sentence = f"{policy.fault}, and the server did not say who pushes"
        hint = "an administrator sets `pusher:` in gitcorpus/server.yaml"
        yield Finding(code="pusher-unknown", place=place, sentence=sentence, hint=hint)
    elif push.pusher not in server.admins:
        sentence = f"{policy.fault}; until then only an admin may push, and `{push.pusher}` is none"
        named = ", ".join(server.admins) or "nobody"
        hint = f"`admins:` in gitcorpus/server.yaml names {named}; ask there"
        yield Finding(code="not-an-admin", place=place, sentence=sentence, hint=hint)
    if server.policy_branch not in [update.ref for update in push.updates if not update.deletes]:
        if (
            policy.commit is None
            and push.pusher in server.admins
            and (other := _meant(push, repo)) is not None
        ):
            yield _differs(other, server, repo)
            return
        short = server.policy_branch.removeprefix(HEADS)
        sentence, hint = f"{policy.fault}; bring valid specs there first", f"git push origin HEAD:{short}"
        yield Finding(code="policy-missing", place=place, sentence=sentence, hint=hint)


def _meant(push: Push, repo: Repo) -> Spec | None:
    """Return the specs of a pushed branch that name that very branch as the one whose specs judge."""
    for update in push.updates:
        tip = repo.peel(update.new) if update.ref.startswith(HEADS) and not update.deletes else None
        spec = policy_at(repo, tip).spec if tip is not None else None
        if spec and spec.corpus.policy and f"{HEADS}{spec.corpus.policy.branch}" == update.ref:
            return spec
    return None


def _differs(spec: Spec, server: Server, repo: Repo) -> Finding:
    """Say that the specs and the server's file name two policy branches, while neither has judged anything."""
    policy = spec.corpus.policy
    branch, place = (policy.branch, policy.place) if policy is not None else ("", spec.corpus.place)
    install = shlex.join(["gitcorpus", "server", "install", str(repo.path), "--policy-branch", branch])
    return Finding(
        code="policy-branch-differs",
        place=place,
        sentence=f"the specs name the policy branch `{branch}`, and gitcorpus/server.yaml names {server.policy_branch}",
        hint=f"an administrator runs on the server: {install}",
    )


def fold(
    push: Push,
    candidates: tuple[Candidate, ...],
    policy: Policy,
    results: tuple[GateResult, ...],
    *,
    may_park: bool = False,
) -> Verdict:
    """Return the one answer for a push."""
    commits = dict.fromkeys(commit.oid for candidate in candidates for commit in candidate.commits)
    tips = dict.fromkeys(each.snapshot.commit for each in candidates if each.snapshot is not None)
    return Verdict(
        updates=push.updates,
        results=results,
        policy=policy.commit,
        spec_digest=policy.spec.digest if policy.spec else None,
        commits=tuple(commits),
        tips=tuple(tips),
        judged=tuple(_judged(candidate) for candidate in candidates),
        files=len({entry.path for candidate in candidates for entry in candidate.files}),
        may_park=may_park,
        unanswered=tuple(_excused(candidates, policy, results, may_park=may_park)),
    )


def _judged(candidate: Candidate) -> Judged:
    """Say by which bar an update was judged."""
    ref, spec = candidate.update.ref, candidate.spec
    return Judged(
        commit=candidate.snapshot.commit if candidate.snapshot is not None else None,
        stage=candidate.stage,
        policy_branch=candidate.server.policy_branch if candidate.counts_as_policy else "",
        requires=spec.requires(ref) if spec is not None else None,
        reuses=candidate.proof.verdict if candidate.proof is not None else None,
    )


def _excused(
    candidates: tuple[Candidate, ...], policy: Policy, results: tuple[GateResult, ...], *, may_park: bool
) -> Iterator[str]:
    """Name the gates without an answer that do not hold up an owner's push of nothing but specs.

    A gate that is late will answer where pushes are parked. Those that look after the branch itself, and after
    secrets, must answer always.
    """
    silent = {GateState.UNJUDGED} if may_park else {GateState.UNJUDGED, GateState.LATE}
    uses = {each.id: each.uses for each in declarations_of(policy)}
    named = [
        result.gate
        for result in results
        if result.state in silent and uses.get(result.gate, POLICY) not in (*ALWAYS, POLICY, SECRETS)
    ]
    if named and len(candidates) == 1 and is_change_of_specs(candidates[0]):
        yield from named


def _unknown_options(push: Push) -> Iterator[str]:
    """Name the push options that are meant for gitcorpus and that it does not know; others may be somebody else's."""
    for option in push.options[:MOST_OPTIONS]:
        if option.startswith(PREFIX) and option != IMPORT and not option.startswith(f"{ALLOW}="):
            yield f"warning: no push option is called {option.partition('=')[0][:60]!a}; there are {', '.join(OPTIONS)}"


def _headline(candidates: tuple[Candidate, ...], policy: Policy, server: Server) -> str:
    n_commits = len({commit.oid for candidate in candidates for commit in candidate.commits})
    n_files = len({entry.path for candidate in candidates for entry in candidate.files})
    branch = server.policy_branch.removeprefix("refs/heads/")
    by = f"the specs of {branch} ({policy.commit[:7]})" if policy.spec and policy.commit else "no specs yet"
    return f"judging {counted(n_commits, 'commit')}, {counted(n_files, 'file')} by {by}"


def _proofs(candidates: tuple[Candidate, ...]) -> Iterator[str]:
    """Say which verdicts prove what is not judged again."""
    verdicts = (each.proof.verdict for each in candidates if each.proof is not None)
    for verdict in dict.fromkeys(each for each in verdicts if each is not None):
        short = verdict.removeprefix("sha256:")[:12]
        yield f"the rest of the tagged tree was judged before by the same specs: verdict {short}"


def counted(number: int, noun: str) -> str:
    """Write a number with its noun: `1 commit`, `2 commits`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
