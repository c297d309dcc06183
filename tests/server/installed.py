"""What the tests of installed repositories share."""

import time
from datetime import UTC, datetime
from pathlib import Path

from gitcorpus.server.administration import Wishes

NOW = datetime(2026, 2, 1, tzinfo=UTC)
WISHES = Wishes(admins=("lead",), pusher_variables=("PUSHER",), gatekeeper=False)


def settle(bare: Path) -> None:
    """Wait until everything is recorded that landed: until there is no ticket."""
    for _ in range(1000):
        if not any((bare / "gitcorpus/tickets").glob("*")):
            return
        time.sleep(0.01)
    raise AssertionError("a ticket is left")
