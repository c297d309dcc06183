"""The gate `paths`: no name that harms a checkout, a terminal or another file system.

git's own fsck refuses some of these and lets others pass; this gate does not depend on it.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterator
from posixpath import dirname, join, normpath
from typing import Final

from gitcorpus.gates.base import Candidate, Example, Link, Reads
from gitcorpus.model.declaration import Declaration
from gitcorpus.model.finding import Finding
from gitcorpus.model.place import Place
from gitcorpus.model.tree import GITLINK, SYMLINK, TreeEntry

MAX_PATH: Final = 4096
MAX_SEGMENT: Final = 255
_RESERVED: Final = re.compile(r"(con|prn|aux|nul|com[1-9]|lpt[1-9])(\..*)?", re.IGNORECASE)
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")
_INVISIBLE: Final = re.compile(r"[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]")
"""Code points that HFS+ ignores when it compares names."""


class PathsGate:
    """Every changed path is one that every checkout can hold, and no link leads out of the tree."""

    name = "paths"
    version = "1"
    reads = Reads.TREE
    accepted = (
        Example(title="an ordinary path", files={"corpus/basics/add/north/add.py": "x = 1\n"}),
        Example(title="a link within the tree", files={"corpus/basics/add/north/more.py": Link("add.py")}),
    )
    refused = (
        Example(
            title="a link out of the tree",
            files={"corpus/a.md": Link("../../etc/passwd")},
            codes=("link-escapes",),
        ),
        Example(
            title="an absolute link", files={"corpus/a.md": Link("/etc/passwd")}, codes=("link-absolute",)
        ),
        Example(
            title="two names that differ only in case",
            files={"corpus/basics/Read.md": "a\n", "corpus/basics/read.md": "b\n"},
            codes=("case-collision",),
        ),
        Example(title="a control character", files={"corpus/a\x1b[2J.md": "x\n"}, codes=("path-control",)),
        Example(
            title="a right-to-left override", files={"corpus/a\u202egnp.md": "x\n"}, codes=("path-control",)
        ),
        Example(
            title="a name that Windows reserves", files={"corpus/nul.txt": "x\n"}, codes=("path-reserved",)
        ),
        Example(title="a backslash", files={"corpus/a\\b.md": "x\n"}, codes=("path-reserved",)),
    )

    def judge(self, candidate: Candidate, declaration: Declaration) -> Iterator[Finding]:
        """Look at every changed path, at its siblings, and at where links lead."""
        for entry in candidate.files:
            yield from judge_path(entry.path)
            if entry.mode == SYMLINK:
                yield from judge_link(entry, candidate.data(entry))
            if entry.mode == GITLINK and not declaration.parameters.get("submodules"):
                sentence, hint = (
                    "a submodule's content is not in this repository",
                    f"git rm --cached {entry.path}",
                )
                yield _found("submodule", entry.path, sentence, hint)
        yield from _collisions(candidate)


def judge_path(path: str) -> Iterator[Finding]:
    """Judge one path by itself."""
    n_bytes = len(path.encode("utf-8", "surrogateescape"))
    if n_bytes > MAX_PATH:
        yield _found("path-too-long", path, f"the path has {n_bytes} bytes; at most {MAX_PATH}")
    for segment in path.split("/"):
        fault = next((fault for harms, *fault in _HARMS if harms(segment)), None)
        if fault is not None:
            code, sentence = fault
            yield _found(code, path, sentence.format(segment))


def _is_dotgit(segment: str) -> bool:
    name = _INVISIBLE.sub("", segment).partition(":")[0].rstrip(". ").lower()
    return name in (".git", "git~1")


def _is_reserved(segment: str) -> bool:
    return (
        bool(_RESERVED.fullmatch(segment))
        or segment[-1:] in (".", " ")
        or bool(set(segment) & set('\\:*?"<>|'))
    )


_HARMS: Final[tuple[tuple[Callable[[str], object], str, str], ...]] = (
    (_is_dotgit, "path-dotgit", "`{}` stands for git's own folder on some file systems"),
    (lambda name: name in ("", ".", ".."), "path-dotgit", "`{}` is no name"),
    (re.compile(r"[\udc80-\udcff]").search, "path-not-utf8", "`{}` is not UTF-8"),
    (_CONTROL.search, "path-control", "`{}` holds characters that do not show"),
    (_is_reserved, "path-reserved", "Windows can hold no file called `{}`"),
    (lambda name: name.startswith("-"), "path-dash", "commands take `{}` for an option"),
    (
        lambda name: len(name.encode("utf-8", "replace")) > MAX_SEGMENT,
        "path-too-long",
        "`{}` has more than 255 bytes",
    ),
)
"""What a part of a path may not be, with the code and the sentence; the first that fits is said."""


def judge_link(entry: TreeEntry, data: bytes) -> Iterator[Finding]:
    """Judge where a symlink leads."""
    target = data.decode("utf-8", "surrogateescape")
    if target.startswith("/") or "\\" in target or re.match(r"[A-Za-z]:", target):
        sentence = f"the link leads to `{target}`, outside of the repository"
        yield _found("link-absolute", entry.path, sentence, "link to a path relative to the link")
    elif normpath(join(dirname(entry.path), target)).split("/")[0] == "..":
        sentence = f"the link leads to `{target}`, out of the tree"
        yield _found("link-escapes", entry.path, sentence, "link to a file of the tree")
    elif any(_is_dotgit(segment) for segment in target.split("/")):
        yield _found("path-dotgit", entry.path, f"the link leads to `{target}`, into git's own folder")


def _collisions(candidate: Candidate) -> Iterator[Finding]:
    """Find names that a file system which folds case or normalises Unicode takes for one."""
    if candidate.snapshot is None or not candidate.files:
        return
    changed = {entry.path for entry in candidate.files}
    folded: dict[str, set[str]] = defaultdict(set)
    for entry in candidate.snapshot.entries(limit=candidate.server.max_files):
        parts = entry.path.split("/")
        for n in range(1, len(parts) + 1):
            name = "/".join(parts[:n])
            folded[_folded(name)].add(name)
    for names in sorted(map(sorted, (names for names in folded.values() if len(names) > 1))):
        touched = [
            name for name in names if any(path == name or path.startswith(f"{name}/") for path in changed)
        ]
        if touched:
            others = " and ".join(f"`{name}`" for name in names if name != touched[-1])
            sentence = f"it is the same name as {others} where case or accents do not count"
            yield _found("case-collision", touched[-1], sentence, f"git mv {touched[-1]} ANOTHER-NAME")


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def _found(code: str, path: str, sentence: str, hint: str = "") -> Finding:
    return Finding(
        code=code, place=Place(path=path), sentence=sentence, hint=hint or "rename it: git mv OLD NEW"
    )
