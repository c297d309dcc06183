"""The imports in a solution's sources and tests that no manifest declares."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any, Final, Self

from gitcorpus.gates.base import Candidate
from gitcorpus.gates.dependencies.found import Found
from gitcorpus.gates.dependencies.imports import ECOSYSTEMS, Known, missing
from gitcorpus.gates.manifests import Ecosystem
from gitcorpus.gates.manifests.manifest import pypi_name
from gitcorpus.gates.solutions import Solution
from gitcorpus.model.corpus import Role
from gitcorpus.model.declaration import Declaration
from gitcorpus.model.finding import Finding
from gitcorpus.model.place import Place
from gitcorpus.model.tree import TreeEntry
from gitcorpus.syntax import Apart
from gitcorpus.syntax.imported import Import, imports_of

MOST: Final = 50
"""Most findings about the imports of one solution."""
MAX_BYTES: Final = 4 << 20
RUNNERS: Final = ("pytest",)
"""What runs the tests anyway: they may import it."""
_SECONDS: Final = 60.0


class ImportReader:
    """Judges the imports of solutions; a process apart reads all their sources."""

    def __init__(self, candidate: Candidate, declaration: Declaration) -> None:
        self._candidate = candidate
        self._provides = _provided(declaration)
        self._languages = declaration.languages
        self._apart = Apart(imports_of, seconds=declaration.budget_seconds or _SECONDS)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._apart.close()

    def judge(self, solution: Solution, manifests: Sequence[Found]) -> Iterator[Finding]:
        """Find each package, once a file, that is imported and not declared.

        Nothing is said while a manifest of the solution itself cannot be read: it may declare what is imported.

        Raises:
            UnjudgedError: parse-too-hard.
        """
        own = [each for each in manifests if each.path.startswith(f"{solution.root}/")]
        unread = {each.kind.ecosystem for each in own if each.manifest.faults}
        known = {each: self._known(each, solution, manifests) for each in set(ECOSYSTEMS.values())}
        found: dict[tuple[str, str], Finding] = {}
        for entry, located in solution.of(Role.SOURCE, Role.TEST):
            ecosystem = ECOSYSTEMS.get(located.language or "")
            if ecosystem is None or ecosystem in unread or not self._asks_for(located.language):
                continue
            for each in self._imports(entry, located.language or ""):
                package = missing(ecosystem, each.path, known[ecosystem])
                if package and not (located.role is Role.TEST and package in RUNNERS):
                    found.setdefault((entry.path, package), _finding(entry.path, each, package, ecosystem))
        yield from list(found.values())[:MOST]

    def _asks_for(self, language: str | None) -> bool:
        return not self._languages or language in self._languages

    def _imports(self, entry: TreeEntry, language: str) -> list[Import]:
        if self._candidate.repo.blob_size(entry.oid) > MAX_BYTES:  # the gate `syntax` refuses it
            return []
        return self._candidate.memo.once(
            (imports_of, entry.oid, language), lambda: self._read(entry, language)
        )

    def _read(self, entry: TreeEntry, language: str) -> list[Import]:
        return [Import._make(each) for each in self._apart.ask(self._candidate.data(entry), language)]

    def _known(self, ecosystem: Ecosystem, solution: Solution, manifests: Sequence[Found]) -> Known:
        """Return what the sources of a solution may import from an ecosystem."""
        mine = [
            each.manifest for each in manifests if each.kind.ecosystem is ecosystem and not each.kind.is_lock
        ]
        declared = {name for each in mine for held in each.dependencies for name in (held.name, held.called)}
        own = {name for each in mine for name in each.owns} | set(_modules(solution))
        return Known(frozenset(declared - {""}), frozenset(own), self._provides.get(ecosystem, {}))


def _modules(solution: Solution) -> Iterator[str]:
    """Yield what sources may call the solution's own folders and files: where a search begins is not told."""
    for name in solution.names:
        path = PurePosixPath(name)
        yield from (*path.parent.parts, path.name.split(".", 1)[0])


def _provided(declaration: Declaration) -> Mapping[str, Mapping[str, frozenset[str]]]:
    """Return packages by ecosystem and the name that they are imported by."""
    said: Any = declaration.parameters.get("provides", {})
    found: defaultdict[str, dict[str, frozenset[str]]] = defaultdict(dict)
    for ecosystem, packages in said.items():
        for package, names in packages.items():
            compared = pypi_name(package) if ecosystem == Ecosystem.PYPI else package
            for name in names:
                found[ecosystem][name] = found[ecosystem].get(name, frozenset()) | {compared}
    return found


def _finding(path: str, found: Import, package: str, ecosystem: Ecosystem) -> Finding:
    shown = package[:100]
    hint = f"add `{shown}` to a manifest for {ecosystem}; a module called otherwise than its package goes to `provides`"
    return Finding(
        code="undeclared-import",
        place=Place(path=path, line=found.line),
        sentence=f"`{found.path[:100]}` is imported, and no manifest here or above declares `{shown}`",
        hint=hint,
    )
