"""Works off the outbox: revokes exposed values as the server's policy says, and tells a person of the rest.

Before a request is sent it is written down that it will be; so whoever finds a value that is being sent knows that
nobody knows what became of it, and asks whether it still works before it is sent again. A request may arrive twice and
none is lost: at least once, with the same idempotency key.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import Final, NamedTuple

from gitcorpus.errors import UnjudgedError
from gitcorpus.incidents import Due, Incidents
from gitcorpus.incidents.keys import PRIVATE, unseal
from gitcorpus.incidents.send import Answer, Outcome, Sender, post
from gitcorpus.model.incident import Incident, State
from gitcorpus.model.server import Revocation, Secrets

PER_MINUTE: Final = 30
MOST_ATTEMPTS: Final = 8
_FIRST: Final = timedelta(seconds=30)
_LONGEST: Final = timedelta(hours=1)


class Done(NamedTuple):
    """What one round did."""

    revoked: int = 0
    waiting: int = 0
    for_people: int = 0
    erased: int = 0


@dataclass
class Worker:
    """Revokes what one repository's outbox holds."""

    git_dir: Path
    secrets: Secrets
    clock: Callable[[], datetime]
    private: Path | None = None
    """Where the private key is; by default beside the outbox."""
    chance: Random = field(default_factory=Random)
    _sent: dict[str, list[datetime]] = field(default_factory=lambda: defaultdict(list))

    def __post_init__(self) -> None:
        self._incidents = Incidents(self.git_dir)
        self._sender = Sender(self.secrets)

    def round(self) -> Done:
        """Erase what is too old, send what is due, and tell people what is left to them.

        Raises:
            UnjudgedError: secrets-engine-missing, revokers-broken, key-unusable or incidents-unwritable.
        """
        erased = self._incidents.expire(self.clock())
        ended = [state for batch in self._batches() for state in self._send(batch)]
        self._tell()
        count = ended.count
        return Done(count(State.REVOKED), count(State.UNKNOWN), count(State.OPEN), erased)

    def _batches(self) -> Iterator[list[Due]]:
        """Yield values that go into one request, as far as the rules' rates allow."""
        by_rule: dict[str, list[Due]] = defaultdict(list)
        for due in self._incidents.due(self.clock()):
            by_rule[due.rule].append(due)
        for rule, dues in by_rule.items():
            most = self._sender.batch(rule)
            unsure = [due for due in dues if due.state is not State.QUEUED]
            fresh = [due for due in dues if due.state is State.QUEUED]
            chunks = [fresh[start : start + most] for start in range(0, len(fresh), most)]
            for batch in (*([due] for due in unsure), *chunks):
                if not self._may_send(rule):
                    break
                yield batch

    def _may_send(self, rule: str) -> bool:
        now = self.clock()
        recent = [at for at in self._sent[rule] if now - at < timedelta(minutes=1)]
        self._sent[rule] = recent
        if len(recent) >= self.secrets.per_minute.get(rule, PER_MINUTE):
            return False
        recent.append(now)
        return True

    def _send(self, batch: Sequence[Due]) -> Iterator[State]:
        rule = batch[0].rule
        if self.secrets.policy(rule) is Revocation.NEVER or not self._sender.can_revoke(rule):
            why = (
                "the policy names no such rule any more"
                if self._sender.can_revoke(rule)
                else "nobody knows how to revoke it"
            )
            for due in batch:
                yield self._end(due, State.OPEN, why)
            return
        values = [
            unseal(self.private or self.git_dir / PRIVATE, due.sealed).decode("utf-8", "surrogateescape")
            for due in batch
        ]
        if batch[0].state is not State.QUEUED and self._sender.is_dead(rule, values[0]):
            yield self._end(batch[0], State.REVOKED, "it works no more")
            return
        for due in batch:
            self._incidents.begin(due, self.clock(), idempotency_key(due))
        answer = self._sender.revoke(rule, values)
        for due in batch:
            yield self._took(due, answer)

    def _took(self, due: Due, answer: Answer) -> State:
        if answer.outcome is Outcome.REVOKED:
            return self._end(due, State.REVOKED, answer.said)
        if answer.outcome is Outcome.REFUSED or due.attempts + 1 >= MOST_ATTEMPTS:
            return self._end(due, State.OPEN, answer.said)
        now = self.clock()
        longest = min(_FIRST * 2**due.attempts, _LONGEST)
        self._incidents.wait(
            due, now, now + longest * self.chance.uniform(0.5, 1.0), State.UNKNOWN, answer.said
        )
        return State.UNKNOWN

    def _end(self, due: Due, state: State, said: str) -> State:
        self._incidents.end(due.incident, self.clock(), state, said)
        return state

    def _tell(self) -> None:
        """Tell of incidents that need a person; one that could not be told is told in the next round."""
        if not self.secrets.webhook:
            return
        for incident in self._incidents.untold():
            if post(self.secrets.webhook, fields_of(incident)) // 100 == 2:  # noqa: PLR2004 - HTTP's classes
                self._incidents.told(incident.id, self.clock())


def idempotency_key(due: Due) -> str:
    """Return what names one value's revocation, however often it is sent."""
    return sha256(f"{due.incident} {due.rule}".encode()).hexdigest()[:32]


def fields_of(incident: Incident) -> dict[str, object]:
    """Return an incident as JSON fields; there is no value in it."""
    return {
        "id": incident.id,
        "state": incident.state.value,
        "rule": incident.rule,
        "title": incident.title,
        "tier": incident.tier.value,
        "fingerprint": incident.fingerprint,
        "opened_at": incident.opened_at.isoformat(),
        "seen_at": incident.seen_at.isoformat(),
        "times": incident.times,
        "sealed": incident.is_sealed,
        "attempts": incident.attempts,
        "sights": [each._asdict() | {"seen_at": each.seen_at.isoformat()} for each in incident.sights],
        "events": [each._asdict() | {"at": each.at.isoformat()} for each in incident.events],
    }


def read_worker(
    git_dir: Path, secrets: Secrets, clock: Callable[[], datetime], private: Path | None
) -> Worker:
    """Return the worker of a repository.

    Raises:
        UnjudgedError: key-unusable, if its private key is not there.
    """
    path = private or git_dir / PRIVATE
    if not path.exists():
        hint = "name it with `--key FILE`, or make one: gitcorpus revoke keygen"
        raise UnjudgedError(
            "key-unusable", "there is no private key to open values with", place=str(path), hint=hint
        )
    return Worker(git_dir, secrets, clock, path)
