import json

from inline_snapshot import snapshot
from spec.printing import CORPUS, printed

from gitcorpus.spec.lookup import Lookup, parse_lookup

HEAD = "apiVersion: gitcorpus/v1\nkind: Curriculum\nunits:\n"
UNIT = (
    HEAD
    + """\
  - id: practice
    title: Practice
    discover:
      layout: exercises/{task}
      title: from_path
      prompt: role
      languages: [go]
      difficulty: {from: config.json, path: "exercises.practice[slug={task}].difficulty"}
"""
)
TREE = {
    "exercises/two-fer/two_fer.go": "",
    "exercises/leap_year/a/b.go": "",
    "exercises/.hidden/x": "",
    "exercises/README.md": "",
}


def config(**levels):
    practice = [{"slug": slug, "difficulty": level} for slug, level in levels.items()]
    return json.dumps({"exercises": {"practice": practice}})


def test_makes_a_task_of_each_folder(load):
    loaded = load(curriculum=UNIT, **TREE, **{"config.json": config(leap_year=4)})
    assert printed(loaded.findings) == ""
    found = [(task.id, task.title, task.difficulty, task.unit, task.languages) for task in loaded.spec.tasks]
    assert found == [
        ("leap_year", "Leap year", 4, "practice", ("go",)),
        ("two-fer", "Two fer", None, "practice", ("go",)),
    ]
    assert {str(task.place) for task in loaded.spec.tasks} == {"specs/curriculum.yaml:7:7"}


def test_a_unit_of_the_layout_takes_its_own_folders(load):
    units = "".join(
        f"  - {{id: {u}, title: T, discover: {{layout: '{{unit}}/{{task}}', languages: [go], difficulty: 2}}}}\n"
        for u in "ab"
    )
    spec = load(curriculum=HEAD + units, **{"a/x/f.go": "", "b/y/f.go": "", "c/z/f.go": ""}).spec
    assert [(task.unit, task.id, task.difficulty) for task in spec.tasks] == [("a", "x", 2), ("b", "y", 2)]


def test_a_listed_task_replaces_a_discovered_one(load):
    listed = (
        UNIT + "    tasks: [{id: two-fer, title: Two for one, languages: [go, python], prompt: Do it.}]\n"
    )
    spec = load(curriculum=listed, **TREE, **{"config.json": config()}).spec
    assert [(task.id, task.title) for task in spec.tasks] == [
        ("two-fer", "Two for one"),
        ("leap_year", "Leap year"),
    ]


def test_a_task_belongs_to_one_unit(load):
    other = "  - {id: more, title: More, tasks: [{id: two-fer, title: T, languages: [go]}]}\n"
    assert printed(load(curriculum=UNIT + other, **TREE, **{"config.json": config()}).findings) == snapshot("""\
specs/curriculum.yaml:7:7 duplicate-task: the task `two-fer` stands at specs/curriculum.yaml:12:37 already
  hint: a task belongs to one unit
""")


def test_says_which_folders_cannot_be_tasks(load):
    assert printed(
        load(curriculum=UNIT, **{"exercises/two fer/a.go": "", "config.json": config()}).findings
    ) == snapshot("""\
specs/curriculum.yaml:7:7 bad-task-folder: the folder `two fer` cannot name a task
  hint: rename the folder: letters, digits, `.`, `_` and `-`, 100 at most
""")


def test_warns_when_nothing_fits(load):
    loaded = load(curriculum=UNIT)
    assert loaded.spec is not None
    assert printed(loaded.findings) == snapshot("""\
specs/curriculum.yaml:7:7 nothing-discovered: no folder of the tree fits `exercises/{task}`
  hint: the unit has no tasks until one does
""")


def test_says_what_is_wrong_with_a_lookup(load):
    def said(data=None, path="exercises.practice[slug={task}].difficulty"):
        files = {} if data is None else {"config.json": data}
        unit = UNIT.replace("exercises.practice[slug={task}].difficulty", path)
        return printed(load(curriculum=unit, **TREE, **files).findings)

    assert said() == snapshot("""\
specs/curriculum.yaml:11:19 no-such-file: there is no file 'config.json' in the tree
  hint: mend `from:`, a path from the root of the repository
""")
    assert said('{"exercises": [1,}') == snapshot("""\
specs/curriculum.yaml:11:19 lookup-broken: config.json:1:18 is no JSON: unexpected character, expected a JSON value
  hint: mend the file, or remove `difficulty:`
""")
    assert said("[" * 5000) == snapshot("""\
specs/curriculum.yaml:11:19 lookup-broken: config.json:1:1026 is no JSON: depth limit exceeded
  hint: mend the file, or remove `difficulty:`
""")
    assert said(config(leap_year=11, **{"two-fer": True})) == snapshot("""\
specs/curriculum.yaml:11:19 bad-difficulty: the difficulty of `leap_year` and of 1 more is no whole number from 1 to 10
  hint: mend it in config.json
""")
    assert said(config(), "exercises..practice[x]") == snapshot("""\
specs/curriculum.yaml:11:19 bad-lookup: `exercises..practice[x]` is no path into a document
  hint: for example `exercises.practice[slug={task}].difficulty`
""")


def test_reads_nothing_outside_of_the_tree(load, tmp_path):
    (tmp_path.parent / "outside.json").write_text(config(leap_year=1))
    unit = UNIT.replace("from: config.json", "from: ../outside.json")
    assert [finding.code for finding in load(curriculum=unit, **TREE).findings] == ["no-such-file"]


def test_faults_of_discovery_stand_beside_all_others(load):
    findings = load(corpus=CORPUS.replace("name: small\n", ""), curriculum=UNIT, **TREE).findings
    assert [finding.code for finding in findings] == ["missing-field", "no-such-file"]


def test_a_lookup_takes_the_id_for_a_value_and_not_for_a_path():
    document = {"a": [{"k": "x.y", "v": {"z": 3}}, {"k": "x.y", "v": {"z": 4}}, "other"], "b": {"t": 5}}
    assert Lookup(document, parse_lookup("a[k={task}].v.z")).value("x.y") == 3
    assert Lookup(document, parse_lookup("a[k={task}].v.z")).value("none") is None
    assert Lookup(document, parse_lookup("b.{task}")).value("t") == 5
    assert Lookup(document, parse_lookup("b.{task}")).value("t.u") is None
    assert Lookup(document, parse_lookup("b[k={task}]")).value("t") is None
    assert [parse_lookup(path) for path in ("", ".", "a.", "a[b]", "a]b", "a[b=c]d")] == [None] * 6
