"""What differs between two commits, and which commits a push brings.

Trees are compared by oid from the top, so that equal folders are never read, and within a budget, so that a
hostile tree ends in an answer. A rename is a deletion and an addition.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from typing import Final, NamedTuple

from gitcorpus.errors import UnjudgedError
from gitcorpus.git.borrowed import borrowed
from gitcorpus.git.history import order_commits
from gitcorpus.git.objects import Objects
from gitcorpus.git.repo import Repo
from gitcorpus.git.trees import (
    Budget,
    Folders,
    Listed,
    RawEntry,
    TreeReader,
    decode_path,
    encode_path,
    listed_entry,
    walk_tree,
)
from gitcorpus.model.place import Oid
from gitcorpus.model.tree import Change, Commit, TreeEntry

_DIFF_TREE: Final = ("diff-tree", "--stdin", "-r", "-z", "--root", "--no-renames", "--raw", "-m")
_AT_ONCE: Final = 1000
_AHEAD: Final = 4
"""Answers of git that wait to be read, at most."""


def changes(repo: Repo, old: Oid | None, new: Oid, *, limit: int = 100_000) -> tuple[Change, ...]:
    """Return what differs between the trees of two commits, by path; without `old` everything is added.

    Raises:
        UnjudgedError: tree-too-large, if more than `limit` entries of either side had to be looked at.
    """
    before = repo.commit(old).tree if old is not None else None
    found = _differences(repo.objects, before, repo.commit(new).tree, limit)
    return tuple(sorted(found, key=lambda change: encode_path(change.path)))


def unchanged(repo: Repo, old: Oid, new: Oid, *, limit: int = 100_000) -> tuple[TreeEntry, ...]:
    """Return the files that two commits have in common: at the same path, in the same mode, the same bytes.

    Raises:
        UnjudgedError: tree-too-large, if more than `limit` entries of either side had to be looked at.
    """
    found = _common(repo.objects.read_tree, repo.commit(old).tree, repo.commit(new).tree, limit)
    return tuple(sorted(found, key=lambda entry: encode_path(entry.path)))


def commit_changes(repo: Repo, commit: Commit, *, limit: int = 100_000) -> tuple[Change, ...]:
    """Return what one commit changed against its first parent; of a merge, what differs from every parent.

    Raises:
        UnjudgedError: tree-too-large, as `changes` does.
    """
    first, *others = commit.parents or (None,)
    found = changes(repo, first, commit.oid, limit=limit)
    for parent in others:
        if not found:
            break
        differing = {change.path for change in changes(repo, parent, commit.oid, limit=limit)}
        found = tuple(change for change in found if change.path in differing)
    return found


class Landed(NamedTuple):
    """A commit with what `commit_changes` says of it."""

    commit: Commit
    changes: tuple[Change, ...]


def landed_changes(repo: Repo, commits: Sequence[Commit]) -> Iterator[Landed]:
    """Return what commits changed: one git for many, without a limit, for what was judged.

    git begins at once and stays some answers ahead, while others work; the iterator raises what it says.

    Raises:
        UnjudgedError: git-missing or git-failed.
    """
    batches = [commits[start : start + _AT_ONCE] for start in range(0, len(commits), _AT_ONCE)]
    thread = ThreadPoolExecutor(1)
    asked = deque(thread.submit(_ask, repo, batch) for batch in batches[:_AHEAD])
    return _landed(repo, batches, asked, thread)


def _ask(repo: Repo, batch: Sequence[Commit]) -> bytes:
    with borrowed(repo.stores) as git:
        return git.run(*_DIFF_TREE, stdin="".join(f"{each.oid}\n" for each in batch).encode())


def _landed(
    repo: Repo, batches: Sequence[Sequence[Commit]], asked: deque[Future[bytes]], thread: Executor
) -> Iterator[Landed]:
    for number, batch in enumerate(batches, start=_AHEAD):
        said = asked.popleft().result()
        if number < len(batches):
            asked.append(thread.submit(_ask, repo, batches[number]))
        by_commit: dict[str, list[dict[bytes, Change]]] = {}
        for oid, found in _blocks(said):
            by_commit.setdefault(oid, []).append(found)
        for commit in batch:
            blocks = by_commit.get(commit.oid, [])
            whole = len(blocks) >= len(commit.parents)  # git tells nothing of a parent that has the same tree
            common = set(blocks[0]).intersection(*blocks[1:]) if blocks and whole else set()
            yield Landed(commit, tuple(blocks[0][path] for path in sorted(common)))
    thread.shutdown()


def _blocks(said: bytes) -> Iterator[tuple[str, dict[bytes, Change]]]:
    """Yield what git tells of each commit and parent: `:MODE MODE OID OID STATUS`, the path, and so on."""
    oid, found = "", dict[bytes, Change]()
    parts = iter(said.split(b"\0"))
    for part in parts:
        if not part.startswith(b":"):
            if oid:
                yield oid, found
            oid, found = part.decode(), {}
            continue
        old_mode, new_mode, old, new, _ = part[1:].decode().split(" ")
        raw = next(parts)
        path = decode_path(raw)
        found[raw] = Change(path, _entry(path, old_mode, old), _entry(path, new_mode, new))


def _entry(path: str, mode: str, oid: str) -> TreeEntry | None:
    return TreeEntry(path, int(mode, 8), Oid(oid)) if int(mode, 8) else None


def new_commits(
    repo: Repo, tip: Oid, *, beyond: Iterable[Oid] | None = None, limit: int = 10_000
) -> tuple[Commit, ...]:
    """Return the commits that the tip reaches and none of `beyond` does, oldest first.

    Without `beyond`, those that no reference of the repository reaches. The tip may be a tag; one that leads to
    no commit brings none.

    Raises:
        UnjudgedError: push-too-long, if there are more than `limit`.
    """
    commit = repo.peel(tip)
    if commit is None:
        return ()
    known = {repo.peel(oid) for oid in ({oid for _, oid in repo.refs()} if beyond is None else beyond)}
    found = repo.objects.walk(commit, (oid for oid in known if oid is not None), limit + 1)
    if len(found) > limit:
        hint = "push it in several steps, oldest commits first"
        raise UnjudgedError("push-too-long", f"the push brings more than {limit} commits", hint=hint)
    return order_commits(repo.commit(oid) for oid in found)


def is_ancestor(repo: Repo, old: Oid, new: Oid) -> bool:
    """Tell whether `old` is `new` or one of its ancestors."""
    return repo.objects.is_ancestor(old, new)


def merge_base(repo: Repo, a: Oid, b: Oid) -> Oid | None:
    """Return a best common ancestor of two commits, or none if they share no history."""
    return repo.objects.merge_base(a, b)


def _differences(objects: Objects, old: Oid | None, new: Oid, limit: int) -> Iterator[Change]:
    budgets = (Budget(limit), Budget(limit))
    folders = (Folders(objects.read_tree, budgets[0]), Folders(objects.read_tree, budgets[1]))
    pairs: list[tuple[bytes, Oid | None, Oid | None]] = [(b"", old, new)] if old != new else []
    while pairs:
        prefix, old_tree, new_tree = pairs.pop()
        large = _large(objects, old_tree, new_tree)
        if large is not None:
            budgets[0].spend(prefix, len(large[0]))
            budgets[1].spend(prefix, len(large[1]))
            named = _differing(*large)
        else:
            before, after = (
                _folder(each, tree, prefix) for each, tree in zip(folders, (old_tree, new_tree), strict=True)
            )
            named = ((name, before.get(name), after.get(name)) for name in before.keys() | after.keys())
        for name, one, other in named:
            if one == other:
                continue
            yield from _change(prefix, one, other)
            one_tree, other_tree = _tree(one), _tree(other)
            if one_tree != other_tree:
                pairs.append((prefix + name + b"/", one_tree, other_tree))


def _large(objects: Objects, old: Oid | None, new: Oid | None) -> tuple[Listed, Listed] | None:
    """Return what stands in two large folders, or none where one of them is not large."""
    if old is None or new is None:
        return None
    before, after = objects.list_large(old), objects.list_large(new)
    return (before, after) if before is not None and after is not None else None


def _differing(before: Listed, after: Listed) -> Iterator[tuple[bytes, RawEntry | None, RawEntry | None]]:
    names = [name for name, found in after.items() if before.get(name) != found]
    for name in (*names, *(before.keys() - after.keys())):
        yield name, listed_entry(before, name), listed_entry(after, name)


def _common(read_tree: TreeReader, old: Oid, new: Oid, limit: int) -> Iterator[TreeEntry]:
    if old == new:
        yield from walk_tree(read_tree, new, b"", Budget(limit))
        return
    old_folders, new_folders = Folders(read_tree, Budget(limit)), Folders(read_tree, Budget(limit))
    pairs = [(b"", old, new)]
    while pairs:
        prefix, old_tree, new_tree = pairs.pop()
        before = _folder(old_folders, old_tree, prefix)
        for name, other in _folder(new_folders, new_tree, prefix).items():
            one = before.get(name)
            if one == other and other.is_tree:
                yield from walk_tree(read_tree, other.oid, prefix + name + b"/", Budget(limit))
            elif one == other:
                yield other.at(prefix)
            elif one is not None and one.is_tree and other.is_tree:
                pairs.append((prefix + name + b"/", one.oid, other.oid))


def _folder(folders: Folders, tree: Oid | None, prefix: bytes) -> dict[bytes, RawEntry]:
    return {entry.name: entry for entry in folders.entries(tree, prefix)} if tree is not None else {}


def _change(prefix: bytes, old: RawEntry | None, new: RawEntry | None) -> Iterator[Change]:
    before = old.at(prefix) if old is not None and not old.is_tree else None
    after = new.at(prefix) if new is not None and not new.is_tree else None
    either = after or before
    if either is not None:
        yield Change(either.path, before, after)


def _tree(entry: RawEntry | None) -> Oid | None:
    return entry.oid if entry is not None and entry.is_tree else None
