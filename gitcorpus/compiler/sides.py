"""Solutions as they stood at other commits than the tagged one, and what commits say, as traced texts."""

from collections.abc import Iterable
from functools import cached_property, lru_cache, partial
from typing import Any

from gitcorpus.catalog.steps import changes_within
from gitcorpus.catalog.texts import Texts
from gitcorpus.compiler.filters import Later, Names
from gitcorpus.compiler.patches import traced_patch
from gitcorpus.git.repo import Repo
from gitcorpus.model.corpus import Role
from gitcorpus.model.language import language_of
from gitcorpus.model.place import Oid
from gitcorpus.model.spec import Spec
from gitcorpus.model.traced import MESSAGE, Piece, Source, TracedText
from gitcorpus.model.tree import Change, Commit, TreeEntry
from gitcorpus.spec.layout import LayoutMatcher, Located

_ROLES = {"sources": Role.SOURCE, "tests": Role.TEST, "docs": Role.DOC, "fixtures": Role.FIXTURE}
_KEPT = 64


class Sides:
    """Reads solutions at any commit."""

    def __init__(self, repo: Repo, spec: Spec, texts: Texts) -> None:
        self._repo = repo
        self._spec = spec
        self.texts = texts
        self.commit = lru_cache(_KEPT)(repo.commit)
        self._snapshot = lru_cache(_KEPT)(repo.snapshot)

    def changes(self, before: Oid | None, after: Oid, root: str) -> tuple[Change, ...]:
        """Return what a solution has at a commit that it had not at another; without that, everything."""
        if before is not None:
            return changes_within(self._repo, before, after, root)
        return tuple(Change(each.path, None, each) for each in self._snapshot(after).entries(root))

    def patch(self, changes: Iterable[Change], before: Oid | None, after: Oid) -> TracedText:
        """Return what differs, as a patch."""
        return traced_patch(self._repo, changes, before, after)

    def file(self, entry: TreeEntry | None, commit: Oid | None, root: str) -> Names:
        """Return the names of a file at a commit; one that is not there has an empty text."""
        return Names(self.file_fields(entry, commit, root))

    def file_fields(self, entry: TreeEntry | None, commit: Oid | None, root: str) -> dict[str, Any]:
        """Return the same as plain fields."""
        if entry is None:
            return {"path": "", "inner": "", "text": TracedText(()), "language": None}
        return {
            "path": entry.path,
            "inner": entry.path.removeprefix(f"{root}/"),
            "language": language_of(entry.path, self._spec.corpus.layout.languages),
            "text": Later(partial(self._text, entry, commit)),
        }

    def gone(self, path: str, root: str) -> Names:
        """Return the names of a file that is not there any more."""
        return Names({"path": path, "inner": path.removeprefix(f"{root}/")})

    def lists(self, commit: Oid, root: str) -> dict[str, Any]:
        """Return the files of a solution at a commit, by what templates call their roles."""
        listed = {name: Later(partial(self._of_role, commit, root, role)) for name, role in _ROLES.items()}
        return {**listed, "files": Later(partial(self._of_role, commit, root, None))}

    def _of_role(self, commit: Oid, root: str, role: Role | None) -> list[Names]:
        found = ((entry, self._matcher.locate(entry.path)) for entry in self._snapshot(commit).entries(root))
        return [
            self.file(entry, commit, root)
            for entry, located in found
            if isinstance(located, Located)
            and located.root == root
            and role in (None, located.role)
            and self.texts.is_text(entry)
        ]

    def _text(self, entry: TreeEntry, commit: Oid | None) -> TracedText:
        source = Source(entry.path, entry.oid, in_tree=True, revision=commit)
        return traced(self.texts.of(entry.oid) or "", source)

    @cached_property
    def _matcher(self) -> LayoutMatcher:
        return LayoutMatcher(self._spec)


def traced(text: str, source: Source) -> TracedText:
    """Return a whole file's text."""
    return TracedText((Piece(text, source, 1),))


def message_of(commit: Commit) -> dict[str, TracedText]:
    """Return what a commit says of itself: its first line, all without the trailers, and all of it.

    Trailers name people, and no trainer shall see them by accident.
    """
    source = Source(MESSAGE, commit.oid, in_tree=False, revision=commit.oid)
    texts = {
        "subject": commit.subject,
        "message": _without_trailers(commit),
        "raw_message": commit.message,
    }
    return {name: TracedText((Piece(text, source, 1),)) for name, text in texts.items()}


def _without_trailers(commit: Commit) -> str:
    """Return a message without its last paragraph, if that holds trailers."""
    text = commit.message.rstrip("\n")
    if not commit.trailers:
        return f"{text}\n"
    kept, found, _ = text.rpartition("\n\n")
    return f"{kept.rstrip()}\n" if found else f"{commit.subject}\n"
