"""Globs of refs and tags: whether git could ever have a name that they match."""

import re
from collections.abc import Iterator
from typing import Final

from gitcorpus.model.finding import Finding, Severity
from gitcorpus.spec.brief import brief
from gitcorpus.spec.documents import Documents
from gitcorpus.spec.globs import overlap
from gitcorpus.spec.nodes import Fields, Scalar
from gitcorpus.spec.select import select_texts

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
    for gate in Documents(specs.own).fields("Gates", "gates[]"):
        yield from _of_gate(gate, specs)


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
        yield node.finding("bad-ref-glob", said, f"write `refs/heads/{node.text.strip('/')}`")
    elif fault := name_fault(plain):
        yield node.finding("bad-ref-glob", f"no ref can match {brief(node.text)}: {fault}", "mend the glob")


def _of_gate(gate: Fields, specs: Documents) -> Iterator[Finding]:
    """Find a gate that concerns no ref: its globs match none, or none of those that its stage judges."""
    stage, globs = gate.text("when", "push"), tuple(select_texts(gate, "refs[]"))
    for glob in globs:
        yield from _full(glob)
    spot = gate.scalar("when") or gate
    if stage == "release" and specs.declares_all("Release") and not any(specs.roots("Release")):
        said = "the gate judges releases, and no release is declared"
        yield spot.finding(
            "gate-never-judges", said, "declare a release, or judge at another time", Severity.WARN
        )
    if not globs or stage == "push":
        return
    judged = _judged(stage, specs)
    met = any(overlap(_CLASS.sub("?", glob.text), each) for glob in globs for each in judged)
    if judged and not met:
        said = f"the gate judges {_STAGES[stage]}, and its `refs` match none of them"
        yield globs[0].finding(
            "gate-never-judges", said, f"those are {', '.join(f'`{each}`' for each in judged)}"
        )


_STAGES: Final = {"merge": "protected refs", "release": "tags of releases"}


def _judged(stage: str, specs: Documents) -> tuple[str, ...]:
    """Return globs of the refs that a stage judges."""
    tags = tuple(_TAGS + node.text for node in specs.texts("Release", "tags"))
    if stage == "release":
        return tags
    protected = tuple(_CLASS.sub("?", node.text) for node in specs.texts("Corpus", "protected[]"))
    branch = tuple(_HEADS + node.text for node in specs.texts("Corpus", "policy.branch"))
    return tuple(dict.fromkeys((*branch, *protected, *tags)))
