"""Names of one document to things of another: every name that leads nowhere, and everything said twice."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

from gitcorpus.model.contributors import Contributors
from gitcorpus.model.corpus import Corpus
from gitcorpus.model.curriculum import Curriculum, Task, Unit
from gitcorpus.model.declaration import Declaration, Waiver
from gitcorpus.model.finding import Finding
from gitcorpus.model.language import KNOWN
from gitcorpus.model.place import Place
from gitcorpus.model.view import ReleaseSpec, Template, View
from gitcorpus.spec.layout import BRACES, SolutionPattern
from gitcorpus.spec.schema import breaches, did_you_mean, known_gates
from gitcorpus.spec.sources import READY
from gitcorpus.spec.yaml import node_of

FORMAT_FIELDS: Final = {
    "pretrain": ("content",),
    "lm_text": ("text",),
    "sft_messages": ("messages",),
    "sft_prompt_completion": ("prompt", "completion"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """All sound documents, and the kinds of which at least one is broken."""

    corpora: tuple[Corpus, ...]
    curricula: tuple[Curriculum, ...]
    gates: tuple[Declaration, ...]
    contributors: Contributors
    views: tuple[View, ...]
    releases: tuple[ReleaseSpec, ...]
    waivers: tuple[Waiver, ...]
    broken: frozenset[str]
    paths: frozenset[str]

    @property
    def units(self) -> tuple[Unit, ...]:
        """All units."""
        return tuple(unit for curriculum in self.curricula for unit in curriculum.units)

    @property
    def tasks(self) -> tuple[Task, ...]:
        """All tasks."""
        return tuple(task for unit in self.units for task in unit.tasks)

    def whole(self, *kinds: str) -> bool:
        """Tell whether all documents of these kinds could be read, so that a missing name is really missing."""
        return not self.broken & {*kinds, ""}


def link(parts: Parts) -> Iterator[Finding]:
    """Find every name that leads nowhere and everything that is said twice."""
    for rule in (_corpus, _curricula, _gates, _people, _views, _releases, _waivers):
        yield from rule(parts)


def _corpus(parts: Parts) -> Iterator[Finding]:
    if not parts.corpora and parts.whole("Corpus"):
        yield _found(
            "no-corpus", Place(path="specs"), "no document declares the corpus", "add specs/corpus.yaml"
        )
    for corpus in parts.corpora[1:]:
        yield _found("second-corpus", corpus.place, f"{parts.corpora[0].place} declares the corpus already")
    for corpus in parts.corpora[:1]:
        for pattern in corpus.layout.solutions:
            yield from _pattern(pattern, corpus.layout.place)
        known = {role for person in parts.contributors.people for role in person.roles}
        if corpus.policy is not None:
            for role in sorted({role for roles in corpus.policy.owners.values() for role in roles} - known):
                if parts.whole("Contributors"):
                    yield _unknown(
                        "unknown-role", corpus.policy.place, f"nobody has the role `{role}`", role, known
                    )
            if not parts.gates and parts.whole("Gates"):
                hint = "add specs/gates.yaml with `extends: [gitcorpus:recommended]`"
                yield _found("gates-missing", corpus.policy.place, "a corpus with a policy needs gates", hint)
            if not parts.contributors.people and parts.whole("Contributors"):
                hint = "add specs/contributors.yaml"
                yield _found(
                    "people-missing", corpus.policy.place, "a corpus with a policy needs people", hint
                )


def _pattern(pattern: str, place: Place) -> Iterator[Finding]:
    braces = [name for segment in SolutionPattern(pattern).segments for name in _braces(segment)]
    for name in braces:
        if name not in BRACES:
            yield _unknown("unknown-brace", place, f"`{{{name}}}` in `{pattern}` means nothing", name, BRACES)
    if "task" not in braces:
        yield _found(
            "no-task-brace", place, f"`{pattern}` has no `{{task}}`", "name the folder of a task `{task}`"
        )
    for name in {name for name in braces if braces.count(name) > 1}:
        yield _found("brace-twice", place, f"`{pattern}` has `{{{name}}}` twice")


def _braces(segment: str) -> list[str]:
    return [piece.split("}")[0] for piece in segment.split("{")[1:]]


def _curricula(parts: Parts) -> Iterator[Finding]:
    yield from _twice("duplicate-unit", "unit", ((unit.id, unit.place) for unit in parts.units))
    yield from _twice("duplicate-task", "task", ((task.id, task.place) for task in parts.tasks))
    declared = {t.id for curriculum in parts.curricula for t in curriculum.techniques}
    for unit in parts.units:
        if unit.first_day and unit.last_day and unit.first_day > unit.last_day:
            yield _found("empty-window", unit.place, f"the window of `{unit.id}` ends before it begins")
        if unit.discover is not None:
            yield from _pattern(unit.discover.layout, unit.discover.place)
        named = [*((name, unit.place) for name in unit.quota.per_language)]
        named += [(name, task.place) for task in unit.tasks for name in task.languages]
        for name, place in dict(named).items():
            if name not in KNOWN and not _adds(parts, name):
                yield _unknown("unknown-language", place, f"no language is called `{name}`", name, KNOWN)
        practised = [(name, unit.place) for name in unit.quota.per_technique]
        practised += [(name, task.place) for task in unit.tasks for name in task.techniques]
        if declared and parts.whole("Curriculum"):
            for name, place in practised:
                if name not in declared:
                    yield _unknown(
                        "unknown-technique", place, f"no technique is called `{name}`", name, declared
                    )


def _adds(parts: Parts, language: str) -> bool:
    return any(language in corpus.layout.languages.values() for corpus in parts.corpora)


def _gates(parts: Parts) -> Iterator[Finding]:
    yield from _twice("duplicate-gate", "gate", ((gate.id, gate.place) for gate in parts.gates))
    known = known_gates()
    for gate in parts.gates:
        if gate.uses not in known:
            yield _unknown("unknown-gate", gate.place, f"there is no gate `{gate.uses}`", gate.uses, known)
            continue
        for breach in breaches(node_of(gate.parameters, gate.place), f"gates/{gate.uses}"):
            sentence = f"gate `{gate.id}`: {breach.sentence}"
            yield _found(breach.code, gate.place, sentence, breach.hint)
        for name in gate.languages:
            if name not in KNOWN and not _adds(parts, name):
                yield _unknown("unknown-language", gate.place, f"no language is called `{name}`", name, KNOWN)


def _people(parts: Parts) -> Iterator[Finding]:
    people, agreements = parts.contributors.people, parts.contributors.agreements
    yield from _twice("duplicate-person", "contributor", ((person.id, person.place) for person in people))
    yield from _twice("duplicate-agreement", "agreement", ((a.id, a.place) for a in agreements))
    emails = ((email.lower(), person.place) for person in people for email in person.emails)
    yield from _twice("duplicate-email", "address", emails)
    known = {agreement.id for agreement in agreements}
    for term in (term for person in people for term in person.terms):
        if term.agreement not in known and parts.whole("Contributors"):
            sentence = f"there is no agreement `{term.agreement}`"
            yield _unknown("unknown-agreement", term.place, sentence, term.agreement, known)
        if term.last_day is not None and term.last_day < term.first_day:
            yield _found("empty-window", term.place, "the agreement ends before it begins")
    for agreement in agreements:
        if agreement.text not in parts.paths:
            hint = did_you_mean(agreement.text, tuple(parts.paths)) or "add the text at that path"
            yield _found("no-agreement-text", agreement.place, f"there is no file `{agreement.text}`", hint)


def _views(parts: Parts) -> Iterator[Finding]:
    yield from _twice("duplicate-view", "view", ((view.name, view.place) for view in parts.views))
    for view in parts.views:
        shape = view.record if isinstance(view.record, dict) else {}
        for name in FORMAT_FIELDS[view.format]:
            if name not in shape:
                hint = f"the format needs: {', '.join(FORMAT_FIELDS[view.format])}"
                yield _found(
                    "record-incomplete", view.place, f"the record of `{view.name}` has no `{name}`", hint
                )
            elif not _fits(name, shape[name]):
                wanted = "a list of {role, content}" if name == "messages" else "one template"
                yield _found(
                    "record-misfit", view.place, f"`{name}` of the view `{view.name}` must be {wanted}"
                )
        for name in shape:
            if name not in FORMAT_FIELDS[view.format] and not isinstance(shape[name], Template):
                yield _found("record-misfit", view.place, f"the further column `{name}` must be one template")
        if view.format == "pretrain" and view.source != "files":
            hint = "write `from: files`"
            yield _found("record-misfit", view.place, "the format pretrain has one record a file", hint)
        if view.split is not None and (total := sum((s for _, s in view.split.shares), Fraction(0))) != 1:
            said = float(total)
            yield _found("split-not-whole", view.split.place, f"the shares add up to {said:g}, not to 1")


def _fits(name: str, shape: Any) -> bool:
    if name != "messages":
        return isinstance(shape, Template)
    return isinstance(shape, tuple) and bool(shape) and all(_is_message(message) for message in shape)


def _is_message(message: Any) -> bool:
    if not isinstance(message, dict) or set(message) != {"role", "content"}:
        return False
    role = message["role"]
    known = isinstance(role, Template) and role.text in ("system", "user", "assistant", "tool")
    return known and isinstance(message["content"], Template)


def _releases(parts: Parts) -> Iterator[Finding]:
    yield from _twice("duplicate-release", "release", ((r.name, r.place) for r in parts.releases))
    yield from _twice("duplicate-tags", "tag pattern", ((r.tags, r.place) for r in parts.releases))
    known = {view.name for view in parts.views}
    for release in parts.releases:
        for name in release.views:
            if name.removeprefix(READY) not in known and not name.startswith(READY) and parts.whole("View"):
                yield _unknown("unknown-view", release.place, f"there is no view `{name}`", name, known)


def _waivers(parts: Parts) -> Iterator[Finding]:
    gates = {gate.id for gate in parts.gates} | {"paths", "refs", "spec"}
    people = {person.id for person in parts.contributors.people}
    for waiver in parts.waivers:
        if waiver.gate not in gates and parts.whole("Gates"):
            yield _unknown(
                "unknown-gate", waiver.place, f"no gate is declared as `{waiver.gate}`", waiver.gate, gates
            )
        if waiver.by not in people and parts.whole("Contributors"):
            yield _unknown(
                "unknown-person", waiver.place, f"there is no contributor `{waiver.by}`", waiver.by, people
            )


def _twice(code: str, noun: str, names: Iterable[tuple[str, Place]]) -> Iterator[Finding]:
    seen: dict[str, Place] = {}
    for name, place in names:
        if name in seen:
            yield _found(code, place, f"the {noun} `{name}` is declared a second time; first at {seen[name]}")
        seen.setdefault(name, place)


def _unknown(code: str, place: Place, sentence: str, name: str, known: Iterable[str]) -> Finding:
    names = sorted(known)
    listed = f"known: {', '.join(names[:12])}{', …' if len(names) > 12 else ''}" if names else ""  # noqa: PLR2004
    return _found(code, place, sentence, did_you_mean(name, names) or listed)


def _found(code: str, place: Place, sentence: str, hint: str = "") -> Finding:
    return Finding(code=code, place=place, sentence=sentence, hint=hint)
