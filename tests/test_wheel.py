"""A wheel carries everything that an installed gitcorpus reads."""

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
    return {
        path.relative_to(ROOT / folder).as_posix()
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def test_a_wheel_ships_specs_schemas_hooks_examples_and_codes(tmp_path):
    (wheel,) = WheelBuilder(str(ROOT)).build(directory=str(tmp_path), versions=["standard"])
    names = set(ZipFile(wheel).namelist())
    assert "gitcorpus/py.typed" in names
    for folder, shipped in SHIPPED.items():
        prefix = f"gitcorpus/shipped/{shipped}/"
        assert {name.removeprefix(prefix) for name in names if name.startswith(prefix)} == tracked(folder)
