"""Sound Gates and Waivers documents to declarations and waivers."""

from collections.abc import Callable, Mapping
from dataclasses import fields as dataclass_fields
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Final

from gitcorpus.canon import digest_value
from gitcorpus.model.declaration import Declaration, Scope, Stage, Waiver
from gitcorpus.model.entry import Json
from gitcorpus.model.finding import Severity
from gitcorpus.model.place import Digest
from gitcorpus.spec.nodes import Fields, json_fields
from gitcorpus.spec.quantities import parse_bytes, parse_seconds
from gitcorpus.spec.schema import schema_of

_UNITS: Final[Mapping[str, Callable[[str], int]]] = {"bytes": parse_bytes, "seconds": parse_seconds}


def build_declarations(root: Fields) -> tuple[Declaration, ...]:
    """Build the gates of one document."""
    return tuple(map(_declaration, root.each("gates")))


def build_waivers(root: Fields) -> tuple[Waiver, ...]:
    """Build the waivers of one document; one without an id is called after its file."""
    stem = PurePosixPath(root.sheet.path).stem
    return tuple(
        _waiver(each, f"{stem}-{number}") for number, each in enumerate(root.each("waivers"), start=1)
    )


def _declaration(fields: Fields) -> Declaration:
    budget = fields.scalar("budget")
    declared = Declaration(
        id=fields.text("id"),
        uses=fields.text("uses"),
        when=Stage(fields.text("when", Stage.PUSH)),
        on=Scope(fields.text("on", Scope.TIP)),
        severity=Severity(fields.text("severity", Severity.BLOCK)),
        parameters=_parameters(fields),
        paths=fields.texts("paths"),
        languages=fields.texts("languages"),
        refs=fields.texts("refs"),
        budget_seconds=parse_seconds(budget.text) if budget else None,
        digest=Digest(""),
        place=fields.place,
    )
    said = {each.name: getattr(declared, each.name) for each in dataclass_fields(declared)}
    del said["digest"], said["place"], said["brought_at"]
    return replace(declared, digest=digest_value(said))


def _parameters(fields: Fields) -> dict[str, Json]:
    """Return a gate's parameters; sizes are whole numbers of bytes and times of seconds, however they were written."""
    known = schema_of(f"gates/{fields.text('uses')}")["properties"]
    return {
        name: _UNITS[known[name]["x-unit"]](value)
        if isinstance(value, str) and "x-unit" in known[name]
        else value
        for name, value in json_fields(fields.fields("with")).items()
    }


def _waiver(fields: Fields, fallback: str) -> Waiver:
    return Waiver(
        id=fields.text("id", fallback),
        gate=fields.text("gate"),
        code=fields.text("code"),
        paths=fields.texts("paths"),
        contents=fields.texts("contents"),
        reason=fields.text("reason"),
        by=fields.text("by"),
        until=fields.needed_day("until"),
        place=fields.place,
    )
