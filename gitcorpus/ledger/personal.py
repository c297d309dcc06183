"""Personal data of entries, beside the chain: what names a person can be erased, and the chain stays whole.

In an entry's body a salted digest stands in the place of what names a person, and the salt and the value stand in the
field `personal` of its line, of which the chain knows nothing. Without the salt nobody can try names until one fits.
"""

import re
import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Final

from gitcorpus.canon import digest_value
from gitcorpus.model.entry import Entry, Json

MARK: Final = "personal"
"""The one key of what stands in a body in the place of personal data."""
ERASED: Final = "(erased)"
_NAMED: Final = frozenset({"pusher", "person", "by", "admins"})
"""Fields that name people; texts that hold one of their values, or an address, are personal data too."""
_PLAIN: Final = frozenset(
    {
        *("refs", "updates", "commits", "tips", "held", "policy", "spec_digest", "verdict"),
        *("gate", "state", "code", "path", "commit", "severity", "waived_by"),
    }
)
"""What git itself holds, and words of gitcorpus and of specs: it is not looked through."""
_SHORTEST: Final = 2
_SALT_BYTES: Final = 16


def sealed(body: Mapping[str, Json]) -> tuple[dict[str, Json], dict[str, Json]]:
    """Return a body with digests in the place of what names people, and what they stand for."""
    names = [name for key in _NAMED for name in _texts(body.get(key)) if len(name) >= _SHORTEST]
    holds = re.compile("|".join(["@", *(_word(name) for name in names)]))
    kept: dict[str, Json] = {}

    def seal(text: str) -> Json:
        pair: list[Json] = [secrets.token_hex(_SALT_BYTES), text]
        digest = str(digest_value(pair))
        kept[digest] = pair
        return {MARK: digest}

    def walk(value: Json, *, named: bool) -> Json:
        match value:
            case str():
                return seal(value) if value and (named or holds.search(value)) else value
            case list():
                return [walk(inner, named=named) for inner in value]
            case dict():
                return {
                    key: inner if key in _PLAIN else walk(inner, named=key in _NAMED)
                    for key, inner in value.items()
                }
            case _:
                return value

    said = walk(dict(body), named=False)
    return said if isinstance(said, dict) else {}, kept


def revealed(entry: Entry) -> Entry:
    """Return an entry whose body says again what its digests stand for; what was erased is none, and is named."""
    if not any(_marks(entry.body)):
        return entry
    erased = []

    def walk(value: Json) -> Json:
        match value:
            case {"personal": str(digest), **rest} if not rest:
                pair = entry.personal.get(digest)
                return pair[1] if isinstance(pair, list) else ERASED
            case list():
                return [walk(inner) for inner in value]
            case dict():
                return {key: walk(inner) for key, inner in value.items()}
            case _:
                return value

    body: dict[str, Json] = {}
    for key, value in entry.body.items():
        found = walk(value)
        if key in _NAMED:  # nobody is called so
            found = [inner for inner in found if inner != ERASED] if isinstance(found, list) else found
            found = None if found == ERASED else found
        body[key] = found
        if any(digest not in entry.personal for digest in _marks({key: value})):
            erased.append(key)
    return replace(entry, body=body, erased=tuple(sorted(erased)))


def misfits(entry: Entry) -> bool:
    """Tell whether an entry has personal data that is not what a digest of its body was made of."""
    marks = set(_marks(entry.body)) if entry.personal else set()
    return any(
        digest not in marks or not isinstance(pair, list) or digest_value(pair) != digest
        for digest, pair in entry.personal.items()
    )


def count_erased(entry: Entry) -> int:
    """Return how much of an entry's personal data was erased."""
    return sum(digest not in entry.personal for digest in _marks(entry.body))


def without(entry: Entry, names: Iterable[str]) -> Entry:
    """Return an entry without the personal data that names one of some people: the name itself, or a text with it."""
    holds = re.compile("|".join(_word(name) for name in names))
    return replace(
        entry,
        personal={digest: pair for digest, pair in entry.personal.items() if not _holds(pair, holds.search)},
    )


def names_openly(entry: Entry, names: Iterable[str]) -> bool:
    """Tell whether an entry's own body names one of some people, where it cannot be erased."""
    holds = re.compile("|".join(_word(name) for name in names))
    return any(holds.search(text) for text in _texts(dict(entry.body)))


def _holds(pair: Json, search: Callable[[str], object]) -> bool:
    return isinstance(pair, list) and any(search(text) for text in _texts(pair[1:]))


def _word(name: str) -> str:
    return rf"(?<!\w){re.escape(name)}(?!\w)"


def _texts(value: Json) -> Iterable[str]:
    match value:
        case str():
            yield value
        case list():
            for inner in value:
                yield from _texts(inner)
        case dict():
            for key, inner in value.items():
                yield from _texts(inner) if key not in _PLAIN else ()
        case _:
            pass


def _marks(value: object) -> Iterable[str]:
    match value:
        case {"personal": str(digest), **rest} if not rest:
            yield digest
        case list():
            for inner in value:
                yield from _marks(inner)
        case dict():
            for inner in value.values():
                yield from _marks(inner)
        case _:
            pass
