"""The order in which a curriculum's records come: an index over the records of a release's other views."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from gitcorpus.catalog.tables import Catalog
from gitcorpus.compiler.formats import view_schema
from gitcorpus.compiler.manifest import SealedView
from gitcorpus.compiler.seal import write_table
from gitcorpus.compiler.stored import rows_at
from gitcorpus.errors import RefusedError
from gitcorpus.inside import Inside
from gitcorpus.model.spec import Spec
from gitcorpus.model.view import View


def seal_course(folder: Path, view: View, catalog: Catalog, spec: Spec) -> SealedView:
    """Write the index; `order` 0 comes first.

    Raises:
        RefusedError: empty-selection.
        GitcorpusError: whatever is wrong with the view's SQL.
    """
    rows = {row["record"]: row for row in _record_rows(folder, spec)}
    catalog.add("records", rows.values())
    places = (view.where_place, view.order_place)
    keys = catalog.select("records", where=view.where, order=view.order, places=places, view=view.name)
    if not keys:
        sentence = f"the view `{view.name}` selects none of {len(rows)} records"
        hint = "ship other views beside it: it is an index of their records"
        raise RefusedError("empty-selection", sentence, place=str(view.place), hint=hint)
    found = (_place(number, rows[key], view) for number, key in enumerate(keys))
    path = f"data/{view.name}/train-00000-of-00001.parquet"
    table = write_table(folder, path, found, view_schema(view))
    return SealedView(view, (), (("train", (table,)),))


def _record_rows(folder: Path, spec: Spec) -> Iterator[dict[str, Any]]:
    tasks = {task.id: task for task in spec.tasks}
    stages = {unit.id: number for number, unit in enumerate(spec.units, start=1)}
    priorities = {unit.id: unit.priority.value for unit in spec.units}
    lessons: dict[str, int] = {}
    for unit in spec.units:
        of_unit = [task.id for task in spec.tasks if task.unit == unit.id]
        lessons |= {name: number for number, name in enumerate(of_unit, start=1)}
    for row in rows_at(Inside(folder, "provenance/records.parquet"), most=1000):
        task = tasks[row["task"]]
        yield {
            "record": row["record_id"],
            **{name: row[name] for name in ("view", "split", "key", "unit", "task", "solution")},
            "family": task.kin,
            "stage": stages[row["unit"]],
            "lesson": lessons[row["task"]],
            "difficulty": task.difficulty,
            "priority": priorities[row["unit"]],
        }


def _place(number: int, row: Mapping[str, Any], view: View) -> dict[str, Any]:
    return {
        "record_id": row["record"],
        "order": number,
        "view": row["view"],
        "split": row["split"],
        "stage": row["unit"],
        "lesson": row["task"],
        "difficulty": row["difficulty"],
        "weight": 1,
        **{name: row[name] for name in view.columns},
    }
