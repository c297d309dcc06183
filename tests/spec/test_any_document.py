"""Law: whatever stands in a document, loading ends in a spec or in findings, and never in an exception."""

import copy
import json

from hypothesis import given, settings
from hypothesis import strategies as st
from spec.printing import CORPUS, CURRICULUM
from spec.test_load import CONTRIBUTORS, GATES, RELEASE, VIEW, WAIVERS

from gitcorpus.model.view import SpecFile
from gitcorpus.spec.load import load_specs
from gitcorpus.spec.nodes import plain
from gitcorpus.spec.sources import SpecFiles, blob_oid, shortened
from gitcorpus.spec.yaml import parse_yaml

DISCOVER = (
    CURRICULUM
    + """\
  - id: found
    title: Found
    discover: {layout: "x/{task}", languages: [go], difficulty: {from: a.json, path: "a[b={task}].c"}}
"""
)
TEXTS = (
    CORPUS + "policy: {branch: main, owners: {specs/: [leads]}}\n",
    DISCOVER,
    GATES,
    CONTRIBUTORS,
    VIEW,
    RELEASE,
    WAIVERS,
)
DOCUMENTS = tuple(plain(parse_yaml(text.encode(), "a.yaml").root) for text in TEXTS)
strange = st.sampled_from(
    [None, True, 0, -1, 2**60, "", " ", "a", "../x", "{task}", "{task}/{x}", "**", "[", "1MiB", "2026-02-30", "tag:x",
     "gitcorpus:recommended", "gitcorpus:lm_text", "gitcorpus:../x", [], {}, [[]], [{}], {"a": {}}, ["a"], {"id": "a"}]
)  # fmt: skip


class Tree:
    """Spec files and a tree, in memory."""

    def __init__(self, files):
        self.files = files

    def spec_files(self):
        return SpecFiles([path for path in self.files if path.startswith("specs/")], self.files.__getitem__)

    def spec_file(self, path):
        return SpecFile(path=path, blob=blob_oid(self.files[path]), commit=None)

    def cut(self, depth):
        return dict.fromkeys(shortened(path, depth) for path in self.files)

    def paths(self):
        return tuple(self.files)

    def size(self, path):
        return len(self.files[path]) if path in self.files else None

    def read(self, path):
        return self.files[path]


def spots(value, route=()):
    """Return the routes of all values."""
    children = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    return [route, *(spot for step, inner in children for spot in spots(inner, (*route, step)))]


@st.composite
def mangled(draw):
    """Replace, remove or add a few values of the documents."""
    documents = copy.deepcopy(list(DOCUMENTS))
    for _ in range(draw(st.integers(1, 3))):
        route = draw(st.sampled_from([spot for spot in spots(documents) if spot]))
        holder = documents
        for step in route[:-1]:
            holder = holder[step]
        match draw(st.integers(0, 4)):
            case 0:
                del holder[route[-1]]
            case 1 if isinstance(holder, dict):
                holder[draw(st.sampled_from(["x", "id", "from", "tasks", "title"]))] = draw(strange)
            case _:
                holder[route[-1]] = draw(strange)
    return documents


@given(mangled())
@settings(max_examples=300)
def test_ends_in_a_spec_or_in_findings(documents):
    files = {
        f"specs/{number}.yaml": json.dumps(document, default=float).encode()
        for number, document in enumerate(documents)
    }
    tree = {"agreements/work.md": b"Text.\n", "x/one/a.go": b"", "a.json": b'{"a": [{"b": "one", "c": 2}]}'}
    loaded = load_specs(Tree({**files, **tree}), commit=None)
    assert (loaded.spec is None) == any(finding.blocks for finding in loaded.findings)
    assert list(loaded.findings) == sorted(loaded.findings, key=lambda finding: finding.place.path)


def test_the_documents_load_as_they_are():
    files = {
        f"specs/{number}.yaml": json.dumps(document, default=float).encode()
        for number, document in enumerate(DOCUMENTS)
    }
    tree = {"agreements/work.md": b"Text.\n", "x/one/a.go": b"", "a.json": b'{"a": [{"b": "one", "c": 2}]}'}
    loaded = load_specs(Tree({**files, **tree}), commit=None)
    assert loaded.findings == ()
    assert [task.difficulty for task in loaded.spec.tasks if task.unit == "found"] == [2]
