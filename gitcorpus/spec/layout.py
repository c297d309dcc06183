"""Where a path stands in the corpus: which task's solution, which role and language, or what it missed.

One dialect of globs for every spec: `*` stays within a folder, `**` crosses folders, dotfiles match.
"""

import re
from functools import lru_cache
from typing import Final, NamedTuple

from wcmatch import glob

from gitcorpus.model.corpus import Role
from gitcorpus.model.curriculum import Task, Unit
from gitcorpus.model.language import PROSE, language_of
from gitcorpus.model.spec import Spec
from gitcorpus.spec.schema import did_you_mean

BRACES: Final = ("unit", "task", "solution")
_FLAGS: Final = glob.GLOBSTAR | glob.DOTGLOB | glob.CASE | glob.FORCEUNIX
_ANY_LANGUAGE: Final = frozenset({Role.PROMPT, Role.DOC, Role.FIXTURE, Role.ANNOTATION})
_DATA: Final = frozenset({"csv", "go-mod", "ini", "json", "toml", "xml", "yaml"})
"""Languages that configure or feed a program; a task's `languages` need not name them."""


class Located(NamedTuple):
    """A file of a solution."""

    unit: Unit
    task: Task
    solution: str
    root: str
    role: Role
    inner: str
    language: str | None


class Elsewhere(NamedTuple):
    """A file that belongs to no solution, and may stand where it does."""

    pattern: str


class Missed(NamedTuple):
    """A file that may not stand where it does, and what it missed."""

    code: str
    sentence: str
    hint: str


@lru_cache(maxsize=4096)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(glob.translate(pattern, flags=_FLAGS)[0][0])


def matches(pattern: str, path: str) -> bool:
    """Tell whether a glob matches a whole path. A pattern that ends in `/` matches all below it."""
    return _compiled(pattern + "**" if pattern.endswith("/") else pattern).match(path) is not None


class SolutionPattern:
    """One layout pattern: `corpus/{unit}/{task}/{solution}`."""

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern.strip("/")
        self.segments = self.pattern.split("/")
        self._regexes = [re.compile(_segment(segment)) for segment in self.segments]

    def match(self, path: str) -> tuple[str, str, dict[str, str]] | None:
        """Return the solution's root, the path within it and the names that the braces took."""
        parts = path.split("/")
        if len(parts) <= len(self.segments):
            return None
        names: dict[str, str] = {}
        for regex, part in zip(self._regexes, parts, strict=False):
            found = regex.fullmatch(part)
            if found is None:
                return None
            names |= found.groupdict()
        n = len(self.segments)
        return "/".join(parts[:n]), "/".join(parts[n:]), names

    def missed_at(self, path: str) -> int:
        """Return the number of leading segments that a path that does not match gets right."""
        right = 0
        for regex, part in zip(self._regexes, path.split("/"), strict=False):
            if not regex.fullmatch(part):
                break
            right += 1
        return right


def _segment(segment: str) -> str:
    pieces = re.split(r"\{(\w+)\}", segment)
    return "".join(f"(?P<{piece}>[^/]+)" if odd else re.escape(piece) for odd, piece in _alternate(pieces))


def _alternate(pieces: list[str]) -> "list[tuple[int, str]]":
    return [(index % 2, piece) for index, piece in enumerate(pieces)]


class LayoutMatcher:
    """Locates paths by the layout and the tasks of a linked spec."""

    def __init__(self, spec: Spec) -> None:
        self.layout = spec.corpus.layout
        self.patterns = tuple(SolutionPattern(pattern) for pattern in self.layout.solutions)
        self.units = {unit.id: unit for unit in spec.units}
        self.tasks = {task.id: task for task in spec.tasks}

    def locate(self, path: str) -> Located | Elsewhere | Missed:
        """Say where a path stands; a solution goes before elsewhere."""
        missed: Missed | None = None
        for pattern in self.patterns:
            if found := pattern.match(path):
                located = self._in_solution(*found)
                if isinstance(located, Located):
                    return located
                missed = missed or located
        for glob_ in self.layout.elsewhere:
            if matches(glob_, path):
                return Elsewhere(glob_)
        return missed or self._no_pattern(path)

    def _in_solution(self, root: str, inner: str, names: dict[str, str]) -> Located | Missed:
        task = self.tasks.get(names["task"])
        if task is None:
            hint = did_you_mean(names["task"], list(self.tasks)) or "add the task to a curriculum first"
            return Missed("unknown-task", f"no curriculum has a task `{names['task']}`", hint)
        if names.get("unit", task.unit) != task.unit:
            sentence = f"the task `{task.id}` belongs to the unit `{task.unit}`, not to `{names['unit']}`"
            return Missed(
                "wrong-unit", sentence, f"move it below `{root.replace(names['unit'], task.unit, 1)}/`"
            )
        role = self._role(inner)
        if role is None:
            globs = ", ".join(pattern for role in self.layout.roles for pattern in role.patterns)
            return Missed(
                "no-role", f"`{inner}` has no role in its solution", f"the roles' patterns are: {globs}"
            )
        language = language_of(inner, self.layout.languages)
        if role not in _ANY_LANGUAGE and language not in (*task.languages, *PROSE, *_DATA):
            said = f"is in {language}" if language else "is in no language that is known by its name"
            sentence = f"this {role} file {said}; the task `{task.id}` takes {', '.join(task.languages)}"
            return Missed("wrong-language", sentence, "add the language to the task, or remove the file")
        unit = self.units[task.unit]
        return Located(unit, task, names.get("solution", "main"), root, role, inner, language)

    def _role(self, inner: str) -> Role | None:
        for role in self.layout.roles:
            if any(matches(pattern, inner) for pattern in role.patterns):
                return role.role
        return None

    def _no_pattern(self, path: str) -> Missed:
        nearest = max(self.patterns, key=lambda pattern: pattern.missed_at(path))
        right, parts = nearest.missed_at(path), path.split("/")
        if right < len(nearest.segments):
            at = f"`{parts[right]}` stands where `{nearest.segments[right]}` is wanted"
        else:
            at = "it stands where a solution's folder is wanted"
        if right >= len(parts):
            at = "it ends before the pattern does"
        sentence = f"it does not fit `{nearest.pattern}/...`: {at}"
        elsewhere = ", ".join(self.layout.elsewhere)
        return Missed("outside-layout", sentence, f"move it into a solution, or elsewhere: {elsewhere}")
