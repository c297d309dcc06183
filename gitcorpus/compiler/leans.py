"""What a batch of records leans on, as one digest: equal digests mean equal sheets.

In it is everything that rendering and tracing read: this code and its tools, the layout and the contributors, the view
as its file says it, each row with its solution, its task and its prompt, and for every file which commit is the last
that its lines came through. History that is behind a commit cannot change, so a commit's id stands for all of it.
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any, Final

import orjson

from gitcorpus.compiler.context import Contexts
from gitcorpus.compiler.manifest import toolchain
from gitcorpus.compiler.render import Rendering
from gitcorpus.model.curriculum import Task
from gitcorpus.model.place import Oid, Place
from gitcorpus.model.view import SpecFile, View

_PACKAGE: Final = Path(__file__).parents[1]

Versions = Callable[[Iterable[str]], Mapping[str, Oid]]
"""Returns, for paths of the tagged tree, the commit that each one's lines came through last."""


class Leans:
    """Digests of batches, for one release."""

    def __init__(self, contexts: Contexts, versions: Versions, *about: object) -> None:
        """Take what is the same for all batches.

        Args:
            contexts: what templates see.
            versions: the last commits of files.
            about: whatever else all records lean on.
        """
        self._contexts = contexts
        self._versions = versions
        self._ground = dumped(
            [plain(contexts.spec.corpus), plain(contexts.spec.contributors), *map(plain, about)]
        )
        self._root = cache(self._of_root)
        self._task = cache(self._of_task)
        self._known: Mapping[str, Oid] = {}

    def learn(self, renderings: Iterable[Rendering]) -> None:
        """Look the versions up of all files that some views can take something from, at once.

        Raises:
            UnjudgedError: git-missing or git-failed.
        """
        contexts = self._contexts
        rows = (contexts.row(each.view.source, key) for each in renderings for key in each.keys)
        roots: set[str] = {row["root"] for row in rows if "root" in row}
        paths = {file.path for root in roots for file in contexts.solutions[root].files}
        paths |= {path for path in self._spec_files(renderings) if contexts.spec_file(path).commit}
        self._known = self._versions(sorted(paths))

    def of(self, rendering: Rendering, keys: Iterable[str]) -> bytes:
        """Return the digest of what some records of a view lean on."""
        digest = hashlib.sha256(code() + self._ground + self._of_view(rendering.view))
        for key in keys:
            row = self._contexts.row(rendering.view.source, key)
            about = self._root(row["root"]) if row.get("root") is not None else self._task(row["task"])
            digest.update(
                dumped([key, row, plain(self._contexts.derived.lean(rendering.view.source, key))]) + about
            )
        return digest.digest()

    def _of_view(self, view: View) -> bytes:
        return dumped([plain(view), self._known.get(view.file.path)])

    def _of_root(self, root: str) -> bytes:
        solution = self._contexts.solutions[root]
        files = [
            [self._contexts.row("files", file.path), file.mode, file.pattern, self._known.get(file.path)]
            for file in solution.files
        ]
        said = dumped([self._contexts.row("solutions", root), files])
        return hashlib.sha256(said + self._task(solution.task)).digest()

    def _of_task(self, name: str) -> bytes:
        task = self._contexts.tasks[name]
        unit = self._contexts.units[task.unit]
        path = task.prompt.place.path if task.prompt else ""
        prompt = [
            plain(task.prompt),
            self._known.get(path),
            plain(self._contexts.spec_file(path)) if path else None,
        ]
        row = self._contexts.row("tasks", name)
        return hashlib.sha256(dumped([row, unit.id, unit.title, prompt])).digest()

    def _spec_files(self, renderings: Iterable[Rendering]) -> set[str]:
        tasks: Iterable[Task] = self._contexts.tasks.values()
        prompts = {task.prompt.place.path for task in tasks if task.prompt is not None}
        return prompts | {each.view.file.path for each in renderings if each.view.file.commit}


def plain(value: Any) -> Any:
    """Return a value of a spec as JSON, without the commit that it was read at: another one may say the same."""
    match value:
        case Place():
            found: Any = [value.path, value.line, value.column]
        case SpecFile():
            found = [value.path, value.blob, value.commit is not None]
        case Enum():
            found = value.value
        case Fraction():
            found = str(value)
        case Mapping():
            found = {str(key): plain(inner) for key, inner in value.items()}
        case tuple() | list():
            found = [plain(inner) for inner in value]
        case _ if is_dataclass(value) and not isinstance(value, type):
            found = {each.name: plain(getattr(value, each.name)) for each in fields(value)}
        case _:
            found = value
    return found


def dumped(value: object) -> bytes:
    """Return the JSON of a plain value, with sorted keys."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


@cache
def code() -> bytes:
    """Return a digest of what makes records: our own code, and the versions of what it stands on."""
    digest = hashlib.sha256(dumped(toolchain()))
    for path in sorted(_PACKAGE.rglob("*.py")):
        digest.update(path.relative_to(_PACKAGE).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.digest()
