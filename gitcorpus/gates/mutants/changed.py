"""Which functions of a solution are mutated: those in which a push adds lines, or all; and what is known of them."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, replace
from hashlib import sha256
from typing import Final, NamedTuple

from gitcorpus.canon import canonical, digest_bytes
from gitcorpus.gates.base import Candidate
from gitcorpus.gates.mutants.mutant import Fate, Mutant
from gitcorpus.gates.solutions import Solution
from gitcorpus.git.lines import added_lines
from gitcorpus.model.corpus import Role
from gitcorpus.model.tree import TreeEntry
from gitcorpus.sandbox.identity import room_identity
from gitcorpus.syntax import Apart
from gitcorpus.syntax.functions import Function, functions_of

TOPIC: Final = "mutants"
SECONDS: Final = 30.0


class Changed(NamedTuple):
    """A function that is mutated: its file within the solution, and where it stands there."""

    path: str
    function: Function


def python_sources(solution: Solution) -> dict[str, TreeEntry]:
    """Return the sources that can be mutated, by their paths in the solution."""
    return {
        located.inner: entry for entry, located in solution.of(Role.SOURCE) if located.language == "python"
    }


def changed_functions(candidate: Candidate, solution: Solution, *, whole: bool) -> Iterator[Changed]:
    """Yield the functions in which the push adds lines, or all of them."""
    with Apart(functions_of, seconds=SECONDS) as apart:
        for path, entry in python_sources(solution).items():
            added = added_lines(candidate.repo, candidate.base, entry)
            found = map(Function._make, apart.ask(candidate.data(entry), "python") if whole or added else ())
            for each in found:
                if whole or not added.isdisjoint(range(each.first, each.last + 1)):
                    yield Changed(path, each)


def key_of(candidate: Candidate, solution: Solution, changed: Changed) -> bytes:
    """Return the key under which a function's mutants are known: it, all tests and settings, and the tools."""
    entry = python_sources(solution)[changed.path]
    lines = candidate.data(entry).split(b"\n")[changed.function.first - 1 : changed.function.last]
    others = [[ascii(each.inner), file.oid] for file, each in solution.files if each.role is not Role.SOURCE]
    facts = [ascii(changed.path), changed.function.name, digest_bytes(b"\n".join(lines)), others]
    return sha256(canonical([TOPIC, 1, room_identity(candidate.server.sandbox), *facts])).digest()


def recalled(candidate: Candidate, key: bytes) -> tuple[Mutant, ...] | None:
    """Return the mutants of a function that is known."""
    found = candidate.memo.store.recall(key) if candidate.memo.store else None
    if found is None:
        return None
    return tuple(
        Mutant(**{**each, "removed": (), "added": (), "fate": Fate(each["fate"])})
        for each in json.loads(found)
    )


def remember(candidate: Candidate, key: bytes, mutants: Iterable[Mutant]) -> None:
    """Keep what became of a function's mutants, without their texts, if the tests noticed every one."""
    found = tuple(mutants)
    if candidate.memo.store and all(each.fate in (Fate.KILLED, Fate.COMPILE_ERROR) for each in found):
        kept = [asdict(replace(each, removed=(), added=())) for each in found]
        candidate.memo.store.keep(TOPIC, {key: json.dumps(kept).encode()})


def placed(mutants: Iterable[Mutant], functions: Iterable[Changed]) -> Iterator[Mutant]:
    """Yield the mutants of some functions, with the lines of their files."""
    begins: Mapping[tuple[str, str], int] = {
        (each.path, each.function.name): each.function.begins for each in functions
    }
    for mutant in mutants:
        first = begins.get((mutant.path, mutant.function))
        if first is not None:
            yield replace(mutant, line=mutant.line + first)
