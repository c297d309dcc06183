"""Python's versions and specifiers, PEP 440.

A specifier that names no preview takes none: installers do so only where there is no release at all. A version of one's
own (`1.0+local`) counts as the public one.
"""

from typing import Final

from packaging.specifiers import InvalidSpecifier, Specifier, SpecifierSet
from packaging.version import InvalidVersion, Version

from gitcorpus.gates.versions.intervals import (
    Interval,
    Intervals,
    Part,
    VersionError,
    Versions,
    above,
    below,
    between,
    meet,
    only,
    outside,
)

_LAST: Final = 10**12
"""Stands for the last of all post-releases."""
_LONGEST: Final = 300


def read_pep440(text: str) -> Versions:
    """Read a set of specifiers.

    Raises:
        VersionError: if it is none.
    """
    if len(text) > _LONGEST:
        raise VersionError("it is too long for a range of versions")
    try:
        specifiers = list(SpecifierSet(text))
        found = meet(_intervals(each) for each in specifiers)
        exact = _exact(specifiers)
    except (InvalidSpecifier, InvalidVersion, ValueError) as error:
        raise VersionError("it is no range of versions of PEP 440") from error
    previews = frozenset({"any"}) if any(_names_preview(each) for each in specifiers) else frozenset[str]()
    return Versions((Part(found, tuple(map(_of_releases, found)), previews),), exact)


def _of_releases(interval: Interval) -> Interval:
    """Return an interval as far as releases tell: one that begins with a preview begins with its release."""
    low = interval.low
    if low is None or not low.is_prerelease:
        return interval
    return interval._replace(low=Version(low.base_version), has_low=True)


def _exact(specifiers: list[Specifier]) -> Version | None:
    if len(specifiers) != 1 or specifiers[0].operator not in ("==", "==="):
        return None
    text = specifiers[0].version
    return None if text.endswith(".*") else Version(Version(text).public)


def _names_preview(specifier: Specifier) -> bool:
    text = specifier.version.removesuffix(".*")
    return specifier.operator != "!=" and Version(text).is_prerelease


def _intervals(specifier: Specifier) -> Intervals:
    operator, text = specifier.operator, specifier.version
    if text.endswith(".*"):
        first, after = _line(Version(text.removesuffix(".*")))
        return between(first, after) if operator == "==" else outside(first, after, included=True)
    version = Version(Version(text).public)
    match operator:
        case "==" | "===":
            return only(version)
        case "!=":
            return outside(version, version)
        case "~=":
            release = Version(f"{version.epoch}!{'.'.join(map(str, version.release[:-1]))}")
            return between(version, _line(release)[1])
        case ">=" | ">":
            return above(version, included=True) if operator == ">=" else above(_after(version))
        case _:
            return below(version, included=True) if operator == "<=" else below(_before(version))


def _line(version: Version) -> tuple[Version, Version]:
    """Return the first of all versions that begin with these numbers, and the first after them."""
    numbers = version.release
    following = (*numbers[:-1], numbers[-1] + 1)
    return _first(version.epoch, numbers), _first(version.epoch, following)


def _first(epoch: int, numbers: tuple[int, ...]) -> Version:
    return Version(f"{epoch}!{'.'.join(map(str, numbers))}.dev0")


def _after(version: Version) -> Version:
    """Return the version after which `>` begins: post-releases of a version are not greater than it."""
    return version if version.is_postrelease or version.is_devrelease else Version(f"{version}.post{_LAST}")


def _before(version: Version) -> Version:
    """Return the version before which `<` ends: previews of a version are not less than it."""
    return version if version.is_prerelease else Version(f"{version}.dev0")
