"""What a single name of a path may be, so that every file system holds it and nobody takes it for another."""

import re
import unicodedata
from collections.abc import Callable
from typing import Final

from gitcorpus.spec.shipped_names import WINDOWS

MAX_SEGMENT: Final = 255
READ_BY_GIT: Final = re.compile(
    r"\.git(attributes|ignore|modules)|\.mailmap|(gitatt|gitign|gitmod|mailma)~[1-4]", re.IGNORECASE
)
"""Files that git reads on its own; it does not read them through a link, and other programs may."""
_UNSEEN: Final = frozenset({"Cc", "Cf", "Zl", "Zp"})
_BLANKS: Final = frozenset("\u034f\u115f\u1160\u2800\u3164\uffa0")
"""Letters and symbols that print nothing, besides the categories of controls, marks of format and separators."""
_IGNORED: Final = re.compile(r"[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]")
"""Code points that HFS+ ignores when it compares names."""


def is_dotgit(name: str) -> bool:
    """Tell whether some file system takes a name for `.git`."""
    return bare(name).lower() in (".git", "git~1")


def bare(name: str) -> str:
    """Return a name without what some file systems leave out of it."""
    return _IGNORED.sub("", name).partition(":")[0].rstrip(". ")


def _is_unseen(name: str) -> bool:
    return any(unicodedata.category(character) in _UNSEEN or character in _BLANKS for character in name)


def _is_reserved(name: str) -> bool:
    return bool(WINDOWS.fullmatch(name)) or name[-1:] in (".", " ") or bool(set(name) & set('\\:*?"<>|'))


HARMS: Final[tuple[tuple[Callable[[str], object], str, str], ...]] = (
    (lambda name: len(name) > MAX_SEGMENT, "path-too-long", "a name has more than 255 bytes"),
    (is_dotgit, "path-dotgit", "`{}` stands for git's own folder on some file systems"),
    (lambda name: name in ("", ".", ".."), "path-dotgit", "`{}` is no name"),
    (re.compile(r"[\ud800-\udfff]").search, "path-not-utf8", "`{}` is not UTF-8"),
    (lambda name: len(name.encode()) > MAX_SEGMENT, "path-too-long", "`{}` has more than 255 bytes"),
    (_is_unseen, "path-control", "`{}` holds characters that do not show"),
    (_is_reserved, "path-reserved", "Windows can hold no file called `{}`"),
    (lambda name: name.startswith("-"), "path-dash", "commands take `{}` for an option"),
)
"""What a part of a path may not be, with the code and the sentence; the first that fits is said."""


def folded(name: str) -> str:
    """Return what a name has in common with those that some file system takes for the same."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())
