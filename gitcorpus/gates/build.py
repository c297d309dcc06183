"""The gate `build`: every solution compiles.

A push builds the solutions that it touches; where it lands for good, all solutions are asked for, and those whose files
and tools are as they were are known. Without a command of its own the gate uses the language's tools, see `preset`.
What a compiler says of a line stands at that line.
"""

import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from gitcorpus.gates.base import Candidate, Example, Facts, Reads
from gitcorpus.gates.solutions import Solution, has_changed, solutions_of, subjects_of
from gitcorpus.gates.trial import Trial, Work, plans_of, programs_of, quoted, tried
from gitcorpus.model.declaration import Declaration
from gitcorpus.model.finding import Finding, Quote
from gitcorpus.model.place import Oid, Place
from gitcorpus.sandbox.identity import program_identity, room_identity

MOST: Final = 10
"""Most remarks about one solution."""
_REMARK: Final = re.compile(
    r"(?:\s*-->\s*)?(?P<path>[^\s:][^:]*):(?P<line>[0-9]{1,9})(?::(?P<column>[0-9]{1,9}))?(?:: *(?P<said>.*))?"
)
"""`path:line:column: words`, and rustc's `--> path:line:column`."""
_SPOKEN: Final = re.compile(
    r'\s*(?:File "(?P<path>[^"]+)", line |(?P<shell>[^\s:][^:]*): line )(?P<line>[0-9]{1,9})(?:: *(?P<said>.*))?'
)
"""As Python and shells name a line."""
_MOST_LINES: Final = 5000
_ADD: Final = "corpus/basics/add/north"


class BuildGate:
    """Builds solutions, in the sandbox."""

    name = "build"
    version = "1"
    reads = Reads.SOLUTION
    waits = True
    accepted = (
        Example(
            title="a solution that builds",
            files={f"{_ADD}/add.py": "x = 1\n"},
            parameters={"run": ["grep", "-q", "x = 1", "add.py"]},
        ),
    )
    refused = (
        Example(
            title="a solution that does not",
            files={f"{_ADD}/add.py": "x = 1\ny\n"},
            parameters={"run": ["sh", "-c", "echo add.py:2: y is not defined; exit 1"]},
            codes=("build-failed",),
        ),
    )

    def has_work(self, candidate: Candidate, declaration: Declaration, changed: Sequence[str]) -> bool:
        """Tell whether the push changes a solution that it judges."""
        return has_changed(candidate, declaration, changed)

    def subjects(self, candidate: Candidate, declaration: Declaration) -> Mapping[str, tuple[Oid, Facts]]:
        """Return the solutions, with the tools that build them."""
        tools = [program_identity(name, candidate.server.sandbox) for name in programs_of(declaration)]
        return subjects_of(candidate, declaration, room_identity(candidate.server.sandbox), *tools)

    def judge(self, candidate: Candidate, declaration: Declaration) -> Iterator[Finding]:
        """Build every solution that is asked for."""
        for solution in solutions_of(candidate, declaration):
            plans = plans_of(declaration, solution, Work.BUILD)
            if not plans:
                yield _no_plan(solution)
            for plan in plans:
                trial = tried(candidate, declaration, solution, plan)
                if trial.run.code != 0:
                    yield from _failure(trial, solution)


def _no_plan(solution: Solution) -> Finding:
    spoken = ", ".join(sorted(solution.languages)) or "no language"
    hint = "say what to `run`, or narrow the gate by `languages`; rust needs a Cargo.toml, c and cpp a CMakeLists.txt"
    sentence = f"nothing is known that builds a solution in {spoken} with these files"
    return Finding(code="no-build-command", place=Place(path=solution.root), sentence=sentence, hint=hint)


def _failure(trial: Trial, solution: Solution) -> Iterator[Finding]:
    """Find each line that the compiler names, or else the solution."""
    remarks = list(_remarks(trial, solution))
    for place, said in remarks[:MOST]:
        sentence = f"`{trial.plan.name}` cannot build it here"
        quote = Quote(said, 1, len(said)) if said else None
        yield Finding(code="build-failed", place=place, sentence=sentence, quote=quote)
    if not remarks:
        place, sentence = Place(path=solution.root), f"`{trial.plan.name}` ended with {trial.run.code}"
        yield Finding(code="build-failed", place=place, sentence=sentence, quote=quoted(trial.run))


def _remarks(trial: Trial, solution: Solution) -> Iterator[tuple[Place, str]]:
    """Yield the places that a compiler names in files of the solution, each once, with what it says."""
    seen = set()
    text = (trial.run.stderr + b"\n" + trial.run.stdout).decode("utf-8", "replace")
    for line in text.split("\n")[:_MOST_LINES]:
        found = _SPOKEN.match(line[:2000]) or _REMARK.match(line[:2000])
        if found is None:
            continue
        said = found.groupdict()
        named = said["path"] or said["shell"]
        path = posixpath.normpath(named.strip().removeprefix(f"{trial.folder}/"))
        column = said.get("column")
        place = Place(
            path=f"{solution.root}/{path}", line=int(said["line"]), column=int(column) if column else None
        )
        if path in solution.names and place not in seen:
            seen.add(place)
            yield place, (said.get("said") or "")[:400]
