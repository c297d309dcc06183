"""Globs of refs and tags: whether git could ever have a name that they match."""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from gitcorpus.model.finding import Finding, Severity
from gitcorpus.spec.brief import brief, did_you_mean
from gitcorpus.spec.documents import Documents
from gitcorpus.spec.globs import Comparisons, overlap
from gitcorpus.spec.nodes import Scalar, Sheet
from gitcorpus.spec.select import select_texts
from gitcorpus.spec.sources import FOLDER

_FORBIDDEN: Final = re.compile(r"[\x00-\x20\x7f~^:\\]|\.\.|@\{")
_CLASS: Final = re.compile(r"\[[^\]/]+\]")
_HEADS, _TAGS = "refs/heads/", "refs/tags/"


def link_ref_globs(specs: Documents) -> Iterator[Finding]:
    """Find names and globs of branches, tags and refs that nothing can have or match."""
    for branch in specs.texts("Corpus", "policy.branch"):
        yield from _short(branch, branch.text, "branch", _HEADS)
    for tags in specs.texts("Release", "tags"):
        yield from _short(tags, tags.text, "tag", _TAGS)
    for commits in specs.texts("Release", "select.commits"):
        yield from _short(commits, commits.text.removeprefix("tag:"), "tag", _TAGS)
    for pattern in specs.texts("Corpus", "protected[]"):
        yield from _full(pattern)
    yield from _of_gates(specs)


def name_fault(text: str) -> str:
    """Return why git can have no name that a glob matches, or nothing: the rules of `git check-ref-format`."""
    parts = text.split("/")
    faults = {
        "it has a blank, `..`, `@{` or one of `~^:\\`": _FORBIDDEN.search(text) is not None,
        "a part of it is empty": "" in parts,
        "a part of it begins with a dot": any(part.startswith(".") for part in parts),
        "it ends in a dot": text.endswith("."),
        "a part of it ends in `.lock`": any(part.endswith(".lock") for part in parts),
        "it begins with `-`": text.startswith("-"),
    }
    return next((sentence for sentence, holds in faults.items() if holds), "")


def _short(node: Scalar, text: str, what: str, prefix: str) -> Iterator[Finding]:
    """Find what is wrong with the short name of a branch or tag, or a glob of such names."""
    fault = name_fault(text)
    if text.startswith("refs/"):
        said = f"{brief(text)} is the full name of a ref, and a {what}'s short name is wanted here"
        short = node.text.replace(text, text.removeprefix(prefix))
        yield node.finding(
            "bad-ref-glob", said, f"write `{short}`" if text.startswith(prefix) else "for example `v*`"
        )
    elif fault:
        yield node.finding(
            "bad-ref-glob", f"no {what} can be called {brief(text)}: {fault}", "for example `v1`"
        )
    elif what == "tag" and "{" in text:
        said = f"a brace in {brief(text)} stands for itself, and not for a choice"
        yield node.finding("bad-ref-glob", said, "write a spec for each, or use `*`", Severity.WARN)


def _full(node: Scalar) -> Iterator[Finding]:
    """Find a glob that no full name of a ref matches."""
    plain = _CLASS.sub("?", node.text)
    if not overlap(plain, "refs/heads/*") and not overlap(plain, "refs/tags/*"):
        said = f"no ref can match {brief(node.text)}: a ref's full name begins with `refs/heads/` or `refs/tags/`"
        yield node.finding("bad-ref-glob", said, f"write {brief(_respelled(node.text))}")
    elif fault := name_fault(plain):
        yield node.finding("bad-ref-glob", f"no ref can match {brief(node.text)}: {fault}", "mend the glob")


def _respelled(text: str) -> str:
    """Return the full name that a misspelled or short one was meant as."""
    rest = text.strip("/").removeprefix("refs/")
    kind, _, name = rest.partition("/")
    if not name:
        return _HEADS + ("*" if did_you_mean(kind, ("heads",)).startswith("did") else rest)
    for prefix in (_HEADS, _TAGS):
        if did_you_mean(kind, (prefix.split("/")[1],)).startswith("did"):
            return prefix + name
    return _HEADS + rest


def _of_gates(specs: Documents) -> Iterator[Finding]:
    """Find gates that concern no ref: their globs match none, or none of those that their stage judges."""
    judged = {stage: _judged(stage, specs) for stage in _STAGES}
    unreleased = specs.declares_all("Release") and not any(specs.roots("Release"))
    comparisons = Comparisons()
    for gate in Documents(specs.own).fields("Gates", "gates[]"):
        stage, globs = gate.text("when", "push"), tuple(select_texts(gate, "refs[]"))
        for glob in globs:
            yield from _full(glob)
        spot = gate.scalar("when") or gate
        if stage == "release" and unreleased:
            said = "the gate judges releases, and no release is declared"
            yield spot.finding(
                "gate-never-judges", said, "declare a release, or judge at another time", Severity.WARN
            )
        others = judged.get(stage, ())
        if not globs or not others or _meets(globs, others, comparisons):
            continue
        if not comparisons.spent:
            said = f"the gate judges {_STAGES[stage]}, and its `refs` match none of them"
            yield globs[0].finding("gate-never-judges", said, f"those are {_few(others)}")
    if comparisons.spent:
        said = (
            "there are too many `refs` of gates and protected refs, so not all were compared with each other"
        )
        yield not_compared(said, "name fewer: one glob such as `refs/heads/*` may stand for many")


def not_compared(said: str, hint: str) -> Finding:
    """Warn that specs have too many globs for all to be compared."""
    place = Sheet(FOLDER).place()
    return Finding(code="globs-not-compared", place=place, sentence=said, hint=hint, severity=Severity.WARN)


def _meets(globs: Sequence[Scalar], others: Sequence[str], comparisons: Comparisons) -> bool:
    return any(comparisons.overlap(_CLASS.sub("?", glob.text), each) for glob in globs for each in others)


def _few(globs: Sequence[str]) -> str:
    """Name the first of many globs."""
    named = ", ".join(brief(each) for each in globs[:_NAMED])
    return named if len(globs) <= _NAMED else f"{named} and {len(globs) - _NAMED} more"


_STAGES: Final = {"merge": "protected refs", "release": "tags of releases"}
_NAMED: Final = 5


def _judged(stage: str, specs: Documents) -> tuple[str, ...]:
    """Return globs of the refs that a stage judges."""
    tags = tuple(dict.fromkeys(_TAGS + node.text for node in specs.texts("Release", "tags")))
    if stage == "release":
        return tags
    protected = tuple(_CLASS.sub("?", node.text) for node in specs.texts("Corpus", "protected[]"))
    branch = tuple(_HEADS + node.text for node in specs.texts("Corpus", "policy.branch"))
    return tuple(dict.fromkeys((*branch, *protected, *tags)))
