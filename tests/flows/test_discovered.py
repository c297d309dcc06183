"""Tasks are discovered in the tree that is pushed, and those may add them whom the specs name."""

import pytest
from flows.test_push import Judged
from inline_snapshot import snapshot
from smallest import CONTRIBUTORS, CORPUS, RELEASE, SERVER, SPECS, push_of

from gitcorpus.cli.app import main
from gitcorpus.model.server import Server
from gitcorpus.model.verdict import Outcome

LEADS = CONTRIBUTORS.replace("roles: [integrator]", "roles: [leads, integrator]").replace(
    "{id: south, ", "{id: south, roles: [teachers], "
)
UNITS = """\
apiVersion: gitcorpus/v1
kind: Curriculum
units:
  - id: basics
    title: Basics
    discover: {layout: "corpus/basics/{task}", languages: [python]}
  - id: more
    title: More
    discover: {layout: "corpus/more/{task}", languages: [go]}
    tasks: [{id: listed, title: Listed, languages: [python], prompt: Do it.}]
"""
FIRST = {"corpus/basics/one/north/a.py": "x = 1\n", "corpus/basics/one/north/TASK.md": "One.\n"}
TWO = {"corpus/basics/two/north/a.py": "x = 1\n", "corpus/basics/two/north/TASK.md": "Two.\n"}


def by(who):
    return UNITS.replace('"corpus/basics/{task}", ', f'"corpus/basics/{{task}}", by: {who}, ')


@pytest.fixture
def corpus(forge):
    def made(units=UNITS, **specs):
        work = forge.work()
        files = {f"specs/{name}.yaml": text for name, text in specs.items()}
        work.commit(
            {**SPECS, "specs/curriculum.yaml": units, "specs/contributors.yaml": LEADS, **files, **FIRST},
            author="lead",
        )
        work.git("checkout", "--quiet", "--detach")
        return work

    return made


def pushed(work, files, pusher="north", *, ref="refs/heads/main", server=SERVER, old=None):
    base = work.oid("main")
    work.checkout(base)
    tip = work.commit(files, author="north")
    return Judged(work, push_of(tip, old=old or base, pusher=pusher, ref=ref), server)


def codes(judged):
    return [f"{each.place.path} {each.code}" for each in judged.verdict.findings]


@pytest.mark.parametrize("ref", ["refs/heads/main", "refs/heads/topic"])
def test_a_new_task_comes_with_its_solutions(corpus, ref):
    work = corpus()
    assert pushed(work, TWO, ref=ref).text == snapshot("accepted: 11 gates passed")


def test_a_topic_is_judged_by_its_own_tree_and_then_merged(corpus):
    work = corpus()
    first = pushed(work, TWO, ref="refs/heads/topic")
    assert first.verdict.outcome is Outcome.ACCEPTED
    tip = work.commit({"corpus/basics/two/south/b.py": "y = 1\n"})
    old = first.verdict.updates[0].new
    assert Judged(work, push_of(tip, old=old, ref="refs/heads/topic")).text == "accepted: 11 gates passed"
    assert Judged(work, push_of(tip, old=work.oid("main"))).text == "accepted: 11 gates passed"


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"corpus/basics/two/north/a.go": "package a\n"}, ["corpus/basics/two/north/a.go wrong-language"]),
        ({"corpus/other/two/north/a.py": "x = 1\n"}, ["corpus/other/two/north/a.py unknown-unit"]),
        (
            {"corpus/basics/listed/north/a.py": "x = 1\n"},
            ["corpus/basics/listed/north/a.py duplicate-task", "corpus/basics/listed/north/a.py wrong-unit"],
        ),
        ({"corpus/more/one/north/a.go": "package a\n"}, ["corpus/more/one/north/a.go duplicate-task"]),
        ({"corpus/basics/t wo/north/a.py": "x = 1\n"}, ["corpus/basics/t wo/north/a.py bad-task-folder"]),
        ({"corpus/basics/.two/north/a.py": "x = 1\n"}, ["corpus/basics/.two/north/a.py bad-task-folder"]),
        ({"corpus/more/listed/north/a.py": "x = 1\n"}, []),
        ({"corpus/more/listed/north/a.go": "package a\n"}, ["corpus/more/listed/north/a.go wrong-language"]),
        ({"corpus/basics/One/north/a.py": "x = 1\n"}, ["corpus/basics/One case-collision"]),
        ({"corpus/basics/one": None, "corpus/more/one/north/a.go": "package a\n"}, []),
    ],
)
def test_a_new_task_changes_no_other_rule(corpus, files, said):
    work = corpus()
    assert set(codes(pushed(work, files))) == set(said)
    own_branch = pushed(work, files, ref="refs/heads/topic")
    assert codes(own_branch) == [each for each in said if "duplicate-task" not in each]


def test_the_layout_of_a_push_itself_discovers_nothing(corpus):
    work = corpus()
    own = UNITS.replace("languages: [go]", "languages: [python]")
    files = {"specs/curriculum.yaml": own, "corpus/more/two/lead/a.py": "x = 1\n"}
    assert codes(pushed(work, files, pusher="lead")) == ["corpus/more/two/lead/a.py wrong-language"]


def test_two_units_have_no_task_in_common(corpus):
    work = corpus()
    files = {"corpus/basics/new/a/a.py": "x = 1\n", "corpus/more/new/a/a.go": "package a\n"}
    assert codes(pushed(work, files)) == [
        "corpus/basics/new/a/a.py duplicate-task",
        "corpus/more/new/a/a.go duplicate-task",
    ]


@pytest.mark.parametrize(
    ("who", "pusher", "accepted"),
    [
        ("anybody", "north", True),
        ("owners", "north", False),
        ("owners", "lead", True),
        ("teachers", "north", False),
        ("teachers", "south", True),
        ("teachers", "root", True),
        ("[teachers, north]", "north", True),
        ("[teachers, owners]", "lead", True),
        ("teachers", None, False),
    ],
)
def test_those_add_tasks_whom_the_specs_name(corpus, who, pusher, accepted):
    work = corpus(by(who), gates=SPECS["specs/gates.yaml"] + "gates:\n  - {id: rights, uses: rights}\n")
    judged = pushed(work, TWO, pusher=pusher, server=Server(admins=("root",)))
    assert codes(judged) == ([] if accepted else ["corpus/basics/two/north/TASK.md may-not-add-task"])
    assert pushed(work, TWO, pusher=pusher, ref="refs/heads/topic").verdict.outcome is Outcome.ACCEPTED
    known = {"corpus/basics/one/north/b.py": "y = 1\n"}
    assert pushed(work, known, pusher=pusher).verdict.outcome is Outcome.ACCEPTED


def test_a_refusal_names_the_place_and_the_way_out(corpus):
    judged = pushed(corpus(by("owners")), TWO)
    text = judged.text.replace("of the unit `basics`, and only", "of the unit `basics`,\nand only")
    assert text == snapshot("""\
refused: 1 finding (owners 1), 10 gates passed
corpus/basics/two/north/TASK.md may-not-add-task: it makes `two` a new task of the unit `basics`,
and only `leads` (`specs/curriculum.yaml:6`) and admins may add one; `north` pushes
  hint: let one of them merge it from a branch of yours: git push origin HEAD:refs/heads/proposal/north
verdict 000000000000\
""")


def test_a_release_tag_adds_no_task_past_those_who_may(corpus):
    owned = CORPUS.replace("{branch: main}", "{branch: main, owners: {specs/release.yaml: [north]}}")
    work = corpus(by("teachers"), corpus=owned, release=RELEASE)
    assert codes(pushed(work, TWO, ref="refs/tags/v1", old="0" * 40)) == snapshot(
        ["corpus/basics/two/north/TASK.md may-not-add-task"]
    )
    assert pushed(work, TWO, ref="refs/tags/other", old="0" * 40).verdict.outcome is Outcome.ACCEPTED


def test_a_task_goes_with_its_folder(corpus):
    work = corpus()
    gone = dict.fromkeys(FIRST)
    judged = pushed(work, gone)
    assert judged.verdict.outcome is Outcome.ACCEPTED, judged.text
    work.git("branch", "--force", "main", judged.verdict.updates[0].new)
    again = pushed(work, {"corpus/more/one/north/a.go": "package a\n"})
    assert again.verdict.outcome is Outcome.ACCEPTED, again.text


def test_a_clone_is_told_the_same(corpus, capsys, monkeypatch):
    work = corpus(by("owners"))
    monkeypatch.chdir(work.path)
    work.git("checkout", "--quiet", "main")
    work.git("config", "user.email", "north@corpus.example")
    work.write(TWO)
    assert main(["check"]) == 1
    said = capsys.readouterr().out
    assert "corpus/basics/two/north/TASK.md may-not-add-task" in said
    assert "unknown-task" not in said
    work.git("config", "user.email", "lead@corpus.example")
    assert main(["check"]) == 0


def test_a_release_has_the_tasks_of_its_tag(corpus, capsys, tmp_path):
    work = corpus()
    judged = pushed(work, TWO)
    work.git("branch", "--force", "main", judged.verdict.updates[0].new)
    work.git("tag", "v1", "main")
    assert Judged(work, push_of(work.oid("v1"), ref="refs/tags/v1", pusher="lead")).text == snapshot(
        "accepted: 11 gates passed"
    )
    target = ["--repo", str(work.path), "--output", str(tmp_path / "release")]
    assert main(["release", "v1", *target]) == 0, capsys.readouterr().err
    assert "pairs: 2 records" in capsys.readouterr().out


LOOKED_UP = UNITS.replace(
    "languages: [python]}",
    'languages: [python], difficulty: {from: levels.json, path: "tasks[slug={task}].level"}}',
    1,
)


def test_the_difficulty_of_a_new_task_is_looked_up_when_it_comes(corpus):
    levels = '{"tasks": [{"slug": "one", "level": 1}, {"slug": "two", "level": 99}]}'
    elsewhere = '  elsewhere: ["*", specs/**, agreements/**, LICENSES/**]\nprotected:'
    work = corpus(LOOKED_UP, corpus=CORPUS.replace("protected:", elsewhere))
    assert "lookup-broken" in str(codes(pushed(work, {"levels.json": "{"}, pusher="lead")))
    named = pushed(work, {"levels.json": levels}, pusher="lead")
    assert named.verdict.outcome is Outcome.ACCEPTED, named.text
    work.git("branch", "--force", "main", named.verdict.updates[0].new)
    assert "bad-difficulty" in str(codes(pushed(work, TWO)))
    assert pushed(work, {"corpus/basics/one/b/b.py": "y = 1\n"}).verdict.outcome is Outcome.ACCEPTED


@pytest.mark.parametrize(
    ("layout", "discovered", "again"),
    [
        ("{unit}/by/{task}/{solution}", "basics/by/two/north/a.py", "basics/by/two/south/a.py"),
        ("*/{task}/{solution}", "any/two/north/a.py", "other/two/north/a.py"),
        ("ex-{task}/{solution}", "ex-two/north/a.py", "ex-two/south/a.py"),
        ("{solution}/{unit}/t-{task}", "north/basics/t-two/a.py", "south/basics/t-two/a.py"),
    ],
)
def test_layouts_with_several_names(corpus, layout, discovered, again):
    units = (
        "apiVersion: gitcorpus/v1\nkind: Curriculum\nunits:\n"
        f"  - {{id: basics, title: B, discover: {{layout: '{layout}', by: leads, languages: [python]}}}}\n"
    )
    work = corpus(units, corpus=CORPUS.replace("corpus/{unit}/{task}/{solution}", f"'{layout}'"))
    first = pushed(work, {discovered: "x = 1\n"}, pusher="lead")
    assert first.verdict.outcome is Outcome.ACCEPTED, first.text
    assert codes(pushed(work, {discovered: "x = 1\n"})) == [f"{discovered} may-not-add-task"]
    work.git("branch", "--force", "main", first.verdict.updates[0].new)
    assert codes(pushed(work, {again: "x = 2\n"})) == []
