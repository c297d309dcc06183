"""Reads one value for each task from a JSON document: `exercises.practice[slug={task}].difficulty`.

A step is a key, and brackets behind it pick the element of a list whose field has a value. `{task}` there is
the task's id, put in after the path was taken apart, so that no id can change where the path leads.
"""

import re
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

_STEP: Final = re.compile(r"([^.\[\]]+)(?:\[([^=.\[\]]+)=([^\[\]]+)\])?")


class Step(NamedTuple):
    """One key; with a `field`, the element of its list in which that field has a value."""

    key: str
    field: str | None
    value: str | None


def parse_lookup(path: str) -> tuple[Step, ...] | None:
    """Return the steps of a lookup path, or none if it is not well formed."""
    steps: list[Step] = []
    at = 0
    while found := _STEP.match(path, at):
        steps.append(Step(found[1], found[2], found[3]))
        at = found.end()
        if at == len(path):
            return tuple(steps)
        if path[at] != ".":
            return None
        at += 1
    return None


class Lookup:
    """One JSON document, in which lists are indexed by a field once they are asked about it."""

    def __init__(self, document: Any, steps: tuple[Step, ...]) -> None:
        self._document = document
        self._steps = steps
        self._indexes: dict[tuple[int, str], Mapping[str, Any]] = {}

    def value(self, task: str) -> Any:
        """Follow the path for a task; none where it leads nowhere."""
        node = self._document
        for step in self._steps:
            node = node.get(step.key.replace("{task}", task)) if isinstance(node, dict) else None
            if step.field is not None and step.value is not None:
                node = self._element(node, step.field, step.value.replace("{task}", task))
        return node

    def _element(self, node: Any, field: str, value: str) -> Any:
        if not isinstance(node, list):
            return None
        if (id(node), field) not in self._indexes:
            found = {
                str(item[field]): item for item in reversed(node) if isinstance(item, dict) and field in item
            }
            self._indexes[id(node), field] = found
        return self._indexes[id(node), field].get(value)
