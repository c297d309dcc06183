"""Commits that a corpus wants looked through, such as those that only formatted: a file in the tree lists them."""

import re
from collections.abc import Iterator
from typing import Final

from gitcorpus.errors import GitcorpusError
from gitcorpus.git.repo import Repo
from gitcorpus.model.place import Oid

_OID: Final = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


def read_ignored(repo: Repo, commit: Oid, path: str) -> tuple[Oid, ...]:
    """Return the commits that a file of a commit's tree lists: one a line, `#` before a remark.

    Those that the repository does not have are left out. Source: `git blame --ignore-revs-file`.

    Raises:
        GitcorpusError: no-such-path; ignored-broken, if a line is no whole id of a commit.
    """
    text = repo.snapshot(commit).read(path).decode("utf-8", "replace")
    found = (repo.peel(oid) for oid in _listed(text, path))
    return tuple(dict.fromkeys(oid for oid in found if oid is not None))


def _listed(text: str, path: str) -> Iterator[Oid]:
    for number, line in enumerate(text.split("\n"), start=1):
        name = line.partition("#")[0].strip()
        if not name:
            continue
        if not _OID.fullmatch(name):
            hint = "write one whole commit id a line; # begins a remark"
            raise GitcorpusError(
                "ignored-broken", "this line is no commit id", place=f"{path}:{number}", hint=hint
            )
        yield Oid(name)
