"""What a view's templates see of one catalog row: plain ids and numbers, and traced texts."""

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property, lru_cache, partial
from typing import Any, Final

from gitcorpus.catalog.derived import Derived
from gitcorpus.catalog.tables import KEYS, Catalog
from gitcorpus.compiler.filters import Later, Names
from gitcorpus.compiler.pieces import fragment_fields, uncommented
from gitcorpus.compiler.sides import Sides, message_of, traced
from gitcorpus.model.annotation import Answer
from gitcorpus.model.corpus import Role
from gitcorpus.model.curriculum import PromptText, Task
from gitcorpus.model.record import ContentFile, Contents, Solution
from gitcorpus.model.spec import Spec
from gitcorpus.model.steps import Pair, Step
from gitcorpus.model.traced import Piece, Source, TracedText, join, text_of
from gitcorpus.model.view import SpecFile

LISTS: Final = {
    "sources": Role.SOURCE,
    "tests": Role.TEST,
    "docs": Role.DOC,
    "prompts": Role.PROMPT,
    "fixtures": Role.FIXTURE,
}
"""What templates call the files of a role."""
_NEEDED: Final = ("tasks", "solutions", "files")
"""Tables of which every row's names have something."""
_KEPT: Final = 100
"""Solutions of which the names stay: their files mostly come one after the other."""
_Fields = Mapping[str, Any]


class Contexts:
    """Makes the names that the templates of a view may use, row by row."""

    def __init__(  # noqa: PLR0913 - everything that names are made of
        self,
        contents: Contents,
        catalog: Catalog,
        derived: Derived,
        *,
        spec: Spec,
        sides: Sides,
        spec_file: Callable[[str], SpecFile],
    ) -> None:
        self.spec = spec
        self.sides = sides
        self.derived = derived
        self.spec_file = spec_file
        self._catalog = catalog
        self._tables: dict[str, dict[str, _Fields]] = {}
        self.files = {file.path: file for file in contents.files}
        self.solutions = {solution.root: solution for solution in contents.solutions}
        self.tasks = {task.id: task for task in spec.tasks}
        self.units = {unit.id: unit for unit in spec.units}
        self._about = lru_cache(_KEPT)(self._make_about)

    def table(self, name: str) -> Mapping[str, _Fields]:
        """Return a catalog table's rows by their keys."""
        if name not in self._tables:
            self._tables[name] = {row[KEYS[name]]: row for row in self._catalog.rows(name)}
        return self._tables[name]

    def load(self, name: str) -> Mapping[str, _Fields]:
        """Return a table's rows, and hold all that its names are made of, since processes begin with what is held."""
        for each in _NEEDED:
            self.table(each)
        return self.table(name)

    def row(self, table: str, key: str) -> _Fields:
        """Return a catalog row's columns."""
        return self.table(table)[key]

    def names(self, table: str, key: str) -> _Fields:
        """Return the names for one row of a table that views select from."""
        return self._makers[table](key)

    @cached_property
    def _makers(self) -> Mapping[str, Callable[[str], _Fields]]:
        return {
            "tasks": lambda key: self._task(self.tasks[key], None),
            "files": self._of_file,
            "solutions": self._of_solution,
            "changes": self._of_change,
            "steps": self._of_step,
            "trajectories": self._of_trajectory,
            "pairs": self._of_pair,
            "rewrites": self._of_rewrite,
            "fixes": self._of_fix,
            "fragments": self._of_fragment,
            "rankings": self._of_ranking,
            "comparisons": self._of_comparison,
        }

    def _of_file(self, key: str) -> _Fields:
        file = self.files[key]
        return {**self._about(file.root), "file": self._file(file)}

    def _of_solution(self, key: str) -> _Fields:
        solution = self.solutions[key]
        lists = {name: [self._file(file) for file in solution.of_role(role)] for name, role in LISTS.items()}
        return {**self._about(key), **lists, "files": [self._file(file) for file in solution.files]}

    def _of_change(self, key: str) -> _Fields:
        each = self.derived.changes[key]
        commit, change = each.touched.commit, each.change
        parent = commit.parents[0] if commit.parents else None
        return {
            **self._about(each.root),
            "change": Names(self.row("changes", key)),
            "commit": Names({**self.row("changes", key), **message_of(commit)}),
            "old": self.sides.file(change.old, parent, each.root),
            "new": self.sides.file(change.new, commit.oid, each.root),
        }

    def _of_step(self, key: str) -> _Fields:
        step = self.derived.steps[key]
        parents = step.touched.commit.parents
        named = self._step(step, parents[0] if parents else None)
        return {**self._about(step.root), "step": named}

    def _of_trajectory(self, key: str) -> _Fields:
        steps = self.derived.trajectories[key]
        before = [None, *(step.touched.commit.oid for step in steps)]
        return {
            **self._about(key),
            "steps": [self._step(step, old) for step, old in zip(steps, before, strict=False)],
        }

    def _step(self, step: Step, before: Any) -> Names:
        commit = step.touched.commit
        changes = self.sides.changes(before, commit.oid, step.root)
        return Names(
            {
                "n": step.number,
                "label": step.label,
                "good": step.good,
                "commit": commit.oid,
                **message_of(commit),
                **self.sides.lists(commit.oid, step.root),
                "written": [
                    self.sides.file(each.new, commit.oid, step.root)
                    for each in changes
                    if each.new is not None
                ],
                "deleted": [self.sides.gone(each.path, step.root) for each in changes if each.new is None],
                "patch": Later(partial(self.sides.patch, changes, before, commit.oid)),
            }
        )

    def _of_pair(self, key: str) -> _Fields:
        return self._both(self.derived.pairs[key], self.row("pairs", key))

    def _both(self, pair: Pair, row: _Fields) -> _Fields:
        return {
            **self._about(pair.root),
            "pair": Names(row),
            "before": Names(self._side(pair.before, pair.before_step, pair.root)),
            "after": Names(self._side(pair.after, pair.after_step, pair.root)),
        }

    def _side(self, commit: Any, step: str, root: str) -> dict[str, Any]:
        return {"step": step, **message_of(self.sides.commit(commit)), **self.sides.lists(commit, root)}

    def _of_rewrite(self, key: str) -> _Fields:
        each = self.derived.rewrites[key]
        pair, change = each.pair, each.change
        named = self._both(pair, self.row("rewrites", key))
        before = self.sides.file_fields(change.old, pair.before, pair.root)
        after = self.sides.file_fields(change.new, pair.after, pair.root)
        return {
            **named,
            "before": Names({**self._side(pair.before, pair.before_step, pair.root), **before}),
            "after": Names({**self._side(pair.after, pair.after_step, pair.root), **after}),
        }

    def _of_fix(self, key: str) -> _Fields:
        fix = self.derived.fixes[key]
        pair = fix.pair
        tests = [each for each in pair.changes if self.derived.role_of(each.path) == Role.TEST.value]
        others = [each for each in pair.changes if each not in tests]
        return {
            **self._both(pair, self.row("fixes", key)),
            "patch": self.sides.patch(others, pair.before, pair.after),
            "test_patch": self.sides.patch(tests, pair.before, pair.after),
        }

    def _of_fragment(self, key: str) -> _Fields:
        fragment = self.derived.fragments[key]
        named = self._of_file(fragment.path)
        text = named["file"]["text"]
        fields = {**self.row("fragments", key), **fragment_fields(fragment, text)}
        return {**named, "fragment": Names(fields)}

    def _of_ranking(self, key: str) -> _Fields:
        each = self.derived.rankings[key]
        answers = zip(each.annotated.annotation.candidates, each.ranks, strict=True)
        return {
            **self._asked(each.annotated),
            "ranking": Names({**self.row("rankings", key), "judges": list(each.judges)}),
            "candidates": [
                Names({**self._answer(each.annotated, answer), "rank": n}) for answer, n in answers
            ],
        }

    def _of_comparison(self, key: str) -> _Fields:
        each = self.derived.comparisons[key]
        return {
            **self._asked(each.annotated),
            "comparison": Names(self.row("comparisons", key)),
            "chosen": Names(self._answer(each.annotated, each.chosen)),
            "rejected": Names(self._answer(each.annotated, each.rejected)),
        }

    def _asked(self, annotated: Any) -> _Fields:
        about = self._about(annotated.solution.root)
        said = annotated.annotation.prompt
        prompt = about["task"]["prompt"] if said is None else self._inline(said, annotated.file)
        return {**about, "prompt": prompt}

    def _answer(self, annotated: Any, answer: Answer) -> dict[str, Any]:
        file = annotated.file_of(answer)
        if answer.text is not None:
            text = self._inline(answer.text, annotated.file)
        else:
            text = self._text(file) if file else join(())
        return {"id": answer.id, "model": answer.model, "text": text}

    def _make_about(self, root: str) -> _Fields:
        solution = self.solutions[root]
        named = Names(self.row("solutions", solution.root))
        return {**self._task(self.tasks[solution.task], solution), "solution": named}

    def _task(self, task: Task, solution: Solution | None) -> _Fields:
        unit = self.units[task.unit]
        prompt = Later(partial(self._prompt, task, solution))
        fields = {**self.row("tasks", task.id), "id": task.id, "prompt": prompt}
        return {"task": Names(fields), "unit": Names({"id": unit.id, "title": unit.title})}

    def _prompt(self, task: Task, solution: Solution | None) -> TracedText:
        if task.prompt is not None:
            return self._declared(task.prompt)
        prompts = () if solution is None else solution.of_role(Role.PROMPT)
        return _one_after_the_other([(file, self._text(file)) for file in prompts])

    def _declared(self, prompt: PromptText) -> TracedText:
        file = self.spec_file(prompt.place.path)
        return _of_lines(prompt, Source(file.path, file.blob, in_tree=file.commit is not None))

    def _inline(self, text: PromptText, file: ContentFile) -> TracedText:
        return _of_lines(text, Source(file.path, file.blob, in_tree=True))

    def _file(self, file: ContentFile) -> Names:
        inner = file.path.removeprefix(f"{file.root}/")
        return Names(
            {
                **self.row("files", file.path),
                "inner": inner,
                "text": Later(partial(self._text, file)),
                "uncommented": Later(lambda: uncommented(self._text(file), file.language)),
            }
        )

    def _text(self, file: ContentFile) -> TracedText:
        return traced(self.sides.texts.of(file.blob) or "", Source(file.path, file.blob, in_tree=True))


def _one_after_the_other(files: Sequence[tuple[ContentFile, TracedText]]) -> TracedText:
    texts: list[TracedText] = []
    for file, text in files:
        texts.append(text)
        if file is not files[-1][0] and not text_of(text).endswith("\n"):
            source = Source(file.path, file.blob, in_tree=True)
            texts.append(TracedText((Piece("\n", source, max(file.n_lines, 1)),)))
    return join(texts)


def _of_lines(text: PromptText, source: Source) -> TracedText:
    """Return a text that stands in a YAML file, each line with the line of the file that it comes from."""
    parts = text.text.split("\n")
    ends = [*(["\n"] * (len(parts) - 1)), ""]
    numbered = zip(parts, ends, (*text.lines, *text.lines[-1:]), strict=False)
    return TracedText(Piece(part + end, source, line) for part, end, line in numbered)
