"""A wheel carries everything that an installed gitcorpus reads."""

import subprocess
from pathlib import Path
from zipfile import ZipFile

from hatchling.builders.wheel import WheelBuilder

ROOT = Path(__file__).parent.parent
SHIPPED = {
    "specs": "specs",
    "schemas": "schemas",
    "server_hooks": "server_hooks",
    "examples": "examples",
    "docs/reference/codes": "codes",
}


def tracked(folder: str) -> set[str]:
    done = subprocess.run(
        ["git", "ls-files", "-z", folder], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return {name.removeprefix(f"{folder}/") for name in done.stdout.split("\0") if name}


def test_a_wheel_ships_specs_schemas_hooks_examples_and_codes(tmp_path):
    (wheel,) = WheelBuilder(str(ROOT)).build(directory=str(tmp_path), versions=["standard"])
    names = set(ZipFile(wheel).namelist())
    assert "gitcorpus/py.typed" in names
    for folder, shipped in SHIPPED.items():
        prefix = f"gitcorpus/shipped/{shipped}/"
        assert {name.removeprefix(prefix) for name in names if name.startswith(prefix)} == tracked(folder)
