"""What a document may hold: its JSON Schema, and every breach of it as a finding at its place.

The files in `schemas/` are the one truth, for gitcorpus and for editors. jsonschema finds the breaches,
`sentences` words them. The schemas use no `oneOf` and no `uniqueItems`, so that every breach has one meaning
and checking takes time in step with the size of the document.
"""

import json
from datetime import date
from functools import cache
from itertools import islice
from typing import Any, Final

from jsonschema import Draft202012Validator, FormatChecker

from gitcorpus.errors import GitcorpusError
from gitcorpus.model.finding import Finding
from gitcorpus.shipped import shipped_path
from gitcorpus.spec.brief import did_you_mean
from gitcorpus.spec.nodes import Node, plain
from gitcorpus.spec.sentences import explain

KINDS: Final = (
    "Corpus",
    "Curriculum",
    "Gates",
    "Contributors",
    "View",
    "Release",
    "Rules",
    "SecretRules",
    "Waivers",
)
MOST_FINDINGS: Final = 100
"""Most findings of one file; the rest is counted by whoever has them."""

_ENDING: Final = ".schema.json"


@cache
def schema_of(name: str) -> dict[str, Any]:
    """Return a schema by the name of its file: `corpus`, or `gates/size` for a gate's parameters."""
    return dict(json.loads(shipped_path("schemas", *f"{name}{_ENDING}".split("/")).read_bytes()))


def gate_names() -> tuple[str, ...]:
    """Return the names of the gates that there are: those whose parameters have a schema."""
    found = shipped_path("schemas", "gates").glob(f"*{_ENDING}")
    return tuple(sorted(path.name.removesuffix(_ENDING) for path in found))


def schema_text(kind: str) -> str:
    """Return the text of a schema: of a kind, of `Server`, or of a gate's parameters as `gates/NAME`.

    Raises:
        GitcorpusError: unknown-kind.
    """
    names = (*KINDS, "Server", *(f"gates/{gate}" for gate in gate_names()))
    found = next((name for name in names if name.lower() == kind.lower()), None)
    if found is None:
        hint = did_you_mean(kind, names) or f"known: {', '.join(names)}"
        raise GitcorpusError("unknown-kind", f"there is no schema `{kind}`", hint=hint)
    return shipped_path("schemas", *f"{found.lower()}{_ENDING}".split("/")).read_text("utf-8")


def breaches(node: Node, schema: str) -> tuple[Finding, ...]:
    """Return the breaches of a schema by a node, each once and at most one more than are shown."""
    errors = islice(_validator(schema).iter_errors(plain(node)), MOST_FINDINGS + 1)
    found = dict.fromkeys(finding for error in errors for finding in explain(error, node))
    return tuple(islice(found, MOST_FINDINGS + 1))


@cache
def _validator(name: str) -> Any:
    return Draft202012Validator(schema_of(name), format_checker=_formats())


@cache
def _formats() -> FormatChecker:
    checker = FormatChecker(formats=())
    checker.checks("date", raises=ValueError)(_is_day)
    return checker


def _is_day(value: object) -> bool:
    """Tell whether a text is a date; other types are the schema's own business."""
    return not isinstance(value, str) or date.fromisoformat(value).isoformat() == value
