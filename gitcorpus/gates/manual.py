"""A gate's manual page, made from the gate: what it does, its parameters, what it lets pass and what not."""

import inspect
import json
from collections.abc import Iterator

from gitcorpus.gates.base import ALWAYS, Example, Gate
from gitcorpus.shipped import shipped_path


def render_manual(gate: Gate) -> str:
    """Return the page as Markdown."""
    module = inspect.getmodule(type(gate))
    opening = inspect.getdoc(module) or ""
    lines = [f"# The gate `{gate.name}`", "", *opening.split("\n")[:1], "", *opening.split("\n")[2:], ""]
    lines += [inspect.getdoc(type(gate)) or "", ""]
    always = "It is always on: specs can set its parameters and cannot narrow, soften or postpone it.\n"
    lines += [always] if gate.name in ALWAYS else []
    lines += ["## Parameters", "", *_parameters(gate), ""]
    lines += ["## Passes", "", *(f"- {example.title}" for example in gate.accepted), ""]
    lines += ["## Refused", "", "| push | codes |", "|---|---|", *map(_row, gate.refused)]
    return "\n".join(lines).replace("\n\n\n", "\n\n").rstrip() + "\n"


def _parameters(gate: Gate) -> Iterator[str]:
    schema = json.loads(shipped_path("schemas", "gates", f"{gate.name}.schema.json").read_bytes())
    for name, parameter in schema["properties"].items():
        yield f"- `{name}`: {parameter['description']}"
    if not schema["properties"]:
        yield "None."


def _row(example: Example) -> str:
    codes = ", ".join(f"`{code}`" for code in example.codes)
    return f"| {example.title} | {codes} |"
