"""Objects that no honest git writes, for pushes that mean harm."""

import os
import zlib
from collections.abc import Iterable
from hashlib import sha1
from pathlib import Path

from forge import Forge, Work
from smallest import SPECS

from gitcorpus.model.place import Oid

FILE, EXECUTABLE, LINK, FOLDER, SUBMODULE = "100644", "100755", "120000", "40000", "160000"
PERSON = b"North <north@corpus.example> 1769947200 +0000"

Entry = tuple[str, str | bytes, Oid]


class Workshop:
    """Makes odd objects in a clone of a repository, beside the good history of its `main`."""

    def __init__(self, forge: Forge, bare: Path, name: str = "work") -> None:
        self.bare = bare
        self.forge = forge
        self.work: Work = forge.clone(bare, name)

    def start(self) -> None:
        """Bring the smallest corpus to `main`."""
        self.work.commit(SPECS, "specs", author="lead")
        assert self.work.push("HEAD:main", env={"PUSHER": "lead"}).accepted

    def write(self, kind: str, data: bytes) -> Oid:
        """Write an object as it is, whatever git thinks of it."""
        command = ("hash-object", "-t", kind, "-w", "--literally", "--stdin")
        return Oid(self.work.git(*command, stdin=data).stdout.strip())

    def blob(self, text: str | bytes = "x\n") -> Oid:
        return self.write("blob", os.fsencode(text))

    def tree(self, *entries: Entry) -> Oid:
        """Write a tree in just this order."""
        parts = (
            mode.encode() + b" " + os.fsencode(name) + b"\0" + bytes.fromhex(oid)
            for mode, name, oid in entries
        )
        return self.write("tree", b"".join(parts))

    def top(self, *entries: Entry) -> Oid:
        """Write `main`'s top folder with more entries in it, in git's order."""
        listed = (line.split("\t") for line in self.work.git("ls-tree", "main").stdout.splitlines())
        kept = [(about.split()[0].lstrip("0"), name, Oid(about.split()[2])) for about, name in listed]
        return self.tree(*sorted([*kept, *entries], key=_key))

    def commit(self, tree: Oid, *parents: Oid, **parts: bytes) -> Oid:
        """Write a commit on `main`; parts replace what stands in it."""
        lines = [b"tree " + tree.encode()]
        lines += [b"parent " + parent.encode() for parent in parents or (self.main,)]
        lines += [b"author " + parts.get("author", PERSON), b"committer " + parts.get("committer", PERSON)]
        lines += [parts["header"]] if "header" in parts else []
        message = parts.get("message", b"odd\n\nSigned-off-by: North <north@corpus.example>\n")
        return self.write("commit", b"\n".join(lines) + b"\n\n" + message)

    def odd(self, *entries: Entry) -> Oid:
        """Commit a folder `odd` with these entries."""
        return self.commit(self.top((FOLDER, "odd", self.tree(*entries))))

    @property
    def main(self) -> Oid:
        return self.work.oid("refs/remotes/origin/main")

    def refs(self) -> str:
        return self.forge.run("for-each-ref", "refs/heads", "refs/tags", cwd=self.bare).stdout

    def push(self, refspec: str):
        """Push by an admin, whom nothing but the gates refuses."""
        return self.work.push(refspec, env={"PUSHER": "lead"})


def _key(entry: Entry) -> bytes:
    return os.fsencode(entry[1]) + (b"/" if entry[0] == FOLDER else b"")


def zeros(work: Work, size: int) -> Oid:
    """Write a blob of zeros as a loose object without ever holding it."""
    head = f"blob {size}\0".encode()
    digest, packed = sha1(head), zlib.compressobj(1)
    file = work.git_dir / "objects" / "zeros"
    with file.open("wb") as stream:
        stream.write(packed.compress(head))
        for piece in _pieces(size):
            digest.update(piece)
            stream.write(packed.compress(piece))
        stream.write(packed.flush())
    oid = Oid(digest.hexdigest())
    folder = work.git_dir / "objects" / oid[:2]
    folder.mkdir(exist_ok=True)
    file.rename(folder / oid[2:])
    return oid


def _pieces(size: int) -> Iterable[bytes]:
    piece = bytes(1 << 20)
    for _ in range(size >> 20):
        yield piece
    yield bytes(size & 0xFFFFF)
