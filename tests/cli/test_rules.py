"""Packs of rules as leads try them: examples that hold, and everything that is wrong with a pack at once."""

from inline_snapshot import snapshot

from gitcorpus.cli.app import main

PACK = """\
apiVersion: gitcorpus/v1
kind: Rules
id: house
languages: [python]
rules:
  - id: print
    query: |
      (call function: (identifier) @at (#eq? @at "print"))
    sentence: "`{at}` writes"
    hint: return it
    accepted: "write('x')"
    refused: "print('x')"
"""


def tried(folder, capsys, text, *names):
    path = folder / "specs" / "rules" / "house.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    code = main(["rules", "test", "--specs", str(folder), *names])
    return code, capsys.readouterr().out.splitlines()


def test_examples_that_hold(tmp_path, capsys):
    assert tried(tmp_path, capsys, PACK, "house") == (0, ["1 packs, 1 rules, 2 examples: 0 findings"])


def test_every_ready_pack_holds(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["rules", "test"]) == 0
    assert capsys.readouterr().out.endswith(": 0 findings\n")


def test_examples_that_do_not(tmp_path, capsys):
    text = PACK.replace("\"write('x')\"", "\"print('x')\"").replace("refused: \"print('x')\"", 'refused: "x"')
    code, lines = tried(tmp_path, capsys, text, "house")
    assert code == 1
    assert lines == snapshot(
        [
            "specs/rules/house.yaml:6:5 example-differs: the accepted example 1 is refused by `print` in python",
            "  hint: gitcorpus rules test",
            "specs/rules/house.yaml:6:5 example-differs: the refused example 1 is not refused by `print` in python",
            "  hint: gitcorpus rules test",
            "1 packs, 1 rules, 2 examples: 2 findings",
        ]
    )


def test_a_query_that_fits_no_grammar(tmp_path, capsys):
    for text in (
        PACK.replace("(call function", "(calling function"),
        PACK.replace("@at", "@there"),
        PACK.replace("{at}", "{name}"),
        PACK.replace("[python]", "[haskell]"),
        PACK.replace('"print"))', '"print")'),
    ):
        code, lines = tried(tmp_path, capsys, text, "house")
        assert code == 1
        assert lines[0] != ""
    assert "bad-query" in lines[0]


def test_a_pack_that_there_is_not(tmp_path, capsys):
    assert main(["rules", "test", "--specs", str(tmp_path), "gitcorpus:pyton"]) == 2
    assert "did you mean `gitcorpus:python`" in capsys.readouterr().err
