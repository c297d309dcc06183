"""Finds a unit's tasks in the tree, so that an existing repository needs no list of them."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

from gitcorpus.errors import GitcorpusError
from gitcorpus.model.curriculum import Curriculum, DifficultyLookup, Discovery, Task, Unit
from gitcorpus.model.finding import Finding
from gitcorpus.spec.layout import SolutionPattern
from gitcorpus.spec.sources import SpecSource

MAX_JSON_BYTES: Final = 8 << 20
_STEP: Final = re.compile(r"(\w+)(?:\[(\w+)=([^\]]+)\])?\Z")


def discover_tasks(curriculum: Curriculum, source: SpecSource) -> tuple[Curriculum, tuple[Finding, ...]]:
    """Fill in the tasks of every unit that discovers its own."""
    units, findings = [], []
    for unit in curriculum.units:
        if unit.discover is None:
            units.append(unit)
            continue
        tasks, faults = _tasks_of(unit, unit.discover, source)
        units.append(replace(unit, tasks=tasks))
        findings += faults
    return replace(curriculum, units=tuple(units)), tuple(findings)


def _tasks_of(unit: Unit, discovery: Discovery, source: SpecSource) -> tuple[tuple[Task, ...], list[Finding]]:
    pattern = SolutionPattern(discovery.layout)
    names = {found[2]["task"] for path in source.paths() if (found := pattern.match(path))}
    findings: list[Finding] = []
    if not names:
        sentence = f"no folder of the tree fits `{discovery.layout}`"
        findings.append(Finding(code="nothing-discovered", place=discovery.place, sentence=sentence))
    document: Any = None
    if isinstance(discovery.difficulty, DifficultyLookup):
        document, faults = _read_json(discovery.difficulty, source)
        findings += faults
    tasks = tuple(_task(name, unit, discovery, document) for name in sorted(names))
    return tasks, findings


def _task(name: str, unit: Unit, discovery: Discovery, document: Any) -> Task:
    difficulty = discovery.difficulty
    if isinstance(difficulty, DifficultyLookup):
        found = look_up(document, difficulty.path.replace("{task}", name))
        difficulty = found if isinstance(found, int) and not isinstance(found, bool) else None
    return Task(
        id=name,
        unit=unit.id,
        title=name.replace("-", " ").replace("_", " ").capitalize(),
        prompt=None,
        languages=discovery.languages,
        techniques=discovery.techniques,
        domain="",
        difficulty=difficulty,
        steps=(),
        place=discovery.place,
    )


def _read_json(lookup: DifficultyLookup, source: SpecSource) -> tuple[Any, Iterator[Finding]]:
    try:
        data = source.read(lookup.source)
        if len(data) > MAX_JSON_BYTES:
            raise ValueError(f"it has {len(data)} bytes")
        return json.loads(data), iter(())
    except (GitcorpusError, OSError, ValueError, RecursionError) as error:
        sentence = f"`{lookup.source}` is no JSON that can be read: {error}"
    return None, iter((Finding(code="lookup-broken", place=lookup.place, sentence=sentence),))


def look_up(document: Any, path: str) -> Any:
    """Follow a dotted path whose brackets select a list element by a key; none where it leads nowhere."""
    for step in _steps(path):
        found = _STEP.match(step)
        if found is None or not isinstance(document, dict):
            return None
        document = document.get(found[1])
        if found[2] and isinstance(document, list):
            document = next(
                (e for e in document if isinstance(e, dict) and str(e.get(found[2])) == found[3]), None
            )
    return document


def _steps(path: str) -> list[str]:
    """Split at dots that stand outside brackets."""
    return re.split(r"\.(?![^\[]*\])", path)
