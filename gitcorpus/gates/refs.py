"""The gate `refs`: which refs may move, and how.

A protected ref is neither rewound nor deleted, the policy branch never goes away, a ref has a plain name and
names a commit, and none is pushed through an alias of it. No waiver lets these findings through.
"""

import re
from collections.abc import Iterator
from typing import Final

from gitcorpus.gates.base import Candidate, Example, Reads
from gitcorpus.git.changes import is_ancestor
from gitcorpus.model.declaration import Declaration
from gitcorpus.model.finding import Finding
from gitcorpus.model.place import Oid, Place

_NAME: Final = re.compile(r"refs/(heads|tags)/[A-Za-z0-9][A-Za-z0-9._/+-]*")
LONGEST: Final = 240
"""Bytes of a name. A file system holds 255 in a part of a path, and git writes `.lock` behind the name."""
_TAKEN: Final = re.compile(r"refs/(heads|tags)/(HEAD|[0-9a-f]{40}|[0-9a-f]{64})")
"""Names that commands read as something else."""
_ORDINARY: Final = ("refs/heads/", "refs/tags/")


class RefsGate:
    """Judges the ref itself, not what it brings."""

    name = "refs"
    version = "3"
    reads = Reads.PUSH
    accepted = (
        Example(title="a new branch", files={"README.md": "more\n"}, ref="refs/heads/topic/one"),
        Example(title="the next commit of a protected branch", files={"README.md": "more\n"}),
    )
    refused = (
        Example(
            title="a name with a shell in it",
            files={"README.md": "x\n"},
            ref="refs/heads/a;b",
            codes=("ref-name",),
        ),
        Example(
            title="a namespace of its own", files={"README.md": "x\n"}, ref="refs/odd/x", codes=("ref-name",)
        ),
        Example(
            title="a name that no file system holds",
            files={"README.md": "x\n"},
            ref="refs/heads/" + "long/" * 60 + "x",
            codes=("ref-name",),
        ),
        Example(
            title="a branch called HEAD",
            files={"README.md": "x\n"},
            ref="refs/heads/HEAD",
            codes=("ref-name",),
        ),
    )

    def judge(self, candidate: Candidate, declaration: Declaration) -> Iterator[Finding]:
        """Judge one ref's move."""
        del declaration
        update, ref = candidate.update, candidate.update.ref
        yield from judge_name(ref, deletes=update.deletes)
        alias = candidate.repo.alias(ref)
        if alias is not None:
            sentence = f"it stands for {alias}, which would move in its place"
            yield _found("ref-alias", ref, sentence, f"git push origin HEAD:{alias}")
        if update.deletes:
            yield from judge_deletion(candidate)
        elif candidate.snapshot is None:
            sentence = "it would name something other than a commit"
            yield _found("ref-not-a-commit", ref, sentence, "tag a commit")
        elif candidate.protected:
            yield from judge_rewind(candidate, candidate.snapshot.commit)


def judge_name(ref: str, *, deletes: bool) -> Iterator[Finding]:
    """Judge what a ref is called; one that has an odd name already may be deleted."""
    if deletes and ref.startswith(_ORDINARY):
        return
    if not _NAME.fullmatch(ref) or _TAKEN.fullmatch(ref) or len(ref) > LONGEST:
        hint = f"up to {LONGEST} letters, digits, `.`, `_`, `+`, `-` and `/`, below refs/heads/ or refs/tags/"
        yield _found("ref-name", ref, "refs may not be called so here", hint)


def judge_deletion(candidate: Candidate) -> Iterator[Finding]:
    """Judge a ref that goes away."""
    ref = candidate.update.ref
    if ref == candidate.server.policy_branch:
        sentence = "the policy branch holds the specs that judge; it stays"
        hint = "an administrator names another `policy_branch` in gitcorpus/server.yaml first"
        yield _found("policy-deleted", ref, sentence, hint)
    elif candidate.protected:
        hint = "`protected:` in specs/corpus.yaml says which refs stay"
        yield _found("ref-deleted", ref, "it is protected and may not be deleted", hint)


def judge_rewind(candidate: Candidate, tip: Oid) -> Iterator[Finding]:
    """Judge whether a protected ref keeps its commits."""
    update = candidate.update
    old = None if update.creates else candidate.repo.peel(update.old)
    if old is not None and not is_ancestor(candidate.repo, old, tip):
        sentence = f"it is protected, and commit {old[:12]} would fall out of it"
        branch = update.ref.removeprefix("refs/heads/")
        hint = f"git pull --rebase origin {branch}"
        if update.ref.startswith("refs/tags/"):
            hint = "a protected tag stays where it is; make a new one"
        yield _found("ref-rewound", update.ref, sentence, hint)


def _found(code: str, ref: str, sentence: str, hint: str) -> Finding:
    return Finding(code=code, place=Place(path=ref), sentence=sentence, hint=hint)
