"""The gate `rights`: every line of a push is somebody's, under an agreement, and signed off.

The author's address and date are what the commit states; `.mailmap` is not asked, since a pusher could rename
himself in it. `identity` says what stands behind that statement: the account that pushes, which must be its author's,
or its committer's who has signed off too, or that of a person who may push for others; or a signature by a key of the
author. Commits that a branch or a tag held before the push were judged when they came, and an admin who imports history
with `git push -o gitcorpus.import` vouches for it: of both, identity is not judged. Dates lie in the calendar, not
after the push, and not before the parents; where `identity` is asked for, a commit arrives while an agreement of its
author holds. A commit is shown as `commit` and twelve digits; a waiver names it in `paths` by just that.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from shlex import quote
from typing import Final

from gitcorpus.gates.base import Candidate, Example, Reads
from gitcorpus.gates.dates import SKEW, judge_arrival, judge_calendar, judge_dates
from gitcorpus.gates.identity import (
    Identity,
    asked_identity,
    fresh_commits,
    judge_pusher,
    judge_signed,
    of_commit,
    signers,
)
from gitcorpus.model.contributors import Contributors, Person
from gitcorpus.model.declaration import Declaration
from gitcorpus.model.finding import Finding
from gitcorpus.model.place import Oid
from gitcorpus.model.tree import Commit

_SETTINGS: Final = re.compile(r"-c (?:[^\s\"]+|\"[^\"]*\")+ ")
_FILES: Final = {"README.md": "more\n"}
_PUSHER: Final = {"identity": "pusher"}


class RightsGate:
    """Judges every new commit by its author, its author date and its sign-off."""

    name = "rights"
    version = "3"
    reads = Reads.PUSH
    accepted = (
        Example(title="a known author under an agreement, signed off", files=_FILES),
        Example(
            title="the last day of an agreement",
            files=_FILES,
            author="east",
            sign_off="east",
            date="2026-06-30T23:30:00+00:00",
        ),
        Example(
            title="a commit that its committer pushes and has signed off beside its author",
            files=_FILES,
            committer="south",
            pusher="south",
            sign_off="north south",
            parameters=_PUSHER,
        ),
        Example(
            title="a commit that arrives within the days of grace",
            files=_FILES,
            author="east",
            sign_off="east",
            date="2026-06-30T12:00:00+00:00",
            arrived="2026-07-03T12:00:00+00:00",
            parameters={"identity": "pusher", "grace_days": 3},
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
        Example(
            title="a commit of somebody else",
            files=_FILES,
            pusher="south",
            parameters=_PUSHER,
            codes=("author-not-pusher",),
        ),
        Example(
            title="a commit of somebody else whose committer pushes it without a sign-off",
            files=_FILES,
            committer="south",
            pusher="south",
            parameters=_PUSHER,
            codes=("relay-unsigned",),
        ),
        Example(
            title="an account that no contributor has",
            files=_FILES,
            pusher="north-at-work",
            parameters=_PUSHER,
            codes=("pusher-unclaimed",),
        ),
        Example(
            title="a commit without a signature",
            files=_FILES,
            parameters={"identity": "signed"},
            codes=("signature-missing",),
        ),
        Example(
            title="a commit from before the end of an agreement that arrives after it",
            files=_FILES,
            author="east",
            sign_off="east",
            date="2026-06-30T12:00:00+00:00",
            arrived="2026-07-03T12:00:00+00:00",
            parameters=_PUSHER,
            codes=("arrived-after-agreement",),
        ),
        Example(
            title="a date after the push",
            files=_FILES,
            date="2026-02-01T13:00:00+00:00",
            arrived="2026-02-01T12:00:00+00:00",
            codes=("date-after-push",),
        ),
        Example(
            title="a date before the parent's",
            files=_FILES,
            date="2026-01-04T12:00:00+00:00",
            arrived="2026-02-01T12:00:00+00:00",
            codes=("date-before-parent",),
        ),
        Example(
            title="a time zone that is nowhere",
            files=_FILES,
            date="2026-02-01T12:00:00+15:00",
            codes=("date-impossible",),
        ),
    )

    def judge(self, candidate: Candidate, declaration: Declaration) -> Iterator[Finding]:
        """Judge every new commit."""
        if candidate.spec is None:
            return
        found = tuple(_findings(candidate, declaration, candidate.spec.contributors))
        commits = {commit.oid: commit for commit in candidate.commits}
        alike: dict[str, list[Commit]] = {}
        for finding in found:
            if finding.place.commit in commits:
                alike.setdefault(finding.hint, []).append(commits[finding.place.commit])
        hints = {hint: _command(hint, faulty, candidate.commits) for hint, faulty in alike.items()}
        yield from (replace(finding, hint=hints.get(finding.hint, finding.hint)) for finding in found)


def _findings(
    candidate: Candidate, declaration: Declaration, contributors: Contributors
) -> Iterator[Finding]:
    """Yield what is found, with hints that are options for `git commit --amend` where they begin with `-`."""
    exempt = bool(declaration.parameters.get("exempt_merges"))
    fresh = fresh_commits(candidate, declaration)
    asked = asked_identity(candidate, declaration)
    if asked is Identity.PUSHER:
        yield from judge_pusher(candidate, declaration, fresh, contributors)
    elif asked is Identity.SIGNED:
        yield from judge_signed(candidate, fresh, contributors)
    recent = {commit.oid for commit in fresh}
    own = {commit.oid: commit for commit in candidate.commits}
    arrived = None if candidate.importing else candidate.arrived
    skew, grace = (_number(declaration, name, ready) for name, ready in (("skew", SKEW), ("grace_days", 0)))

    def read(oid: Oid) -> Commit:
        return own.get(oid) or candidate.repo.commit(oid)

    for commit in candidate.commits:
        unreal = tuple(judge_calendar(commit))
        yield from unreal
        rights = tuple(
            judge_commit(
                commit,
                contributors,
                sign_off=not (exempt and len(commit.parents) > 1),
                pusher=candidate.person,
            )
        )
        yield from rights
        if arrived is None or commit.oid not in recent or unreal:
            continue
        yield from judge_dates(commit, read, arrived=arrived, skew=skew)
        author = contributors.person(commit.author.email)
        dated = author is not None and contributors.agreement(author, commit.author.day) is not None
        if author is not None and dated and asked is not Identity.CLAIMED:
            yield from judge_arrival(
                commit, author, arrived=arrived, grace_days=grace, ref=candidate.update.ref
            )


def _number(declaration: Declaration, name: str, ready: int) -> int:
    said = declaration.parameters.get(name)
    return said if isinstance(said, int) else ready


def judge_commit(
    commit: Commit, contributors: Contributors, *, sign_off: bool, pusher: Person | None = None
) -> Iterator[Finding]:
    """Judge one commit; hints that begin with `-` are options for the author's `git commit --amend`."""
    person = contributors.person(commit.author.email)
    if person is None:
        author = f"{commit.author.name} <{commit.author.email}>"
        sentence = f"no contributor has the address of its author, {author}"
        yield of_commit("author-unknown", commit, sentence, _as_yourself(pusher))
        return
    yield from _agreement(commit, person, contributors)
    if sign_off:
        yield from _sign_off(commit, person, contributors)


def _as_yourself(pusher: Person | None) -> str:
    """Return what makes a commit the pusher's own, by an address that the specs know."""
    options = "--reset-author --signoff --no-edit"
    if pusher is None or not pusher.emails:
        return f"set an address of specs/contributors.yaml with `git config user.email`, then: {options}"
    return f"-c user.email={quote(pusher.emails[0])} {options}"


def _agreement(commit: Commit, person: Person, contributors: Contributors) -> Iterator[Finding]:
    day = commit.author.day
    if contributors.agreement(person, day) is not None:
        return
    ask = f"ask the leads to enter an agreement of `{person.id}` in specs/contributors.yaml"
    ended = [term.last_day for term in person.terms if term.last_day is not None and term.last_day < day]
    if not person.terms:
        yield of_commit("agreement-missing", commit, f"`{person.id}` has signed no agreement", ask)
    elif day < (first := min(term.first_day for term in person.terms)):
        sentence = f"it is dated {day}; the agreement of `{person.id}` holds from {first}"
        yield of_commit("agreement-not-yet", commit, sentence, "--date=now --no-edit")
    elif ended:
        sentence = f"it is dated {day}; the agreement of `{person.id}` ended on {max(ended)}"
        yield of_commit("agreement-ended", commit, sentence, ask)
    else:
        yield of_commit("agreement-missing", commit, f"no agreement of `{person.id}` holds on {day}", ask)


def _sign_off(commit: Commit, person: Person, contributors: Contributors) -> Iterator[Finding]:
    values = commit.trailer("Signed-off-by")
    if not values:
        sentence = "it has no `Signed-off-by:` line"
        yield of_commit("sign-off-missing", commit, sentence, _signing(commit, person, contributors))
    elif not any(signer is not None and signer.id == person.id for signer in signers(commit, contributors)):
        sentence = f"it is signed off by {values[-1]}, and not by its author `{person.id}`"
        yield of_commit("sign-off-foreign", commit, sentence, _signing(commit, person, contributors))


def _signing(commit: Commit, author: Person, contributors: Contributors) -> str:
    """Return what signs off a commit: git signs as the committer, who may be somebody else than the author."""
    committer = contributors.person(commit.committer.email)
    if committer is not None and committer.id == author.id:
        return "--signoff --no-edit"
    return f"`{author.id}` signs it off; if you wrote it yourself: --reset-author --signoff --no-edit"


def _command(hint: str, faulty: Sequence[Commit], commits: Sequence[Commit]) -> str:
    """Complete a hint with the command that mends all commits with the same fault, and no others."""
    before, _, options = hint.rpartition(": ") if ": -" in hint else ("", "", hint)
    if not options.startswith("-"):
        return hint
    said = f"{before}: " if before else ""
    return said + _amending(options, faulty, commits)


def _amending(options: str, faulty: Sequence[Commit], commits: Sequence[Commit]) -> str:
    settings = "".join(_SETTINGS.findall(options))
    options = options[len(settings) :]
    amend = f"git {settings}commit --amend {options}"
    rest = commits[commits.index(faulty[0]) :]
    if len(rest) == 1:
        return amend
    base = rest[0].parents[0][:12] if rest[0].parents else "--root"
    merges = " --rebase-merges" if any(len(each.parents) > 1 for each in rest) else ""
    if len(faulty) == len(rest) or options.startswith("--signoff"):
        return f"git rebase{merges} --exec {quote(amend)} {base}"
    return f"git rebase{merges} --interactive {base}  # `edit` the commit, then {amend}"
