"""Rule packs: each has a name of its own, each rule one within its pack, and gates name packs that there are."""

from collections.abc import Iterator
from typing import Final

from gitcorpus.model.finding import Finding
from gitcorpus.spec.documents import Documents, twice, unknown
from gitcorpus.spec.link_curriculum import known_languages
from gitcorpus.spec.nodes import Scalar
from gitcorpus.spec.select import select_texts
from gitcorpus.spec.sources import ready_names

READY_RULES: Final = "rules/style"
"""The folder of the ready packs."""


def link_rules(specs: Documents) -> Iterator[Finding]:
    """Find what is wrong across rule packs and the gates that name them."""
    own = Documents(specs.own)
    yield from twice(own.texts("Rules", "id"), code="duplicate-pack")
    yield from unknown(own.texts("Rules", "languages[]"), known_languages(specs), code="unknown-language")
    for root in own.roots("Rules"):
        ids = (rule.scalar("id") for rule in root.each("rules"))
        yield from twice((node for node in ids if node is not None), code="duplicate-rule")
    if own.declares_all("Rules"):
        known = (*own.names("Rules", "id"), *ready_names(READY_RULES))
        yield from unknown(named_packs(specs), known, code="unknown-pack")


def named_packs(specs: Documents) -> Iterator[Scalar]:
    """Yield the names of packs that gates call."""
    for gate in specs.fields("Gates", "gates[]"):
        if gate.text("uses") == "style":
            yield from select_texts(gate, "with.rules[]")


def ready_packs(specs: Documents) -> tuple[str, ...]:
    """Return the names of the ready packs that gates call, by name or by naming none."""
    gates = [gate for gate in specs.fields("Gates", "gates[]") if gate.text("uses") == "style"]
    if any(not list(select_texts(gate, "with.rules[]")) for gate in gates):
        return ready_names(READY_RULES)
    wanted = {node.text for node in named_packs(specs)}
    return tuple(name for name in ready_names(READY_RULES) if name in wanted)
