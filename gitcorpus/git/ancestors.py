"""Which commits lead to which, by the parents that they name and nothing else of them.

libgit2 walks quickly, and walks no history in which it cannot read every author line. This walks any, more slowly: see
`gitcorpus.git.objects`, which asks here where libgit2 gives up.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from gitcorpus.model.place import Oid
from gitcorpus.model.tree import Commit

Reader = Callable[[Oid], Commit]
_STEP: Final = re.compile(r"~([0-9]*)|\^([0-9]+)|\^(?!\{)|\^\{([^}]*)\}")
_FARTHEST: Final = 10


def ancestors(read: Reader, tips: Iterable[Oid], beyond: frozenset[Oid] = frozenset()) -> Iterator[Oid]:
    """Yield some commits and all that they lead to, without those in `beyond`, which is closed in that way.

    Raises:
        UnjudgedError: object-missing or object-broken.
    """
    seen = set(beyond)
    waiting = list(tips)
    while waiting:
        oid = waiting.pop()
        if oid not in seen:
            seen.add(oid)
            yield oid
            waiting.extend(read(oid).parents)


def common_ancestor(read: Reader, one: Oid, other: Oid) -> Oid | None:
    """Return a best common ancestor of two commits, the latest if there are several, or none.

    Raises:
        UnjudgedError: object-missing or object-broken.
    """
    common = set(ancestors(read, [one])) & set(ancestors(read, [other]))
    behind = {parent for oid in common for parent in read(oid).parents}
    return max(common - behind, key=lambda oid: (read(oid).committer.seconds, oid), default=None)


def follow(read: Reader, peel: Callable[[Oid], Oid | None], start: Oid, steps: str) -> Oid | None:
    """Return the commit at the end of some steps of a revision, such as `~2`, `^2` or `^{commit}`, or none.

    Raises:
        UnjudgedError: object-missing or object-broken.
    """
    at, end = peel(start), 0
    for step in _STEP.finditer(steps):
        if at is None or step.start() != end:
            return None
        end = step.end()
        back, number, kind = step.groups()
        if kind is not None:
            at = _of_kind(read, at, kind)
        elif back is not None:
            at = _back(read, at, int(back[:_FARTHEST] or 1))
        else:
            at = _parent(read, at, int((number or "1")[:_FARTHEST]))
    return at if end == len(steps) else None


def _of_kind(read: Reader, at: Oid, kind: str) -> Oid | None:
    """Return the commit itself, or with `/TEXT` the latest one behind it whose message has that."""
    if not kind.startswith("/"):
        return at if kind in ("", "commit", "object") else None
    try:
        wanted = re.compile(kind[1:])
    except re.error:
        return None
    found = (oid for oid in ancestors(read, [at]) if wanted.search(read(oid).message))
    return max(found, key=lambda oid: read(oid).committer.seconds, default=None)


def _back(read: Reader, at: Oid, generations: int) -> Oid | None:
    found: Oid | None = at
    while generations and found is not None:
        found, generations = _parent(read, found, 1), generations - 1
    return found


def _parent(read: Reader, at: Oid, number: int) -> Oid | None:
    if number == 0:
        return at
    parents = read(at).parents
    return parents[number - 1] if number <= len(parents) else None
