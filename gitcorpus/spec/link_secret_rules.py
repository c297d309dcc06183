"""Packs of secrets: each has a name of its own, and each rule one within its pack."""

from collections.abc import Iterator
from typing import Final

from gitcorpus.model.finding import Finding
from gitcorpus.spec.documents import Documents, twice

SECRET_RULES: Final = "rules/secrets"  # noqa: S105 - a folder
"""The folder of the ready pack."""
READY_PACKS: Final = ("generic", "betterleaks", "veles")
"""Names with which the ids of rules begin that are there already."""


def link_secret_rules(specs: Documents) -> Iterator[Finding]:
    """Find what is wrong across packs of secrets."""
    own = Documents(specs.own)
    yield from twice(own.texts("SecretRules", "id"), code="duplicate-pack")
    for name in own.texts("SecretRules", "id"):
        if name.text in READY_PACKS:
            sentence = f"`{name.text}` is the name of a ready pack"
            yield Finding(
                code="duplicate-pack", place=name.place, sentence=sentence, hint="give it another id"
            )
    for root in own.roots("SecretRules"):
        ids = (rule.scalar("id") for rule in root.each("rules"))
        yield from twice((node for node in ids if node is not None), code="duplicate-rule")
