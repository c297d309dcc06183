"""What new gates would refuse of the old tree is told at the push that brings them, and listed by `check --all`."""

import json

import pytest
from flows.test_push import Judged
from inline_snapshot import snapshot
from smallest import ADD, CORPUS, CURRICULUM, GATES, push_of, smallest

from gitcorpus.cli.app import main
from gitcorpus.model.verdict import Outcome

TIDY = GATES + "gates:\n  - {id: tidy, uses: tidy}\n"
UNTIDY = {f"{ADD}/add{n}.py": "x = 1  \ny = 2  \n" for n in range(7)}


@pytest.fixture
def work(forge):
    work = smallest(forge)
    work.commit(UNTIDY)
    work.git("checkout", "--quiet", "--detach")
    return work


def pushed(work, files, pusher="lead"):
    base = work.oid("main")
    work.checkout(base)
    tip = work.commit(files, author="lead")
    return Judged(work, push_of(tip, old=base, pusher=pusher))


def test_a_new_gate_says_at_once_what_it_would_refuse(work):
    judged = pushed(work, {"specs/gates.yaml": TIDY})
    assert judged.verdict.outcome is Outcome.ACCEPTED
    assert judged.text == snapshot("""\
accepted: 11 gates passed
note: at the next tag, `tidy` would refuse 7 paths of the tree:
  corpus/basics/add/north/add0.py:1 trailing-blank: this line ends in blanks
  corpus/basics/add/north/add1.py:1 trailing-blank: this line ends in blanks
  corpus/basics/add/north/add2.py:1 trailing-blank: this line ends in blanks
  corpus/basics/add/north/add3.py:1 trailing-blank: this line ends in blanks
  corpus/basics/add/north/add4.py:1 trailing-blank: this line ends in blanks
  ... and 2 more
hint: gitcorpus check --all --policy HEAD lists everything, in a clone with this commit\
""")


def test_what_leaves_the_gates_alone_tries_nothing(work):
    assert pushed(work, {"README.md": "More.\n"}).verdict.tried == ()
    assert pushed(work, {"specs/curriculum.yaml": CURRICULUM.replace("Basics", "Basic")}).verdict.tried == ()
    assert pushed(work, {"specs/gates.yaml": GATES + "# a remark\n"}).verdict.tried == ()


def test_a_push_that_is_refused_is_not_told(work):
    judged = pushed(work, {"specs/gates.yaml": TIDY}, pusher="north")
    assert (judged.verdict.outcome, judged.verdict.tried) == (Outcome.REFUSED, ())


@pytest.mark.parametrize(
    ("change", "gate", "files"),
    [
        ({"specs/curriculum.yaml": CURRICULUM.replace("- id: add\n", "- id: sum\n")}, "layout", 7),
        ({"specs/corpus.yaml": CORPUS.replace("corpus/{unit}", "src/{unit}")}, "layout", 7),
        ({"specs/gates.yaml": TIDY.replace("tidy}", "tidy, paths: ['**/add1.py']}")}, "tidy", 1),
        ({"specs/gates.yaml": TIDY.replace("uses: tidy}", "uses: tidy, when: release}")}, "tidy", 7),
        ({"specs/gates.yaml": TIDY.replace("uses: tidy}", "uses: tidy, severity: warn}")}, "", 0),
    ],
    ids=["a task goes", "the layout moves", "some paths", "at releases", "only warns"],
)
def test_whatever_changes_what_a_gate_says_of_old_files_is_tried(work, change, gate, files):
    judged = pushed(work, change)
    assert judged.verdict.outcome is Outcome.ACCEPTED, judged.text
    assert [(each.gate, each.files) for each in judged.verdict.tried] == ([(gate, files)] if gate else [])


def test_check_all_lists_what_the_push_has_counted(work, capsys, monkeypatch):
    monkeypatch.chdir(work.path)
    work.git("config", "user.email", "lead@corpus.example")
    work.commit({"specs/gates.yaml": TIDY}, author="lead")
    assert main(["check", "--all", "--policy", "HEAD", "--format", "json"]) == 1
    fields = json.loads(capsys.readouterr().out)
    assert len({each["path"] for each in fields["findings"] if each["code"] == "trailing-blank"}) == 7
    assert main(["check", "--all"]) == 0
    assert "judging all files of the work tree, 16 files by" in capsys.readouterr().err
    assert main(["check", "--all", "--policy", "HEAD", f"{ADD}/add1.py"]) == 1
    assert capsys.readouterr().out.count("trailing-blank") == 2
    assert main(["check", "HEAD"]) == 0
    told = capsys.readouterr().out
    assert "note: at the next tag, `tidy` would refuse 7 paths of the tree:" in told
    assert main(["check", "--all", "--merge"]) == 2
