"""Blame as `git blame --porcelain` writes it, for programs that read that.

Source: git-blame(1), "The porcelain format". What git says besides and nobody needs to follow a line is left out:
`previous`, which names the version before. Names and dates are those of the commit; no mailmap changes them.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Final

from gitcorpus.model.attribution import Blamed, Origin
from gitcorpus.model.place import Oid
from gitcorpus.model.tree import Signature

_SPECIAL: Final = re.compile(rb'[\x00-\x1f"\\\x7f-\xff]')
_ESCAPES: Final = {
    b"\a": rb"\a", b"\b": rb"\b", b"\f": rb"\f", b"\n": rb"\n", b"\r": rb"\r", b"\t": rb"\t", b"\v": rb"\v",
    b'"': rb"\"", b"\\": rb"\\",
}  # fmt: skip


def porcelain(file: Blamed, origin: Callable[[Oid], Origin], *, titled: bool = False) -> Iterator[bytes]:
    """Yield the lines of one file's blame, without LF.

    Args:
        file: the file.
        origin: returns the commit that lines are from.
        titled: whether the file's path is told with its first line, in a header `path` that git does not have:
            whoever asks for many files needs it to tell them apart.
    """
    lines = file.data.split(b"\n")
    paths = Counter(commit for commit, _ in {(run.commit, run.source_path) for run in file.runs})
    told = set()
    for run in file.runs:
        for offset in range(run.n_lines):
            numbers = f"{run.commit} {run.source_line + offset} {run.line + offset}"
            if offset == 0:
                yield f"{numbers} {run.n_lines}".encode()
                if run.line == 1 and titled:
                    yield b"path " + quoted(file.path)
                if run.commit not in told:
                    yield from _header(origin(run.commit))
                if run.commit not in told or paths[run.commit] > 1:
                    yield b"filename " + quoted(run.source_path)
                told.add(run.commit)
            else:
                yield numbers.encode()
            yield b"\t" + lines[run.line + offset - 1]


def quoted(path: str) -> bytes:
    """Return a path as git prints it: in quotes and with C's escapes if anything in it needs that."""
    name = path.encode("utf-8", "surrogateescape")
    if not _SPECIAL.search(name):
        return name
    return b'"' + _SPECIAL.sub(lambda found: _ESCAPES.get(found[0]) or b"\\%03o" % found[0][0], name) + b'"'


def _header(origin: Origin) -> Iterator[bytes]:
    commit = origin.commit
    yield from _signed("author", commit.author)
    yield from _signed("committer", commit.committer)
    subject = next((line for line in commit.message.split("\n") if line.strip()), "")
    yield f"summary {subject or f'({commit.oid})'}".encode("utf-8", "surrogateescape")
    if origin.is_boundary:
        yield b"boundary"


def _signed(role: str, signature: Signature) -> Iterator[bytes]:
    sign, (hours, minutes) = "-" if signature.offset < 0 else "+", divmod(abs(signature.offset), 60)
    for line in (
        f"{role} {signature.name}",
        f"{role}-mail <{signature.email}>",
        f"{role}-time {signature.seconds}",
        f"{role}-tz {sign}{hours:02}{minutes:02}",
    ):
        yield line.encode("utf-8", "surrogateescape")
