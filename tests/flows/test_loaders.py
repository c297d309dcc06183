"""Every config of every example's release loads with Hugging Face datasets, with as many rows as its table has."""

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from forge import Forge
from smallest import ADD, RELEASE, VIEW, smallest

from gitcorpus.flows.release import compile_release
from gitcorpus.flows.trace import trace_record
from gitcorpus.flows.verify import verify_release
from gitcorpus.model.release import ReleaseRequest

EXAMPLES = Path(__file__).parents[2] / "examples"
GOOD = {
    f"{ADD}/add.py": "def add(a, b):\n    return a + b\n",
    f"{ADD}/test_add.py": "from add import add\n\n\ndef test_add():\n    assert add(1, 2) == 3\n",
}
EXERCISE = {
    ".docs/instructions.md": "Tell whether a year leaps.\n",
    ".meta/example.go": "package leap\n",
    "leap_test.go": "package leap\n",
}
LOAD = """
import json, sys, datasets
found = {}
for name in datasets.get_dataset_config_names(sys.argv[1]):
    loaded = datasets.load_dataset(sys.argv[1], name)
    found[name] = {split: [len(rows), list(rows.features)] for split, rows in loaded.items()}
print(json.dumps(found))
"""


def compiled(folder: Path, tag: str, **more) -> Path:
    request = ReleaseRequest(
        repository=folder,
        tag=tag,
        folder=folder.parent,
        target=folder.parent / "out",
        unverified=True,
        **more,
    )
    return compile_release(request, progress=lambda *_: None).path


def first_corpus(forge: Forge) -> Path:
    spec = importlib.util.spec_from_file_location("play_to_load", EXAMPLES / "first-corpus" / "play.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    module.play(forge.root / "work")
    return compiled(forge.root / "work", "dataset/v1")


def existing_repository(forge: Forge) -> Path:
    """The specs of the example stand outside, and know of no agreements."""
    work = forge.work()
    folder = "exercises/practice/leap"
    listed = {"exercises": {"practice": [{"slug": "leap", "difficulty": 2}]}}
    files = {f"{folder}/{path}": text for path, text in EXERCISE.items()}
    work.commit({**files, "config.json": json.dumps(listed)}, "leap")
    work.tag("track/1")
    return compiled(work.path, "track/1", specs=EXAMPLES / "existing-repository")


def smallest_corpus(forge: Forge) -> Path:
    work = smallest(forge)
    work.commit(GOOD, "good work")
    work.tag("v1")
    return compiled(work.path, "v1")


def odd_names(forge: Forge) -> Path:
    """Names that need quotes in SQL, in YAML and in JSON pointers."""
    work = smallest(forge)
    view = VIEW.replace("name: pairs", 'name: "1e5.null-x"').replace(
        "  prompt:", "  a/b~c.d: x\n  '~1': x\n  'a b': x\n  null: x\n  prompt:"
    )
    view += "split: {train: 0.5, no: 0.5}\n"
    release = RELEASE.replace("pairs,", '"1e5.null-x",')
    files = {"specs/views/pairs.yaml": view.replace("null: x", "'null': x"), "specs/release.yaml": release}
    both = {
        **GOOD,
        "corpus/basics/subtract/south/TASK.md": "Subtract.\n",
        "corpus/basics/subtract/south/a.py": "a\n",
    }
    work.commit({**both, **files}, "odd names", author="lead")
    work.tag("v1")
    folder = compiled(work.path, "v1")
    verification = verify_release(folder, repository=work.path, specs=None, progress=lambda *_: None)
    assert verification.sound, [each for each in verification.checks if each.faults]
    rows = [
        row
        for path in sorted((folder / "data/1e5.null-x").iterdir())
        for row in pq.read_table(path).to_pylist()
    ]
    traced = trace_record(folder, rows[0]["record_id"], line=None, field="/a~1b~0c.d")
    assert traced
    return folder


@pytest.mark.parametrize("make", [first_corpus, existing_repository, smallest_corpus, odd_names])
def test_every_config_loads_with_datasets(make, forge, tmp_path):
    folder = make(forge)
    shutil.rmtree(tmp_path / "hf", ignore_errors=True)
    done = subprocess.run(
        [sys.executable, "-c", LOAD, str(folder)],
        env={**os.environ, "HF_HUB_OFFLINE": "1", "HF_HOME": str(tmp_path / "hf")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    manifest = json.loads((folder / "manifest.json").read_bytes())
    wanted = {view["name"]: _splits(folder, view) for view in manifest["views"]}
    for table in manifest["tables"]:
        if table["path"].startswith("provenance/") and table["rows"]:
            columns = pq.read_schema(folder / table["path"]).names
            wanted[f"provenance_{Path(table['path']).stem}"] = {"train": [table["rows"], columns]}
    assert json.loads(done.stdout) == wanted
    has_agreements = "provenance_agreements" in wanted
    assert has_agreements is (make is not existing_repository)
    said = (
        "Without rows, and so no config: `provenance/agreements.parquet`."
        in (folder / "README.md").read_text()
    )
    assert said is not has_agreements


def _splits(folder: Path, view: dict) -> dict:
    return {
        split["name"]: [split["rows"], pq.read_schema(folder / split["files"][0]["path"]).names]
        for split in view["splits"]
    }
