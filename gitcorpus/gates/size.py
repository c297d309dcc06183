"""The gate `size`: nothing too large, and nothing binary where text belongs."""

from collections.abc import Iterator, Mapping
from functools import cache, partial
from typing import Final

from gitcorpus.gates.base import Candidate, Example, Reads
from gitcorpus.gates.candidates import brought_files
from gitcorpus.git.repo import Repo
from gitcorpus.model.corpus import Role
from gitcorpus.model.declaration import Declaration
from gitcorpus.model.entry import Json
from gitcorpus.model.finding import Finding
from gitcorpus.model.place import Oid, Place
from gitcorpus.model.tree import GITLINK, TreeEntry, is_binary
from gitcorpus.spec.brief import pasted
from gitcorpus.spec.layout import Located

_UNITS: Final = {"KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30}


class SizeGate:
    """Limits of one file and of one push, read without inflating what is over them."""

    name = "size"
    version = "4"
    reads = Reads.TREE
    accepted = (
        Example(title="a small file", files={"corpus/basics/add/north/add.py": "x = 1\n"}),
        Example(
            title="a binary fixture",
            files={"corpus/basics/add/north/data/a.bin": b"\0\1\2"},
            parameters={"binary_roles": ["fixture"]},
        ),
    )
    refused = (
        Example(
            title="a large file",
            files={"corpus/basics/add/north/add.py": "x = 1\n" * 400},
            parameters={"max_file": 2048},
            codes=("file-too-large",),
        ),
        Example(
            title="a binary source",
            files={"corpus/basics/add/north/add.py": b"x\0y"},
            codes=("binary-file",),
        ),
        Example(
            title="too many files",
            files={"corpus/basics/add/north/a.py": "", "corpus/basics/add/north/b.py": ""},
            parameters={"max_push_files": 1},
            codes=("push-too-large",),
        ),
    )

    def judge(self, candidate: Candidate, declaration: Declaration) -> Iterator[Finding]:
        """Judge every changed file, and then all of them together."""
        parameters = declaration.parameters
        max_file = _number(parameters, "max_file", 1 << 20)
        roles = _roles(parameters)
        holds_nul = cache(partial(_holds_nul, candidate.repo))
        sizes: dict[TreeEntry, int] = {}
        for entry in candidate.files:
            if entry.mode == GITLINK:
                continue
            size = sizes[entry] = candidate.repo.blob_size(entry.oid)
            if size > max_file:
                yield _too_large(entry, size, max_file)
            elif entry.is_regular and holds_nul(entry.oid):
                yield from () if _may_be_binary(candidate, entry, roles) else (_binary(entry, roles),)
        yield from _push(candidate, sizes, parameters)


def _holds_nul(repo: Repo, oid: Oid) -> bool:
    """Read one blob, however many paths name it."""
    return is_binary(repo.read_blob(oid))


def _too_large(entry: TreeEntry, size: int, limit: int) -> Finding:
    sentence = f"the file has {shown_bytes(size)}; at most {shown_bytes(limit)}"
    hint = f"split it, or leave it out: git rm --cached {pasted(entry.path)}"
    return Finding(code="file-too-large", place=Place(path=entry.path), sentence=sentence, hint=hint)


def _push(
    candidate: Candidate, sizes: Mapping[TreeEntry, int], parameters: Mapping[str, Json]
) -> Iterator[Finding]:
    """Judge what the push brings, all together: what a branch or a tag holds is there already, whoever names it."""
    place = _whole(candidate)
    most_bytes = _number(parameters, "max_push_bytes", 20 << 20)
    most_files = _number(parameters, "max_push_files", 2000)
    if sum(sizes.values()) <= most_bytes and len(candidate.files) <= most_files:
        return
    brought = brought_files(candidate)
    total = sum(sizes.get(entry, 0) for entry in brought)
    hint = "push its commits one after the other, or ask the leads for a larger `{}` of the gate `size`"
    if total > most_bytes:
        sentence = f"the files that it brings have {shown_bytes(total)}; at most {shown_bytes(most_bytes)}"
        yield Finding(
            code="push-too-large", place=place, sentence=sentence, hint=hint.format("max_push_bytes")
        )
    if len(brought) > most_files:
        sentence = f"it brings {len(brought)} files; at most {most_files}"
        yield Finding(
            code="push-too-large", place=place, sentence=sentence, hint=hint.format("max_push_files")
        )


def _whole(candidate: Candidate) -> Place:
    """Name the push by its ref, and a commit below its tip by itself."""
    if candidate.earlier and candidate.snapshot is not None:
        commit = candidate.snapshot.commit
        return Place(path=f"commit {commit[:12]}", commit=commit)
    return Place(path=candidate.update.ref)


def _may_be_binary(candidate: Candidate, entry: TreeEntry, roles: tuple[Role, ...]) -> bool:
    located = candidate.matcher.locate(entry.path) if candidate.matcher else None
    return isinstance(located, Located) and located.role in roles


def _binary(entry: TreeEntry, roles: tuple[Role, ...]) -> Finding:
    sentence = "it is binary: a NUL among its first 8000 bytes"
    hint = f"binary files may stand in the roles: {', '.join(roles) or 'none'}"
    return Finding(code="binary-file", place=Place(path=entry.path), sentence=sentence, hint=hint)


def _number(parameters: Mapping[str, Json], name: str, default: int) -> int:
    value = parameters.get(name)
    return value if isinstance(value, int) else default


def _roles(parameters: Mapping[str, Json]) -> tuple[Role, ...]:
    named = parameters.get("binary_roles")
    return tuple(Role(str(name)) for name in named) if isinstance(named, list) else (Role.FIXTURE,)


def shown_bytes(size: int) -> str:
    """Write a size for people: `1.5 MiB`."""
    for unit, factor in reversed(_UNITS.items()):
        if size >= factor:
            return f"{size / factor:.4g} {unit}"
    return f"{size} bytes"
