"""Where each reference stands by the ledger, and where it really is."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from gitcorpus.errors import UnjudgedError
from gitcorpus.git.repo import Repo
from gitcorpus.ledger import Ledger
from gitcorpus.model.entry import Entry, EntryKind
from gitcorpus.model.place import ZERO_OID, Digest, Oid
from gitcorpus.model.verdict import Outcome
from gitcorpus.server.administration import load_server
from gitcorpus.server.flavours import terms_of


class Admitted(NamedTuple):
    """A value that a verdict let a reference go to."""

    value: Oid
    verdict: Digest
    pusher: str | None


@dataclass(slots=True)
class Standing:
    """One reference: where it last went for certain, and where it was let to go since."""

    value: Oid = ZERO_OID
    since: int = -1
    """Number of the verdict by which it went there."""
    admitted: dict[Oid, Admitted] = field(default_factory=dict)


class Elsewhere(NamedTuple):
    """A reference that is not where it last went for certain."""

    ref: str
    value: Oid
    standing: Standing

    @property
    def admitted(self) -> Admitted | None:
        """How it was let to go where it is, or none if it was not."""
        return self.standing.admitted.get(self.value)


def elsewhere(git_dir: Path) -> tuple[Elsewhere, ...]:
    """Return the references that are not where the ledger says.

    Raises:
        UnjudgedError: if the ledger cannot be read.
    """
    known = standings(Ledger.of(git_dir).entries())
    refs = Repo.open(git_dir).refs()
    unwatched = ("refs/gitcorpus/", *_inner_refs(git_dir))
    found = {_storable(ref): oid for ref, oid in refs}
    return tuple(
        Elsewhere(ref, found.get(ref, ZERO_OID), standing)
        for ref in sorted(found.keys() | known.keys())
        if not ref.startswith(unwatched)
        and (standing := known.get(ref, Standing())).value != found.get(ref, ZERO_OID)
    )


def _inner_refs(git_dir: Path) -> tuple[str, ...]:
    """Return the beginnings of references that the server moves without hooks."""
    try:
        return terms_of(load_server(git_dir).flavour).inner_refs
    except UnjudgedError:
        return ()


def standings(entries: Iterable[Entry]) -> Mapping[str, Standing]:
    """Return where each reference stands by a ledger's entries.

    Two pushes may be recorded as landed in another order than they were judged in; the later verdict counts.
    """
    known: dict[str, Standing] = {}
    numbers: dict[Digest, int] = {}
    for entry in entries:
        body: Any = entry.body
        numbers[entry.digest] = entry.number
        match entry.kind:
            case EntryKind.INSTALLED:
                known = {
                    each["ref"]: Standing(Oid(each["oid"]), entry.number) for each in body.get("refs", [])
                }
            case EntryKind.VERDICT if body.get("outcome") == Outcome.ACCEPTED.value:
                for update in body.get("updates", []):
                    value = _plain(update["new"])
                    standing = known.setdefault(update["ref"], Standing())
                    standing.admitted[value] = Admitted(value, entry.digest, body.get("pusher"))
            case EntryKind.LANDED | EntryKind.MOVED:
                number = numbers.get(Digest(body.get("verdict") or ""), entry.number)
                for update in body.get("updates", []):
                    _settle(
                        known.setdefault(update["ref"], Standing()), _plain(update["new"]), number, numbers
                    )
            case EntryKind.WITHDRAWN:
                for update in body.get("updates", []):
                    _withdraw(
                        known.get(update["ref"], Standing()), _plain(update["new"]), body.get("verdict")
                    )
            case _:
                pass
    return known


def _settle(standing: Standing, value: Oid, number: int, numbers: Mapping[Digest, int]) -> None:
    if number < standing.since:
        return
    standing.value, standing.since = value, number
    later = standing.admitted.values()
    standing.admitted = {each.value: each for each in later if numbers[each.verdict] > number}


def _withdraw(standing: Standing, value: Oid, verdict: str | None) -> None:
    """Let a value go, unless a later verdict let the reference go there too."""
    if value in standing.admitted and standing.admitted[value].verdict == verdict:
        del standing.admitted[value]


def _storable(ref: str) -> str:
    """Write bytes that are not UTF-8 as the ledger does."""
    return ref.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def _plain(oid: str) -> Oid:
    """Write the oid of nothing in one length, whatever the repository's object format is."""
    return Oid(oid) if oid.strip("0") else ZERO_OID
