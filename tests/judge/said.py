"""What all judges read of a release: its manifest."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any


def manifest_of(release: Path) -> dict[str, Any]:
    """Return a release's manifest, all of whose files are regular ones within the release."""
    root = release.resolve()
    found: dict[str, Any] = json.loads((release / "manifest.json").read_bytes())
    for entry in found["files"]:
        path = root / entry["path"]
        if path.resolve() != path or not path.is_relative_to(root) or not path.is_file():
            raise SystemExit(f"{entry['path']} is no regular file within {release}")
    return found


def tables_of(release: Path) -> Iterator[dict[str, Any]]:
    """Yield the manifest's entry of every Parquet file."""
    manifest = manifest_of(release)
    for view in manifest["views"]:
        for split in view["splits"]:
            yield from split["files"]
    yield from manifest["tables"]
