"""The gate `objects`: no text that acts on whoever reads it or that a merge left unfinished, and no object that swells.

Terminals obey control characters in a commit's message, and marks that change the direction of text let a reader see
another program than the compiler does (CVE-2021-42574). git's own fsck lets both pass, and sizes too.

Files of more than 4 MiB and binary files are not searched for such marks; fixtures may hold them. What a merge left is
looked for in every text of up to 64 MiB, fixtures too. How large an object is stands in its header, so that nothing too
large is unpacked.
"""

from collections.abc import Iterator, Mapping
from functools import cache, partial
from shlex import quote
from typing import Final, NamedTuple

from gitcorpus.gates.base import Candidate, Example, Reads
from gitcorpus.gates.conflicts import Conflict, conflicts_in
from gitcorpus.gates.marks import Mark, acting, marks_in, written
from gitcorpus.git.repo import Repo
from gitcorpus.model.corpus import Role
from gitcorpus.model.declaration import Declaration
from gitcorpus.model.entry import Json
from gitcorpus.model.finding import Finding, Severity
from gitcorpus.model.language import language_of
from gitcorpus.model.place import Oid, Place
from gitcorpus.model.tree import GITLINK, Commit, TreeEntry
from gitcorpus.spec.brief import pasted
from gitcorpus.spec.layout import Located

MAX_OBJECT: Final = 512 << 20
MAX_SEARCHED: Final = 4 << 20
MAX_MERGED: Final = 64 << 20
"""Bytes of a text in which conflicts are looked for."""


class ObjectsGate:
    """Commits, tags and changed files read as they are, and every object has a size that can be handled."""

    name = "objects"
    version = "2"
    reads = Reads.TREE
    accepted = (
        Example(
            title="letters that are written from right to left",
            files={"corpus/basics/add/north/add.py": "x = '\u05d0\u05d1\u0627'\n"},
        ),
        Example(
            title="a direction mark in a fixture",
            files={"corpus/basics/add/north/data/a.txt": "a\u202eb\n"},
        ),
        Example(
            title="headings that are underlined, and a text about conflicts that indents them",
            files={
                "README.md": "Merging\n=======\n\n    <<<<<<< HEAD\n    a\n    =======\n    b\n    >>>>>>> x\n"
            },
        ),
        Example(
            title="a direction mark in a language that may hold it",
            files={"corpus/basics/add/north/NOTES.md": "\u05d0\u200f!\n"},
            parameters={"bidi_languages": ["markdown"]},
        ),
    )
    refused = (
        Example(
            title="a comment that reads as code",
            files={"corpus/basics/add/north/add.py": "x = 1  # \u202e\u2066 )\u2069\u2066\n"},
            codes=("bidi-control",),
        ),
        Example(
            title="a conflict that was committed as the merge left it",
            files={"README.md": "<<<<<<< HEAD\none\n=======\ntwo\n>>>>>>> topic\n"},
            codes=("conflict-marker",),
        ),
        Example(
            title="the end of a conflict, which was forgotten, in a fixture",
            files={"corpus/basics/add/north/data/a.txt": "two\n>>>>>>> topic\n"},
            codes=("conflict-marker",),
        ),
        Example(
            title="a terminal's command in the author's name",
            files={"README.md": "x\n"},
            author="North \x1b[2J <north@corpus.example>",
            codes=("commit-control",),
        ),
        Example(
            title="a large object",
            files={"corpus/basics/add/north/add.py": "x = 1\n" * 400},
            parameters={"max_object": 2048},
            codes=("object-too-large",),
        ),
    )

    def judge(self, candidate: Candidate, declaration: Declaration) -> Iterator[Finding]:
        """Judge the new commits and tags once, and the objects of each tree that is judged."""
        if not candidate.earlier:
            yield from judge_commits(candidate)
            yield from judge_tags(candidate)
        limit = _number(declaration.parameters, "max_object", MAX_OBJECT)
        allowed = _texts(declaration.parameters, "bidi_languages")
        sizes, search = cache(candidate.repo.blob_size), cache(partial(_search, candidate.repo))
        merged = cache(partial(_conflicts, candidate.repo))
        for path, oid, what in (*_folders(candidate), *_files(candidate)):
            if sizes(oid) > limit:
                yield _too_large(Place(path=path), what, sizes(oid), limit)
        for entry in candidate.files:
            language = _language(candidate, entry)
            searched = entry.is_regular and language not in allowed and not _is_fixture(candidate, entry)
            if searched and sizes(entry.oid) <= min(limit, MAX_SEARCHED):
                for mark in search(entry.oid, is_named=language is not None):
                    yield _mark(entry, mark)
            if entry.is_regular and sizes(entry.oid) <= min(limit, MAX_MERGED):
                for conflict in merged(entry.oid, is_named=language is not None):
                    yield _unresolved(candidate, entry, conflict)


class Hint(NamedTuple):
    """What mends a commit: options of `git commit`, and where the commit stands."""

    options: str
    is_tip: bool
    commit: Commit


def judge_commits(candidate: Candidate) -> Iterator[Finding]:
    """Judge what every new commit says, and of whom."""
    tip = candidate.snapshot.commit if candidate.snapshot is not None else None
    for commit in candidate.commits:
        place = Place(path=f"commit {commit.oid[:12]}", commit=commit.oid)
        for part, character in acting_in_commit(candidate.repo, commit):
            options = "--amend" if part == MESSAGE else "--amend --reset-author --no-edit"
            hint = _mending(Hint(options, commit.oid == tip, commit))
            yield _control(place, part, character, hint)
        for why in commit.odd:
            hint = _mending(Hint("--amend --reset-author --no-edit", commit.oid == tip, commit))
            sentence = f"{why}; it is read as `git log` reads it"
            yield Finding(
                code="ident-malformed", place=place, sentence=sentence, hint=hint, severity=Severity.WARN
            )


MESSAGE: Final = "its message"


def acting_in_commit(repo: Repo, commit: Commit) -> Iterator[tuple[str, str]]:
    """Yield each part of a commit that holds an acting character, with the first of them."""
    parts = {
        "its author's name": commit.author.name,
        "its author's address": commit.author.email,
        "its committer's name": commit.committer.name,
        "its committer's address": commit.committer.email,
        MESSAGE: commit.message,
    }
    yield from acting(parts, repo.objects.read_text(commit.oid))


def judge_tags(candidate: Candidate) -> Iterator[Finding]:
    """Judge every annotated tag on the way to the commit."""
    update = candidate.update
    if candidate.snapshot is None or update.deletes:
        return
    for oid, tag in candidate.repo.objects.tags(update.new):
        parts = {"the tag's name": tag.name, "the tag's message": tag.message}
        if tag.tagger is not None:
            parts |= {"the tagger's name": tag.tagger.name, "the tagger's address": tag.tagger.email}
        for part, character in acting(parts, candidate.repo.objects.read_text(oid)):
            name = quote(update.ref.split("/", 2)[-1])
            hint = f"git tag --force --annotate {name} -m {name} {candidate.snapshot.commit[:12]}"
            yield _control(Place(path=update.ref), part, character, hint)


def _files(candidate: Candidate) -> Iterator[tuple[str, Oid, str]]:
    """Yield every changed file that has an object."""
    yield from ((each.path, each.oid, "the file") for each in candidate.files if each.mode != GITLINK)


def _folders(candidate: Candidate) -> Iterator[tuple[str, Oid, str]]:
    """Yield every folder on the way to a changed path."""
    folders = {""} if candidate.snapshot is not None else set()
    for entry in candidate.files:
        folder = entry.path.rpartition("/")[0]
        while folder not in folders:
            folders.add(folder)
            folder = folder.rpartition("/")[0]
    for folder in sorted(folders):
        tree = candidate.snapshot.subtree(folder) if candidate.snapshot is not None else None
        if tree is not None:
            yield folder or ".", tree, "the folder's list of names"


def _search(repo: Repo, oid: Oid, *, is_named: bool) -> tuple[Mark, ...]:
    """Search one blob, however many paths name it."""
    return marks_in(repo.read_blob(oid), is_named=is_named)


def _conflicts(repo: Repo, oid: Oid, *, is_named: bool) -> tuple[Conflict, ...]:
    """Look for conflicts in one blob, however many paths name it."""
    return conflicts_in(repo.read_blob(oid), is_named=is_named)


def _language(candidate: Candidate, entry: TreeEntry) -> str | None:
    return language_of(entry.path, candidate.spec.corpus.layout.languages if candidate.spec else {})


def _is_fixture(candidate: Candidate, entry: TreeEntry) -> bool:
    located = candidate.matcher.locate(entry.path) if candidate.matcher else None
    return isinstance(located, Located) and located.role is Role.FIXTURE


def _mark(entry: TreeEntry, mark: Mark) -> Finding:
    others = f"; the file has {mark.n_marks} such marks" if mark.n_marks > 1 else ""
    shown = written(mark.character)
    sentence = (
        f"{shown} changes the direction of text, so that people read another text than programs{others}"
    )
    ranges = "\\x{61C}\\x{200E}\\x{200F}\\x{202A}-\\x{202E}\\x{2066}-\\x{2069}"
    hint = f"perl -CSD -i -pe 's/[{ranges}]//g' {pasted(entry.path)}"
    place = Place(path=entry.path, line=mark.line, column=mark.column)
    return Finding(code="bidi-control", place=place, sentence=sentence, hint=hint)


def _unresolved(candidate: Candidate, entry: TreeEntry, conflict: Conflict) -> Finding:
    others = f"; the file has {conflict.n_conflicts} conflicts" if conflict.n_conflicts > 1 else ""
    sentence = f"`{conflict.text[:60]}` is what a merge left of a conflict{others}"
    options = f"--amend --no-edit -- {pasted(entry.path)}"
    mending = f"git commit {options}"
    if candidate.earlier:
        mending = _mending(Hint(options, is_tip=False, commit=candidate.commits[0]))
    hint = (
        f"where it is meant, indent it or let a waiver name its content {conflict.content}; "
        f"else resolve it in an editor, then: {mending}"
    )
    place = Place(path=entry.path, line=conflict.line)
    return Finding(
        code="conflict-marker", place=place, sentence=sentence, hint=hint, content=conflict.content
    )


def _control(place: Place, part: str, character: str, hint: str) -> Finding:
    sentence = f"{part} holds {written(character)}, which acts on a terminal and is not seen"
    return Finding(code="commit-control", place=place, sentence=sentence, hint=hint)


def _too_large(place: Place, what: str, size: int, limit: int) -> Finding:
    sentence = f"{what} has {size} bytes when it is unpacked; at most {limit}"
    hint = f"leave it out: git rm --cached {pasted(place.path)}"
    return Finding(code="object-too-large", place=place, sentence=sentence, hint=hint)


def _mending(hint: Hint) -> str:
    if hint.is_tip:
        return f"git commit {hint.options}"
    parents = hint.commit.parents
    base = parents[0][:12] if parents else "--root"
    return f"git rebase --interactive {base}  # `edit` the commit, then git commit {hint.options}"


def _number(parameters: Mapping[str, Json], name: str, default: int) -> int:
    value = parameters.get(name)
    return value if isinstance(value, int) else default


def _texts(parameters: Mapping[str, Json], name: str) -> tuple[str, ...]:
    value = parameters.get(name)
    return tuple(str(each) for each in value) if isinstance(value, list) else ()
