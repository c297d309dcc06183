"""Specs that load and cannot be meant: each kind is found by `spec check` and by the push that brings it."""

# ruff: noqa: E501 - what is printed is compared as it is printed

from dataclasses import replace

import pytest
from flows.test_push import Judged
from forge import Forge
from gates.pushes import result_of
from hypothesis import assume, given
from hypothesis import strategies as st
from inline_snapshot import snapshot
from smallest import ADD, CONTRIBUTORS, CORPUS, CURRICULUM, GATES, NOW, RELEASE, SERVER, SPECS, push_of
from spec.printing import printed

from gitcorpus.flows.compiled import view_faults
from gitcorpus.flows.init import Founder, init_corpus
from gitcorpus.flows.policy import load_policy
from gitcorpus.gates.base import STANDING
from gitcorpus.gates.candidates import build_candidate
from gitcorpus.gates.registry import built_in
from gitcorpus.git.repo import Repo
from gitcorpus.model.view import SpecFile
from gitcorpus.spec.dead_globs import link_globs
from gitcorpus.spec.document import parse_document
from gitcorpus.spec.globs import matches
from gitcorpus.spec.load import load_specs
from gitcorpus.spec.review import review_specs
from gitcorpus.spec.sources import DirectorySource

SPEC = built_in("spec")
HEAD = "apiVersion: gitcorpus/v1\nkind: "
SOLUTION = {
    f"{ADD}/add.py": "def add(a, b):\n    return a + b\n",
    f"{ADD}/test_add.py": "from add import add\n",
}


def gates(line):
    return {"specs/gates.yaml": f"{GATES}gates:\n  - {{{line}}}\n"}


def waiver(line):
    return {"specs/waivers.yaml": f"{HEAD}Waivers\nwaivers:\n  - {{{line}}}\n"}


def release(old, new):
    assert old in RELEASE
    return {"specs/release.yaml": RELEASE.replace(old, new)}


def corpus(old, new):
    assert old in CORPUS
    return {"specs/corpus.yaml": CORPUS.replace(old, new)}


def unit(line):
    return {
        "specs/curriculum.yaml": CURRICULUM.replace("    title: Basics\n", f"    title: Basics\n    {line}\n")
    }


W = "reason: r, by: lead, until: 2026-12-31"
KINDS = {
    "an order of the release": release("license:", "order: curriculum\nlicense:"),
    "anonymize": release("license:", "anonymize: {profile: external}\nlicense:"),
    "outside sources": release(
        "license:", f"sources: [{{name: a, url: 'https://corpus.example/a', commit: {'a' * 40}, licenses: [MIT]}}]\nlicense:"
    ),
    "a licence that SPDX does not know": release("LicenseRef-Test", "Apache2"),
    "a half expression": release("LicenseRef-Test", "MIT AND"),
    "a licence in lower case": release("LicenseRef-Test", "mit"),
    "a licence of one's own without a text": release("LicenseRef-Test", "MIT OR LicenseRef-Mine"),
    "tags by their full name": release('"v*"', '"refs/tags/v*"'),
    "tags with two dots": release('"v*"', '"v..*"'),
    "tags that end in .lock": release('"v*"', '"v*.lock"'),
    "tags with a brace": release('"v*"', '"{v,w}*"'),
    "tags that begin with a dash": release('"v*"', '"-v*"'),
    "tags with an empty part": release('"v*"', '"dataset//v*"'),
    "commits by the full name of a tag": release("license:", "select: {commits: 'tag:refs/tags/ok/*'}\nlicense:"),
    "a selection by a glob": release("license:", "select: {paths: ['corpus/*']}\nlicense:"),
    "a selection of nothing": release("license:", "select: {paths: [copus/]}\nlicense:"),
    "a selected path twice": release("license:", "select: {paths: [corpus/, corpus/]}\nlicense:"),
    "a gate whose paths match nothing": gates("id: s, uses: size, paths: ['copus/**']"),
    "a gate whose paths stop too early": gates("id: s, uses: size, paths: ['corpus/*']"),
    "a gate whose path is a folder's name": gates("id: s, uses: size, paths: [corpus]"),
    "a gate whose path names no unit": gates("id: s, uses: size, paths: ['corpus/basic/**']"),
    "a gate whose path begins with a slash": gates("id: s, uses: size, paths: ['/corpus/**']"),
    "a gate whose path goes up": gates("id: s, uses: size, paths: ['../corpus/**']"),
    "a gate whose path has backslashes": gates("id: s, uses: size, paths: ['corpus\\basics\\**']"),
    "a gate for a branch's short name": gates("id: s, uses: size, refs: [main]"),
    "a gate at merges for refs that are not protected": gates("id: s, uses: size, when: merge, refs: ['refs/heads/topic/*']"),
    "a gate at releases for a branch": gates("id: s, uses: size, when: release, refs: [refs/heads/main]"),
    "a gate with empty refs": gates("id: s, uses: size, refs: []"),
    "a gate with empty paths": gates("id: s, uses: size, paths: []"),
    "a gate for a language that no task takes": gates("id: s, uses: size, languages: [rust]"),
    "owners of nothing": corpus("{branch: main}", "{branch: main, owners: {spces/: [lead]}}"),
    "a gate's language twice": gates("id: s, uses: size, languages: [python, python]"),
    "a gate that always judges, softened": gates("id: paths, uses: paths, severity: warn"),
    "a gate that always judges, narrowed": gates("id: refs, uses: refs, refs: [refs/heads/main]"),
    "a profile twice": {"specs/gates.yaml": GATES.replace("[gitcorpus:recommended]", "[gitcorpus:recommended, gitcorpus:recommended]")},
    "a budget without a unit": gates("id: s, uses: size, budget: 20"),
    "a waiver that has lapsed": waiver("gate: syntax, paths: ['corpus/**'], reason: r, by: lead, until: 2020-01-01"),
    "a waiver that covers nothing": waiver(f"gate: syntax, paths: [corpus/basics/ad/], {W}"),
    "a waiver of a gate that none waives": waiver(f"gate: refs, paths: ['**'], {W}"),
    "a waiver of findings that no gate has": waiver(f"gate: syntax, code: sintax-error, paths: ['**'], {W}"),
    "a waiver by nobody": waiver("gate: syntax, paths: ['**'], reason: r, by: boss, until: 2026-12-31"),
    "a waiver's path twice": waiver(f"gate: syntax, paths: ['corpus/**', 'corpus/**'], {W}"),
    "a quota of none": unit("quota: {solutions: 0}"),
    "languages above the total": unit("quota: {solutions: 3, per_language: {python: 3, go: 1}}"),
    "a language that no task takes": unit("quota: {per_language: {rust: 1}}"),
    "a technique that no task practises": unit("quota: {per_technique: {loops: 1}}"),
    "a window without a day": unit("window: {}"),
    "a window that ends before it begins": unit("window: {from: 2026-03-01, to: 2026-02-01}"),
    "a task's language twice": {"specs/curriculum.yaml": CURRICULUM.replace("[python, go]", "[python, go, python]")},
    "a protected branch by its short name": corpus("[refs/heads/main]", "[main]"),
    "a protected ref that git cannot have": corpus("[refs/heads/main]", "['refs/heads/a..*']"),
    "a policy branch by its full name": corpus("{branch: main}", "{branch: refs/heads/main}"),
    "files elsewhere that nobody has": corpus("layout:\n", "layout:\n  elsewhere: ['specs/**', '*', 'agreements/**', 'LICENSES/**', 'dosc/**']\n"),
    "no room for the specs": corpus("layout:\n", "layout:\n  elsewhere: ['*', 'agreements/**', 'LICENSES/**']\n"),
    "a role after one that takes all": {
        "specs/corpus.yaml": CORPUS.replace('    source: ["**/*"]\n', "").replace("  roles:\n", '  roles:\n    source: ["**/*"]\n')
    },
    "a glob in two roles": corpus('fixture: ["data/**"]', 'fixture: ["data/**", "*.md"]'),
    "a role's glob that begins with a slash": corpus('fixture: ["data/**"]', 'fixture: ["/data/**"]'),
    "a role's glob from the root": corpus('fixture: ["data/**"]', 'fixture: ["corpus/*/*/*/data/*"]'),
    "an ending without its dot": corpus("layout:\n", "layout:\n  languages: {py: python}\n"),
    "an ending in capitals": corpus("layout:\n", "layout:\n  languages: {.TPL: gotemplate}\n"),
    "an ending that is a glob": corpus("layout:\n", "layout:\n  languages: {'*.tpl': gotemplate}\n"),
    "ignored commits in no file": corpus("layout:\n", "origins: {ignore_revs_file: .ignored}\nlayout:\n"),
    "a person's role twice": {"specs/contributors.yaml": CONTRIBUTORS.replace("id: north,", "id: north, roles: [author, author],")},
    "an ending in capitals of a spec": {"specs/more.YAML": CURRICULUM.replace("basics", "more")},
    "a spec saved as text": {"specs/waivers.yaml.txt": f"{HEAD}Waivers\nwaivers: []\n"},
    "a spec as JSON": {"specs/waivers.json": '{"apiVersion": "gitcorpus/v1", "kind": "Waivers", "waivers": []}'},
    "an editor's copy": {"specs/gates.yaml~": GATES},
    "a spec at the root": {"gates.yaml": GATES},
    "a spec in a folder of another name": {"agreements/ip.md": "x\n", "spec/gates.yaml": GATES},
    "a pack that no gate applies": {
        "specs/rules/mine.yaml": f"{HEAD}Rules\nid: mine\nlanguages: [python]\nrules:\n"
        "  - {id: no-pass, query: '(pass_statement) @match', sentence: it passes, hint: write it, accepted: ['a = 1'], refused: ['pass']}\n"
    },
    "a view that no release ships": {
        "specs/views/more.yaml": f"{HEAD}View\nname: more\nformat: lm_text\nfrom: files\nrecord: {{text: '{{{{ file.text }}}}'}}\n"
    },
}  # fmt: skip


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    work = Forge(tmp_path_factory.mktemp("review")).work()
    work.commit({**SPECS, **SOLUTION}, author="lead")
    work.git("checkout", "--quiet", "--detach")
    return work


def checked_in(folder):
    """Return what `spec check` says in a folder."""
    source = DirectorySource(folder)
    loaded = load_specs(source, commit=None)
    return (*loaded.findings, *review_specs(loaded, source, standing=STANDING, today=NOW.date()))


def checked(work):
    return checked_in(work.path)


@pytest.fixture(scope="module")
def brought(work):
    """Return what `spec check` and the gate say when each kind is committed beside what the corpus holds."""
    repo = Repo.open(work.git_dir)
    policy, base, said = load_policy(repo, SERVER), work.head, {}
    for name, files in KINDS.items():
        update = push_of(work.commit(files, author="lead"), old=base).updates[0]
        candidate = build_candidate(update, repo=repo, server=SERVER, spec=policy.spec, policy=policy.commit)
        result = result_of(replace(candidate, compiled=view_faults), SPEC)
        assert result.reason == "", name
        said[name] = checked(work), result.findings
        work.git("reset", "--quiet", "--hard", base)
    assert said.keys() == KINDS.keys()
    return said


def test_the_smallest_corpus_has_nothing(work):
    assert checked(work) == ()


def test_a_new_corpus_has_nothing(tmp_path):
    written = init_corpus(tmp_path / "new", Founder(name="Ada", email="ada@corpus.example"), today=NOW.date())
    assert "LICENSES/LicenseRef-Internal.txt" in written
    assert checked_in(tmp_path / "new") == ()


def test_a_corpus_without_solutions_may_speak_of_those_to_come(forge):
    work = forge.work()
    globs = [
        "corpus/**",
        "corpus/basics/",
        "corpus/*/add/**",
        "corpus/basics/*/*/*.py",
        "**/test_*.py",
        "corpus/[ab]*/**",
    ]
    listed = ", ".join(f"'{glob}'" for glob in globs)
    work.commit(
        {
            **SPECS,
            **gates(f"id: s, uses: size, paths: [{listed}]"),
            **waiver(f"gate: s, paths: [{listed}], {W}"),
        }
    )
    assert checked(work) == ()


def test_a_folder_of_specs_alone_has_no_tree_to_compare_with(tmp_path):
    for path, text in {**SPECS, **gates("id: s, uses: size, paths: ['copus/**', '/x']")}.items():
        if path.startswith("specs/"):
            file = tmp_path / "rules" / path.removeprefix("specs/")
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
    (tmp_path / "rules" / "more.yaml.txt").write_text(GATES)
    assert [each.code for each in checked_in(tmp_path / "rules")] == [
        "no-agreement-text",
        "dead-glob",
        "no-license-text",
    ]


def test_each_kind_is_found_by_the_check_and_by_the_push(brought):
    lines = []
    for name, (here, pushed) in brought.items():
        assert here, name
        assert printed(here) in printed(pushed), name
        lines += [f"{name}: {each.code} {each.place} {each.severity}" for each in pushed]
    assert len(KINDS) > 60
    assert lines == snapshot(
        [
            "an order of the release: not-built-yet specs/release.yaml:6:1 block",
            "anonymize: not-built-yet specs/release.yaml:6:1 block",
            "outside sources: not-built-yet specs/release.yaml:6:1 block",
            "a licence that SPDX does not know: bad-license specs/release.yaml:6:10 block",
            "a half expression: bad-license specs/release.yaml:6:10 block",
            "a licence in lower case: bad-license specs/release.yaml:6:10 warn",
            "a licence of one's own without a text: no-license-text specs/release.yaml:6:10 warn",
            "tags by their full name: bad-ref-glob specs/release.yaml:4:7 block",
            "tags with two dots: bad-ref-glob specs/release.yaml:4:7 block",
            "tags that end in .lock: bad-ref-glob specs/release.yaml:4:7 block",
            "tags with a brace: bad-ref-glob specs/release.yaml:4:7 warn",
            "tags that begin with a dash: bad-ref-glob specs/release.yaml:4:7 block",
            "tags with an empty part: bad-ref-glob specs/release.yaml:4:7 block",
            "commits by the full name of a tag: bad-ref-glob specs/release.yaml:6:19 block",
            "a selection by a glob: dead-glob specs/release.yaml:6:18 block",
            "a selection of nothing: dead-glob specs/release.yaml:6:18 warn",
            "a selected path twice: repeated-item specs/release.yaml:6:27 warn",
            "a gate whose paths match nothing: dead-glob specs/gates.yaml:5:33 warn",
            "a gate whose paths stop too early: dead-glob specs/gates.yaml:5:33 warn",
            "a gate whose path is a folder's name: dead-glob specs/gates.yaml:5:33 warn",
            "a gate whose path names no unit: dead-glob specs/gates.yaml:5:33 warn",
            "a gate whose path begins with a slash: dead-glob specs/gates.yaml:5:33 block",
            "a gate whose path goes up: dead-glob specs/gates.yaml:5:33 block",
            "a gate whose path has backslashes: dead-glob specs/gates.yaml:5:33 block",
            "a gate for a branch's short name: bad-ref-glob specs/gates.yaml:5:32 block",
            "a gate at merges for refs that are not protected: gate-never-judges specs/gates.yaml:5:45 block",
            "a gate at releases for a branch: gate-never-judges specs/gates.yaml:5:47 block",
            "a gate with empty refs: empty-list specs/gates.yaml:5:31 warn",
            "a gate with empty paths: empty-list specs/gates.yaml:5:32 warn",
            "a gate for a language that no task takes: language-untaken specs/gates.yaml:5:37 warn",
            "owners of nothing: dead-glob specs/corpus.yaml:4:33 warn",
            "a gate's language twice: repeated-item specs/gates.yaml:5:45 warn",
            "a gate that always judges, softened: always-on specs/gates.yaml:5:30 block",
            "a gate that always judges, narrowed: always-on specs/gates.yaml:5:28 block",
            "a profile twice: repeated-item specs/gates.yaml:3:34 warn",
            "a budget without a unit: wrong-type specs/gates.yaml:5:33 block",
            "a waiver that has lapsed: waiver-lapsed specs/waivers.yaml:4:70 warn",
            "a waiver that covers nothing: dead-glob specs/waivers.yaml:4:28 warn",
            "a waiver of a gate that none waives: waiver-without-effect specs/waivers.yaml:4:12 block",
            "a waiver of findings that no gate has: unknown-code specs/waivers.yaml:4:26 warn",
            "a waiver by nobody: unknown-person specs/waivers.yaml:4:50 block",
            "a waiver's path twice: repeated-item specs/waivers.yaml:4:41 warn",
            "a quota of none: quota-of-none specs/curriculum.yaml:6:24 warn",
            "languages above the total: quota-over-total specs/curriculum.yaml:6:27 block",
            "a language that no task takes: quota-out-of-reach specs/curriculum.yaml:6:28 block",
            "a technique that no task practises: quota-out-of-reach specs/curriculum.yaml:6:29 block",
            "a window without a day: empty-window specs/curriculum.yaml:6:13 warn",
            "a window that ends before it begins: empty-range specs/curriculum.yaml:6:36 block",
            "a task's language twice: repeated-item specs/curriculum.yaml:14:65 warn",
            "a protected branch by its short name: bad-ref-glob specs/corpus.yaml:14:13 block",
            "a protected ref that git cannot have: bad-ref-glob specs/corpus.yaml:14:13 block",
            "a policy branch by its full name: bad-ref-glob specs/corpus.yaml:4:18 block",
            "a policy branch by its full name: policy-branch-differs specs/corpus.yaml:4:9 block",
            "files elsewhere that nobody has: dead-glob specs/corpus.yaml:6:64 warn",
            "no room for the specs: no-room-for-specs specs/corpus.yaml:6:14 warn",
            "a role after one that takes all: role-shadowed specs/corpus.yaml:9:14 block",
            "a role after one that takes all: role-shadowed specs/corpus.yaml:10:18 block",
            "a role after one that takes all: role-shadowed specs/corpus.yaml:11:12 block",
            "a role after one that takes all: role-shadowed specs/corpus.yaml:12:11 block",
            "a role after one that takes all: role-shadowed specs/corpus.yaml:13:15 block",
            "a glob in two roles: role-shadowed specs/corpus.yaml:12:26 block",
            "a role's glob that begins with a slash: dead-glob specs/corpus.yaml:12:15 block",
            "a role's glob from the root: dead-glob specs/corpus.yaml:12:15 warn",
            "an ending without its dot: bad-ending specs/corpus.yaml:6:15 warn",
            "an ending in capitals: bad-ending specs/corpus.yaml:6:15 block",
            "an ending that is a glob: bad-ending specs/corpus.yaml:6:15 block",
            "ignored commits in no file: no-such-file specs/corpus.yaml:5:29 block",
            "a person's role twice: repeated-item specs/contributors.yaml:5:33 warn",
            "an ending in capitals of a spec: spec-not-read specs/more.YAML block",
            "a spec saved as text: spec-not-read specs/waivers.yaml.txt block",
            "a spec as JSON: spec-not-read specs/waivers.json block",
            "an editor's copy: spec-not-read specs/gates.yaml~ warn",
            "a spec at the root: spec-not-read gates.yaml warn",
            "a spec in a folder of another name: spec-not-read spec/gates.yaml warn",
            "a pack that no gate applies: pack-unused specs/rules/mine.yaml:3:5 warn",
            "a pack that no gate applies: bad-query specs/rules/mine.yaml:6:26 block",
            "a view that no release ships: view-unshipped specs/views/more.yaml:3:7 warn",
        ]
    )


def test_says_where_and_what_now(brought):
    found = {name: here for name, (here, _) in brought.items()}
    for name, findings in found.items():
        for finding in findings:
            assert finding.hint, name
            assert (finding.quote is None) == (finding.code == "spec-not-read"), name
    assert "".join(f"# {name}\n{printed(findings)}" for name, findings in found.items()) == snapshot("""\
# an order of the release
specs/release.yaml:6:1 not-built-yet: the release asks for `order`, which this version does not do yet
    order: curriculum
    ^^^^^
  hint: leave `order` out; the view `gitcorpus:curriculum` says in which order records come
# anonymize
specs/release.yaml:6:1 not-built-yet: the release asks for `anonymize`, which this version does not do yet
    anonymize: {profile: external}
    ^^^^^^^^^
  hint: leave `anonymize` out
# outside sources
specs/release.yaml:6:1 not-built-yet: the release asks for `sources`, which this version does not do yet
    sources: [{name: a, url: 'https://corpus.example/a', commit: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa, licenses: [MIT]}]
    ^^^^^^^
  hint: leave `sources` out
# a licence that SPDX does not know
specs/release.yaml:6:10 bad-license: `Apache2` is no SPDX licence expression
    license: Apache2
             ^^^^^^^
  hint: did you mean `Apache-2.0`?
# a half expression
specs/release.yaml:6:10 bad-license: `MIT AND` is no SPDX licence expression
    license: MIT AND
             ^^^^^^^
  hint: SPDX lists all; a licence of your own is `LicenseRef-NAME`
# a licence in lower case
specs/release.yaml:6:10 bad-license: SPDX writes `mit` as `MIT`
    license: mit
             ^^^
  hint: license: MIT
# a licence of one's own without a text
specs/release.yaml:6:10 no-license-text: the tree has no text of the licence `LicenseRef-Mine`, so a release has none
    license: MIT OR LicenseRef-Mine
             ^^^^^^^^^^^^^^^^^^^^^^
  hint: commit it as LICENSES/LicenseRef-Mine.txt
# tags by their full name
specs/release.yaml:4:7 bad-ref-glob: `refs/tags/v*` is the full name of a ref, and a tag's short name is wanted here
    tags: "refs/tags/v*"
          ^^^^^^^^^^^^^^
  hint: write `v*`
# tags with two dots
specs/release.yaml:4:7 bad-ref-glob: no tag can be called `v..*`: it has a blank, `..`, `@{` or one of `~^:\\`
    tags: "v..*"
          ^^^^^^
  hint: for example `v1`
# tags that end in .lock
specs/release.yaml:4:7 bad-ref-glob: no tag can be called `v*.lock`: a part of it ends in `.lock`
    tags: "v*.lock"
          ^^^^^^^^^
  hint: for example `v1`
# tags with a brace
specs/release.yaml:4:7 bad-ref-glob: a brace in `{v,w}*` stands for itself, and not for a choice
    tags: "{v,w}*"
          ^^^^^^^^
  hint: write a spec for each, or use `*`
# tags that begin with a dash
specs/release.yaml:4:7 bad-ref-glob: no tag can be called `-v*`: it begins with `-`
    tags: "-v*"
          ^^^^^
  hint: for example `v1`
# tags with an empty part
specs/release.yaml:4:7 bad-ref-glob: no tag can be called `dataset//v*`: a part of it is empty
    tags: "dataset//v*"
          ^^^^^^^^^^^^^
  hint: for example `v1`
# commits by the full name of a tag
specs/release.yaml:6:19 bad-ref-glob: `refs/tags/ok/*` is the full name of a ref, and a tag's short name is wanted here
    select: {commits: 'tag:refs/tags/ok/*'}
                      ^^^^^^^^^^^^^^^^^^^^
  hint: write `tag:ok/*`
# a selection by a glob
specs/release.yaml:6:18 dead-glob: `select.paths` are folders and files, and `corpus/*` is a glob: nothing stands below it
    select: {paths: ['corpus/*']}
                     ^^^^^^^^^^
  hint: write `corpus/`
# a selection of nothing
specs/release.yaml:6:18 dead-glob: nothing stands below `copus/`: the release takes nothing by it
    select: {paths: [copus/]}
                     ^^^^^^
  hint: did you mean `corpus/`?
# a selected path twice
specs/release.yaml:6:27 repeated-item: `corpus/` stands in the list already, on line 6
    select: {paths: [corpus/, corpus/]}
                              ^^^^^^^
  hint: remove one of the two
# a gate whose paths match nothing
specs/gates.yaml:5:33 dead-glob: no file matches `copus/**`: the gate judges no file by it
      - {id: s, uses: size, paths: ['copus/**']}
                                    ^^^^^^^^^^
  hint: did you mean `corpus/**`?
# a gate whose paths stop too early
specs/gates.yaml:5:33 dead-glob: no file matches `corpus/*`: the gate judges no file by it
      - {id: s, uses: size, paths: ['corpus/*']}
                                    ^^^^^^^^^^
  hint: did you mean `corpus/**`?
# a gate whose path is a folder's name
specs/gates.yaml:5:33 dead-glob: no file matches `corpus`: the gate judges no file by it
      - {id: s, uses: size, paths: [corpus]}
                                    ^^^^^^
  hint: did you mean `corpus/**`?
# a gate whose path names no unit
specs/gates.yaml:5:33 dead-glob: no file matches `corpus/basic/**`: the gate judges no file by it
      - {id: s, uses: size, paths: ['corpus/basic/**']}
                                    ^^^^^^^^^^^^^^^^^
  hint: did you mean `corpus/basics/**`?
# a gate whose path begins with a slash
specs/gates.yaml:5:33 dead-glob: no path can match `/corpus/**`: a path does not begin with `/`
      - {id: s, uses: size, paths: ['/corpus/**']}
                                    ^^^^^^^^^^^^
  hint: write `corpus/**`
# a gate whose path goes up
specs/gates.yaml:5:33 dead-glob: no path can match `../corpus/**`: a path has no folder `.` or `..`
      - {id: s, uses: size, paths: ['../corpus/**']}
                                    ^^^^^^^^^^^^^^
  hint: write `corpus/**`
# a gate whose path has backslashes
specs/gates.yaml:5:33 dead-glob: no path can match `corpus\\basics\\**`: `\\` does not part folders
      - {id: s, uses: size, paths: ['corpus\\basics\\**']}
                                    ^^^^^^^^^^^^^^^^^^
  hint: write `corpus/basics/**`
# a gate for a branch's short name
specs/gates.yaml:5:32 bad-ref-glob: no ref can match `main`: a ref's full name begins with `refs/heads/` or `refs/tags/`
      - {id: s, uses: size, refs: [main]}
                                   ^^^^
  hint: write `refs/heads/main`
# a gate at merges for refs that are not protected
specs/gates.yaml:5:45 gate-never-judges: the gate judges protected refs, and its `refs` match none of them
      - {id: s, uses: size, when: merge, refs: ['refs/heads/topic/*']}
                                                ^^^^^^^^^^^^^^^^^^^^
  hint: those are `refs/heads/main`, `refs/tags/v*`
# a gate at releases for a branch
specs/gates.yaml:5:47 gate-never-judges: the gate judges tags of releases, and its `refs` match none of them
      - {id: s, uses: size, when: release, refs: [refs/heads/main]}
                                                  ^^^^^^^^^^^^^^^
  hint: those are `refs/tags/v*`
# a gate with empty refs
specs/gates.yaml:5:31 empty-list: an empty `refs` does not narrow the gate: it judges all of them
      - {id: s, uses: size, refs: []}
                                  ^
  hint: leave `refs` out, or remove the gate
# a gate with empty paths
specs/gates.yaml:5:32 empty-list: an empty `paths` does not narrow the gate: it judges all of them
      - {id: s, uses: size, paths: []}
                                   ^
  hint: leave `paths` out, or remove the gate
# a gate for a language that no task takes
specs/gates.yaml:5:37 language-untaken: no task takes `rust`, so the gate judges no solution in it
      - {id: s, uses: size, languages: [rust]}
                                        ^^^^
  hint: known: go, python
# owners of nothing
specs/corpus.yaml:4:33 dead-glob: no file matches `spces/`: its owners own nothing by it
    policy: {branch: main, owners: {spces/: [lead]}}
                                    ^^^^^^
  hint: did you mean `specs/`?
# a gate's language twice
specs/gates.yaml:5:45 repeated-item: `python` stands in the list already, on line 5
      - {id: s, uses: size, languages: [python, python]}
                                                ^^^^^^
  hint: remove one of the two
# a gate that always judges, softened
specs/gates.yaml:5:30 always-on: the gate `paths` judges every push in full, whatever its `severity` says
      - {id: paths, uses: paths, severity: warn}
                                 ^^^^^^^^
  hint: leave `severity` out
# a gate that always judges, narrowed
specs/gates.yaml:5:28 always-on: the gate `refs` judges every push in full, whatever its `refs` says
      - {id: refs, uses: refs, refs: [refs/heads/main]}
                               ^^^^
  hint: leave `refs` out
# a profile twice
specs/gates.yaml:3:34 repeated-item: `gitcorpus:recommended` stands in the list already, on line 3
    extends: [gitcorpus:recommended, gitcorpus:recommended]
                                     ^^^^^^^^^^^^^^^^^^^^^
  hint: remove one of the two
# a budget without a unit
specs/gates.yaml:5:33 wrong-type: `budget` is a whole number, it must be text
      - {id: s, uses: size, budget: 20}
                                    ^^
  hint: write `20s` for seconds
# a waiver that has lapsed
specs/waivers.yaml:4:70 waiver-lapsed: the waiver has lapsed: its last day was `2020-01-01`
      - {gate: syntax, paths: ['corpus/**'], reason: r, by: lead, until: 2020-01-01}
                                                                         ^^^^^^^^^^
  hint: remove it, or name a later day
# a waiver that covers nothing
specs/waivers.yaml:4:28 dead-glob: no file matches `corpus/basics/ad/`: the waiver covers nothing by it
      - {gate: syntax, paths: [corpus/basics/ad/], reason: r, by: lead, until: 2026-12-31}
                               ^^^^^^^^^^^^^^^^^
  hint: did you mean `corpus/basics/add/`?
# a waiver of a gate that none waives
specs/waivers.yaml:4:12 waiver-without-effect: no waiver lets findings of the gate `refs` through
      - {gate: refs, paths: ['**'], reason: r, by: lead, until: 2026-12-31}
               ^^^^
  hint: remove it, and mend what the gate finds
# a waiver of findings that no gate has
specs/waivers.yaml:4:26 unknown-code: no gate gives a finding the code `sintax-error`, so the waiver covers nothing
      - {gate: syntax, code: sintax-error, paths: ['**'], reason: r, by: lead, until: 2026-12-31}
                             ^^^^^^^^^^^^
  hint: did you mean `syntax-error`?
# a waiver by nobody
specs/waivers.yaml:4:50 unknown-person: there is no person `boss`
      - {gate: syntax, paths: ['**'], reason: r, by: boss, until: 2026-12-31}
                                                     ^^^^
  hint: known: lead, north, south, east
# a waiver's path twice
specs/waivers.yaml:4:41 repeated-item: `corpus/**` stands in the list already, on line 4
      - {gate: syntax, paths: ['corpus/**', 'corpus/**'], reason: r, by: lead, until: 2026-12-31}
                                            ^^^^^^^^^^^
  hint: remove one of the two
# a quota of none
specs/curriculum.yaml:6:24 quota-of-none: the unit wants no solution
        quota: {solutions: 0}
                           ^
  hint: leave `quota` out, or say how many are wanted
# languages above the total
specs/curriculum.yaml:6:27 quota-over-total: `per_language` adds up to 4, and the unit wants 3 solutions in all
        quota: {solutions: 3, per_language: {python: 3, go: 1}}
                              ^^^^^^^^^^^^
  hint: raise `solutions`, or lower these
# a language that no task takes
specs/curriculum.yaml:6:28 quota-out-of-reach: no task of the unit has `rust` in its `languages`
        quota: {per_language: {rust: 1}}
                               ^^^^
  hint: known: go, python
# a technique that no task practises
specs/curriculum.yaml:6:29 quota-out-of-reach: no task of the unit has `loops` in its `techniques`
        quota: {per_technique: {loops: 1}}
                                ^^^^^
  hint: add a task, or take it out
# a window without a day
specs/curriculum.yaml:6:13 empty-window: the window has no day
        window: {}
                ^
  hint: add `from` and `to`, or leave it out
# a window that ends before it begins
specs/curriculum.yaml:6:36 empty-range: `2026-02-01` lies before `2026-03-01`: no day is in between
        window: {from: 2026-03-01, to: 2026-02-01}
                                       ^^^^^^^^^^
  hint: `to` is the last day, inclusive
# a task's language twice
specs/curriculum.yaml:14:65 repeated-item: `python` stands in the list already, on line 14
          - {id: subtract, title: Subtract, languages: [python, go, python], difficulty: 2}
                                                                    ^^^^^^
  hint: remove one of the two
# a protected branch by its short name
specs/corpus.yaml:14:13 bad-ref-glob: no ref can match `main`: a ref's full name begins with `refs/heads/` or `refs/tags/`
    protected: [main]
                ^^^^
  hint: write `refs/heads/main`
# a protected ref that git cannot have
specs/corpus.yaml:14:13 bad-ref-glob: no ref can match `refs/heads/a..*`: it has a blank, `..`, `@{` or one of `~^:\\`
    protected: ['refs/heads/a..*']
                ^^^^^^^^^^^^^^^^^
  hint: mend the glob
# a policy branch by its full name
specs/corpus.yaml:4:18 bad-ref-glob: `refs/heads/main` is the full name of a ref, and a branch's short name is wanted here
    policy: {branch: refs/heads/main}
                     ^^^^^^^^^^^^^^^
  hint: write `main`
# files elsewhere that nobody has
specs/corpus.yaml:6:64 dead-glob: no file matches `dosc/**`: nothing may stand there by it
      elsewhere: ['specs/**', '*', 'agreements/**', 'LICENSES/**', 'dosc/**']
                                                                   ^^^^^^^^^
  hint: mend it, or take it out until there are such files
# no room for the specs
specs/corpus.yaml:6:14 no-room-for-specs: `elsewhere` has no room for `specs/corpus.yaml` itself, so no push could bring it
      elsewhere: ['*', 'agreements/**', 'LICENSES/**']
                 ^
  hint: add `specs/**`
# a role after one that takes all
specs/corpus.yaml:9:14 role-shadowed: a file that matches it is `source` by `**/*` on line 8
        prompt: [TASK.md]
                 ^^^^^^^
  hint: write `prompt` before `source`: the first role that matches wins
specs/corpus.yaml:10:18 role-shadowed: a file that matches it is `source` by `**/*` on line 8
        annotation: [RANKS.yaml]
                     ^^^^^^^^^^
  hint: write `annotation` before `source`: the first role that matches wins
specs/corpus.yaml:11:12 role-shadowed: a file that matches it is `source` by `**/*` on line 8
        test: ["**/test_*.py"]
               ^^^^^^^^^^^^^^
  hint: write `test` before `source`: the first role that matches wins
specs/corpus.yaml:12:11 role-shadowed: a file that matches it is `source` by `**/*` on line 8
        doc: ["*.md"]
              ^^^^^^
  hint: write `doc` before `source`: the first role that matches wins
specs/corpus.yaml:13:15 role-shadowed: a file that matches it is `source` by `**/*` on line 8
        fixture: ["data/**"]
                  ^^^^^^^^^
  hint: write `fixture` before `source`: the first role that matches wins
# a glob in two roles
specs/corpus.yaml:12:26 role-shadowed: a file that matches it is `doc` by `*.md` on line 11
        fixture: ["data/**", "*.md"]
                             ^^^^^^
  hint: write `fixture` before `doc`: the first role that matches wins
# a role's glob that begins with a slash
specs/corpus.yaml:12:15 dead-glob: no path within a solution can match `/data/**`: a path does not begin with `/`
        fixture: ["/data/**"]
                  ^^^^^^^^^^
  hint: for example `*.md`
# a role's glob from the root
specs/corpus.yaml:12:15 dead-glob: globs of roles are matched within the solution, and `corpus/*/*/*/data/*` begins at the root of the tree
        fixture: ["corpus/*/*/*/data/*"]
                  ^^^^^^^^^^^^^^^^^^^^^
  hint: write `data/*`
# an ending without its dot
specs/corpus.yaml:6:15 bad-ending: no file name ends in `py`: without a dot it is the whole name of a file
      languages: {py: python}
                  ^^
  hint: write `.py`
# an ending in capitals
specs/corpus.yaml:6:15 bad-ending: no file name ends in `.TPL`: an ending is compared in lower case, from the last dot on
      languages: {.TPL: gotemplate}
                  ^^^^
  hint: write `.tpl`
# an ending that is a glob
specs/corpus.yaml:6:15 bad-ending: no file name ends in `*.tpl`: it is no glob and no path
      languages: {'*.tpl': gotemplate}
                  ^^^^^^^
  hint: write `.tpl`
# ignored commits in no file
specs/corpus.yaml:5:29 no-such-file: there is no file `.ignored` in the tree, and no release could be compiled
    origins: {ignore_revs_file: .ignored}
                                ^^^^^^^^
  hint: commit the file, or leave `ignore_revs_file` out
# a person's role twice
specs/contributors.yaml:5:33 repeated-item: `author` stands in the list already, on line 5
      - {id: north, roles: [author, author], emails: [north@corpus.example], agreements: [{id: ip, from: 2026-01-01}]}
                                    ^^^^^^
  hint: remove one of the two
# an ending in capitals of a spec
specs/more.YAML spec-not-read: the file looks like a spec and is not read: its name does not end in `.yaml` or `.yml`
  hint: keep it elsewhere, or move it: mkdir -p specs && mv specs/more.YAML specs/more.yaml
# a spec saved as text
specs/waivers.yaml.txt spec-not-read: the file looks like a spec and is not read: its name does not end in `.yaml` or `.yml`
  hint: keep it elsewhere, or move it: mkdir -p specs && mv specs/waivers.yaml.txt specs/waivers.yaml
# a spec as JSON
specs/waivers.json spec-not-read: the file looks like a spec and is not read: its name does not end in `.yaml` or `.yml`
  hint: keep it elsewhere, or move it: mkdir -p specs && mv specs/waivers.json specs/waivers.yaml
# an editor's copy
specs/gates.yaml~ spec-not-read: the file looks like a spec and is not read: its name does not end in `.yaml` or `.yml`
  hint: `specs/gates.yaml` is read in its place: remove this one, or keep it elsewhere
# a spec at the root
gates.yaml spec-not-read: the file looks like a spec and is not read: it does not stand in `specs/`
  hint: git mv gates.yaml specs/gates.yaml
# a spec in a folder of another name
spec/gates.yaml spec-not-read: the file looks like a spec and is not read: it does not stand in `specs/`
  hint: git mv spec/gates.yaml specs/gates.yaml
# a pack that no gate applies
specs/rules/mine.yaml:3:5 pack-unused: no gate applies the pack `mine`
    id: mine
        ^^^^
  hint: {id: style, uses: style, with: {rules: [mine]}}
# a view that no release ships
specs/views/more.yaml:3:7 view-unshipped: no release ships the view `more`
    name: more
          ^^^^
  hint: add it to the `views` of a release
""")


def test_a_push_that_leaves_warned_specs_alone_neither_loads_them_again_nor_repeats_it(forge):
    work = forge.work()
    found = "  - id: found\n    title: Found\n    discover: {layout: 'corpus/{unit}/{task}', languages: [python]}\n"
    warned = {
        **SPECS,
        **SOLUTION,
        **gates("id: s, uses: size, paths: ['copus/**']"),
        "specs/curriculum.yaml": CURRICULUM + found,
    }
    base = work.commit(warned, author="lead")
    work.git("checkout", "--quiet", "--detach")
    repo = Repo.open(work.git_dir)
    before = load_policy(repo, SERVER)
    tip = work.commit({f"{ADD}/add.py": "def add(a, b):\n    return b + a\n"})
    judged = Judged(work, push_of(tip, old=base))
    assert [each.code for each in judged.verdict.findings] == []
    work.git("update-ref", "refs/heads/main", tip)
    after = load_policy(repo, SERVER, before)
    assert after.commit == tip
    assert after.spec.curricula is before.spec.curricula
    touched = work.commit({"specs/gates.yaml": warned["specs/gates.yaml"] + "# more\n"}, author="lead")
    judged = Judged(work, push_of(touched, old=tip, pusher="lead"))
    assert sorted(each.code for each in judged.verdict.findings) == ["dead-glob", "nothing-discovered"]
    assert judged.verdict.accepted


@pytest.mark.parametrize(
    "name",
    ["anonymize", "a licence that SPDX does not know", "tags by their full name", "a gate whose path begins with a slash",
     "languages above the total", "a spec saved as text", "a waiver of a gate that none waives"],
)  # fmt: skip
def test_a_push_with_all_gates_refuses_what_cannot_be_meant(work, name):
    base = work.head
    tip = work.commit(KINDS[name], author="lead", sign_off="lead")
    judged = Judged(work, push_of(tip, old=base, pusher="lead"))
    work.git("reset", "--quiet", "--hard", base)
    assert not judged.verdict.accepted
    assert [each.gate for each in judged.verdict.results if each.findings] == ["spec"]


def test_old_specs_that_cannot_be_meant_still_load_and_judge(forge):
    work = forge.work()
    work.commit(
        {**SPECS, **release("LicenseRef-Test", "Apache2"), **gates("id: s, uses: size, paths: ['/x']")}
    )
    repo = Repo.open(work.git_dir)
    policy = load_policy(repo, SERVER)
    assert policy.spec is not None
    assert [each.severity for each in checked(work)] == ["block", "block"]
    work.git("checkout", "--quiet", "--detach")
    judged = Judged(work, push_of(work.commit(SOLUTION), old=policy.commit))
    assert judged.verdict.accepted


NAMES = st.sampled_from(["basics", "add", "subtract", "north", "a.py", "test_a.py", "data", "x"])


@pytest.fixture(scope="module")
def documents(work):
    return load_specs(DirectorySource(work.path), commit=None).documents


@given(st.sampled_from(["add", "subtract"]), st.lists(NAMES, min_size=2, max_size=4), st.data())
def test_a_glob_that_matches_a_file_of_the_layout_is_never_dead(documents, task, rest, data):
    parts = ["corpus", "basics", task, *rest]
    kinds = ([part, "*", f"{part[:1]}*", f"?{part[1:]}", "**", f"[{part[0]}z]{part[1:]}"] for part in parts)
    glob = [data.draw(st.sampled_from(kind)) for kind in kinds]
    cut = data.draw(st.sampled_from([len(glob), len(glob) - 1, 1]))
    whole = "/".join(glob[:cut]) + data.draw(st.sampled_from(["", "/", "/**"]))
    assume(matches(whole, "/".join(parts)))
    assert list(link_globs(documents._replace(own=(*documents.own, declaring(whole))), ())) == []


def declaring(glob):
    text = f"{HEAD}Gates\ngates: [{{id: s, uses: size, paths: ['{glob}']}}]\n"
    return parse_document(
        text.encode(), "specs/more.yaml", SpecFile(path="specs/more.yaml", blob="", commit=None)
    )


@pytest.mark.parametrize("times", [1, 10])
def test_thousands_of_globs_are_compared_up_to_a_bound(tmp_path, times):
    count = 150 * times
    refs = ", ".join(f"refs/heads/topic-{number}-*" for number in range(count))
    protected = "".join(f", refs/heads/stable-{number}-*" for number in range(count))
    for path, text in {
        **SPECS,
        **corpus("[refs/heads/main]", f"[refs/heads/main{protected}]"),
        **gates(f"id: s, uses: size, when: merge, refs: [{refs}]"),
    }.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    found = [
        each for each in checked_in(tmp_path) if each.code in ("gate-never-judges", "globs-not-compared")
    ]
    assert [(each.code, each.severity, each.hint) for each in found] == [
        ("globs-not-compared", "warn", "name fewer: one glob such as `refs/heads/*` may stand for many")
    ]


def test_a_hint_names_the_first_of_many_protected_refs(tmp_path):
    protected = "".join(f", refs/heads/stable-{number}" for number in range(30))
    for path, text in {
        **SPECS,
        **corpus("[refs/heads/main]", f"[refs/heads/main{protected}]"),
        **gates("id: s, uses: size, when: merge, refs: ['refs/heads/topic/*']"),
    }.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    hints = [each.hint for each in checked_in(tmp_path) if each.code == "gate-never-judges"]
    assert hints == snapshot(
        [
            "those are `refs/heads/main`, `refs/heads/stable-0`, `refs/heads/stable-1`, `refs/heads/stable-2`, `refs/heads/stable-3` and 27 more"
        ]
    )


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("refs/head/*", "refs/heads/*"),
        ("refs/head", "refs/heads/*"),
        ("refs/tag/v*", "refs/tags/v*"),
        ("/refs/heads/main", "refs/heads/main"),
        ("main", "refs/heads/main"),
        ("topic/x", "refs/heads/topic/x"),
    ],
)
def test_a_misspelled_ref_is_told_its_full_name(tmp_path, written, meant):
    for path, text in {**SPECS, **gates(f"id: s, uses: size, refs: ['{written}']")}.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    assert [each.hint for each in checked_in(tmp_path) if each.code == "bad-ref-glob"] == [f"write `{meant}`"]
