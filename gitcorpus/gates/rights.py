"""The gate `rights`: every line of a push is somebody's, under an agreement, and signed off.

The author's address and date are what the commit states; `.mailmap` is not asked, since a pusher could rename
himself in it. Who pushed stands in the ledger beside it. A commit is shown as `commit` and twelve digits; a waiver
names it in `paths` by just that.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from gitcorpus.gates.base import Candidate, Example, Reads
from gitcorpus.model.contributors import Contributors, Person
from gitcorpus.model.declaration import Declaration
from gitcorpus.model.finding import Finding
from gitcorpus.model.place import Place
from gitcorpus.model.tree import Commit

_ADDRESS: Final = re.compile(r"<([^<>\s]+)>\s*\Z")
_FILES: Final = {"README.md": "more\n"}


class RightsGate:
    """Judges every new commit by its author, its author date and its sign-off."""

    name = "rights"
    version = "2"
    reads = Reads.COMMIT
    accepted = (
        Example(title="a known author under an agreement, signed off", files=_FILES),
        Example(
            title="the last day of an agreement",
            files=_FILES,
            author="east",
            sign_off="east",
            date="2026-06-30T23:30:00+00:00",
        ),
    )
    refused = (
        Example(
            title="an author whom nobody knows", files=_FILES, author="stranger", codes=("author-unknown",)
        ),
        Example(title="no sign-off", files=_FILES, sign_off="", codes=("sign-off-missing",)),
        Example(title="somebody else's sign-off", files=_FILES, sign_off="lead", codes=("sign-off-foreign",)),
        Example(
            title="before the agreement",
            files=_FILES,
            date="2025-12-31T12:00:00+00:00",
            codes=("agreement-not-yet",),
        ),
        Example(
            title="after the agreement",
            files=_FILES,
            author="east",
            sign_off="east",
            date="2026-07-01T12:00:00+00:00",
            codes=("agreement-ended",),
        ),
    )

    def judge(self, candidate: Candidate, declaration: Declaration) -> Iterator[Finding]:
        """Judge every new commit."""
        if candidate.spec is None:
            return
        exempt = bool(declaration.parameters.get("exempt_merges"))
        found = [
            (commit, finding)
            for commit in candidate.commits
            for finding in judge_commit(
                commit, candidate.spec.contributors, sign_off=not (exempt and len(commit.parents) > 1)
            )
        ]
        alike: dict[str, list[Commit]] = {}
        for commit, finding in found:
            alike.setdefault(finding.hint, []).append(commit)
        hints = {hint: _command(hint, faulty, candidate.commits) for hint, faulty in alike.items()}
        yield from (replace(finding, hint=hints[finding.hint]) for _, finding in found)


def judge_commit(commit: Commit, contributors: Contributors, *, sign_off: bool) -> Iterator[Finding]:
    """Judge one commit; hints that begin with `--` are options for the author's `git commit --amend`."""
    person = contributors.person(commit.author.email)
    if person is None:
        author = f"{commit.author.name} <{commit.author.email}>"
        sentence = f"no contributor has the address of its author, {author}"
        yield _found("author-unknown", commit, sentence, "--reset-author --no-edit")
        return
    yield from _agreement(commit, person, contributors)
    if sign_off:
        yield from _sign_off(commit, person, contributors)


def _agreement(commit: Commit, person: Person, contributors: Contributors) -> Iterator[Finding]:
    day = commit.author.day
    if contributors.agreement(person, day) is not None:
        return
    ask = f"ask the leads to enter an agreement of `{person.id}` in specs/contributors.yaml"
    ended = [term.last_day for term in person.terms if term.last_day is not None and term.last_day < day]
    if not person.terms:
        yield _found("agreement-missing", commit, f"`{person.id}` has signed no agreement", ask)
    elif day < (first := min(term.first_day for term in person.terms)):
        sentence = f"it is dated {day}; the agreement of `{person.id}` holds from {first}"
        yield _found("agreement-not-yet", commit, sentence, "--date=now --no-edit")
    elif ended:
        sentence = f"it is dated {day}; the agreement of `{person.id}` ended on {max(ended)}"
        yield _found("agreement-ended", commit, sentence, ask)
    else:
        yield _found("agreement-missing", commit, f"no agreement of `{person.id}` holds on {day}", ask)


def _sign_off(commit: Commit, person: Person, contributors: Contributors) -> Iterator[Finding]:
    values = commit.trailer("Signed-off-by")
    if not values:
        sentence = "it has no `Signed-off-by:` line"
        yield _found("sign-off-missing", commit, sentence, "--signoff --no-edit")
    elif not any(_is_of(value, person, contributors) for value in values):
        sentence = f"it is signed off by {values[-1]}, and not by its author `{person.id}`"
        yield _found("sign-off-foreign", commit, sentence, "--signoff --no-edit")


def _is_of(value: str, person: Person, contributors: Contributors) -> bool:
    found = _ADDRESS.search(value)
    signer = contributors.person(found[1]) if found else None
    return signer is not None and signer.id == person.id


def _command(hint: str, faulty: Sequence[Commit], commits: Sequence[Commit]) -> str:
    """Complete a hint with the command that mends all commits with the same fault, and no others."""
    if not hint.startswith("--"):
        return hint
    amend = f"git commit --amend {hint}"
    rest = commits[commits.index(faulty[0]) :]
    if len(rest) == 1:
        return amend
    base = rest[0].parents[0][:12] if rest[0].parents else "--root"
    merges = " --rebase-merges" if any(len(each.parents) > 1 for each in rest) else ""
    if len(faulty) == len(rest) or hint.startswith("--signoff"):
        return f"git rebase{merges} --exec '{amend}' {base}"
    return f"git rebase{merges} --interactive {base}  # `edit` the commit, then {amend}"


def _found(code: str, commit: Commit, sentence: str, hint: str) -> Finding:
    place = Place(path=f"commit {commit.oid[:12]}", commit=commit.oid)
    return Finding(code=code, place=place, sentence=sentence, hint=hint)
