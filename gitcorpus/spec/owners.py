"""Who may change which paths: the owners that `policy.owners` declares, and those that always are.

`specs/`, `agreements/` and every file that specs lean on by name belong to the role `leads`, or to the server's admins
alone where nobody has that role. A declaration adds to this and takes the place of what it matches more closely: of
all patterns that match a path, the longest one counts, as it is written.
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

from gitcorpus.model.contributors import Person
from gitcorpus.model.finding import Finding, Severity
from gitcorpus.model.spec import Spec
from gitcorpus.spec.globs import matches

LEADS: Final = "leads"
"""The role that owns the specs unless `policy.owners` names another."""
GUARDED: Final = ("specs/", "agreements/")
"""What has owners in every corpus."""


class Ownership(NamedTuple):
    """A pattern, and the roles and ids of people that own what it matches; none but the server's admins if empty."""

    pattern: str
    owners: tuple[str, ...]


def spec_paths(spec: Spec) -> tuple[str, ...]:
    """Return the patterns of what judges: the specs, the agreements, and the files that specs lean on by name."""
    texts = [agreement.text for agreement in spec.contributors.agreements]
    ignored = [spec.corpus.origins.ignored] if spec.corpus.origins.ignored else []
    return (*GUARDED, *texts, *ignored)


def ownerships(spec: Spec) -> tuple[Ownership, ...]:
    """Return all patterns that have owners, the longest first; of two equally long ones, the later one first."""
    declared = spec.corpus.policy.owners if spec.corpus.policy else {}
    leads = (LEADS,) if any(LEADS in person.roles for person in spec.contributors.people) else ()
    patterns = dict.fromkeys(spec_paths(spec), leads) | dict(declared)
    found = [Ownership(pattern, owners) for pattern, owners in patterns.items()]
    found.reverse()
    return tuple(sorted(found, key=lambda each: -len(each.pattern)))


def owner_of(path: str, patterns: tuple[Ownership, ...]) -> Ownership | None:
    """Return what says who owns a path; none if anybody may change it.

    A pattern that names a folder owns all that is below it, with a slash at its end or without.
    """
    return next(
        (each for each in patterns if matches(each.pattern, path) or matches(f"{each.pattern}/**", path)),
        None,
    )


def owns(person: Person | None, ownership: Ownership) -> bool:
    """Tell whether a person is an owner, by id or by a role."""
    return person is not None and not {person.id, *person.roles}.isdisjoint(ownership.owners)


def owner_findings(spec: Spec) -> Iterator[Finding]:
    """Warn of specs that judge pushes and that no contributor may change."""
    policy = spec.corpus.policy
    specs = owner_of(f"{GUARDED[0]}corpus.yaml", ownerships(spec))
    if policy is not None and specs is not None and not specs.owners:
        sentence = (
            "no contributor has the role `leads`, so only the admins in the server's file may change specs"
        )
        hint = f"give the leads `roles: [{LEADS}]` in specs/contributors.yaml, or declare `policy.owners`"
        yield Finding(
            code="no-owners", place=policy.place, sentence=sentence, hint=hint, severity=Severity.WARN
        )
