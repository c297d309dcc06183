"""Go's cover profiles: `mode: set|count|atomic`, then blocks `path:line.column,line.column statements hits`.

Paths begin with the path of the module. A line was executed if any block on it was, since a block may begin or end in
the middle of a line; the same block may stand there once for every package that was tested.
"""

import re
from typing import Final

from gitcorpus.gates.results.coverage import Coverage, Tally
from gitcorpus.gates.results.paths import Folder
from gitcorpus.gates.results.told import ReportError, one_line, told_text

_MODE: Final = re.compile(r"mode: (?:set|count|atomic)")
_NUMBER: Final = "[0-9]{1,9}"
_BLOCK: Final = re.compile(
    rf"(?P<path>.+):(?P<first>{_NUMBER})\.{_NUMBER},(?P<last>{_NUMBER})\.(?P<column>{_NUMBER})"
    rf" (?P<statements>{_NUMBER}) (?P<hits>[0-9]{{1,20}})"
)


def parse_go_profile(data: bytes, folder: Folder, *, module: str = "") -> Coverage:
    """Return the lines of a profile.

    Args:
        data: the profile.
        folder: where the module is.
        module: the module's path, with which the paths in the profile begin; empty if they do not.

    Raises:
        ReportError: if it is no profile.
    """
    lines = [line.rstrip("\r") for line in told_text(data).split("\n")]
    if not _MODE.fullmatch(lines[0]):
        raise ReportError("it does not begin with its mode")
    blocks: dict[tuple[str, int, int], bool] = {}
    for number, line in enumerate(lines[1:], start=2):
        found = _BLOCK.fullmatch(line)
        if found is not None:
            block = found["path"], int(found["first"]), _last_line(found)
            if int(found["statements"]):
                blocks[block] = blocks.get(block, False) or int(found["hits"]) > 0
        elif line and not _MODE.fullmatch(line):
            raise ReportError(f"line {number} is no block: {one_line(line)[:80]}")
    return _coverage(blocks, folder, module)


def _last_line(block: re.Match[str]) -> int:
    """Return the last line that a block is on: the column after its end may be the first of the line below."""
    last = int(block["last"])
    return last - 1 if int(block["column"]) <= 1 and last > int(block["first"]) else last


def _coverage(blocks: dict[tuple[str, int, int], bool], folder: Folder, module: str) -> Coverage:
    tally = Tally()
    paths = {path: _path(path, folder, module) for path, _, _ in blocks}
    tally.n_dropped = sum(path is None for path in paths.values())
    for (reported, first, last), executed in blocks.items():
        path = paths[reported]
        if path is not None:
            tally.add(path, first, last, executed=executed)
    return tally.coverage()


def _path(reported: str, folder: Folder, module: str) -> str | None:
    if not module:
        return folder.path_of(reported)
    prefix = f"{module}/"
    return folder.path_of(reported.removeprefix(prefix)) if reported.startswith(prefix) else None
