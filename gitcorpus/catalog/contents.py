"""Reads a snapshot by the layout: which files are content, of which solution, in which role.

Nothing disappears in silence: a file that cannot become text of a record is an omission with its reason.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Final, NamedTuple

from gitcorpus.catalog.folders import Held, KnownFolders
from gitcorpus.catalog.measures import Measure, Measures
from gitcorpus.catalog.steps import Mark
from gitcorpus.catalog.texts import NoText
from gitcorpus.git.repo import Repo, Snapshot
from gitcorpus.model.place import Oid
from gitcorpus.model.record import ContentFile, Contents, Omission, Reason, Solution
from gitcorpus.model.spec import Spec
from gitcorpus.model.tree import GITLINK, SYMLINK, TreeEntry
from gitcorpus.model.view import ReleaseSpec, Selection
from gitcorpus.spec.layout import Elsewhere, LayoutMatcher, Located, Missed, matches

_MOST: Final = 50_000_000
"""Entries of a tree: it was judged long ago, and a release may be larger than any push."""
_FEW: Final = 200
"""Folders that are read one by one; git lists a whole tree of usual size in less time than more of them."""


class Tree(NamedTuple):
    """The tagged tree: to look something up, and to list all of it, which takes longer."""

    repo: Repo
    snapshot: Snapshot
    marks: Sequence[Mark]
    """Tags that name commits of its history."""
    entries: Callable[[], Sequence[TreeEntry]]

    def below(self, folders: Sequence[str]) -> dict[str, Sequence[TreeEntry]]:
        """Return the files of some folders: of a few one by one, otherwise from a list of all files."""
        if len(folders) < _FEW:
            return {folder: self.snapshot.entries(folder, limit=_MOST) for folder in folders}
        depth = folders[0].count("/") + 1
        found: dict[str, list[TreeEntry]] = {folder: [] for folder in folders}
        for entry in self.entries():
            folder = "/".join(entry.path.split("/", depth)[:depth])
            if folder in found and len(folder) < len(entry.path):
                found[folder].append(entry)
        return dict(found)


def read_contents(
    tree: Tree, measures: Measures, known: KnownFolders | None, *, spec: Spec, release: ReleaseSpec
) -> Contents:
    """Locate every file of the tree and measure what a release may take; what is known of folders is not read again."""
    reader = _Reader(measures, spec, release)
    if known is None or not known.depth:
        held = [reader.read(tree.entries())]
    else:
        cut = tree.snapshot.cut(known.depth, limit=_MOST)
        held = list(known.held(cut, tree.below, reader.read))
    tagged = _tagged(tree.repo, tree.marks, release.selection.commits)
    return _contents(
        held, lambda root: tagged is None or tree.snapshot.subtree(root) in tagged(root), release.selection
    )


class _Reader:
    def __init__(self, measures: Measures, spec: Spec, release: ReleaseSpec) -> None:
        self.measures = measures
        self.matcher = LayoutMatcher(spec)
        self.paths = release.selection.paths

    def read(self, entries: Iterable[TreeEntry]) -> Held:
        """Locate and measure files."""
        omissions: list[Omission] = []
        located: list[tuple[TreeEntry, Located]] = []
        for entry in entries:
            found = self.locate(entry)
            if isinstance(found, Located):
                located.append((entry, found))
            elif found is not None:
                omissions.append(found)
        measured = self.measures.of(entry.oid for entry, _ in located)
        files = []
        for entry, place in located:
            measure = measured[entry.oid]
            if isinstance(measure, NoText):
                omissions.append(_left(entry, *measure))
            else:
                files.append(_file(entry, place, measure))
        return Held(files, omissions)

    def locate(self, entry: TreeEntry) -> Located | Omission | None:
        located = self.matcher.locate(entry.path)
        if isinstance(located, Elsewhere):
            return None
        if self.paths and not _below(entry.path, self.paths):
            return _left(entry, Reason.OUTSIDE, "outside `select.paths`")
        if not entry.is_nameable:
            return _left(entry, Reason.NOT_UTF8, "its path is not UTF-8")
        if entry.mode == SYMLINK:
            return _left(entry, Reason.SYMLINK, "symlinks are not followed")
        if entry.mode == GITLINK:
            return _left(entry, Reason.SUBMODULE, "the content of a submodule is not in this repository")
        return (
            _left(entry, Reason.OUTSIDE_LAYOUT, located.sentence) if isinstance(located, Missed) else located
        )


def _left(entry: TreeEntry, reason: Reason, detail: str) -> Omission:
    return Omission(view="", key=entry.path, reason=reason, detail=detail)


def _file(entry: TreeEntry, located: Located, measure: Measure) -> ContentFile:
    return ContentFile(
        path=entry.path,
        unit=located.unit.id,
        task=located.task.id,
        solution=located.solution,
        root=located.root,
        role=located.role,
        language=located.language,
        blob=entry.oid,
        mode=entry.mode,
        n_bytes=measure.n_bytes,
        n_lines=measure.n_lines,
        pattern=located.pattern,
    )


def _contents(held: Iterable[Held], selected: Callable[[str], bool], selection: Selection) -> Contents:
    """Put files together to solutions."""
    by_solution: dict[tuple[str, str, str, str], list[ContentFile]] = {}
    omissions: list[Omission] = []
    for each in held:
        omissions += each.omissions
        for file in each.files:
            by_solution.setdefault((file.unit, file.task, file.solution, file.root), []).append(file)
    solutions = []
    for (unit, task, solution, root), files in sorted(by_solution.items()):
        if selected(root):
            ordered = tuple(sorted(files, key=lambda file: (file.pattern, file.path)))
            solutions.append(Solution(unit=unit, task=task, solution=solution, root=root, files=ordered))
        else:
            detail = f"no tag that `{selection.commits}` names holds it as it stands"
            omissions.append(Omission(view="", key=root, reason=Reason.NOT_TAGGED, detail=detail))
    return Contents(solutions=tuple(solutions), omissions=tuple(sorted(omissions)))


def _below(path: str, prefixes: tuple[str, ...]) -> bool:
    return any(path.startswith(prefix.rstrip("/") + "/") or path == prefix for prefix in prefixes)


def _tagged(repo: Repo, marks: Sequence[Mark], glob: str) -> Callable[[str], frozenset[Oid | None]] | None:
    """Return, for a solution's folder, the trees that it has in the commits that tags of a glob name."""
    if not glob:
        return None
    trees = [repo.snapshot(commit) for name, commit in marks if matches(glob, name)]
    return lambda root: frozenset(tree.subtree(root) for tree in trees) - {None}
