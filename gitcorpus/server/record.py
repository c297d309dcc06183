"""What `uninstall` needs to know, in `gitcorpus/installed.json`: written before anything is changed."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from gitcorpus.errors import GitcorpusError
from gitcorpus.server.hooks import write_whole

PATH: Final = "gitcorpus/installed.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """The values that the settings had before gitcorpus changed them."""

    previous: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    has_ledger: bool = True
    """Whether the ledger has its first entry: one that is not there from then on was lost."""


def read_record(git_dir: Path) -> Record | None:
    """Return what was recorded, or none where gitcorpus is not installed.

    Raises:
        GitcorpusError: record-broken, if the file is not what gitcorpus wrote.
    """
    path = git_dir / PATH
    if not path.is_file():
        return None
    try:
        found = json.loads(path.read_bytes())
        previous = {name: tuple(values) for name, values in found["previous"].items()}
        return Record(previous=previous, has_ledger=found.get("has_ledger", True) is True)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise GitcorpusError(
            "record-broken",
            "the file is not as gitcorpus wrote it, so what was there before is not known",
            place=str(path),
            hint="put it back from a backup, or delete it and run `gitcorpus server install` again",
        ) from error


def write_record(git_dir: Path, record: Record) -> None:
    """Write the record as a whole."""
    previous = {name: list(values) for name, values in sorted(record.previous.items())}
    fields = {"previous": previous, "has_ledger": record.has_ledger}
    text = json.dumps(fields, indent=2, ensure_ascii=True) + "\n"
    write_whole(git_dir / PATH, text.encode("ascii"), mode=0o644)
