"""Which commit last changed a path, as seen from any commit, without walking there.

Every commit lies on one chain of first parents. A path's changes are kept by chain, in the order of the chain, so the
last one at or below a commit is found by bisection; a chain begins where it left another one, and there the search
goes on. Source: `git blame` follows the first parent that has the same blob at the path, which is the first parent
unless the commit changed the path.
"""

from bisect import bisect_right
from collections.abc import Container, Iterable
from typing import NamedTuple, Protocol

from gitcorpus.git.attribution.log import Logged


class Spot(NamedTuple):
    """Where a commit lies: its chain, and how many commits of it lie below."""

    chain: int
    position: int


class Touches(NamedTuple):
    """The changes of one path on one chain, in the order of the chain."""

    positions: list[int]
    changes: list[bytes]


class Change(NamedTuple):
    """The last change of a path."""

    commit: bytes
    said: bytes
    """See `gitcorpus.git.attribution.log`."""


class Chain:
    """Commits, oldest first, each but the first the first parent of the next."""

    __slots__ = ("base", "length")

    def __init__(self, base: bytes | None, length: int = 0) -> None:
        self.base = base
        self.length = length


class Past(Protocol):
    """What was known before, from where it is kept."""

    def chains(self) -> list[Chain]:
        """Return all chains, in the order of their numbers."""
        ...

    def commit(self, oid: bytes) -> tuple[Spot, tuple[bytes, ...]] | None:
        """Return where a commit lies, and its parents; none if it is not known."""
        ...

    def commit_at(self, spot: Spot) -> bytes:
        """Return which commit lies somewhere."""
        ...

    def touches(self, path: bytes) -> dict[int, Touches]:
        """Return the changes of a path, by chain."""
        ...


class Fresh(NamedTuple):
    """What was taken in since the past."""

    commits: list[tuple[bytes, Spot]]
    touches: dict[tuple[bytes, int], Touches]
    """By path and chain."""


class History:
    """The commits that are known, and what they changed; what is past is looked up when it is needed."""

    def __init__(self, past: Past) -> None:
        self._past = past
        self.chains = past.chains()
        self.fresh = Fresh([], {})
        self.changed: dict[bytes, tuple[bytes, ...]] = {}
        """The paths that each fresh commit changed."""
        self._spots: dict[bytes, Spot] = {}
        self._parents: dict[bytes, tuple[bytes, ...]] = {}
        self._at: dict[Spot, bytes] = {}
        self._touched: dict[bytes, dict[int, Touches]] = {}

    def spot(self, commit: bytes) -> Spot | None:
        """Return where a commit lies; none if it is not known."""
        found = self._spots.get(commit)
        if found is None and (past := self._past.commit(commit)) is not None:
            found, self._parents[commit] = past
            self._spots[commit] = found
        return found

    def parents(self, commit: bytes) -> tuple[bytes, ...]:
        """Return the parents of a commit that is known."""
        self.spot(commit)
        return self._parents[commit]

    def commit_at(self, spot: Spot) -> bytes:
        """Return which commit lies somewhere."""
        found = self._at.get(spot)
        if found is None:
            found = self._at[spot] = self._past.commit_at(spot)
        return found

    def touches(self, path: bytes) -> dict[int, Touches]:
        """Return the changes of a path, by chain."""
        found = self._touched.get(path)
        if found is None:
            found = self._touched[path] = self._past.touches(path)
        return found

    def extend(self, logged: Iterable[Logged]) -> None:
        """Take commits in, children before parents; all parents are known or among them, or cut off.

        Where clocks went backwards, git tells commits again that were to be left out.
        """
        new = {each.commit: each for each in logged if self.spot(each.commit) is None}
        begin = len(self.fresh.commits)
        for commit, each in new.items():
            self._parents[commit] = each.parents
        for commit in new:
            if commit not in self._spots:
                self._place(commit, new)
        for commit, spot in self.fresh.commits[begin:]:
            changes = new[commit].changes
            self.changed[commit] = tuple(path for path, _ in changes)
            for path, said in changes:
                self._touch(path, spot, said)

    def _place(self, commit: bytes, new: Container[bytes]) -> None:
        """Lay a commit and its first parents on a chain, down to where another one is reached."""
        run: list[bytes] = []
        at: bytes | None = commit
        while at is not None and at in new and at not in self._spots:
            run.append(at)
            parents = self._parents[at]
            at = parents[0] if parents else None
        number = self._chain_on(at)
        chain = self.chains[number]
        for each in reversed(run):
            spot = Spot(number, chain.length)
            chain.length += 1
            self._spots[each], self._at[spot] = spot, each
            self.fresh.commits.append((each, spot))

    def _chain_on(self, base: bytes | None) -> int:
        """Return the chain whose last commit this is, or a new one that leaves there."""
        spot = self.spot(base) if base is not None else None
        if spot is not None and spot.position == self.chains[spot.chain].length - 1:
            return spot.chain
        self.chains.append(Chain(base if spot is not None else None))
        return len(self.chains) - 1

    def _touch(self, path: bytes, spot: Spot, said: bytes) -> None:
        key = path, spot.chain
        fresh = self.fresh.touches.get(key)
        if fresh is None:
            fresh = self.fresh.touches[key] = Touches([], [])
        fresh.positions.append(spot.position)
        fresh.changes.append(said)
        chains = self.touches(path)
        known = chains.get(spot.chain)
        if known is None:
            chains[spot.chain] = fresh
        elif known is not fresh:
            known.positions.append(spot.position)
            known.changes.append(said)

    def last_change(self, commit: bytes, path: bytes) -> Change | None:
        """Return the last change of a path along first parents at or before a commit; none if there is none."""
        chains = self.touches(path)
        at: bytes | None = commit
        while at is not None and (spot := self.spot(at)) is not None:
            touches = chains.get(spot.chain)
            if touches is not None:
                index = bisect_right(touches.positions, spot.position) - 1
                if index >= 0:
                    changed = Spot(spot.chain, touches.positions[index])
                    return Change(self.commit_at(changed), touches.changes[index])
            at = self.chains[spot.chain].base
        return None
