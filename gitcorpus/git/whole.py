"""Whether every object behind a commit is there, and is what its name says.

A clone may lack objects, since it was cloned in part or its disk lost some. And a pack can hold other bytes under an
object's name: git does not look when it reads, so that it would blame history that never was. libgit2 compares.
"""

from collections.abc import Iterator

from gitcorpus.errors import UnjudgedError
from gitcorpus.git.objects import Objects
from gitcorpus.git.repo import Repo
from gitcorpus.git.trees import decode_path, parse_tree
from gitcorpus.model.place import Oid
from gitcorpus.model.tree import GITLINK


def unsound_objects(repo: Repo, tip: Oid) -> Iterator[str]:
    """Yield a sentence for each object that a commit or its ancestors lead to, and that is missing or broken."""
    seen: set[Oid] = set()
    waiting = [tip]
    while waiting:
        oid = waiting.pop()
        if oid in seen:
            continue
        seen.add(oid)
        try:
            commit = repo.commit(oid)
        except UnjudgedError as error:
            yield f"{error.sentence}: a commit behind {tip[:12]}"
            continue
        waiting.extend(commit.parents)
        yield from _below(repo.objects, commit.tree, oid, seen)


def _below(objects: Objects, tree: Oid, commit: Oid, seen: set[Oid]) -> Iterator[str]:
    """Look at the folders and files of a tree that were not seen before."""
    waiting = [(tree, b"", True)]
    while waiting:
        oid, path, is_tree = waiting.pop()
        if oid in seen:
            continue
        seen.add(oid)
        try:
            if not is_tree:
                objects.read_blob(oid)
                continue
            inside = path + b"/" if path else b""
            entries = parse_tree(objects.read_tree(oid), oid)
            waiting += [
                (each.oid, inside + each.name, each.is_tree) for each in entries if each.mode != GITLINK
            ]
        except UnjudgedError as error:
            what = f"`{decode_path(path)}`" if path else "the tree"
            yield f"{error.sentence}: {what} of commit {commit[:12]}"
