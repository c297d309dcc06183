"""What is run for one solution: the declaration's own command, or the presets of its languages."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, NamedTuple

from gitcorpus.gates.solutions import Solution
from gitcorpus.gates.trial.presets import PRESETS, Preset
from gitcorpus.model.declaration import Declaration

SHELL: Final = "/bin/sh"
RESULTS: Final = ".results"
"""The folder at the top of all files in which scripts leave their reports; no pushed file is put there."""


class Work(StrEnum):
    """What is wanted of a solution."""

    BUILD = "build"
    TESTS = "tests"
    MEASURED = "measured"
    """Tests that tell which lines they reach."""


class Source(StrEnum):
    """Where a report is."""

    OUTPUT = "output"
    RESULTS = "results"
    SOLUTION = "solution"


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The form of a report, and where it is."""

    form: str
    source: Source
    path: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """One run: what starts, and what it leaves."""

    name: str
    program: str
    """What it cannot do without."""
    command: tuple[str, ...]
    """Words with `{results}` and `{seed}` in them."""
    report: Report | None
    coverage: Report | None = None
    caches: tuple[str, ...] = ()
    none_collected: tuple[int, ...] = ()
    lacking: str = ""
    """What the output matches if a part of the tool is not installed; or empty."""
    written: tuple[tuple[str, str], ...] = ()
    """Files of the solution, by their paths in it, that the run has in the place of pushed ones."""
    leaves: tuple[str, ...] = ()
    """Files and folders of the solution that are wanted back besides reports."""

    def filled(self, *, results: str, seed: int) -> tuple[str, ...]:
        """Return the command with its places filled in."""
        return tuple(word.replace("{results}", results).replace("{seed}", str(seed)) for word in self.command)


def plans_of(declaration: Declaration, solution: Solution, work: Work) -> tuple[Plan, ...]:
    """Return the runs for one solution; none if nothing is known to do."""
    own = declaration.parameters.get("run")
    if isinstance(own, list):
        return (_own_plan(declaration, [str(word) for word in own]),)
    return tuple(_preset_plan(preset, work) for preset in _presets(declaration, solution))


def programs_of(declaration: Declaration) -> tuple[str, ...]:
    """Return the programs that a declaration's answers may depend on."""
    own = declaration.parameters.get("run")
    if isinstance(own, list) and own:
        return (str(own[0]),)
    named = declaration.parameters.get("preset")
    return tuple(preset.program for preset in PRESETS.values() if named in (None, preset.name))


class Need(NamedTuple):
    """Something without which solutions in a language cannot be tried; no language if all of them need it."""

    word: str
    """A program, `python3:MODULE`, or a pattern of files."""
    language: str = ""


def needs_of(declaration: Declaration, languages: Collection[str], work: Work) -> Iterator[Need]:
    """Yield what a declaration's runs need for solutions in some languages.

    A program of the declaration's own that is named by a relative path is one of the solution's files.
    """
    own, named = declaration.parameters.get("run"), declaration.parameters.get("preset")
    if isinstance(own, list):
        yield from (Need(str(word)) for word in own[:1] if is_program(str(word)))
        return
    for preset in PRESETS.values():
        language = next((each for each in preset.languages if each in languages), "")
        if preset.name == named or (named is None and language):
            yield from (Need(word, language) for word in _words(preset, work))


def is_program(word: str) -> bool:
    """Tell whether a word of a spec names a program of the room, and neither a file of a solution nor another need."""
    return ("/" not in word or word.startswith("/")) and not any(each in word for each in "*:\0")


def _words(preset: Preset, work: Work) -> tuple[str, ...]:
    if work is Work.BUILD:
        return preset.build_needs or (preset.program,)
    more = preset.measured_needs if work is Work.MEASURED and preset.measured else ()
    return (preset.program, *preset.tests_needs, *more)


def _presets(declaration: Declaration, solution: Solution) -> Iterator[Preset]:
    named = declaration.parameters.get("preset")
    for preset in PRESETS.values():
        fits = not solution.languages.isdisjoint(preset.languages) and (
            not preset.needs or preset.needs in solution.names
        )
        if named == preset.name or (named is None and fits):
            yield preset


def _preset_plan(preset: Preset, work: Work) -> Plan:
    measured = work is Work.MEASURED and preset.measured
    script = {Work.BUILD: preset.build, Work.TESTS: preset.tests}.get(work, preset.measured or preset.tests)
    source = Source.RESULTS if preset.report_path else Source.OUTPUT
    return Plan(
        name=preset.name,
        program=preset.program,
        command=(SHELL, "-c", script),
        report=None
        if work is Work.BUILD
        else Report(form=preset.report, source=source, path=preset.report_path),
        coverage=Report(form=preset.coverage, source=Source.RESULTS, path=preset.coverage_path)
        if measured
        else None,
        caches=preset.caches,
        none_collected=preset.none_collected,
        lacking=preset.lacking,
    )


def _own_plan(declaration: Declaration, words: list[str]) -> Plan:
    caches = declaration.parameters.get("caches")
    return Plan(
        name=words[0],
        program=words[0],
        command=tuple(words),
        report=_own_report(declaration.parameters.get("report"))
        or Report(form="exit-code", source=Source.OUTPUT),
        coverage=_own_report(declaration.parameters.get("coverage")),
        caches=tuple(str(each) for each in caches) if isinstance(caches, list) else (),
    )


def _own_report(said: Any) -> Report | None:
    if not isinstance(said, dict):
        return None
    path = str(said.get("path", ""))
    return Report(form=str(said["format"]), source=Source.SOLUTION if path else Source.OUTPUT, path=path)
