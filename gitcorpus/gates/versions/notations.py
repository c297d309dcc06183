"""Ranges of versions as npm, Cargo, Terraform and Go write them."""

import re
from typing import Final

from gitcorpus.gates.versions.intervals import Part, VersionError, Versions
from gitcorpus.gates.versions.semver import (
    LONGEST,
    PARTIAL,
    Comparator,
    compared,
    ranged,
    read_partial,
    simple,
)

_NPM: Final = re.compile(rf"(?P<operator>\^|~>?|>=|<=|>|<|=)?\s*(?P<version>{PARTIAL})(?=\s|$)")
_HYPHEN: Final = re.compile(rf"(?P<low>{PARTIAL})\s+-\s+(?P<high>{PARTIAL})")
_CARGO: Final = re.compile(rf"(?P<operator>\^|~|>=|<=|>|<|=)?\s*(?P<version>{PARTIAL})")
_PLAIN: Final = re.compile(rf"(?P<operator>~>|>=|<=|!=|==|>|<|=)?\s*(?P<version>{PARTIAL})")


def read_npm(text: str) -> Versions:
    """Read a range of npm: comparators with blanks between them, sets of them with `||` between them.

    Raises:
        VersionError: if it is none.
    """
    sets = [_npm_set(each.strip()) for each in _sized(text).split("||")]
    exact = sets[0].exact if len(sets) == 1 else None
    return Versions(tuple(part for each in sets for part in each.parts), exact)


def _npm_set(text: str) -> Versions:
    if hyphen := _HYPHEN.fullmatch(text):
        ends = (">=", read_partial(hyphen["low"])), ("<=", read_partial(hyphen["high"]))
        return compared(ends, ranged)
    found: list[Comparator] = []
    at = 0
    while at < len(text):
        match = _NPM.match(text, at)
        if match is None:
            raise VersionError("it is no range of npm")
        found.append((match["operator"] or "=", read_partial(match["version"])))
        at = match.end() + len(text[match.end() :]) - len(text[match.end() :].lstrip())
    return compared(found, ranged)


def read_cargo(text: str) -> Versions:
    """Read a requirement of Cargo: comparators with commas between them; a bare version means `^`.

    Raises:
        VersionError: if it is none.
    """
    return compared([_comparator(each, _CARGO, bare="^") for each in _sized(text).split(",")], ranged)


def read_plain(text: str) -> Versions:
    """Read a constraint of Terraform: comparators with commas between them; a bare version means just this one.

    Raises:
        VersionError: if it is none.
    """
    return compared([_comparator(each, _PLAIN, bare="=") for each in _sized(text).split(",")], simple)


def read_go(text: str) -> Versions:
    """Read comparators over Go's versions, previews like any others: a commit without a tag is one.

    Raises:
        VersionError: if they are none.
    """
    read = read_plain(text)
    return read._replace(parts=tuple(Part(each.all, each.all) for each in read.parts))


def _comparator(text: str, form: re.Pattern[str], *, bare: str) -> Comparator:
    found = form.fullmatch(text.strip())
    if found is None:
        raise VersionError("it is no range of versions")
    version = read_partial(found["version"])
    wild = re.search(r"[xX*]", found["version"].partition("-")[0]) is not None
    operator = found["operator"] or ("=" if wild else bare)
    return operator, version


def _sized(text: str) -> str:
    if len(text) > LONGEST:
        raise VersionError("it is too long for a range of versions")
    return text
