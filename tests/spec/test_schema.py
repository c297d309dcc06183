from collections import Counter

import pytest
from inline_snapshot import snapshot
from spec.printing import CORPUS, CURRICULUM, printed

from gitcorpus.errors import GitcorpusError
from gitcorpus.spec.schema import KINDS, schema_text


def test_words_each_kind_of_breach(load):
    curriculum = """\
apiVersion: gitcorpus/v1
kind: Curriculum
units:
  - id: a b
    title: 2026
    window: {from: 2026-02-30, to: 1 March}
    priority: hihg
    quota: {solutions: -1, per_language: {go: many}}
    tasks:
      - {id: x, titl: X, languages: go, difficulty: 11}
      - {id: y, title: "", languages: [], domain:, prompt: {text: no}}
      - y
    discover: []
"""
    assert printed(load(curriculum=curriculum).findings) == snapshot("""\
specs/curriculum.yaml:4:9 bad-value: `id` cannot be `a b`
      - id: a b
            ^^^
  hint: The unit's id, unique in the corpus; the layout's `{unit}`. Letters, digits, `.`, `_` and `-`.
specs/curriculum.yaml:5:12 wrong-type: `title` is a whole number, it must be text
        title: 2026
               ^^^^
  hint: quote it: "2026"
specs/curriculum.yaml:6:20 bad-date: `from` is `2026-02-30`, which is no date
        window: {from: 2026-02-30, to: 1 March}
                       ^^^^^^^^^^
  hint: write it as YYYY-MM-DD
specs/curriculum.yaml:6:36 bad-date: `to` is `1 March`, which is no date
        window: {from: 2026-02-30, to: 1 March}
                                       ^^^^^^^
  hint: write it as YYYY-MM-DD
specs/curriculum.yaml:7:15 unknown-value: `priority` is `hihg`, which means nothing here
        priority: hihg
                  ^^^^
  hint: did you mean `high`?
specs/curriculum.yaml:8:24 out-of-range: `solutions` must be at least 0
        quota: {solutions: -1, per_language: {go: many}}
                           ^^
  hint: How many in all.
specs/curriculum.yaml:8:47 wrong-type: `go` is text, it must be a whole number
        quota: {solutions: -1, per_language: {go: many}}
                                                  ^^^^
  hint: How many.
specs/curriculum.yaml:10:9 missing-field: `tasks[0]` lacks the field `title`
          - {id: x, titl: X, languages: go, difficulty: 11}
            ^
  hint: add `title: …`. One line for people.
specs/curriculum.yaml:10:17 unknown-field: `tasks[0]` has no field `titl`
          - {id: x, titl: X, languages: go, difficulty: 11}
                    ^^^^
  hint: did you mean `title`?
specs/curriculum.yaml:10:37 wrong-type: `languages` is text, it must be a list
          - {id: x, titl: X, languages: go, difficulty: 11}
                                        ^^
  hint: write a list: [go]
specs/curriculum.yaml:10:53 out-of-range: `difficulty` must be at most 10
          - {id: x, titl: X, languages: go, difficulty: 11}
                                                        ^^
  hint: How hard, from 1 to 10.
specs/curriculum.yaml:11:24 wrong-length: `title` is empty
          - {id: y, title: "", languages: [], domain:, prompt: {text: no}}
                           ^^
  hint: One line for people.
specs/curriculum.yaml:11:39 wrong-length: `languages` needs at least 1 item
          - {id: y, title: "", languages: [], domain:, prompt: {text: no}}
                                          ^
  hint: Languages that a solution's source and test files may be in.
specs/curriculum.yaml:11:43 unknown-field: `tasks[1]` has no field `domain:`
          - {id: y, title: "", languages: [], domain:, prompt: {text: no}}
                                              ^^^^^^^
  hint: did you mean `domain`?
specs/curriculum.yaml:11:60 wrong-type: `prompt` is a mapping, it must be text
          - {id: y, title: "", languages: [], domain:, prompt: {text: no}}
                                                               ^
  hint: What to write, in words. Without it, the files in the role `prompt` of a solution are the prompt.
specs/curriculum.yaml:12:9 wrong-type: `tasks[2]` is text, it must be a mapping
          - y
            ^
  hint: One exercise.
specs/curriculum.yaml:13:15 wrong-type: `discover` is a list, it must be a mapping
        discover: []
                  ^
  hint: Find the tasks in the tree instead of listing them: one for each directory that fits `layout`.
""")


def test_wants_version_and_kind_first(load):
    assert printed(load(view="name: x\nkind: View\napiVersion: gitcorpus/v2\n").findings) == snapshot("""\
specs/view.yaml:1:1 header-not-first: a spec begins with `apiVersion` and then `kind`
    name: x
    ^^^^
  hint: move these two lines to the top
specs/view.yaml:1:1 missing-field: the document lacks the field `format`
    name: x
    ^
  hint: add `format: …`. The known format that the records have, with its columns and checks.
specs/view.yaml:1:1 missing-field: the document lacks the field `from`
    name: x
    ^
  hint: add `from: …`. The catalog table whose rows become records.
specs/view.yaml:3:13 unknown-value: `apiVersion` is `gitcorpus/v2`, which means nothing here
    apiVersion: gitcorpus/v2
                ^^^^^^^^^^^^
  hint: did you mean `gitcorpus/v1`?
""")


def test_wants_a_kind_that_there_is(load):
    assert printed(
        load(a="apiVersion: gitcorpus/v1\n", b="kind: views\n", c="- kind: View\n", d="null\n").findings
    ) == snapshot("""\
specs/a.yaml:1:1 missing-field: the document does not say its `kind`
    apiVersion: gitcorpus/v1
    ^
  hint: known: Corpus, Curriculum, Gates, Contributors, View, Release, Rules, SecretRules, Waivers
specs/b.yaml:1:7 unknown-kind: there is no kind `views`
    kind: views
          ^^^^^
  hint: did you mean `View`?
specs/c.yaml:1:1 wrong-type: a spec is a mapping
    - kind: View
    ^
  hint: begin with `apiVersion: gitcorpus/v1` and `kind:`
specs/d.yaml:1:1 wrong-type: a spec is a mapping
    null
    ^^^^
  hint: begin with `apiVersion: gitcorpus/v1` and `kind:`
""")


def test_wants_names_of_splits_that_can_name_a_file(load):
    view = """\
apiVersion: gitcorpus/v1
kind: View
name: x
format: lm_text
from: files
record: {text: "{{ file.text }}"}
split: {by: task, Train set: 0.5, test: 0.5, zero: 0}
"""
    assert printed(load(view=view).findings) == snapshot("""\
specs/view.yaml:7:19 bad-name: `Train set` cannot be the name of a field here
    split: {by: task, Train set: 0.5, test: 0.5, zero: 0}
                      ^^^^^^^^^
  hint: A split's name has lower-case letters, digits and underscores.
specs/view.yaml:7:52 out-of-range: `zero` must be more than 0
    split: {by: task, Train set: 0.5, test: 0.5, zero: 0}
                                                       ^
  hint: The split's share.
""")


def test_says_more_of_a_hostile_document_only_up_to_a_limit(load):
    tasks = "".join(f"      - {{id: {n}, x: y}}\n" for n in range(3000))
    codes = Counter(finding.code for finding in load(curriculum=CURRICULUM + tasks).findings)
    assert codes.total() == 101
    languages = ", ".join(f"l{n}" for n in range(3000))
    findings = load(curriculum=CURRICULUM.replace("[python]", f"[{languages}]")).findings
    assert Counter(finding.code for finding in findings) == {"unknown-language": 1000, "more-findings": 1}


def test_a_text_that_looks_like_a_number_says_how_to_be_one(load):
    (finding,) = load(corpus=CORPUS.replace("name: small", "name: 2026")).findings
    assert finding.hint == 'quote it: "2026"'


@pytest.mark.parametrize("kind", [*KINDS, "server", "gates/size"])
def test_prints_a_schema_by_its_name(kind):
    assert schema_text(kind).startswith('{\n  "$schema"')


def test_refuses_a_schema_that_there_is_not():
    with pytest.raises(GitcorpusError, match="there is no schema `Vieuw`") as caught:
        schema_text("Vieuw")
    assert caught.value.hint == "did you mean `View`?"
