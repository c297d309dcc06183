"""Who stands behind a commit, besides what it says of itself: the account that pushes it, or a signature.

Only commits are judged that no branch and no tag of the repository held before the push. The others were judged when
they came, with the account that pushed them then, so that anybody can merge what somebody else has pushed. What a
declaration does not judge does not count: where the gate judges protected branches alone, a commit on another branch
was never judged. Kept and parked pushes, below `refs/gitcorpus/`, hold nothing.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from typing import Final

from gitcorpus.gates.base import Candidate
from gitcorpus.git.signatures import Signing, judge_signature
from gitcorpus.model.contributors import Contributors, Person
from gitcorpus.model.declaration import Declaration, Stage
from gitcorpus.model.entry import Json
from gitcorpus.model.finding import Finding, Severity
from gitcorpus.model.place import Oid, Place
from gitcorpus.model.spec import TAGS
from gitcorpus.model.tree import Commit
from gitcorpus.spec.globs import matches

INTEGRATORS: Final = ("integrator",)
"""Roles of people who may push commits of others, unless a declaration names some."""
_MOST: Final = 10_000
"""Most commits of one push; what brings more is not judged at all."""
_ADDRESS: Final = re.compile(r"<([^<>\s]+)>\s*\Z")
_HEADS: Final = "refs/heads/"
_FETCHED: Final = "refs/remotes/origin/"
_PLAIN: Final = re.compile(r"[A-Za-z][A-Za-z0-9._@-]*")
_YAML_WORDS: Final = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n"})


class Identity(StrEnum):
    """What must stand behind a commit."""

    PUSHER = "pusher"
    SIGNED = "signed"
    CLAIMED = "claimed"


def asked_identity(candidate: Candidate, declaration: Declaration) -> Identity:
    """Return what must stand behind the commits of a push.

    A server whose file names no source of pushers cannot be asked for them, and an import says that nothing does.
    """
    asked = Identity(str(declaration.parameters.get("identity", Identity.CLAIMED)))
    if candidate.importing or candidate.stage is Stage.RELEASE:
        return Identity.CLAIMED
    return Identity.CLAIMED if asked is Identity.PUSHER and not candidate.server.names_pushers else asked


def fresh_commits(candidate: Candidate, declaration: Declaration) -> tuple[Commit, ...]:
    """Return the commits of a push that nothing held before which the declaration judges."""
    tip = candidate.snapshot.commit if candidate.snapshot is not None else None
    if tip is None or not candidate.commits or candidate.stage is Stage.RELEASE:
        return ()

    def walk() -> frozenset[Oid]:
        held = {candidate.repo.peel(oid) for oid in _held(candidate, declaration)}
        hidden = (oid for oid in held if oid is not None)
        return frozenset(candidate.repo.objects.walk(tip, hidden, _MOST))

    fresh = candidate.memo.once(("fresh", declaration.digest, candidate.update.ref, tip), walk)
    return tuple(commit for commit in candidate.commits if commit.oid in fresh)


def _held(candidate: Candidate, declaration: Declaration) -> Iterator[Oid]:
    """Name what the references hold at which the declaration judges; in a clone, those that were fetched."""
    for name, oid in candidate.repo.refs():
        if candidate.local:
            ref = _HEADS + name.removeprefix(_FETCHED) if name.startswith(_FETCHED) else ""
        else:
            ref = name if name.startswith((_HEADS, TAGS)) else ""
        if ref and _is_judged(ref, candidate, declaration):
            yield oid


def _is_judged(ref: str, candidate: Candidate, declaration: Declaration) -> bool:
    spec = candidate.spec
    if ref == candidate.server.policy_branch or (spec is not None and spec.stage_of(ref) is Stage.MERGE):
        return True
    named = not declaration.refs or any(matches(pattern, ref) for pattern in declaration.refs)
    return named and declaration.when is Stage.PUSH


def judge_pusher(
    candidate: Candidate, declaration: Declaration, fresh: Iterable[Commit], contributors: Contributors
) -> Iterator[Finding]:
    """Find commits that are not of the person who pushes them, nor of anybody for whom that person may push."""
    if candidate.pusher is None and not candidate.local:
        sentence = "the server did not say who pushes, so nothing stands behind its commits"
        hint = "an administrator sets `pusher:` in gitcorpus/server.yaml, or the front end that sets the variable"
        yield _of_push("pusher-unknown", candidate, sentence, hint)
        return
    commits = tuple(fresh)
    if not commits:
        return
    person = candidate.person
    if person is None:
        yield _unclaimed(candidate, commits, contributors)
        return
    roles = integrators(declaration.parameters)
    if not roles.isdisjoint(person.roles):
        return
    for commit in commits:
        yield from _of_another(commit, person, contributors, roles)


def integrators(parameters: Mapping[str, Json]) -> frozenset[str]:
    """Return the roles of those who may push commits of others."""
    said = parameters.get("integrators")
    return frozenset(str(role) for role in said) if isinstance(said, list | tuple) else frozenset(INTEGRATORS)


def _of_another(
    commit: Commit, pusher: Person, contributors: Contributors, roles: frozenset[str]
) -> Iterator[Finding]:
    author, committer = contributors.person(commit.author.email), contributors.person(commit.committer.email)
    if author is None or author.id == pusher.id:
        return  # that no contributor is its author is found already
    if committer is not None and committer.id == pusher.id:
        if not any(signer is not None and signer.id == pusher.id for signer in signers(commit, contributors)):
            sentence = (
                f"`{pusher.id}` committed and pushes what `{author.id}` wrote, and has not signed it off"
            )
            yield of_commit("relay-unsigned", commit, sentence, "--signoff --no-edit")
        return
    by = f"`{committer.id}`" if committer is not None else f"<{commit.committer.email}>"
    sentence = f"`{pusher.id}` pushes it, and it was written by `{author.id}` and committed by {by}"
    role = f", or somebody with the role `{min(roles)}`" if roles else ""
    hint = f"ask `{author.id}` to push it{role}; then it can be merged"
    yield of_commit("author-not-pusher", commit, sentence, hint)


def signers(commit: Commit, contributors: Contributors) -> Iterator[Person | None]:
    """Yield whose the sign-offs of a commit are."""
    for value in commit.trailer("Signed-off-by"):
        found = _ADDRESS.search(value)
        yield contributors.person(found[1]) if found else None


def _unclaimed(candidate: Candidate, commits: tuple[Commit, ...], contributors: Contributors) -> Finding:
    """Say that no person has the account that pushes, and which line in the specs says whose it is."""
    if candidate.pusher is None:
        sentence = "git's `user.email` is of no contributor, so a push of these commits is not foreseen"
        hint = "set an address of specs/contributors.yaml: git config user.email ADDRESS"
        return _of_push("pusher-unclaimed", candidate, sentence, hint, Severity.WARN)
    sentence = f"no contributor has the account `{candidate.pusher}`, which pushes"
    people = {
        found.id: found for each in commits if (found := contributors.person(each.author.email)) is not None
    }
    if len(people) == 1:
        (person,) = people.values()
        accounts = ", ".join(map(_yaml, dict.fromkeys((*person.accounts, candidate.pusher))))
        hint = (
            f"if it is the account of `{person.id}`, a lead writes `accounts: [{accounts}]` at {person.place}"
        )
    else:
        hint = (
            f"a lead writes `accounts: [{_yaml(candidate.pusher)}]` into the entry of its owner in "
            "specs/contributors.yaml"
        )
    if candidate.pusher in candidate.server.admins:
        branch = candidate.update.ref.removeprefix(_HEADS)
        hint += f"; an admin gets it in by: git push -o gitcorpus.import origin HEAD:{branch}"
    return _of_push("pusher-unclaimed", candidate, sentence, hint)


def _yaml(name: str) -> str:
    """Write a name so that YAML reads it as a text."""
    return name if _PLAIN.fullmatch(name) and name.lower() not in _YAML_WORDS else json.dumps(name)


def judge_signed(
    candidate: Candidate, fresh: Iterable[Commit], contributors: Contributors
) -> Iterator[Finding]:
    """Find commits without a signature by a key of their author."""
    for commit in fresh:
        author = contributors.person(commit.author.email)
        if author is None:
            continue
        said = judge_signature(candidate.repo.objects.read_text(commit.oid), author.keys)
        if said is not Signing.GOOD:
            code, sentence, hint = _UNSIGNED[said]
            said_first = f"a lead writes your key at {author.place} as `keys: [...]`, then: "
            hint = hint if author.keys else said_first + hint
            yield of_commit(code, commit, sentence.format(author=author.id, place=author.place), hint)


_KEY: Final = '"$(git config user.signingKey || echo ~/.ssh/id_ed25519.pub)"'
_AGAIN: Final = f"-c gpg.format=ssh -c user.signingKey={_KEY} -S --no-edit"
"""Signs with the key that git is set up for, or with the one that ssh makes if it is not told otherwise."""
_UNSIGNED: Final = {
    Signing.NONE: ("signature-missing", "it bears no signature by a key of its author `{author}`", _AGAIN),
    Signing.FOREIGN: (
        "signature-foreign",
        "it is signed by a key that is none of `{author}`, whose keys stand at {place}",
        _AGAIN,
    ),
    Signing.BAD: ("signature-broken", "its signature is not valid for what it says", _AGAIN),
    Signing.OTHER: (
        "signature-not-ssh",
        "its signature is none of an SSH key, and others (OpenPGP, X.509) are not read",
        _AGAIN,
    ),
}


def of_commit(
    code: str, commit: Commit, sentence: str, hint: str, severity: Severity = Severity.BLOCK
) -> Finding:
    """Find something about a commit; a hint that begins with `-` is options for its author's `git commit --amend`."""
    place = Place(path=f"commit {commit.oid[:12]}", commit=commit.oid)
    return Finding(code=code, place=place, sentence=sentence, hint=hint, severity=severity)


def _of_push(
    code: str, candidate: Candidate, sentence: str, hint: str, severity: Severity = Severity.BLOCK
) -> Finding:
    return Finding(
        code=code, place=Place(path=candidate.update.ref), sentence=sentence, hint=hint, severity=severity
    )
