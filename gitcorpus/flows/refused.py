"""Keeps refused pushes, where the server wants that: what a gate refused is what the accepted push is better than.

Only what no secret was found in is kept, and only if a gate looked for some. Each is set aside, where no client comes
to it, for a number of days; one that a release is made of stays, so that it can be built again.
"""

from contextlib import suppress
from datetime import date, datetime, timedelta
from typing import Final

from gitcorpus.catalog.refused import KEPT, kept_store, with_kept
from gitcorpus.errors import GitcorpusError
from gitcorpus.flows.policy import Policy
from gitcorpus.flows.push import declarations_of
from gitcorpus.git.aside import (
    REFUSED,
    drop_leans,
    locked_aside,
    pack_anew,
    read_holdings,
    set_aside,
    write_holding,
)
from gitcorpus.git.references import move_reference
from gitcorpus.git.repo import Repo
from gitcorpus.ledger import Ledger
from gitcorpus.model.entry import Entry, EntryKind
from gitcorpus.model.place import ZERO_OID
from gitcorpus.model.push import Push, RefUpdate
from gitcorpus.model.secret import Vault
from gitcorpus.model.server import Server
from gitcorpus.model.verdict import GateState, Outcome, Verdict

_MOST_PACKS: Final = 50
"""Packs of kept pushes, one each, before they are put into one."""
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
    with locked_aside(repo.path):
        holding = set_aside(repo, kept_store(repo), verdict.tips)
        write_holding(repo.path / REFUSED / now.date().isoformat() / entry.short, holding)
    return True


def _looked(verdict: Verdict, policy: Policy) -> bool:
    """Tell whether the gates that must find nothing have judged, and found nothing."""
    uses = {each.id: each.uses for each in declarations_of(policy)}
    passed = {uses.get(each.gate) for each in verdict.results if each.state is GateState.PASSED}
    failed = {uses.get(each.gate) for each in verdict.results if each.state is not GateState.PASSED}
    return passed >= _NEEDED and not failed & _NEEDED


def kept_pushes(repo: Repo) -> dict[str, date]:
    """Return the kept pushes, by the short names of the entries that refused them, with the days of that."""
    older = [name.removeprefix(KEPT) for name, _ in repo.refs() if name.startswith(KEPT)]
    names = [*older, *(f"{path.parent.name}/{path.name}" for path in read_holdings(repo.path / REFUSED))]
    found = {}
    for name in sorted(names):
        day, _, entry = name.partition("/")
        with suppress(ValueError):
            found[entry] = date.fromisoformat(day)
    return found


def expire_refused(repo: Repo, days: int, now: datetime) -> list[str]:
    """Let go of what was kept for longer than some days and stands in no release; return which.

    What an older gitcorpus kept in the repository's own store is set aside, in one step a push.

    Raises:
        OSError: what the disk says.
        UnjudgedError: git-failed, lock-held, ledger-broken or ledger-unreadable.
    """
    with locked_aside(repo.path):
        _move_over(repo)
        last = now.date() - timedelta(days=days)
        old = [name for name, day in kept_pushes(repo).items() if day < last]
        used = _used(repo) if old else frozenset()
        gone = [name for name in old if name.partition("-")[0] not in used]
        folder = repo.path / REFUSED
        for name in gone:
            for path in folder.glob(f"????-??-??/{name}"):
                path.unlink()
        left = read_holdings(folder)
        if gone or _packs(repo) > _MOST_PACKS:
            pack_anew(with_kept(repo), kept_store(repo), left.values())
            drop_leans(repo)
    return gone


def _move_over(repo: Repo) -> None:
    for name, tip in repo.refs():
        if name.startswith(KEPT):
            holding = set_aside(repo, kept_store(repo), [tip])
            write_holding(repo.path / REFUSED / name.removeprefix(KEPT), holding)
            move_reference(repo, RefUpdate(ref=name, old=tip, new=ZERO_OID), why="set aside")


def _packs(repo: Repo) -> int:
    return sum(1 for _ in (kept_store(repo) / "pack").glob("*.pack"))


def _used(repo: Repo) -> frozenset[str]:
    found: set[str] = set()
    for entry in Ledger.of(repo.path).entries():
        named = entry.body.get("refused") if entry.kind is EntryKind.RELEASE else None
        found |= {str(each) for each in named} if isinstance(named, list) else set()
    return frozenset(found)


def sweep(repo: Repo, server: Server, now: datetime) -> None:
    """Let go of what is too old, without a word if that fails: the next push tries again."""
    with suppress(GitcorpusError, OSError):
        expire_refused(repo, server.refused_days, now)
