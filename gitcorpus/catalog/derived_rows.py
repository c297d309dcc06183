"""What was derived from history, syntax and annotations, to the rows of its tables."""

from collections.abc import Iterable, Mapping
from typing import Any

from gitcorpus.catalog.derived import Derived
from gitcorpus.model.language import language_of
from gitcorpus.model.record import Contents
from gitcorpus.model.steps import FileChange, Fragment, Pair

_SOLUTION = (
    "unit",
    "task",
    "family",
    "solution",
    "root",
    "language",
    "techniques",
    "domain",
    "difficulty",
)
_Row = dict[str, Any]
_Solutions = Mapping[str, Mapping[str, Any]]


def derived_rows(derived: Derived, contents: Contents, solutions: _Solutions) -> dict[str, Iterable[_Row]]:
    """Return the rows of every derived table; one that nobody asked for has none."""
    files = {file.path: file for file in contents.files}

    def of(root: str) -> _Row:
        return {name: solutions[root][name] for name in _SOLUTION}

    def fragment(each: Fragment) -> _Row:
        file = files[each.path]
        return {
            "fragment": each.key, **of(file.root), "language": file.language, "path": each.path,
            "role": file.role.value, "kind": each.kind, "name": each.name, "first_line": each.first,
            "last_line": each.last, "n_lines": each.last - each.first + 1, "has_doc": bool(each.doc_first),
            "n_lines_file": file.n_lines,
        }  # fmt: skip

    return {
        "changes": (_change_row(each, key, derived, of) for key, each in derived.changes.items()),
        "comparisons": (
            {
                "comparison": each.key, **of(each.annotated.solution.root), "path": each.annotated.file.path,
                "rubric": each.rubric, "chosen": each.chosen.id, "rejected": each.rejected.id,
                "votes_for": each.votes_for, "votes_against": each.votes_against, "n_judges": each.n_judges,
            }
            for each in derived.comparisons.values()
        ),
        "fixes": (
            {
                "fix": each.pair.key, **_pair_columns(each.pair, of),
                "fail_to_pass": list(each.fail_to_pass), "pass_to_pass": list(each.pass_to_pass),
            }
            for each in derived.fixes.values()
        ),
        "fragments": map(fragment, derived.fragments.values()),
        "pairs": ({"pair": each.key, **_pair_columns(each, of)} for each in derived.pairs.values()),
        "rankings": (
            {
                "ranking": each.key, **of(each.annotated.solution.root), "path": each.annotated.file.path,
                "rubric": each.rubric, "n_candidates": len(each.ranks), "n_judges": len(each.judges),
                "judges": list(each.judges),
            }
            for each in derived.rankings.values()
        ),
        "records": (),
        "rewrites": (
            {
                "rewrite": each.key, **_pair_columns(each.pair, of),
                "language": _language(derived, each.change.path), "path": each.change.path,
                "role": derived.role_of(each.change.path),
            }
            for each in derived.rewrites.values()
        ),
        "steps": (
            {
                "step": each.key, **of(each.root), "n": each.number, "label": each.label, "good": each.good,
                "commit": each.touched.commit.oid, "n_files": len(each.touched.changes),
            }
            for each in derived.steps.values()
        ),
        "trajectories": (
            {
                **of(root), "n_steps": len(steps), "labels": [step.label for step in steps],
                "all_good": all(step.good for step in steps),
            }
            for root, steps in derived.trajectories.items()
        ),
    }  # fmt: skip


def _change_row(each: FileChange, key: str, derived: Derived, of: Any) -> _Row:
    old, new, commit = each.change.old, each.change.new, each.touched.commit
    status = "added" if old is None else "deleted" if new is None else "modified"
    return {
        "change": key, **of(each.root), "language": _language(derived, each.change.path), "commit": commit.oid,
        "path": each.change.path, "role": derived.role_of(each.change.path), "status": status,
        "n_files": each.touched.n_files, "subject": commit.subject,
        "step": next(iter(commit.trailer("Step")), None), "author_email": commit.author.email,
        "authored_at": commit.author.seconds, "old_blob": old.oid if old else None,
        "new_blob": new.oid if new else None,
    }  # fmt: skip


def _pair_columns(pair: Pair, of: Any) -> _Row:
    return {
        **of(pair.root), "kind": pair.kind, "before_commit": pair.before, "after_commit": pair.after,
        "before_step": pair.before_step, "after_step": pair.after_step, "cwe": list(pair.cwe),
        "rules": list(pair.rules), "reasons": list(pair.reasons), "n_files": len(pair.changes),
    }  # fmt: skip


def _language(derived: Derived, path: str) -> str | None:
    return language_of(path, derived.languages)
