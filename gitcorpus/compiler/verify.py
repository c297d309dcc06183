"""Checks of a release by itself: its bytes, and the logical digests of its tables.

Each check returns all its faults; the caller decides what to do about them.
"""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from gitcorpus.canon import RowDigests, canonical
from gitcorpus.compiler.attest import FOLDER as ATTESTATIONS
from gitcorpus.compiler.publish import files_below
from gitcorpus.compiler.seal import ROW_GROUP, row_digests
from gitcorpus.compiler.sealed import LARGEST, every_table
from gitcorpus.compiler.stored import batches_at, said_at
from gitcorpus.inside import Inside

_PLAIN: Final = (
    pa.types.is_string, pa.types.is_large_string, pa.types.is_boolean, pa.types.is_integer, pa.types.is_null,
)  # fmt: skip


def check_sums(folder: Path, manifest: Mapping[str, Any]) -> Iterator[str]:
    """Compare every file with SHA256SUMS and with the manifest."""
    digests: dict[str, str] = {}
    for name in sorted(set(files_below(folder)) - {"SHA256SUMS"}):
        try:
            digests[name] = Inside(folder, name).digest()
        except OSError as error:
            said = f"cannot be read: {error}"
            yield f"{name} {'is a symlink' if (folder / name).is_symlink() else said}"
    try:
        listed = Inside(folder, "SHA256SUMS").read(LARGEST)
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
    if canonical(manifest) + b"\n" != Inside(folder, "manifest.json").read(LARGEST):
        yield "manifest.json is not in canonical form"
    sealed = {each["path"]: each for each in manifest["files"]}
    for name in sorted(sealed.keys() | _sealable(digests)):
        if name not in sealed or f"sha256:{digests.get(name)}" != sealed[name]["digest"]:
            yield f"{name} is not what the manifest seals"
        elif Inside(folder, name).size() != sealed[name]["bytes"]:
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
        found = _digests(Inside(folder, table["path"]))
        if found.n_rows != table["rows"]:
            yield f"{table['path']} has {found.n_rows} rows, not {table['rows']}"
        elif (found.ordered, found.unordered) != (table["ordered"], table["unordered"]):
            yield f"{table['path']} has rows with other digests than the manifest seals"


def _digests(path: Inside) -> RowDigests:
    digests = RowDigests()
    with said_at(path):
        for batch in batches_at(path, most=ROW_GROUP):
            if all(_is_canonical(each.type) for each in batch.schema):
                digests.extend(row_digests(pa.Table.from_batches([batch])))
            else:
                for row in batch.to_pylist():
                    digests.add(canonical(row))
    return digests


def _is_canonical(kind: pa.DataType) -> bool:
    """Tell whether all values of a type are canonical, but for large integers."""
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return _is_canonical(kind.value_type)
    if pa.types.is_struct(kind):
        return all(_is_canonical(each.type) for each in kind)
    return any(fits(kind) for fits in _PLAIN)
