"""Who may change which paths: the owners that `policy.owners` declares, and those that always are.

`specs/`, `agreements/` and every file that specs lean on by name belong to the role `leads`, or to the server's admins
alone where nobody has that role. A declaration adds to this: of all declared patterns that match a path, the longest
one counts, and it takes over from what has owners anyway only where it names that place.
"""

import re
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


_WILDCARD: Final = re.compile(r"[*?\[]")
"""Where what a glob says letter by letter ends."""


class Ownership(NamedTuple):
    """A pattern, and the roles and ids of people that own what it matches; none but the server's admins if empty."""

    pattern: str
    owners: tuple[str, ...]
    is_built_in: bool = False
    """Whether every corpus has it; then only a declaration that names the same place takes over from it."""


def spec_paths(spec: Spec) -> tuple[str, ...]:
    """Return the patterns of what judges: the specs, the agreements, and the files that specs lean on by name."""
    texts = [agreement.text for agreement in spec.contributors.agreements]
    ignored = [spec.corpus.origins.ignored] if spec.corpus.origins.ignored else []
    return (*GUARDED, *(path for path in (*texts, *ignored) if not path.startswith(GUARDED)))


def ownerships(spec: Spec) -> tuple[Ownership, ...]:
    """Return all patterns that have owners, the longest first; of two equally long ones, the later one first."""
    declared = spec.corpus.policy.owners if spec.corpus.policy else {}
    leads = (LEADS,) if any(LEADS in person.roles for person in spec.contributors.people) else ()
    found = [Ownership(pattern, leads, is_built_in=True) for pattern in dict.fromkeys(spec_paths(spec))]
    found += [Ownership(pattern, owners) for pattern, owners in declared.items()]
    found.reverse()
    return tuple(sorted(found, key=lambda each: -len(each.pattern)))


def owner_of(path: str, patterns: tuple[Ownership, ...]) -> Ownership | None:
    """Return what says who owns a path; none if anybody may change it.

    A pattern that names a folder owns all that is below it, with a slash at its end or without. What has owners in
    every corpus is opened only by a declaration that begins with its name, or that names a folder around it: no
    `**/*.yaml`, however long it is, is meant for the specs.
    """
    matching = [
        each for each in patterns if matches(each.pattern, path) or matches(f"{each.pattern}/**", path)
    ]
    guard = next((each for each in matching if each.is_built_in), None)
    declared = [each for each in matching if not each.is_built_in and (guard is None or _names(each, guard))]
    return next(iter(declared), guard)


def _names(declared: Ownership, guard: Ownership) -> bool:
    """Tell whether a declaration is meant for what has owners in every corpus."""
    literal = _WILDCARD.split(declared.pattern, maxsplit=1)[0]
    return literal == declared.pattern or literal.startswith(guard.pattern)


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


def locked_out(spec: Spec) -> Iterator[Finding]:
    """Find specs that none of their owners could ever change again by a push."""
    policy = spec.corpus.policy
    specs = owner_of(f"{GUARDED[0]}corpus.yaml", ownerships(spec))
    if policy is None or specs is None:
        return
    people = spec.contributors.people
    owners = [person for person in people if owns(person, specs)] if specs.owners else list(people)
    if specs.owners and owners and not any(person.accounts for person in owners):
        sentence = f"no owner of the specs has an account: {', '.join(person.id for person in owners)}"
        hint = "give an owner `accounts:` in specs/contributors.yaml"
        yield Finding(code="owners-locked-out", place=policy.place, sentence=sentence, hint=hint)
    for gate in spec.gates:
        signed = gate.uses == "rights" and gate.parameters.get("identity") == "signed"
        if signed and gate.severity is Severity.BLOCK and not any(person.keys for person in owners):
            sentence = f"the gate `{gate.id}` asks for signed commits, and no owner of the specs has `keys:`"
            hint = "enter the public keys in specs/contributors.yaml first, in a push of their own"
            yield Finding(code="owners-locked-out", place=gate.place, sentence=sentence, hint=hint)
