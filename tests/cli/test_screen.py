import io
import os
import pty
import subprocess
import sys

from gitcorpus.cli.screen import colors_wanted, print_findings, print_json, print_lines, progress
from gitcorpus.model.finding import Finding, Quote, Severity
from gitcorpus.model.place import Place

FINDING = Finding(
    code="a-code",
    place=Place(path="specs/a.yaml", line=3, column=5),
    sentence="a sentence with \x1b[31mcolour",
    hint="do \x07 that",
    quote=Quote("  - kind: Corpse", 5, 8),
)


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_a_finding_is_place_code_sentence_quote_and_hint():
    stream = io.StringIO()
    print_findings([FINDING], stream)
    assert stream.getvalue() == (
        "specs/a.yaml:3:5 a-code: a sentence with \\x1b[31mcolour\n"
        "      - kind: Corpse\n"
        "        ^^^^\n"
        "  hint: do \\x07 that\n"
    )


def test_a_finding_without_quote_and_hint_is_one_line():
    stream = io.StringIO()
    print_findings(
        [Finding(code="a-code", place=Place(path="a"), sentence="so", severity=Severity.WARN)], stream
    )
    assert stream.getvalue() == "a a-code: so (warning)\n"


def test_colors_say_how_bad_it_is(monkeypatch):
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    stream = Terminal()
    assert colors_wanted(stream)
    monkeypatch.setenv("NO_COLOR", "1")
    assert not colors_wanted(stream)
    assert not colors_wanted(io.StringIO())


def test_json_is_plain_ascii(capsys):
    print_json([{"a": "\x1b ü \udcff"}])
    assert capsys.readouterr().out == '[\n  {\n    "a": "\\u001b \\u00fc \\udcff"\n  }\n]\n'


def test_lines_never_reach_the_terminal_with_escapes(capsys):
    print_lines(["plain", "a\x1b]0;title\x07b"])
    assert capsys.readouterr().out == "plain\na\\x1b]0;title\\x07b\n"


def test_progress_is_silent_where_nobody_watches(capsys):
    with progress() as show:
        show("reading", 1, 2)
        show("reading", 2, 2)
    assert capsys.readouterr() == ("", "")


def test_progress_shows_on_a_terminal():
    program = (
        "from gitcorpus.cli.screen import progress\n"
        "with progress() as show:\n"
        "    for n in range(3): show('reading', n, 3)\n"
        "    show('rendering', 1, 1)\n"
        "print('out')\n"
    )
    ours, theirs = pty.openpty()
    env = {"PATH": os.environ["PATH"], "TERM": "xterm", "COLUMNS": "80"}
    done = subprocess.run(
        [sys.executable, "-c", program], stderr=theirs, stdout=subprocess.PIPE, env=env, check=False
    )
    os.close(theirs)
    seen = os.read(ours, 100_000)
    os.close(ours)
    assert (done.returncode, done.stdout) == (0, b"out\n")
    assert b"reading" in seen
    assert b"rendering" in seen
