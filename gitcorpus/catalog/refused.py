"""Refused pushes that the server kept, each paired with the push that was accepted in its place.

A kept push is set aside: `gitcorpus/aside/refused/DAY/ENTRY` names its tips, and its objects are in a store that no
client can read; ENTRY is the ledger's entry that refused it. What was accepted in its place is the next accepted push
of the same person that left something else in the same solution.

An older gitcorpus kept them below `refs/gitcorpus/refused/`, in the repository's own store. Those still count.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from gitcorpus.catalog.steps import changes_within
from gitcorpus.git import aside
from gitcorpus.git.repo import Repo
from gitcorpus.model.entry import Entry, EntryKind
from gitcorpus.model.place import Oid
from gitcorpus.model.steps import REFUSED, Pair
from gitcorpus.model.tree import Commit

KEPT: Final = "refs/gitcorpus/refused/"
"""Where an older gitcorpus kept them."""
_MOST_REASONS: Final = 50


def kept_store(repo: Repo) -> Path:
    """Return the folder of the objects that kept pushes brought."""
    return repo.path / aside.REFUSED / "objects"


def with_kept(repo: Repo) -> Repo:
    """Return the same repository, seen with the objects of the refused pushes that it keeps."""
    store = kept_store(repo)
    return repo.beside(store) if store.is_dir() else repo


def kept_tips(repo: Repo) -> dict[str, Oid]:
    """Return the first tips of kept pushes by the short names of the entries that refused them."""
    older = {name.rpartition("/")[2]: oid for name, oid in repo.refs() if name.startswith(KEPT)}
    holdings = aside.read_holdings(repo.path / aside.REFUSED)
    return older | {path.name: each.tips[0] for path, each in holdings.items() if each.tips}


def refused_entries(repo: Repo, pairs: Iterable[Pair]) -> tuple[str, ...]:
    """Return the short names of the entries that refused the first sides of pairs."""
    tips = {pair.before for pair in pairs if pair.kind == REFUSED}
    return tuple(sorted(name for name, oid in kept_tips(repo).items() if oid in tips)) if tips else ()


def refused_pairs(
    repo: Repo, entries: Sequence[Entry], commits: Mapping[Oid, Commit], roots: Sequence[str]
) -> Iterator[Pair]:
    """Yield each solution of each refused push with what was accepted in its place, as far as the tag holds it."""
    kept = kept_tips(repo)
    for at, entry in enumerate(entries):
        tip = kept.get(entry.short)
        if tip is None or entry.kind is not EntryKind.VERDICT:
            continue
        commit = repo.commit(tip)
        base = commit.parents[0] if commit.parents else None
        refused = repo.snapshot(tip)
        before = repo.snapshot(base) if base is not None else None
        for root in roots:
            tree = refused.subtree(root)
            if tree is None or (before is not None and before.subtree(root) == tree):
                continue
            after = _accepted(repo, entries[at + 1 :], commits, entry.body.get("pusher"), (root, tree))
            if after is not None:
                yield _pair(repo, entry, tip, after, root)


def _accepted(
    repo: Repo,
    entries: Sequence[Entry],
    commits: Mapping[Oid, Commit],
    pusher: Any,
    found: tuple[str, Oid],
) -> Oid | None:
    root, tree = found
    for entry in entries:
        if entry.kind is not EntryKind.VERDICT or entry.body.get("outcome") != "accepted":
            continue
        tips = entry.body.get("tips")
        for tip in tips if isinstance(tips, list) and entry.body.get("pusher") == pusher else ():
            oid = Oid(str(tip))
            now = repo.snapshot(oid).subtree(root) if oid in commits else None
            if now is not None:
                return oid if now != tree else None
    return None


def _pair(repo: Repo, entry: Entry, before: Oid, after: Oid, root: str) -> Pair:
    findings = [
        found
        for gate in _list(entry.body.get("gates"))
        for found in _list(gate.get("findings"))
        if found.get("severity") == "block" and not found.get("waived_by")
    ]
    here = [found for found in findings if str(found.get("path", "")).startswith(f"{root}/")] or findings
    return Pair(
        kind=REFUSED,
        root=root,
        before=before,
        after=after,
        before_step="refused",
        after_step="accepted",
        changes=changes_within(repo, before, after, root),
        rules=tuple(sorted({str(found.get("code")) for found in here})),
        reasons=tuple(_reason(found) for found in here[:_MOST_REASONS]),
    )


def _reason(found: Mapping[str, Any]) -> str:
    line = f":{found['line']}" if found.get("line") else ""
    return f"{found.get('path')}{line} {found.get('code')}: {found.get('sentence')}"


def _list(value: Any) -> list[dict[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []
