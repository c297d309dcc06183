"""Programs for tests that are no part of the product: real formatters, in `.tools/`, made by `make tools`."""

from pathlib import Path

import pytest

from gitcorpus.model.server import Sandbox
from gitcorpus.sandbox.identity import find_program

FOLDER = Path(__file__).parents[1] / ".tools"
PACKAGES = FOLDER / "lib" / "python3.11" / "site-packages"
PLACES = (
    FOLDER / "bin",
    PACKAGES / "clang_format" / "data" / "bin",
    PACKAGES / "go" / "bin",
    FOLDER / "node_modules" / ".bin",
)
"""Plain binaries, and what node runs. The environment's own interpreter may lie where only root can look."""
SANDBOX = Sandbox(
    mounts=tuple(str(place) for place in (*PLACES[:2], PACKAGES / "go", FOLDER / "node_modules")),
    path=tuple(str(place) for place in PLACES),
)


def needs(*programs: str):
    """Skip a test for which some programs are not there, and say so."""
    missing = [name for name in programs if find_program(name, SANDBOX) is None]
    missing += [] if Path(SANDBOX.program).is_file() else ["bubblewrap"]
    return pytest.mark.skipif(
        bool(missing), reason=f"needs {', '.join(missing)}; `make tools` installs formatters"
    )
