"""Where a path stands in the corpus: in which task's solution, role and language, or what it missed.

A path that fits a solution pattern goes before `elsewhere`; one that does not locate there may still stand
elsewhere. Only files in the roles `source` and `test` must be in a language of their task. Prose, and data and
build files such as JSON or a Makefile, accompany programs of every language.
"""

from copy import copy
from typing import Final, NamedTuple

from gitcorpus.model.corpus import Role
from gitcorpus.model.curriculum import Task, Unit
from gitcorpus.model.language import PROSE, language_of
from gitcorpus.model.spec import Spec
from gitcorpus.spec.brief import brief, did_you_mean, pasted
from gitcorpus.spec.discover import BAD_FOLDER_HINT, Discoverer, names_task
from gitcorpus.spec.globs import matches
from gitcorpus.spec.patterns import Fit, Miss, PathPattern

__all__ = ["COMPANIONS", "Elsewhere", "LayoutMatcher", "Located", "Missed", "matches"]

COMPANIONS: Final = PROSE | {
    "cmake",
    "csv",
    "dockerfile",
    "go-mod",
    "gradle",
    "ini",
    "json",
    "make",
    "toml",
    "xml",
    "yaml",
}
"""Languages that a task's `languages` need not name: what explains, builds, configures or feeds a program."""

DEFAULT_SOLUTION: Final = "main"
"""The name of a solution whose pattern names none."""

_CHECKED: Final = frozenset({Role.SOURCE, Role.TEST})


class Located(NamedTuple):
    """A file of a solution."""

    unit: Unit
    task: Task
    solution: str
    root: str
    """The solution's directory."""
    role: Role
    inner: str
    """The path within the solution."""
    language: str | None
    pattern: int
    """Which of its role's patterns matched."""


class Elsewhere(NamedTuple):
    """A file that belongs to no solution and may stand where it does."""

    pattern: str


class Missed(NamedTuple):
    """A file that may not stand where it does: what it missed, and what now."""

    code: str
    sentence: str
    hint: str
    solution: str = ""
    """The folder of the solution, where it stands in the wrong one."""
    right: str = ""
    """Where it belongs."""


class LayoutMatcher:
    """Locates paths by the layout and the tasks of a linked spec.

    With `discovers`, all paths are of one tree, and its tasks are found by them: a folder that fits the layout by which
    a unit discovers its tasks is one of them.
    """

    def __init__(self, spec: Spec, *, discovers: bool = False) -> None:
        self._layout = spec.corpus.layout
        self._patterns = tuple(PathPattern(pattern) for pattern in self._layout.solutions)
        self._units = {unit.id: unit for unit in spec.units}
        self._tasks = {task.id: task for task in spec.tasks}
        self._located: dict[str, Located | Elsewhere | Missed] = {}
        self.discoverer = Discoverer(spec.units if discovers else ())
        """Knows the tasks that units discover."""

    def locate(self, path: str) -> Located | Elsewhere | Missed:
        """Say where a path stands; several gates ask for each path."""
        if path not in self._located:
            self._located[path] = self._locate(path)
        return self._located[path]

    def anew(self) -> "LayoutMatcher":
        """Return one that knows of no path yet where it stands: what is known of one push is forgotten with it."""
        found = copy(self)
        found.forget()
        return found

    def forget(self) -> None:
        """Let go of what is known of paths."""
        self._located = {}

    def _locate(self, path: str) -> Located | Elsewhere | Missed:
        missed: Missed | None = None
        misses: list[tuple[Miss, PathPattern]] = []
        for pattern in self._patterns:
            fit = pattern.fit(path)
            if isinstance(fit, Miss):
                misses.append((fit, pattern))
                continue
            located = self._in_solution(fit, path)
            if isinstance(located, Located):
                return located
            missed = missed or located
        for glob in self._layout.elsewhere:
            if matches(glob, path):
                return Elsewhere(glob)
        return missed or _outside(misses)

    def _in_solution(self, fit: Fit, path: str) -> Located | Missed:
        name = fit.names["task"]
        task = self._tasks.get(name)
        unit = fit.names.get("unit")
        if unit is not None and unit not in self._units:
            hint = did_you_mean(unit, self._units)
            return Missed("unknown-unit", f"no curriculum has a unit {brief(unit)}", hint)
        if task is None:
            found = self.discoverer.task_at(path)
            if found is None or found.task.id != name:
                return self._unknown_task(name, unit)
            if not names_task(name):
                sentence = f"the folder {brief(name)} cannot name a task"
                return Missed("bad-task-folder", sentence, BAD_FOLDER_HINT)
            task = found.task
        if unit is not None and unit != task.unit:
            sentence = f"the task `{task.id}` belongs to the unit `{task.unit}`, not to {brief(unit)}"
            right = self._in_unit(fit, task.unit)
            return Missed("wrong-unit", sentence, moving(fit.root, right), fit.root, right)
        role = self._role(fit.inner)
        if role is None:
            sentence = f"{brief(fit.inner)} has no role in its solution"
            hint = f"no pattern of `layout.roles` at {self._layout.place} matches it"
            return Missed("no-role", sentence, hint)
        return self._in_language(fit, task, *role)

    def _in_unit(self, fit: Fit, unit: str) -> str:
        """Return the folder of a solution with another unit in its place, by the pattern that it fits."""
        parts = fit.root.split("/")
        for at, part in enumerate(parts):
            root = "/".join((*parts[:at], unit, *parts[at + 1 :]))
            if part == fit.names["unit"]:
                for pattern in self._patterns:
                    if pattern.names(root) == {**fit.names, "unit": unit}:
                        return root
        return fit.root.replace(fit.names["unit"], unit, 1)

    def _in_language(self, fit: Fit, task: Task, role: Role, pattern: int) -> Located | Missed:
        language = language_of(fit.inner, self._layout.languages)
        if role in _CHECKED and language not in task.languages and language not in COMPANIONS:
            said = f"in {language}" if language else "in no language that its name tells"
            sentence = (
                f"this {role} file is {said}, and the task `{task.id}` takes {', '.join(task.languages)}"
            )
            return Missed("wrong-language", sentence, _language_hint(language, fit))
        solution = fit.names.get("solution", DEFAULT_SOLUTION)
        return Located(self._units[task.unit], task, solution, fit.root, role, fit.inner, language, pattern)

    def _unknown_task(self, name: str, unit: str | None) -> Missed:
        near = did_you_mean(name, (t.id for t in self._tasks.values() if unit in (None, t.unit)))
        hint = near if near.startswith("did") else "declare it in a curriculum first"
        if self.discoverer.layouts and hint != near:
            layouts = " or ".join(map(brief, self.discoverer.layouts[:3]))
            hint += f", or put its folder where a unit discovers its tasks: {layouts}"
        return Missed("unknown-task", f"no curriculum has a task {brief(name)}", hint)

    def _role(self, inner: str) -> tuple[Role, int] | None:
        for role in self._layout.roles:
            for number, pattern in enumerate(role.patterns):
                if matches(pattern, inner):
                    return role.role, number
        return None


def moving(folder: str, right: str) -> str:
    """Return the command that moves a folder; the folders above the new place may not be there yet."""
    above = right.rpartition("/")[0]
    return f"mkdir -p {pasted(above)} && git mv {pasted(folder)} {pasted(right)}"


def _language_hint(language: str | None, fit: Fit) -> str:
    path = f"{fit.root}/{fit.inner}" if fit.root else fit.inner
    if language is None:
        may = "ask the leads for its ending in `layout.languages`, or for another role, such as fixture"
    else:
        may = f"ask the leads for `{language}` in its `languages`"
    return f"{may}; or take it out: git rm --cached {pasted(path)}"


def _outside(misses: list[tuple[Miss, PathPattern]]) -> Missed:
    """Say which pattern the path missed, at which folder: of several, the one that it went furthest with."""
    if not misses:
        return Missed("outside-layout", "the layout has no pattern for solutions", "add `layout.solution`")
    miss, pattern = max(misses, key=lambda pair: pair[0].depth)
    if miss.found:
        at = f"folder {miss.depth + 1} is {brief(miss.found)}, not {brief(miss.wanted)}"
    else:
        at = f"it ends before {brief(miss.wanted)}"
    hint = "move it into a solution, or let `layout.elsewhere` name it"
    return Missed("outside-layout", f"it misses {brief(pattern.text)}: {at}", hint)
