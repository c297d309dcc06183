"""Every file of a commit's tree, as git itself lists them: for trees of any size that were judged long ago."""

from collections.abc import Iterator
from functools import cache

from gitcorpus.errors import UnjudgedError
from gitcorpus.git.borrowed import borrowed
from gitcorpus.git.command import end_git
from gitcorpus.git.repo import Repo
from gitcorpus.git.trees import decode_path
from gitcorpus.model.place import Oid
from gitcorpus.model.tree import TreeEntry

_AT_ONCE = 1 << 20


def list_tree(repo: Repo, commit: Oid, *, most: int) -> tuple[TreeEntry, ...]:
    """Return the file-like entries of a commit's tree, in the order of their paths' bytes.

    Raises:
        UnjudgedError: tree-too-large, if there are more than `most`; git-missing or git-failed.
    """
    found: list[TreeEntry] = []
    with borrowed(repo.stores) as git:
        process = git.start("ls-tree", "-r", "-z", "--full-tree", commit)
        try:
            rest = b""
            while process.stdout is not None and (said := process.stdout.read(_AT_ONCE)):
                *lines, rest = (rest + said).split(b"\0")
                found += _entries(lines)
                if len(found) > most:
                    raise UnjudgedError("tree-too-large", f"the tree holds more than {most} files")
            _, stderr = process.communicate()
        finally:
            end_git(process)
        if process.returncode:
            raise git.failed("ls-tree", process.returncode, stderr)
    return tuple(found)


def _entries(lines: list[bytes]) -> Iterator[TreeEntry]:
    """Read `MODE TYPE OID<tab>PATH`."""
    for line in lines:
        head, _, path = line.partition(b"\t")
        mode, _, rest = head.partition(b" ")
        yield TreeEntry(decode_path(path), _mode(mode), Oid(rest[rest.index(b" ") + 1 :].decode()))


@cache
def _mode(digits: bytes) -> int:
    return int(digits, 8)
