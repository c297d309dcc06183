"""The steps of stepwise solutions, and the pairs of before and after between them.

A step is a commit that a trailer `Step:` labels, or a tag `step/<task>/<n>`, or a tag `accepted/...`. Only commits that
the released tag holds are looked at.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Final

from gitcorpus.git.changes import changes as changes_between
from gitcorpus.git.changes import is_ancestor
from gitcorpus.git.repo import Repo
from gitcorpus.model.place import Oid
from gitcorpus.model.record import Solution
from gitcorpus.model.steps import KINDS, STEP, FileChange, Pair, Rewrite, Step, Touched, word_of
from gitcorpus.model.tree import Change, Commit
from gitcorpus.spec.globs import matches

ACCEPTED: Final = "accepted"
_STEP: Final = "step/"
_ACCEPTED: Final = f"{ACCEPTED}/"
Mark = tuple[str, Oid]
"""A tag's name, and its commit."""


def marks_at(repo: Repo, commit: Oid, glob: str = "", *, labels: bool = True) -> tuple[Mark, ...]:
    """Return the tags that say something of a commit's history, sorted by name.

    Args:
        repo: the repository.
        commit: the one whose history is meant.
        glob: names of tags that select commits, besides.
        labels: whether those that label steps are wanted.
    """
    named = (
        tag
        for tag in repo.tags()
        if (labels and tag.name.startswith((_STEP, _ACCEPTED))) or (glob and matches(glob, tag.name))
    )
    return tuple((tag.name, tag.commit) for tag in named if is_ancestor(repo, tag.commit, commit))


def labels_of(marks: Iterable[Mark], commits: Mapping[Oid, Commit]) -> dict[Oid, list[tuple[str, str]]]:
    """Return, for commits that tags mark, the task that a mark is for, or none for any, and the label."""
    found: dict[Oid, list[tuple[str, str]]] = {}
    for name, commit in marks:
        if commit not in commits:
            continue
        task, _, label = name.removeprefix(_STEP).partition("/")
        if name.startswith(_STEP) and label:
            found.setdefault(commit, []).append((task, label))
        elif name.startswith(_ACCEPTED):
            found.setdefault(commit, []).append(("", ACCEPTED))
    return found


def steps_of(
    solution: Solution, touched: Sequence[Touched], marks: Mapping[Oid, Sequence[tuple[str, str]]]
) -> tuple[Step, ...]:
    """Return the steps of a solution, oldest first."""
    found: list[Step] = []
    for each in touched:
        label = _label(solution, each.commit, marks)
        if label:
            found.append(Step(solution.root, len(found) + 1, label, each))
    return tuple(found)


def _label(solution: Solution, commit: Commit, marks: Mapping[Oid, Sequence[tuple[str, str]]]) -> str:
    tasks = commit.trailer("Task")
    if not tasks or solution.task in tasks:
        said = commit.trailer("Step")
        if said:
            return said[0]
    marked = [label for task, label in marks.get(commit.oid, ()) if task in ("", solution.task)]
    return next((label for label in marked if label != ACCEPTED), marked[0] if marked else "")


def pairs_of(repo: Repo, steps: Sequence[Step]) -> Iterator[Pair]:
    """Yield a pair for each two steps that follow each other and differ."""
    for before, after in pairwise(steps):
        old, new = before.touched.commit, after.touched.commit
        labels = word_of(before.label), word_of(after.label)
        pair = Pair(
            kind=KINDS.get(labels, STEP),
            root=before.root,
            before=old.oid,
            after=new.oid,
            before_step=before.label,
            after_step=after.label,
            changes=changes_within(repo, old.oid, new.oid, before.root),
            cwe=_trailers("CWE", new, old),
            rules=_trailers("Rule", new, old),
        )
        if pair.changes:
            yield pair


def _trailers(name: str, *commits: Commit) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value for commit in commits for value in commit.trailer(name)))


def changes_within(repo: Repo, old: Oid, new: Oid, root: str) -> tuple[Change, ...]:
    """Return what differs between two commits in one folder."""
    found = changes_between(repo, old, new)
    return tuple(change for change in found if change.path.startswith(f"{root}/"))


def rewrites_of(pairs: Iterable[Pair]) -> Iterator[Rewrite]:
    """Yield each file that both sides of a pair have."""
    for pair in pairs:
        for change in pair.changes:
            if change.old is not None and change.new is not None:
                yield Rewrite(pair, change)


def file_changes_of(touched: Mapping[str, Sequence[Touched]]) -> Iterator[FileChange]:
    """Yield each file of a solution that each commit changed; merges are left out."""
    for root, found in sorted(touched.items()):
        for each in found:
            if len(each.commit.parents) < 2:  # noqa: PLR2004 - one parent or none
                yield from (FileChange(root, each, change) for change in each.changes)
