"""The paths of a report, as paths within the folder in which the tool ran, or as none.

A report may name any file of the machine, and its writer is hostile: what leaves the folder is nobody's.
"""

import posixpath
from collections.abc import Iterable
from dataclasses import dataclass

from gitcorpus.gates.results.told import path_as_told


@dataclass(frozen=True, slots=True, kw_only=True)
class Folder:
    """The folder in which a tool ran."""

    root: str = ""
    """Its absolute path as the tool saw it; empty if no absolute path can be in it."""
    paths: frozenset[str] = frozenset()
    """The files that are known to be in it, to choose among several readings of a path; empty if nobody knows."""

    def path_of(self, reported: str, bases: Iterable[str] = ()) -> str | None:
        """Return the normal path of a file, relative to the folder; none if it is not in it.

        Args:
            reported: the path as the report writes it.
            bases: folders that the report says its paths begin in; none means this one.
        """
        found = [self._within(posixpath.join(base, reported)) for base in bases or ("",)]
        inside = [path for path in found if path is not None]
        known = [path for path in inside if path in self.paths]
        return next(iter(known or inside), None)

    def _within(self, path: str) -> str | None:
        if not path_as_told(path):
            return None
        normal = posixpath.normpath(path)
        if normal.startswith("/"):
            root = posixpath.normpath(self.root) if self.root else ""
            if not root or not normal.startswith(root.rstrip("/") + "/"):
                return None
            normal = normal[len(root.rstrip("/")) + 1 :]
        return None if normal in ("", ".", "..") or normal.startswith(("../", "/")) else normal
