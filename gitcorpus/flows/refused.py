"""Keeps refused pushes, where the server wants that: what a gate refused is what the accepted push is better than.

Only what no secret was found in is kept, and only if a gate looked for some. Each is kept below a name that clients
neither see nor push to, for a number of days; one that a release is made of stays, so that it can be built again.
"""

from collections.abc import Iterator
from contextlib import suppress
from datetime import date, datetime, timedelta
from typing import Final

from gitcorpus.catalog.refused import KEPT
from gitcorpus.errors import GitcorpusError
from gitcorpus.flows.policy import Policy
from gitcorpus.flows.push import declarations_of
from gitcorpus.git.kept import hold, keep_objects, let_go
from gitcorpus.git.repo import Repo
from gitcorpus.ledger import Ledger
from gitcorpus.model.entry import Entry, EntryKind
from gitcorpus.model.push import Push
from gitcorpus.model.secret import Vault
from gitcorpus.model.server import Server
from gitcorpus.model.verdict import GateState, Outcome, Verdict

_NEEDED: Final = frozenset({"objects", "paths", "secrets"})
"""What must have found nothing: whatever else is wrong is what the pair is to show."""


def keep_refused(  # noqa: PLR0913 - everything that decides
    push: Push,
    verdict: Verdict,
    entry: Entry | None,
    *,
    repo: Repo,
    server: Server,
    policy: Policy,
    vault: Vault,
    now: datetime,
) -> bool:
    """Keep a refused push if the server wants it and it may be kept; return whether it is.

    Raises:
        OSError: what the disk says.
        UnjudgedError: git-failed.
    """
    if not server.refused_days or entry is None or push.quarantine is None or vault.exposures:
        return False
    if verdict.outcome is not Outcome.REFUSED or not verdict.tips or not _looked(verdict, policy):
        return False
    keep_objects(repo, push.quarantine)
    for number, tip in enumerate(verdict.tips):
        suffix = f"-{number}" if number else ""
        hold(repo, f"{KEPT}{now.date().isoformat()}/{entry.short}{suffix}", tip)
    return True


def _looked(verdict: Verdict, policy: Policy) -> bool:
    """Tell whether the gates that must find nothing have judged, and found nothing."""
    uses = {each.id: each.uses for each in declarations_of(policy)}
    passed = {uses.get(each.gate) for each in verdict.results if each.state is GateState.PASSED}
    failed = {uses.get(each.gate) for each in verdict.results if each.state is not GateState.PASSED}
    return passed >= _NEEDED and not failed & _NEEDED


def kept_refs(repo: Repo) -> Iterator[tuple[str, date]]:
    """Yield the references of kept pushes with the days on which they were refused."""
    for name, _ in repo.refs():
        if name.startswith(KEPT):
            with suppress(ValueError):
                yield name, date.fromisoformat(name.removeprefix(KEPT).partition("/")[0])


def expire_refused(repo: Repo, days: int, now: datetime) -> list[str]:
    """Let go of what was kept for longer than some days and stands in no release; return which.

    Raises:
        UnjudgedError: git-failed, ledger-broken or ledger-unreadable.
    """
    old = [name for name, day in kept_refs(repo) if day < now.date() - timedelta(days=days)]
    used = _used(repo) if old else frozenset()
    gone = [name for name in old if name.rpartition("/")[2].partition("-")[0] not in used]
    for name in gone:
        let_go(repo, name)
    return gone


def _used(repo: Repo) -> frozenset[str]:
    found: set[str] = set()
    for entry in Ledger.of(repo.path).entries():
        named = entry.body.get("refused") if entry.kind is EntryKind.RELEASE else None
        found |= {str(each) for each in named} if isinstance(named, list) else set()
    return frozenset(found)


def sweep(repo: Repo, server: Server, now: datetime) -> None:
    """Let go of what is too old, without a word if that fails: the next push tries again."""
    with suppress(GitcorpusError):
        expire_refused(repo, server.refused_days, now)
