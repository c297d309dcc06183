"""What `gitcorpus fix` prints and how it ends; and what `check` and `fix` let programs see."""

import os

import pytest
from flows.test_fix import GOOD, ODD, TRIM, with_gate
from forge import Forge, Work
from inline_snapshot import snapshot
from smallest import ADD, SPECS
from tools import PACKAGES, PLACES, needs

from gitcorpus.cli.app import main

FILE = f"{ADD}/a.py"


def corpus(forge: Forge, monkeypatch, formatters: str) -> Work:
    work = forge.work()
    work.commit({**SPECS, "specs/gates.yaml": with_gate(formatters)}, author="lead")
    work.branch("topic")
    monkeypatch.chdir(work.path)
    return work


@pytest.fixture
def work(forge: Forge, monkeypatch) -> Work:
    return corpus(forge, monkeypatch, f"python: {TRIM}")


def test_says_what_it_formatted(work, capsys):
    work.write({FILE: ODD, f"{ADD}/b.py": GOOD})
    assert main(["fix"]) == 0
    told = capsys.readouterr()
    assert told.out == f"formatted {FILE}\n1 formatted, 1 as it should be, 0 left\n"
    assert told.err == f"formatting the work tree, 2 files by the specs of main ({work.head[:7]})\n"
    assert (work.path / FILE).read_text() == GOOD


def test_a_diff_changes_nothing(work, capsys):
    work.write({FILE: "if x:\n\ty = '\x1b[2J'  \n"})
    assert main(["fix", "--diff"]) == 0
    told = capsys.readouterr()
    assert told.out == snapshot("""\
--- a/corpus/basics/add/north/a.py
+++ b/corpus/basics/add/north/a.py
@@ -1,2 +1,2 @@
 if x:
-	y = '\\x1b[2J'  \n\
+	y = '\\x1b[2J'
""")
    assert told.err.endswith("1 to format, 0 as it should be, 0 left\n")
    assert (work.path / FILE).read_text().endswith("  \n")


def test_a_missing_formatter_ends_in_3(forge, monkeypatch, capsys):
    work = corpus(forge, monkeypatch, "python: {run: [no-such-program]}")
    work.write({FILE: ODD})
    assert main(["fix"]) == 3
    told = capsys.readouterr()
    assert told.out == "0 formatted, 0 as it should be, 0 left\n"
    assert told.err.split("\n", 1)[1] == snapshot("""\
formatter-missing: the sandbox has no `no-such-program`, or not what it needs to start
  hint: an administrator installs it, or mounts it: `sandbox:` in gitcorpus/server.yaml
""")


def test_a_file_that_is_left_ends_in_1(forge, monkeypatch, capsys):
    work = corpus(forge, monkeypatch, "python: {run: [sh, -c, 'echo bad >&2; exit 1']}")
    work.write({FILE: ODD})
    assert main(["fix"]) == 1
    assert capsys.readouterr().err.split("\n", 1)[1] == snapshot("""\
corpus/basics/add/north/a.py formatter-rejects: `sh` cannot format it: bad
  hint: mend what it names
""")


def test_a_hostile_name_reaches_no_terminal(work, capsys):
    work.write({f"{ADD}/\x1b[2J\u202e\n::error::.py": ODD})
    for words in (["--diff"], []):
        assert main(["fix", *words]) == 0
        told = capsys.readouterr()
        assert all(line.isprintable() for line in (told.out + told.err).split("\n"))


@pytest.mark.usefixtures("work")
@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nowhere"], "nowhere no-such-path: "),
        (["../.."], "../.. no-such-path: it is outside of the work tree"),
        (["--policy", "v9"], "no-such-revision: "),
        (["--sandbox", "some"], "usage: invalid value for '--sandbox': 'some' is not one of"),
        (["--mount", "/nowhere"], "usage: invalid value for '--mount': "),
    ],
)
def test_what_is_in_the_way_is_one_message(capsys, words, said):
    assert main(["fix", *words]) == 2
    assert capsys.readouterr().err.startswith(said)


@needs("ruff", "gofmt")
@pytest.mark.parametrize("sandbox", [[], ["--sandbox", "none"], ["--sandbox", "bubblewrap"]])
def test_tools_are_found_below_what_is_mounted(forge, monkeypatch, capsys, sandbox):
    work = corpus(forge, monkeypatch, "python: ruff, go: {use: gofmt, version: '1.27'}")
    monkeypatch.setenv("PATH", os.pathsep.join([*map(str, PLACES), "relative", os.environ["PATH"]]))
    mounts = ["--mount", str(PLACES[0]), "--mount", str(PACKAGES / "go")]
    work.write({FILE: "x = [1,2]\n", f"{ADD}/a.go": "package  p\n"})
    assert main(["check", *mounts, *sandbox]) == 1
    assert "format 2" in capsys.readouterr().out.split("\n")[0]
    assert main(["fix", *mounts, *sandbox]) == 0
    assert capsys.readouterr().out.startswith(f"formatted {ADD}/a.go\nformatted {FILE}\n")
    main(["check", *mounts, *sandbox])
    assert "not-formatted" not in capsys.readouterr().out


@needs("ruff")
def test_what_is_not_mounted_is_not_found(forge, monkeypatch, capsys):
    work = corpus(forge, monkeypatch, "python: ruff")
    monkeypatch.setenv("PATH", os.pathsep.join([str(PLACES[0]), os.environ["PATH"]]))
    work.write({FILE: GOOD})
    assert main(["check"]) == 3
    assert "format: no answer: formatter-missing" in capsys.readouterr().out
    assert main(["check", "--sandbox", "none"]) == 0
