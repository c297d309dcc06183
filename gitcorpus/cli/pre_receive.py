"""The hook that decides: judge the push, tell the pusher, give it its ticket, answer with the verdict's code."""

import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Final

from gitcorpus.cache import Cache
from gitcorpus.cli.arrival import Arrival, Started, Waiting, read_arrival, say
from gitcorpus.errors import GitcorpusError, UnjudgedError
from gitcorpus.flows.landed import record_withdrawn
from gitcorpus.flows.policy import Policy, load_policy
from gitcorpus.flows.push import JUDGE_ONLY, VERDICT, is_rehearsal, judge_push
from gitcorpus.flows.refused import keep_refused, sweep
from gitcorpus.gates.kept import Kept, Parsing
from gitcorpus.gates.known import Known
from gitcorpus.gates.runner import Means
from gitcorpus.git.aside import HOLDS, empty_quarantine, locked_aside, set_aside, write_holding
from gitcorpus.git.repo import Repo
from gitcorpus.incidents import server_key
from gitcorpus.ledger import Ledger
from gitcorpus.model.entry import Entry, EntryKind
from gitcorpus.model.place import ZERO_OID
from gitcorpus.model.push import Push, RefUpdate
from gitcorpus.model.secret import Vault
from gitcorpus.model.server import Server
from gitcorpus.model.verdict import GateState, Outcome, Verdict
from gitcorpus.report.entry import verdict_lines
from gitcorpus.report.sanitize import shown
from gitcorpus.report.text import render_verdict
from gitcorpus.server.pending import Parked, State, all_parked, aside_folder, change, locked, write_parked
from gitcorpus.server.slow_lane import Desk, sweep_parked, work_off
from gitcorpus.server.tickets import Ticket, write_ticket
from gitcorpus.server.watch import watch

_DIGITS: Final = re.compile("[0-9a-f]{6,64}")
EXIT_CODES: Final = {Outcome.ACCEPTED: 0, Outcome.PARKED: 0, Outcome.REFUSED: 1, Outcome.UNJUDGED: 3}


def run(started: Started) -> tuple[int, Callable[[], None] | None]:
    """Judge one push, and return the exit code and the work that remains after git has moved the references.

    A pusher who asks for a verdict of theirs is told that one instead.
    """
    arrival = read_arrival(started)
    asked = asked_verdict(arrival.push.options)
    if asked is not None:
        tell_verdict(arrival, asked)
        return EXIT_CODES[Outcome.REFUSED], None
    return _judge(started, arrival)


def _judge(started: Started, arrival: Arrival) -> tuple[int, Callable[[], None] | None]:
    see_receiver(started, arrival.server)
    now = datetime.now(UTC)
    known = Known(Cache.of(arrival.git_dir), today=now.date())
    waiting, vault = Waiting(), Vault(server_key(arrival.git_dir))
    repo = Repo.open(arrival.git_dir, quarantine=arrival.push.quarantine, is_served=True)
    kept = Kept.of(arrival.git_dir, today=now.date())
    policy = started.policy or load_policy(repo, arrival.server, kept=kept)
    try:
        verdict, entry = judge_push(
            arrival.push,
            repo=repo,
            server=arrival.server,
            ledger=arrival.ledger,
            now=now,
            notify=say,
            means=Means(
                known=known,
                seconds=arrival.server.max_seconds,
                vault=vault,
                tell=waiting.tell,
                parse=Parsing(kept),
            ),
            policy=policy,
            before_entry=partial(see_receiver, started, arrival.server),
        )
    finally:
        waiting.end()
        kept.close()
    _tell_ended(arrival)
    options = arrival.push.options
    short = entry.short if entry else ""
    say(render_verdict(verdict, short, color="color" in options, full="full" in options))
    if is_rehearsal(arrival.push):
        say("judge-only: nothing was stored, so git reports the push as declined")
        return EXIT_CODES[verdict.outcome] or 1, known.save
    if entry is None or EXIT_CODES[verdict.outcome]:
        _keep(arrival, (verdict, entry, policy, vault), repo, now)
        return EXIT_CODES[verdict.outcome], partial(_see_to_refused, arrival, known, now=now)
    ticket = _ticket(started, arrival, policy, (verdict, entry))
    if verdict.outcome is Outcome.PARKED:
        with locked(arrival.git_dir, entry.short):  # the slow lane waits until the push is written down
            park(arrival, verdict, entry, repo)
            _give(arrival, ticket, entry)
    else:
        _give(arrival, ticket, entry)
    return 0, partial(_see_to_end, arrival, known, ticket)


def _give(arrival: Arrival, ticket: Ticket | None, entry: Entry) -> None:
    """Give a push its ticket; without one nothing moves, and the ledger says so.

    Raises:
        UnjudgedError: ticket-unwritable.
    """
    if ticket is None:
        return
    try:
        write_ticket(arrival.git_dir, ticket)
    except UnjudgedError:
        if not ticket.parks:
            moves, pusher, now = ticket.updates, arrival.push.pusher, datetime.now(UTC)
            record_withdrawn(moves, pusher=pusher, verdict=entry.digest, ledger=arrival.ledger, now=now)
        raise


def see_receiver(started: Started, server: Server) -> None:
    """See that the `git receive-pack` of a push is there, without which the push is over.

    Where a server runs our hook among its own, a shell or the server's own program started it.

    Raises:
        UnjudgedError: receiver-gone.
    """
    if server.flavour.owns_hooks and (started.receiver is None or not started.receiver.is_alive):
        raise UnjudgedError(
            "receiver-gone",
            "the push is over: git receive-pack did not start this hook, or it has ended since",
            hint="push again; a hook that is started by hand judges nothing",
        )


def asked_verdict(options: tuple[str, ...]) -> str | None:
    """Return which verdict a pusher wants to read instead of pushing: `git push -o gitcorpus.verdict=12`."""
    asked = [option.removeprefix(f"{VERDICT}=") for option in options if option.startswith(f"{VERDICT}=")]
    return asked[-1] if asked else None


def tell_verdict(arrival: Arrival, asked: str) -> None:
    """Tell a pusher one of their own verdicts, named by its number or by its first digits."""
    own = [] if arrival.push.pusher is None else [*_own(arrival.ledger.entries(), arrival.push.pusher)]
    found = [entry for entry in own if str(entry.number) == asked]
    found = found or [
        entry for entry in own if _DIGITS.fullmatch(asked) and entry.short.startswith(asked[:12])
    ]
    if len(found) == 1:
        say("\n".join(verdict_lines(found[0])))
    else:
        say(f"no one verdict on a push of yours is called {shown(asked, 40)}")
        say("  hint: name its number, or the digits that stood behind `verdict` at the end of the answer")
    say("verdict: nothing was judged and nothing moves, so git reports the push as declined")


def _own(entries: Iterator[Entry], pusher: str) -> Iterator[Entry]:
    yield from (
        each for each in entries if each.kind is EntryKind.VERDICT and each.body.get("pusher") == pusher
    )


def _keep(
    arrival: Arrival, judged: tuple[Verdict, Entry | None, Policy, Vault], repo: Repo, now: datetime
) -> None:
    """Keep a refused push where the server wants that; the push is refused all the same if that fails."""
    verdict, entry, policy, vault = judged
    server = arrival.server
    try:
        kept = keep_refused(
            arrival.push, verdict, entry, repo=repo, server=server, policy=policy, vault=vault, now=now
        )
    except (GitcorpusError, OSError) as error:
        say(f"warning: the refused push could not be kept: {shown(str(error))}")
        return
    if kept:
        say(f"note: this server keeps refused pushes for {server.refused_days} days")


def _see_to_refused(arrival: Arrival, known: Known, *, now: datetime) -> None:
    """Save what is known now, and let go of refused pushes that were kept for long enough."""
    known.save()
    if arrival.server.refused_days:
        sweep(Repo.open(arrival.git_dir), arrival.server, now)


def practise(folder: Path, server: Server, policy: Policy) -> None:
    """Judge the tip of the policy branch as if it were pushed once more; nothing is written or told."""
    repo, now = Repo.open(folder), datetime.now(UTC)
    tip = repo.ref(server.policy_branch)
    if tip is not None:
        before = next(iter(repo.commit(tip).parents), ZERO_OID)
        push = Push(
            updates=(RefUpdate(ref=server.policy_branch, old=before, new=tip),), options=(JUDGE_ONLY,)
        )
        known = Known(Cache.of(folder), today=now.date())
        ledger = Ledger.of(folder)
        verdict, _ = judge_push(
            push,
            repo=repo,
            server=server,
            ledger=ledger,
            now=now,
            notify=lambda _: None,
            means=Means(known=known),
            policy=policy,
        )
        render_verdict(verdict, "", color=False, full=False)


def park(arrival: Arrival, verdict: Verdict, entry: Entry, repo: Repo) -> None:
    """Set a push aside that needs more time, write it down, and tell the pusher where it goes on.

    Its quarantine is empty then, so that git brings nothing of it into the repository's own store.

    Raises:
        UnjudgedError: parked-deletion, git-failed or lock-held.
        OSError: what the disk says.
    """
    if any(update.deletes for update in verdict.updates):
        sentence = "a push that has to wait for its gates cannot delete references as well"
        raise UnjudgedError("parked-deletion", sentence, hint="push the deletion by itself")
    late = tuple(result.gate for result in verdict.results if result.state is GateState.LATE)
    parked = Parked(
        id=entry.short,
        updates=verdict.updates,
        pusher=arrival.push.pusher,
        options=arrival.push.options,
        parked_at=entry.appended_at,
        gates=late,
    )
    folder = aside_folder(arrival.git_dir, parked.id)
    with locked_aside(arrival.git_dir):
        write_holding(folder / HOLDS, set_aside(repo, folder, [update.new for update in verdict.updates]))
    write_parked(arrival.git_dir, parked)
    if arrival.push.quarantine is not None:
        empty_quarantine(repo, arrival.push.quarantine)
    refs = ", ".join(update.ref.removeprefix("refs/heads/") for update in verdict.updates)
    say(f"hint: {shown(refs)} moves when they pass; your next push tells what became of {parked.id}")


def _tell_ended(arrival: Arrival) -> None:
    """Tell a pusher what became of the pushes that were parked before; it is no reason not to judge this one."""
    with suppress(GitcorpusError, OSError):
        for parked in all_parked(arrival.git_dir):
            if (
                parked.pusher == arrival.push.pusher
                and parked.state is not State.PARKED
                and not parked.is_told
            ):
                first = parked.said.partition("\n")[0]
                say(f"your parked push {parked.id}: {parked.state.value}: {shown(first)}")
                change(arrival.git_dir, parked.id, is_told=True)


def _ticket(
    started: Started, arrival: Arrival, policy: Policy, judged: tuple[Verdict, Entry]
) -> Ticket | None:
    """Return the ticket of a push that was let in or is parked.

    Where a server runs our hook among its own, there is no second lock to look for a ticket.
    """
    if started.receiver is None or not arrival.server.flavour.owns_hooks:
        return None
    verdict, entry = judged
    return Ticket(
        receiver=started.receiver,
        watched=started.is_watched,
        policy_branch=arrival.server.policy_branch,
        policy=verdict.policy,
        verdict=entry.digest,
        updates=verdict.updates,
        parks=verdict.outcome is Outcome.PARKED,
        leans=policy.objects,
        server=arrival.server.file_text,
    )


def _see_to_end(arrival: Arrival, known: Known, ticket: Ticket | None) -> None:
    """Save what is known now; wait for what git does with the push if nobody else does, and judge what is parked."""
    known.save()
    if ticket is not None and ticket.watched:
        clock = partial(datetime.now, UTC)
        watch(arrival.git_dir, ticket, pusher=arrival.push.pusher, clock=clock)
        sweep_parked(arrival.git_dir, clock())
        work_off(Desk(arrival.git_dir, clock))
