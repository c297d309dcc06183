"""What specs are read from: a tree of git, a folder, or the ready specs that ship.

A source has two sides that need not be the same tree: the spec files, and the tree in which tasks are discovered
and agreements stand. With `--specs` the first is a folder and the second a tag's tree.
"""

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple, Protocol

from gitcorpus.errors import GitcorpusError, UnjudgedError
from gitcorpus.model.place import Oid
from gitcorpus.model.view import SpecFile
from gitcorpus.shipped import shipped_path
from gitcorpus.spec.characters import MAX_BYTES

READY: Final = "gitcorpus:"
"""What the name of a ready spec begins with."""

FOLDER: Final = "specs"
_ENDINGS: Final = (".yaml", ".yml")
_MOST_PATHS: Final = 1_000_000


class Unread(NamedTuple):
    """Why a file was not read, as the code and the sentence of a finding."""

    code: str
    sentence: str


def read_bounded(source: "SpecSource", path: str, limit: int) -> bytes | Unread:
    """Read a file of a source's tree if it is a regular file and no larger than a limit."""
    n_bytes = source.size(path)
    if n_bytes is None:
        return Unread("no-such-file", f"there is no file {path!r} in the tree")
    if n_bytes > limit:
        return Unread("lookup-too-large", f"{path!r} has {n_bytes} bytes, more than {limit}")
    return source.read(path)


class SpecFiles(Mapping[str, bytes | Unread]):
    """Bytes of spec files by path, each read when it is asked for: nobody reads more than they count."""

    def __init__(self, paths: Sequence[str], read: Callable[[str], bytes | Unread]) -> None:
        self._paths = paths
        self._read = read

    def __getitem__(self, path: str) -> bytes | Unread:
        return self._read(path)

    def __iter__(self) -> Iterator[str]:
        return iter(self._paths)

    def __len__(self) -> int:
        return len(self._paths)


class SpecSource(Protocol):
    """Spec files, and the tree that they speak about."""

    def spec_files(self) -> SpecFiles:
        """Return every spec file by its path; one larger than a spec may be stays unread."""
        ...

    def spec_file(self, path: str) -> SpecFile:
        """Return what a template's own lines have as their origin."""
        ...

    def other_files(self) -> Sequence[str]:
        """Return the path of every file below `specs/` that is no spec file by its name."""
        ...

    @property
    def has_tree(self) -> bool:
        """Tell whether there is a tree that the specs speak about, and not their files alone."""
        ...

    def paths(self) -> Sequence[str]:
        """Return the path of every file of the tree."""
        ...

    def cut(self, depth: int) -> Iterable[str]:
        """Return the paths of files that stand above a depth, and `FOLDER/-` for each folder at it."""
        ...

    def size(self, path: str) -> int | None:
        """Return the size of a file of the tree in bytes; none for what is no regular file."""
        ...

    def read(self, path: str) -> bytes:
        """Return the bytes of one file of the tree."""
        ...


def shortened(path: str, depth: int) -> str:
    """Return a path, or `FOLDER/-` for the folder at a depth that it stands below."""
    folders = path.split("/", depth)
    return "/".join((*folders[:depth], "-")) if len(folders) > depth else path


def is_spec_path(path: str) -> bool:
    """Tell whether a path of a tree is a spec file."""
    return path.startswith(f"{FOLDER}/") and path.endswith(_ENDINGS)


def blob_oid(data: bytes) -> Oid:
    """Return the oid that git gives these bytes as a blob, in a repository with SHA-1 oids."""
    return Oid(hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest())


def not_regular(path: str) -> Unread:
    """Say that a path is a symlink, a submodule or a folder."""
    return Unread("not-a-file", f"{path!r} is no regular file")


def too_large(n_bytes: int) -> Unread:
    """Say that a spec file is too large."""
    return Unread("spec-too-large", f"the file has {n_bytes} bytes, a spec at most {MAX_BYTES}")


class DirectorySource:
    """Specs in a folder that holds `specs/`, or in that folder itself.

    They are named as in a repository, `specs/corpus.yaml`. Without another tree the folder is the tree as well.
    """

    def __init__(self, folder: Path, tree: SpecSource | None = None) -> None:
        if not folder.is_dir():
            raise GitcorpusError("no-such-folder", f"there is no folder {str(folder)!r}")
        holds = (folder / FOLDER).is_dir()
        self.specs = folder / FOLDER if holds else folder
        self.root = folder if holds else folder.parent
        self._tree = tree

    def spec_files(self) -> SpecFiles:
        """Return every spec file below the folder."""
        inner = (
            path.relative_to(self.specs).as_posix() for path in _walk(self.specs) if path.suffix in _ENDINGS
        )
        return SpecFiles([f"{FOLDER}/{path}" for path in inner], self._spec)

    def spec_file(self, path: str) -> SpecFile:
        """Return a name that no path of a tree has, and the oid that the bytes have; they stand in no commit."""
        data = self._spec(path)
        oid = blob_oid(b"" if isinstance(data, Unread) else data)
        return SpecFile(path=f"{FOLDER}:{path.removeprefix(f'{FOLDER}/')}", blob=oid, commit=None)

    def other_files(self) -> Sequence[str]:
        """Return the other files of the folder; none of a folder that has another name."""
        if not self.has_tree:
            return ()
        inner = (path.relative_to(self.specs).as_posix() for path in _walk(self.specs))
        return tuple(path for path in (f"{FOLDER}/{each}" for each in inner) if not is_spec_path(path))

    @property
    def has_tree(self) -> bool:
        """Tell whether the folder is called `specs`, or another tree was given."""
        return self._tree is not None or self.specs.name == FOLDER

    def paths(self) -> Sequence[str]:
        """Return every file of the tree but those of git's own folder."""
        if self._tree is not None:
            return self._tree.paths()
        return tuple(sorted(path.relative_to(self.root).as_posix() for path in _walk(self.root)))

    def cut(self, depth: int) -> Iterable[str]:
        """Return the paths of the tree, each folder at a depth once."""
        if self._tree is not None:
            return self._tree.cut(depth)
        return dict.fromkeys(shortened(path, depth) for path in self.paths())

    def size(self, path: str) -> int | None:
        """Return the size of a regular file of the tree."""
        return self._tree.size(path) if self._tree is not None else _size(self.root, path)

    def read(self, path: str) -> bytes:
        """Read one file of the tree."""
        return self._tree.read(path) if self._tree is not None else (self.root / path).read_bytes()

    def _spec(self, path: str) -> bytes | Unread:
        inner = path.removeprefix(f"{FOLDER}/")
        n_bytes = _size(self.specs, inner)
        if n_bytes is None:
            return not_regular(path)
        return (self.specs / inner).read_bytes() if n_bytes <= MAX_BYTES else too_large(n_bytes)


def ready_names(folder: str) -> tuple[str, ...]:
    """Return the names of the ready `gates` or `views`, as specs write them."""
    return tuple(sorted(READY + path.stem for path in shipped_path(FOLDER, folder).glob("*.yaml")))


def read_ready(folder: str, name: str) -> tuple[SpecFile, bytes]:
    """Read a ready spec by the name that specs write: `gitcorpus:recommended`."""
    inner = f"{folder}/{name.removeprefix(READY)}.yaml"
    data = shipped_path(FOLDER, *inner.split("/")).read_bytes()
    return SpecFile(path=f"{READY}{FOLDER}/{inner}", blob=blob_oid(data), commit=None), data


def _walk(folder: Path) -> list[Path]:
    """Return the files below a folder in order, passing over git's own.

    Raises:
        UnjudgedError: tree-too-large.
    """
    found: list[Path] = []
    for root, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if name != ".git")
        found += (Path(root, name) for name in sorted(files) if name != ".git")
        if len(found) > _MOST_PATHS:
            raise UnjudgedError(
                "tree-too-large", f"more than {_MOST_PATHS} files stand below {str(folder)!r}"
            )
    return found


def _size(root: Path, path: str) -> int | None:
    """Return the size of a regular file below a folder; a symlink or `..` leads to none."""
    file = root / path
    real, top = file.resolve(), root.resolve()
    here = file.is_file() and real == top / path and real.is_relative_to(top)
    return file.stat().st_size if here else None
