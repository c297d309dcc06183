"""What differs between two versions of a file, as git writes it."""

import pygit2

from gitcorpus.git.repo import Repo
from gitcorpus.model.tree import EXECUTABLE, Change, TreeEntry

_CONTEXT = 3


def unified(repo: Repo, change: Change) -> str:
    """Return a patch of one file that `git apply` takes, with three lines around each change.

    Raises:
        UnjudgedError: object-missing or object-broken.
    """
    old, new = (repo.read_blob(each.oid) if each else b"" for each in (change.old, change.new))
    made = pygit2.Patch.create_from(
        old, new, change.path, change.path, context_lines=_CONTEXT, interhunk_lines=0
    )
    text = made.text or ""
    hunks = text[text.index("\n@@ ") + 1 :] if "\n@@ " in text else ""
    return _head(change) + hunks


def _head(change: Change) -> str:
    old = f"a/{change.path}" if change.old else "/dev/null"
    new = f"b/{change.path}" if change.new else "/dev/null"
    lines = [f"diff --git a/{change.path} b/{change.path}"]
    if change.old is None and change.new is not None:
        lines.append(f"new file mode {_mode(change.new)}")
    elif change.new is None and change.old is not None:
        lines.append(f"deleted file mode {_mode(change.old)}")
    elif change.old is not None and change.new is not None and change.old.mode != change.new.mode:
        lines += [f"old mode {_mode(change.old)}", f"new mode {_mode(change.new)}"]
    return "\n".join([*lines, f"--- {old}", f"+++ {new}", ""])


def _mode(entry: TreeEntry) -> str:
    return "100755" if entry.mode == EXECUTABLE else "100644"
