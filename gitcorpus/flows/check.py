"""What a push to the policy branch would be answered, before anybody pushes.

The gates and the specs are those that judge on the server; what is judged is a commit, a range of commits, or what
the index or the work tree would become. Such a commit has no message and no sign-off yet, so only its files are
judged.
"""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Final, NamedTuple

from gitcorpus.cache import Cache
from gitcorpus.errors import GitcorpusError, UnjudgedError
from gitcorpus.flows.compiled import view_faults_or_note
from gitcorpus.flows.merge import as_merged
from gitcorpus.flows.policy import Policy, load_policy, policy_at
from gitcorpus.flows.push import counted, declarations_of, fold
from gitcorpus.flows.tried import try_tree
from gitcorpus.gates.base import Candidate
from gitcorpus.gates.known import Known
from gitcorpus.gates.runner import Means, run_gates
from gitcorpus.git.changes import changes, merge_base, new_commits
from gitcorpus.git.history import refuse_shallow
from gitcorpus.git.repo import Repo
from gitcorpus.git.user import configured_user
from gitcorpus.git.worktree import Draft, Found, WorkTree, drafted, tree_path
from gitcorpus.model.declaration import Stage
from gitcorpus.model.place import ZERO_OID, Oid
from gitcorpus.model.push import Push, RefUpdate
from gitcorpus.model.server import Server
from gitcorpus.model.tree import Commit
from gitcorpus.model.verdict import GateResult, Verdict

BRANCH: Final = "main"
"""The policy branch, where the specs of HEAD do not name one."""
HEADS: Final = "refs/heads/"
REMOTE: Final = "refs/remotes/origin/"
RANGE: Final = ".."
_MOST_ENTRIES: Final = 1_000_000
"""Of the tree of a clone, where no server's file says how many are read."""
_OF_PUSHES: Final = ("refs", "owners")
"""Gates that judge how a reference moves and who moves it, and not what is in a tree."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is to be judged, as somebody wrote it."""

    words: tuple[str, ...] = ()
    """A revision or a range if there is one, and then paths."""
    staged: bool = False
    """Whether the index is judged; then all words are paths."""
    merge: bool = False
    """Whether it is judged as the policy branch would be with it merged in."""
    whole: bool = False
    """Whether the whole tree is judged, as a tag is."""
    policy: str = ""
    """The revision whose specs judge; empty for the policy branch's tip."""
    folder: Path
    """The absolute folder that paths start from."""
    index: Path | None = None
    """Another index than the work tree's own."""
    now: datetime


class Checked(NamedTuple):
    """The verdict, and a line that says what was judged by what."""

    verdict: Verdict
    headline: str


class Judging(NamedTuple):
    """The specs that judge, where they were found, and the branch that they stand on at the server."""

    policy: Policy
    commit: Oid
    name: str
    branch: str


class Brought(NamedTuple):
    """What a push would bring: a tip, the commit that it is compared with, and the commits that are new."""

    repo: Repo
    tip: Oid
    base: Oid
    commits: tuple[Commit, ...]
    title: str


def check(found: Found, asked: Asked, server: Server) -> Checked:
    """Judge what is asked for as the server would at a push to the policy branch.

    Raises:
        GitcorpusError: unborn-head, no-work-tree, no-such-revision, revision-or-path, unrelated-history,
            shallow-clone, no-such-path or index-unmerged.
        UnjudgedError: no-policy, if there are no specs that judge; or if there is too much to read.
    """
    server = replace(server, max_files=max(server.max_files, _MOST_ENTRIES))
    judging = find_policy(found.repo, asked.policy, server)
    rev, words = split_words(found, asked)
    wanted = frozenset(tree_path(found.work, asked.folder, word) for word in words)
    with bring(found, asked, rev, judging) as brought:
        at = candidate_at(brought, judging, server, guessed_pusher(found, judging))
        if asked.whole:
            entries = brought.repo.snapshot(brought.tip).entries(limit=server.max_files)
            at = replace(at, files=entries, deleted=(), whole=True)
        candidate = replace(narrow(at, wanted, brought.title), arrived=int(asked.now.timestamp()))
        if not asked.merge:
            return _judged(candidate, brought, judging, asked)
        with ExitStack() as stack:
            candidate, result = as_merged(candidate, judging.commit, stack)
            return _judged(candidate, brought, judging, asked, result)


def find_policy(repo: Repo, named: str, server: Server) -> Judging:
    """Find the specs that judge: those of a revision, or those at the tip of the branch that HEAD's specs name.

    Raises:
        GitcorpusError: no-such-revision.
        UnjudgedError: no-policy.
    """
    head = repo.resolve("HEAD")
    own = policy_at(repo, head) if head is not None else None
    declared = own.spec.corpus.policy if own is not None and own.spec is not None else None
    branch = declared.branch if declared is not None else BRANCH
    if named:
        return _judging(policy_at(repo, _commit(repo, named)), named, branch)
    for start in (REMOTE, HEADS):
        if repo.ref(start + branch) is not None:
            policy = load_policy(repo, replace(server, policy_branch=start + branch), own)
            return _judging(
                policy, (start + branch).removeprefix("refs/remotes/").removeprefix(HEADS), branch
            )
    sentence = f"there is neither a branch origin/{branch} nor a branch {branch}, whose specs would judge"
    hint = "name a commit whose specs judge with `--policy REV`, or fetch: git fetch origin"
    raise UnjudgedError("no-policy", sentence, hint=hint)


def _judging(policy: Policy, name: str, branch: str) -> Judging:
    if policy.spec is None or policy.commit is None:
        hint = (
            "name a commit whose specs judge with `--policy REV`, or see what is wrong: gitcorpus spec check"
        )
        raise UnjudgedError("no-policy", policy.fault, place=name, hint=hint)
    return Judging(policy, policy.commit, name, branch)


def split_words(found: Found, asked: Asked) -> tuple[str, tuple[str, ...]]:
    """Tell a revision or a range, which is empty if there is none, from the paths behind it.

    Raises:
        GitcorpusError: revision-or-path, if the first word could be both; no-such-revision, if it is neither.
    """
    first = asked.words[0] if asked.words and not asked.staged else ""
    is_path = found.work is not None and os.path.lexists(asked.folder / first)
    if not first or first.startswith(("/", "./", "../")):
        return "", asked.words
    is_rev = found.repo.resolve(first) is not None
    if is_path and is_rev:
        sentence = f"`{first}` is a path and a revision"
        hint = f"write ./{first} for the path, or refs/heads/{first} for the branch"
        raise GitcorpusError("revision-or-path", sentence, hint=hint)
    if is_path:
        return "", asked.words
    if not is_rev and RANGE not in first:
        hint = "write ./NAME for a path, or see what there is: git branch --all && git tag"
        raise GitcorpusError("no-such-revision", f"`{first}` is no commit, branch or tag", hint=hint)
    return first, asked.words[1:]


@contextmanager
def bring(found: Found, asked: Asked, rev: str, judging: Judging) -> Iterator[Brought]:
    """Find out what is judged; what is not committed yet lives for as long as it is judged."""
    if RANGE in rev:
        yield _of_range(found.repo, rev)
    elif rev:
        yield _of_revision(found.repo, rev, judging)
    else:
        head, work = _head(found.repo), _work_tree(found)
        base = _base(found.repo, judging.commit, head)
        author = configured_user(work.root)
        draft = Draft(parent=head, staged=asked.staged, index=asked.index, author=author, now=asked.now)
        with drafted(found.repo, work, draft) as (repo, tip):
            yield Brought(repo, tip, base, (), "the index" if asked.staged else "the work tree")


def _of_revision(repo: Repo, rev: str, judging: Judging) -> Brought:
    """Return what a push of a commit to the policy branch would bring."""
    tip = _commit(repo, rev)
    base = _base(repo, judging.commit, tip)
    commits = new_commits(repo, tip, beyond=tuple(_protected(repo, judging)))
    return Brought(repo, tip, base, commits, counted(len(commits), "commit"))


def _protected(repo: Repo, judging: Judging) -> Iterator[Oid]:
    """Name what the policy branch and the server's other protected branches hold, as far as it was fetched."""
    yield judging.commit
    for name, oid in repo.refs():
        spec = judging.policy.spec
        if spec is not None and name.startswith(REMOTE) and spec.protects(HEADS + name.removeprefix(REMOTE)):
            yield oid


def _of_range(repo: Repo, rev: str) -> Brought:
    first, _, last = rev.partition(RANGE)
    old, tip = _commit(repo, first or "HEAD"), _commit(repo, last or "HEAD")
    base = _base(repo, old, tip)
    commits = new_commits(repo, tip, beyond=(old,))
    return Brought(repo, tip, base, commits, counted(len(commits), "commit"))


def _commit(repo: Repo, rev: str) -> Oid:
    commit = repo.resolve(rev)
    if commit is None:
        hint = "a range is A..B; see what there is: git branch --all && git tag"
        raise GitcorpusError("no-such-revision", f"`{rev}` is no commit, branch or tag", hint=hint)
    return commit


def _head(repo: Repo) -> Oid:
    head = repo.resolve("HEAD")
    if head is None:
        hint = "commit first, then check the next change; specs without a commit are judged by: gitcorpus spec check"
        raise GitcorpusError("unborn-head", "there is no commit here yet, so nothing has changed", hint=hint)
    return head


def _work_tree(found: Found) -> WorkTree:
    if found.work is None:
        sentence, hint = "a bare repository has no work tree", "name a revision: gitcorpus check main"
        raise GitcorpusError("no-work-tree", sentence, place=str(found.repo.path), hint=hint)
    return found.work


def _base(repo: Repo, old: Oid, new: Oid) -> Oid:
    """Return the commit from which the two went apart, with which the new one is compared."""
    try:
        base = old if old == new else merge_base(repo, old, new)
    except UnjudgedError:
        refuse_shallow(repo)
        raise
    if base is None:
        refuse_shallow(repo)
        sentence = f"commits {old[:12]} and {new[:12]} have no commit in common"
        hint = "name two commits of one history, or the specs that judge: --policy REV"
        raise GitcorpusError("unrelated-history", sentence, hint=hint)
    return base


def guessed_pusher(found: Found, judging: Judging) -> str | None:
    """Return the account that pushes from here, by git's `user.email`; none if it is of no contributor."""
    spec = judging.policy.spec
    folder = found.work.root if found.work is not None else found.repo.path
    person = spec.contributors.person(configured_user(folder).email) if spec is not None else None
    return next(iter(person.accounts), None) if person is not None else None


def candidate_at(brought: Brought, judging: Judging, server: Server, pusher: str | None) -> Candidate:
    """Return what the server would judge if the tip were pushed to the policy branch, and went on from its base.

    In a shallow clone the branch counts as new, since the gate `refs` cannot see there that it does go on.
    """
    policy, ref = judging.policy, HEADS + judging.branch
    found = changes(brought.repo, brought.base, brought.tip, limit=server.max_files)
    old = ZERO_OID if brought.repo.is_shallow else brought.base
    return Candidate(
        stage=Stage.MERGE,
        update=RefUpdate(ref=ref, old=old, new=brought.tip),
        pusher=pusher,
        local=True,
        protected=True,
        spec=policy.spec,
        server=replace(server, policy_branch=ref),
        repo=brought.repo,
        snapshot=brought.repo.snapshot(brought.tip),
        files=tuple(change.new for change in found if change.new is not None),
        deleted=tuple(change.path for change in found if change.new is None),
        commits=brought.commits,
        base=brought.base,
        leans=policy.leans,
        known_matcher=policy.matcher,
        compiled=view_faults_or_note,
    )


def narrow(candidate: Candidate, wanted: frozenset[str], title: str) -> Candidate:
    """Leave of a candidate's files those at the paths that are wanted and below them; all if none is.

    Raises:
        GitcorpusError: no-such-path, if nothing is there, and nothing was.
    """
    if not wanted:
        return candidate
    for path in sorted(wanted):
        if not _is_there(candidate, path):
            hint = "git status --ignored shows why; git add it first where the index is judged"
            raise GitcorpusError("no-such-path", f"it is not in {title}", place=path, hint=hint)
    files = tuple(entry for entry in candidate.files if _is_below(entry.path, wanted))
    return replace(
        candidate, files=files, deleted=tuple(path for path in candidate.deleted if _is_below(path, wanted))
    )


def _is_there(candidate: Candidate, path: str) -> bool:
    snapshot = candidate.snapshot
    if snapshot is not None and (snapshot.entry(path) is not None or snapshot.subtree(path) is not None):
        return True
    return any(_is_below(gone, frozenset({path})) for gone in candidate.deleted)


def _is_below(path: str, wanted: frozenset[str]) -> bool:
    """Tell whether a path or one of the folders around it is wanted."""
    while path not in wanted and path:
        path = path.rpartition("/")[0]
    return path in wanted


def _judged(
    candidate: Candidate, brought: Brought, judging: Judging, asked: Asked, *before: GateResult
) -> Checked:
    policy, today = judging.policy, asked.now.date()
    waivers = policy.spec.waivers if policy.spec is not None else ()
    known = Known(Cache.of(brought.repo.path), today=today)
    declared, means = declarations_of(policy), Means(known=known)
    if asked.whole:
        declared = tuple(replace(each, refs=()) for each in declared if each.uses not in _OF_PUSHES)
    results = run_gates((candidate,), declared, waivers=waivers, today=today, means=means)
    verdict = fold(Push(updates=(candidate.update,)), (candidate,), policy, (*before, *results))
    if not asked.whole and verdict.accepted:
        verdict = replace(verdict, tried=try_tree(candidate, today=today, known=known))
    known.save()
    by = f"the specs of {judging.name} ({judging.commit[:7]})"
    title = f"{brought.title} merged into {judging.name}" if before else brought.title
    title = f"all files of {brought.title}" if asked.whole else title
    return Checked(verdict, f"judging {title}, {counted(verdict.files, 'file')} by {by}")
