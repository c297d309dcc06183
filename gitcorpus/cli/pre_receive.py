"""The hook that decides: judge the push, tell the pusher, answer with the verdict's code."""

import os
from datetime import UTC, datetime
from typing import Final

from gitcorpus.cli.arrival import read_arrival, say
from gitcorpus.flows.push import judge_push
from gitcorpus.git.repo import Repo
from gitcorpus.model.verdict import Outcome
from gitcorpus.report.text import render_verdict

EXIT_CODES: Final = {Outcome.ACCEPTED: 0, Outcome.REFUSED: 1, Outcome.UNJUDGED: 3}


def run(stdin: bytes) -> int:
    """Judge one push."""
    arrival = read_arrival(stdin, os.environ)
    verdict, entry = judge_push(
        arrival.push,
        repo=Repo.open(arrival.git_dir, quarantine=arrival.push.quarantine),
        server=arrival.server,
        ledger=arrival.ledger,
        now=datetime.now(UTC),
        notify=say,
    )
    options = arrival.push.options
    say(render_verdict(verdict, entry.short, color="color" in options, full="full" in options))
    return EXIT_CODES[verdict.outcome]
