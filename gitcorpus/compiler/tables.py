"""Values to the rows of a release's tables."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from gitcorpus.canon import digest_bytes
from gitcorpus.model.contributors import Agreement, Contributors
from gitcorpus.model.entry import Entry, EntryKind
from gitcorpus.model.place import Digest, Oid
from gitcorpus.model.tree import Commit


class Witness(NamedTuple):
    """What the server saw of a commit: who pushed it first, and the entry that accepted it."""

    pusher: str | None
    verdict: Digest


def witnesses(entries: Iterable[Entry]) -> dict[Oid, Witness]:
    """Return, for every commit of an accepted push, the first verdict that accepted it."""
    found: dict[Oid, Witness] = {}
    for entry in entries:
        if entry.kind is EntryKind.VERDICT and entry.body.get("outcome") == "accepted":
            pusher = entry.body.get("pusher")
            for oid in (*_oids(entry, "commits"), *_oids(entry, "tips")):
                found.setdefault(oid, Witness(str(pusher) if pusher else None, entry.digest))
    return found


def _oids(entry: Entry, field: str) -> Iterator[Oid]:
    value = entry.body.get(field)
    if isinstance(value, list):
        yield from (Oid(str(oid)) for oid in value)


def commit_rows(
    commits: Sequence[Commit], *, contributors: Contributors, seen: Mapping[Oid, Witness]
) -> list[dict[str, Any]]:
    """Return the rows of `commits.parquet` for commits in the order of their numbers."""
    return [_commit_row(number, commit, contributors, seen) for number, commit in enumerate(commits)]


def _commit_row(
    number: int, commit: Commit, contributors: Contributors, seen: Mapping[Oid, Witness]
) -> dict[str, Any]:
    person = contributors.person(commit.author.email)
    agreement = contributors.agreement(person, commit.author.day) if person else None
    witness = seen.get(commit.oid)
    return {
        **signed_columns(commit),
        "commit_ix": number,
        "contributor": person.id if person else None,
        "agreement": agreement.id if agreement else None,
        "pusher": witness.pusher if witness else None,
        "verdict": witness.verdict if witness else None,
    }


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
