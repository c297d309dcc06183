"""Which bare repositories are served over HTTP: those directly below one folder, or that folder itself.

A name in a URL is one plain word. The repository that it names must really lie there: a link that leads out of the
folder is not followed.
"""

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

NAME: Final = "[A-Za-z0-9_][A-Za-z0-9_.-]{0,199}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """A folder of bare repositories."""

    root: Path
    only: str | None = None
    """The one repository that is served, if the folder that was named is a repository itself."""

    @classmethod
    def of(cls, folder: Path) -> "Shelf":
        """Return the shelf that a folder is, or that a repository stands on."""
        root = Path(os.path.realpath(folder))
        return cls(root=root.parent, only=root.name) if _is_bare(root) else cls(root=root)

    def find(self, name: str) -> Path | None:
        """Return the repository of a name, or none."""
        if not re.fullmatch(NAME, name) or self.only not in {None, name}:
            return None
        path = Path(os.path.realpath(self.root / name))
        return path if path.parent == self.root and _is_bare(path) else None

    def names(self) -> tuple[str, ...]:
        """Return the names of all repositories that are served."""
        names = [path.name for path in self.root.iterdir()] if self.only is None else [self.only]
        return tuple(sorted(name for name in names if self.find(name) is not None))


def _is_bare(path: Path) -> bool:
    try:
        return (path / "HEAD").is_file() and all((path / name).is_dir() for name in ("objects", "refs"))
    except OSError:
        return False
