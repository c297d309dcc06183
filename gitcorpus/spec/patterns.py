"""Path patterns of solutions and tasks: `corpus/{unit}/{task}/{solution}`.

A pattern is a list of folder names. In each, a brace stands for a name that the path brings, `*` alone for any
one folder, and everything else for itself; so a path fits in one way, in time in step with its length.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Final, NamedTuple, Protocol

BRACES: Final = ("unit", "task", "solution")

_MOST_TRIED: Final = 10_000
"""Folders of which it is known whether they fit."""
_BRACE: Final = re.compile(r"\{([^{}]*)\}")


class PatternFault(NamedTuple):
    """What is wrong with a pattern; `brace` is the name in a brace that means nothing."""

    sentence: str
    brace: str = ""


class Fit(NamedTuple):
    """A path that fits: the folder that the pattern names, the path within it, and what the braces took."""

    root: str
    inner: str
    names: Mapping[str, str]


class Miss(NamedTuple):
    """How far a path went along a pattern: the number of folders that fit, and what came then."""

    depth: int
    found: str
    wanted: str


class Folders(Protocol):
    """A tree in which folders are looked up."""

    def subtree(self, path: str) -> object | None:
        """Return the tree of a folder, or none if there is no such folder."""
        ...

    def names(self, folder: str = "") -> Iterable[str]:
        """Return what stands directly in a folder."""
        ...


class PathPattern:
    """One pattern, ready to be tried on paths."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._segments = tuple(text.split("/"))
        self._tests = tuple(_segment(segment) for segment in self._segments)
        self._tried: dict[str, Mapping[str, str] | Miss] = {}
        """What became of folders: many files stand in each."""

    def fit(self, path: str) -> Fit | Miss:
        """Try the pattern on the path of a file."""
        *folders, inner = path.split("/", len(self._segments))
        if len(folders) < len(self._segments):
            found = self._try(folders)
            return found if isinstance(found, Miss) else Miss(len(folders), "", self._segments[len(folders)])
        root = path[: -len(inner) - 1]
        if root not in self._tried:
            if len(self._tried) >= _MOST_TRIED:
                self._tried.clear()
            self._tried[root] = self._try(folders)
        known = self._tried[root]
        return known if isinstance(known, Miss) else Fit(root, inner, known)

    def names(self, folder: str) -> Mapping[str, str] | None:
        """Return what the braces take of a folder, at most as deep as the pattern; none if it does not fit."""
        found = self._try(folder.split("/"))
        return None if isinstance(found, Miss) else found

    @property
    def depth(self) -> int:
        """How many folders it names."""
        return len(self._segments)

    @property
    def task_depth(self) -> int:
        """How many folders it takes to know the task."""
        return next(at for at, each in enumerate(self._segments, start=1) if "{task}" in each)

    def folders(self, names: Mapping[str, str], tree: Folders) -> Iterator[str]:
        """Yield the folders of a tree that fit where the braces take some names; other braces take any."""
        found = [""]
        for segment, test in zip(self._segments, self._tests, strict=True):
            brace = _BRACE.search(segment)
            wanted = segment.replace(brace[0], names[brace[1]]) if brace and brace[1] in names else segment
            if segment == "*" or (brace and brace[1] not in names):
                below = (
                    f"{each}{name}" for each in found for name in tree.names(each) if test.fullmatch(name)
                )
            else:
                below = (f"{each}{wanted}" for each in found)
            found = [f"{each}/" for each in below if tree.subtree(each) is not None]
        yield from (each.removesuffix("/") for each in found)

    def _try(self, folders: Sequence[str]) -> Mapping[str, str] | Miss:
        names: dict[str, str] = {}
        for depth, (folder, test) in enumerate(zip(folders, self._tests, strict=False)):
            found = test.fullmatch(folder)
            if found is None:
                return Miss(depth, folder, self._segments[depth])
            names |= found.groupdict()
        return names


def pattern_fault(text: str) -> PatternFault | None:
    """Return what is wrong with a pattern, or none."""
    braces = _BRACE.findall(text)
    strange = next((brace for brace in braces if brace not in BRACES), None)
    if strange is not None:
        return PatternFault(f"has `{{{strange[:40]}}}`, which means nothing", strange)
    segments = text.split("/")
    rests = [_BRACE.sub("", segment) for segment in segments]
    faults = {
        "names no `{task}`": "task" not in braces,
        "has a brace twice": len(set(braces)) < len(braces),
        "has a folder name that is empty, `.` or `..`": bool({"", ".", ".."} & set(segments)),
        "has two braces in one folder name": any(len(_BRACE.findall(segment)) > 1 for segment in segments),
        "has a wildcard within a folder name": any(set(r) & set("*?[]{}") and r != "*" for r in rests),
    }
    return next((PatternFault(sentence) for sentence, holds in faults.items() if holds), None)


@cache
def _segment(segment: str) -> re.Pattern[str]:
    if segment == "*":
        return re.compile(".+", re.DOTALL)
    before, *rest = _BRACE.split(segment)
    if not rest:
        return re.compile(re.escape(before))
    return re.compile(f"{re.escape(before)}(?P<{rest[0]}>.+){re.escape(rest[1])}", re.DOTALL)
