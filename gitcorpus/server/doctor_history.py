"""Is the ledger whole, is there a policy that loads, and did every reference move through the gate?"""

from collections.abc import Iterator, Mapping
from typing import Any

from gitcorpus.errors import GitcorpusError
from gitcorpus.gates.sources import SnapshotSource
from gitcorpus.git.repo import Repo
from gitcorpus.ledger import Ledger
from gitcorpus.model.entry import Entry, EntryKind
from gitcorpus.model.finding import Finding
from gitcorpus.model.place import ZERO_OID, Oid
from gitcorpus.model.verdict import Outcome
from gitcorpus.server.patient import Patient
from gitcorpus.spec.load import load_specs


def check_ledger(patient: Patient) -> Iterator[Finding]:
    """Find every fault of the hash chain."""
    yield from Ledger.of(patient.git_dir).verify()[1]


def check_policy(patient: Patient) -> Iterator[Finding]:
    """Find a policy branch that is not there, or whose specs do not load."""
    if patient.server is None:
        return
    repo, branch = Repo.open(patient.git_dir), patient.server.policy_branch
    tip = repo.resolve(branch)
    if tip is None:
        sentence = "there is no policy yet: only an admin may push, and must bring valid specs"
        yield patient.note("policy-awaited", branch, sentence, f"git push REPO HEAD:{branch}")
        return
    loaded = load_specs(SnapshotSource(repo.snapshot(tip)), commit=tip)
    blocking = [finding for finding in loaded.findings if finding.blocks]
    if loaded.spec is None or blocking:
        first = f"{blocking[0].place} {blocking[0].sentence}" if blocking else "there are none"
        sentence = f"its specs do not load, so only an admin may push, to mend them: {first}"
        yield patient.fault("policy-broken", branch, sentence, f"gitcorpus spec check {branch}")


def check_head(patient: Patient) -> Iterator[Finding]:
    """Find a HEAD that names no branch while the policy branch is there: clones would check out nothing."""
    repo = Repo.open(patient.git_dir)
    branch = patient.server.policy_branch if patient.server else None
    if branch and repo.resolve(branch) is not None and repo.resolve("HEAD") is None:
        sentence = "HEAD names a branch that does not exist, so a clone checks out nothing"
        hint = patient.git("symbolic-ref", "HEAD", branch)
        yield patient.note("head-elsewhere", patient.git_dir / "HEAD", sentence, hint)


def check_refs(patient: Patient) -> Iterator[Finding]:
    """Find references that are not where the gate last let them go."""
    try:
        known = _explained(Ledger.of(patient.git_dir).entries())
    except GitcorpusError:
        return  # a broken ledger is reported by its own check, and explains nothing
    refs = Repo.open(patient.git_dir).refs()
    found = {_storable(ref): oid for ref, oid in refs if not ref.startswith("refs/gitcorpus/")}
    for ref in sorted(found.keys() | known.keys()):
        values = known.get(ref, [])
        value = found.get(ref, ZERO_OID)
        if value in values or (not values and value == ZERO_OID):
            continue
        before = values[0] if values else ZERO_OID
        sentence = f"it is {_named(value)}, and no push that was let in put it there; it was {_named(before)}"
        yield patient.fault("ref-moved", ref, sentence, _back(patient, ref, before))


def _explained(entries: Iterator[Entry]) -> Mapping[str, list[Oid]]:
    """Return, for each reference, the value that last landed and those that were accepted since."""
    known: dict[str, list[Oid]] = {}
    for entry in entries:
        updates: Any = entry.body.get("updates", [])
        if entry.kind is EntryKind.INSTALLED:
            refs: Any = entry.body.get("refs", [])
            known = {update["ref"]: [update["oid"]] for update in refs}
        elif entry.kind is EntryKind.LANDED:
            known |= {update["ref"]: [_plain(update["new"])] for update in updates}
        elif entry.kind is EntryKind.VERDICT and entry.body.get("outcome") == Outcome.ACCEPTED.value:
            for update in updates:
                known.setdefault(update["ref"], [ZERO_OID]).append(_plain(update["new"]))
    return known


def _storable(ref: str) -> str:
    """Write bytes that are not UTF-8 as the ledger does."""
    return ref.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def _plain(oid: str) -> Oid:
    """Write the oid of nothing in one length, whatever the repository's object format is."""
    return Oid(oid) if oid.strip("0") else ZERO_OID


def _named(oid: Oid) -> str:
    return "not there" if oid == ZERO_OID else oid[:12]


def _back(patient: Patient, ref: str, before: Oid) -> str:
    command = ["update-ref", ref, before] if before != ZERO_OID else ["update-ref", "-d", ref]
    return f"{patient.git(*command)}, then push it"
