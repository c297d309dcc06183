"""Reads a release from the outside, where nothing that it says is taken for true."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from gitcorpus.compiler.manifest import FORMAT
from gitcorpus.errors import GitcorpusError
from gitcorpus.inside import Inside, NotInsideError

_OLDER: Final = "release its tag again, or ask the gitcorpus that `toolchain` in its manifest names"
_FORMATS: Final = FORMAT.partition("/")[0] + "/"
LARGEST: Final = 64 << 20
"""Most bytes of a manifest, and of a list of sums: a million files have less."""
_DEEPEST: Final = 32
_TABLE: Final = {"path": str, "rows": int, "ordered": str, "unordered": str}
_SHAPE: Final = {
    "name": str,
    "version": str,
    "tag": str,
    "commit": str,
    "unverified": bool,
    "specs": {"origin": str, "digest": str},
    "origins": {"moved": bool, "ignored": [str]},
    "marks": [{"tag": str, "commit": str}],
    "toolchain": {},
    "views": [{"name": str, "text_fields": [str], "splits": [{"name": str, "rows": int, "files": [_TABLE]}]}],
    "tables": [_TABLE],
    "files": [{"path": str, "bytes": int, "digest": str}],
}
"""What this version reads of a manifest: types, mappings with at least these keys, lists of alike."""


def read_manifest(folder: Path) -> dict[str, Any]:
    """Return the manifest of a release.

    Raises:
        GitcorpusError: not-a-release.
    """
    manifest: object = None
    try:
        manifest = json.loads(Inside(folder, "manifest.json").read(LARGEST))
        why = _misfit(manifest)
    except (OSError, ValueError, RecursionError) as error:
        missing = isinstance(error, FileNotFoundError)
        why = (
            "it has no manifest.json"
            if missing
            else f"its manifest.json cannot be read: {error}"
            if isinstance(error, NotInsideError)
            else f"its manifest.json cannot be read ({type(error).__name__})"
        )
    if why or not isinstance(manifest, dict):
        hint = _OLDER if _is_older(manifest) else "name a folder that holds the manifest.json of a release"
        raise GitcorpusError("not-a-release", f"{folder} is no release: {why}", hint=hint)
    return manifest


def _is_older(manifest: object) -> bool:
    said = manifest.get("format") if isinstance(manifest, dict) else None
    return isinstance(said, str) and said != FORMAT and said.startswith(_FORMATS)


def _misfit(manifest: object) -> str:
    said = manifest.get("format") if isinstance(manifest, dict) else None
    if _is_older(manifest):
        return f"it is a `{str(said)[:40]}`, and this version of gitcorpus reads `{FORMAT}`"
    if not isinstance(manifest, dict) or said != FORMAT:
        return f"its manifest.json does not say `{FORMAT}`"
    if _is_deep(manifest):
        return f"its manifest.json is nested more than {_DEEPEST} deep"
    unfit = [name for name, shape in _SHAPE.items() if not _fits(manifest.get(name), shape)]
    return f"its manifest.json has no sound {', '.join(f'`{name}`' for name in unfit)}" if unfit else ""


def _is_deep(value: object) -> bool:
    """Tell whether a value is nested deeper than a manifest ever is; what comes after may follow it by calls."""
    level: list[object] = [value]
    for _ in range(_DEEPEST):
        level = [
            inner
            for each in level
            if isinstance(each, (dict, list))
            for inner in (each.values() if isinstance(each, dict) else each)
        ]
    return bool(level)


def _fits(value: object, shape: object) -> bool:
    match shape:
        case type():
            return type(value) is shape
        case list():
            return isinstance(value, list) and all(_fits(each, shape[0]) for each in value)
        case dict():
            return isinstance(value, dict) and all(
                _fits(value.get(key), inner) for key, inner in shape.items()
            )
        case _:
            return False


def every_table(manifest: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Return the manifest's entry of every Parquet file."""
    for view in manifest["views"]:
        for split in view["splits"]:
            yield from split["files"]
    yield from manifest["tables"]


def pointer_step(name: str) -> str:
    """Write a name as one step of a JSON pointer (RFC 6901)."""
    return name.replace("~", "~0").replace("/", "~1")


def steps_of(pointer: str) -> tuple[str, ...]:
    """Return the names that a JSON pointer leads through."""
    return tuple(step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:])


def texts_of(row: Mapping[str, Any], pointers: Sequence[str]) -> dict[str, str]:
    """Return the text of every text field of a record by its JSON pointer."""
    return {pointer: text for pattern in pointers for pointer, text in _at(row, steps_of(pattern), "")}


def columns_of(pointers: Sequence[str]) -> list[str]:
    """Return the columns that text fields stand in."""
    return sorted({step for pattern in pointers for step in steps_of(pattern)[:1]})


def _at(value: Any, steps: Sequence[str], pointer: str) -> Iterator[tuple[str, str]]:
    """Yield the texts that a pointer leads to, each with its own; `*` stands for every index of a list."""
    if not steps:
        if isinstance(value, str):
            yield pointer, value
    elif isinstance(value, list):
        for index in (each for each in range(len(value)) if steps[0] in ("*", str(each))):
            yield from _at(value[index], steps[1:], f"{pointer}/{index}")
    elif isinstance(value, Mapping):
        yield from _at(value.get(steps[0]), steps[1:], f"{pointer}/{pointer_step(steps[0])}")


def split_lines(text: str) -> list[str]:
    """Split at LF; a last LF ends the last line."""
    lines = text.split("\n")
    return lines[:-1] if lines[-1] == "" else lines
