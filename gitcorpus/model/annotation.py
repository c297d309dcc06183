"""What people say of answers: candidates for one prompt, and how annotators rank them."""

from collections.abc import Mapping
from dataclasses import dataclass

from gitcorpus.model.curriculum import PromptText
from gitcorpus.model.place import Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One answer that is ranked: its text stands in the annotation itself, or in a file of the solution."""

    id: str
    text: PromptText | None
    path: str
    """Path within the solution; empty if the text stands here."""
    model: str
    """Who made it, as far as that is said."""
    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """How one annotator ranks all candidates: 1 is best, equal ranks are ties."""

    annotator: str
    rubric: str
    ranks: Mapping[str, int]
    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Annotation:
    """One `kind: Annotation` document among the files of a solution."""

    prompt: PromptText | None
    """None for the prompt of the solution's task."""
    candidates: tuple[Answer, ...]
    judgements: tuple[Judgement, ...]
    place: Place
