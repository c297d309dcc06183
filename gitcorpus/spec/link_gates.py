"""Gates and waivers: gates that exist, parameters that they take, waivers of a gate by a person."""

from collections.abc import Iterator

from gitcorpus.model.finding import Finding
from gitcorpus.spec.documents import Documents, twice, unknown
from gitcorpus.spec.link_curriculum import known_languages
from gitcorpus.spec.nodes import Fields
from gitcorpus.spec.schema import breaches, gate_names, schema_of
from gitcorpus.spec.sources import ready_names


def link_gates(specs: Documents) -> Iterator[Finding]:
    """Find what is wrong across gates and waivers."""
    own = Documents(specs.own)
    yield from twice(own.texts("Gates", "gates[].id"), code="duplicate-gate")
    yield from unknown(specs.texts("Gates", "gates[].uses"), gate_names(), code="unknown-gate")
    yield from unknown(specs.texts("Gates", "extends[]"), ready_names("gates"), code="unknown-profile")
    yield from unknown(
        specs.texts("Gates", "gates[].languages[]"), known_languages(specs), code="unknown-language"
    )
    for gate in specs.fields("Gates", "gates[]"):
        yield from _parameters(gate)
    yield from _waivers(specs)


def _parameters(gate: Fields) -> Iterator[Finding]:
    parameters = gate.fields("with")
    uses = gate.text("uses")
    if parameters is not None and uses in gate_names():
        yield from breaches(parameters, f"gates/{uses}")
    elif uses in gate_names() and (needed := schema_of(f"gates/{uses}").get("required")):
        hint = f"add `with: {{{', '.join(f'{name}: …' for name in needed)}}}`; gitcorpus spec schema gates/{uses}"
        yield gate.finding("missing-field", f"the gate `{uses}` needs parameters, and has no `with`", hint)


def _waivers(specs: Documents) -> Iterator[Finding]:
    yield from twice(specs.texts("Waivers", "waivers[].id"), code="duplicate-waiver")
    if specs.declares_all("Gates"):
        yield from unknown(
            specs.texts("Waivers", "waivers[].gate"), specs.names("Gates", "gates[].id"), code="unknown-gate"
        )
    if specs.declares_all("Contributors"):
        people = specs.names("Contributors", "people[].id")
        yield from unknown(specs.texts("Waivers", "waivers[].by"), people, code="unknown-person")
