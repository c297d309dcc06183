"""Who writes, and under which agreement."""

from dataclasses import dataclass
from datetime import date

from gitcorpus.model.place import Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """One agreement that one person has signed, and the days it holds, both inclusive."""

    agreement: str
    first_day: date
    last_day: date | None
    place: Place

    def covers(self, day: date) -> bool:
        """Tell whether the agreement is in force on a day."""
        return self.first_day <= day and (self.last_day is None or day <= self.last_day)


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A known contributor. E-mail addresses compare without case."""

    id: str
    emails: tuple[str, ...]
    accounts: tuple[str, ...]
    """Names that the server gives the person who pushes."""
    keys: tuple[str, ...]
    roles: tuple[str, ...]
    terms: tuple[Term, ...]
    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """The contract under which a contributor's lines belong to the organisation."""

    id: str
    text: str
    """Path of its text in the repository."""
    grants: str
    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Contributors:
    """All people and agreements of the specs."""

    people: tuple[Person, ...] = ()
    agreements: tuple[Agreement, ...] = ()

    def person(self, email: str) -> Person | None:
        """Find a person by e-mail address."""
        wanted = email.lower()
        for person in self.people:
            if wanted in (known.lower() for known in person.emails):
                return person
        return None

    def account(self, name: str) -> Person | None:
        """Find the person whom the server calls by an account's name; letter case counts."""
        return next((person for person in self.people if name in person.accounts), None)

    def agreement(self, person: Person, day: date) -> Agreement | None:
        """Find the agreement in force for a person on a day; the first that the person lists."""
        for term in person.terms:
            if term.covers(day):
                return next((a for a in self.agreements if a.id == term.agreement), None)
        return None
