"""Objects that are set aside: of pushes that have not landed, in stores that no client can read.

`uploadpack.hideRefs` hides names. Whoever knows an oid can fetch any object of the repository's own store by protocol
version 2, so objects that nobody has accepted do not come there. A store is a folder that only this account may open,
with packs and nothing that would make it a repository, so git serves nothing from it. It holds what a push brought
beyond the commits that it stands on. Those are the repository's own, and references below `refs/gitcorpus/leans/`
keep git from throwing them away.
"""

import os
import shutil
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from typing import Final, NamedTuple

from gitcorpus.durable import sync_path
from gitcorpus.git.borrowed import Stores
from gitcorpus.git.command import run_git
from gitcorpus.git.repo import Repo
from gitcorpus.locks import locked
from gitcorpus.model.place import Oid

FOLDER: Final = "gitcorpus/aside"
REFUSED: Final = f"{FOLDER}/refused"
PARKED: Final = f"{FOLDER}/parked"
HOLDS: Final = "holds"
"""The file that says what the folder of a parked push holds."""
LEANS: Final = "refs/gitcorpus/leans/"
_ACCEPTED: Final = ("--exclude=refs/gitcorpus/*", "--all")
_NO_HOOKS: Final = ("-c", "core.hooksPath=/dev/null")


class Holding(NamedTuple):
    """What a store holds of one push: its tips, and the commits of the repository that they stand on."""

    tips: tuple[Oid, ...]
    bases: tuple[Oid, ...]

    def lines(self) -> str:
        """Write it as a text file."""
        named = [("tip", oid) for oid in self.tips] + [("base", oid) for oid in self.bases]
        return "".join(f"{word} {oid}\n" for word, oid in named)

    @classmethod
    def read(cls, path: Path) -> "Holding":
        """Read it from a text file; what is no line of it is passed over.

        Raises:
            OSError: what the disk says.
        """
        pairs = [
            line.split(" ", 1) for line in path.read_text(encoding="ascii", errors="replace").splitlines()
        ]
        found = [(pair[0], Oid(pair[1])) for pair in pairs if len(pair) == 2]  # noqa: PLR2004 - a word and an oid
        return cls(
            tuple(oid for word, oid in found if word == "tip"),
            tuple(oid for word, oid in found if word == "base"),
        )


def locked_aside(git_dir: Path) -> AbstractContextManager[None]:
    """Hold the lock of all that is set aside.

    Raises:
        UnjudgedError: lock-held.
        OSError: what the disk says.
    """
    (git_dir / FOLDER).mkdir(mode=0o700, exist_ok=True)
    return locked(git_dir / FOLDER / "lock")


def set_aside(repo: Repo, store: Path, tips: Sequence[Oid]) -> Holding:
    """Pack what tips bring into a store, and see to it that git keeps what they stand on.

    Raises:
        OSError: what the disk says.
        UnjudgedError: git-failed.
    """
    bases = _bases(repo, tips)
    for folder in (store, store / "pack"):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    _pack(repo, store, [*tips, *(f"^{oid}" for oid in bases)])
    _move(repo, (f"update {LEANS}{oid} {oid}\n" for oid in bases))
    return Holding(tuple(tips), bases)


def bring_back(repo: Repo, tips: Sequence[Oid]) -> None:
    """Bring what tips lead to into the repository's own store; `repo` sees the store that it is in.

    Raises:
        UnjudgedError: git-failed.
    """
    _pack(repo, repo.path / "objects", [*tips, *(f"^{oid}" for oid in _bases(repo, tips))])


def pack_anew(repo: Repo, store: Path, holdings: Iterable[Holding]) -> None:
    """Put into one pack what a store is to hold, and throw the rest away.

    Raises:
        OSError: what the disk says.
        UnjudgedError: git-failed.
    """
    before = set((store / "pack").iterdir()) if store.is_dir() else set()
    kept = list(holdings)
    bases = dict.fromkeys(oid for each in kept for oid in each.bases)
    tips = dict.fromkeys(oid for each in kept for oid in each.tips)
    made = _pack(repo, store, [*tips, *(f"^{oid}" for oid in bases)]) if tips else frozenset()
    for path in sorted(
        before, key=lambda path: path.suffix != ".idx"
    ):  # no index leads to a pack that is gone
        if path.stem not in made:
            path.unlink()


def drop_leans(repo: Repo) -> None:
    """Let go of commits that nothing which is set aside stands on any more.

    Raises:
        OSError: what the disk says.
        UnjudgedError: git-failed.
    """
    holdings = list(read_holdings(repo.path / REFUSED).values())
    for path in (repo.path / PARKED).glob(f"*/{HOLDS}"):
        with suppress(FileNotFoundError):
            holdings.append(Holding.read(path))
    keep = {f"{LEANS}{oid}" for each in holdings for oid in each.bases}
    _move(
        repo, (f"delete {name}\n" for name, _ in repo.refs() if name.startswith(LEANS) and name not in keep)
    )


def empty_quarantine(repo: Repo, quarantine: str) -> None:
    """Take everything out of a push's quarantine, so that git brings nothing of it into the repository.

    The folder itself stays, since git looks for it.

    Raises:
        OSError: what the disk says.
    """
    for path in Path(repo.path, quarantine).iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()


def write_holding(path: Path, holding: Holding) -> None:
    """Write down what is set aside, as a whole and to the disk.

    Raises:
        OSError: what the disk says.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    with part.open("w", encoding="ascii") as file:
        file.write(holding.lines())
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
    sync_path(path.parent)


def read_holdings(folder: Path) -> dict[Path, Holding]:
    """Read the holdings in a folder of days, or none if there is no folder.

    Raises:
        OSError: what the disk says.
    """
    found: dict[Path, Holding] = {}
    for path in sorted(folder.glob("????-??-??/[!.]*")):
        with suppress(FileNotFoundError):
            found[path] = Holding.read(path)
    return found


def _bases(repo: Repo, tips: Sequence[Oid]) -> tuple[Oid, ...]:
    """Return the commits of the repository that tips stand on, or that they are."""
    variables = Stores(tuple(map(str, repo.object_folders))).variables
    words = ("rev-list", "--boundary", "--not", *_ACCEPTED, "--not")
    commits = [oid for oid in map(repo.peel, tips) if oid is not None]
    said = run_git(repo.path, *words, *commits, "--", variables=variables).decode("ascii").split()
    new = {line for line in said if not line.startswith("-")}
    found = [Oid(line[1:]) for line in said if line.startswith("-")]
    return tuple(dict.fromkeys([*found, *(oid for oid in commits if oid not in new)]))


def _pack(repo: Repo, store: Path, revisions: Sequence[str]) -> frozenset[str]:
    """Write a pack into a store, or none if there is nothing to write, and return the names of what was written."""
    variables = {
        **Stores(tuple(str(each) for each in repo.object_folders if each != store)).variables,
        "GIT_OBJECT_DIRECTORY": str(store),
    }
    words = ("pack-objects", "--quiet", "--revs", "--non-empty", "--delta-base-offset", "--threads=1")
    stdin = "".join(f"{word}\n" for word in revisions).encode("ascii")
    said = run_git(repo.path, *words, str(store / "pack" / "pack"), stdin=stdin, variables=variables)
    sync_path(store / "pack")
    return frozenset(f"pack-{name}" for name in said.decode("ascii").split())


def _move(repo: Repo, commands: Iterable[str]) -> None:
    """Move references of our own, all or none."""
    stdin = "".join(commands).encode("ascii")
    if stdin:
        run_git(repo.path, *_NO_HOOKS, "update-ref", "--stdin", stdin=stdin)
