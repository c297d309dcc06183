"""A sound Curriculum document to its units, tasks and techniques. What a unit discovers comes later."""

from gitcorpus.model.curriculum import (
    ANYBODY,
    Curriculum,
    DifficultyLookup,
    Discovery,
    Priority,
    PromptText,
    Quota,
    Task,
    Technique,
    Unit,
)
from gitcorpus.spec.nodes import Fields


def build_curriculum(root: Fields) -> Curriculum:
    """Build one curriculum with the tasks that it lists."""
    techniques = tuple(
        Technique(id=each.text("id"), title=each.text("title", each.text("id")), place=each.place)
        for each in root.each("techniques")
    )
    return Curriculum(units=tuple(map(_unit, root.each("units"))), techniques=techniques, place=root.place)


def _unit(fields: Fields) -> Unit:
    window, quota, discover = fields.fields("window"), fields.fields("quota"), fields.fields("discover")
    return Unit(
        id=fields.text("id"),
        title=fields.text("title"),
        first_day=window.day("from") if window else None,
        last_day=window.day("to") if window else None,
        priority=Priority(fields.text("priority", Priority.NORMAL)),
        quota=_quota(quota) if quota else Quota(),
        tasks=tuple(_task(each, fields.text("id")) for each in fields.each("tasks")),
        discover=_discovery(discover) if discover else None,
        place=fields.place,
    )


def _quota(fields: Fields) -> Quota:
    return Quota(
        solutions=fields.whole("solutions"),
        per_language=fields.wholes("per_language"),
        per_technique=fields.wholes("per_technique"),
    )


def _task(fields: Fields, unit: str) -> Task:
    prompt = fields.scalar("prompt")
    return Task(
        id=fields.text("id"),
        unit=unit,
        title=fields.text("title"),
        prompt=PromptText(text=prompt.text, lines=prompt.lines, place=prompt.place) if prompt else None,
        languages=fields.texts("languages"),
        techniques=fields.texts("techniques"),
        domain=fields.text("domain"),
        difficulty=fields.whole("difficulty"),
        steps=fields.texts("steps"),
        family=fields.text("family"),
        place=fields.place,
    )


def _discovery(fields: Fields) -> Discovery:
    lookup = fields.fields("difficulty")
    source, path = (lookup.text("from"), lookup.text("path")) if lookup else ("", "")
    return Discovery(
        layout=fields.text("layout"),
        languages=fields.texts("languages"),
        techniques=fields.texts("techniques"),
        difficulty=DifficultyLookup(source=source, path=path, place=lookup.place)
        if lookup
        else fields.whole("difficulty"),
        by=fields.texts("by", (ANYBODY,)),
        place=fields.place,
    )
