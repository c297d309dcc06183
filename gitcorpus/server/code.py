"""Whether the code on the disk is still the one in memory: an upgrade shows in the files that were imported."""

import sys
import sysconfig
from pathlib import Path

from gitcorpus.shipped import shipped_path


class Code:
    """The files that this process has imported, as they were then."""

    def __init__(self) -> None:
        self._seen = _look()

    def is_changed(self) -> bool:
        """Tell whether any of them was changed since, or packages were installed beside them."""
        return any(_mark(path) != mark for path, mark in self._seen.items())


def _look() -> dict[Path, tuple[int, int] | None]:
    ours = [module for name, module in sys.modules.items() if name.partition(".")[0] == "gitcorpus"]
    paths = [Path(file) for module in ours if (file := getattr(module, "__file__", None))]
    paths += [
        path
        for folder in ("specs", "schemas", "server_hooks")
        for path in shipped_path(folder).rglob("*.*")
        if path.suffix in (".py", ".yaml", ".json")
    ]
    paths.append(Path(sysconfig.get_path("purelib")))
    return {path: _mark(path) for path in paths}


def _mark(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size
