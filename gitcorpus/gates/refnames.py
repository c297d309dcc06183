"""What a new branch or tag may be called: nothing that git, a clone or a file system takes for something else.

git tries a short name at several places, in the order of `_RULES` (gitrevisions, "refname"). So two references shadow
each other where one name stands for both: `refs/heads/main` and `refs/tags/main`, or `refs/heads/refs/heads/main`.
A name may also stand for what every clone has (`HEAD`, `stash`, `origin/main`) or for a commit (`0123abc`,
`v1-3-g0123abc`). A file system that does not tell cases apart holds `main` and `MAIN` in one file, and none holds a
file and a folder of one name.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Final, NamedTuple

from gitcorpus.gates.names import HARMS
from gitcorpus.git.repo import Repo

ORDINARY: Final = ("refs/heads/", "refs/tags/")
_RULES: Final = ("refs/", "refs/tags/", "refs/heads/", "refs/remotes/")
"""What git writes before a short name to find a reference, besides nothing."""
_ELSEWHERE: Final = re.compile(
    r"(refs|heads|tags|remotes|origin)(/.*)?|(bisect|gitcorpus|replace|rewritten|worktree|worktrees|main-worktree)/.*"
)
"""Names that stand for references elsewhere: in git, in every clone, and in gitcorpus."""
_GITS: Final = re.compile(
    r"((fetch|orig|merge|cherry_pick|revert|rebase|bisect)_)?head|auto_merge|merge_autostash|notes_merge_(ref|partial)"
    r"|bisect_expected_rev|stash|notes/commits"
)
"""References that git makes beside branches and tags, and that a file system may take in any case."""
_ROOT: Final = re.compile(r"[A-Z_-]+_HEAD")
"""What git takes for one of its own at the top of a repository, whatever stands before `_HEAD`."""
_OID: Final = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}|(?=[0-9]*[a-f])[0-9a-f]{7,64}")
"""An object id, or what looks like an abbreviated one. Digits alone may be a date, so those are looked up."""
_DESCRIBED: Final = re.compile(r".*-[0-9]+-g[0-9a-f]{4,64}")
"""What `git describe` writes."""
_ABBREVIATED: Final = re.compile(r"(?:.*-g)?([0-9a-f]{4,64})")


class Shadow(NamedTuple):
    """What else a name stands for."""

    sentence: str
    other: str = ""
    """The reference that it clashes with, or empty."""


def shadows(ref: str, refs: Iterable[str], repo: Repo) -> Iterator[Shadow]:
    """Yield what else the name of a branch or a tag stands for, among all references of the repository."""
    sentence = _stands_for(short_name(ref), repo)
    if sentence:
        yield Shadow(sentence)
    for part in ref.split("/")[2:]:
        if any(harms(part) for harms, _, _ in HARMS):
            yield Shadow(f"a clone on another system holds no file called `{part}`")
            break
    other = clashing(ref, refs)
    if other:
        yield Shadow(f"git, or a file system, takes it for `{other}` or the other way round", other)


def short_name(ref: str) -> str:
    """Return what a branch or a tag is called."""
    return ref.split("/", 2)[-1]


def _stands_for(short: str, repo: Repo) -> str:
    """Say what a short name stands for besides a branch or a tag, or nothing."""
    low = short.lower()
    found = _ABBREVIATED.fullmatch(low)
    if _ELSEWHERE.fullmatch(low):
        return f"git looks for `{short}` elsewhere than among branches and tags"
    if _GITS.fullmatch(low) or _ROOT.fullmatch(short):
        return f"git keeps a reference `{short}` of its own"
    if _OID.fullmatch(low) or _DESCRIBED.fullmatch(low):
        return f"`{short}` reads as the name of a commit"
    if found and repo.abbreviates(found[1]):
        return f"`{short}` is short for an object of this repository"
    return ""


def clashing(ref: str, refs: Iterable[str]) -> str:
    """Return the first other branch or tag that shares a name, a file or a folder with this one, or nothing."""
    named, folders = _indexed(frozenset(each for each in refs if each.startswith(ORDINARY)))
    own = (*_names(ref), *(folder.lower() for folder in _folders(ref)))
    found = {other for key in own for other in named.get(key, ()) if other != ref}
    found |= set(folders.get(ref.lower(), {}).values())
    for folder in _folders(ref):
        alike = folders.get(folder.lower(), {})
        found |= {other for spelled, other in alike.items() if spelled != folder and other != ref}
    return min(found, default="")


_Index = tuple[Mapping[str, list[str]], Mapping[str, dict[str, str]]]


@lru_cache(maxsize=1)
def _indexed(refs: frozenset[str]) -> _Index:
    """Return which references a name stands for, and how a folder is spelled, with one reference in it."""
    named: dict[str, list[str]] = {}
    folders: dict[str, dict[str, str]] = {}
    for ref in sorted(refs):
        for name in _names(ref):
            named.setdefault(name, []).append(ref)
        for folder in _folders(ref):
            folders.setdefault(folder.lower(), {}).setdefault(folder, ref)
    return named, folders


def _names(ref: str) -> Iterator[str]:
    """Yield every name by which git finds a reference, where cases do not count."""
    low = ref.lower()
    yield low
    yield from (low.removeprefix(rule) for rule in _RULES if low.startswith(rule))


def _folders(ref: str) -> Iterator[str]:
    """Yield the folders that a reference's file is in, below those of all branches and of all tags."""
    parts = ref.split("/")
    yield from ("/".join(parts[:end]) for end in range(3, len(parts)))
