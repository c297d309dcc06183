"""The corpus: there is one, its patterns make sense, and what its policy needs is there."""

from collections.abc import Iterator

from gitcorpus.model.curriculum import ANYBODY, OWNERS
from gitcorpus.model.finding import Finding
from gitcorpus.spec.brief import brief, did_you_mean
from gitcorpus.spec.documents import Documents, unknown
from gitcorpus.spec.nodes import Fields, Scalar, Sheet
from gitcorpus.spec.patterns import BRACES, pattern_fault
from gitcorpus.spec.select import select_keys, select_texts


def link_corpus(specs: Documents) -> Iterator[Finding]:
    """Find what is wrong with the corpus as a whole."""
    yield from _one(specs)
    for root in specs.roots("Corpus"):
        for pattern in select_texts(root, "layout.solution[]"):
            yield from solution_pattern(pattern)
        policy = root.fields("policy")
        if policy is not None:
            yield from _policy(policy, specs)


def solution_pattern(node: Scalar) -> Iterator[Finding]:
    """Find what is wrong with the path pattern of a solution or of a discovered task."""
    fault = pattern_fault(node.text)
    if fault:
        hint = (
            did_you_mean(fault.brace, BRACES)
            if fault.brace
            else "for example `corpus/{unit}/{task}/{solution}`"
        )
        yield node.finding("bad-layout", f"{brief(node.text)} {fault.sentence}", hint)


def _one(specs: Documents) -> Iterator[Finding]:
    found = list(specs.roots("Corpus"))
    if not found and specs.declares_all("Corpus"):
        finding = Finding(
            code="corpus-missing",
            place=Sheet("specs").place(),
            sentence="no document declares the corpus",
            hint="add specs/corpus.yaml with `kind: Corpus`",
        )
        yield finding
    for root in found[1:]:
        sentence = f"the corpus is declared at {found[0].place} already"
        yield root.finding(
            "second-corpus", sentence, "a corpus has one document of kind Corpus: remove this one"
        )


def _policy(policy: Fields, specs: Documents) -> Iterator[Finding]:
    n_gates = sum(1 for _ in specs.fields("Gates", "gates[]"))
    people = specs.names("Contributors", "people[].id")
    if not n_gates and specs.declares_all("Gates"):
        hint = "add specs/gates.yaml with `extends: [gitcorpus:recommended]`"
        yield policy.finding(
            "gates-missing", "a corpus with a policy needs gates, and none is declared", hint
        )
    for key in select_keys(policy, "owners"):
        yield from _owned_path(key)
    approvals = policy.get("approvals")
    if approvals is not None and policy.whole("approvals"):
        sentence = "reviews are not built yet, so nothing could give an approval"
        yield approvals.finding(
            "not-built-yet", sentence, "leave `approvals` out; `owners` is enforced without it"
        )
    if not specs.declares_all("Contributors"):
        return
    if not people:
        hint = "add specs/contributors.yaml with the people who write"
        yield policy.finding(
            "people-missing", "a corpus with a policy needs people, and none is declared", hint
        )
        return
    roles = specs.names("Contributors", "people[].roles[]")
    yield from unknown(select_texts(policy, "owners{}[]"), (*roles, *people), code="unknown-owner")
    adders = specs.texts("Curriculum", "units[].discover.by[]")
    yield from unknown(adders, (ANYBODY, OWNERS, *roles, *people), code="unknown-owner")


def _owned_path(key: Scalar) -> Iterator[Finding]:
    """Find a pattern that no path of a tree can match, so that it would protect nothing."""
    parts = key.text.removesuffix("/").split("/")
    if "" in parts or "." in parts or ".." in parts or "\\" in key.text:
        sentence = f"no path of a tree is {brief(key.text)}, so nothing would be owned by it"
        yield key.finding(
            "bad-owned-path", sentence, "write it as git does, from the root: `specs/` or `**/*.md`"
        )
