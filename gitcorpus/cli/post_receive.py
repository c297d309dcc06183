"""The hook that runs when references have moved: record that they did."""

import os
from datetime import UTC, datetime

from gitcorpus.cli.arrival import read_arrival
from gitcorpus.flows.landed import record_landed


def run(stdin: bytes) -> int:
    """Record what landed."""
    arrival = read_arrival(stdin, os.environ)
    record_landed(arrival.push, ledger=arrival.ledger, now=datetime.now(UTC))
    return 0
