"""The attribution of some files of one commit, in one call."""

from collections.abc import Callable, Sequence
from pathlib import Path

from gitcorpus.git.attribution.attributor import Attributor
from gitcorpus.git.attribution.blame import DEFAULT, Extent, blame_files
from gitcorpus.git.repo import Repo
from gitcorpus.git.snapshot import no_such_path
from gitcorpus.model.attribution import Attribution
from gitcorpus.model.place import Oid
from gitcorpus.model.tree import GITLINK


def attribute(  # noqa: PLR0913 - what is asked, and how
    repo: Repo,
    commit: Oid,
    paths: Sequence[str],
    *,
    extent: Extent = DEFAULT,
    keep: Path | None = None,
    progress: Callable[[int], None] | None = None,
) -> dict[str, Attribution]:
    """Return, for each path as of a commit, where all of its lines came from; an empty file has no runs.

    What an extent asks for beyond git's defaults is asked of `git blame` itself, file by file: of all files if lines
    may have been moved, otherwise of those whose lines come through an ignored commit. Where history was cut off,
    lines end at the commits that are left. `progress` is called in this thread with how many files are done.

    Raises:
        GitcorpusError: no-such-path, if the commit has no file at one of the paths.
        UnjudgedError: git-missing or git-failed.
    """
    wanted = sorted(set(paths))
    _refuse_unknown(repo, commit, wanted)
    with Attributor(repo, keep=keep) as attributor:
        if extent.moved:
            return blame_files(attributor.stores, commit, wanted, extent, progress=progress)
        found = dict(attributor.files(commit, wanted, progress=progress))
        attributor.keep()
        if extent.ignored:
            through = attributor.through(commit, wanted, frozenset(extent.ignored))
            found |= blame_files(attributor.stores, commit, through, extent)
    return found


def _refuse_unknown(repo: Repo, commit: Oid, paths: Sequence[str]) -> None:
    snapshot = repo.snapshot(commit)
    for path in paths:
        entry = snapshot.entry(path)
        if entry is None or entry.mode == GITLINK:
            raise no_such_path(path, commit)
