"""The index that git names to its hooks."""

import os
from pathlib import Path

from gitcorpus.git.worktree import WorkTree


def named_index(work: WorkTree | None) -> Path | None:
    """Return the index that git names to its hooks: for `git commit FILE` it is not the work tree's own."""
    named = Path.cwd() / os.environ.get("GIT_INDEX_FILE", "")
    if work is None or not named.is_file():
        return None
    return named if named.resolve().is_relative_to(work.git_dir) else None
