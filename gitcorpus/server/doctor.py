"""Says what is wrong with an installed repository, and how to mend it; it changes nothing.

Each check is a function that yields findings whose hint is a command. A finding that only warns is worth
knowing and may stay.
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Final

from gitcorpus.errors import GitcorpusError, UnjudgedError
from gitcorpus.model.finding import Finding
from gitcorpus.model.place import Place
from gitcorpus.model.server import Server
from gitcorpus.server import record
from gitcorpus.server.administration import load_server
from gitcorpus.server.doctor_gatekeeper import check_gatekeeper, check_remains
from gitcorpus.server.doctor_history import check_head, check_ledger, check_names, check_policy, check_refs
from gitcorpus.server.doctor_hooks import check_hooks, check_interpreter
from gitcorpus.server.doctor_repository import (
    check_accounts,
    check_admins,
    check_git,
    check_leftovers,
    check_locks,
    check_packages,
    check_rights,
    check_settings,
    check_space,
)
from gitcorpus.server.doctor_sandbox import check_gates, check_sandbox
from gitcorpus.server.doctor_secrets import check_secrets
from gitcorpus.server.hooks import Program
from gitcorpus.server.install import bare_repository
from gitcorpus.server.patient import Patient

CHECKS: Final[tuple[Callable[[Patient], Iterator[Finding]], ...]] = (
    check_git,
    check_hooks,
    check_interpreter,
    check_settings,
    check_packages,
    check_admins,
    check_accounts,
    check_rights,
    check_locks,
    check_space,
    check_leftovers,
    check_gatekeeper,
    check_remains,
    check_ledger,
    check_policy,
    check_head,
    check_refs,
    check_names,
    check_sandbox,
    check_gates,
    check_secrets,
)


def examine(
    path: Path, program: Program, *, uid: int, now: datetime, attacks: bool = False
) -> tuple[Finding, ...]:
    """Return everything that is wrong with a repository, in the order of the checks.

    With `attacks` the sandbox is attacked, which takes some seconds.

    Raises:
        GitcorpusError: not-a-repository, repository-not-owned, not-bare.
    """
    git_dir = bare_repository(path)
    try:
        server: Server | None = load_server(git_dir)
        findings = []
    except UnjudgedError as error:
        server = None
        findings = [_from_error(error, git_dir)]
    patient = Patient(git_dir=git_dir, server=server, program=program, uid=uid, now=now, attacks=attacks)
    if not (git_dir / record.PATH).exists():
        return (patient.fault("not-installed", git_dir, "gitcorpus is not installed here", patient.install),)
    for check in CHECKS:
        try:
            findings += check(patient)
        except GitcorpusError as error:
            findings.append(_from_error(error, git_dir))
    return tuple(findings)


def _from_error(error: GitcorpusError, git_dir: Path) -> Finding:
    """Write an error as a fault, so that the other checks still run."""
    place = Place(path=error.place or str(git_dir))
    return Finding(code=error.code, place=place, sentence=error.sentence, hint=error.hint)
