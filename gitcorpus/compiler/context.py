"""What a view's templates see of one catalog row: plain ids and numbers, and traced texts."""

from collections.abc import Callable, Mapping
from typing import Any

from gitcorpus.catalog.tables import KEYS, Catalog
from gitcorpus.compiler.filters import Names
from gitcorpus.model.corpus import Role
from gitcorpus.model.curriculum import PromptText, Task
from gitcorpus.model.record import ContentFile, Contents, Solution
from gitcorpus.model.spec import Spec
from gitcorpus.model.traced import Piece, Source, TracedText, join, text_of
from gitcorpus.model.view import SpecFile

_LISTS = {
    "sources": Role.SOURCE,
    "tests": Role.TEST,
    "docs": Role.DOC,
    "prompts": Role.PROMPT,
    "fixtures": Role.FIXTURE,
}


class Contexts:
    """Makes the names that the templates of a view may use, row by row."""

    def __init__(
        self,
        contents: Contents,
        catalog: Catalog,
        *,
        spec: Spec,
        read: Callable[[ContentFile], str],
        spec_file: Callable[[str], SpecFile],
    ) -> None:
        self.spec = spec
        self.read = read
        self.spec_file = spec_file
        self.tables = {table: {row[key]: row for row in catalog.rows(table)} for table, key in KEYS.items()}
        self.files = {file.path: file for file in contents.files}
        self.solutions = {solution.root: solution for solution in contents.solutions}
        self.tasks = {task.id: task for task in spec.tasks}

    def row(self, table: str, key: str) -> Mapping[str, Any]:
        """Return a catalog row's columns."""
        return self.tables[table][key]

    def names(self, table: str, key: str) -> Mapping[str, Any]:
        """Return the names for one row of `solutions`, `files` or `tasks`."""
        if table == "tasks":
            return self._task(self.tasks[key], None)
        if table == "files":
            file = self.files[key]
            solution = self.solutions[file.root]
            return {**self._task(self.tasks[file.task], solution), "file": self._file(file)}
        solution = self.solutions[key]
        lists = {name: [self._file(file) for file in solution.of_role(role)] for name, role in _LISTS.items()}
        every = [self._file(file) for file in solution.files]
        named = Names(self.row("solutions", key))
        return {**self._task(self.tasks[solution.task], solution), **lists, "files": every, "solution": named}

    def _task(self, task: Task, solution: Solution | None) -> Mapping[str, Any]:
        unit = next(unit for unit in self.spec.units if unit.id == task.unit)
        fields = {**self.row("tasks", task.id), "id": task.id, "prompt": self._prompt(task, solution)}
        return {"task": Names(fields), "unit": Names({"id": unit.id, "title": unit.title})}

    def _prompt(self, task: Task, solution: Solution | None) -> TracedText:
        if task.prompt is not None:
            return self._inline(task.prompt)
        prompts = () if solution is None else solution.of_role(Role.PROMPT)
        texts: list[TracedText] = []
        for file in prompts:
            text = self._text(file)
            texts.append(text)
            if file is not prompts[-1] and not text_of(text).endswith("\n"):
                source = Source(file.path, file.blob, in_tree=True)
                texts.append(TracedText((Piece("\n", source, max(file.n_lines, 1)),)))
        return join(texts)

    def _inline(self, prompt: PromptText) -> TracedText:
        file = self.spec_file(prompt.place.path)
        source = Source(file.path, file.blob, in_tree=file.commit is not None)
        parts = prompt.text.split("\n")
        ends = [*(["\n"] * (len(parts) - 1)), ""]
        numbered = zip(parts, ends, (*prompt.lines, *prompt.lines[-1:]), strict=False)
        return TracedText(Piece(part + end, source, line) for part, end, line in numbered)

    def _file(self, file: ContentFile) -> Names:
        inner = file.path.removeprefix(f"{file.root}/")
        return Names({**self.row("files", file.path), "inner": inner, "text": self._text(file)})

    def _text(self, file: ContentFile) -> TracedText:
        return TracedText((Piece(self.read(file), Source(file.path, file.blob, in_tree=True), 1),))
