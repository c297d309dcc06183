"""The objects of a repository, read without any of its settings.

The maker of a repository can write anything into its folder: settings that name programs, remotes to fetch missing
objects from, replacements, grafts, hooks, attributes. So git reads in an empty repository of our own, which is thrown
away: its settings are written here, it has no remote, and it only borrows the folders that hold the objects. libgit2
and dulwich open the same folders, without a repository around them. Files that only make walks quicker, such as a
commit graph, are left aside as well: they repeat what commits say, and can be forged.

Files that name further folders of objects (`objects/info/alternates`) are followed, since shared clones need them: an
object is what its name says wherever it stands.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from subprocess import PIPE, Popen
from tempfile import TemporaryDirectory
from typing import IO, Final, NamedTuple

import pygit2

from gitcorpus.errors import UnjudgedError
from gitcorpus.git.command import end_git, git_failed, refuse_old_git, start_git

_CONFIG: Final = """\
[core]
	repositoryFormatVersion = 0
	bare = true
	commitGraph = false
	multiPackIndex = false
	quotePath = true
[diff]
	algorithm = myers
	indentHeuristic = true
[protocol]
	allow = never
"""
"""All settings that git knows where it reads. Commit graphs and indices of several packs may lie."""
_NO_OBJECTS: Final = str(Path(__file__).parent)
"""A folder that holds no objects: libgit2 takes the commit graph of the first folder that it is given."""
_OID: Final = re.compile(r"\b(?:[0-9a-f]{64}|[0-9a-f]{40})\b")


class Stores(NamedTuple):
    """Where objects are, for whoever shall read some of them; small enough to be sent anywhere."""

    folders: tuple[str, ...]
    shallow: str = ""
    """The file that names where history was cut off; an empty name if it was not, or shall not be."""
    hash_name: str = "sha1"

    @property
    def variables(self) -> dict[str, str]:
        """What git's environment needs to see all objects and no others."""
        found = {"GIT_ALTERNATE_OBJECT_DIRECTORIES": ":".join(map(_quoted, self.folders))}
        return found | ({"GIT_SHALLOW_FILE": self.shallow} if self.shallow else {})

    def open(self) -> pygit2.Odb:
        """Open them with libgit2, which compares every object that it reads with its name."""
        found = pygit2.Odb()
        for folder in (_NO_OBJECTS, *self.folders):
            found.add_disk_alternate(folder)
        return found


class Borrower:
    """A repository of our own, in which git reads borrowed objects and what is written stays."""

    def __init__(self, git_dir: Path, stores: Stores) -> None:
        self.git_dir = git_dir
        self._stores = stores

    def start(
        self,
        *args: str | bytes,
        variables: Mapping[str, str] | None = None,
        stdin: IO[bytes] | int = PIPE,
    ) -> Popen[bytes]:
        """Start git, with pipes to its streams; with `stdin`, a file is read.

        Raises:
            UnjudgedError: git-missing.
        """
        return start_git(
            self.git_dir, *args, variables={**self._stores.variables, **(variables or {})}, stdin=stdin
        )

    def run(
        self,
        *args: str,
        stdin: bytes = b"",
        ok: tuple[int, ...] = (0,),
        variables: Mapping[str, str] | None = None,
    ) -> bytes:
        """Run git and return what it printed.

        Raises:
            UnjudgedError: git-missing; object-missing, if it did not find one; git-failed, if it ended otherwise
                with a code not in `ok`.
        """
        process = self.start(*args, variables=variables)
        try:
            stdout, stderr = process.communicate(stdin)
        finally:
            end_git(process)
        if process.returncode not in ok:
            raise self.failed(args[0], process.returncode, stderr)
        return stdout

    def failed(self, command: str, code: int, stderr: bytes) -> UnjudgedError:
        """Say which object git did not find; or, if there are all of those that it names, what it said last."""
        named = _OID.findall(stderr.decode("ascii", "replace"))
        odb = self._stores.open()
        missing = next((oid for oid in named if len(oid) == _WIDTH and oid not in odb), None)
        return object_missing(missing) if missing is not None else git_failed(command, code, stderr)


_WIDTH: Final = 40


@contextmanager
def borrowed(stores: Stores) -> Iterator[Borrower]:
    """Make a repository of our own for a while, in which git reads some objects and no settings but ours.

    Raises:
        UnjudgedError: git-missing; git-too-old, if git does not know how to leave settings aside.
    """
    refuse_old_git()
    with TemporaryDirectory(prefix="gitcorpus-") as folder:
        git_dir = Path(folder).resolve()
        (git_dir / "HEAD").write_text("ref: refs/heads/main\n")
        (git_dir / "config").write_text(_CONFIG)
        for name in ("objects", "refs", "info"):
            (git_dir / name).mkdir()
        yield Borrower(git_dir, stores)


def object_missing(oid: str) -> UnjudgedError:
    """Say that an object is not there."""
    return UnjudgedError(
        "object-missing",
        f"object {oid} is not in the repository",
        hint="run `git fsck` in the repository; a partial clone does not do, clone it whole",
    )


def _quoted(folder: str) -> str:
    """Return a folder as git reads it in a list with colons between."""
    if ":" not in folder and not folder.startswith('"'):
        return folder
    escaped = folder.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
