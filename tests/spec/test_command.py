"""`gitcorpus spec`, as it is typed."""

import json

import pytest
from inline_snapshot import snapshot
from spec.printing import CORPUS, CURRICULUM

from gitcorpus.cli.app import main


@pytest.fixture
def run(capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NO_COLOR", "1")

    def run_it(*words):
        code = main(["spec", *words])
        said = capsys.readouterr()
        return code, said.out + said.err

    return run_it


def write(folder, **files):
    for name, text in {"corpus": CORPUS, "curriculum": CURRICULUM, **files}.items():
        path = folder / "specs" / f"{name}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


FAULT = {"curriculum": CURRICULUM.replace("[python, go]", "[pythno]")}


def test_checks_the_specs_of_this_folder(run, tmp_path):
    write(tmp_path)
    assert run("check") == snapshot(
        (0, "2 spec files, no findings: units 1, tasks 2, gates 0, people 0, views 0, releases 0\n")
    )
    write(tmp_path, **FAULT)
    assert run("check") == snapshot(
        (
            1,
            """\
specs/curriculum.yaml:8:57 unknown-language: there is no language `pythno`
          - {id: sort-words, title: Sort words, languages: [pythno]}
                                                            ^^^^^^
  hint: did you mean `python`?
2 spec files, 1 finding
""",
        )
    )


def test_checks_from_a_folder_of_the_work_tree(run, tmp_path, monkeypatch):
    write(tmp_path, **FAULT)
    (tmp_path / "corpus" / "basics").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "corpus" / "basics")
    code, said = run("check")
    assert code == 1
    assert said.startswith("../../specs/curriculum.yaml:8:57 unknown-language:")


def test_names_files_as_they_were_asked_for(run, tmp_path):
    write(tmp_path / "inner", **FAULT)
    for asked, shown in {
        "inner": "inner/specs/",
        "inner/specs": "inner/specs/",
        str(tmp_path / "inner"): f"{tmp_path}/inner/specs/",
    }.items():
        code, said = run("check", asked)
        assert code == 1
        assert said.startswith(f"{shown}curriculum.yaml:8:57 unknown-language:")


def test_checks_one_file_among_its_specs(run, tmp_path):
    write(tmp_path, **FAULT)
    assert run("check", "specs/corpus.yaml") == (0, "1 spec file, no findings\n")
    code, said = run("check", "specs/curriculum.yaml")
    assert code == 1
    assert said.startswith("specs/curriculum.yaml:8:57 unknown-language:")


def test_checks_a_revision_and_a_bare_repository(run, forge, monkeypatch):
    bare = forge.bare()
    work = forge.clone(bare)
    work.commit({"specs/corpus.yaml": CORPUS, "specs/curriculum.yaml": FAULT["curriculum"]})
    work.commit({"specs/curriculum.yaml": CURRICULUM})
    work.push("main")
    assert run("check", "main", "--repo", str(bare))[0] == 0
    code, said = run("check", "main~1", "--repo", str(bare))
    assert code == 1
    assert said.startswith("specs/curriculum.yaml:8:57 unknown-language:")
    monkeypatch.chdir(bare)
    assert run("check")[0] == 0


def test_prints_json(run, tmp_path):
    write(tmp_path, **FAULT)
    code, said = run("check", "--format", "json")
    assert code == 1
    assert json.loads(said) == snapshot(
        [
            {
                "code": "unknown-language",
                "place": "specs/curriculum.yaml:8:57",
                "sentence": "there is no language `pythno`",
                "hint": "did you mean `python`?",
                "severity": "block",
            }
        ]
    )


def test_refuses_what_is_neither_path_nor_revision(run, forge, monkeypatch):
    work = forge.work()
    work.commit({"specs/corpus.yaml": CORPUS})
    monkeypatch.chdir(work.path)
    assert run("check", "spesc") == snapshot(
        (
            2,
            """\
no-such-target: `spesc` is neither a path nor a revision
  hint: did you mean `specs`?
""",
        )
    )


def test_explains_a_code(run):
    code, said = run("explain", "duplicate-key")
    assert code == 0
    assert said.startswith("duplicate-key\n\n")
    assert run("explain", "duplicate-kye")[0] == 2


def test_prints_a_schema(run):
    code, said = run("schema", "view")
    assert code == 0
    assert json.loads(said)["title"] == "View"
    assert run("schema", "vieuw") == snapshot(
        (
            2,
            """\
unknown-kind: there is no schema `vieuw`
  hint: did you mean `View`?
""",
        )
    )


RELEASE = "apiVersion: gitcorpus/v1\nkind: Release\ntags: 'dateset/v*'\nviews: ['gitcorpus:pretrain']\nlicense: MIT\n"


def test_notes_tags_that_are_still_to_come(run, forge, monkeypatch):
    work = forge.work()
    work.commit(
        {"specs/corpus.yaml": CORPUS, "specs/curriculum.yaml": CURRICULUM, "specs/release.yaml": RELEASE}
    )
    monkeypatch.chdir(work.path)
    assert "no findings" in run("check")[1]
    work.git("tag", "dataset/v1")
    noted = run("check")
    assert noted == snapshot(
        (
            0,
            """\
specs/release.yaml:3:7 tags-to-come: none of the repository's 1 tags fits `dateset/v*` yet (note)
    tags: 'dateset/v*'
          ^^^^^^^^^^^^
  hint: there is the tag `dataset/v1`
3 spec files, no findings, 1 note
""",
        )
    )
    monkeypatch.chdir(work.path.parent)
    assert run("check", "main", "--repo", str(work.path)) == noted
    work.git("tag", "dateset/v1")
    assert "no findings" in run("check", str(work.path))[1]


def test_shows_what_is_declared(run, tmp_path):
    curriculum = CURRICULUM.replace(
        "    tasks:",
        "    window: {from: 2026-01-05, to: 2026-01-30}\n    priority: high\n"
        "    quota: {solutions: 3, per_language: {go: 1}}\n    tasks:",
    ).replace("title: Add,", "title: Add, difficulty: 2, prompt: Add two numbers.,")
    write(tmp_path, curriculum=curriculum)
    assert run("show") == snapshot(
        (
            0,
            """\
units:
  UNIT    TITLE   PRIORITY  FROM        TO          TASKS  QUOTA
  basics  Basics  high      2026-01-05  2026-01-30  2      solutions=3 go=1

tasks:
  TASK        UNIT    TITLE       LANGUAGES  DIFFICULTY
  add         basics  Add         python     2
  sort-words  basics  Sort words  python go  -
""",
        )
    )
    assert run("show", "add") == snapshot(
        (
            0,
            """\
units:
  UNIT    TITLE   PRIORITY  FROM        TO          TASKS  QUOTA
  basics  Basics  high      2026-01-05  2026-01-30  2      solutions=3 go=1

tasks:
  TASK  UNIT    TITLE  LANGUAGES  DIFFICULTY
  add   basics  Add    python     2

Add two numbers.
""",
        )
    )
    code, said = run("show", "basics", "--format", "json")
    assert code == 0
    assert [task["task"] for task in json.loads(said)["tasks"]] == ["add", "sort-words"]
    assert run("show", "ad") == snapshot(
        (
            2,
            """\
unknown-unit: no unit and no task is called `ad`
  hint: did you mean `add`?
""",
        )
    )
    write(tmp_path, **FAULT)
    assert run("show") == snapshot(
        (
            2,
            """\
specs/curriculum.yaml:8:57 specs-broken: the specs have 1 faults; the first: there is no language `pythno`
  hint: see all: gitcorpus spec check
""",
        )
    )
