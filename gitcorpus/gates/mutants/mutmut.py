"""What mutmut 3 leaves behind: the fate of every mutant, and where its text stands.

mutmut writes a copy of each source that holds every function once for each of its mutants, a `.spans` file that says in
which lines, and a `.meta` file with the exit codes. Its own export counts no mutants that were not checked, so the
codes themselves are read. Source: mutmut 3.8, `stats.py` and `mutation/`.
"""

import json
from collections.abc import Iterator, Mapping
from difflib import SequenceMatcher
from itertools import dropwhile
from typing import Any, Final

from gitcorpus.gates.mutants.mutant import Fate, Mutant
from gitcorpus.gates.results.told import ReportError

FOLDER: Final = "mutants"
MOST: Final = 20_000
"""Most mutants of one run."""
_META: Final = ".meta"
_ORIGINAL: Final = "orig"
_FATES: Final[Mapping[int | None, Fate]] = {
    None: Fate.PENDING,
    0: Fate.SURVIVED,
    1: Fate.KILLED,
    3: Fate.KILLED,
    5: Fate.NO_COVERAGE,
    33: Fate.NO_COVERAGE,
    34: Fate.IGNORED,
    36: Fate.TIMEOUT,
    37: Fate.COMPILE_ERROR,
    24: Fate.TIMEOUT,
    -24: Fate.TIMEOUT,
    152: Fate.TIMEOUT,
    255: Fate.TIMEOUT,
}
"""By exit code; every other one is doubtful."""
_BAR: Final = "\u01c1"


def mutants_of(taken: Mapping[str, bytes], folder: str) -> Iterator[Mutant]:
    """Yield the mutants of a run, file by file.

    Args:
        taken: what the run left, by path.
        folder: the solution's folder, before all of the paths.

    Raises:
        ReportError: if a file is not as mutmut writes it.
    """
    top = f"{folder}/{FOLDER}/"
    for place in sorted(taken):
        if place.startswith(top) and place.endswith(f".py{_META}"):
            source = place.removesuffix(_META)
            try:
                fates = json.loads(taken[place])["exit_code_by_key"]
                spans = json.loads(taken.get(f"{source}.spans", b"{}")).get("spans", {})
                lines = taken[source].decode("utf-8", "replace").split("\n")
                found = list(_of_file(fates, spans, lines, source.removeprefix(top)))
            except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
                raise ReportError(f"{source.removeprefix(top)} is not as mutmut writes it") from error
            yield from found


def function_of(local: str) -> str:
    """Return a function as its source calls it: `x_add` is `add`, `xǁBoxǁfits` is `Box.fits`."""
    parts = local.split(_BAR)
    return ".".join(parts[1:]) if len(parts) > 1 else local.removeprefix("x_")


def pattern_of(function: str) -> str:
    """Return what names all mutants of a function on mutmut's command line."""
    owner, _, name = function.rpartition(".")
    local = f"x{_BAR}{owner}{_BAR}{name}" if owner else f"x_{name}"
    return f"*.{local}__mutmut_*"


def _of_file(
    fates: Mapping[str, Any], spans: Mapping[str, Any], lines: list[str], path: str
) -> Iterator[Mutant]:
    if len(fates) > MOST:
        raise ReportError(f"it tells more than {MOST} mutants")
    for name, code in fates.items():
        local, _, number = name.rpartition(".")[2].rpartition("__mutmut_")
        before = _text(lines, spans, f"{local}__mutmut_{_ORIGINAL}", local)
        after = _text(lines, spans, f"{local}__mutmut_{number}", local)
        first, removed, added = _difference(before, after)
        yield Mutant(
            name=name,
            path=path,
            function=function_of(local),
            line=first,
            removed=removed,
            added=added,
            fate=_FATES.get(code, Fate.RUNTIME_ERROR),
        )


def _text(lines: list[str], spans: Mapping[str, Any], key: str, local: str) -> list[str]:
    """Return the lines of one form of a function, under its own name; blank lines before it are left out."""
    if key not in spans:
        return []
    first, last = (int(each) for each in spans[key])
    name = function_of(local).rpartition(".")[2]
    text = [line.replace(key, name) for line in lines[first - 1 : last]]
    return list(dropwhile(lambda line: not line.strip(), text))


def _difference(before: list[str], after: list[str]) -> tuple[int, tuple[str, ...], tuple[str, ...]]:
    """Return where a mutant begins to differ, counted from the function's first line, and how."""
    matcher = SequenceMatcher(a=before, b=after, autojunk=False)
    changed = [each for each in matcher.get_opcodes() if each[0] != "equal"]
    if not changed:
        return 0, (), ()
    (_, first, _, other, _), (_, _, end, _, last) = changed[0], changed[-1]
    return first, tuple(before[first:end]), tuple(after[other:last])
