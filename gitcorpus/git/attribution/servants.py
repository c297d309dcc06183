"""Long-lived processes of git over borrowed objects.

What they are given to compare is written into the repository that borrows. Each thread
has its own: whoever works on one batch of questions after the other keeps the same processes.
"""

import hashlib
import os
from collections.abc import Iterable
from contextlib import ExitStack
from secrets import token_hex
from subprocess import Popen
from threading import Lock, local
from typing import Final, NamedTuple

from dulwich.object_format import OBJECT_FORMATS
from dulwich.pack import UnpackedObject, write_pack_data, write_pack_index_v2

from gitcorpus.errors import UnjudgedError
from gitcorpus.git.borrowed import Stores, borrowed
from gitcorpus.git.command import end_git

_SENTINEL: Final = f"gitcorpus-{token_hex(16)}\n".encode()
"""No object's name, so that git says it again after all that it was asked before; and nobody can foresee it."""
_AT_ONCE: Final = 1 << 20
_TREE: Final = b"40000"
_TREE_TYPE: Final = 2
"""The number of trees in packs."""


class Leaf(NamedTuple):
    """A file of a tree that is made up to be compared."""

    path: bytes
    mode: bytes
    oid: bytes
    """As many bytes as the hash has."""


class Servant:
    """The processes of one thread, each started when it is first asked."""

    def __init__(self, stores: Stores) -> None:
        self._stack = ExitStack()
        self._borrower = self._stack.enter_context(borrowed(stores))
        self._stores = stores
        self._running: dict[tuple[str, ...], Popen[bytes]] = {}
        self._known: set[str] = set()
        self._n_packs = 0
        self._unwritten: list[bytes] = []
        """Trees that no pack has yet."""

    def ask(self, command: tuple[str, ...], questions: Iterable[bytes]) -> bytes:
        """Return what a long-lived `git diff-tree --stdin` says to some lines.

        Raises:
            UnjudgedError: git-missing or git-failed.
        """
        self._write_pack()
        process = self._running.get(command)
        if process is None:
            process = self._running[command] = self._borrower.start("diff-tree", "--stdin", *command)
        try:
            return _told(process, b"".join(questions))
        except (BrokenPipeError, EOFError):
            raise self._failed(command, process) from None

    def tree(self, leaves: Iterable[Leaf]) -> bytes:
        """Make a tree of these files, and the folders in it, and return its name in hexadecimal digits."""
        folders: dict[bytes, list[Leaf]] = {}
        entries: list[tuple[bytes, bytes]] = []
        for leaf in leaves:
            first, slash, rest = leaf.path.partition(b"/")
            if slash:
                folders.setdefault(first, []).append(Leaf(rest, leaf.mode, leaf.oid))
            else:
                entries.append((first, leaf.mode + b" " + first + b"\0" + leaf.oid))
        for name, below in folders.items():
            oid = bytes.fromhex(self.tree(below).decode())
            entries.append((name + b"/", _TREE + b" " + name + b"\0" + oid))
        return self.make_tree(b"".join(entry for _, entry in sorted(entries)))

    def make_tree(self, body: bytes) -> bytes:
        """Make a tree object that the next question may name, and return its name in hexadecimal digits."""
        data = b"tree %d\0" % len(body) + body
        oid = hashlib.new(self._stores.hash_name, data, usedforsecurity=False).hexdigest()
        if oid not in self._known:
            self._known.add(oid)
            self._unwritten.append(body)
        return oid.encode()

    def close(self) -> None:
        """End the processes and take their repository away."""
        for process in self._running.values():
            end_git(process)
        self._stack.close()

    def _write_pack(self) -> None:
        """Write all trees that were made since the last time into one pack; a file for each would be slow."""
        trees, self._unwritten = self._unwritten, []
        if not trees:
            return
        self._n_packs += 1
        folder = self._borrower.git_dir / "objects" / "pack"
        folder.mkdir(exist_ok=True)
        hash_format = OBJECT_FORMATS[self._stores.hash_name]
        records = (
            UnpackedObject(_TREE_TYPE, decomp_chunks=[body], hash_func=hash_format.new_hash) for body in trees
        )
        with (folder / f"pack-{self._n_packs}.pack").open("wb") as pack:
            entries, digest = write_pack_data(
                pack, records, hash_format, num_records=len(trees), compression_level=1
            )
        with (folder / f"pack-{self._n_packs}.idx").open("wb") as index:
            write_pack_index_v2(index, sorted((name, *entry) for name, entry in entries.items()), digest)

    def _failed(self, command: tuple[str, ...], process: Popen[bytes]) -> UnjudgedError:
        del self._running[command]
        if process.stdin is not None:
            process.stdin.close()
        said = process.stderr.read() if process.stderr is not None else b""
        code = process.wait()
        end_git(process)
        return self._borrower.failed("diff-tree", code, said)


def _told(process: Popen[bytes], questions: bytes) -> bytes:
    """Write lines and read until git says the sentinel again; the lines fit a pipe, since all else is in trees."""
    stdin, stdout = process.stdin, process.stdout
    if stdin is None or stdout is None:
        raise EOFError
    stdin.write(questions + _SENTINEL)
    stdin.flush()
    pieces: list[bytes] = []
    tail = b""
    while not tail.endswith(_SENTINEL):
        piece = os.read(stdout.fileno(), _AT_ONCE)
        if not piece:
            raise EOFError
        pieces.append(piece)
        tail = (tail + piece)[-len(_SENTINEL) :]
    return b"".join(pieces)[: -len(_SENTINEL)]


class _Staff:
    """All servants of this process, by thread and by what they see."""

    def __init__(self) -> None:
        self._mine = local()
        self._lock = Lock()
        self._all: dict[Stores, list[Servant]] = {}

    def servant(self, stores: Stores) -> Servant:
        mine: dict[Stores, Servant] = self._mine.__dict__.setdefault("servants", {})
        if stores not in mine:
            mine[stores] = Servant(stores)
            with self._lock:
                self._all.setdefault(stores, []).append(mine[stores])
        return mine[stores]

    def dismiss(self, stores: Stores) -> None:
        with self._lock:
            gone = self._all.pop(stores, [])
        for servant in gone:
            servant.close()
        self._mine = local()


_STAFF: Final = _Staff()


def servant_of(stores: Stores) -> Servant:
    """Return this thread's servant for some objects."""
    return _STAFF.servant(stores)


def dismiss(stores: Stores) -> None:
    """End all servants of this process for some objects."""
    _STAFF.dismiss(stores)
