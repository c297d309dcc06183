"""Sound documents to the values of `model/`: one function a kind."""

from datetime import date
from typing import Any, Final

from gitcorpus.canon import digest_value
from gitcorpus.model.contributors import Agreement, Person, Term
from gitcorpus.model.corpus import Corpus, Layout, Policy, Role, RolePatterns
from gitcorpus.model.curriculum import (
    Curriculum,
    DifficultyLookup,
    Discovery,
    Priority,
    PromptText,
    Quota,
    Task,
    Technique,
    Unit,
)
from gitcorpus.model.declaration import Declaration, Scope, Stage, Waiver
from gitcorpus.model.finding import Severity
from gitcorpus.spec.fields import Fields, lines_of
from gitcorpus.spec.yaml import Scalar

ELSEWHERE: Final = ("specs/**", "agreements/**", "*")
_SECONDS: Final = {"s": 1, "m": 60, "h": 3600}


def build_corpus(fields: Fields) -> Corpus:
    """Build the corpus."""
    policy, layout = fields.inner("policy"), fields.inner("layout")
    if layout is None:
        raise KeyError("layout")
    return Corpus(
        name=fields.text("name"),
        layout=_layout(layout),
        policy=None if policy is None else _policy(policy),
        protected=fields.texts("protected"),
        place=fields.place,
    )


def _policy(fields: Fields) -> Policy:
    owners = fields.inner("owners")
    owned = {} if owners is None else {name: owners.texts(name) for name in owners.names()}
    return Policy(
        branch=fields.text("branch"),
        owners=owned,
        approvals=fields.number("approvals") or 0,
        place=fields.place,
    )


def _layout(fields: Fields) -> Layout:
    roles = fields.inner("roles")
    names = () if roles is None else roles.names()
    return Layout(
        solutions=fields.texts("solution"),
        roles=tuple(
            RolePatterns(role=Role(name), patterns=roles.texts(name), place=roles.place_of(name))
            for name in names
            if roles is not None
        ),
        elsewhere=fields.texts("elsewhere") if fields.has("elsewhere") else ELSEWHERE,
        languages=fields.plain("languages", {}),
        place=fields.place,
    )


def build_curriculum(fields: Fields) -> Curriculum:
    """Build one curriculum; its discovered tasks are not yet there."""
    techniques = tuple(
        Technique(id=each.text("id"), title=each.text("title", each.text("id")), place=each.place)
        for each in fields.each("techniques")
    )
    units = tuple(_unit(each) for each in fields.each("units"))
    return Curriculum(units=units, techniques=techniques, place=fields.place)


def _unit(fields: Fields) -> Unit:
    window, quota, discover = fields.inner("window"), fields.inner("quota"), fields.inner("discover")
    return Unit(
        id=fields.text("id"),
        title=fields.text("title"),
        first_day=None if window is None else window.day("from"),
        last_day=None if window is None else window.day("to"),
        priority=Priority(fields.text("priority", "normal")),
        quota=Quota() if quota is None else _quota(quota),
        tasks=tuple(_task(each, fields.text("id")) for each in fields.each("tasks")),
        discover=None if discover is None else _discovery(discover),
        place=fields.place,
    )


def _quota(fields: Fields) -> Quota:
    return Quota(
        solutions=fields.number("solutions"),
        per_language=fields.plain("per_language", {}),
        per_technique=fields.plain("per_technique", {}),
    )


def _task(fields: Fields, unit: str) -> Task:
    prompt = fields.value("prompt") if fields.has("prompt") else None
    return Task(
        id=fields.text("id"),
        unit=unit,
        title=fields.text("title"),
        prompt=PromptText(text=prompt.text, lines=lines_of(prompt), place=fields.place_of("prompt"))
        if isinstance(prompt, Scalar)
        else None,
        languages=fields.texts("languages"),
        techniques=fields.texts("techniques"),
        domain=fields.text("domain"),
        difficulty=fields.number("difficulty"),
        steps=fields.texts("steps"),
        place=fields.place,
    )


def _discovery(fields: Fields) -> Discovery:
    difficulty: int | DifficultyLookup | None = fields.number("difficulty")
    if difficulty is None and (lookup := fields.inner("difficulty") if fields.has("difficulty") else None):
        difficulty = DifficultyLookup(
            source=lookup.text("from"), path=lookup.text("path"), place=lookup.place
        )
    return Discovery(
        layout=fields.text("layout"),
        languages=fields.texts("languages"),
        techniques=fields.texts("techniques"),
        difficulty=difficulty,
        place=fields.place,
    )


def build_declarations(fields: Fields) -> tuple[Declaration, ...]:
    """Build the gates of one document."""
    return tuple(_declaration(each) for each in fields.each("gates"))


def _declaration(fields: Fields) -> Declaration:
    budget = fields.text("budget")
    return Declaration(
        id=fields.text("id"),
        uses=fields.text("uses"),
        when=Stage(fields.text("when", "push")),
        on=Scope(fields.text("on", "tip")),
        severity=Severity(fields.text("severity", "block")),
        parameters=fields.plain("with", {}),
        paths=fields.texts("paths"),
        languages=fields.texts("languages"),
        refs=fields.texts("refs"),
        budget_seconds=int(budget[:-1]) * _SECONDS[budget[-1]] if budget else None,
        digest=digest_value({name: _exact(fields.plain(name)) for name in fields.names()}),
        place=fields.place,
    )


def build_waivers(fields: Fields) -> tuple[Waiver, ...]:
    """Build the waivers of one document; the id is the place."""
    return tuple(
        Waiver(
            id=f"{each.place.path}:{each.place.line}",
            gate=each.text("gate"),
            code=each.text("code"),
            paths=each.texts("paths"),
            reason=each.text("reason"),
            by=each.text("by"),
            until=_day(each, "until"),
            place=each.place,
        )
        for each in fields.each("waivers")
    )


def build_people(fields: Fields) -> tuple[tuple[Person, ...], tuple[Agreement, ...]]:
    """Build the people and agreements of one document."""
    people = tuple(
        Person(
            id=each.text("id"),
            emails=each.texts("emails"),
            keys=each.texts("keys"),
            roles=each.texts("roles"),
            terms=tuple(
                Term(
                    agreement=term.text("id"),
                    first_day=_day(term, "from"),
                    last_day=term.day("until"),
                    place=term.place,
                )
                for term in each.each("agreements")
            ),
            place=each.place,
        )
        for each in fields.each("people")
    )
    agreements = tuple(
        Agreement(id=each.text("id"), text=each.text("text"), grants=each.text("grants"), place=each.place)
        for each in fields.each("agreements")
    )
    return people, agreements


def _day(fields: Fields, name: str) -> date:
    day = fields.day(name)
    if day is None:
        raise KeyError(name)
    return day


def _exact(value: Any) -> Any:
    """Replace decimals, which have no canonical form, by how they print."""
    match value:
        case float():
            return repr(value)
        case dict():
            return {key: _exact(inner) for key, inner in value.items()}
        case list():
            return [_exact(inner) for inner in value]
        case _:
            return value
