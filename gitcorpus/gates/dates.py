"""When a commit says that it was made, held against the calendar, its push and its parents.

A date is what somebody typed, and an agreement is looked up by it. So it lies in the calendar, not after the push, and
not before the parents. That is said of the dates of the committers: a rebase and a cherry-pick keep the date of
the author, which is then older than that of its new parent, and give the committer's anew. That the author's date is
older is only recorded.
"""

from collections.abc import Callable, Iterator
from datetime import date
from shlex import quote
from typing import Final

from gitcorpus.gates.identity import of_commit
from gitcorpus.model.contributors import Person
from gitcorpus.model.finding import Finding, Severity
from gitcorpus.model.place import Oid
from gitcorpus.model.tree import Commit, Signature, moment_of

SKEW: Final = 600
"""Seconds by which two clocks may be apart, unless a declaration says another number."""
_LAST_SECOND: Final = 253_402_300_799
"""The end of the year 9999."""
_ZONES: Final = range(-12 * 60, 14 * 60 + 1)
"""Minutes east of UTC of all zones that there are."""
_REDATE: Final = "--date=now --no-edit"
_AGAIN: Final = "--no-edit"


def judge_calendar(commit: Commit) -> Iterator[Finding]:
    """Find dates that no calendar has; what git cannot read, it shows as the first second of 1970."""
    for whose, said in (("author", commit.author), ("committer", commit.committer)):
        if not 0 < said.seconds <= _LAST_SECOND or said.offset not in _ZONES:
            zone = f"{'-' if said.offset < 0 else '+'}{abs(said.offset) // 60:02}{abs(said.offset) % 60:02}"
            sentence = (
                f"the date of its {whose} is in no calendar: {said.seconds} seconds since 1970, zone {zone}"
            )
            yield of_commit("date-impossible", commit, sentence, _REDATE)


def judge_dates(
    commit: Commit, read: Callable[[Oid], Commit], *, arrived: int, skew: int
) -> Iterator[Finding]:
    """Find dates after the push or before the parents.

    Args:
        commit: the commit, whose dates are in the calendar.
        read: returns a parent.
        arrived: when it was pushed, in seconds since 1970.
        skew: seconds by which clocks may be apart.
    """
    latest = arrived + skew
    for whose, said in (("author", commit.author), ("committer", commit.committer)):
        if said.seconds > latest:
            sentence = (
                f"the date of its {whose}, {_shown(said)}, is later than its push, {moment_of(arrived)} UTC"
            )
            yield of_commit("date-after-push", commit, sentence, _REDATE)
    parents = [read(oid) for oid in commit.parents]
    # A parent that is itself dated after this push was let in by somebody else, and no child could follow it.
    committed = max(
        (each.committer.seconds for each in parents if each.committer.seconds <= latest), default=0
    )
    if commit.committer.seconds + skew < committed:
        sentence = (
            f"it was committed at {_shown(commit.committer)}, before its parent, {moment_of(committed)} UTC"
        )
        yield of_commit("date-before-parent", commit, sentence, _AGAIN)
        return
    authored = max((each.author.seconds for each in parents if each.author.seconds <= latest), default=0)
    if commit.author.seconds + skew < authored:
        sentence = f"it was written at {_shown(commit.author)}, before its parent, {moment_of(authored)} UTC"
        yield of_commit("written-before-parent", commit, sentence, "", Severity.RECORD)


def judge_arrival(
    commit: Commit, author: Person, *, arrived: int, grace_days: int, ref: str
) -> Iterator[Finding]:
    """Find a commit that arrives when no agreement of its author holds, whatever date it bears."""
    day = moment_of(arrived + 60 * commit.author.offset).date()
    if any(
        term.first_day <= day and (term.last_day is None or (day - term.last_day).days <= grace_days)
        for term in author.terms
    ):
        return
    ended = max((term.last_day for term in author.terms if term.last_day is not None), default=date.min)
    sentence = f"it is dated {commit.author.day} and arrives on {day}; the agreement of `{author.id}` ended on {ended}"
    hint = (
        f"ask the leads to enter an agreement of `{author.id}` that holds; "
        f"an admin can import what was written before: git push -o gitcorpus.import origin HEAD:{quote(ref)}"
    )
    yield of_commit("arrived-after-agreement", commit, sentence, hint)


def _shown(said: Signature) -> str:
    return f"{moment_of(said.seconds)} UTC"
