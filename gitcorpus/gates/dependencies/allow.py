"""The allow-list of a declaration, and what it says of one package."""

from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from gitcorpus.errors import UnjudgedError
from gitcorpus.gates.dependencies.licences import is_allowed
from gitcorpus.gates.manifests import Dependency, Ecosystem
from gitcorpus.gates.manifests.manifest import pypi_name
from gitcorpus.gates.versions import NOTATIONS, VersionError, Versions, within
from gitcorpus.model.finding import Severity

SEVERITIES: Final = {"block": Severity.BLOCK, "warn": Severity.WARN, "record": Severity.RECORD}


class Fault(NamedTuple):
    """What is wrong with one package, before anybody says where."""

    code: str
    sentence: str
    hint: str
    severity: Severity = Severity.BLOCK


class Entry(NamedTuple):
    """One package of the list; no versions allow every one."""

    versions: str
    read: Versions | None
    licence: str


class AllowList:
    """What packages a declaration allows."""

    def __init__(self, parameters: Mapping[str, Any]) -> None:
        self._entries = _entries(parameters.get("allow", {}))
        self._is_given = "allow" in parameters
        self._licences: list[str] | None = parameters.get("licences")
        self._unlisted = SEVERITIES[parameters.get("unlisted", "block")]
        self._sources = tuple(parameters.get("sources", ()))

    def judge(self, ecosystem: Ecosystem, dependency: Dependency) -> Iterator[Fault]:
        """Yield what is wrong with a package that no folder of the corpus holds."""
        if dependency.source:
            yield from self.judge_source(dependency.source)
        entry = self._entry(ecosystem, dependency.name)
        if entry is not None:
            yield from _versions(dependency, entry, NOTATIONS[ecosystem])
            yield from self._licence(dependency, entry, ecosystem)
        elif self._is_given:
            hint = f"do without it, or ask the leads for an entry `{dependency.name}: {{}}` below `allow: {ecosystem}`"
            sentence = f"`{dependency.name}` is not on the allow-list for {ecosystem}"
            yield Fault("unlisted-dependency", sentence, hint, self._unlisted)

    def judge_source(self, source: str) -> Iterator[Fault]:
        """Yield what is wrong with where a package, or all of them, come from."""
        if not source.startswith(self._sources):
            sentence = f"packages come from `{source[:100]}` and not from the registry of the ecosystem"
            yield Fault(
                "foreign-source", sentence, "ask for them by name, or ask the leads to add to `sources`"
            )

    def _entry(self, ecosystem: Ecosystem, name: str) -> Entry | None:
        return self._entries.get(ecosystem, {}).get(name)

    def _licence(self, dependency: Dependency, entry: Entry, ecosystem: Ecosystem) -> Iterator[Fault]:
        if self._licences is None:
            return
        if not entry.licence:
            sentence = f"nobody has said what the licence of `{dependency.name}` is"
            hint = f"ask the leads to state its `licence` below `allow: {ecosystem}`"
            yield Fault("licence-unknown", sentence, hint)
        elif not is_allowed(entry.licence, self._licences):
            sentence = (
                f"`{dependency.name}` is under {entry.licence[:100]}, which is not among the allowed licences"
            )
            yield Fault("licence-not-allowed", sentence, f"allowed: {', '.join(self._licences[:20])}")


def _versions(dependency: Dependency, entry: Entry, read: Any) -> Iterator[Fault]:
    """Yield a version outside of what is allowed, or a range that may reach outside."""
    if entry.read is None or dependency.source:
        return
    name, wanted, hint = dependency.name, dependency.wanted, f"allowed: `{entry.versions}`"
    try:
        written: Versions | None = read(wanted)
    except VersionError:
        written = None
    if written is not None and within(written, entry.read):
        return
    if written is not None and written.exact is not None:
        sentence = f"`{name}` may not be used in the version `{wanted[:100]}`"
        yield Fault("version-not-allowed", sentence, hint)
    else:
        what = f"the range `{wanted[:100]}`" if wanted else "no range"
        sentence = f"`{name}` has {what}, which may reach versions that are not allowed"
        yield Fault("range-too-wide", sentence, hint)


def _entries(allow: Mapping[str, Any]) -> Mapping[str, Mapping[str, Entry]]:
    return {ecosystem: _listed(Ecosystem(ecosystem), packages) for ecosystem, packages in allow.items()}


def _listed(ecosystem: Ecosystem, packages: Mapping[str, Any]) -> Mapping[str, Entry]:
    return {
        pypi_name(name) if ecosystem is Ecosystem.PYPI else name: _entry(ecosystem, name, held or {})
        for name, held in packages.items()
    }


def _entry(ecosystem: Ecosystem, name: str, held: Mapping[str, Any]) -> Entry:
    versions = str(held.get("versions", ""))
    try:
        read = NOTATIONS[ecosystem](versions) if versions else None
    except VersionError as error:
        sentence = f"the allowed versions of `{name}` cannot be read: {error}"
        hint = f"mend `allow: {ecosystem}: {name}: versions` of the gate, in the notation of the ecosystem"
        raise UnjudgedError("bad-allowed-versions", sentence, hint=hint) from error
    return Entry(versions, read, str(held.get("licence", "")))
