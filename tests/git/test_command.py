import pytest

from gitcorpus.errors import UnjudgedError
from gitcorpus.git.command import git_version, run_git


def test_runs_git_in_a_repository_whatever_the_caller_set(forge, monkeypatch):
    work = forge.work()
    first = work.commit({"a": "1"})
    second = work.commit({"a": "2"})
    work.git("replace", second, first)
    monkeypatch.setenv("GIT_DIR", "/nowhere")
    monkeypatch.setenv("GIT_INDEX_FILE", "/nowhere")
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", "alias.rev-parse")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", "false")
    assert run_git(work.git_dir, "cat-file", "blob", "main:a") == b"2"
    assert run_git(work.git_dir, "hash-object", "--stdin", stdin=b"1") == run_git(
        work.git_dir, "rev-parse", f"{first}:a"
    )


def test_says_which_command_failed_and_what_it_said(forge):
    work = forge.work()
    with pytest.raises(UnjudgedError) as caught:
        run_git(work.git_dir, "rev-parse", "--verify", "nope")
    assert str(caught.value) == "git-failed: `git rev-parse` ended with 128: fatal: Needed a single revision"
    assert run_git(work.git_dir, "rev-parse", "--quiet", "--verify", "nope", ok=(0, 1)) == b""


def test_names_a_missing_git(forge, monkeypatch):
    work = forge.work()
    monkeypatch.setenv("PATH", str(forge.root))
    with pytest.raises(UnjudgedError) as caught:
        run_git(work.git_dir, "version")
    assert (caught.value.code, caught.value.exit_code) == ("git-missing", 3)


def test_git_has_a_version():
    assert [part.isdigit() for part in git_version().split(".")[:2]] == [True, True]
