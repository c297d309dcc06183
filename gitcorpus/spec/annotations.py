"""Annotation files: documents of a solution, not of the specs, with the same YAML, places and schemas."""

from collections.abc import Callable, Collection, Iterator
from typing import NamedTuple

from gitcorpus.model.annotation import Annotation, Answer, Judgement
from gitcorpus.model.curriculum import PromptText
from gitcorpus.model.finding import Finding
from gitcorpus.spec.brief import brief, did_you_mean
from gitcorpus.spec.nodes import Fields, Node, Scalar
from gitcorpus.spec.schema import breaches
from gitcorpus.spec.yaml import parse_yaml

_ENDINGS = (".yaml", ".yml")


class Read(NamedTuple):
    """An annotation, none if anything is wrong with it, and what is."""

    annotation: Annotation | None
    findings: tuple[Finding, ...]


def is_annotation(data: bytes, path: str) -> bool:
    """Tell whether a file in the role `annotation` means to be an annotation: YAML that begins as our documents do."""
    return path.endswith(_ENDINGS) and any(
        line.startswith((b"apiVersion: gitcorpus/", b"kind:")) for line in data[:4096].split(b"\n")
    )


def parse_annotation(
    data: bytes, path: str, *, people: Collection[str], exists: Callable[[str], bool]
) -> Read:
    """Read one annotation.

    Args:
        data: the file.
        path: its path.
        people: ids of the contributors; none are declared if it is empty, and anybody may annotate.
        exists: whether the solution has a file at a path within it.
    """
    _, root, findings = parse_yaml(data, path)
    if root is not None:
        findings += breaches(root, "annotation")
    if findings or not isinstance(root, Fields):
        return Read(None, findings)
    findings = tuple(_faults(root, people, exists))
    return Read(None if findings else _build(root), findings)


def _faults(root: Fields, people: Collection[str], exists: Callable[[str], bool]) -> Iterator[Finding]:
    names: dict[str, Node] = {}
    for answer in root.each("candidates"):
        yield from _answer_faults(answer, names, exists)
    seen: dict[tuple[str, str], Node] = {}
    for judgement in root.each("judgements"):
        annotator = judgement.scalar("annotator")
        if annotator is not None and people and annotator.text not in people:
            hint = did_you_mean(annotator.text, people)
            sentence = f"there is no contributor {brief(annotator.text)}"
            yield annotator.finding("unknown-annotator", sentence, hint)
        key = (judgement.text("annotator"), judgement.text("rubric"))
        if seen.setdefault(key, judgement) is not judgement:
            sentence = f"{brief(key[0])} has ranked these already at {seen[key].place}"
            yield judgement.finding("duplicate-judgement", sentence, "one judgement an annotator and rubric")
        yield from _rank_faults(judgement, names)


def _answer_faults(
    answer: Fields, names: dict[str, Node], exists: Callable[[str], bool]
) -> Iterator[Finding]:
    text, path = answer.scalar("text"), answer.scalar("path")
    if (text is None) == (path is None):
        sentence = "a candidate has either a `text` or the `path` of a file of the solution"
        yield answer.finding("candidate-unclear", sentence, "keep one of the two")
    if path is not None and not exists(path.text):
        sentence = f"the solution has no file {brief(path.text)}"
        yield path.finding("candidate-missing", sentence, "name a file by its path within the solution")
    name = answer.text("id")
    if names.setdefault(name, answer) is not answer:
        sentence = f"the candidate {brief(name)} stands at {names[name].place} already"
        yield answer.finding("duplicate-candidate", sentence, "give one of the two another id")


def _rank_faults(judgement: Fields, names: Collection[str]) -> Iterator[Finding]:
    ranks = judgement.fields("ranks")
    if ranks is None:
        return
    for name, entry in ranks.entries.items():
        if name not in names:
            sentence = f"there is no candidate {brief(name)}"
            yield entry.key.finding("unknown-candidate", sentence, did_you_mean(name, names))
    missing = [name for name in names if name not in ranks.entries]
    if missing:
        sentence = f"{', '.join(brief(name) for name in missing)} has no rank"
        yield ranks.finding("rank-missing", sentence, "rank every candidate; equal ranks are ties")


def _build(root: Fields) -> Annotation:
    return Annotation(
        prompt=_text(root.scalar("prompt")),
        candidates=tuple(
            Answer(
                id=each.text("id"),
                text=_text(each.scalar("text")),
                path=each.text("path"),
                model=each.text("model"),
                place=each.place,
            )
            for each in root.each("candidates")
        ),
        judgements=tuple(
            Judgement(
                annotator=each.text("annotator"),
                rubric=each.text("rubric"),
                ranks=each.wholes("ranks"),
                place=each.place,
            )
            for each in root.each("judgements")
        ),
        place=root.place,
    )


def _text(node: Scalar | None) -> PromptText | None:
    return PromptText(text=node.text, lines=node.lines, place=node.place) if node else None
