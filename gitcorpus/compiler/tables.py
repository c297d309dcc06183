"""Values to the rows of a release's tables."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Any, Final, NamedTuple

from gitcorpus.canon import digest_bytes
from gitcorpus.git.signatures import Signing, judge_signature
from gitcorpus.model.contributors import Agreement, Contributors, Person
from gitcorpus.model.entry import Entry, EntryKind
from gitcorpus.model.place import Digest, Oid
from gitcorpus.model.tree import Commit


class Evidence(StrEnum):
    """What stands behind the claim of a commit who its author is."""

    NONE = "none"
    TRANSPORT = "transport"
    """The account of its author was the first to push it."""
    SIGNED_COMMIT = "signed-commit"
    """A key of its author signed it."""


IMPORTED: Final = "imported"
"""Counted beside the kinds of evidence: what an admin brought as history of others."""


class Witness(NamedTuple):
    """What the server saw of a commit: who pushed it first, and the entry that accepted it."""

    pusher: str | None
    verdict: Digest
    person: str | None = None
    """The contributor whose account it was, by the specs that judged; none where the entry is older than that."""
    imported: bool = False
    """Whether an admin brought it as history of others."""


def witnesses(entries: Iterable[Entry]) -> dict[Oid, Witness]:
    """Return, for every commit of an accepted push, the first verdict that accepted it.

    Whoever pushes what the repository held already says nothing of who made it, so no person stands behind that.
    """
    found: dict[Oid, Witness] = {}
    for entry in entries:
        if entry.kind is EntryKind.VERDICT and entry.body.get("outcome") == "accepted":
            pusher, person = entry.body.get("pusher"), entry.body.get("person")
            witness = Witness(
                str(pusher) if pusher else None,
                entry.digest,
                str(person) if person else None,
                imported=entry.body.get("import") is True,
            )
            brought = frozenset(_oids(entry, "commits")) - frozenset(_oids(entry, "held"))
            for oid in (*_oids(entry, "commits"), *_oids(entry, "tips")):
                found.setdefault(oid, witness if oid in brought else witness._replace(person=None))
    return found


def _oids(entry: Entry, field: str) -> Iterator[Oid]:
    value = entry.body.get(field)
    if isinstance(value, list):
        yield from (Oid(str(oid)) for oid in value)


def commit_rows(
    commits: Sequence[Commit],
    *,
    contributors: Contributors,
    seen: Mapping[Oid, Witness],
    read: Callable[[Oid], bytes],
) -> list[dict[str, Any]]:
    """Return the rows of `commits.parquet` for commits in the order of their numbers.

    Args:
        commits: the commits.
        contributors: who writes.
        seen: what the server saw of them.
        read: returns the bytes of a commit.
    """
    rows = []
    for number, commit in enumerate(commits):
        person, witness = contributors.person(commit.author.email), seen.get(commit.oid)
        agreement = contributors.agreement(person, commit.author.day) if person else None
        rows.append(
            {
                **signed_columns(commit),
                "commit_ix": number,
                "contributor": person.id if person else None,
                "agreement": agreement.id if agreement else None,
                "pusher": witness.pusher if witness else None,
                "verdict": witness.verdict if witness else None,
                "evidence": _evidence(person, witness, read(commit.oid)).value,
            }
        )
    return rows


def _evidence(author: Person | None, witness: Witness | None, commit: bytes) -> Evidence:
    """Return what stands behind a commit's author, the strongest first.

    That the committer's account pushed it says nothing of the author, and neither does an integrator's or an import. An
    entry that does not say whose the account was proves nothing: accounts change hands.
    """
    if author is None:
        return Evidence.NONE
    if author.keys and judge_signature(commit, author.keys) is Signing.GOOD:
        return Evidence.SIGNED_COMMIT
    pushed = witness is not None and witness.person == author.id and not witness.imported
    return Evidence.TRANSPORT if pushed else Evidence.NONE


def authorship(
    rows: Iterable[Mapping[str, Any]], lines_of: Mapping[Oid | None, int], seen: Mapping[Oid, Witness]
) -> dict[str, dict[str, int]]:
    """Return how many commits and lines each kind of evidence stands behind, and how many of them were imported."""
    found = {name: {"commits": 0, "lines": 0} for name in (*(each.value for each in Evidence), IMPORTED)}
    for row in rows:
        commit = Oid(row["commit"])
        names = [row["evidence"], *([IMPORTED] if commit in seen and seen[commit].imported else [])]
        for name in names:
            found[name]["commits"] += 1
            found[name]["lines"] += lines_of.get(commit, 0)
    return found


def signed_columns(commit: Commit) -> dict[str, Any]:
    """Return what the commit itself says, and so whoever has it can check."""
    return {
        "commit": commit.oid,
        "author_name": commit.author.name,
        "author_email": commit.author.email,
        "authored_at": commit.author.seconds,
        "author_offset": commit.author.offset,
        "committer_name": commit.committer.name,
        "committer_email": commit.committer.email,
        "committed_at": commit.committer.seconds,
        "committer_offset": commit.committer.offset,
        "subject": commit.subject,
        "task": next(iter(commit.trailer("Task")), None),
    }


def agreement_rows(
    agreements: Iterable[Agreement], read: Callable[[str], bytes | None]
) -> list[dict[str, Any]]:
    """Return the rows of `agreements.parquet`, sorted by id."""
    rows = []
    for agreement in sorted(agreements, key=lambda each: each.id):
        data = read(agreement.text)
        digest = None if data is None else digest_bytes(data)
        rows.append(
            {
                "agreement": agreement.id,
                "grants": agreement.grants,
                "path": agreement.text,
                "text_digest": digest,
            }
        )
    return rows
