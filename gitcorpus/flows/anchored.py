"""Names the ledger's newest entry in `refs/gitcorpus/ledger-head`, where clones see it, and compares the two.

It is written once a push has been answered, and by whoever comes next if that fails. What it names must be in the
ledger: one that is not goes on nowhere, so a ledger that was put back to an earlier day shows in every clone.
"""

import shlex
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Final

from gitcorpus.errors import GitcorpusError
from gitcorpus.git.anchors import REF, Anchor, anchor_oid, read_anchor, write_anchor
from gitcorpus.git.repo import Repo
from gitcorpus.ledger import Ledger
from gitcorpus.ledger.head import Head
from gitcorpus.model.entry import Entry
from gitcorpus.model.finding import Finding, Severity
from gitcorpus.model.place import Oid, Place

_KNOWN: Final = "gitcorpus/ledger-anchor"
"""What was written last: `DIGEST COMMIT`. It may be deleted: then the whole ledger is asked."""


def anchor(git_dir: Path) -> bool:
    """Let the reference name the ledger's newest entry; tell whether it does.

    Nothing that waits for a push depends on it, so that nothing goes wrong here refuses one.
    """
    with suppress(GitcorpusError, OSError):
        ledger = Ledger.of(git_dir)
        if not ledger.is_installed:
            return False
        for _ in range(2):  # what came while it was written
            head = ledger.head()
            if head is None or not _write(git_dir, ledger, head):
                return False
            if ledger.head() == head:
                return True
    return False


def _write(git_dir: Path, ledger: Ledger, head: Head) -> bool:
    there = anchor_oid(git_dir)
    digest, _, commit = _known(git_dir).partition(" ")
    if there is not None and commit == there and digest == head.digest:
        return True
    is_held = commit == there and ledger.ends_with(digest)
    if there is not None and not is_held and lost_since(git_dir, ledger) is not None:
        return False
    seconds = int(datetime.fromisoformat(head.appended_at).timestamp())
    oid = write_anchor(git_dir, Anchor(*head), seconds)
    if oid is None:
        return False
    part = git_dir / f"{_KNOWN}.part"
    part.write_text(f"{head.digest} {oid}", encoding="ascii")
    part.replace(git_dir / _KNOWN)
    return True


def _known(git_dir: Path) -> str:
    try:
        return (git_dir / _KNOWN).read_text(encoding="ascii")
    except (OSError, ValueError):
        return ""


def lost_since(git_dir: Path, ledger: Ledger) -> Anchor | None:
    """Return what the reference names and the ledger does not hold, nor says openly that it was lost.

    Raises:
        UnjudgedError: ledger-broken, ledger-lost or ledger-unreadable.
    """
    repo = Repo.open(git_dir)
    named, oid = read_anchor(repo), repo.ref(REF)
    if named is None or oid is None:
        return None
    found = any(entry.digest == named.digest or _goes_on_from(entry, oid) for entry in ledger.entries())
    return None if found else named


def _goes_on_from(entry: Entry, oid: Oid) -> bool:
    begins = entry.body.get("begins")
    return isinstance(begins, dict) and begins.get("anchor") == oid


def ledger_findings(git_dir: Path) -> tuple[int, tuple[Finding, ...]]:
    """Return how many entries a ledger has, and every fault of it, by its own files and by the reference.

    Raises:
        UnjudgedError: ledger-unreadable.
    """
    count, findings = Ledger.of(git_dir).verify()
    if any(finding.blocks for finding in findings):
        return count, findings  # the reference explains nothing more
    return count, (*findings, *_anchor_findings(git_dir))


def lost_entries(git_dir: Path) -> bool:
    """Tell whether a ledger is not whole.

    Raises:
        UnjudgedError: ledger-unreadable.
    """
    return any(finding.blocks for finding in ledger_findings(git_dir)[1])


def _anchor_findings(git_dir: Path) -> Iterator[Finding]:
    ledger, place = Ledger.of(git_dir), Place(path=REF)
    lost = lost_since(git_dir, ledger)
    if lost is not None:
        sentence = f"it names entry {lost.number}, {lost.digest[:19]}, which is not in the ledger"
        yield Finding(code="ledger-lost", place=place, sentence=sentence, hint=ledger.way_out)
    elif anchor_oid(git_dir) is None and ledger.exists and ledger.is_installed:
        sentence = "clones cannot check the ledger yet: the reference comes with the next push"
        hint = f"gitcorpus server reconcile {shlex.quote(str(git_dir))}"
        yield Finding(
            code="ledger-unanchored", place=place, sentence=sentence, hint=hint, severity=Severity.WARN
        )
