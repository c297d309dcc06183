"""Runs one plan for one solution in the sandbox, and reads what it leaves.

A report that was pushed is no report: files at the places of reports are left out of the run.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from math import ceil, inf
from time import monotonic
from typing import Final

from gitcorpus.errors import UnjudgedError
from gitcorpus.gates.base import Candidate
from gitcorpus.gates.results import Coverage, Folder, ReportError, TestReport, parse_junit, parse_lcov
from gitcorpus.gates.results.cargo import parse_cargo
from gitcorpus.gates.results.cases import merged as merged_cases
from gitcorpus.gates.results.cobertura import parse_cobertura
from gitcorpus.gates.results.coverage import merged as merged_lines
from gitcorpus.gates.results.go_json import parse_go_json
from gitcorpus.gates.results.go_profile import parse_go_profile
from gitcorpus.gates.results.tap import parse_tap
from gitcorpus.gates.solutions import Solution, beside, given_files
from gitcorpus.gates.trial.plan import RESULTS, Plan, Report, Source
from gitcorpus.gates.trial.presets import PLUGINS
from gitcorpus.model.declaration import Declaration
from gitcorpus.model.finding import Quote
from gitcorpus.model.server import Sandbox
from gitcorpus.model.tree import TreeEntry
from gitcorpus.sandbox import Ending, GivenFile, Job, Limits, ToolRun, run_job
from gitcorpus.sandbox.identity import find_program
from gitcorpus.syntax import MAX_QUOTE

SECONDS: Final = 60
"""Most seconds of one run, if the declaration names no others."""
_PROCESSORS: Final = 4
_NOT_FOUND: Final = 127
"""What a shell ends with that finds no program."""
_CASES: Final[Mapping[str, Callable[[bytes], TestReport]]] = {
    "cargo": parse_cargo,
    "go-json": parse_go_json,
    "junit": parse_junit,
    "tap": parse_tap,
}
_LINES: Final[Mapping[str, Callable[[bytes, Folder], Coverage]]] = {
    "cobertura": parse_cobertura,
    "lcov": parse_lcov,
}
_MODULE: Final = re.compile(rb"^module[ \t]+([^\s\"]+)", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """How one run ended, and what it reported; `fault` says why a report could not be read."""

    plan: Plan
    run: ToolRun
    folder: str
    """Where the solution was."""
    cases: TestReport | None = None
    coverage: Coverage | None = None
    fault: str = ""

    def reported(self, root: str) -> tuple[bytes, ...]:
        """Return the bytes of the report of a solution in a folder, and of each file if it is a folder.

        Raises:
            ReportError: if there is none.
        """
        return _data(self.plan.report, self.run, root) if self.plan.report else ()


def tried(
    candidate: Candidate, declaration: Declaration, solution: Solution, plan: Plan, *, seed: int = 1
) -> Trial:
    """Return what a plan does with a solution; gates that want the same of one push share it.

    Raises:
        UnjudgedError: if it could not be tried to its end: no room, no program, no time, no memory.
    """
    others = beside(candidate, declaration)
    limits = _limits(candidate, declaration)
    key = (solution.root, solution.tree, others, plan, seed, limits.processor_seconds)
    return candidate.memo.once(key, lambda: _try(candidate, solution, plan, (others, seed, limits)))


def _try(
    candidate: Candidate, solution: Solution, plan: Plan, given: tuple[tuple[TreeEntry, ...], int, Limits]
) -> Trial:
    others, seed, limits = given
    reports = [report for report in (plan.report, plan.coverage) if report is not None]
    hidden = tuple(_place(report, solution.root) for report in reports if report.source is Source.SOLUTION)
    hidden += tuple(f"{solution.root}/{path}" for path in (*plan.leaves, *dict(plan.written)))
    entries = (*(entry for entry, _ in solution.files), *others)
    wanted = (entry for entry in entries if not _is_at(entry.path, (*hidden, RESULTS)))
    depth = solution.root.count("/") + 1 if solution.root else 0
    results = "/".join((*([".."] * depth), RESULTS))
    plugins = [GivenFile(f"{RESULTS}/{name}", text.encode()) for name, text in PLUGINS.items()]
    plugins += [GivenFile(f"{solution.root}/{path}", text.encode()) for path, text in plan.written]
    files = given_files(candidate, wanted)
    run = run_job(
        Job(
            command=plan.filled(results=results, seed=seed),
            cwd=solution.root,
            environment={"GITCORPUS_SEED": str(seed)},
            takes=(
                *(_place(report, solution.root) for report in reports if report.path),
                *(f"{solution.root}/{path}" for path in plan.leaves),
            ),
            caches=plan.caches,
        ),
        files=(*files, *plugins),
        limits=limits,
        sandbox=candidate.server.sandbox,
    )
    _check_ending(run, plan, solution.root, candidate.server.sandbox)
    trial = Trial(plan=plan, run=run, folder=f"{run.folder}/{solution.root}")
    return _read(trial, solution, _go_module(files, solution.root))


def _go_module(files: Iterable[GivenFile], root: str) -> str:
    """Return the path with which a Go profile's paths begin."""
    found = next((_MODULE.search(file.data) for file in files if file.path == f"{root}/go.mod"), None)
    return found[1].decode("utf-8", "replace") if found else "solution"


def _limits(candidate: Candidate, declaration: Declaration) -> Limits:
    """Return the limits of one run; all runs of one gate end when its time ends.

    Raises:
        UnjudgedError: tool-out-of-time, if none is left.
    """
    wanted = declaration.parameters.get("seconds")
    seconds = float(wanted) if isinstance(wanted, int) else SECONDS
    left = inf if candidate.ends is None else candidate.ends - monotonic()
    if left <= 0:
        sentence = "the gate's time was over before all solutions had been tried; what was learnt is kept"
        raise UnjudgedError(
            "tool-out-of-time", sentence, hint="push again, in smaller parts, or raise `budget:`"
        )
    return Limits(
        seconds=min(seconds, left),
        processor_seconds=ceil(_PROCESSORS * seconds),
        memory_bytes=None,
        file_bytes=candidate.server.sandbox.disk_bytes,
        open_files=4096,
    )


def _place(report: Report, root: str) -> str:
    return f"{RESULTS}/{report.path}" if report.source is Source.RESULTS else f"{root}/{report.path}"


def _is_at(path: str, places: Iterable[str]) -> bool:
    return any(path == place or path.startswith(f"{place}/") for place in places)


def _check_ending(run: ToolRun, plan: Plan, root: str, sandbox: Sandbox) -> None:
    """Refuse to read what a run left that did not come to its own end.

    Raises:
        UnjudgedError: with the place of the solution.
    """
    if run.left_out:
        sentence = f"{run.left_out} files have paths that a run cannot be given"
        raise UnjudgedError("tool-files-left-out", sentence, place=root, hint="rename them: git mv")
    if run.code == _NOT_FOUND and find_program(plan.program, sandbox) is None:
        run = replace(run, ending=Ending.NOT_STARTED)
    if plan.lacking and run.code and re.search(plan.lacking.encode(), run.stderr + run.stdout, re.MULTILINE):
        run = replace(run, ending=Ending.NOT_STARTED)
    said = {
        Ending.NOT_STARTED: (
            "tool-missing",
            f"the sandbox has no `{plan.program}`, or not all of {plan.name}",
        ),
        Ending.OUT_OF_TIME: ("tool-out-of-time", f"`{plan.name}` did not come to an end in its time"),
        Ending.OUT_OF_MEMORY: ("tool-killed", f"`{plan.name}` took more memory than it may"),
        Ending.TOO_MANY_PROCESSES: ("tool-killed", f"`{plan.name}` started more processes than it may"),
        Ending.FLOODED: ("tool-flood", f"`{plan.name}` wrote more than anybody reads"),
    }
    hints = {
        Ending.NOT_STARTED: "an administrator installs it, or mounts it: `sandbox:` in gitcorpus/server.yaml",
        Ending.OUT_OF_TIME: "look for a loop without an end; the gate's `seconds:` is the limit of one solution",
    }
    if run.ending in said:
        code, sentence = said[run.ending]
        hint = hints.get(
            run.ending, "run it on your own machine; `sandbox:` in gitcorpus/server.yaml has the limits"
        )
        raise UnjudgedError(code, f"{root}: {sentence}", place=root, hint=hint)


def _read(trial: Trial, solution: Solution, module: str) -> Trial:
    """Read the reports of a run that came to its end."""
    plan, cases, lines = trial.plan, None, None
    folder = Folder(root=trial.folder, paths=solution.names)
    try:
        if plan.report is not None and plan.report.form in _CASES:
            parse = _CASES[plan.report.form]
            cases = merged_cases(parse(data) for data in _data(plan.report, trial.run, solution.root))
        if plan.coverage is not None:
            measure = _LINES.get(plan.coverage.form, partial(parse_go_profile, module=module))
            lines = merged_lines(
                measure(data, folder) for data in _data(plan.coverage, trial.run, solution.root)
            )
    except ReportError as error:
        return Trial(plan=plan, run=trial.run, folder=trial.folder, cases=cases, fault=str(error))
    return Trial(plan=plan, run=trial.run, folder=trial.folder, cases=cases, coverage=lines)


def _data(report: Report, run: ToolRun, root: str) -> tuple[bytes, ...]:
    """Return the bytes of a report, and of each file if it is a folder.

    Raises:
        ReportError: if there is none.
    """
    if report.source is Source.OUTPUT:
        return (run.stdout,)
    place = _place(report, root)
    found = tuple(run.taken[path] for path in sorted(run.taken) if _is_at(path, (place,)))
    if not found:
        raise ReportError("there is no report")
    return found


def quoted(run: ToolRun) -> Quote | None:
    """Return the last line that a run wrote, to be shown and not to be kept."""
    said = run.stderr.strip() or run.stdout.strip()
    last = said.rsplit(b"\n", 1)[-1].decode("utf-8", "replace").strip()[:MAX_QUOTE]
    return Quote(last, 1, len(last)) if last else None
