"""What every test may use: the Forge, and property tests that try the same examples each time."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from forge import Forge
from hypothesis import settings

from gitcorpus.server.gatekeeper import ask

settings.register_profile("ci", derandomize=True, deadline=None, database=None)
settings.load_profile("ci")


@pytest.fixture
def forge(tmp_path: Path) -> Iterator[Forge]:
    """Give a Forge, and end the gatekeepers of its repositories when the test is over."""
    yield Forge(tmp_path)
    for address in tmp_path.glob("*/gitcorpus/gatekeeper.sock"):
        with suppress(OSError, ValueError):
            list(ask(address, "stop"))
        address.unlink(missing_ok=True)
