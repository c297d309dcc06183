"""Can the gatekeeper listen where the hooks look for it, and is what it leaves behind in order?

A push is judged without it too, a second later. So most of this is worth knowing and may stay.
"""

import os
import shlex
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Final

from gitcorpus import derived
from gitcorpus.cache import CACHE, RELEASES
from gitcorpus.model.finding import Finding
from gitcorpus.server.doctor_repository import left_by_others
from gitcorpus.server.gatekeeper import ask
from gitcorpus.server.identity import account_name
from gitcorpus.server.patient import Patient
from gitcorpus.server.tickets import stale_tickets

MOST_BYTES: Final = 107
"""Bytes that an address of a Unix socket has room for, unix(7)."""
MOST_CACHED: Final = 2 << 30
RECENT: Final = timedelta(days=30)
SETTLED: Final = timedelta(minutes=1)
"""A push that landed just now is recorded within this time, and its ticket taken back."""


def check_gatekeeper(patient: Patient) -> Iterator[Finding]:
    """Find a socket that cannot be, that others reach, or at which nobody answers."""
    if patient.server is None or not patient.server.gatekeeper:
        return
    socket = patient.server.socket
    address, size = patient.git_dir / socket, len(os.fsencode(socket))
    if size > MOST_BYTES:
        sentence = f"its path has {size} bytes, and an address has room for {MOST_BYTES}"
        hint = f"name a shorter one under `gatekeeper:`, then {patient.install}"
        yield patient.fault("socket-path-long", address, sentence, hint)
        return
    if not address.parent.is_dir():
        sentence = "the folder of the gatekeeper's socket is not there, so every hook judges by itself"
        hint = "make it for the account that runs git, or start the systemd unit that makes it"
        yield patient.note("socket-folder-missing", address.parent, sentence, hint)
        return
    if Path(socket).is_absolute():  # the repository's own folders have their own check
        yield from _check_exposed(patient, address.parent, others=0o022)
    if (
        address.is_socket() and left_by_others(patient) != address
    ):  # else two accounts push here, and it is said
        yield from _check_exposed(patient, address, others=0o077)
        yield from _check_silent(patient, address)


def check_remains(patient: Patient) -> Iterator[Finding]:
    """Find tickets of processes that have ended, and a cache that has grown large."""
    newest = (patient.now - SETTLED).timestamp()
    stale = [path for path in stale_tickets(patient.git_dir) if path.stat().st_mtime < newest]
    repo = shlex.quote(str(patient.git_dir))
    if stale:
        sentence = f"{len(stale)} of them belong to pushes that have ended, and may have landed unrecorded"
        yield patient.note("tickets-left", stale[0].parent, sentence, f"gitcorpus server reconcile {repo}")
    for topic in (CACHE, RELEASES):
        sizes = {path: path.stat().st_size for path in derived.every(patient.git_dir, topic)}
        path, size = next(iter(sizes), patient.git_dir), sum(sizes.values())
        if size > MOST_CACHED:
            sentence = f"it has {size >> 20} MiB"
            day = (patient.now - RECENT).date()
            yield patient.note("cache-large", path, sentence, f"gitcorpus cache clear {repo} --before {day}")


def _check_exposed(patient: Patient, path: Path, *, others: int) -> Iterator[Finding]:
    found, owner = path.stat(), patient.git_dir.stat().st_uid
    if found.st_uid not in (0, owner):
        account = account_name(found.st_uid) or str(found.st_uid)
        sentence = f"it belongs to {account}, who can keep pushes from the gatekeeper"
        hint = f"chown {account_name(owner) or owner} {shlex.quote(str(path))}"
        yield patient.fault("socket-exposed", path, sentence, hint)
    elif found.st_mode & others:
        sentence = "other accounts can write it, and keep pushes from the gatekeeper"
        letters = "go-w" if path.is_dir() else "go="
        yield patient.fault("socket-exposed", path, sentence, f"chmod {letters} {shlex.quote(str(path))}")


def _check_silent(patient: Patient, address: Path) -> Iterator[Finding]:
    """Ask, as the repository's owner: the gatekeeper answers nobody else."""
    if patient.uid != patient.git_dir.stat().st_uid:
        return
    try:
        answers = list(ask(address, "status"))
    except (OSError, ValueError):
        answers = []
    if not answers:
        sentence = "nobody answers there; the gatekeeper was killed, or is stuck"
        hint = "push once, which starts another; if this stays, end the process that holds the socket"
        yield patient.note("gatekeeper-silent", address, sentence, hint)
