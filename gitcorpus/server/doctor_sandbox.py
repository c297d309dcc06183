"""Can the declared gates answer here, does the room for pushed code stand, and does it hold against ten attacks?

Nobody needs a room whose gates run nothing. Where a gate does, a room that does not stand is a fault: every push that
the gate judges is left unjudged. So is a gate that has too little time, or whose programs are missing.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from gitcorpus.gates.ability import ROOM, Ability, tree_paths
from gitcorpus.gates.runner import runs_programs
from gitcorpus.gates.sources import LANDED, SnapshotSource
from gitcorpus.git.repo import Repo
from gitcorpus.model.finding import Finding
from gitcorpus.model.server import Sandbox
from gitcorpus.sandbox.attacks import stands, try_attacks
from gitcorpus.server.administration import PATH
from gitcorpus.server.patient import Patient
from gitcorpus.spec.load import load_specs

_CLOSED: Final = (
    ("/proc/sys/kernel/unprivileged_userns_clone", "0", "sysctl kernel.unprivileged_userns_clone=1"),
    ("/proc/sys/user/max_user_namespaces", "0", "sysctl user.max_user_namespaces=1000"),
    (
        "/proc/sys/kernel/apparmor_restrict_unprivileged_userns",
        "1",
        "give bwrap an AppArmor profile with `userns,`",
    ),
)
"""Settings that keep ordinary accounts from namespaces, the value that does, and what lets bubblewrap make them."""


def check_sandbox(patient: Patient) -> Iterator[Finding]:
    """Find a room that is wanted and does not stand, that lets something out, or that somebody does without."""
    if patient.server is None:
        return
    sandbox, at = patient.server.sandbox, patient.git_dir / PATH
    running = _running(patient.git_dir, patient.server.policy_branch)
    if sandbox.unconfined:
        sentence = "pushed code runs as this account: it can read and change what the account can"
        yield patient.note("sandbox-none", at, sentence, "install bubblewrap, and take `sandbox: none` out")
    elif running or patient.attacks:
        error = stands(sandbox)
        if error is not None and running:
            sentence = f"{error.sentence}; pushes that {', '.join(running)} judge are left unjudged"
            yield patient.fault(error.code, at, sentence, _way_out() or error.hint)
        elif error is None and patient.attacks:
            yield from _attacked(patient, sandbox)


def check_gates(patient: Patient) -> Iterator[Finding]:
    """Find declared gates that cannot answer on this server; a room that does not stand is a fault of its own."""
    if patient.server is None:
        return
    repo, branch = Repo.open(patient.git_dir), patient.server.policy_branch
    tip = repo.resolve(branch)
    source = SnapshotSource(repo.snapshot(tip), limit=LANDED) if tip is not None else None
    spec = load_specs(source, commit=tip).spec if source is not None else None
    if spec is None or source is None:
        return
    ability = Ability(patient.server, spec, tree_paths(source))
    for declaration in spec.gates:
        for lack in ability.lacks(declaration):
            if lack.key != ROOM:
                sentence = f"the gate `{declaration.id}` gives no answer here: {lack.sentence}"
                at = f"{branch}:{declaration.brought_at or declaration.place}"
                yield patient.fault("gate-cannot-answer", at, sentence, lack.hint)


def _attacked(patient: Patient, sandbox: Sandbox) -> Iterator[Finding]:
    """Find the attacks that got what they wanted."""
    tried = try_attacks(sandbox, repository=patient.git_dir, home=Path.home())
    for attempt in tried:
        if not attempt.held:
            sentence = f"{attempt.name}: {attempt.sentence}"
            hint = "take the gates that run pushed code out of the specs until it holds"
            yield patient.fault("sandbox-broken", patient.git_dir / PATH, sentence, hint)


def _running(git_dir: Path, branch: str) -> tuple[str, ...]:
    """Return the ids of the declared gates that run programs on pushed code."""
    repo = Repo.open(git_dir)
    tip = repo.resolve(branch)
    spec = (
        load_specs(SnapshotSource(repo.snapshot(tip), limit=LANDED), commit=tip).spec
        if tip is not None
        else None
    )
    gates = spec.gates if spec is not None else ()
    return tuple(each.id for each in gates if runs_programs(each))


def _way_out() -> str:
    """Return what opens the setting that keeps this account from namespaces, if one does."""
    for name, closed, way in _CLOSED:
        path = Path(name)
        if path.is_file() and path.read_text(encoding="ascii").strip() == closed:
            return way
    return ""
