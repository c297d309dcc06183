"""Values to the rows of the catalog's tables."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from gitcorpus.catalog.derived import Derived
from gitcorpus.catalog.derived_rows import derived_rows
from gitcorpus.catalog.past import Past
from gitcorpus.catalog.tables import Catalog
from gitcorpus.model.contributors import Contributors
from gitcorpus.model.corpus import Role
from gitcorpus.model.curriculum import Task, Unit
from gitcorpus.model.entry import Entry
from gitcorpus.model.language import PROSE
from gitcorpus.model.record import Contents, Solution
from gitcorpus.model.spec import Spec
from gitcorpus.model.tree import Commit


def build_catalog(  # noqa: PLR0913 - everything that tables are made of
    contents: Contents,
    *,
    spec: Spec,
    commits: Sequence[Commit],
    pasts: Mapping[str, Past],
    verdicts: Sequence[Entry],
    derived: Derived,
) -> Catalog:
    """Fill all tables from values; `pasts` are the solutions' by their folders, none if nobody asks for them."""
    solutions = list(_solution_rows(spec, contents, pasts))
    rows: dict[str, Iterable[dict[str, Any]]] = {
        "agreements": _agreement_rows(spec.contributors),
        "tasks": _task_rows(spec, contents),
        "solutions": solutions,
        "files": _file_rows(spec, contents),
        "commits": (_commit_row(commit) for commit in commits),
        "contributors": _contributor_rows(spec.contributors),
        "verdicts": (_verdict_row(entry) for entry in verdicts),
        **derived_rows(derived, contents, {row["root"]: row for row in solutions}),
    }
    return Catalog(rows)


def _task_rows(spec: Spec, contents: Contents) -> Iterator[dict[str, Any]]:
    prompted = {solution.task for solution in contents.solutions if solution.of_role(Role.PROMPT)}
    priorities = {unit.id: unit.priority.value for unit in spec.units}
    for task in spec.tasks:
        yield {
            "unit": task.unit, "task": task.id, "family": task.kin, "title": task.title,
            "languages": list(task.languages),
            "techniques": list(task.techniques), "domain": task.domain, "difficulty": task.difficulty,
            "priority": priorities[task.unit], "steps": list(task.steps),
            "has_prompt": task.prompt is not None or task.id in prompted,
        }  # fmt: skip


def _agreement_rows(contributors: Contributors) -> Iterator[dict[str, Any]]:
    for agreement in contributors.agreements:
        yield {"agreement": agreement.id, "grants": agreement.grants, "path": agreement.text}


def _solution_rows(spec: Spec, contents: Contents, pasts: Mapping[str, Past]) -> Iterator[dict[str, Any]]:
    tasks = {task.id: task for task in spec.tasks}
    units = {unit.id: unit for unit in spec.units}
    for solution in contents.solutions:
        row = _solution_row(solution, tasks[solution.task], units[solution.unit])
        past = pasts.get(solution.root)
        yield row if past is None else row | _past_columns(past, spec.contributors)


def _past_columns(past: Past, contributors: Contributors) -> dict[str, Any]:
    return {
        "authors": list(past.authors(contributors)),
        "n_commits": past.n_commits,
        "first_commit": past.first,
        "last_commit": past.last,
    }


def _solution_row(solution: Solution, task: Task, unit: Unit) -> dict[str, Any]:
    of_role = dict.fromkeys(Role, 0)
    weights: dict[str, int] = {}
    n_bytes = n_lines = 0
    for file in solution.files:
        of_role[file.role] += 1
        if file.role is Role.SOURCE:
            n_bytes += file.n_bytes
            n_lines += file.n_lines
            if file.language is not None and file.language not in PROSE:
                weights[file.language] = weights.get(file.language, 0) + file.n_bytes
    return {
        "unit": solution.unit, "task": solution.task, "family": task.kin, "solution": solution.solution,
        "root": solution.root, "language": min(weights, key=lambda name: (-weights[name], name)) if weights else None,
        "languages": sorted(weights), "techniques": list(task.techniques), "domain": task.domain,
        "difficulty": task.difficulty, "priority": unit.priority.value, "n_files": len(solution.files),
        "n_sources": of_role[Role.SOURCE], "n_tests": of_role[Role.TEST], "n_docs": of_role[Role.DOC],
        "n_fixtures": of_role[Role.FIXTURE], "source_bytes": n_bytes, "source_lines": n_lines,
        "has_prompt": task.prompt is not None or of_role[Role.PROMPT] > 0,
    }  # fmt: skip


def _file_rows(spec: Spec, contents: Contents) -> Iterator[dict[str, Any]]:
    tasks = {task.id: task for task in spec.tasks}
    for file in contents.files:
        task = tasks[file.task]
        yield {
            "path": file.path, "unit": file.unit, "task": file.task, "family": task.kin, "solution": file.solution,
            "root": file.root, "role": file.role.value, "language": file.language, "techniques": list(task.techniques),
            "domain": task.domain, "difficulty": task.difficulty, "blob": file.blob, "n_bytes": file.n_bytes,
            "n_lines": file.n_lines, "executable": bool(file.mode & 0o100),
        }  # fmt: skip


def _commit_row(commit: Commit) -> dict[str, Any]:
    return {
        "commit": commit.oid, "author_name": commit.author.name, "author_email": commit.author.email,
        "authored_at": commit.author.seconds, "committer_email": commit.committer.email,
        "committed_at": commit.committer.seconds, "subject": commit.subject, "n_parents": len(commit.parents),
        "task": next(iter(commit.trailer("Task")), None), "step": next(iter(commit.trailer("Step")), None),
        "techniques": list(commit.trailer("Technique")),
    }  # fmt: skip


def _contributor_rows(contributors: Contributors) -> Iterator[dict[str, Any]]:
    for person in contributors.people:
        agreements = [term.agreement for term in person.terms]
        yield {
            "contributor": person.id, "emails": list(person.emails), "roles": list(person.roles),
            "agreements": agreements,
        }  # fmt: skip


def _verdict_row(entry: Entry) -> dict[str, Any]:
    tips = entry.body.get("tips")
    return {
        "verdict": entry.digest, "outcome": str(entry.body.get("outcome")), "pusher": entry.body.get("pusher"),
        "tips": list(tips) if isinstance(tips, list) else [],
    }  # fmt: skip
