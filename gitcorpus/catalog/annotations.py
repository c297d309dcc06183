"""Annotations of a snapshot as rankings and comparisons, and how far their annotators agree."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from gitcorpus.canon import digest_value
from gitcorpus.catalog.agreement import krippendorff
from gitcorpus.catalog.texts import Texts
from gitcorpus.model.annotation import Annotation, Answer
from gitcorpus.model.corpus import Role
from gitcorpus.model.record import ContentFile, Contents, Omission, Reason, Solution
from gitcorpus.spec.annotations import is_annotation, parse_annotation


@dataclass(frozen=True, slots=True, kw_only=True)
class Annotated:
    """One annotation with the file that it stands in and the solution that it is about."""

    file: ContentFile
    solution: Solution
    annotation: Annotation

    def file_of(self, answer: Answer) -> ContentFile | None:
        """Return the file that an answer stands in; none if its text stands in the annotation."""
        wanted = f"{self.solution.root}/{answer.path}"
        return next((file for file in self.solution.files if file.path == wanted), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranking:
    """One order of all candidates, with everybody who ranks them so."""

    key: str
    annotated: Annotated
    rubric: str
    ranks: tuple[int, ...]
    """One a candidate, in the candidates' order."""
    judges: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Two candidates, one of which more annotators prefer."""

    key: str
    annotated: Annotated
    rubric: str
    chosen: Answer
    rejected: Answer
    votes_for: int
    votes_against: int
    n_judges: int


def read_annotations(
    contents: Contents, texts: Texts, people: frozenset[str]
) -> tuple[tuple[Annotated, ...], tuple[Omission, ...]]:
    """Return every annotation that can be read, by path, and those that cannot."""
    found: list[Annotated] = []
    left: list[Omission] = []
    for solution in contents.solutions:
        inner = {file.path.removeprefix(f"{solution.root}/") for file in solution.files}
        for file in solution.of_role(Role.ANNOTATION):
            data = (texts.of(file.blob) or "").encode()
            if not is_annotation(data, file.path):
                continue
            read = parse_annotation(data, file.path, people=people, exists=inner.__contains__)
            if read.annotation is not None:
                found.append(Annotated(file=file, solution=solution, annotation=read.annotation))
            else:
                detail = f"{read.findings[0].place}: {read.findings[0].sentence}"
                left.append(Omission(view="", key=file.path, reason=Reason.BROKEN, detail=detail))
    return tuple(sorted(found, key=lambda each: each.file.path)), tuple(left)


def rankings_of(annotations: Sequence[Annotated]) -> Iterator[Ranking]:
    """Yield every order in which somebody ranks the candidates of an annotation."""
    for each in annotations:
        orders: dict[tuple[str, tuple[int, ...]], list[str]] = {}
        for judgement in each.annotation.judgements:
            ranks = tuple(judgement.ranks[answer.id] for answer in each.annotation.candidates)
            orders.setdefault((judgement.rubric, ranks), []).append(judgement.annotator)
        for number, ((rubric, ranks), judges) in enumerate(sorted(orders.items()), start=1):
            yield Ranking(
                key=f"{each.file.path}#{number}",
                annotated=each,
                rubric=rubric,
                ranks=ranks,
                judges=tuple(sorted(judges)),
            )


def comparisons_of(annotations: Sequence[Annotated]) -> Iterator[Comparison]:
    """Yield each two candidates of an annotation, by each rubric, of which more annotators prefer one."""
    for each in annotations:
        for rubric in sorted({judgement.rubric for judgement in each.annotation.judgements}):
            ranks = [
                judgement.ranks for judgement in each.annotation.judgements if judgement.rubric == rubric
            ]
            for one, other in combinations(each.annotation.candidates, 2):
                better = sum(rank[one.id] < rank[other.id] for rank in ranks)
                worse = sum(rank[one.id] > rank[other.id] for rank in ranks)
                if better != worse:
                    chosen, rejected = (one, other) if better > worse else (other, one)
                    yield Comparison(
                        key=f"{each.file.path}#{rubric}:{chosen.id}>{rejected.id}",
                        annotated=each,
                        rubric=rubric,
                        chosen=chosen,
                        rejected=rejected,
                        votes_for=max(better, worse),
                        votes_against=min(better, worse),
                        n_judges=len(ranks),
                    )


def agreement_report(annotations: Sequence[Annotated], texts: Texts) -> dict[str, Any]:
    """Return how far annotators agree, in all and by rubric; alphas are texts with four digits, or none."""
    units: dict[tuple[str, str, str], dict[str, int]] = {}
    for each in annotations:
        for judgement in each.annotation.judgements:
            for answer in each.annotation.candidates:
                key = (judgement.rubric, each.solution.task, _said(each, answer, texts))
                units.setdefault(key, {})[judgement.annotator] = judgement.ranks[answer.id]
    rubrics = sorted({rubric for rubric, _, _ in units})
    return {
        "coefficient": "Krippendorff's alpha",
        "level": "ordinal",
        **_measured(units),
        "rubrics": [
            {"rubric": rubric, **_measured({key: unit for key, unit in units.items() if key[0] == rubric})}
            for rubric in rubrics
        ],
    }


def _said(each: Annotated, answer: Answer, texts: Texts) -> str:
    """Return what tells one answer to one prompt from another, wherever it is ranked."""
    file = each.file_of(answer)
    text = answer.text.text if answer.text else (texts.of(file.blob) or "") if file else ""
    prompt = each.annotation.prompt.text if each.annotation.prompt else ""
    return digest_value([prompt, text])


def _measured(units: Mapping[tuple[str, str, str], Mapping[str, int]]) -> dict[str, Any]:
    alpha = krippendorff([list(unit.values()) for unit in units.values()])
    return {
        "alpha": None if alpha is None else f"{float(alpha):.4f}",
        "units": len(units),
        "compared": sum(len(unit) > 1 for unit in units.values()),
        "annotators": len({annotator for unit in units.values() for annotator in unit}),
    }
