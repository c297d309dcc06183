from inline_snapshot import snapshot
from spec.printing import CORPUS, CURRICULUM, printed

from gitcorpus.compiler.opened import ORIGINS
from gitcorpus.compiler.schemas import PROVENANCE as PROVENANCE_TABLES
from gitcorpus.spec.shipped_names import TABLES

HEAD = "apiVersion: gitcorpus/v1\nkind: "
PEOPLE = (
    HEAD
    + """\
Contributors
people:
  - {id: north, emails: [north@corpus.example], roles: [leads], agreements: [{id: work, from: 2026-01-01}]}
agreements:
  - {id: work, text: agreements/work.md, grants: work-for-hire}
"""
)
TEXT = {"agreements/work.md": "Text.\n"}
GATES = HEAD + "Gates\nextends: [gitcorpus:recommended]\n"


def test_layout_patterns_name_a_task(load):
    patterns = [
        "corpus/{unit}",
        "{task}/{task}",
        "a//{task}",
        "../{task}",
        "a*/{task}",
        "{unit}-{task}",
        "{Task}",
        "*/x-{task}",
    ]
    listed = "[" + ", ".join(f'"{pattern}"' for pattern in patterns) + "]"
    corpus = CORPUS.replace("solution: corpus/{unit}/{task}/{solution}", f"solution: {listed}")
    assert printed(load(corpus=corpus).findings) == snapshot("""\
specs/corpus.yaml:5:14 bad-layout: `corpus/{unit}` names no `{task}`
    …  solution: ["corpus/{unit}", "{task}/{task}", "a//{task}", "../{task}", "a*/{task}", "{unit}-{task}…
                  ^^^^^^^^^^^^^^^
  hint: for example `corpus/{unit}/{task}/{solution}`
specs/corpus.yaml:5:31 bad-layout: `{task}/{task}` has a brace twice
    …tion: ["corpus/{unit}", "{task}/{task}", "a//{task}", "../{task}", "a*/{task}", "{unit}-{task}", "{T…
                             ^^^^^^^^^^^^^^^
  hint: for example `corpus/{unit}/{task}/{solution}`
specs/corpus.yaml:5:48 bad-layout: `a//{task}` has a folder name that is empty, `.` or `..`
    …nit}", "{task}/{task}", "a//{task}", "../{task}", "a*/{task}", "{unit}-{task}", "{Task}", "*/x-{task…
                             ^^^^^^^^^^^
  hint: for example `corpus/{unit}/{task}/{solution}`
specs/corpus.yaml:5:61 bad-layout: `../{task}` has a folder name that is empty, `.` or `..`
    …}/{task}", "a//{task}", "../{task}", "a*/{task}", "{unit}-{task}", "{Task}", "*/x-{task}"]…
                             ^^^^^^^^^^^
  hint: for example `corpus/{unit}/{task}/{solution}`
specs/corpus.yaml:5:74 bad-layout: `a*/{task}` has a wildcard within a folder name
    …//{task}", "../{task}", "a*/{task}", "{unit}-{task}", "{Task}", "*/x-{task}"]…
                             ^^^^^^^^^^^
  hint: for example `corpus/{unit}/{task}/{solution}`
specs/corpus.yaml:5:87 bad-layout: `{unit}-{task}` has two braces in one folder name
    …./{task}", "a*/{task}", "{unit}-{task}", "{Task}", "*/x-{task}"]…
                             ^^^^^^^^^^^^^^^
  hint: for example `corpus/{unit}/{task}/{solution}`
specs/corpus.yaml:5:104 bad-layout: `{Task}` has `{Task}`, which means nothing
    …ask}", "{unit}-{task}", "{Task}", "*/x-{task}"]…
                             ^^^^^^^^
  hint: did you mean `task`?
""")


def test_units_tasks_and_techniques_stand_once(load):
    again = CURRICULUM + "techniques: [{id: loops}, {id: loops, title: Loops}]\n"
    assert printed(load(again=again).findings) == snapshot("""\
specs/again.yaml:9:32 duplicate-technique: the technique `loops` is declared at specs/again.yaml:9:19 already
    techniques: [{id: loops}, {id: loops, title: Loops}]
                                   ^^^^^
  hint: give one of the two another name
specs/curriculum.yaml:4:9 duplicate-unit: the unit `basics` is declared at specs/again.yaml:4:9 already
      - id: basics
            ^^^^^^
  hint: give one of the two another name
specs/curriculum.yaml:7:14 duplicate-task: the task `add` is declared at specs/again.yaml:7:14 already
          - {id: add, title: Add, languages: [python]}
                 ^^^
  hint: give one of the two another name
specs/curriculum.yaml:8:14 duplicate-task: the task `sort-words` is declared at specs/again.yaml:8:14 already
          - {id: sort-words, title: Sort words, languages: [python, go]}
                 ^^^^^^^^^^
  hint: give one of the two another name
""")


def test_techniques_are_known_once_one_is_declared(load):
    free = CURRICULUM.replace("[python, go]}", "[python, go], techniques: [anything]}")
    assert load(curriculum=free).findings == ()
    listed = free.replace("anything", "lops, loops") + "techniques: [{id: loops}]\n"
    quota = listed.replace("    tasks:", "    quota: {per_technique: {sort: 1}}\n    tasks:")
    assert printed(load(curriculum=quota).findings) == snapshot("""\
specs/curriculum.yaml:6:29 unknown-technique: there is no technique `sort`
        quota: {per_technique: {sort: 1}}
                                ^^^^
  hint: known: loops
specs/curriculum.yaml:9:83 unknown-technique: there is no technique `lops`
          - {id: sort-words, title: Sort words, languages: [python, go], techniques: [lops, loops]}
                                                                                      ^^^^
  hint: did you mean `loops`?
""")


def test_languages_are_known_or_added_by_the_layout(load):
    curriculum = CURRICULUM.replace("[python, go]", "[pythno, gotemplate]")
    corpus = CORPUS + "  languages: {.tpl: gotemplate}\n"
    gates = GATES + "gates: [{id: x, uses: syntax, languages: [goo]}]\n"
    assert printed(load(corpus=corpus, curriculum=curriculum, gates=gates).findings) == snapshot("""\
specs/curriculum.yaml:8:57 unknown-language: there is no language `pythno`
          - {id: sort-words, title: Sort words, languages: [pythno, gotemplate]}
                                                            ^^^^^^
  hint: did you mean `python`?
specs/gates.yaml:4:43 unknown-language: there is no language `goo`
    gates: [{id: x, uses: syntax, languages: [goo]}]
                                              ^^^
  hint: did you mean `go`?
""")


def test_ranges_of_days_have_days(load):
    curriculum = CURRICULUM.replace(
        "    tasks:", "    window: {from: 2026-03-01, to: 2026-02-01}\n    tasks:"
    )
    people = PEOPLE.replace("from: 2026-01-01", "from: 2026-01-01, until: 2025-12-31")
    assert printed(load(curriculum=curriculum, people=people, **TEXT).findings) == snapshot("""\
specs/curriculum.yaml:6:36 empty-range: `2026-02-01` lies before `2026-03-01`: no day is in between
        window: {from: 2026-03-01, to: 2026-02-01}
                                       ^^^^^^^^^^
  hint: `to` is the last day, inclusive
specs/people.yaml:4:114 empty-range: `2025-12-31` lies before `2026-01-01`: no day is in between
    …rom: 2026-01-01, until: 2025-12-31}]}…
                             ^^^^^^^^^^
  hint: `until` is the last day, inclusive
""")


def test_a_unit_lists_or_discovers_tasks(load):
    assert printed(load(curriculum=HEAD + "Curriculum\nunits: [{id: a, title: A}]\n").findings) == snapshot("""\
specs/curriculum.yaml:3:14 missing-field: the unit has neither `tasks` nor `discover`
    units: [{id: a, title: A}]
                 ^
  hint: list `tasks:`, or let `discover:` find them in the tree
""")


def test_people_and_agreements_stand_once_and_are_known(load):
    people = PEOPLE.replace("agreements:\n  -", """\
  - {id: north, emails: [NORTH@corpus.example, south@corpus.example, south@corpus.example]}
  - {id: east, emails: [east@corpus.example], agreements: [{id: wrk, from: 2026-01-01}]}
agreements:
  - {id: work, text: agreements/wrk.md, grants: work-for-hire}
  -""")  # fmt: skip
    assert printed(load(people=people, **TEXT).findings) == snapshot("""\
specs/people.yaml:5:10 duplicate-person: the person `north` is declared at specs/people.yaml:4:10 already
      - {id: north, emails: [NORTH@corpus.example, south@corpus.example, south@corpus.example]}
             ^^^^^
  hint: give one of the two another name
specs/people.yaml:5:26 duplicate-email: the address `NORTH@corpus.example` stands at specs/people.yaml:4:26 already
      - {id: north, emails: [NORTH@corpus.example, south@corpus.example, south@corpus.example]}
                             ^^^^^^^^^^^^^^^^^^^^
  hint: an address belongs to one person, once
specs/people.yaml:5:70 duplicate-email: the address `south@corpus.example` stands at specs/people.yaml:5:48 already
      - {id: north, emails: [NORTH@corpus.example, south@corpus.example, south@corpus.example]}
                                                                         ^^^^^^^^^^^^^^^^^^^^
  hint: an address belongs to one person, once
specs/people.yaml:6:65 unknown-agreement: there is no agreement `wrk`
      - {id: east, emails: [east@corpus.example], agreements: [{id: wrk, from: 2026-01-01}]}
                                                                    ^^^
  hint: did you mean `work`?
specs/people.yaml:8:22 no-agreement-text: the text of the agreement is not in the tree: `agreements/wrk.md`
      - {id: work, text: agreements/wrk.md, grants: work-for-hire}
                         ^^^^^^^^^^^^^^^^^
  hint: commit the file, or mend the path
specs/people.yaml:9:10 duplicate-agreement: the agreement `work` is declared at specs/people.yaml:8:10 already
      - {id: work, text: agreements/work.md, grants: work-for-hire}
             ^^^^
  hint: give one of the two another name
""")


def test_owners_are_roles_or_people_and_approvals_wait_for_reviews(load):
    corpus = CORPUS + "policy: {branch: main, owners: {specs/: [leads, north, lead]}, approvals: 2}\n"
    assert printed(load(corpus=corpus, people=PEOPLE, gates=GATES, **TEXT).findings) == snapshot("""\
specs/corpus.yaml:12:56 unknown-owner: there is no owner `lead`
    policy: {branch: main, owners: {specs/: [leads, north, lead]}, approvals: 2}
                                                           ^^^^
  hint: did you mean `leads`?
specs/corpus.yaml:12:75 not-built-yet: reviews are not built yet, so nothing could give an approval
    policy: {branch: main, owners: {specs/: [leads, north, lead]}, approvals: 2}
                                                                              ^
  hint: leave `approvals` out; `owners` is enforced without it
""")


def test_gates_exist_and_take_their_parameters(load):
    gates = (
        HEAD
        + """\
Gates
extends: [gitcorpus:recommendd]
gates:
  - {id: a, uses: sizes}
  - {id: b, uses: size, with: {max_fil: 1MiB, max_push_bytes: 1MB, max_push_files: 0, binary_roles: [image]}}
  - {id: b, uses: layout, with: {strict: true}}
"""
    )
    assert printed(load(gates=gates).findings) == snapshot("""\
specs/gates.yaml:3:11 unknown-profile: there is no profile `gitcorpus:recommendd`
    extends: [gitcorpus:recommendd]
              ^^^^^^^^^^^^^^^^^^^^
  hint: did you mean `gitcorpus:recommended`?
specs/gates.yaml:5:19 unknown-gate: there is no gate `sizes`
      - {id: a, uses: sizes}
                      ^^^^^
  hint: did you mean `size`?
specs/gates.yaml:6:32 unknown-field: `with` has no field `max_fil`
      - {id: b, uses: size, with: {max_fil: 1MiB, max_push_bytes: 1MB, max_push_files: 0, binary_roles: [image]}}
                                   ^^^^^^^
  hint: did you mean `max_file`?
specs/gates.yaml:6:63 bad-value: `max_push_bytes` cannot be `1MB`
      - {id: b, uses: size, with: {max_fil: 1MiB, max_push_bytes: 1MB, max_push_files: 0, binary_roles: [image]}}
                                                                  ^^^
  hint: Most bytes of all files that a push brings: that it adds or changes, and that no \
branch or tag held there before. A number of bytes, or for example `512KiB` or `1MiB`.
specs/gates.yaml:6:84 out-of-range: `max_push_files` must be at least 1
      - {id: b, uses: size, with: {max_fil: 1MiB, max_push_bytes: 1MB, max_push_files: 0, binary_roles: [image]}}
                                                                                       ^
  hint: Most files that a push brings: that it adds or changes, and that no branch or tag held there before.
specs/gates.yaml:6:102 unknown-value: `binary_roles[0]` is `image`, which means nothing here
      - {id: b, uses: size, with: {max_fil: 1MiB, max_push_bytes: 1MB, max_push_files: 0, binary_roles: [image]}}
                                                                                                         ^^^^^
  hint: known: prompt, test, doc, source, fixture, annotation
specs/gates.yaml:7:10 duplicate-gate: the gate `b` is declared at specs/gates.yaml:6:10 already
      - {id: b, uses: layout, with: {strict: true}}
             ^
  hint: give one of the two another name
specs/gates.yaml:7:34 unknown-field: `with` has no field `strict`
      - {id: b, uses: layout, with: {strict: true}}
                                     ^^^^^^
""")


def test_waivers_name_a_gate_and_a_person(load):
    waivers = (
        HEAD
        + """\
Waivers
waivers:
  - {id: x, gate: synntax, paths: [a/], reason: r, by: nort, until: 2026-12-31}
  - {id: x, gate: syntax, paths: [a/], reason: r, by: north, until: 2026-12-31}
"""
    )
    assert printed(load(gates=GATES, people=PEOPLE, waivers=waivers, **TEXT).findings) == snapshot("""\
specs/waivers.yaml:4:19 unknown-gate: there is no gate `synntax`
      - {id: x, gate: synntax, paths: [a/], reason: r, by: nort, until: 2026-12-31}
                      ^^^^^^^
  hint: did you mean `syntax`?
specs/waivers.yaml:4:56 unknown-person: there is no person `nort`
      - {id: x, gate: synntax, paths: [a/], reason: r, by: nort, until: 2026-12-31}
                                                           ^^^^
  hint: did you mean `north`?
specs/waivers.yaml:5:10 duplicate-waiver: the waiver `x` is declared at specs/waivers.yaml:4:10 already
      - {id: x, gate: syntax, paths: [a/], reason: r, by: north, until: 2026-12-31}
             ^
  hint: give one of the two another name
""")


def view(name, fmt, record, more="", source="solutions"):
    return f"{HEAD}View\nname: {name}\nformat: {fmt}\nfrom: {source}\nrecord: {record}\n{more}"


def test_records_fit_their_format(load):
    findings = load(
        a=view("a", "lm_text", "{txt: x}"),
        b=view("b", "pretrain", "{content: x, more: [a], n: 1}"),
        c=view("c", "sft_messages", "{messages: x}"),
        d=view("d", "sft_messages", "{messages: [{role: user, content: x}, {role: assstant, text: y}]}"),
        e=view("e", "sft_prompt_completion", "{prompt: x}"),
        f=view(
            "f",
            "sft_messages",
            "{messages: [{role: user, content: x}, {role: assistant, content: y}], tests: z}",
        ),
    ).findings
    assert printed(findings) == snapshot("""\
specs/a.yaml:6:9 record-misfit: the format `lm_text` needs the field `text`
    record: {txt: x}
            ^
  hint: add `text: …` to the record
specs/b.yaml:5:7 record-misfit: the format `pretrain` has one record a file
    from: solutions
          ^^^^^^^^^
  hint: write `from: files`
specs/b.yaml:6:28 record-misfit: `more` must be text
    record: {content: x, more: [a], n: 1}
                               ^
  hint: write a template, in quotes
specs/b.yaml:6:36 record-misfit: `n` must be text
    record: {content: x, more: [a], n: 1}
                                       ^
  hint: write a template, in quotes
specs/c.yaml:6:20 record-misfit: `messages` is a list of roles and contents
    record: {messages: x}
                       ^
  hint: for example `- {role: user, content: "{{ task.prompt }}"}`
specs/d.yaml:6:20 record-misfit: no message is the assistant's
    record: {messages: [{role: user, content: x}, {role: assstant, text: y}]}
                       ^
  hint: the answer is what a trainer learns
specs/d.yaml:6:47 record-misfit: a message has a `role` and a `content`, both text
    record: {messages: [{role: user, content: x}, {role: assstant, text: y}]}
                                                  ^
specs/d.yaml:6:54 unknown-chat-role: there is no chat-role `assstant`
    record: {messages: [{role: user, content: x}, {role: assstant, text: y}]}
                                                         ^^^^^^^^
  hint: did you mean `assistant`?
specs/e.yaml:6:9 record-misfit: the format `sft_prompt_completion` needs the field `completion`
    record: {prompt: x}
            ^
  hint: add `completion: …` to the record
""")


def test_columns_stand_once_and_leave_the_record_id_alone(load):
    columns = view("a", "lm_text", "{text: x, unit: y}", "columns: [task, unit, task, record_id]\n")
    assert printed(load(a=columns).findings) == snapshot("""\
specs/a.yaml:7:17 duplicate-column: the column `unit` stands on line 6 already
    columns: [task, unit, task, record_id]
                    ^^^^
  hint: remove one of the two
specs/a.yaml:7:23 duplicate-column: the column `task` stands on line 7 already
    columns: [task, unit, task, record_id]
                          ^^^^
  hint: remove one of the two
specs/a.yaml:7:29 reserved-column: `record_id` is every record's own id
    columns: [task, unit, task, record_id]
                                ^^^^^^^^^
  hint: choose another name
""")


def test_shares_add_up_exactly(load):
    good = [
        "{train: 0.7, validation: 0.2, test: 0.1}",
        "{by: unit, seed: x, train: 1}",
        "{a: 0.1, b: 0.2, c: 0.7}",
    ]
    for number, split in enumerate(good):
        assert (
            load(**{f"v{number}": view(f"v{number}", "lm_text", "{text: x}", f"split: {split}\n")}).findings
            == ()
        )
    assert printed(
        load(a=view("a", "lm_text", "{text: x}", "split: {train: 0.8, test: 0.19}\n")).findings
    ) == snapshot("""\
specs/a.yaml:7:8 shares-off: the shares add up to 0.99, not to 1
    split: {train: 0.8, test: 0.19}
           ^
  hint: mend them so that they do
""")


def test_releases_ship_views_that_there_are(load):
    release = HEAD + 'Release\ntags: "v*"\nlicense: MIT\n'
    findings = load(
        a=view("a", "lm_text", "{text: x}"),
        again=view("a", "lm_text", "{text: x}"),
        own=view("lm_text", "lm_text", "{text: x}"),
        release=release
        + 'views: [a, b, "gitcorpus:lm_txt", "gitcorpus:lm_text", "gitcorpus:pretrain", "gitcorpus:pretrain"]\n',
    ).findings
    assert printed(findings) == snapshot("""\
specs/again.yaml:3:7 duplicate-view: the view `a` is declared at specs/a.yaml:3:7 already
    name: a
          ^
  hint: give one of the two another name
specs/release.yaml:5:12 unknown-view: there is no view `b`
    views: [a, b, "gitcorpus:lm_txt", "gitcorpus:lm_text", "gitcorpus:pretrain", "gitcorpus:pretrain"]
               ^
specs/release.yaml:5:15 unknown-view: there is no view `gitcorpus:lm_txt`
    views: [a, b, "gitcorpus:lm_txt", "gitcorpus:lm_text", "gitcorpus:pretrain", "gitcorpus:pretrain"]
                  ^^^^^^^^^^^^^^^^^^
  hint: did you mean `gitcorpus:lm_text`?
specs/release.yaml:5:35 duplicate-view: this corpus has a view `lm_text` of its own
    views: [a, b, "gitcorpus:lm_txt", "gitcorpus:lm_text", "gitcorpus:pretrain", "gitcorpus:pretrain"]
                                      ^^^^^^^^^^^^^^^^^^^
  hint: ship your own, or give it another name
specs/release.yaml:5:78 duplicate-view: the view `pretrain` is shipped already
    views: [a, b, "gitcorpus:lm_txt", "gitcorpus:lm_text", "gitcorpus:pretrain", "gitcorpus:pretrain"]
                                                                                 ^^^^^^^^^^^^^^^^^^^^
  hint: remove one
""")


def test_a_tag_fits_one_release(load):
    def release(name, tags):
        return f'{HEAD}Release\nname: {name}\ntags: "{tags}"\nlicense: MIT\nviews: ["gitcorpus:lm_text"]\n'

    findings = load(
        a=release("a", "dataset/v*"),
        b=release("b", "dataset/*-rc"),
        c=release("c", "track/*"),
        d=release("a", "x?"),
    ).findings
    assert printed(findings) == snapshot("""\
specs/b.yaml:4:7 tags-overlap: a tag can fit both `dataset/*-rc` and `dataset/v*` at specs/a.yaml:4:7
    tags: "dataset/*-rc"
          ^^^^^^^^^^^^^^
  hint: a tag is compiled by one release spec
specs/d.yaml:3:7 duplicate-release: the release `a` is declared at specs/a.yaml:3:7 already
    name: a
          ^
  hint: give one of the two another name
""")


def test_hundreds_of_releases_are_compared_up_to_a_bound(load):
    text = f'{HEAD}Release\nname: r%d\ntags: "r%d-*"\nlicense: MIT\nviews: ["gitcorpus:lm_text"]\n'
    findings = load(**{f"r{number}": text % (number, number) for number in range(202)}).findings
    assert printed(findings) == snapshot("""\
specs globs-not-compared: there are too many releases, so not all `tags` were compared with each other
  hint: declare fewer: one release may take many tags, such as `v*`
""")


def test_names_are_such_that_tables_loaders_and_file_systems_hold_them(load):
    record = "{text: x, Text: x, '': x, '*': x, Record_ID: x, split: x, \"a\\tb\": x, a/b~c.d: x, %s: x}" % (
        "n" * 101
    )
    findings = load(
        a=view("provenance_lines", "lm_text", "{text: x}"),
        b=view("Records", "lm_text", "{text: x}"),
        c=view("sft", "lm_text", "{text: x}"),
        d=view("SFT", "lm_text", "{text: x}"),
        e=view("nul.x", "lm_text", "{text: x}"),
        f=view("Pretrain", "lm_text", record, "columns: [unit, UNIT]\n"),
        g=view("g", "lm_text", "{text: x}", "split: {train: 0.5, all: 0.25, con: 0.25}\n"),
        h=view("h", "pretrain", "{content: x, Path: x}", "columns: [path]\n").replace("solutions", "files"),
        release=HEAD + 'Release\ntags: "v*"\nlicense: MIT\nviews: ["gitcorpus:pretrain"]\n',
    ).findings
    assert printed(findings) == snapshot("""\
specs/a.yaml:3:7 reserved-view: `provenance_lines` begins with `provenance_`, as the tables of provenance do
    name: provenance_lines
          ^^^^^^^^^^^^^^^^
  hint: choose another name
specs/b.yaml:3:7 reserved-view: `Records` is a table of every release
    name: Records
          ^^^^^^^
  hint: choose another name
specs/d.yaml:3:7 names-alike: the views `sft` and `SFT` differ by case only
    name: SFT
          ^^^
  hint: SQL takes them for one: give one of the two another name
specs/e.yaml:3:7 reserved-view: Windows can hold no file or folder called `nul.x`
    name: nul.x
          ^^^^^
  hint: choose another name
specs/f.yaml:3:7 names-alike: the views `pretrain` and `Pretrain` differ by case only
    name: Pretrain
          ^^^^^^^^
  hint: SQL takes them for one: give one of the two another name
specs/f.yaml:6:19 names-alike: the fields `text` and `Text` differ by case only
    …record: {text: x, Text: x, '': x, '*': x, Record_ID: x, split: x, "a\\tb": x, a/b~c.d: x, nnnnnnnnnnn…
                       ^^^^
  hint: SQL takes them for one: give one of the two another name
specs/f.yaml:6:28 bad-field-name: a field needs a name
    …ord: {text: x, Text: x, '': x, '*': x, Record_ID: x, split: x, "a\\tb": x, a/b~c.d: x, nnnnnnnnnnnnnn…
                             ^^
  hint: name it with letters, digits and `_`
specs/f.yaml:6:35 bad-field-name: `*` stands for any item of a list in a release's manifest
    …ext: x, Text: x, '': x, '*': x, Record_ID: x, split: x, "a\\tb": x, a/b~c.d: x, nnnnnnnnnnnnnnnnnnnnn…
                             ^^^
  hint: name it with letters, digits and `_`
specs/f.yaml:6:43 reserved-column: `Record_ID` is every record's own id
    …Text: x, '': x, '*': x, Record_ID: x, split: x, "a\\tb": x, a/b~c.d: x, nnnnnnnnnnnnnnnnnnnnnnnnnnnnn…
                             ^^^^^^^^^
  hint: choose another name
specs/f.yaml:6:57 reserved-column: `split` is what `gitcorpus query` calls the split of a record
    …, '*': x, Record_ID: x, split: x, "a\\tb": x, a/b~c.d: x, nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn…
                             ^^^^^
  hint: choose another name
specs/f.yaml:6:67 bad-field-name: `a\\tb` holds characters that do not show
    …Record_ID: x, split: x, "a\\tb": x, a/b~c.d: x, nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn…
                             ^^^^^^
  hint: name it with letters, digits and `_`
specs/f.yaml:6:90 bad-field-name: the name of a field has at most 100 characters
    … "a\\tb": x, a/b~c.d: x, nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn…
                             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  hint: name it with letters, digits and `_`
specs/f.yaml:7:17 names-alike: the fields `unit` and `UNIT` differ by case only
    columns: [unit, UNIT]
                    ^^^^
  hint: SQL takes them for one: give one of the two another name
specs/g.yaml:7:21 reserved-split: loaders take `all` for every split at once
    split: {train: 0.5, all: 0.25, con: 0.25}
                        ^^^
  hint: choose another name
specs/g.yaml:7:32 reserved-split: Windows can hold no file or folder called `con`
    split: {train: 0.5, all: 0.25, con: 0.25}
                                   ^^^
  hint: choose another name
specs/h.yaml:6:22 names-alike: the fields `path` and `Path` differ by case only
    record: {content: x, Path: x}
                         ^^^^
  hint: SQL takes them for one: give one of the two another name
specs/h.yaml:7:11 duplicate-column: the format `pretrain` fills the column `path` itself
    columns: [path]
              ^^^^
  hint: leave it out
""")


def test_the_reserved_views_are_the_tables_of_a_release():
    assert {*PROVENANCE_TABLES, ORIGINS, "omissions"} == TABLES
