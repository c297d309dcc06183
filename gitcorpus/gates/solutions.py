"""Solutions as gates judge them: which of them a push concerns, what is in them, and what a run of them is given."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from gitcorpus.canon import digest_value
from gitcorpus.errors import UnjudgedError
from gitcorpus.gates.base import Candidate, Facts
from gitcorpus.git.repo import Snapshot
from gitcorpus.model.corpus import Role
from gitcorpus.model.declaration import Declaration
from gitcorpus.model.language import language_of
from gitcorpus.model.place import Digest, Oid
from gitcorpus.model.tree import EXECUTABLE, TreeEntry
from gitcorpus.sandbox import GivenFile
from gitcorpus.spec.globs import matches
from gitcorpus.spec.layout import LayoutMatcher, Located

MOST_BYTES: Final = 256 << 20
"""Most bytes of files that one run is given."""


@dataclass(frozen=True)
class Solution:
    """The regular files of one solution's folder that belong to it, each with its place in the layout."""

    root: str
    tree: Oid
    files: tuple[tuple[TreeEntry, Located], ...]

    @cached_property
    def languages(self) -> frozenset[str]:
        """The languages of its sources and tests."""
        judged = (located for _, located in self.files if located.role in (Role.SOURCE, Role.TEST))
        return frozenset(located.language for located in judged if located.language)

    @cached_property
    def names(self) -> frozenset[str]:
        """The paths of its files within it."""
        return frozenset(located.inner for _, located in self.files)

    def of(self, *roles: Role) -> Iterator[tuple[TreeEntry, Located]]:
        """Yield the files in some roles."""
        return ((entry, located) for entry, located in self.files if located.role in roles)

    @cached_property
    def shape(self) -> Digest:
        """A digest of what the layout makes of its files: other specs may give them other roles."""
        said = [[ascii(each.inner), each.role.value, each.language] for _, each in self.files]
        return digest_value([ascii(self.root), *said])


def solution_at(snapshot: Snapshot, matcher: LayoutMatcher, root: str) -> Solution | None:
    """Return the solution in a folder; none if there is nothing of one."""
    tree = snapshot.subtree(root)
    if tree is None:
        return None
    located = ((entry, matcher.locate(entry.path)) for entry in snapshot.entries(root) if entry.is_regular)
    files = tuple((entry, each) for entry, each in located if isinstance(each, Located) and each.root == root)
    return Solution(root, tree, files) if files else None


def solutions_of(candidate: Candidate, declaration: Declaration) -> Iterator[Solution]:
    """Yield the solutions that a gate judges: those that the push touches, and all others where it lands for good."""
    snapshot, matcher = candidate.snapshot, candidate.matcher
    if snapshot is None or matcher is None:
        return
    roots = candidate.only if candidate.only is not None else _roots(candidate, declaration, matcher)
    found = (solution_at(snapshot, matcher, root) for root in roots)
    yield from (solution for solution in found if solution is not None)


def has_changed(candidate: Candidate, declaration: Declaration, changed: Sequence[str]) -> bool:
    """Tell whether a push changes a solution that a gate judges, or a file that each of its runs is given.

    Args:
        candidate: with the files that the declaration names by path and language.
        declaration: the gate.
        changed: all paths that the push changes; a fixture in another language may make a test fail.
    """
    snapshot, matcher = candidate.snapshot, candidate.matcher
    if snapshot is None or matcher is None:
        return False
    if not _asks_all(candidate, declaration):
        return any(snapshot.subtree(root) is not None for root in touched_roots(candidate))
    also = declaration.parameters.get("also")
    patterns = [str(pattern) for pattern in also] if isinstance(also, list) else []
    if any(matches(pattern, path) for pattern in patterns for path in changed):
        return True
    entries = (entry for root in _roots_of(changed, matcher) for entry in snapshot.entries(root))
    return any(_is_named(entry.path, candidate, declaration) for entry in entries)


def touched_roots(candidate: Candidate) -> tuple[str, ...]:
    """Return the folders of the solutions in which the push changes something."""
    paths = (*(entry.path for entry in candidate.files), *candidate.deleted)
    return _roots_of(paths, candidate.matcher) if candidate.matcher else ()


def _roots(candidate: Candidate, declaration: Declaration, matcher: LayoutMatcher) -> tuple[str, ...]:
    if not _asks_all(candidate, declaration) or candidate.snapshot is None:
        return touched_roots(candidate)
    key = ("roots", candidate.snapshot.commit, declaration.paths, declaration.languages)
    return candidate.memo.once(key, lambda: _all_roots(candidate, declaration, matcher))


def _asks_all(candidate: Candidate, declaration: Declaration) -> bool:
    """Tell whether solutions that the push leaves alone are judged too."""
    return candidate.whole and declaration.parameters.get("solutions", "all") == "all"


def _all_roots(candidate: Candidate, declaration: Declaration, matcher: LayoutMatcher) -> tuple[str, ...]:
    entries = candidate.snapshot.entries(limit=candidate.most_entries) if candidate.snapshot else ()
    named = (entry.path for entry in entries if _is_named(entry.path, candidate, declaration))
    return _roots_of(named, matcher)


def _roots_of(paths: Iterable[str], matcher: LayoutMatcher) -> tuple[str, ...]:
    located = (matcher.locate(path) for path in paths)
    return tuple(sorted({each.root for each in located if isinstance(each, Located)}))


def _is_named(path: str, candidate: Candidate, declaration: Declaration) -> bool:
    """Tell whether a declaration's paths and languages name a file."""
    added = candidate.spec.corpus.layout.languages if candidate.spec else {}
    by_path = not declaration.paths or any(matches(pattern, path) for pattern in declaration.paths)
    return by_path and (not declaration.languages or language_of(path, added) in declaration.languages)


def beside(candidate: Candidate, declaration: Declaration) -> tuple[TreeEntry, ...]:
    """Return the regular files outside solutions that the declaration's `also` gives to every run."""
    patterns = declaration.parameters.get("also")
    if not isinstance(patterns, list) or candidate.snapshot is None or candidate.matcher is None:
        return ()
    matcher = candidate.matcher
    named = (
        entry
        for entry in candidate.snapshot.entries(limit=candidate.most_entries)
        if entry.is_regular and any(matches(str(pattern), entry.path) for pattern in patterns)
    )
    return tuple(entry for entry in named if not isinstance(matcher.locate(entry.path), Located))


def subjects_of(
    candidate: Candidate, declaration: Declaration, *facts: str | int | None
) -> Mapping[str, tuple[Oid, Facts]]:
    """Return the solutions that a gate judges, each with what it looks like, what is beside it, and some facts."""
    others = digest_value([[ascii(each.path), each.oid] for each in beside(candidate, declaration)])
    found = solutions_of(candidate, declaration)
    return {each.root: (each.tree, (each.root, each.shape, others, *facts)) for each in found}


def base_tree(candidate: Candidate, root: str) -> Oid | None:
    """Return the tree that a solution's folder had before the push; none if it had none."""
    return candidate.repo.snapshot(candidate.base).subtree(root) if candidate.base is not None else None


def given_files(candidate: Candidate, entries: Iterable[TreeEntry]) -> tuple[GivenFile, ...]:
    """Read files for a run.

    Raises:
        UnjudgedError: too-much-for-tool, before anything is read.
    """
    wanted = {entry.path: entry for entry in entries}
    total = sum(candidate.repo.blob_size(entry.oid) for entry in wanted.values())
    if total > MOST_BYTES:
        sentence = f"the files for one run have {total} bytes; at most {MOST_BYTES}"
        hint = "push in smaller parts, or let the gate's `files:` or `also:` name less"
        raise UnjudgedError("too-much-for-tool", sentence, hint=hint)
    return tuple(
        GivenFile(entry.path, candidate.data(entry), entry.mode == EXECUTABLE) for entry in wanted.values()
    )
