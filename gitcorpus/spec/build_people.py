"""Sound Contributors documents to people and agreements."""

from collections.abc import Iterable

from gitcorpus.model.contributors import Agreement, Contributors, Person, Term
from gitcorpus.spec.nodes import Fields


def build_contributors(roots: Iterable[Fields]) -> Contributors:
    """Build the people and agreements of all documents."""
    documents = tuple(roots)
    return Contributors(
        people=tuple(_person(each) for root in documents for each in root.each("people")),
        agreements=tuple(_agreement(each) for root in documents for each in root.each("agreements")),
    )


def _person(fields: Fields) -> Person:
    return Person(
        id=fields.text("id"),
        emails=fields.texts("emails"),
        accounts=fields.texts("accounts", (fields.text("id"),)),
        keys=fields.texts("keys"),
        roles=fields.texts("roles"),
        terms=tuple(map(_term, fields.each("agreements"))),
        place=fields.place,
    )


def _term(fields: Fields) -> Term:
    return Term(
        agreement=fields.text("id"),
        first_day=fields.needed_day("from"),
        last_day=fields.day("until"),
        place=fields.place,
    )


def _agreement(fields: Fields) -> Agreement:
    return Agreement(
        id=fields.text("id"), text=fields.text("text"), grants=fields.text("grants"), place=fields.place
    )
