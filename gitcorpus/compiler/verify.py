"""Checks of a release by itself: bytes, logical digests, and that every line is covered exactly once.

Each check returns all its faults; the caller decides what to do about them. A release may be forged and sealed anew,
so a row is held against what a row can be before anything is looked up by it.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from gitcorpus.canon import canonical, digest_rows
from gitcorpus.compiler.attest import FOLDER as ATTESTATIONS
from gitcorpus.compiler.publish import file_digest, files_below
from gitcorpus.compiler.seal import stored_rows
from gitcorpus.compiler.sealed import every_table, split_lines, text_fields, traced_runs
from gitcorpus.compiler.trace import OUTSIDE, content_digest
from gitcorpus.model.lineage import Actor, OriginKind, Transform

MOST_FAULTS: Final = 20

_JOINED: Final = {"record_id": "record", "src_path": "source"}
"""What a run has of its record and its source, if it names one that is listed."""
_NUMBERS: Final = ("start_line", "n_lines", "src_start_line", "path_start_line")
_KINDS: Final[Mapping[str, tuple[Any, str]]] = {
    **dict.fromkeys(
        ("record_id", "view", "field", "src_path", "blob", "path", "content_digest"), (str, "has nothing")
    ),
    "revision": (str | None, "has no commit"),
    "extended": (bool, "says neither yes nor no"),
}
_WORDS: Final = {"origin": OriginKind, "actor": Actor, "transform": Transform}


class Row(NamedTuple):
    """A row of `lines.parquet`, as a mapping, with its lines of the record's text."""

    run: Mapping[str, Any]
    lines: tuple[str, ...]


def check_sums(folder: Path, manifest: Mapping[str, Any]) -> Iterator[str]:
    """Compare every file with SHA256SUMS and with the manifest."""
    there = set(files_below(folder)) - {"SHA256SUMS"}
    yield from (f"{name} is a symlink" for name in sorted(there) if (folder / name).is_symlink())
    digests = {name: file_digest(folder / name) for name in sorted(there) if (folder / name).is_file()}
    try:
        listed = (folder / "SHA256SUMS").read_bytes()
    except OSError:
        yield "SHA256SUMS cannot be read"
        return
    faults = [*_sum_faults(listed, digests), *_seal_faults(folder, manifest, digests)]
    expected = "".join(f"{digest}  {name}\n" for name, digest in digests.items()).encode()
    if not faults and listed != expected:
        faults = ["SHA256SUMS is not written as the sums of a release are"]
    yield from faults


def _sum_faults(listed: bytes, digests: Mapping[str, str]) -> Iterator[str]:
    lines = listed.decode("utf-8", "replace").splitlines()
    sums = {line[66:]: line[:64] for line in lines}
    for name in sorted(sums.keys() | digests.keys()):
        if name not in digests:
            yield f"{name} is missing"
        elif name not in sums:
            yield f"{name} is not in SHA256SUMS"
        elif digests[name] != sums[name]:
            yield f"{name} has other bytes than SHA256SUMS says"


def _seal_faults(folder: Path, manifest: Mapping[str, Any], digests: Mapping[str, str]) -> Iterator[str]:
    if canonical(manifest) + b"\n" != (folder / "manifest.json").read_bytes():
        yield "manifest.json is not in canonical form"
    sealed = {each["path"]: each for each in manifest["files"]}
    for name in sorted(sealed.keys() | _sealable(digests)):
        if name not in sealed or f"sha256:{digests.get(name)}" != sealed[name]["digest"]:
            yield f"{name} is not what the manifest seals"
        elif (folder / name).stat().st_size != sealed[name]["bytes"]:
            yield f"{name} has not as many bytes as the manifest says"
    for table in every_table(manifest):
        if table["path"] not in sealed:
            yield f"{table['path']} is a table and not among the manifest's files"


def _sealable(names: Iterable[str]) -> set[str]:
    """Return the files that a manifest seals: not itself, and not what vouches for it."""
    return {name for name in names if name != "manifest.json" and not name.startswith(f"{ATTESTATIONS}/")}


def check_digests(folder: Path, manifest: Mapping[str, Any]) -> Iterator[str]:
    """Recompute the logical digests of every table from its rows."""
    for table in every_table(manifest):
        found = digest_rows(stored_rows(folder / table["path"]))
        if found.n_rows != table["rows"]:
            yield f"{table['path']} has {found.n_rows} rows, not {table['rows']}"
        elif (found.ordered, found.unordered) != (table["ordered"], table["unordered"]):
            yield f"{table['path']} has rows with other digests than the manifest seals"


def check_coverage(folder: Path, manifest: Mapping[str, Any], n_commits: int) -> tuple[list[str], list[Row]]:
    """Check that runs cover every line exactly once and bear the digests of their lines.

    Returns the faults, and all runs that a run can be, with their lines.
    """
    runs: dict[tuple[str, str, str], list[Mapping[str, Any]]] = defaultdict(list)
    faults = [*_misnumbered(folder, "records", "record_ix"), *_misnumbered(folder, "sources", "source_ix")]
    for number, row in enumerate(traced_runs(folder)):
        if why := _misshapen(row, n_commits):
            faults.append(f"row {number} of provenance/lines.parquet {why}")
        else:
            runs[row["view"], row["record_id"], row["field"]].append(row)
    rows: list[Row] = []
    for key, text in text_fields(folder, manifest):
        found = sorted(runs.pop(key, []), key=lambda each: each["start_line"])
        faults += _cover(_said(key), split_lines(text), found, rows)
    faults += [f"{_said(key)}: runs for a text that is not there" for key in sorted(runs)]
    return faults, rows


def _misnumbered(folder: Path, table: str, column: str) -> Iterator[str]:
    for number, row in enumerate(stored_rows(folder / f"provenance/{table}.parquet")):
        if row.get(column) != number:
            yield f"row {number} of provenance/{table}.parquet has {row.get(column)} in `{column}`"


def _misshapen(row: Mapping[str, Any], n_commits: int) -> str:
    """Say what is wrong with a row of `lines.parquet` as a row, or nothing."""
    unlisted = [what for name, what in _JOINED.items() if name not in row]
    if unlisted:
        return f"names a {unlisted[0]} that is not listed"
    for name in _NUMBERS:
        if not isinstance(row.get(name), int) or row[name] < 1:
            return f"has no line or number of lines in `{name}`"
    for name, (kind, why) in _KINDS.items():
        if not isinstance(row.get(name), kind):
            return f"{why} in `{name}`"
    for name, known in _WORDS.items():
        if row.get(name) not in set(known):
            return f"has no {name} in `{name}`"
    number = row.get("commit_ix")
    if number is None:
        return "" if row["path"].startswith(OUTSIDE) else "names no commit for a file of the tree"
    return "" if isinstance(number, int) and 0 <= number < n_commits else "names a commit that is not listed"


def _cover(said: str, lines: list[str], runs: list[Mapping[str, Any]], rows: list[Row]) -> Iterator[str]:
    """Return where runs do not cover lines, and add them with their lines to the rows."""
    at = 1
    for run in runs:
        first, count = run["start_line"], run["n_lines"]
        if first != at:
            how = "twice" if first < at else "by no run"
            yield f"{said}: line {min(at, first)} is covered {how}"
        at = first + count
        if at > len(lines) + 1:
            yield f"{said}: a run ends at line {at - 1}, and there are {len(lines)}"
            return
        covered = tuple(lines[first - 1 : at - 1])
        if content_digest("\n".join(covered)) != run["content_digest"]:
            yield f"{said}: lines {first}+{count} are not those that the run seals"
        rows.append(Row(run, covered))
    if at != len(lines) + 1:
        yield f"{said}: {len(lines)} lines, and the runs end at {at - 1}"


def _said(key: tuple[str, str, str]) -> str:
    view, record, field = key
    return f"{view} {record.removeprefix('sha256:')[:12]} {field}"
