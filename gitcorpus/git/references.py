"""Moves references, by their old value: what somebody else has moved meanwhile stays.

libgit2 does it, which runs no hooks; so only what has been decided and recorded comes here. Never while a push is in
its quarantine: a reference to an object that is thrown away breaks the repository.
"""

import pygit2
from pygit2.enums import RepositoryOpenFlag

from gitcorpus.errors import GitcorpusError
from gitcorpus.git.repo import Repo
from gitcorpus.model.push import RefUpdate


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
        hint = "see to the rights of the repository and to its free space"
        raise GitcorpusError("reference-unwritable", str(error), place=update.ref, hint=hint) from error


def _move(repo: Repo, update: RefUpdate, why: str) -> None:
    repository = pygit2.Repository(str(repo.path), RepositoryOpenFlag.NO_SEARCH)
    if update.deletes:
        repository.references.delete(update.ref)
    elif update.creates:
        repository.create_reference_direct(update.ref, update.new, False, message=why)
    else:
        repository.references[update.ref].set_target(update.new, why)
