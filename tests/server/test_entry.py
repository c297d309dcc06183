"""What a hook starts, on its own, as git starts it, with interpreters that can and cannot judge."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from gitcorpus.shipped import shipped_path

JUDGE = shipped_path("server_hooks", "judge.py")
SORRY = """\
gitcorpus could not judge this push, so it is refused; it is not your fault
  hint: an administrator runs `gitcorpus server doctor` on the server
"""


@pytest.fixture(scope="module")
def without_gitcorpus(tmp_path_factory):
    """An interpreter of its own that has no packages at all."""
    folder = tmp_path_factory.mktemp("python")
    base = Path(sys.base_prefix, "bin", Path(sys.executable).resolve().name)
    subprocess.run([base, "-m", "venv", "--without-pip", folder], check=True)
    for packages in folder.glob("lib/python*/site-packages"):
        os.utime(packages, (0, 0))  # nothing is being installed there
    return str(folder / "bin" / "python")


def run(python, name, *, cwd, stdin="", env=None):
    done = subprocess.run(
        [python, "-I", "-X", "utf8", JUDGE, name],
        cwd=cwd,
        input=stdin,
        env=env or {"PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stderr


def chained(folder, name, text, mode=0o755):
    path = folder / "hooks" / "pre-receive.d" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(mode)


def test_an_interpreter_without_gitcorpus_refuses(tmp_path, without_gitcorpus):
    code, said = run(without_gitcorpus, "pre-receive", cwd=tmp_path)
    assert code == 3
    assert said == SORRY + "ModuleNotFoundError: No module named 'gitcorpus'\n"


def test_other_hooks_run_first_in_the_order_of_their_names(tmp_path, without_gitcorpus):
    chained(tmp_path, "60-second", "echo second >> ran; cat >> ran")
    chained(tmp_path, "50-first", 'echo "first $MINE $PWD" >> ran; cat >> ran')
    chained(tmp_path, "70-silent", "echo silent >> ran", mode=0o644)
    chained(tmp_path, ".80-hidden", "echo hidden >> ran")
    code, _ = run(
        without_gitcorpus, "pre-receive", cwd=tmp_path, stdin="a b c\n", env={"MINE": "yes", "PATH": "/bin"}
    )
    assert code == 3
    assert (tmp_path / "ran").read_text() == f"first yes {tmp_path}\na b c\nsecond\na b c\n"


def test_the_first_hook_that_fails_refuses_with_its_code(tmp_path, without_gitcorpus):
    chained(tmp_path, "50-first", "echo no; echo never >&2; exit 7")
    chained(tmp_path, "60-second", "touch ran")
    code, said = run(without_gitcorpus, "pre-receive", cwd=tmp_path)
    assert code == 7
    assert said == "never\ngitcorpus: the hook hooks/pre-receive.d/50-first ended with 7\n"
    assert not (tmp_path / "ran").exists()


def test_a_hook_that_is_killed_refuses(tmp_path, without_gitcorpus):
    chained(tmp_path, "50-first", "kill -9 $$")
    assert run(without_gitcorpus, "pre-receive", cwd=tmp_path)[0] == 137


def test_a_hook_that_cannot_start_refuses(tmp_path, without_gitcorpus):
    chained(tmp_path, "50-first", "exit 0")
    (tmp_path / "hooks/pre-receive.d/50-first").write_text("#!/no/such/shell\n")
    code, said = run(without_gitcorpus, "pre-receive", cwd=tmp_path)
    assert code == 3
    assert said.startswith(SORRY + "FileNotFoundError")


def test_a_hook_that_does_not_read_is_no_fault(tmp_path, without_gitcorpus):
    chained(tmp_path, "50-first", "exec true")
    code, said = run(without_gitcorpus, "pre-receive", cwd=tmp_path, stdin="x" * 1_000_000)
    assert code == 3
    assert "BrokenPipe" not in said


def test_after_the_push_the_other_hooks_run_whatever_gitcorpus_says(tmp_path, without_gitcorpus):
    chained(tmp_path, "50-first", "touch ran")
    (tmp_path / "hooks/pre-receive.d").rename(tmp_path / "hooks/post-receive.d")
    moved = f"{'0' * 40} {'1' * 40} refs/heads/main\n"
    code, said = run(without_gitcorpus, "post-receive", cwd=tmp_path, stdin=moved)
    assert code == 3
    assert said.startswith("the push landed, but gitcorpus could not record it; nothing is lost\n")
    assert (tmp_path / "ran").exists()


@pytest.mark.parametrize("words", [[], ["pre-receive", "more"], ["update"]])
def test_anything_else_is_no_yes(tmp_path, words):
    command = [sys.executable, "-I", JUDGE, *words]
    done = subprocess.run(command, cwd=tmp_path, input=b"", capture_output=True, check=False)
    assert done.returncode == 3


@pytest.mark.parametrize("path", sorted(JUDGE.parent.glob("*.py")), ids=lambda path: path.name)
def test_the_scripts_need_nothing_but_the_standard_library_and_each_other(path):
    source = path.read_text()
    at_the_top = [line for line in source.splitlines() if line.startswith(("import ", "from "))]
    names = {line.split()[1].partition(".")[0] for line in at_the_top}
    assert names <= {*sys.stdlib_module_names, *(each.stem for each in JUDGE.parent.glob("*.py"))}


def test_the_shell_takes_the_second_lock_for_a_program():
    for shell in ("sh", "bash"):
        subprocess.run([shell, "-n", JUDGE.with_name("second-lock.sh")], check=True)
