"""What specs declare for people to read: units with their windows and quotas, tasks, techniques, waivers.

Text has one table a kind, JSON one list. Nothing is left out: a field that no gate and no view acts on is shown here.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from gitcorpus.errors import GitcorpusError
from gitcorpus.model.curriculum import Task, Technique, Unit
from gitcorpus.model.declaration import Waiver
from gitcorpus.model.spec import Spec
from gitcorpus.report.sanitize import columns, shown
from gitcorpus.spec.brief import brief, did_you_mean

_LONGEST: Final = 200
Row = Mapping[str, Any]


def declared(spec: Spec, name: str = "") -> dict[str, list[Row]]:
    """Return the rows of each kind: of all specs, or of the unit or task of a name.

    Raises:
        GitcorpusError: unknown-unit, if neither a unit nor a task is called so.
    """
    units = [unit for unit in spec.units if name in ("", unit.id)]
    tasks = [task for task in spec.tasks if name in ("", task.id, task.unit)]
    if name and not units and not tasks:
        known = (*(unit.id for unit in spec.units), *(task.id for task in spec.tasks))
        hint = did_you_mean(name, known) or "see all: gitcorpus spec show"
        raise GitcorpusError("unknown-unit", f"no unit and no task is called {brief(name)}", hint=hint)
    units = units or [unit for unit in spec.units if unit.id in {task.unit for task in tasks}]
    practised = {each for task in tasks for each in task.techniques}
    techniques = [each for each in spec.techniques if not name or each.id in practised]
    rows: dict[str, list[Row]] = {
        "units": [_unit(each) for each in units],
        "tasks": [_task(each) for each in tasks],
        "techniques": [_technique(each, spec) for each in techniques],
    }
    if not name:
        rows["waivers"] = [_waiver(each) for each in spec.waivers]
    return rows


def render_declared(rows: Mapping[str, Sequence[Row]]) -> Iterator[str]:
    """Yield a table for each kind that has rows, with an empty line between them; a single task ends in its prompt."""
    tables = [_table(kind, [_cells(row) for row in listed]) for kind, listed in rows.items() if listed]
    for number, table in enumerate(tables):
        yield from [""] if number else []
        yield from table
    if len(rows.get("tasks", ())) == 1 and rows["tasks"][0]["prompt"]:
        yield ""
        yield from rows["tasks"][0]["prompt"].splitlines()


def _unit(unit: Unit) -> Row:
    quota = unit.quota
    return {
        "unit": unit.id,
        "title": unit.title,
        "priority": unit.priority.value,
        "from": unit.first_day.isoformat() if unit.first_day else None,
        "to": unit.last_day.isoformat() if unit.last_day else None,
        "tasks": len(unit.tasks),
        "discovers": unit.discover.layout if unit.discover else None,
        "added_by": list(unit.discover.by) if unit.discover else None,
        "quota": {
            "solutions": quota.solutions,
            "per_language": dict(quota.per_language),
            "per_technique": dict(quota.per_technique),
        },
    }


def _task(task: Task) -> Row:
    return {
        "task": task.id,
        "unit": task.unit,
        "title": task.title,
        "languages": list(task.languages),
        "techniques": list(task.techniques),
        "domain": task.domain or None,
        "difficulty": task.difficulty,
        "family": task.family or None,
        "steps": list(task.steps),
        "prompt": task.prompt.text if task.prompt else None,
    }


def _technique(technique: Technique, spec: Spec) -> Row:
    practising = [task.id for task in spec.tasks if technique.id in task.techniques]
    return {"technique": technique.id, "title": technique.title, "tasks": practising}


def _waiver(waiver: Waiver) -> Row:
    return {
        "waiver": waiver.id,
        "gate": waiver.gate,
        "code": waiver.code or None,
        "paths": list(waiver.paths),
        "contents": list(waiver.contents),
        "until": waiver.until.isoformat(),
        "by": waiver.by,
        "reason": waiver.reason,
    }


def _cells(row: Row) -> dict[str, str]:
    """Return the texts of a row; a prompt has no place in a table."""
    return {name: _text(value) for name, value in row.items() if name != "prompt"}


def _text(value: Any) -> str:
    match value:
        case None:
            return "-"
        case list():
            return " ".join(map(str, value)) or "-"
        case dict():
            return " ".join(filter(None, map(_part, value.items()))) or "-"
        case _:
            return str(value)


def _part(item: tuple[str, Any]) -> str:
    """Write one part of a quota: `solutions=2`, `python=1`."""
    name, value = item
    if isinstance(value, dict):
        return " ".join(f"{each}={number}" for each, number in value.items())
    return "" if value is None else f"{name}={value}"


def _table(kind: str, rows: Sequence[Mapping[str, str]]) -> Iterator[str]:
    """Yield a title line and aligned rows; a column in which nothing stands is left out."""
    names = [name for name in rows[0] if any(row[name] != "-" for row in rows)]
    lines = [[name.upper() for name in names]]
    lines += [[shown(" ".join(row[name].split()), _LONGEST) for name in names] for row in rows]
    widths = [max(columns(line[at]) for line in lines) for at in range(len(names))]
    yield f"{kind}:"
    for line in lines:
        cells = (text + " " * (width - columns(text)) for text, width in zip(line, widths, strict=True))
        yield "  " + "  ".join(cells).rstrip()
