"""The gate `refs`: which refs may move, and how.

A protected ref is neither rewound nor deleted, a protected tag does not move at all, the policy branch never goes
away, a ref has a plain name and names a commit, and none is pushed through an alias of it. No waiver lets these
findings through.

A new ref is called nothing that git, a clone or a file system takes for something else. One that is there already
may still be moved and deleted.
"""

import re
from collections.abc import Iterator
from shlex import quote
from typing import Final

from gitcorpus.gates.base import Candidate, Example, Reads
from gitcorpus.gates.refnames import ORDINARY, shadows
from gitcorpus.git.changes import is_ancestor
from gitcorpus.git.objects import MOST_TAGS
from gitcorpus.model.declaration import Declaration
from gitcorpus.model.finding import Finding
from gitcorpus.model.place import Oid, Place
from gitcorpus.model.spec import TAGS

_NAME: Final = re.compile(r"refs/(heads|tags)/[A-Za-z0-9][A-Za-z0-9._/+-]*")
_TAKEN: Final = re.compile(r"refs/(heads|tags)/(HEAD|[0-9a-f]{40}|[0-9a-f]{64})")
"""Names that commands read as something else, even where a ref that is called so is there."""
LONGEST: Final = 240
"""Bytes of a name. A file system holds 255 in a part of a path, and git writes `.lock` behind the name."""


class RefsGate:
    """Judges the ref itself, not what it brings."""

    name = "refs"
    version = "5"
    reads = Reads.PUSH
    accepted = (
        Example(title="a new branch", files={"README.md": "more\n"}, ref="refs/heads/topic/one"),
        Example(title="the next commit of a protected branch", files={"README.md": "more\n"}),
    )
    refused = (
        Example(
            title="a name with a shell in it",
            files={"README.md": "x\n"},
            ref="refs/heads/a;b",
            codes=("ref-name",),
        ),
        Example(
            title="a namespace of its own", files={"README.md": "x\n"}, ref="refs/odd/x", codes=("ref-name",)
        ),
        Example(
            title="a name that no file system holds",
            files={"README.md": "x\n"},
            ref="refs/heads/" + "long/" * 60 + "x",
            codes=("ref-name",),
        ),
        Example(
            title="a branch called HEAD",
            files={"README.md": "x\n"},
            ref="refs/heads/HEAD",
            codes=("ref-name",),
        ),
        Example(
            title="a branch that git takes for another",
            files={"README.md": "x\n"},
            ref="refs/heads/refs/heads/main",
            codes=("ref-shadows",),
        ),
        Example(
            title="a tag that is called like a branch",
            files={"README.md": "x\n"},
            ref="refs/tags/main",
            codes=("ref-shadows",),
        ),
        Example(
            title="a branch that differs from another in case alone",
            files={"README.md": "x\n"},
            ref="refs/heads/Main",
            codes=("ref-shadows",),
        ),
        Example(
            title="a branch that reads as a commit",
            files={"README.md": "x\n"},
            ref="refs/heads/v1-3-g0123abc",
            codes=("ref-shadows",),
        ),
    )

    def judge(self, candidate: Candidate, declaration: Declaration) -> Iterator[Finding]:
        """Judge one ref's move."""
        del declaration
        update, ref = candidate.update, candidate.update.ref
        named = list(judge_name(ref, deletes=update.deletes))
        yield from named
        if update.creates and not update.deletes and not named:
            yield from judge_shadows(candidate)
        alias = candidate.repo.alias(ref)
        if alias is not None:
            sentence = f"it stands for {alias}, which would move in its place"
            yield _found("ref-alias", ref, sentence, f"git push origin HEAD:{alias}")
        if update.deletes:
            yield from judge_deletion(candidate)
        elif candidate.snapshot is None:
            yield judge_target(candidate)
        elif ref.startswith(TAGS):
            yield from judge_tag(candidate)
        elif candidate.protected:
            yield from judge_rewind(candidate, candidate.snapshot.commit)


def judge_name(ref: str, *, deletes: bool) -> Iterator[Finding]:
    """Judge what a ref is called; one that has an odd name already may be deleted."""
    if deletes and ref.startswith(ORDINARY):
        return
    if not _NAME.fullmatch(ref) or _TAKEN.fullmatch(ref) or len(ref) > LONGEST:
        has = f"{LONGEST} letters, digits, `.`, `_`, `+`, `-` and `/`"
        sentence = f"a ref has up to {has}, below refs/heads/ or refs/tags/"
        yield _found(
            "ref-name", ref, sentence, f"give it another name: git push origin HEAD:{plain_name(ref)}"
        )


def plain_name(ref: str) -> str:
    """Return a name that a ref may have and that looks like its own."""
    kind, _, rest = ref.removeprefix("refs/").partition("/")
    is_ordinary = kind in ("heads", "tags") and rest != ""
    begins = f"refs/{kind}/" if is_ordinary else "refs/heads/"
    parts = re.sub(r"[^A-Za-z0-9._/+-]+", "-", rest if is_ordinary else f"{kind}/{rest}").split("/")
    plain = (re.sub(r"\.\.+", "-", part).strip("-.").removesuffix(".lock") for part in parts)
    named = "/".join(part for part in plain if part)[: LONGEST // 2].strip("-./") or "ANOTHER-NAME"
    return f"{begins}another-{named}" if _TAKEN.fullmatch(f"{begins}{named}") else f"{begins}{named}"


def judge_shadows(candidate: Candidate) -> Iterator[Finding]:
    """Judge what else a new ref's name stands for, beside the refs that are there after the push."""
    ref, repo = candidate.update.ref, candidate.repo
    if repo.ref(ref) is not None:
        return
    there = set(repo.ref_names()) - {each.ref for each in candidate.updates if each.deletes}
    for shadow in shadows(ref, there | {each.ref for each in candidate.updates if each.creates}, repo):
        command = (
            f"git push origin {candidate.update.new[:12]}:{'/'.join(ref.split('/', 2)[:2])}/ANOTHER-NAME"
        )
        if shadow.other in there and not _stays(candidate, shadow.other):
            command = (
                f"delete `{shadow.other}` first if it is not needed, or give this one another name: {command}"
            )
        hint = command
        yield _found("ref-shadows", ref, shadow.sentence, hint)


def judge_target(candidate: Candidate) -> Finding:
    """Say why what a ref would name is no commit."""
    ref, new = candidate.update.ref, candidate.update.new
    if not candidate.repo.objects.is_nested(new):
        sentence = "it would name something other than a commit"
        return _found("ref-not-a-commit", ref, sentence, "tag a commit")
    sentence = f"more than {MOST_TAGS} annotated tags stand one behind another"
    name = ref.split("/", 2)[-1]
    hint = f"tag the commit itself: git tag --force --annotate {quote(name)} -m {quote(name)} '{new[:12]}^{{commit}}'"
    return _found("tag-nested", ref, sentence, hint)


def judge_deletion(candidate: Candidate) -> Iterator[Finding]:
    """Judge a ref that goes away."""
    ref = candidate.update.ref
    if ref == candidate.server.policy_branch:
        sentence = "the policy branch holds the specs that judge; it stays"
        hint = "an administrator names another `policy_branch` in gitcorpus/server.yaml first"
        yield _found("policy-deleted", ref, sentence, hint)
    elif ref.startswith(TAGS) and _stays(candidate, ref):
        command = f"gitcorpus server move REPO {quote(ref)} --delete --reason WHY"
        hint = f"an administrator may take it away, on the server: {command}"
        yield _found("ref-deleted", ref, f"{_why_it_stays(candidate)} may not be deleted", hint)
    elif candidate.protected:
        hint = "`protected:` in specs/corpus.yaml says which refs stay"
        yield _found("ref-deleted", ref, "it is protected and may not be deleted", hint)


def judge_tag(candidate: Candidate) -> Iterator[Finding]:
    """Judge a tag that would name something else than before, be it a tag object for the same commit."""
    update = candidate.update
    if update.creates or update.old == update.new or not _stays(candidate, update.ref):
        return
    tag = update.ref.removeprefix(TAGS)
    releases = candidate.spec.releases_of(tag) if candidate.spec is not None else ()
    taken = {name.removeprefix(TAGS) for name, _ in candidate.repo.refs() if name.startswith(TAGS)}
    other = next(iter(release.other_tag(tag, taken) for release in releases), "") or f"{tag}.1"
    sentence = f"{_why_it_stays(candidate)} stays where it is: at {update.old[:12]}"
    hint = f"give the new one another name: git push origin {quote(f'{update.ref}:{TAGS}{other}')}"
    yield _found("tag-moved", update.ref, sentence, hint)


def judge_rewind(candidate: Candidate, tip: Oid) -> Iterator[Finding]:
    """Judge whether a protected branch keeps its commits."""
    update = candidate.update
    if update.creates:
        return
    old = candidate.repo.peel(update.old)
    if old is None or not is_ancestor(candidate.repo, old, tip):
        lost = (
            f"commit {old[:12]}"
            if old is not None
            else f"object {update.old[:12]}, which leads to no commit,"
        )
        sentence = f"it is protected, and {lost} would fall out of it"
        branch = update.ref.removeprefix("refs/heads/")
        yield _found("ref-rewound", update.ref, sentence, f"git pull --rebase origin {quote(branch)}")


def _why_it_stays(candidate: Candidate) -> str:
    """Begin the sentence of what must not happen to a tag."""
    if candidate.spec is None:
        return "no specs say that it is not protected, so it"
    compiles = candidate.spec.requires(candidate.update.ref) is not None
    return "a release spec compiles it, so it" if compiles else "it is protected and"


def _stays(candidate: Candidate, ref: str) -> bool:
    """Tell whether a ref that is there must stay; while no specs judge, nothing says that a tag need not."""
    spec = candidate.spec
    if spec is None:
        return ref == candidate.server.policy_branch or ref.startswith(TAGS)
    return ref == candidate.server.policy_branch or spec.protects(ref)


def _found(code: str, ref: str, sentence: str, hint: str) -> Finding:
    return Finding(code=code, place=Place(path=ref), sentence=sentence, hint=hint)
