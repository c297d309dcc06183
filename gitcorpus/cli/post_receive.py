"""The hook that runs when references have moved: record that they did, and take the ticket back."""

from datetime import UTC, datetime
from typing import Final

from gitcorpus.cli.arrival import Started, read_arrival
from gitcorpus.flows.landed import record_landed
from gitcorpus.server.tickets import read_ticket, remove_ticket

OUR_OWN: Final = "refs/gitcorpus/"
"""Where a parked push waits; it lands later."""


def run(started: Started) -> tuple[int, None]:
    """Record what landed."""
    arrival = read_arrival(started)
    pid = started.receiver.pid if started.receiver else 0
    is_watched, verdict = read_ticket(arrival.git_dir, pid)
    if is_watched:
        return 0, None
    landed = [update for update in arrival.push.updates if not update.ref.startswith(OUR_OWN)]
    if landed:
        record_landed(
            landed,
            pusher=arrival.push.pusher,
            verdict=verdict,
            ledger=arrival.ledger,
            now=datetime.now(UTC),
        )
    remove_ticket(arrival.git_dir, pid)
    return 0, None
