"""What gates said before, known by what their answers depend on: no blob and no commit is judged twice.

The key of an answer is a digest of the gate, its version, its declaration, the object, and the facts beside the
object that the gate says it leans on. An answer that quotes pushed text is not kept: the text may hold a secret, and
what was refused leaves nothing behind.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import date
from hashlib import sha256
from threading import Lock
from typing import Any, Final, NamedTuple

from gitcorpus.cache import Cache
from gitcorpus.canon import canonical
from gitcorpus.gates.base import Gate
from gitcorpus.model.declaration import Declaration
from gitcorpus.model.entry import Json
from gitcorpus.model.finding import Finding, Severity
from gitcorpus.model.place import Oid, Place

NOTHING: Final = b"[]"

Findings = tuple[Finding, ...]


class Subject(NamedTuple):
    """What one answer is about: an object, and the facts beside it that the answer depends on."""

    oid: Oid
    facts: tuple[str | int | None, ...] = ()


class Known:
    """The answers in a repository's cache, and those that this push adds to it. Threads may share one."""

    def __init__(self, cache: Cache | None, *, today: date) -> None:
        self._cache = cache
        self._today = today
        self._fresh: dict[bytes, bytes] = {}
        self._learnt: dict[str, dict[bytes, bytes]] = {}
        self._lock = Lock()
        self.n_known = 0
        self.n_judged = 0

    def answers(self, gate: Gate, declaration: Declaration, subjects: Iterable[Subject]) -> "Answers":
        """Look up what is known of some subjects."""
        keys = {subject: _key(gate, declaration, subject) for subject in subjects}
        with self._lock:
            found = {key: value for key in keys.values() if (value := self._fresh.get(key)) is not None}
            if self._cache is not None:
                found |= self._cache.known(key for key in keys.values() if key not in found)
            known = {subject: _decode(found[key]) for subject, key in keys.items() if key in found}
            self.n_known += len(known)
            self.n_judged += len(keys) - len(known)
        return Answers(self, gate.name, keys, known)

    def recall(self, key: bytes) -> bytes | None:
        """Return what a gate worked out on its way to an answer, or none."""
        with self._lock:
            found = self._fresh.get(key)
            if found is None and self._cache is not None:
                found = self._cache.known([key]).get(key)
            return found

    def keep(self, topic: str, results: Mapping[bytes, bytes]) -> None:
        """Take what a gate said; it is on the disk once it is saved."""
        with self._lock:
            self._fresh |= results
            self._learnt.setdefault(topic, {}).update(results)

    def forget(self, values: Sequence[str]) -> None:
        """Let go of what was taken and holds one of some values, as text or as JSON writes it."""
        if not values:
            return
        forms = ((value, json.dumps(value)[1:-1]) for value in values)
        written = [form.encode("utf-8", "replace") for pair in forms for form in pair]
        with self._lock:
            for results in self._learnt.values():
                for key in [key for key, said in results.items() if any(each in said for each in written)]:
                    del results[key]

    def save(self) -> None:
        """Write down what was taken. Nobody has to wait for it who waits for a verdict."""
        for topic, results in self._learnt.items():
            if self._cache is not None and results:
                self._cache.learn(topic, results, today=self._today)
        self._learnt = {}


class Answers:
    """What is known of some subjects, and the answers that are given now; those are kept when `keep` is called."""

    def __init__(
        self, known: Known, topic: str, keys: Mapping[Subject, bytes], found: Mapping[Subject, Findings]
    ) -> None:
        self._known = known
        self._topic = topic
        self._keys = keys
        self._found = found
        self._new: dict[bytes, bytes] = {}

    def of(self, subject: Subject) -> Findings | None:
        """Return what is known of a subject, or none."""
        return self._found.get(subject)

    def add(self, subject: Subject, findings: Iterable[Finding]) -> Findings:
        """Take an answer that a gate gave to its end; one about a subject that was not asked for is not kept."""
        said = tuple(findings)
        if subject in self._keys and not any(finding.quote or finding.patch for finding in said):
            self._new[self._keys[subject]] = _encode(said)
        return said

    def keep(self) -> None:
        """Keep what was added."""
        self._known.keep(self._topic, self._new)
        self._new = {}


def _key(gate: Gate, declaration: Declaration, subject: Subject) -> bytes:
    facts = [_writable(fact) for fact in subject.facts]
    return sha256(canonical([gate.name, gate.version, declaration.digest, subject.oid, facts])).digest()


def _writable(fact: str | int | None) -> Json:
    """Write a path that is not ASCII so that canonical JSON can hold it, and so that no other path is written so."""
    if isinstance(fact, str) and not fact.isascii():
        return "\0" + fact.encode("utf-8", "surrogateescape").hex()
    return fact


def _encode(findings: Findings) -> bytes:
    return json.dumps([_fields(finding) for finding in findings]).encode() if findings else NOTHING


def _fields(finding: Finding) -> dict[str, object]:
    return {
        "code": finding.code,
        "place": asdict(finding.place),
        "sentence": finding.sentence,
        "hint": finding.hint,
        "severity": finding.severity.value,
        "content": finding.content,
        "firm": finding.firm,
    }


def _decode(data: bytes) -> Findings:
    return tuple(map(_finding, json.loads(data))) if data != NOTHING else ()


def _finding(fields: dict[str, Any]) -> Finding:
    place = Place(**fields.pop("place"))
    severity = Severity(fields.pop("severity"))
    return Finding(place=replace(place, route=tuple(place.route)), severity=severity, **fields)
