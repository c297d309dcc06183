"""The gate `owners`: what has owners is changed by nobody else.

On protected branches a path that has an owner is changed only by a push of an owner, or of one of the server's
admins. `policy.owners` in the corpus's specs says who owns what; `specs/`, `agreements/` and the texts of agreements
belong to the role `leads` in every corpus, and to the admins where nobody has that role. A tag that a release spec
compiles is made only by those who own that release spec, and what it has beyond the policy branch is changed only by
those who could merge it. A folder that fits the layout by which a unit discovers its tasks is a new task there, and
`discover.by` says who may add one. Who pushes is what the server says, never what a commit says. Other branches are
open to everybody, so that a change can be proposed. No waiver lets these findings through.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from gitcorpus.gates.base import Candidate, Example, Reads
from gitcorpus.git.changes import changes, commit_changes
from gitcorpus.model.curriculum import ANYBODY, OWNERS
from gitcorpus.model.declaration import Declaration
from gitcorpus.model.finding import Finding, Severity
from gitcorpus.model.place import Place
from gitcorpus.model.spec import TAGS, Spec
from gitcorpus.spec.discover import Discovered
from gitcorpus.spec.globs import matches
from gitcorpus.spec.layout import Located
from gitcorpus.spec.owners import Ownership, owner_of, ownerships, owns, spec_paths

_WAIVERS: Final = "apiVersion: gitcorpus/v1\nkind: Waivers\nwaivers: []\n"


class OwnersGate:
    """Judges the paths that a push changes, and the tags that it makes, by who pushes."""

    name = "owners"
    version = "2"
    reads = Reads.PUSH
    accepted = (
        Example(title="a path that has no owner", files={"corpus/basics/add/north/add.py": "x = 1\n"}),
        Example(title="specs, pushed by an admin", files={"specs/waivers.yaml": _WAIVERS}, pusher="lead"),
        Example(
            title="specs on a branch that is not protected",
            files={"specs/waivers.yaml": _WAIVERS},
            ref="refs/heads/proposal",
        ),
        Example(
            title="a release tag of an admin",
            files={"README.md": "more\n"},
            ref="refs/tags/v1",
            pusher="lead",
        ),
    )
    refused = (
        Example(title="specs", files={"specs/waivers.yaml": _WAIVERS}, codes=("not-an-owner",)),
        Example(
            title="the text of an agreement",
            files={"agreements/ip.md": "Nothing.\n"},
            codes=("not-an-owner",),
        ),
        Example(
            title="a tag that a release spec compiles",
            files={"README.md": "more\n"},
            ref="refs/tags/v1",
            codes=("not-a-release-owner",),
        ),
        Example(
            title="specs whose author is an admin, pushed by another account",
            files={"specs/waivers.yaml": _WAIVERS},
            author="lead",
            sign_off="lead",
            pusher="north",
            codes=("not-an-owner",),
        ),
    )

    def judge(self, candidate: Candidate, declaration: Declaration) -> Iterator[Finding]:
        """Judge what the push changes."""
        del declaration
        spec = candidate.spec
        if spec is None or not candidate.protected or candidate.pusher in candidate.server.admins:
            return
        if candidate.update.ref.startswith(TAGS):
            yield from self._tag(candidate, spec)
            if spec.requires(candidate.update.ref) is None:
                return
            candidate = beyond_policy(candidate)
        for ownership, paths in foreign_paths(candidate, spec).items():
            more = f" and {len(paths) - 1} more paths" if len(paths) > 1 else ""
            sentence = f"it{more} may be changed only by {_named(ownership)}; {_pusher(candidate)}"
            hint = (
                f"let an owner merge it from a branch of yours: git push origin HEAD:{_proposal(candidate)}"
            )
            place, severity = Place(path=paths[0]), _severity(candidate, ownership)
            yield Finding(code="not-an-owner", place=place, sentence=sentence, hint=hint, severity=severity)
        yield from foreign_tasks(candidate, spec)

    def _tag(self, candidate: Candidate, spec: Spec) -> Iterator[Finding]:
        """Judge who makes a tag; that a release tag is neither moved nor deleted is the gate `refs`'s to say."""
        tag = candidate.update.ref.removeprefix(TAGS)
        patterns, person = ownerships(spec), candidate.person
        for release in (*spec.releases_of(tag), *spec.selecting(tag)):
            ownership = owner_of(release.place.path, patterns) or Ownership(release.place.path, ())
            if not owns(person, ownership):
                sentence = (
                    f"only {_named(ownership)} may push this tag, which {release.place.path} names; "
                    f"{_pusher(candidate)}"
                )
                hint = "ask an owner to push the tag, or give it a name that no release spec compiles"
                place, severity = Place(path=candidate.update.ref), _severity(candidate, ownership)
                yield Finding(
                    code="not-a-release-owner", place=place, sentence=sentence, hint=hint, severity=severity
                )


def beyond_policy(candidate: Candidate) -> Candidate:
    """Return the candidate of a tag with what its commit changes against the policy branch, as a merge would."""
    if candidate.snapshot is None:
        return candidate
    limit = candidate.server.max_files
    found = changes(candidate.repo, candidate.base, candidate.snapshot.commit, limit=limit)
    files = tuple(change.new for change in found if change.new is not None)
    deleted = tuple(change.path for change in found if change.new is None)
    return replace(candidate, files=files, deleted=deleted)


def foreign_paths(candidate: Candidate, spec: Spec) -> dict[Ownership, list[str]]:
    """Return the paths that a candidate changes and whose owner the pusher is not, by what says who owns them."""
    patterns, person = ownerships(spec), candidate.person
    found: dict[Ownership, list[str]] = {}
    for path in sorted((*(entry.path for entry in candidate.files), *candidate.deleted)):
        ownership = owner_of(path, patterns)
        if ownership is not None and not owns(person, ownership):
            found.setdefault(ownership, []).append(path)
    return found


def foreign_tasks(candidate: Candidate, spec: Spec) -> Iterator[Finding]:
    """Find the tasks that a candidate adds by their folders, and that the pusher may not add to their unit."""
    matcher, patterns = candidate.matcher, ownerships(spec)
    if matcher is None or all(unit.discover is None or ANYBODY in unit.discover.by for unit in spec.units):
        return
    before = candidate.repo.snapshot(candidate.base) if candidate.base is not None else None
    added = matcher.discoverer.new_tasks((entry.path for entry in candidate.files), before)
    for path, found in added.items():
        ownership = _adders(found, patterns)
        if ANYBODY not in found.discovery.by and not owns(candidate.person, ownership):
            sentence = (
                f"it makes `{found.task.id}` a new task of the unit `{found.unit.id}`, and only "
                f"{_named(ownership)} may add one; {_pusher(candidate)}"
            )
            hint = f"let one of them merge it from a branch of yours: git push origin HEAD:{_proposal(candidate)}"
            place, severity = Place(path=path), _severity(candidate, ownership)
            yield Finding(
                code="may-not-add-task", place=place, sentence=sentence, hint=hint, severity=severity
            )


def _adders(found: Discovered, patterns: tuple[Ownership, ...]) -> Ownership:
    """Return who may add a task: those whom `discover.by` names, the owners of its file among them if it says so."""
    where = found.discovery.place.path
    owner = owner_of(where, patterns) if OWNERS in found.discovery.by else None
    named = tuple(each for each in found.discovery.by if each != OWNERS)
    return Ownership(f"{where}:{found.discovery.place.line}", (*(owner.owners if owner else ()), *named))


def is_change_of_specs(candidate: Candidate) -> bool:
    """Tell whether an owner changes what judges, on the branch that judges, and nothing else in any new commit.

    Such a push is the way out of specs that no push can meet. So it holds no solution and no file beside the specs.
    """
    spec, matcher = candidate.spec, candidate.matcher
    if spec is None or matcher is None or candidate.snapshot is None:
        return False
    if candidate.update.ref != candidate.server.policy_branch or candidate.update.creates:
        return False
    limit = candidate.server.max_files
    changed = [
        change.path
        for commit in candidate.commits
        for change in commit_changes(candidate.repo, commit, limit=limit)
    ]
    changed += [*(entry.path for entry in candidate.files), *candidate.deleted]
    patterns = spec_paths(spec)
    is_specs = all(
        any(matches(pattern, path) for pattern in patterns) and not isinstance(matcher.locate(path), Located)
        for path in changed
    )
    owned = candidate.pusher in candidate.server.admins or not foreign_paths(candidate, spec)
    return bool(changed) and is_specs and owned


def _named(ownership: Ownership) -> str:
    """Name the owners of a pattern."""
    owners = " or ".join(f"`{owner}`" for owner in ownership.owners)
    return f"{owners} (`{ownership.pattern}`) and admins" if owners else "the server's admins"


def _proposal(candidate: Candidate) -> str:
    """Name a branch on which anybody may propose a change."""
    return f"refs/heads/proposal/{candidate.pusher or 'specs'}"


def _pusher(candidate: Candidate) -> str:
    """Say who pushes."""
    if candidate.pusher is None:
        return "git's `user.email` is of no contributor" if candidate.local else "the server names no pusher"
    return f"`{candidate.pusher}` pushes"


def _severity(candidate: Candidate, ownership: Ownership) -> Severity:
    """Return how bad it is; a clone, which cannot know the admins, only warns of what is theirs alone."""
    return Severity.WARN if candidate.local and not ownership.owners else Severity.BLOCK
