from fractions import Fraction

from inline_snapshot import snapshot
from spec.printing import CORPUS, printed

from gitcorpus.model.place import Oid
from gitcorpus.spec import load as loading
from gitcorpus.spec.build_views import MAX_FILE_BYTES
from gitcorpus.spec.sources import DirectorySource

GATES = """\
apiVersion: gitcorpus/v1
kind: Gates
extends: [gitcorpus:recommended]
gates:
  - {id: size, uses: size, when: merge, with: {max_file: 2MiB, max_push_files: 10}, budget: 10m}
  - {id: go, uses: syntax, languages: [go], paths: [corpus/**], severity: warn}
"""
CONTRIBUTORS = """\
apiVersion: gitcorpus/v1
kind: Contributors
people:
  - id: north
    emails: [north@corpus.example]
    roles: [author, leads]
    agreements: [{id: work, from: 2026-01-01, until: 2026-12-31}]
agreements:
  - {id: work, text: agreements/work.md, grants: work-for-hire}
"""
VIEW = """\
apiVersion: gitcorpus/v1
kind: View
name: pairs
format: sft_prompt_completion
from: solutions
where: n_sources > 0
record:
  prompt: |
    Solve this.

    {{ task.prompt }}
  completion: "{{ sources | join_files }}"
columns: [task, language]
split: {by: task, train: 0.9, test: 0.1}
"""
RELEASE = """\
apiVersion: gitcorpus/v1
kind: Release
tags: "v*"
select: {commits: "tag:accepted/*", paths: [corpus/]}
views: [pairs, "gitcorpus:lm_text"]
license: Apache-2.0 OR MIT
"""
WAIVERS = """\
apiVersion: gitcorpus/v1
kind: Waivers
waivers:
  - {gate: go, paths: [corpus/old/], reason: kept as found, by: north, until: 2026-12-31}
"""


def test_loads_every_kind(load):
    loaded = load(
        gates=GATES, contributors=CONTRIBUTORS, waivers=WAIVERS, **{
            "specs/views/pairs.yaml": VIEW, "specs/releases/monthly.yml": RELEASE, "agreements/work.md": "Text.\n",
            "specs/README.md": "Not a spec.\n",
        },
    )  # fmt: skip
    spec = loaded.spec
    assert printed(loaded.findings) == ""
    assert [task.id for task in spec.tasks] == ["add", "sort-words"]
    assert [gate.id for gate in spec.gates] == [
        "paths",
        "objects",
        "secrets",
        "refs",
        "spec",
        "size",
        "layout",
        "annotations",
        "syntax",
        "rights",
        "go",
    ]
    size = spec.gates[5]
    assert (size.when, size.on, size.severity, size.budget_seconds) == ("merge", "tip", "block", 600)
    assert size.parameters == {"max_file": 2 << 20, "max_push_files": 10}
    view, ready = spec.views
    assert view.record["prompt"].text == "Solve this.\n\n{{ task.prompt }}\n"
    assert view.record["prompt"].lines == (9, 10, 11)
    assert view.split.shares == (("train", Fraction(9, 10)), ("test", Fraction(1, 10)))
    assert (str(view.where_place), str(view.order_place)) == (
        "specs/views/pairs.yaml:6:8",
        "specs/views/pairs.yaml:1:1",
    )
    assert (ready.name, ready.file.path, ready.file.commit) == (
        "lm_text",
        "gitcorpus:specs/views/lm_text.yaml",
        None,
    )
    (release,) = spec.releases
    assert (release.name, release.views, release.max_file_bytes) == (
        "monthly",
        ("pairs", "lm_text"),
        MAX_FILE_BYTES,
    )
    assert release.selection.commits == "accepted/*"
    (waiver,) = spec.waivers
    assert (waiver.id, waiver.code, str(waiver.until)) == ("waivers-1", "", "2026-12-31")
    assert spec.contributors.person("North@Corpus.example").id == "north"


def test_says_every_fault_of_every_file_at_once(load):
    loaded = load(
        corpus=CORPUS.replace("corpus/{unit}/", "corpus/{units}/").replace("name: small\n", "")
        + "policy: {branch: main, owners: {specs/: [leds]}, approvals: 3}\n",
        gates="apiVersion: gitcorpus/v1\nkind: Gates\ngates:\n"
        "  - {id: a, uses: syntx, severity: blck}\n  - {id: a, uses: size}\n",
        contributors=CONTRIBUTORS.replace("{id: work, from", "{id: wrk, from").replace("emails:", "email:"),
        view=VIEW.replace("completion:", "completions:").replace("0.1}", "0.2}"),
        release=RELEASE.replace("pairs,", "pears,"),
        waivers="kind: Waiver\n",
        broken="a: [b\nc: d\n",
    )  # fmt: skip
    assert loaded.spec is None
    assert printed(loaded.findings) == snapshot("""\
specs/broken.yaml:2:2 not-yaml: a bracket that opens before is not closed here
    c: d
     ^
  hint: add the missing `,`, `]` or `}`
specs/contributors.yaml:4:5 missing-field: `people[0]` lacks the field `emails`
      - id: north
        ^
  hint: add `emails: …`. Addresses that the person's commits bear; letter case does not matter. No two people share one.
specs/contributors.yaml:5:5 unknown-field: `people[0]` has no field `email`
        email: [north@corpus.example]
        ^^^^^
  hint: did you mean `emails`?
specs/contributors.yaml:9:22 no-agreement-text: the text of the agreement is not in the tree: `agreements/work.md`
      - {id: work, text: agreements/work.md, grants: work-for-hire}
                         ^^^^^^^^^^^^^^^^^^
  hint: commit the file, or mend the path
specs/corpus.yaml:1:1 missing-field: the document lacks the field `name`
    apiVersion: gitcorpus/v1
    ^
  hint: add `name: …`. The corpus's name; a release's directory begins with it. Letters, digits, `.`, `_` and `-`.
specs/corpus.yaml:4:13 bad-layout: `corpus/{units}/{task}/{solution}` has `{units}`, which means nothing
      solution: corpus/{units}/{task}/{solution}
                ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  hint: did you mean `unit`?
specs/corpus.yaml:11:61 not-built-yet: reviews are not built yet, so nothing could give an approval
    policy: {branch: main, owners: {specs/: [leds]}, approvals: 3}
                                                                ^
  hint: leave `approvals` out; `owners` is enforced without it
specs/gates.yaml:4:19 unknown-gate: there is no gate `syntx`
      - {id: a, uses: syntx, severity: blck}
                      ^^^^^
  hint: did you mean `syntax`?
specs/gates.yaml:4:36 unknown-value: `severity` is `blck`, which means nothing here
      - {id: a, uses: syntx, severity: blck}
                                       ^^^^
  hint: did you mean `block`?
specs/gates.yaml:5:10 duplicate-gate: the gate `a` is declared at specs/gates.yaml:4:10 already
      - {id: a, uses: size}
             ^
  hint: give one of the two another name
specs/view.yaml:8:3 record-misfit: the format `sft_prompt_completion` needs the field `completion`
      prompt: |
      ^
  hint: add `completion: …` to the record
specs/view.yaml:14:8 shares-off: the shares add up to 1.1, not to 1
    split: {by: task, train: 0.9, test: 0.2}
           ^
  hint: mend them so that they do
specs/waivers.yaml:1:7 unknown-kind: there is no kind `Waiver`
    kind: Waiver
          ^^^^^^
  hint: did you mean `Waivers`?
""")


def test_a_fault_of_one_kind_makes_no_false_finding_of_another(load):
    loaded = load(
        gates=GATES,
        contributors=CONTRIBUTORS.replace("people:", "peeple:"),
        waivers=WAIVERS,
        corpus=CORPUS + "policy: {branch: main, owners: {specs/: [leads]}}\n",
        **{"agreements/work.md": "Text.\n"},
    )
    assert [finding.code for finding in loaded.findings] == ["unknown-field"]


def test_a_file_that_does_not_parse_hides_no_other_names(load):
    loaded = load(release=RELEASE, view="name: [\n")
    assert [finding.code for finding in loaded.findings] == ["not-yaml"]


def test_a_corpus_with_a_policy_needs_gates_and_people(load):
    loaded = load(corpus=CORPUS + "policy: {branch: main}\n")
    assert printed(loaded.findings) == snapshot("""\
specs/corpus.yaml:12:9 gates-missing: a corpus with a policy needs gates, and none is declared
    policy: {branch: main}
            ^
  hint: add specs/gates.yaml with `extends: [gitcorpus:recommended]`
specs/corpus.yaml:12:9 people-missing: a corpus with a policy needs people, and none is declared
    policy: {branch: main}
            ^
  hint: add specs/contributors.yaml with the people who write
""")


def test_a_policy_protects_its_branch_unless_it_says_otherwise(load):
    others = {"gates": GATES, "contributors": CONTRIBUTORS, "agreements/work.md": "Text.\n"}
    assert load(corpus=CORPUS + "policy: {branch: trunk}\n", **others).spec.corpus.protected == (
        "refs/heads/trunk",
    )
    none = CORPUS + "policy: {branch: trunk}\nprotected: []\n"
    assert load(corpus=none, **others).spec.corpus.protected == ()


def test_there_are_no_specs_without_files(load):
    assert printed(load(corpus=None, curriculum=None, **{"docs/README.md": ""}).findings) == snapshot("""\
specs no-specs: there is no file specs/**/*.yaml
  hint: `gitcorpus init` writes specs to start from
""")


def test_a_corpus_is_declared_once(load):
    assert printed(load(corpus=None).findings) == snapshot("""\
specs corpus-missing: no document declares the corpus
  hint: add specs/corpus.yaml with `kind: Corpus`
""")
    assert printed(load(corpus=CORPUS, second=CORPUS).findings) == snapshot("""\
specs/second.yaml:1:1 second-corpus: the corpus is declared at specs/corpus.yaml:1:1 already
    apiVersion: gitcorpus/v1
    ^
  hint: a corpus has one document of kind Corpus: remove this one
""")


def test_shows_no_more_than_a_hundred_findings_of_a_file(load):
    many = "".join(f"f{n}: 1\n" for n in range(500))
    findings = load(corpus=CORPUS + many).findings
    assert len(findings) == 101
    assert findings[-1].code == "more-findings"


def test_reads_no_more_files_and_bytes_than_a_limit(load):
    filler = "# " + "x" * 1_000_000 + "\n"
    assert "specs-too-large" in [f.code for f in load(**{f"fill{n}": filler for n in range(6)}).findings]
    many = {f"specs/many/{n:04}.yaml": "#\n" for n in range(loading.MAX_FILES + 1)}
    assert "specs-too-large" in [f.code for f in load(**many).findings]


def test_a_symlink_is_no_spec(load, tmp_path):
    load()
    (tmp_path / "specs" / "linked.yaml").symlink_to("/etc/passwd")
    assert printed(load().findings) == snapshot("""\
specs/linked.yaml not-a-file: 'specs/linked.yaml' is no regular file
  hint: make it a file that can be read
""")


def test_the_digest_is_of_paths_and_bytes(load):
    first = load().spec.digest
    assert load().spec.digest == first
    assert load(corpus=CORPUS + "# more\n").spec.digest != first


def test_every_place_bears_the_commit(load, tmp_path):
    commit = Oid("1" * 40)
    load()
    loaded = loading.load_specs(DirectorySource(tmp_path), commit=commit)
    assert loaded.spec.commit == commit
    assert loaded.spec.tasks[0].place.commit == commit
