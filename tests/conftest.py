"""What every test may use: the Forge, and property tests that try the same examples each time."""

from pathlib import Path

import pytest
from forge import Forge
from hypothesis import settings

settings.register_profile("ci", derandomize=True, deadline=None, database=None)
settings.load_profile("ci")


@pytest.fixture
def forge(tmp_path: Path) -> Forge:
    return Forge(tmp_path)
