"""The gate `dependencies`: packages that the leads allow, in versions and under licences that they allow.

It reads manifests and lock files of the solutions that a push touches, and manifests elsewhere that it changes: pip's
requirements, pyproject.toml, Pipfile, and the locks of uv, Poetry, PDM and pipenv; package.json and npm's lock; go.mod;
Cargo.toml and its lock; pom.xml; Terraform's required providers and its lock. Every package of a lock is judged, also
one that only another package needs. A manifest in fixtures is left alone.

An import in a source is declared if the language brings it, if the solution has it, or if a manifest of the solution
or of a folder above it names its package. Python, JavaScript, TypeScript, Go and Rust are looked at; imports in Java
do not tell which package brings them. Tests may import pytest, which runs them.

Where a lock file stands beside a manifest or above it, the lock says which versions are used: a range in the manifest
may then reach further than what is allowed.
"""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import replace
from posixpath import dirname
from typing import Final, NamedTuple, Self

from gitcorpus.canon import digest_value
from gitcorpus.gates.base import Candidate, Example, Facts, Reads
from gitcorpus.gates.dependencies.allow import AllowList, Fault
from gitcorpus.gates.dependencies.found import (
    Found,
    ManifestReader,
    folders_above,
    is_manifest,
    is_named,
    manifests_above,
    manifests_below,
    named_above,
)
from gitcorpus.gates.dependencies.sources import ImportReader
from gitcorpus.gates.manifests import Dependency
from gitcorpus.gates.solutions import Solution, solutions_of
from gitcorpus.gates.versions import NOTATIONS, VersionError
from gitcorpus.model.declaration import Declaration
from gitcorpus.model.finding import Finding
from gitcorpus.model.place import Oid, Place
from gitcorpus.model.tree import TreeEntry
from gitcorpus.spec.layout import Located

MOST: Final = 50
"""Most findings about one manifest."""
ONCE: Final = ("unlisted-dependency", "licence-unknown", "licence-not-allowed")
"""What is said once of a package, however often it is asked for."""
_ADD: Final = "corpus/basics/add/north"
_ALLOW: Final = {"pypi": {"requests": {"versions": ">=2.31,<3", "licence": "Apache-2.0"}, "pillow": {}}}
_SOURCE: Final = "import json\n\nimport requests\nfrom PIL import Image\n"


class DependenciesGate:
    """Judges what manifests ask for and what sources import."""

    name = "dependencies"
    version = "1"
    reads = Reads.SOLUTION
    accepted = (
        Example(
            title="allowed packages, and imports of them",
            files={f"{_ADD}/requirements.txt": "requests>=2.31,<3\nPillow\n", f"{_ADD}/add.py": _SOURCE},
            parameters={"allow": _ALLOW},
        ),
        Example(
            title="a pinned version under an allowed licence",
            files={f"{_ADD}/requirements.txt": "requests==2.32.3\n"},
            parameters={"allow": _ALLOW, "licences": ["MIT", "Apache-2.0"], "pinned": True},
        ),
        Example(
            title="a manifest with its lock",
            files={
                f"{_ADD}/pyproject.toml": '[project]\nname = "add"\ndependencies = ["requests>=2.31,<3"]\n',
                f"{_ADD}/uv.lock": '[[package]]\nname = "requests"\nversion = "2.32.3"\n',
            },
            parameters={"allow": _ALLOW, "locks": True, "pinned": True},
        ),
    )
    refused = (
        Example(
            title="a package that is not on the list",
            files={f"{_ADD}/requirements.txt": "left-pad\n"},
            parameters={"allow": _ALLOW},
            codes=("unlisted-dependency",),
        ),
        Example(
            title="a version that is not allowed",
            files={f"{_ADD}/requirements.txt": "requests==2.30.0\n"},
            parameters={"allow": _ALLOW},
            codes=("version-not-allowed",),
        ),
        Example(
            title="a range that reaches further than what is allowed",
            files={f"{_ADD}/requirements.txt": "requests>=2.31\n"},
            parameters={"allow": _ALLOW},
            codes=("range-too-wide",),
        ),
        Example(
            title="a licence that is not allowed, and one that nobody stated",
            files={f"{_ADD}/requirements.txt": "requests==2.32.3\npillow\n"},
            parameters={"allow": _ALLOW, "licences": ["MIT"]},
            codes=("licence-not-allowed", "licence-unknown"),
        ),
        Example(
            title="a package that comes from a repository",
            files={f"{_ADD}/requirements.txt": "requests @ git+https://forge.example/requests\n"},
            parameters={"allow": _ALLOW},
            codes=("foreign-source",),
        ),
        Example(
            title="no exact version, and no lock",
            files={
                f"{_ADD}/pyproject.toml": '[project]\nname = "add"\ndependencies = ["requests>=2.31,<3"]\n'
            },
            parameters={"locks": True, "pinned": True},
            codes=("missing-lock", "unpinned-dependency"),
        ),
        Example(
            title="an import that no manifest declares",
            files={f"{_ADD}/add.py": _SOURCE, f"{_ADD}/requirements.txt": "pillow\n"},
            codes=("undeclared-import",),
        ),
        Example(
            title="a manifest that cannot be read",
            files={f"{_ADD}/pyproject.toml": "[project\n"},
            codes=("bad-manifest",),
        ),
    )

    def subjects(self, candidate: Candidate, declaration: Declaration) -> Mapping[str, tuple[Oid, Facts]]:
        """Return the solutions, with what stands above them, and the manifests elsewhere that the push changes."""
        AllowList(declaration.parameters)
        found: dict[str, tuple[Oid, Facts]] = {}
        for solution in _solutions(candidate, declaration):
            found[solution.root] = (
                solution.tree,
                (solution.root, solution.shape, _above(candidate, solution.root)),
            )
        for entry in _elsewhere(candidate):
            found[entry.path] = entry.oid, (entry.path, _above(candidate, entry.path))
        return found

    def judge(self, candidate: Candidate, declaration: Declaration) -> Iterator[Finding]:
        """Judge the solutions and the manifests that are asked for."""
        allow, rules = AllowList(declaration.parameters), Rules.of(declaration)
        with ExitStack() as stack:
            manifests = stack.enter_context(ManifestReader(candidate))
            imports = stack.enter_context(ImportReader(candidate, declaration))
            for solution in _solutions(candidate, declaration):
                own = manifests.read(manifests_below(candidate, solution.root))
                yield from _judge(own, allow, rules)
                if rules.imports:
                    above = manifests.read(manifests_above(candidate, solution.root))
                    yield from imports.judge(solution, [*own, *above])
            yield from _judge(manifests.read(_elsewhere(candidate)), allow, rules)


class Rules(NamedTuple):
    """What a declaration asks for besides its allow-list."""

    pinned: bool
    locks: bool
    imports: bool

    @classmethod
    def of(cls, declaration: Declaration) -> Self:
        """Return the rules of a declaration."""
        said = declaration.parameters
        return cls(said.get("pinned") is True, said.get("locks") is True, said.get("imports", True) is True)


def _solutions(candidate: Candidate, declaration: Declaration) -> Iterator[Solution]:
    """Yield the solutions that the push touches, also by a manifest in a folder above them."""
    parameters = {"solutions": "touched", **declaration.parameters}
    named = replace(declaration, parameters=parameters)
    touched = {each.root: each for each in solutions_of(candidate, named)}
    if candidate.only is None:
        roots = frozenset(_below_changed(candidate)) - touched.keys()
        below = solutions_of(replace(candidate, only=tuple(sorted(roots))), named)
        touched |= {each.root: each for each in below}
    yield from touched.values()


def _below_changed(candidate: Candidate) -> Iterator[str]:
    """Yield the folders of the solutions below manifests that the push changes or takes away."""
    snapshot, matcher = candidate.snapshot, candidate.matcher
    if snapshot is None or matcher is None:
        return
    gone = (TreeEntry(path, 0o100644, Oid("")) for path in candidate.deleted)
    for entry in (*candidate.files, *gone):
        if is_named(entry.path) and not isinstance(matcher.locate(entry.path), Located):
            below = snapshot.entries(dirname(entry.path), limit=candidate.most_entries)
            located = map(matcher.locate, (each.path for each in below))
            yield from (each.root for each in located if isinstance(each, Located))


def _elsewhere(candidate: Candidate) -> tuple[TreeEntry, ...]:
    """Return the manifests outside solutions that the push changes, or that are asked for."""
    snapshot, matcher = candidate.snapshot, candidate.matcher
    if snapshot is None or matcher is None:
        return ()
    named = [snapshot.entry(path) for path in candidate.only or ()]
    entries = candidate.files if candidate.only is None else [each for each in named if each is not None]
    roots = {root for each in entries for root in _roots(candidate, each.path)}
    return tuple(each for each in entries if is_manifest(each) and not roots & {*folders_above(each.path)})


def _roots(candidate: Candidate, path: str) -> Iterator[str]:
    """Yield the folders above a path that are solutions."""
    snapshot, matcher = candidate.snapshot, candidate.matcher
    if snapshot is None or matcher is None:
        return
    located = matcher.locate(path)
    if isinstance(located, Located):
        yield located.root
    else:
        yield from _roots_beside(candidate, path)


def _roots_beside(candidate: Candidate, path: str) -> Iterator[str]:
    """Yield the solution that a file is in which has no place in it: other files beside it have one."""
    snapshot, matcher = candidate.snapshot, candidate.matcher
    if snapshot is None or matcher is None:
        return
    for name in snapshot.names(dirname(path)):
        located = matcher.locate(f"{dirname(path)}/{name}".lstrip("/"))
        if isinstance(located, Located):
            yield located.root


def _above(candidate: Candidate, path: str) -> str:
    """Return a digest of the manifests and lock files in the folders above a path."""
    return digest_value([[ascii(each.path), each.oid] for each in named_above(candidate, path)])


def _judge(manifests: list[Found], allow: AllowList, rules: Rules) -> Iterator[Finding]:
    """Judge what manifests ask for; of a package that is on no list or under no licence it is said once."""
    said: set[tuple[str, str, str]] = set()
    for found in manifests:
        findings = []
        for line, name, fault in _faults(found, allow, rules):
            key = (fault.code, found.kind.ecosystem, name)
            if fault.code in ONCE and key in said:
                continue
            said.add(key)
            findings.append(_finding(found.path, line, fault))
        yield from findings[:MOST]


def _faults(found: Found, allow: AllowList, rules: Rules) -> Iterator[tuple[int, str, Fault]]:
    """Yield what is wrong with a manifest: its line, the package, and what it is."""
    manifest, kind = found.manifest, found.kind
    for line, sentence in manifest.faults:
        yield (
            line,
            "",
            Fault("bad-manifest", f"it cannot be read: {sentence}", "mend it; its own tool says more"),
        )
    for line, source in manifest.sources:
        yield from ((line, "", fault) for fault in allow.judge_source(source))
    asked = [each for each in manifest.dependencies if not each.local]
    if rules.locks and kind.locks and asked and not found.is_locked:
        sentence = "it has no lock file in its folder or in one above it"
        yield 1, "", Fault("missing-lock", sentence, f"push `{kind.locks[0]}` too: its own tool writes it")
    for each in asked:
        for fault in allow.judge(kind.ecosystem, each):
            if fault.code != "range-too-wide" or not found.is_locked:
                yield each.line, each.name, fault
        if rules.pinned and not kind.is_lock and not found.is_locked and not _is_pinned(found, each):
            sentence = f"`{each.name}` is asked for in no exact version, and nothing locks it"
            yield each.line, each.name, Fault("unpinned-dependency", sentence, _pinning(found))


def _is_pinned(found: Found, dependency: Dependency) -> bool:
    if dependency.source:
        return True
    try:
        return NOTATIONS[found.kind.ecosystem](dependency.wanted).exact is not None
    except VersionError:
        return False


def _pinning(found: Found) -> str:
    lock = f", or push `{found.kind.locks[0]}` too" if found.kind.locks else ""
    return f"write one version{lock}"


def _finding(path: str, line: int, fault: Fault) -> Finding:
    return Finding(
        code=fault.code,
        place=Place(path=path, line=line),
        sentence=fault.sentence,
        hint=fault.hint,
        severity=fault.severity,
    )
