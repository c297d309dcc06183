"""Is the ledger whole, is there a policy that loads, and did every reference move through the gate?"""

from collections.abc import Iterator
from contextlib import suppress
from typing import Final

from gitcorpus.errors import UnjudgedError
from gitcorpus.flows.anchored import ledger_findings
from gitcorpus.gates.identity import Identity
from gitcorpus.gates.refnames import ORDINARY, shadows
from gitcorpus.gates.sources import LANDED, SnapshotSource
from gitcorpus.git.repo import Repo
from gitcorpus.model.finding import Finding
from gitcorpus.model.spec import Spec
from gitcorpus.server.administration import PATH
from gitcorpus.server.patient import Patient
from gitcorpus.server.reconcile import find_moved
from gitcorpus.spec.load import load_specs
from gitcorpus.spec.owners import owner_findings

MOST_NAMES: Final = 20
"""References with misleading names that are told one by one."""


def check_ledger(patient: Patient) -> Iterator[Finding]:
    """Find every fault of the hash chain."""
    yield from ledger_findings(patient.git_dir)[1]


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
    loaded = load_specs(SnapshotSource(repo.snapshot(tip), limit=LANDED), commit=tip)
    blocking = [finding for finding in loaded.findings if finding.blocks]
    if loaded.spec is None or blocking:
        first = f"{blocking[0].place} {blocking[0].sentence}" if blocking else "there are none"
        sentence = f"its specs do not load, so only an admin may push, to mend them: {first}"
        yield patient.fault("policy-broken", branch, sentence, f"gitcorpus spec check {branch}")
        return
    yield from _claimed(patient, loaded.spec)
    if not patient.server.admins:
        for finding in owner_findings(loaded.spec):
            sentence = f"{finding.sentence}, and the file names none: nobody can change what judges"
            yield patient.fault(
                finding.code, branch, sentence, "name one under `admins:` in gitcorpus/server.yaml"
            )


def _claimed(patient: Patient, spec: Spec) -> Iterator[Finding]:
    """Note gates that ask who pushes where the server's file says nothing of where a name comes from."""
    if patient.server is None or patient.server.names_pushers:
        return
    for declared in spec.gates:
        if declared.uses == "rights" and declared.parameters.get("identity") == Identity.PUSHER:
            sentence = (
                f"the gate `{declared.id}` asks who pushes, and the server's file names no source of that: "
                "whatever a commit says of its author is believed"
            )
            hint = (
                "set `pusher:` in gitcorpus/server.yaml: `account: true`, or the `variables` of a front end"
            )
            yield patient.note("identity-claimed", patient.git_dir / PATH, sentence, hint)


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
    with suppress(UnjudgedError):  # a broken ledger is reported by its own check, and explains nothing
        yield from find_moved(patient.git_dir)


def check_names(patient: Patient) -> Iterator[Finding]:
    """Find branches and tags that could not be made today, since git or a clone takes them for something else."""
    repo = Repo.open(patient.git_dir)
    refs = [name for name in repo.ref_names() if name.startswith(ORDINARY)]
    judged = [ref for ref in refs if patient.server is None or ref != patient.server.policy_branch]
    found = [(ref, shadow) for ref in judged for shadow in list(shadows(ref, refs, repo))[:1]]
    for ref, shadow in found[:MOST_NAMES]:
        rest = f" ({len(found)} such names in all)" if len(found) > MOST_NAMES else ""
        new = f"{'/'.join(ref.split('/', 2)[:2])}/ANOTHER-NAME"
        renamed = f"git push origin FETCH_HEAD:{new} && git push origin --delete {ref}"
        hint = f"in a clone: git fetch origin {ref} && {renamed}"
        yield patient.note("ref-shadows", ref, shadow.sentence + rest, hint)
