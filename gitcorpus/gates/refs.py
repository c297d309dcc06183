"""The gate `refs`: which refs may move, and how.

A protected ref is neither rewound nor deleted, the policy branch never goes away, a ref has a plain name and
names a commit.
"""

import re
from collections.abc import Iterator
from typing import Final

from gitcorpus.gates.base import Candidate, Example, Reads
from gitcorpus.git.changes import is_ancestor
from gitcorpus.model.declaration import Declaration
from gitcorpus.model.finding import Finding
from gitcorpus.model.place import Place

_NAME: Final = re.compile(r"refs/(heads|tags)/[A-Za-z0-9][A-Za-z0-9._/+-]*")


class RefsGate:
    """Judges the ref itself, not what it brings."""

    name = "refs"
    version = "1"
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
    )

    def judge(self, candidate: Candidate, declaration: Declaration) -> Iterator[Finding]:
        """Judge one ref's move."""
        del declaration
        update, ref = candidate.update, candidate.update.ref
        if not _NAME.fullmatch(ref):
            hint = "letters, digits, `.`, `_`, `+`, `-` and `/`, below refs/heads/ or refs/tags/"
            yield _found("ref-name", ref, "refs may not be called so here", hint)
        if update.deletes:
            if ref == candidate.server.policy_branch:
                yield _found("policy-deleted", ref, "the policy branch holds the specs that judge; it stays")
            elif candidate.protected:
                yield _found("ref-deleted", ref, "it is protected and may not be deleted")
            return
        if candidate.snapshot is None:
            yield _found(
                "ref-not-a-commit", ref, "it would name something other than a commit", "tag a commit"
            )
            return
        old = None if update.creates else candidate.repo.peel(update.old)
        if (
            candidate.protected
            and old is not None
            and not is_ancestor(candidate.repo, old, candidate.snapshot.commit)
        ):
            sentence = f"it is protected, and commit {old[:12]} would fall out of it"
            yield _found(
                "ref-rewound",
                ref,
                sentence,
                f"git pull --rebase origin {ref.rsplit('/', 1)[-1]}, and push again",
            )


def _found(code: str, ref: str, sentence: str, hint: str = "") -> Finding:
    return Finding(code=code, place=Place(path=ref), sentence=sentence, hint=hint)
