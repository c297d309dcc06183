"""Hugging Face datasets and mlcroissant load everything, and find as many rows as the manifest says."""

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

import mlcroissant
from datasets import load_dataset
from said import manifest_of


def _wanted(release: Path) -> dict[str, dict[str, int]]:
    manifest = manifest_of(release)
    wanted = {
        view["name"]: {split["name"]: split["rows"] for split in view["splits"]} for view in manifest["views"]
    }
    for table in manifest["tables"]:
        if table["path"].startswith("provenance/"):
            wanted[f"provenance_{Path(table['path']).stem}"] = {"train": table["rows"]}
    return wanted


def judge_datasets(release: Path) -> Iterator[str]:
    """Load every config of the card."""
    with tempfile.TemporaryDirectory() as cache:
        for name, splits in _wanted(release).items():
            if not sum(splits.values()):
                continue
            found = load_dataset(str(release), name, cache_dir=cache)
            rows = {split: table.num_rows for split, table in found.items()}
            if rows != splits:
                yield f"{name} has {rows}, not {splits}"


def judge_jsonl(release: Path) -> Iterator[str]:
    """Compare JSON Lines with the rows of their view."""
    with tempfile.TemporaryDirectory() as cache:
        for path in sorted((release / "jsonl").rglob("*.jsonl")):
            rows = load_dataset(str(release), path.parent.name, split=path.stem, cache_dir=cache)
            lines = [json.loads(line) for line in path.read_text().split("\n")[:-1]]
            wanted = [{key: value for key, value in row.items() if key != "record_id"} for row in rows]
            if lines != wanted:
                yield f"{path.relative_to(release)} is not what the view holds"


def judge_mlcroissant(release: Path) -> Iterator[str]:
    """Go through every record of every record set: validation alone looks at no file."""
    wanted = {name: sum(splits.values()) for name, splits in _wanted(release).items()}
    dataset = mlcroissant.Dataset(jsonld=str(release / "croissant.json"))
    if dataset.metadata.ctx.issues.errors:
        yield from map(str, dataset.metadata.ctx.issues.errors)
    sets = {each.uuid for each in dataset.metadata.record_sets}
    yield from (f"croissant.json has no record set {name}" for name in sorted(wanted.keys() - sets))
    for name in sorted(sets & wanted.keys()):
        count = sum(1 for _ in dataset.records(name)) if wanted[name] else 0
        if count != wanted[name]:
            yield f"{name} has {count} records, not {wanted[name]}"
