"""Settings, the server's file, rights, space and leftovers of the repository itself."""

import os
import re
import shlex
import shutil
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from itertools import islice
from pathlib import Path
from typing import Final

from gitcorpus.git.command import git_version
from gitcorpus.locks import OTHERS
from gitcorpus.model.finding import Finding
from gitcorpus.packages import install_command, missing
from gitcorpus.server import administration
from gitcorpus.server.identity import account_exists, account_name
from gitcorpus.server.patient import Patient
from gitcorpus.server.settings import hooks_elsewhere, soft_settings

OLDEST_GIT: Final = (2, 36)
"""`git hook run`, and quarantines as the hooks expect them."""
LEAST_SPACE: Final = 1 << 30
LEAST_FILES: Final = 10_000
_MOST_FILES: Final = 20_000
"""Files of a repository whose accounts are looked at."""
LEFT_BEHIND: Final = timedelta(days=1)


def check_git(patient: Patient) -> Iterator[Finding]:
    """Find a git that is too old."""
    found = tuple(int(part) for part in re.findall(r"\d+", git_version())[:2])
    if found < OLDEST_GIT:
        oldest = ".".join(str(part) for part in OLDEST_GIT)
        yield patient.fault(
            "git-too-old", "git", f"this is git {git_version()}", f"install git {oldest} or later"
        )


def check_packages(patient: Patient) -> Iterator[Finding]:
    """Find that nothing here compiles views, so that a push which brings some cannot be judged."""
    runs_another = patient.server is not None and patient.server.python not in ("", patient.program.python)
    if not runs_another and (lacking := missing()):
        sentence = f"{', '.join(lacking)} missing here: a push that changes views cannot be judged without"
        yield patient.note("package-missing", patient.program.python, sentence, install_command())


def check_settings(patient: Patient) -> Iterator[Finding]:
    """Find settings that are softer than they should be."""
    config = patient.git_dir / "config"
    for setting, values in soft_settings(patient.git_dir, patient.server):
        if setting.name == "core.hooksPath" and values:
            error = hooks_elsewhere(patient.git_dir, values[-1])
            yield patient.fault(error.code, config, error.sentence, error.hint)
            continue
        found = f"is {values[-1]}" if values and not setting.adds else "is not set"
        hint = patient.git("config", *(["--add"] if setting.adds else []), setting.name, setting.value)
        sentence = f"{setting.name} {found}, not {setting.value}: {setting.reason}"
        yield patient.fault("setting-soft", config, sentence, hint)


def check_admins(patient: Patient) -> Iterator[Finding]:
    """Find that nobody may bring specs, or an admin whose name no pusher can have."""
    if patient.server is None:
        return
    path = patient.git_dir / administration.PATH
    if not patient.server.admins:
        sentence = "no admin is named, so nobody may bring the first specs or mend broken ones"
        yield patient.fault("no-admin", path, sentence, "name one under `admins:`")
    if patient.server.pusher_variables:
        return
    if not patient.server.pusher_account:
        hint = "name a variable under `pusher.variables:`, or say `account: true`"
        yield patient.fault("no-identity", path, "nothing names the pusher, so nobody is an admin", hint)
        return
    for admin in patient.server.admins:
        if not account_exists(admin):
            sentence = f"the admin {admin} is no account of this machine, and only accounts name pushers here"
            yield patient.note("admin-unknown", path, sentence, "make the account, or mend `admins:`")


def check_rights(patient: Patient) -> Iterator[Finding]:
    """Find what the account that runs git cannot write, and what others can."""
    owner = patient.git_dir.stat().st_uid
    for name in ("", "objects", "refs", "hooks", "gitcorpus", "gitcorpus/ledger"):
        path = patient.git_dir / name
        if path.exists() and path.stat().st_uid != owner:
            account = account_name(owner) or str(owner)
            sentence = f"it does not belong to {account}, who owns the repository and runs its hooks"
            yield patient.fault("wrong-owner", path, sentence, f"chown -R {account} {path}")
        if path.exists() and not os.access(path, os.W_OK):
            account = account_name(patient.uid) or str(patient.uid)
            yield patient.fault("not-writable", path, f"{account} cannot write it", "run it as the owner")
    for name in ("hooks", "gitcorpus", "config", administration.PATH):
        path = patient.git_dir / name
        if path.exists() and path.stat().st_mode & 0o002:
            sentence = "every account of this machine may write it"
            yield patient.fault("writable-by-all", path, sentence, f"chmod o-w {path}")


def check_locks(patient: Patient) -> Iterator[Finding]:
    """Find locks that other accounts can take: who can open a file can lock it, and every push would wait."""
    socket = [patient.git_dir / f"{patient.server.socket}.lock"] if patient.server else []
    folder = patient.git_dir / "gitcorpus"
    for path in (
        *socket,
        folder / "ledger/lock",
        *sorted(folder.glob("pending/*.lock")),
        *sorted(folder.glob("*.db*")),
    ):
        if path.exists() and path.stat().st_mode & OTHERS:
            sentence = "other accounts can open it, and hold the lock that pushes wait for"
            yield patient.fault("lock-exposed", path, sentence, f"chmod go= {shlex.quote(str(path))}")


def check_accounts(patient: Patient) -> Iterator[Finding]:
    """Find that pushes run as another account than the one that owns the repository."""
    foreign = left_by_others(patient)
    if foreign is None:
        return
    owner = account_name(patient.git_dir.stat().st_uid) or str(patient.git_dir.stat().st_uid)
    other = account_name(foreign.stat().st_uid) or str(foreign.stat().st_uid)
    sentence = (
        f"two accounts push here: this belongs to {other}, and the repository to {owner}; "
        "each shuts the other out"
    )
    mends = f"chown -R {shlex.quote(owner)} {shlex.quote(str(patient.git_dir))}"
    hint = f"let the front end run git as {owner}, and then: {mends}"
    yield patient.fault("two-accounts", foreign, sentence, hint)


def left_by_others(patient: Patient) -> Path | None:
    """Return one file that pushes made and that does not belong to the repository's owner; none if there is none."""
    owner = patient.git_dir.stat().st_uid
    for path in islice(_made_by_pushes(patient.git_dir), _MOST_FILES):
        with suppress(FileNotFoundError):  # a push that ends meanwhile takes its own away
            if path.lstat().st_uid not in (0, owner):  # what root ran is another fault, wrong-owner
                return path
    return None


def _made_by_pushes(git_dir: Path) -> Iterator[Path]:
    for pattern in (
        "gitcorpus/*.sock",
        "gitcorpus/*.db",
        "gitcorpus/tickets/*",
        "objects/??",
        "objects/pack/*",
        "objects/??/*",
        "refs/**/*",
        "logs/refs/**/*",
    ):
        yield from git_dir.glob(pattern)


def check_space(patient: Patient) -> Iterator[Finding]:
    """Find a disk that is nearly full: a ledger that cannot be written refuses every push."""
    hint = "make room, or move the repository"
    free = shutil.disk_usage(patient.git_dir).free
    if free < LEAST_SPACE:
        sentence = f"{free // (1 << 20)} MiB are left on its disk"
        yield patient.fault("disk-nearly-full", patient.git_dir, sentence, hint)
    disk = os.statvfs(patient.git_dir)
    if disk.f_files and disk.f_favail < LEAST_FILES:
        sentence = f"room for {disk.f_favail} files is left on its disk"
        yield patient.fault("disk-nearly-full", patient.git_dir, sentence, hint)


def check_leftovers(patient: Patient) -> Iterator[Finding]:
    """Find what killed pushes left behind."""
    oldest = (patient.now - LEFT_BEHIND).timestamp()
    folders = [*patient.git_dir.glob("objects/tmp_objdir-*"), *patient.git_dir.glob("objects/incoming-*")]
    for folder in sorted(folders):
        if folder.stat().st_mtime < oldest:
            sentence = "a push that was killed left this more than a day ago"
            yield patient.note("quarantine-left", folder, sentence, patient.git("gc") + ", or remove it")
