"""The fragments of a snapshot's sources and tests, found by their syntax in a process apart."""

import hashlib
from collections.abc import Iterator
from typing import Final

from gitcorpus.catalog.texts import Texts
from gitcorpus.errors import UnjudgedError
from gitcorpus.model.corpus import Role
from gitcorpus.model.progress import Progress
from gitcorpus.model.record import ContentFile, Contents, Omission, Reason
from gitcorpus.model.steps import Fragment
from gitcorpus.syntax import Apart, languages
from gitcorpus.syntax.fragments import Piece, pieces_in

SECONDS: Final = 3600.0
LINES: Final = "lines"
"""The kind of a fragment that is not one of the syntax: some whole lines, drawn by the file's own bytes."""
_LEAST: Final = 3
_SHARE: Final = 3


def read_fragments(
    contents: Contents, texts: Texts, *, progress: Progress
) -> tuple[tuple[Fragment, ...], tuple[Omission, ...]]:
    """Return the fragments of all sources and tests by path and line, and the files that took too long."""
    found: list[Fragment] = []
    left: list[Omission] = []
    files = [file for file in contents.files if file.role in (Role.SOURCE, Role.TEST)]
    with Apart(pieces_in, seconds=SECONDS) as apart:
        for done, file in enumerate(files):
            progress("reading fragments", done, len(files))
            text = texts.of(file.blob) or ""
            found += _drawn(file, text)
            if file.language not in languages():
                continue
            try:
                pieces = map(Piece._make, apart.ask(text.encode(), file.language or ""))
                found += (Fragment(file.path, *piece) for piece in pieces)
            except UnjudgedError as error:
                left.append(Omission(view="", key=file.path, reason=Reason.UNPARSED, detail=error.sentence))
    return tuple(sorted(set(found))), tuple(left)


def _drawn(file: ContentFile, text: str) -> Iterator[Fragment]:
    """Yield some lines of a file, where and how many by the digest of its oid: the same at every build."""
    n_lines = text.count("\n") + (bool(text) and not text.endswith("\n"))
    if n_lines < _LEAST:
        return
    digest = int.from_bytes(hashlib.sha256(f"lines\0{file.blob}".encode()).digest()[:8], "big")
    count = 1 + digest % max(1, n_lines // _SHARE)
    first = 1 + (digest >> 32) % (n_lines - count + 1)
    yield Fragment(file.path, LINES, "", first, first + count - 1, 0, 0)
