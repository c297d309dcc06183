import importlib.metadata
import os
import pty
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from gitcorpus.cli import app as application
from gitcorpus.cli.app import COMMANDS, load_command, main
from gitcorpus.errors import GitcorpusError, RefusedError, UnjudgedError
from gitcorpus.packages import install_command

GITCORPUS = str(Path(sys.executable).with_name("gitcorpus"))


def gitcorpus(*words, cwd=None, **env):
    given = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "TERM": "xterm", **env}
    return subprocess.run(
        [GITCORPUS, *words], cwd=cwd, env=given, capture_output=True, text=True, check=False
    )


def raising(monkeypatch, error):
    """Let the whole program end in an error, as any command may."""

    def fail(_arguments):
        raise error

    monkeypatch.setattr(application, "_run", fail)


def test_help_lists_every_command_and_imports_none_of_them():
    program = (
        "import sys; from gitcorpus.cli.app import main; code = main(['--help']);"
        "heavy = {'pygit2', 'duckdb', 'pyarrow', 'ruamel', 'jsonschema', 'rich', 'gitcorpus.cli.server'};"
        "sys.exit(f'{code} {heavy & sys.modules.keys()}' if code or heavy & sys.modules.keys() else 0)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    listed = done.stdout.partition("Commands:\n")[2]
    assert [line.split()[0] for line in listed.splitlines()] == list(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_of_the_table_is_there(name):
    command = load_command(name)
    assert command.name == name
    assert command.help


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_and_option_says_what_it_does(name):
    command = load_command(name)
    for one in (command, *getattr(command, "commands", {}).values()):
        assert one.help
        assert all(param.help for param in one.params if param.name != "help")


def test_prints_its_version():
    done = gitcorpus("--version")
    assert (done.returncode, done.stdout) == (0, "gitcorpus 0.1.0\n")


def test_without_a_command_shows_help_as_a_usage_error():
    done = gitcorpus()
    assert done.returncode == 2
    assert done.stderr.startswith("Usage: gitcorpus [OPTIONS] COMMAND [ARGS]...")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            ["servr"],
            "usage: no such command 'servr'. Did you mean 'server', 'serve'?\n  hint: gitcorpus --help\n",
        ),
        (
            ["server", "install"],
            "usage: missing argument 'REPO'\n  hint: gitcorpus server install --help\n",
        ),
        (
            ["server", "doctor", "--format", "xml"],
            (
                "usage: invalid value for '--format': 'xml' is not one of 'text', 'json'\n"
                "  hint: gitcorpus server doctor --help\n"
            ),
        ),
        (["--nope"], "usage: no such option: --nope\n  hint: gitcorpus --help\n"),
    ],
)
def test_a_wrong_command_line_is_code_2_in_the_house_form(words, said):
    done = gitcorpus(*words)
    assert (done.returncode, done.stderr) == (2, said)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (GitcorpusError("a-code", "a sentence", place="x:1:2", hint="do that"), 2),
        (RefusedError("a-code", "a sentence", place="x:1:2", hint="do that"), 1),
        (UnjudgedError("a-code", "a sentence", place="x:1:2", hint="do that"), 3),
    ],
)
def test_an_error_is_told_with_place_and_hint(monkeypatch, capsys, error, code):
    raising(monkeypatch, error)
    assert main([]) == code
    assert capsys.readouterr().err == "x:1:2 a-code: a sentence\n  hint: do that\n"


@pytest.mark.parametrize("error", [KeyboardInterrupt(), typer.Abort()])
def test_an_interruption_is_130_and_quiet(monkeypatch, capsys, error):
    raising(monkeypatch, error)
    assert main([]) == 130
    assert capsys.readouterr().err == ""


def test_a_missing_server_package_is_told_with_what_brings_it(monkeypatch, capsys):
    raising(monkeypatch, ModuleNotFoundError("no", name="duckdb.typing"))
    assert main([]) == 2
    assert capsys.readouterr().err == (
        "package-missing: this command needs the package duckdb, which the light install leaves out\n"
        f"  hint: {install_command()}\n"
    )


LIGHT = """
import sys
for name in ("duckdb", "dulwich", "jinja2", "nacl", "numpy", "pyarrow"):
    sys.modules[name] = None  # as if it were not installed
from gitcorpus.cli.app import main
repo = sys.argv[1]
for words in (
    ["server", "install", repo, "--admin", "lead"],
    ["server", "doctor", repo, "--quick"],
    ["server", "reconcile", repo],
    ["ledger", "show", repo],
    ["ledger", "verify", repo],
    ["cache", "stats", repo],
    ["cache", "clear", repo],
    ["pending", "list", "--repo", repo],
    ["pending", "run", "--repo", repo],
    ["refused", "list", "--repo", repo],
    ["incidents", "list", "--repo", repo],
    ["server", "uninstall", repo],
):
    print(*words[:2], main(words))
"""


def test_what_keeps_a_server_needs_no_more_than_the_light_install(tmp_path):
    """Only views and releases need more; the doctor says so, as a warning."""
    repo = str(tmp_path / "corpus.git")
    done = subprocess.run(
        [sys.executable, "-c", LIGHT, repo], capture_output=True, text=True, check=False, cwd=tmp_path
    )
    assert "package-missing" not in done.stderr, done.stderr
    codes = [line.split()[-1] for line in done.stdout.splitlines() if line.split()[-1:] in (["0"], ["1"])]
    assert codes.count("0") == 12, done.stdout + done.stderr


def test_the_command_that_brings_packages_names_this_interpreter_and_what_it_lacks(monkeypatch):
    monkeypatch.setattr("gitcorpus.packages.find_spec", lambda _: object())
    real = importlib.metadata.version

    def version(name):
        if name == "dulwich":
            raise importlib.metadata.PackageNotFoundError(name)
        return "0.1" if name == "duckdb" else real(name)

    monkeypatch.setattr("importlib.metadata.version", version)
    words = shlex.split(install_command())
    assert words[:4] == [sys.executable, "-m", "pip", "install"]
    assert sorted(word.partition(">")[0] for word in words[4:]) == ["duckdb", "dulwich"]
    monkeypatch.setattr("gitcorpus.packages.find_spec", lambda _: None)
    assert shlex.split(install_command())[:5] == ["uv", "pip", "install", "--python", sys.executable]


def test_a_bug_is_one_sentence_and_a_file(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    raising(monkeypatch, ZeroDivisionError("the secret of it"))
    assert main([]) == 4
    (file,) = tmp_path.iterdir()
    assert "ZeroDivisionError: the secret of it" in file.read_text()
    assert capsys.readouterr().err == (
        "bug: gitcorpus went wrong (ZeroDivisionError), and nothing that you did is to blame\n"
        f"  hint: report it with {file}, which holds what is needed to mend it\n"
    )


def test_a_bug_is_told_also_where_no_file_can_be_written(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "not there"))
    raising(monkeypatch, ZeroDivisionError("what"))
    assert main([]) == 4
    assert capsys.readouterr().err.startswith("bug: gitcorpus went wrong (ZeroDivisionError)")


def test_a_reader_who_leaves_is_no_complaint():
    process = subprocess.Popen(
        [GITCORPUS, "--help"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={"PATH": os.environ["PATH"]},
    )
    process.stdout.close()
    assert process.stderr.read() == b""
    process.stderr.close()
    assert process.wait() == 141


@pytest.mark.parametrize(
    ("env", "colored"), [({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)]
)
def test_colors_are_for_terminals_that_want_them(env, colored):
    ours, theirs = pty.openpty()
    given = {"PATH": os.environ["PATH"], "TERM": "xterm", **env}
    subprocess.run([GITCORPUS, "server", "doctor", "/nonexistent"], stderr=theirs, env=given, check=False)
    os.close(theirs)
    said = os.read(ours, 10_000)
    os.close(ours)
    assert b"not-a-repository" in said
    assert (b"\x1b[31m" in said) is colored


def test_completion_knows_commands_and_subcommands():
    env = {"_GITCORPUS_COMPLETE": "complete_bash", "COMP_WORDS": "gitcorpus server ", "COMP_CWORD": "2"}
    assert gitcorpus(**env).stdout.split() == ["install", "uninstall", "move", "reconcile", "doctor"]
    env |= {"COMP_WORDS": "gitcorpus ver", "COMP_CWORD": "1"}
    assert gitcorpus(**env).stdout.split() == ["verify"]


def test_completion_can_be_installed(tmp_path):
    named = {
        "_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"
    }  # else it is the shell that runs the tests, if any
    done = gitcorpus("--show-completion", "bash", HOME=str(tmp_path), **named)
    assert "_GITCORPUS_COMPLETE=complete_bash" in done.stdout + done.stderr
