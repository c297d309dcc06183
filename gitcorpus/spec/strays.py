"""Files that look like specs and are not read: their endings are wrong, or they stand outside `specs/`.

What is read is every `.yaml` and `.yml` below `specs/`, letter case included, and nothing else.
"""

import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Final

from gitcorpus.model.finding import Finding, Severity
from gitcorpus.spec.brief import pasted
from gitcorpus.spec.nodes import Sheet
from gitcorpus.spec.sources import FOLDER, SpecSource, Unread, read_bounded

_LIKE: Final = re.compile(r"\.ya?ml([^a-z/][^/]*)?$", re.IGNORECASE)
"""A name that is nearly a spec's: `gates.YAML`, `gates.yaml.txt`, `gates.yaml~`."""
_BEGINS: Final = re.compile(
    rb"\A(?:\xef\xbb\xbf)?(?:[ \t]*(?:#[^\n]*|---[^\n]*)?\r?\n)*[\s{]*\"?apiVersion\"?[ \t]*:\s*\"?gitcorpus/"
)
_KEPT: Final = re.compile(
    r"(~|\.(bak|orig|old|rej|swp|tmp|save|disabled|off|example|sample|template|tmpl|j2|in))$", re.IGNORECASE
)
"""Endings that say that a file is not in use."""
_NOT_SPECS: Final = f"{FOLDER}/.schemas/"
_MOST_BYTES: Final = 1 << 20


def stray_files(source: SpecSource) -> Iterator[Finding]:
    """Find the files below `specs/` that look like specs and are not read."""
    for path in source.other_files():
        if path.startswith(_NOT_SPECS):
            continue
        like = _LIKE.search(path)
        begins = _begins(source, path)
        if not like and not begins:
            continue
        softly = _KEPT.search(path) or not begins
        right = (path[: like.start()] if like else str(PurePosixPath(path).with_suffix(""))) + ".yaml"
        why = "its name does not end in `.yaml` or `.yml`"
        yield _unread(path, why, _hint(source, path, right), severe=not softly)


def stray_folders(source: SpecSource, paths: tuple[str, ...]) -> Iterator[Finding]:
    """Find specs at the root of the tree, or in a folder that is nearly called `specs`."""
    for path in paths:
        folder, _, inner = path.rpartition("/")
        top = folder.partition("/")[0]
        if (
            top == FOLDER
            or not _LIKE.search(inner)
            or (top and top.lower().strip("._") not in ("spec", "specs"))
        ):
            continue
        if _begins(source, path):
            right = f"{FOLDER}/{path.partition('/')[2] or path}"
            yield _unread(
                path,
                f"it does not stand in `{FOLDER}/`",
                f"git mv {pasted(path)} {pasted(right)}",
                severe=False,
            )


def _hint(source: SpecSource, path: str, right: str) -> str:
    """Say where the file would be read, unless another one stands there."""
    if source.size(right) is not None:
        return f"`{right}` is read in its place: remove this one, or keep it elsewhere"
    return (
        "keep it elsewhere, or move it: "
        f"mkdir -p {pasted(right.rpartition('/')[0])} && mv {pasted(path)} {pasted(right)}"
    )


def _begins(source: SpecSource, path: str) -> bool:
    """Tell whether a file begins as a spec does."""
    data = read_bounded(source, path, _MOST_BYTES)
    return not isinstance(data, Unread) and _BEGINS.match(data[:8192]) is not None


def _unread(path: str, why: str, hint: str, *, severe: bool) -> Finding:
    severity = Severity.BLOCK if severe else Severity.WARN
    sentence = f"the file looks like a spec and is not read: {why}"
    return Finding(
        code="spec-not-read", place=Sheet(path).place(), sentence=sentence, hint=hint, severity=severity
    )
