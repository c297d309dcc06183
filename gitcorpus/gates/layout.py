"""The gate `layout`: every file belongs to a known task, in a language and a role that it may have."""

from collections.abc import Iterator
from itertools import chain, count

from gitcorpus.gates.base import Candidate, Example, Reads
from gitcorpus.model.declaration import Declaration
from gitcorpus.model.finding import Finding
from gitcorpus.model.place import Place
from gitcorpus.spec.layout import Missed, moving


class LayoutGate:
    """Locates every changed path by the layout of the specs that judge."""

    name = "layout"
    version = "1"
    reads = Reads.TREE
    accepted = (
        Example(title="a source of a known task", files={"corpus/basics/add/north/add.py": "x = 1\n"}),
        Example(title="a file that stands elsewhere", files={"README.md": "more\n"}),
    )
    refused = (
        Example(
            title="a task that no curriculum has",
            files={"corpus/basics/ad/north/add.py": "x = 1\n"},
            codes=("unknown-task",),
        ),
        Example(
            title="a unit that no curriculum has",
            files={"corpus/more/add/north/add.py": "x = 1\n"},
            codes=("unknown-unit",),
        ),
        Example(
            title="a language that the task does not take",
            files={"corpus/basics/add/north/add.rb": "x = 1\n"},
            codes=("wrong-language",),
        ),
        Example(
            title="a path that fits nothing", files={"scratch/add.py": "x = 1\n"}, codes=("outside-layout",)
        ),
    )

    def judge(self, candidate: Candidate, declaration: Declaration) -> Iterator[Finding]:
        """Locate every changed path."""
        del declaration
        for entry in candidate.files if candidate.matcher else ():
            located = candidate.matcher.locate(entry.path) if candidate.matcher else None
            if isinstance(located, Missed):
                place = Place(path=entry.path)
                hint = _moving(candidate, located) if located.right else located.hint
                yield Finding(code=located.code, place=place, sentence=located.sentence, hint=hint)


def _moving(candidate: Candidate, missed: Missed) -> str:
    """Return the command that moves a solution where it belongs, under a name that nothing there has."""
    folder, slash, name = missed.right.rpartition("/")
    taken = set(candidate.snapshot.names(folder)) if candidate.snapshot is not None else set()
    free = next(
        each for each in chain((name,), (f"{name}-{number}" for number in count(2))) if each not in taken
    )
    return moving(missed.solution, f"{folder}{slash}{free}")
