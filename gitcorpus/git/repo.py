"""A repository, opened for reading: its references, commits, snapshots and settings.

`Repo.open` is how every part of gitcorpus comes to objects. They are read without the repository's settings, which
only say here whether it can be read at all; see `gitcorpus.git.borrowed`. With a quarantine it also sees what a push
brought and git has not accepted yet. Nothing here writes: a reference to a quarantined object would break the
repository when the push is refused. A `Repo` belongs to the thread that opened it.
"""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pygit2
from pygit2.enums import RepositoryOpenFlag

from gitcorpus.errors import GitcorpusError, UnjudgedError
from gitcorpus.git.borrowed import Stores
from gitcorpus.git.objects import Objects, refuse_swollen
from gitcorpus.git.pipes import refuse_door, refuse_pipes
from gitcorpus.git.snapshot import Snapshot
from gitcorpus.git.trees import decode_path
from gitcorpus.model.place import Oid
from gitcorpus.model.tree import Commit, Tag

__all__ = ["Repo", "Snapshot"]

_TAGS = "refs/tags/"
_HEAD: Final = {"@": "HEAD"}
_DIGITS: Final = re.compile(r"[0-9a-fA-F]{4,64}")
_WHOLE: Final = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_REVISION: Final = re.compile(r"((?:[^\0\^~:@]|@(?!\{)|@\{[^}]*\})+)([\^~:].*)?", re.DOTALL)
"""The name of an object or a reference, and where to go from there: `main@{1}`, `~2^{commit}`."""


class Repo:
    """One repository, bare or with a work tree."""

    def __init__(
        self, repository: pygit2.Repository, path: Path, quarantine: str | None, also: tuple[Path, ...]
    ) -> None:
        self._repository = repository
        self._quarantine = quarantine
        self._also = also
        self.path = path
        repository.set_odb(self.stores.open())
        self._objects = Objects(self.stores)

    @classmethod
    def open(
        cls, path: Path, *, quarantine: str | None = None, also: Path | None = None, is_served: bool = False
    ) -> "Repo":
        """Open a bare repository, a work tree's top folder, or its `.git`.

        Args:
            path: the repository.
            quarantine: the folder of a push's objects.
            also: a folder of objects, which we made ourselves, that are seen beside the repository's own.
            is_served: whether git serves it at this moment and waits for no pipe in it, so that not every file of
                references and objects has to be looked at before.

        Raises:
            GitcorpusError: not-a-repository; repository-not-owned, if it belongs to another account.
            UnjudgedError: bad-quarantine, if the quarantine is not within the repository's object store;
                commit-too-large or object-too-large, if it holds what no walk may come to.
        """
        if quarantine is None and not is_served:
            refuse_pipes(path)
        repo = cls._open(path, quarantine, (also,) if also is not None else ())
        if quarantine is not None:
            refuse_swollen(pygit2.Odb(_inside(repo.path / "objects", repo.path / quarantine)))
        return repo

    @classmethod
    def _open(cls, path: Path, quarantine: str | None, also: tuple[Path, ...]) -> "Repo":
        refuse_door(path)
        try:
            repository = pygit2.Repository(str(path), RepositoryOpenFlag.NO_SEARCH)
        except pygit2.GitError as error:
            raise _cannot_open(path, str(error)) from error
        git_dir = _common_dir(Path(os.path.realpath(repository.path or path)))
        if quarantine is not None:
            _inside(git_dir / "objects", git_dir / quarantine)
        return cls(repository, git_dir, quarantine, also)

    def again(self) -> "Repo":
        """Open the same repository with the same objects beside it, for another thread."""
        return Repo._open(self.path, self._quarantine, self._also)

    def beside(self, objects: Path) -> "Repo":
        """Open the same repository with one more folder of objects, which we made ourselves."""
        return Repo._open(self.path, self._quarantine, (*self._also, objects))

    @property
    def object_folders(self) -> tuple[Path, ...]:
        """The folders that its objects are in: its own, a push's quarantine, and those that were opened beside it."""
        own = self.path / "objects"
        return (own, *((self.path / self._quarantine,) if self._quarantine else ()), *self._also)

    @property
    def stores(self) -> Stores:
        """The same folders, for git, libgit2 and dulwich to read; history is not cut off there."""
        return Stores(tuple(map(str, self.object_folders)))

    @property
    def is_shallow(self) -> bool:
        """Tell whether history was cut off when the repository was cloned."""
        return bool(self._repository.is_shallow)

    def brought(self) -> Iterator[Oid]:
        """Yield every object of a push's quarantine, whether or not anything leads to it; without one, none."""
        if self._quarantine is not None:
            yield from (
                Oid(str(oid))
                for oid in pygit2.Odb(_inside(self.path / "objects", self.path / self._quarantine))
            )

    @property
    def cut_off(self) -> frozenset[Oid]:
        """The commits whose parents were left behind when the repository was cloned."""
        said = (self.path / "shallow").read_text() if self.is_shallow else ""
        return frozenset(Oid(line) for line in said.split())

    def resolve(self, rev: str) -> Oid | None:
        """Return the commit that a revision or reference names, or none.

        Raises:
            GitcorpusError: ambiguous-revision, if an abbreviated oid fits several objects.
            UnjudgedError: reference-broken, if it is the full name of a reference to something missing.
        """
        if rev.startswith("refs/") and (oid := self.ref(rev)) is not None and self._objects.kind(oid) is None:
            raise _broken_reference(rev, f"object {oid} is not in the repository")
        named = _REVISION.fullmatch(rev)
        if named is None:
            return None
        try:
            return self._objects.follow(self._named(named[1]), named[2] or "")
        except pygit2.AmbiguousError as error:
            hint = "write more digits, or the full name"
            raise GitcorpusError("ambiguous-revision", f"{rev} fits several objects", hint=hint) from error
        except (KeyError, ValueError, pygit2.GitError):
            return None

    def _named(self, name: str) -> Oid:
        """Return the object that a name stands for, which is not read: libgit2 reads no odd author line.

        Raises:
            KeyError, ValueError or pygit2.GitError: if there is none.
        """
        if "@{" in name:
            return Oid(str(self._repository.revparse_single(name).id))
        if _WHOLE.fullmatch(name):
            return Oid(name)
        try:
            return Oid(str(self._repository.lookup_reference_dwim(_HEAD.get(name, name)).resolve().target))
        except KeyError:
            if _DIGITS.fullmatch(name):
                return Oid(str(self._repository.expand_id(name)))
            return Oid(str(self._repository.revparse_single(name).id))

    def ref(self, name: str) -> Oid | None:
        """Return what a reference names by its full name, unpeeled, or none if there is no such reference.

        Raises:
            UnjudgedError: reference-broken, if it is there and cannot be read.
        """
        try:
            return Oid(str(self._repository.lookup_reference(name).resolve().target))
        except (KeyError, ValueError):
            return None
        except pygit2.GitError as error:
            raise _broken_reference(name, str(error)) from error

    def is_name(self, name: str) -> bool:
        """Tell whether git takes a text for the full name of a reference."""
        return bool(pygit2.reference_is_valid_name(name))

    def abbreviates(self, digits: str) -> bool:
        """Tell whether hexadecimal digits are short for one object or more."""
        try:
            self._repository.expand_id(digits)
        except pygit2.AmbiguousError:
            return True
        except (KeyError, ValueError):
            return False
        return True

    def alias(self, name: str) -> str | None:
        """Return the reference that a symbolic one stands for, or none for an ordinary one."""
        try:
            target = self._repository.lookup_reference(name).target
        except (KeyError, ValueError, pygit2.GitError):
            return None
        return target if isinstance(target, str) else None

    def refs(self) -> tuple[tuple[str, Oid], ...]:
        """Return every reference with what it names, sorted by name; symbolic ones are left out."""
        return tuple(
            sorted(
                (decode_path(reference.raw_name), Oid(str(reference.target)))
                for reference in self._repository.references.iterator()
                if isinstance(reference.target, pygit2.Oid)
            )
        )

    def ref_names(self) -> tuple[str, ...]:
        """Return the names of all references, symbolic ones too, sorted."""
        return tuple(sorted(decode_path(name) for name in self._repository.raw_listall_references()))

    def ref_log(self, name: str) -> tuple[tuple[Oid, Oid], ...]:
        """Return from where to where a reference moved, newest first, as far as git keeps a log of it."""
        try:
            return tuple((Oid(str(each.oid_old)), Oid(str(each.oid_new))) for each in self._log(name))
        except pygit2.GitError:
            return ()

    def _log(self, name: str) -> Iterator[pygit2.RefLogEntry]:
        try:
            yield from self._repository.lookup_reference(name).log()
        except (KeyError, ValueError):
            return

    def peel(self, oid: Oid) -> Oid | None:
        """Follow tags to a commit; none for a tag of something else, and for an object that is not there."""
        return self._objects.peel(oid)

    def tag(self, name: str) -> Tag | None:
        """Return the tag of that short name if it leads to a commit, or none."""
        oid = self.ref(_TAGS + name)
        return self._tag(name, oid) if oid is not None else None

    def tags(self) -> tuple[Tag, ...]:
        """Return all tags that lead to commits, sorted by name."""
        named = (
            self._tag(name.removeprefix(_TAGS), oid) for name, oid in self.refs() if name.startswith(_TAGS)
        )
        return tuple(tag for tag in named if tag is not None)

    def commit(self, oid: Oid) -> Commit:
        """Return a commit with its trailers.

        Raises:
            UnjudgedError: object-missing or object-broken.
        """
        return self._objects.read_commit(oid)

    def snapshot(self, commit: Oid) -> Snapshot:
        """Return the tree at a commit.

        Raises:
            UnjudgedError: object-missing or object-broken.
        """
        return Snapshot(self._objects, commit, self.commit(commit).tree)

    def read_blob(self, oid: Oid) -> bytes:
        """Return a blob's bytes.

        Raises:
            UnjudgedError: object-missing or object-broken.
        """
        return self._objects.read_blob(oid)

    def read_small(self, oid: Oid, most: int) -> bytes | int:
        """Return a blob's bytes, or only its size where that is more than `most`.

        Raises:
            UnjudgedError: object-missing or object-broken.
        """
        return self._objects.read_small(oid, most)

    def blob_size(self, oid: Oid) -> int:
        """Return a blob's size without inflating it.

        Raises:
            UnjudgedError: object-missing or object-broken.
        """
        return self._objects.size(oid)

    def config(self, name: str) -> str | None:
        """Return a setting as git would see it here, the last value if there are several, or none."""
        config = self._repository.config
        try:
            return config[name] if name in config else None  # noqa: SIM401 - it has no `get`
        except (ValueError, pygit2.GitError):
            return None

    def attribute(self, commit: Oid, path: str, name: str) -> str | bool | None:
        """Return a git attribute of a path as the commit's own `.gitattributes` declare it."""
        return self._objects.attribute(commit, path, name)

    @property
    def objects(self) -> Objects:
        """The object store, for the other modules of this room."""
        return self._objects

    def _tag(self, name: str, oid: Oid) -> Tag | None:
        commit = self.peel(oid)
        if commit is None:
            return None
        if oid == commit:
            seconds = self.commit(commit).committer.seconds
            return Tag(name=name, oid=oid, commit=commit, annotated=False, seconds=seconds)
        tag = self._objects.read_tag(oid)
        seconds = tag.tagger.seconds if tag.tagger else self.commit(commit).committer.seconds
        return Tag(name=name, oid=oid, commit=commit, annotated=True, seconds=seconds, message=tag.message)


def _cannot_open(path: Path, why: str) -> GitcorpusError:
    if "not owned by" in why:
        return GitcorpusError(
            "repository-not-owned",
            "the repository belongs to another account, so its settings are not trusted",
            place=str(path),
            hint=f"run as its owner, or trust it: git config --global --add safe.directory {path.absolute()}",
        )
    above = pygit2.discover_repository(str(path)) if path.is_dir() else None
    if above and Path(above).resolve() in (path.resolve(), (path / ".git").resolve()):
        sentence = f"this version cannot open the repository: {why}"
        hint = (
            "clone it anew and name that: not in part (--filter), with oids of SHA-1 and files for references"
        )
        return GitcorpusError("not-a-repository", sentence, place=str(path), hint=hint)
    hint = f"its repository is {above}" if above else "give the path of a bare repository or of a work tree"
    return GitcorpusError("not-a-repository", "there is no git repository here", place=str(path), hint=hint)


def _broken_reference(name: str, why: str) -> UnjudgedError:
    hint = "run `git fsck` in the repository, then mend or delete the reference"
    return UnjudgedError("reference-broken", f"the reference cannot be read: {why}", place=name, hint=hint)


def _common_dir(git_dir: Path) -> Path:
    """Return where references and objects are: elsewhere for a linked work tree."""
    link = git_dir / "commondir"
    return Path(os.path.realpath(git_dir / link.read_text().strip())) if link.is_file() else git_dir


def _inside(objects: Path, quarantine: Path) -> str:
    store, found = os.path.realpath(objects), os.path.realpath(quarantine)
    if os.path.commonpath([store, found]) != store or not Path(found).is_dir():
        raise UnjudgedError(
            "bad-quarantine",
            "the quarantine that the hook names is not a folder within the repository's object store",
            place=str(quarantine),
            hint="hooks must be run by git itself: see `gitcorpus server doctor`",
        )
    return found
