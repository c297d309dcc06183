"""Reads a snapshot by the layout: which files are content, of which solution, in which role.

Nothing disappears in silence: a file that cannot become text of a record is an omission with its reason.
"""

from collections.abc import Callable, Iterator
from typing import Final

from gitcorpus.catalog.measures import Measure, Measures
from gitcorpus.catalog.texts import NoText
from gitcorpus.git.changes import is_ancestor
from gitcorpus.git.repo import Repo, Snapshot
from gitcorpus.model.place import Oid
from gitcorpus.model.record import ContentFile, Contents, Omission, Reason, Solution
from gitcorpus.model.spec import Spec
from gitcorpus.model.tree import GITLINK, SYMLINK, TreeEntry
from gitcorpus.model.view import ReleaseSpec
from gitcorpus.spec.layout import Elsewhere, LayoutMatcher, Located, Missed, matches

_MOST: Final = 50_000_000
"""Entries of a tree: it was judged long ago, and a release may be larger than any push."""


def read_contents(
    repo: Repo, snapshot: Snapshot, measures: Measures, *, spec: Spec, release: ReleaseSpec
) -> Contents:
    """Locate every file of the tree and measure what a release may take."""
    reader = _Reader(spec, release)
    for entry in snapshot.entries(limit=_MOST):
        reader.file(entry)
    reader.measure(measures)
    tagged = _tagged(repo, snapshot, release.selection.commits)
    return reader.contents(lambda root: tagged is None or snapshot.subtree(root) in tagged(root))


class _Reader:
    def __init__(self, spec: Spec, release: ReleaseSpec) -> None:
        self.matcher = LayoutMatcher(spec)
        self.release = release
        self.located: list[tuple[TreeEntry, Located]] = []
        self.files: dict[tuple[str, str, str, str], list[ContentFile]] = {}
        self.omissions: list[Omission] = []

    def file(self, entry: TreeEntry) -> None:
        located = self.matcher.locate(entry.path)
        if isinstance(located, Elsewhere):
            return
        if self.release.selection.paths and not _below(entry.path, self.release.selection.paths):
            self.leave(entry, Reason.OUTSIDE, "outside `select.paths`")
        elif not entry.is_nameable:
            self.leave(entry, Reason.NOT_UTF8, "its path is not UTF-8")
        elif entry.mode == SYMLINK:
            self.leave(entry, Reason.SYMLINK, "symlinks are not followed")
        elif entry.mode == GITLINK:
            self.leave(entry, Reason.SUBMODULE, "the content of a submodule is not in this repository")
        elif isinstance(located, Missed):
            self.leave(entry, Reason.OUTSIDE_LAYOUT, located.sentence)
        else:
            self.located.append((entry, located))

    def measure(self, measures: Measures) -> None:
        found = measures.of(entry.oid for entry, _ in self.located)
        for entry, located in self.located:
            self.content(entry, located, found[entry.oid])

    def content(self, entry: TreeEntry, located: Located, found: Measure | NoText) -> None:
        if isinstance(found, NoText):
            self.leave(entry, *found)
            return
        key = (located.unit.id, located.task.id, located.solution, located.root)
        self.files.setdefault(key, []).append(
            ContentFile(
                path=entry.path,
                unit=located.unit.id,
                task=located.task.id,
                solution=located.solution,
                root=located.root,
                role=located.role,
                language=located.language,
                blob=entry.oid,
                mode=entry.mode,
                n_bytes=found.n_bytes,
                n_lines=found.n_lines,
                pattern=located.pattern,
            )
        )

    def leave(self, entry: TreeEntry, reason: Reason, detail: str) -> None:
        self.omissions.append(Omission(view="", key=entry.path, reason=reason, detail=detail))

    def contents(self, selected: Callable[[str], bool]) -> Contents:
        solutions = []
        for (unit, task, solution, root), files in sorted(self.files.items()):
            if selected(root):
                ordered = tuple(sorted(files, key=lambda file: (file.pattern, file.path)))
                solutions.append(Solution(unit=unit, task=task, solution=solution, root=root, files=ordered))
            else:
                detail = f"no tag that `{self.release.selection.commits}` names holds it as it stands"
                self.omissions.append(Omission(view="", key=root, reason=Reason.NOT_TAGGED, detail=detail))
        return Contents(solutions=tuple(solutions), omissions=tuple(sorted(self.omissions)))


def _below(path: str, prefixes: tuple[str, ...]) -> bool:
    return any(path.startswith(prefix.rstrip("/") + "/") or path == prefix for prefix in prefixes)


def _tagged(repo: Repo, snapshot: Snapshot, glob: str) -> Callable[[str], frozenset[Oid | None]] | None:
    """Return, for a solution's folder, the trees that it has in the commits that tags of a glob name."""
    if not glob:
        return None
    trees = tuple(_tagged_snapshots(repo, snapshot, glob))
    return lambda root: frozenset(tree.subtree(root) for tree in trees) - {None}


def _tagged_snapshots(repo: Repo, snapshot: Snapshot, glob: str) -> Iterator[Snapshot]:
    for tag in repo.tags():
        if matches(glob, tag.name) and is_ancestor(repo, tag.commit, snapshot.commit):
            yield repo.snapshot(tag.commit)
