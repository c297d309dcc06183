"""The gate `rights`: every line of a push is somebody's, under an agreement, and signed off.

The author's address and date are what the commit states; `.mailmap` is not asked, since a pusher could rename
himself in it. Who pushed stands in the ledger beside it.
"""

import re
from collections.abc import Iterator
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
    version = "1"
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
        many = len(candidate.commits) > 1
        for commit in candidate.commits:
            merge = exempt and len(commit.parents) > 1
            yield from judge_commit(commit, candidate.spec.contributors, sign_off=not merge, many=many)


def judge_commit(
    commit: Commit, contributors: Contributors, *, sign_off: bool, many: bool
) -> Iterator[Finding]:
    """Judge one commit; `many` chooses the hint for one of several new ones."""
    place = Place(path=f"commit {commit.oid[:12]}", commit=commit.oid)
    person = contributors.person(commit.author.email)
    if person is None:
        sentence = (
            f"no contributor has the address of its author, {commit.author.name} <{commit.author.email}>"
        )
        hint = "git config user.email YOUR-ADDRESS; git commit --amend --reset-author --no-edit"
        yield Finding(code="author-unknown", place=place, sentence=sentence, hint=hint)
        return
    yield from _agreement(commit, person, contributors, place)
    if sign_off:
        yield from _sign_off(commit, person, contributors, place=place, many=many)


def _agreement(commit: Commit, person: Person, contributors: Contributors, place: Place) -> Iterator[Finding]:
    day = commit.author.day
    if contributors.agreement(person, day) is not None:
        return
    if not person.terms:
        sentence = f"`{person.id}` has signed no agreement"
        yield Finding(code="agreement-missing", place=place, sentence=sentence, hint="ask the leads")
        return
    first = min(term.first_day for term in person.terms)
    ended = [term.last_day for term in person.terms if term.last_day is not None and term.last_day < day]
    if day < first:
        sentence = f"it is dated {day}; the agreement of `{person.id}` holds from {first}"
        yield Finding(
            code="agreement-not-yet",
            place=place,
            sentence=sentence,
            hint="date: git commit --amend --date=now",
        )
    elif ended:
        sentence = f"it is dated {day}; the agreement of `{person.id}` ended on {max(ended)}"
        yield Finding(
            code="agreement-ended", place=place, sentence=sentence, hint="ask the leads for a new agreement"
        )
    else:
        sentence = f"no agreement of `{person.id}` holds on {day}"
        yield Finding(code="agreement-missing", place=place, sentence=sentence, hint="ask the leads")


def _sign_off(
    commit: Commit, person: Person, contributors: Contributors, *, place: Place, many: bool
) -> Iterator[Finding]:
    values = commit.trailer("Signed-off-by")
    hint = "git rebase --signoff @{upstream}" if many else "git commit --amend --signoff --no-edit"
    if not values:
        sentence = "it has no `Signed-off-by:` line"
        yield Finding(code="sign-off-missing", place=place, sentence=sentence, hint=hint)
    elif not any(_is_of(value, person, contributors) for value in values):
        sentence = f"it is signed off by {values[-1]}, and not by its author `{person.id}`"
        yield Finding(code="sign-off-foreign", place=place, sentence=sentence, hint=hint)


def _is_of(value: str, person: Person, contributors: Contributors) -> bool:
    found = _ADDRESS.search(value)
    signer = contributors.person(found[1]) if found else None
    return signer is not None and signer.id == person.id
