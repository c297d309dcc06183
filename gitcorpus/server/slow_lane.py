"""The slow lane: judges parked pushes to their end, and moves the references of those that pass.

The whole push is judged anew, with all the time that its gates' budgets give: what was judged already is known, and
the specs may have changed meanwhile. A reference that somebody else has moved meanwhile stays, and the push is stale.
"""

import shutil
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Final, NamedTuple

from gitcorpus.cache import Cache
from gitcorpus.errors import GitcorpusError
from gitcorpus.flows.landed import record_landed, record_withdrawn
from gitcorpus.flows.policy import Policy, load_policy, still_judges
from gitcorpus.flows.push import judge_push
from gitcorpus.gates.known import Known
from gitcorpus.gates.runner import Means
from gitcorpus.git.aside import PARKED, bring_back, drop_leans, locked_aside
from gitcorpus.git.references import move_reference, move_references
from gitcorpus.git.repo import Repo
from gitcorpus.incidents import server_key
from gitcorpus.ledger import Ledger
from gitcorpus.model.entry import Entry
from gitcorpus.model.place import ZERO_OID, Oid
from gitcorpus.model.push import Push, RefUpdate
from gitcorpus.model.secret import Vault
from gitcorpus.model.server import Server
from gitcorpus.model.verdict import Outcome, Verdict
from gitcorpus.report.text import render_verdict
from gitcorpus.server.administration import load_server
from gitcorpus.server.pending import (
    ARRIVED,
    Parked,
    State,
    all_parked,
    aside_folder,
    change,
    locked,
    pending_refs,
    read_parked,
)
from gitcorpus.server.tickets import LASTS, held_verdicts

MOST_TIMES: Final = 5
"""How often a push is judged while the specs keep changing under it."""
_STATES: Final = {
    Outcome.ACCEPTED: State.LANDED,
    Outcome.REFUSED: State.REFUSED,
    Outcome.UNJUDGED: State.UNJUDGED,
    Outcome.PARKED: State.UNJUDGED,
}


class Desk(NamedTuple):
    """Where parked pushes are judged: a repository, and a clock."""

    git_dir: Path
    clock: Callable[[], datetime]


def work_off(desk: Desk) -> tuple[Parked, ...]:
    """Judge every parked push that nobody else is at, oldest first, and return what became of them."""
    arriving = {verdict.removeprefix("sha256:") for verdict in held_verdicts(desk.git_dir)}
    waiting = [parked.id for parked in all_parked(desk.git_dir) if parked.state is State.PARKED]
    waiting = [number for number in waiting if not any(each.startswith(number) for each in arriving)]
    ended = []
    for number in waiting:
        with locked(desk.git_dir, number, waits=False) as is_mine:
            if is_mine and read_parked(desk.git_dir, number).state is State.PARKED:
                ended.append(_judge(desk, read_parked(desk.git_dir, number)))
    return tuple(ended)


def forget(git_dir: Path, parked: Parked) -> None:
    """Throw away what a parked push brought, and let go of what it stands on, where nothing else needs that."""
    repo = Repo.open(git_dir)
    with locked_aside(git_dir):
        shutil.rmtree(aside_folder(git_dir, parked.id), ignore_errors=True)
        drop_leans(repo)
    others = [each for each in all_parked(git_dir) if each.state is State.PARKED and each.id != parked.id]
    needed = {name for each in others for name in pending_refs(each)}
    for name in pending_refs(parked):
        value = repo.ref(name)
        if value is not None and name not in needed:
            with suppress(GitcorpusError):
                move_reference(repo, RefUpdate(ref=name, old=value, new=ZERO_OID), why="no longer parked")


def sweep_parked(git_dir: Path, now: datetime) -> None:
    """Throw away what was set aside of pushes that were never written down: the machine stopped in between."""
    known = {parked.id for parked in all_parked(git_dir) if parked.state is State.PARKED}
    for path in (git_dir / PARKED).glob("*"):
        if path.name not in known and path.stat().st_mtime < now.timestamp() - LASTS:
            with locked_aside(git_dir):
                shutil.rmtree(path, ignore_errors=True)
                drop_leans(Repo.open(git_dir))


def _judge(desk: Desk, parked: Parked) -> Parked:
    """Judge one parked push, carry out what was decided, and write that down."""
    state, said = _decide(desk, parked)
    try:
        ended = change(desk.git_dir, parked.id, state=state, said=said)
    except GitcorpusError:  # somebody cancelled it just now
        ended = read_parked(desk.git_dir, parked.id)
    forget(desk.git_dir, ended)
    return ended


def _decide(desk: Desk, parked: Parked) -> tuple[State, str]:
    repo = _open(desk, parked)
    if not has_arrived(repo, parked):
        return State.STALE, "the push never arrived as a whole; push again"
    for _ in range(MOST_TIMES):
        moved = [update.ref for update in parked.updates if _value(repo, update.ref) != update.old]
        if moved:
            return State.STALE, f"{', '.join(moved)} moved meanwhile; fetch, merge or rebase, and push again"
        try:
            server = load_server(desk.git_dir)
            policy = load_policy(repo, server)
            verdict, entry = _verdict(desk, repo, parked, (server, policy))
        except GitcorpusError as error:
            return State.UNJUDGED, f"{error.code}: {error.sentence}"
        text = render_verdict(verdict, entry.short if entry else "", color=False, full=True)
        if not verdict.accepted or entry is None:
            return _STATES[verdict.outcome], text
        ended = _carry_out(desk, parked, entry, (server, policy))
        if ended is None or ended[0] is not State.LANDED:
            _withdraw(desk, parked, entry)
        if ended is not None:
            return ended[0], ended[1] or text
    return State.STALE, "what judges kept changing while it was judged; push again"


def _carry_out(
    desk: Desk, parked: Parked, entry: Entry, judging: tuple[Server, Policy]
) -> tuple[State, str] | None:
    """Move the references of a push that was let in; none if what judges has changed, and it is judged again."""
    server, policy = judging
    if read_parked(desk.git_dir, parked.id).state is not State.PARKED:
        return State.CANCELLED, ""
    repo = _open(desk, parked)
    tip = _value(repo, server.policy_branch)
    if not _still_judge(desk, repo, server, policy):
        return None
    return _land(desk, repo, parked, entry, {server.policy_branch: tip})


def _still_judge(desk: Desk, repo: Repo, server: Server, policy: Policy) -> bool:
    """Tell whether the server's file and the specs are those that judged; one that cannot be read is not."""
    try:
        return load_server(desk.git_dir) == server and still_judges(repo, server, policy)
    except GitcorpusError:
        return False


def has_arrived(repo: Repo, parked: Parked) -> bool:
    """Tell whether git has handed over all of a parked push; where an older gitcorpus parked it, by its references."""
    if (aside_folder(repo.path, parked.id) / ARRIVED).is_file():
        return True
    return all(repo.ref(name) is not None for name in pending_refs(parked))


def _open(desk: Desk, parked: Parked) -> Repo:
    """Open the repository as the parked push would leave it."""
    folder = aside_folder(desk.git_dir, parked.id)
    return Repo.open(desk.git_dir, also=folder if folder.is_dir() else None)


def _verdict(
    desk: Desk, repo: Repo, parked: Parked, judging: tuple[Server, Policy]
) -> tuple[Verdict, Entry | None]:
    now = desk.clock()
    server, policy = judging
    known = Known(Cache.of(desk.git_dir), today=now.date())
    answer = judge_push(
        Push(updates=parked.updates, options=parked.options, pusher=parked.pusher),
        repo=repo,
        server=server,
        policy=policy,
        ledger=Ledger.of(desk.git_dir),
        now=now,
        notify=lambda _: None,
        means=Means(known=known, vault=Vault(server_key(desk.git_dir))),
    )
    known.save()
    return answer


def _land(
    desk: Desk, repo: Repo, parked: Parked, entry: Entry, policy: Mapping[str, Oid]
) -> tuple[State, str] | None:
    """Move the references, all or none, and return what became of the push; none if the policy branch moved just now.

    That branch is held where its specs were compared with those that judged, as the second lock does it for a push.
    """
    moves = {update.ref for update in parked.updates}
    unmoved = {ref: value for ref, value in policy.items() if ref not in moves}
    try:
        bring_back(repo, [update.new for update in parked.updates])
        move_references(repo, parked.updates, unmoved=unmoved, why=f"parked push {parked.id} passed")
    except GitcorpusError as error:
        if error.code == "reference-elsewhere" and error.place in unmoved:
            return None
        state = State.STALE if error.code.startswith("reference-") else State.UNJUDGED
        return state, f"{error.place}: {error.sentence}".removeprefix(": ")
    ledger = Ledger.of(desk.git_dir)
    record_landed(parked.updates, pusher=parked.pusher, verdict=entry.digest, ledger=ledger, now=desk.clock())
    return State.LANDED, ""


def _withdraw(desk: Desk, parked: Parked, entry: Entry) -> None:
    """Record that a parked push was let in and did not land; it may be judged again."""
    ledger = Ledger.of(desk.git_dir)
    record_withdrawn(
        parked.updates, pusher=parked.pusher, verdict=entry.digest, ledger=ledger, now=desk.clock()
    )


def _value(repo: Repo, ref: str) -> Oid:
    return repo.ref(ref) or ZERO_OID
