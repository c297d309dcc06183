"""Moves references, by their old value: what somebody else has moved meanwhile stays.

No hooks run; so only what has been decided and recorded comes here. Never while a push is in its quarantine: a
reference to an object that is thrown away breaks the repository.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

import pygit2
from pygit2.enums import RepositoryOpenFlag

from gitcorpus.errors import GitcorpusError, UnjudgedError
from gitcorpus.git.command import run_git
from gitcorpus.git.repo import Repo
from gitcorpus.model.place import ZERO_OID, Oid
from gitcorpus.model.push import RefUpdate

_RIGHTS: Final = "see to the rights of the repository and to its free space"
_NOBODY: Final = {"GIT_COMMITTER_NAME": "gitcorpus", "GIT_COMMITTER_EMAIL": "gitcorpus"}


def move_references(
    repo: Repo,
    updates: Sequence[RefUpdate],
    *,
    why: str,
    unmoved: Mapping[str, Oid] = MappingProxyType({}),
) -> None:
    """Move references in one transaction, all or none; `unmoved` are others that must stand where they are meanwhile.

    Raises:
        GitcorpusError: reference-elsewhere, if one is not where its update starts; reference-unwritable.
    """
    expected = {update.ref: update.old for update in updates} | dict(unmoved)
    lines = [
        f"{'delete' if each.deletes else 'update'} {each.ref}\0{_new(each)}{each.old}\0" for each in updates
    ]
    lines += [f"verify {ref}\0{value}\0" for ref, value in unmoved.items()]
    command = ("-c", "core.hooksPath=/dev/null", "update-ref", "-m", why, "-z", "--stdin")
    try:
        run_git(
            repo.path, *command, stdin="".join(lines).encode("utf-8", "surrogateescape"), variables=_NOBODY
        )
    except UnjudgedError as error:
        for ref, value in expected.items():
            _refuse_elsewhere(repo, ref, value)
        refs = ", ".join(update.ref for update in updates)
        raise GitcorpusError("reference-unwritable", error.sentence, place=refs, hint=_RIGHTS) from error


def _new(update: RefUpdate) -> str:
    return "" if update.deletes else f"{update.new}\0"


def _refuse_elsewhere(repo: Repo, ref: str, expected: Oid) -> None:
    value = repo.ref(ref)
    if (value or ZERO_OID) != (expected if expected.strip("0") else ZERO_OID):
        sentence = (
            f"the reference is {value[:12] if value else 'not there'}: another push has moved it meanwhile"
        )
        hint = "look again, then try again"
        raise GitcorpusError("reference-elsewhere", sentence, place=ref, hint=hint)


def move_reference(repo: Repo, update: RefUpdate, *, why: str) -> None:
    """Move, make or delete a reference; `why` stands in its log.

    Raises:
        GitcorpusError: reference-elsewhere, if it is not where the update starts; reference-unwritable.
    """
    value = repo.ref(update.ref)
    if value != (None if update.creates else update.old):
        sentence = f"the reference is {value[:12] if value else 'not there'}: somebody has moved it meanwhile"
        raise GitcorpusError(
            "reference-elsewhere", sentence, place=update.ref, hint="look again, then try again"
        )
    try:
        _move(repo, update, why)
    except (ValueError, pygit2.GitError) as error:
        raise GitcorpusError("reference-unwritable", str(error), place=update.ref, hint=_RIGHTS) from error


def make_symbolic(repo: Repo, ref: str, target: str, *, why: str) -> None:
    """Let a reference stand for another one, whatever it was before; `why` stands in its log.

    Raises:
        GitcorpusError: reference-unwritable.
    """
    try:
        repository = pygit2.Repository(str(repo.path), RepositoryOpenFlag.NO_SEARCH)
        repository.create_reference_symbolic(ref, target, force=True, message=why)
    except (ValueError, pygit2.GitError) as error:
        hint = "see to the rights of the repository and to its free space"
        raise GitcorpusError("reference-unwritable", str(error), place=ref, hint=hint) from error


def _move(repo: Repo, update: RefUpdate, why: str) -> None:
    repository = pygit2.Repository(str(repo.path), RepositoryOpenFlag.NO_SEARCH)
    if update.deletes:
        repository.references.delete(update.ref)
    elif update.creates:
        repository.create_reference_direct(update.ref, update.new, False, message=why)
    else:
        repository.references[update.ref].set_target(update.new, why)
