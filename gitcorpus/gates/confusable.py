"""What names look like: the skeletons of Unicode's security mechanisms (UTS #39), and the scripts of a word.

Two names look alike if they have one skeleton, in which each character is replaced by the one that stands for all that
look like it. ASCII characters that look like each other (`l` and `1`, `m` and `rn`) are everybody's habit and do not
count. Widths, fonts, blanks, selectors of variants and repeated accents make no difference.

The data are those of the library `confusable_homoglyphs`, read from its folder, and only for a name that is not ASCII:
its own reader lets the environment name another folder, and a pusher may set the environment of a hook.
"""

import json
import re
import unicodedata
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib.util import find_spec
from itertools import chain
from pathlib import Path
from typing import Any, Final

from gitcorpus.errors import UnjudgedError
from gitcorpus.gates.names import folded

_TOGETHER: Final = (
    frozenset({"LATIN", "HAN", "HIRAGANA", "KATAKANA"}),
    frozenset({"LATIN", "HAN", "BOPOMOFO"}),
    frozenset({"LATIN", "HAN", "HANGUL"}),
)
"""Scripts that are written together ("highly restrictive", UTS #39 5.2)."""
_ANYWHERE: Final = frozenset({"COMMON", "INHERITED", ""})
_UNSEEN: Final = (0x34F, 0x17B4, 0x17B5, 0x180B, 0x180C, 0x180D, 0x180F, *range(0xFE00, 0xFE10))
"""Marks that print nothing, besides the other selectors of variants."""
_SELECTORS: Final = range(0xE0100, 0xE01F0)
_AGAIN: Final = (range(0x2100, 0x2150), range(0x3000, 0x3001), range(0xFF00, 0xFFF0), range(0x1D400, 0x1D800))
"""Where Unicode has characters again in another font or width."""
_REPEATED: Final = re.compile("([\u0300-\u036f])\\1+")
_LEFT_TO_RIGHT: Final = "\u200e"
"""The data have it around letters that are written from right to left."""

_Table = Mapping[int, str]


def twins(names: Sequence[str]) -> Mapping[str, list[str]]:
    """Return each of a folder's names that looks like others, with those; equal but for cases or accents is no twin."""
    found: dict[str, set[str]] = defaultdict(set)
    if all(map(str.isascii, names)):
        return {}
    plain = {code: text for code, text in _skeletons().items() if chr(code).isascii()}
    for likeness in (_as_is, _in_lower_case):
        alike: dict[str, list[str]] = defaultdict(list)
        for name in names:
            alike[likeness(name, _skeletons())].append(name)
        for group in (group for group in alike.values() if len(group) > 1):
            told_apart = {name: _told_apart(name, plain) for name in group}
            for name in group:
                found[name] |= {
                    other
                    for other in group
                    if told_apart[other] != told_apart[name] and folded(other) != folded(name)
                }
    return {name: sorted(others) for name, others in found.items() if others}


def mixed_word(name: str) -> str:
    """Return the first word in scripts that look alike and are not written together, or nothing."""
    return "" if name.isascii() else next((word for word in _words(name) if _is_mixed(word)), "")


def _as_is(name: str, table: _Table) -> str:
    return _skeleton(name, table).casefold()


def _in_lower_case(name: str, table: _Table) -> str:
    return _skeleton(folded(name), table)


def _told_apart(name: str, plain: _Table) -> str:
    """Return what is left of a name when ASCII characters that look like each other are one."""
    return folded(name.translate(plain)) + "/" + folded(name).translate(plain)


def _skeleton(name: str, table: _Table) -> str:
    replaced = unicodedata.normalize("NFD", unicodedata.normalize("NFD", name).translate(table))
    return _REPEATED.sub(r"\1", replaced)


def _words(name: str) -> Iterator[str]:
    """Yield the stretches of letters and of the marks above them."""
    word = ""
    for character in chain(unicodedata.normalize("NFD", name), " "):
        if unicodedata.category(character)[0] in "LM":
            word += character
        elif word:
            yield word
            word = ""


def _is_mixed(word: str) -> bool:
    scripts = {_script(character) for character in word} - _ANYWHERE
    if len(scripts) <= 1 or any(scripts <= together for together in _TOGETHER):
        return False
    alike = (other for character in word for other in _lookalikes(character) - {_script(character)})
    return any(other in scripts for other in alike)


def _lookalikes(character: str) -> frozenset[str]:
    """Return the scripts of all single characters that look like one."""
    likeness = _skeletons().get(ord(character), character)
    return (
        frozenset(map(_script, (likeness, *_alike().get(likeness, ()))))
        if len(likeness) == 1
        else frozenset()
    )


@cache
def _skeletons() -> _Table:
    """Return what characters are replaced by."""
    table = {ord(character): standing for standing, others in _alike().items() for character in others}
    table |= {code: text.translate(table) for code, text in table.items() if len(text) > 1}
    table |= dict.fromkeys((*_UNSEEN, *_SELECTORS), "")
    for code in chain.from_iterable(_AGAIN):
        if unicodedata.decomposition(chr(code)).startswith(("<wide>", "<narrow>", "<font>")):
            table[code] = unicodedata.normalize("NFKC", chr(code)).translate(table)
    return table


@cache
def _alike() -> Mapping[str, tuple[str, ...]]:
    """Return the characters that look like another one or several, by what stands for all of them.

    In the data each has what stands for it, and what stands for several has all of these. Of two that have only each
    other either may stand for both.
    """
    read = {
        _bare(key): [_bare(each["c"]) for each in found] for key, found in _data("confusables.json").items()
    }
    alike: dict[str, tuple[str, ...]] = {}
    for character, others in read.items():
        mutual = len(others) == 1 and read.get(others[0], []) == [character]
        first = len(character) > 1 or (len(others[0]) == 1 and character < others[0])
        if len(others) > 1 or (mutual and first):
            alike[character] = tuple(other for other in others if len(other) == 1)
    return alike


def _script(character: str) -> str:
    ranges, starts, names = _scripts()
    first, last, number, _ = ranges[bisect_right(starts, ord(character)) - 1]
    return names[number] if first <= ord(character) <= last else ""


@cache
def _scripts() -> tuple[list[list[int]], list[int], list[str]]:
    data = _data("categories.json")
    ranges = data["code_points_ranges"]
    return ranges, [each[0] for each in ranges], data["iso_15924_aliases"]


def _bare(text: str) -> str:
    return text.replace(_LEFT_TO_RIGHT, "")


def _data(name: str) -> Any:
    library = find_spec("confusable_homoglyphs")
    if library is None or library.origin is None:
        hint = "install gitcorpus again, with all that it depends on"
        raise UnjudgedError(
            "lookalikes-missing", "the table of characters that look alike is missing", hint=hint
        )
    return json.loads(Path(library.origin).with_name(name).read_text(encoding="utf-8"))
