"""The gate `mutation`: tests notice small changes of the functions that a push changes.

For Python it runs mutmut 3 on those functions alone; for other languages any tool that writes the report of
mutation-testing-elements. The score is killed / (killed + survived + not covered); mutants that ran out of time count
neither way. Every mutant that nobody noticed is a finding at its line, with the change as a diff: it refuses while the
score is below `score`, and warns above it. A mutant that means the same as the original is waived by its `content`.
What mutmut could not check is no answer. A function whose mutants were all killed is not tried again while it, the
tests and the tools are as they were.
"""

import json
import re
from collections.abc import Generator, Iterator, Mapping, Sequence
from fractions import Fraction
from glob import escape
from typing import Final

from gitcorpus.canon import digest_value
from gitcorpus.errors import UnjudgedError
from gitcorpus.gates.base import Candidate, Example, Facts, Reads
from gitcorpus.gates.mutants import Fate, Mutant, mutants_of, parse_elements
from gitcorpus.gates.mutants.changed import (
    Changed,
    changed_functions,
    key_of,
    placed,
    recalled,
    remember,
)
from gitcorpus.gates.mutants.mutmut import FOLDER, pattern_of
from gitcorpus.gates.results import Folder, ReportError
from gitcorpus.gates.solutions import Solution, base_tree, has_changed, solutions_of, subjects_of
from gitcorpus.gates.trial import Plan, Report, Source, Trial, quoted, tried
from gitcorpus.git.lines import added_lines
from gitcorpus.model.declaration import Declaration
from gitcorpus.model.entry import Json
from gitcorpus.model.finding import Finding, Severity
from gitcorpus.model.place import Oid, Place
from gitcorpus.sandbox.identity import program_identity, room_identity

SCORE: Final = "0.75"
_PYTHON: Final = "python3"
_NO_MUTMUT: Final = b"No module named mutmut"
_OWN_TOML: Final = re.compile(rb"mutmut")
_OWN_SECTION: Final = re.compile(rb"^\[mutmut\]", re.MULTILINE)
_SETTINGS: Final = """\
[mutmut]
source_paths =
{sources}
only_mutate =
{mutated}
timeout_constant = 1
timeout_multiplier = 5
"""
_ADD: Final = "corpus/basics/add/north"


def _example(status: str) -> dict[str, Json]:
    """Return parameters for a tool that tells one mutant."""
    place = {"start": {"line": 1, "column": 5}, "end": {"line": 1, "column": 6}}
    mutant = {"id": "1", "mutatorName": "number", "replacement": "2", "location": place, "status": status}
    files = {"add.py": {"language": "python", "source": "x = 1\n", "mutants": [mutant]}}
    report = json.dumps({"schemaVersion": "2", "thresholds": {"high": 90, "low": 75}, "files": files})
    return {"run": ["sh", "-c", f"cat <<'end'\n{report}\nend"]}


class MutationGate:
    """Mutates solutions, in the sandbox."""

    name = "mutation"
    version = "1"
    reads = Reads.SOLUTION
    waits = True
    accepted = (
        Example(
            title="a mutant that the tests kill",
            files={f"{_ADD}/add.py": "x = 1\n"},
            parameters=_example("Killed"),
        ),
    )
    refused = (
        Example(
            title="a mutant that nobody notices",
            files={f"{_ADD}/add.py": "x = 1\n"},
            parameters=_example("Survived"),
            codes=("mutant-unnoticed",),
        ),
    )

    def has_work(self, candidate: Candidate, declaration: Declaration, changed: Sequence[str]) -> bool:
        """Tell whether the push changes a solution that it judges."""
        return has_changed(candidate, declaration, changed)

    def subjects(self, candidate: Candidate, declaration: Declaration) -> Mapping[str, tuple[Oid, Facts]]:
        """Return the solutions, with the tools that try them, what they were before, and what is waived."""
        sandbox, own = candidate.server.sandbox, declaration.parameters.get("run")
        tool = program_identity(str(own[0]) if isinstance(own, list) else _PYTHON, sandbox)
        waived = digest_value(sorted(_waived(candidate, declaration)))
        found = subjects_of(candidate, declaration, room_identity(sandbox), tool, waived)
        return {root: (tree, (*facts, base_tree(candidate, root))) for root, (tree, facts) in found.items()}

    def judge(self, candidate: Candidate, declaration: Declaration) -> Iterator[Finding]:
        """Mutate every solution that is asked for."""
        for solution in solutions_of(candidate, declaration):
            try:
                if isinstance(declaration.parameters.get("run"), list):
                    mutants = _by_report(candidate, declaration, solution)
                else:
                    mutants = yield from _by_mutmut(candidate, declaration, solution)
            except ReportError as error:
                place, sentence = Place(path=solution.root), f"the report on mutants cannot be read: {error}"
                yield Finding(code="mutation-crashed", place=place, sentence=sentence)
            else:
                yield from _judged(candidate, declaration, solution, mutants)


def _by_report(candidate: Candidate, declaration: Declaration, solution: Solution) -> list[Mutant]:
    """Return what a tool of the declaration's own reports, in the lines that the push adds.

    Raises:
        ReportError: if it is no sound report.
    """
    words, said = declaration.parameters["run"], declaration.parameters.get("report")
    command = tuple(str(word) for word in words) if isinstance(words, list) else ()
    path = str(said.get("path", "")) if isinstance(said, dict) else ""
    report = Report(form="elements", source=Source.SOLUTION if path else Source.OUTPUT, path=path)
    plan = Plan(name=command[0], program=command[0], command=command, report=report)
    trial = tried(candidate, declaration, solution, plan)
    folder = Folder(root=trial.folder, paths=solution.names)
    mutants = [each for data in trial.reported(solution.root) for each in parse_elements(data, folder)]
    if _is_whole(declaration):
        return mutants
    added = {
        located.inner: added_lines(candidate.repo, candidate.base, entry) for entry, located in solution.files
    }
    return [each for each in mutants if each.line in added.get(each.path, ())]


def _by_mutmut(
    candidate: Candidate, declaration: Declaration, solution: Solution
) -> Generator[Finding, None, list[Mutant]]:
    """Return the mutants of the functions that the push changes; yield what keeps mutmut from trying them.

    Raises:
        ReportError: if mutmut left something that is not its own.
        UnjudgedError: tool-missing, mutation-doubtful.
    """
    own = _own_settings(candidate, solution)
    if own is not None:
        yield own
        return []
    functions = tuple(changed_functions(candidate, solution, whole=_is_whole(declaration)))
    keys = {each: key_of(candidate, solution, each) for each in functions}
    known = {each: recalled(candidate, key) for each, key in keys.items()}
    unknown = [each for each in functions if known[each] is None]
    mutants = [mutant for found in known.values() for mutant in found or ()]
    if not unknown:
        return mutants
    trial = tried(candidate, declaration, solution, _plan(candidate, solution, unknown))
    if _NO_MUTMUT in trial.run.stderr:
        hint = "an administrator installs mutmut and pytest where the sandbox sees them: `sandbox:` in server.yaml"
        raise UnjudgedError("tool-missing", "the sandbox has no mutmut", hint=hint)
    fresh = list(placed(mutants_of(trial.run.taken, solution.root), unknown))
    if trial.run.code != 0:
        yield _baseline(trial, solution)
        return []
    for each in unknown:
        remember(
            candidate,
            keys[each],
            (one for one in fresh if (one.path, one.function) == (each.path, each.function.name)),
        )
    return mutants + fresh


def _plan(candidate: Candidate, solution: Solution, functions: Sequence[Changed]) -> Plan:
    """Return the run of mutmut on some functions, under settings that are ours."""
    tops = sorted({name.split("/", 1)[0] for name in solution.names} - {"setup.cfg"})
    mutated = sorted({each.path for each in functions})
    sections = {"sources": map(_written, tops), "mutated": (_written(escape(path)) for path in mutated)}
    settings = _SETTINGS.format(**{name: "\n".join(lines) for name, lines in sections.items()})
    pushed = next((entry for entry, located in solution.files if located.inner == "setup.cfg"), None)
    before = candidate.data(pushed).decode("utf-8", "replace") + "\n" if pushed else ""
    patterns = sorted({pattern_of(each.function.name) for each in functions})
    return Plan(
        name="mutmut",
        program=_PYTHON,
        command=(_PYTHON, "-m", "mutmut", "run", "--max-children", "2", *patterns),
        report=None,
        written=(("setup.cfg", before + settings),),
        leaves=(FOLDER,),
    )


def _written(path: str) -> str:
    """Return a path as a line of a list in setup.cfg."""
    return "  " + path.replace("%", "%%").replace("\n", "")


def _own_settings(candidate: Candidate, solution: Solution) -> Finding | None:
    """Find settings of mutmut that were pushed: what is mutated is not the author's to say."""
    for entry, located in solution.files:
        pattern = {"pyproject.toml": _OWN_TOML, "setup.cfg": _OWN_SECTION}.get(located.inner)
        if pattern is not None and pattern.search(candidate.data(entry)):
            sentence = "it has settings of mutmut, which the gate sets itself"
            hint = "take them out"
            return Finding(
                code="mutation-configured", place=Place(path=entry.path), sentence=sentence, hint=hint
            )
    return None


def _baseline(trial: Trial, solution: Solution) -> Finding:
    sentence = "the tests do not pass before anything is changed, or mutmut cannot run them"
    place, hint = Place(path=solution.root), "mend the tests; they run more than once in one process here"
    return Finding(
        code="mutation-baseline", place=place, sentence=sentence, hint=hint, quote=quoted(trial.run)
    )


def _judged(
    candidate: Candidate, declaration: Declaration, solution: Solution, mutants: Sequence[Mutant]
) -> Iterator[Finding]:
    """Yield the mutants that nobody noticed; they only warn if the score is high enough.

    Raises:
        UnjudgedError: mutation-doubtful.
    """
    doubtful = [each for each in mutants if each.fate.is_doubtful]
    if doubtful:
        sentence = f"{solution.root}: {len(doubtful)} of {len(mutants)} mutants crashed or were not tried"
        hint = "push again; if it stays so, the tests cannot run many times in one process"
        raise UnjudgedError("mutation-doubtful", sentence, hint=hint)
    waived = _waived(candidate, declaration)
    unnoticed = [each for each in mutants if each.fate.is_unnoticed]
    n_killed = sum(each.fate is Fate.KILLED or each.content in waived for each in mutants)
    n_counted = sum(each.fate is Fate.KILLED or each.fate.is_unnoticed for each in mutants)
    wanted = Fraction(str(declaration.parameters.get("score", SCORE)))
    enough = n_counted == 0 or Fraction(n_killed, n_counted) >= wanted
    for each in sorted(unnoticed, key=lambda mutant: (mutant.path, mutant.line, mutant.name)):
        where = f" of `{each.function[:100]}`" if each.function else ""
        no = "no test reaches it" if each.fate is Fate.NO_COVERAGE else "no test fails"
        yield Finding(
            code="mutant-unnoticed",
            place=Place(path=f"{solution.root}/{each.path}", line=each.line),
            sentence=f"{no} when this{where} is changed so ({n_killed} of {n_counted} mutants are killed)",
            hint=f"test what it changes; if nothing could notice, a waiver names its content {each.content}",
            severity=Severity.WARN if enough else Severity.BLOCK,
            patch=each.patch,
            content=each.content,
        )


def _waived(candidate: Candidate, declaration: Declaration) -> frozenset[str]:
    """Return the contents of mutants that waivers in force let through."""
    waivers = candidate.spec.waivers if candidate.spec else ()
    in_force = (each for each in waivers if each.gate == declaration.id and candidate.today <= each.until)
    return frozenset(content for waiver in in_force for content in waiver.contents)


def _is_whole(declaration: Declaration) -> bool:
    return declaration.parameters.get("functions") == "all"
