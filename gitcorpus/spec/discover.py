"""Finds a unit's tasks in the tree, so that an existing repository needs no list of them.

One task for each folder that fits the unit's layout. A listed task of the same unit replaces a discovered one;
folders whose names begin with a dot are no tasks. A file shows that its folder is there, so the tasks of a tree that is
pushed are discovered by the paths of its files alone.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, NamedTuple

import orjson

from gitcorpus.model.curriculum import Curriculum, DifficultyLookup, Discovery, Task, Unit
from gitcorpus.model.finding import Finding, Severity
from gitcorpus.model.place import Place
from gitcorpus.spec.brief import brief
from gitcorpus.spec.lookup import Lookup, parse_lookup
from gitcorpus.spec.patterns import Fit, Folders, PathPattern, pattern_fault
from gitcorpus.spec.sources import SpecSource, Unread, read_bounded

MAX_JSON_BYTES: Final = 8 << 20
HARDEST: Final = 10
_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


class Discovered(NamedTuple):
    """A task that a path shows."""

    task: Task
    unit: Unit
    discovery: Discovery


class Discoverer:
    """Discovers tasks by the paths of a tree, by the layouts of the units that discover theirs."""

    def __init__(self, units: Iterable[Unit]) -> None:
        self._every = tuple(units)
        self._units = tuple(
            (unit, unit.discover, PathPattern(unit.discover.layout))
            for unit in self._every
            if unit.discover is not None and not pattern_fault(unit.discover.layout)
        )

    @property
    def layouts(self) -> tuple[str, ...]:
        """Return the layouts by which tasks are discovered."""
        return tuple(pattern.text for _, _, pattern in self._units)

    def task_at(self, path: str) -> Discovered | None:
        """Return the task in whose folder a file stands, listed or not; its name may be one that no task can have."""
        for unit, discovery, pattern in self._units:
            fit = pattern.fit(path)
            if isinstance(fit, Fit) and fit.names.get("unit", unit.id) == unit.id:
                task = _task(fit.names["task"], unit, discovery, {})
                return Discovered(task, unit, discovery)
        return None

    def new_tasks(self, paths: Iterable[str], before: Folders | None) -> dict[str, Discovered]:
        """Return the tasks that files show and that a tree before them did not have, each at its first file.

        A task that its unit lists is none of them, and neither is a folder whose name begins with a dot.
        """
        found: dict[tuple[str, str], tuple[str, Discovered]] = {}
        for path in paths:
            each = self.task_at(path)
            if each is not None and not each.task.id.startswith("."):
                found.setdefault((each.unit.id, each.task.id), (path, each))
        return {
            path: each
            for path, each in found.values()
            if all(each.task.id != listed.id for listed in each.unit.tasks)
            and (
                before is None
                or not _holds(each.unit, PathPattern(each.discovery.layout), each.task.id, before)
            )
        }

    def holders(self, task: str, tree: Folders) -> tuple[str, ...]:
        """Return the ids of the units that discover a task in a tree."""
        return tuple(unit.id for unit, _, pattern in self._units if _holds(unit, pattern, task, tree))

    def faults(self, new: Mapping[str, Discovered], tree: Folders) -> Iterator[Finding]:
        """Find what is wrong with new tasks of a tree: names that no task can have, and tasks of two units."""
        listed = {task.id: unit.id for unit in self._every for task in unit.tasks} if new else {}
        for path, each in new.items():
            task, place = each.task.id, Place(path=path)
            if not names_task(task):
                sentence = f"the folder {brief(task)} cannot name a task"
                yield Finding(code="bad-task-folder", place=place, sentence=sentence, hint=BAD_FOLDER_HINT)
                continue
            others = [unit for unit in (*self.holders(task, tree), listed.get(task, "")) if unit]
            other = next((unit for unit in others if unit != each.unit.id), None)
            if other is not None:
                sentence = (
                    f"the task {brief(task)} would belong to {brief(each.unit.id)} and to {brief(other)}"
                )
                hint = "a task belongs to one unit: give the folder another name"
                yield Finding(code="duplicate-task", place=place, sentence=sentence, hint=hint)


def _holds(unit: Unit, pattern: PathPattern, task: str, tree: Folders) -> bool:
    """Tell whether a tree has a folder for a task of a unit."""
    return any(True for _ in pattern.folders({"task": task, "unit": unit.id}, tree))


def names_task(folder: str) -> bool:
    """Tell whether a folder's name can be the id of a task."""
    return _ID.fullmatch(folder) is not None


BAD_FOLDER_HINT: Final = "rename the folder: letters, digits, `.`, `_` and `-`, 100 at most"


@dataclass(slots=True)
class _Found:
    """What was discovered so far, for all units."""

    source: SpecSource
    declared: dict[str, Place]
    findings: list[Finding] = field(default_factory=list)

    def say(
        self, code: str, place: Place, sentence: str, hint: str, severity: Severity = Severity.BLOCK
    ) -> None:
        self.findings.append(Finding(code=code, place=place, sentence=sentence, hint=hint, severity=severity))


def discover_tasks(
    curricula: Sequence[Curriculum], source: SpecSource
) -> tuple[tuple[Curriculum, ...], tuple[Finding, ...]]:
    """Return curricula with the tasks of every unit that discovers its own, and what was wrong with that."""
    units = [unit for curriculum in curricula for unit in curriculum.units]
    found = _Found(source, {task.id: task.place for unit in units for task in unit.tasks})
    filled = tuple(
        replace(curriculum, units=tuple(_fill(unit, found) for unit in curriculum.units))
        for curriculum in curricula
    )
    return filled, tuple(found.findings)


def _fill(unit: Unit, found: _Found) -> Unit:
    discovery = unit.discover
    if discovery is None or pattern_fault(discovery.layout):
        return unit
    ids = sorted({fit.names["task"] for fit in _fits(unit, discovery, found)})
    if not ids:
        sentence = f"no folder of the tree fits {brief(discovery.layout)}"
        hint = "the unit has no tasks until one does"
        found.say("nothing-discovered", discovery.place, sentence, hint, Severity.WARN)
    listed = {task.id for task in unit.tasks}
    fresh = tuple(_new(ids, listed, discovery, found))
    lookup = discovery.difficulty if isinstance(discovery.difficulty, DifficultyLookup) else None
    levels = _levels(lookup, fresh, found) if lookup else {}
    tasks = tuple(_task(name, unit, discovery, levels) for name in fresh)
    return replace(unit, tasks=(*unit.tasks, *tasks))


def _fits(unit: Unit, discovery: Discovery, found: _Found) -> Iterator[Fit]:
    pattern = PathPattern(discovery.layout)
    for path in found.source.cut(pattern.depth):
        fit = pattern.fit(path)
        if isinstance(fit, Fit) and fit.names.get("unit", unit.id) == unit.id:
            yield fit


def _new(ids: Sequence[str], listed: set[str], discovery: Discovery, found: _Found) -> Iterator[str]:
    """Yield the ids that become tasks of the unit, and say which cannot."""
    for name in ids:
        if name in listed or name.startswith("."):
            continue
        if not names_task(name):
            sentence = f"the folder {brief(name)} cannot name a task"
            found.say("bad-task-folder", discovery.place, sentence, BAD_FOLDER_HINT)
        elif name in found.declared:
            sentence = f"the task {brief(name)} stands at {found.declared[name]} already"
            found.say("duplicate-task", discovery.place, sentence, "a task belongs to one unit")
        else:
            found.declared[name] = discovery.place
            yield name


def _task(name: str, unit: Unit, discovery: Discovery, levels: dict[str, int]) -> Task:
    return Task(
        id=name,
        unit=unit.id,
        title=re.sub("[-_]+", " ", name).strip().capitalize(),
        prompt=None,
        languages=discovery.languages,
        techniques=discovery.techniques,
        domain="",
        difficulty=discovery.difficulty if isinstance(discovery.difficulty, int) else levels.get(name),
        steps=(),
        place=discovery.place,
    )


def _levels(lookup: DifficultyLookup, ids: Sequence[str], found: _Found) -> dict[str, int]:
    """Look the difficulty of each task up; one that the document does not name has none."""
    steps = parse_lookup(lookup.path)
    if steps is None:
        hint = "for example `exercises.practice[slug={task}].difficulty`"
        found.say("bad-lookup", lookup.place, f"{brief(lookup.path)} is no path into a document", hint)
        return {}
    if not ids:
        return {}
    data = read_bounded(found.source, lookup.source, MAX_JSON_BYTES)
    if isinstance(data, Unread):
        found.say(
            data.code, lookup.place, data.sentence, "mend `from:`, a path from the root of the repository"
        )
        return {}
    try:
        document = Lookup(orjson.loads(data), steps)
    except orjson.JSONDecodeError as error:
        sentence = f"{lookup.source}:{error.lineno}:{error.colno} is no JSON: {error.msg}"
        found.say("lookup-broken", lookup.place, sentence, "mend the file, or remove `difficulty:`")
        return {}
    return _bounded({name: document.value(name) for name in ids}, lookup, found)


def _bounded(values: dict[str, object], lookup: DifficultyLookup, found: _Found) -> dict[str, int]:
    levels = {name: value for name, value in values.items() if type(value) is int and 1 <= value <= HARDEST}
    strange = [name for name, value in values.items() if value is not None and name not in levels]
    if strange:
        others = f" and of {len(strange) - 1} more" if len(strange) > 1 else ""
        sentence = f"the difficulty of {brief(strange[0])}{others} is no whole number from 1 to {HARDEST}"
        found.say("bad-difficulty", lookup.place, sentence, f"mend it in {lookup.source}")
    return levels
