"""The gate `annotations`: what people say of answers can be read, and is about answers that are there."""

from collections.abc import Iterator
from typing import Final

from gitcorpus.gates.base import Candidate, Example, Reads
from gitcorpus.git.snapshot import Snapshot
from gitcorpus.model.corpus import Role
from gitcorpus.model.declaration import Declaration
from gitcorpus.model.finding import Finding
from gitcorpus.model.tree import TreeEntry
from gitcorpus.spec.annotations import is_annotation, parse_annotation
from gitcorpus.spec.layout import LayoutMatcher, Located

MOST_BYTES: Final = 4 << 20
_RANKS: Final = "corpus/basics/add/north/RANKS.yaml"
_SOUND: Final = """\
apiVersion: gitcorpus/v1
kind: Annotation
candidates:
  - {id: short, text: "a + b"}
  - {id: long, path: add.py}
judgements:
  - {annotator: north, rubric: clarity, ranks: {short: 1, long: 2}}
"""
_ADD: Final = {"corpus/basics/add/north/add.py": "x = 1\n"}


class AnnotationsGate:
    """Reads every changed annotation, and those beside which a file goes away: it may be an answer that they rank."""

    name = "annotations"
    version = "2"
    reads = Reads.TREE
    accepted = (Example(title="two answers and who prefers which", files={_RANKS: _SOUND, **_ADD}),)
    refused = (
        Example(
            title="a field that is not known",
            files={_RANKS: _SOUND.replace("rubric:", "rubrik:"), **_ADD},
            codes=("unknown-field",),
        ),
        Example(
            title="an annotator whom nobody knows",
            files={_RANKS: _SOUND.replace("north", "nroth"), **_ADD},
            codes=("unknown-annotator",),
        ),
        Example(
            title="an answer that is not there",
            files={_RANKS: _SOUND.replace("add.py", "sum.py"), **_ADD},
            codes=("candidate-missing",),
        ),
        Example(
            title="an answer without a rank",
            files={_RANKS: _SOUND.replace("short: 1, ", "lnog: 1, "), **_ADD},
            codes=("unknown-candidate", "rank-missing"),
        ),
        Example(
            title="both a text and a path",
            files={_RANKS: _SOUND.replace("path: add.py", "path: add.py, text: x"), **_ADD},
            codes=("candidate-unclear",),
        ),
        Example(
            title="two answers of one name",
            files={
                _RANKS: _SOUND.replace("id: long", "id: short").replace(", long: 2", ", short2: 2"),
                **_ADD,
            },
            codes=("duplicate-candidate", "unknown-candidate"),
        ),
        Example(
            title="ranked twice",
            files={
                _RANKS: _SOUND + "  - {annotator: north, rubric: clarity, ranks: {short: 2, long: 1}}\n",
                **_ADD,
            },
            codes=("duplicate-judgement",),
        ),
    )

    def judge(self, candidate: Candidate, declaration: Declaration) -> Iterator[Finding]:
        """Read every changed annotation of a solution."""
        del declaration
        spec, snapshot, matcher = candidate.spec, candidate.snapshot, candidate.matcher
        if spec is None or snapshot is None or matcher is None:
            return
        people = frozenset(person.id for person in spec.contributors.people)
        for entry in dict.fromkeys((*candidate.files, *_left_behind(candidate, snapshot, matcher))):
            located = matcher.locate(entry.path)
            if not (isinstance(located, Located) and located.role is Role.ANNOTATION and entry.is_regular):
                continue
            if candidate.repo.blob_size(entry.oid) > MOST_BYTES:  # the gate `size` refuses it
                continue
            data, root = candidate.data(entry), located.root
            if is_annotation(data, entry.path):
                found = parse_annotation(
                    data,
                    entry.path,
                    people=people,
                    exists=lambda path, root=root: snapshot.entry(f"{root}/{path}") is not None,  # type: ignore[misc]
                )
                yield from found.findings


def _left_behind(candidate: Candidate, snapshot: Snapshot, matcher: LayoutMatcher) -> Iterator[TreeEntry]:
    """Yield what stands in solutions from which the push takes a file away."""
    located = (matcher.locate(path) for path in candidate.deleted)
    for root in dict.fromkeys(each.root for each in located if isinstance(each, Located)):
        yield from snapshot.entries(root, limit=candidate.most_entries)
