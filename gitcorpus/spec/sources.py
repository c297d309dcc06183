"""What specs are read from: a tree of git, a folder, or the ready specs that ship."""

import hashlib
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, Protocol

from gitcorpus.errors import GitcorpusError
from gitcorpus.model.place import Oid
from gitcorpus.model.view import SpecFile
from gitcorpus.shipped import shipped_path

READY: Final = "gitcorpus:"
ENDINGS: Final = (".yaml", ".yml")


class SpecSource(Protocol):
    """Spec files, and the tree beside them in which tasks are discovered."""

    def spec_files(self) -> Mapping[str, bytes]:
        """Return the bytes of every spec file, by its path: `specs/corpus.yaml`."""
        ...

    def paths(self) -> Sequence[str]:
        """Return the path of every file of the tree."""
        ...

    def read(self, path: str) -> bytes:
        """Return the bytes of one file of the tree."""
        ...

    def spec_file(self, path: str) -> SpecFile:
        """Return what a template's own lines have as their origin."""
        ...


def is_spec_path(path: str) -> bool:
    """Tell whether a path of a tree is a spec file."""
    return path.startswith("specs/") and path.endswith(ENDINGS)


def blob_oid(data: bytes) -> Oid:
    """Return the oid that git gives these bytes as a blob (SHA-1 object format)."""
    return Oid(hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest())


class DirectorySource:
    """Specs in a folder of the file system: one that holds `specs/`, or the `specs` folder itself."""

    def __init__(self, folder: Path, tree: SpecSource | None = None) -> None:
        if not folder.is_dir():
            raise GitcorpusError("no-such-folder", f"there is no folder {folder}")
        self.root = folder if (folder / "specs").is_dir() else folder.parent
        self.specs = folder / "specs" if (folder / "specs").is_dir() else folder
        self.tree = tree

    def spec_files(self) -> Mapping[str, bytes]:
        """Read every spec file below the folder."""
        found = sorted(path for path in self.specs.rglob("*") if path.suffix in ENDINGS and path.is_file())
        return {f"specs/{path.relative_to(self.specs).as_posix()}": path.read_bytes() for path in found}

    def paths(self) -> Sequence[str]:
        """List the tree that these specs are for, or the folder's own files."""
        if self.tree is not None:
            return self.tree.paths()
        found = []
        for folder, folders, files in os.walk(self.root):
            folders[:] = sorted(name for name in folders if name != ".git")
            base = Path(folder).relative_to(self.root)
            found += [(base / name).as_posix() for name in files]
        return sorted(found)

    def read(self, path: str) -> bytes:
        """Read one file of that tree."""
        return self.tree.read(path) if self.tree is not None else (self.root / path).read_bytes()

    def spec_file(self, path: str) -> SpecFile:
        """Name a spec file from outside the repository."""
        data = self.specs.joinpath(path.removeprefix("specs/")).read_bytes()
        return SpecFile(path=f"specs:{path.removeprefix('specs/')}", blob=blob_oid(data), commit=None)


def ready_names(kind: str) -> tuple[str, ...]:
    """Return the names of the ready specs of one folder, `gates` or `views`, as specs write them."""
    found = sorted(shipped_path("specs", kind).glob("*.yaml"))
    return tuple(READY + path.stem for path in found)


def ready_bytes(kind: str, name: str) -> tuple[SpecFile, bytes]:
    """Return a ready spec by the name that specs write: `gitcorpus:recommended`."""
    stem = name.removeprefix(READY)
    data = shipped_path("specs", kind, f"{stem}.yaml").read_bytes()
    return SpecFile(path=f"{READY}specs/{kind}/{stem}.yaml", blob=blob_oid(data), commit=None), data
