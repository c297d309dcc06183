import os
import re
import shutil
import signal
import subprocess
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest
from forge import Symlink
from git.histories import draw, stream

from gitcorpus.errors import GitcorpusError
from gitcorpus.git.attribution.attribute import attribute
from gitcorpus.git.attribution.attributor import Attributor
from gitcorpus.git.command import run_git
from gitcorpus.git.repo import Repo
from gitcorpus.model.attribution import BlameRun

NOT_UTF8 = os.fsdecode(b'd/\xe9t\xe9 "q"\\ \t.txt')


def blame(work, path, rev="HEAD"):
    """Read `git blame --porcelain` in the plainest way: one (commit, path, line) for each line."""
    printed = os.fsencode(
        work.git("-c", "core.quotePath=true", "blame", "--porcelain", rev, "--", path).stdout
    )
    lines, names, oid, number = [], {}, "", 0
    for line in printed.split(b"\n")[:-1]:
        if line.startswith(b"\t"):
            lines.append((oid, names[oid], number))
        elif line.startswith(b"filename "):
            name = line.removeprefix(b"filename ")
            if name.startswith(b'"'):
                name = name[1:-1].decode("unicode_escape").encode("latin-1")
            names[oid] = os.fsdecode(name)
        elif re.match(rb"[0-9a-f]{40} [0-9]", line):
            fields = line.decode().split(" ")
            oid, number = fields[0], int(fields[1])
    return lines


def lines_of(runs):
    return [
        (run.commit, run.source_path, run.source_line + step) for run in runs for step in range(run.n_lines)
    ]


def assert_equals_blame(work, rev="HEAD"):
    repo = Repo.open(work.path)
    commit = repo.resolve(rev)
    paths = [entry.path for entry in repo.snapshot(commit).entries()]
    found = attribute(repo, commit, paths)
    assert list(found) == sorted(paths)
    for path in paths:
        assert lines_of(found[path]) == blame(work, path, rev), path
        assert [run.line for run in found[path]] == [
            1 + sum(run.n_lines for run in found[path][:at]) for at in range(len(found[path]))
        ]
    return found


def test_joins_lines_that_continue_each_other(forge):
    work = forge.work()
    first = work.commit({"a": "1\n2\n3\n4\n"})
    second = work.commit({"a": "1\n2\nnew\n3\n4"})
    runs = attribute(Repo.open(work.path), second, ["a"])["a"]
    assert runs == (
        BlameRun(1, 2, first, "a", 1),
        BlameRun(3, 1, second, "a", 3),
        BlameRun(4, 1, first, "a", 3),
        BlameRun(5, 1, second, "a", 5),
    )


def test_an_empty_file_has_no_runs(forge):
    work = forge.work()
    commit = work.commit({"empty": "", "link": Symlink("a"), "bare-cr": "1\r2\r", "nul": "a\0\nb\n"})
    found = attribute(Repo.open(work.path), commit, ["nul", "empty", "link", "bare-cr", "empty"])
    assert {path: sum(run.n_lines for run in runs) for path, runs in found.items()} == {
        "bare-cr": 1,
        "empty": 0,
        "link": 1,
        "nul": 2,
    }


def test_follows_renames_and_odd_names(forge):
    work = forge.work()
    text = "".join(f"line {n}\n" for n in range(20))
    first = work.commit({"-lead": text, ":(top)b": text, "*": "star\n", 'q"uote': "q\n", "new\nline": "n\n"})
    work.write({"-lead": None, NOT_UTF8: text + "more\n"})
    work.commit()
    found = assert_equals_blame(work)
    assert found[NOT_UTF8][0] == BlameRun(1, 20, first, "-lead", 1)


def imported(forge, history):
    """Return a repository with a random history, and its commits."""
    git_dir = forge.bare("random.git")
    forge.run("-C", str(git_dir), "fast-import", "--quiet", "--force", stdin=stream(history))
    names = "".join(f"refs/heads/c{number}\n" for number in range(len(history)))
    printed = forge.run("-C", str(git_dir), "cat-file", "--batch-check=%(objectname)", stdin=names.encode())
    return Repo.open(git_dir), printed.stdout.split()


def blamed(repo, commit, path):
    """Read `git blame --incremental` as plainly as can be: (commit, path, line) for each line."""
    output = run_git(repo.path, "blame", "--incremental", commit, "--", os.fsencode(path))
    found, head = {}, []
    for line in output.split(b"\n"):
        if not head:
            head = line.split()
        elif line.startswith(b"filename "):
            name = line.removeprefix(b"filename ")
            name = os.fsdecode(
                name[1:-1].decode("unicode_escape").encode("latin-1") if name[:1] == b'"' else name
            )
            for step in range(int(head[3])):
                found[int(head[2]) + step] = (head[0].decode(), name, int(head[1]) + step)
            head = []
    return [found[number] for number in sorted(found)]


def assert_blamed(repo, commit, files):
    looked_at = 0
    for entry in repo.snapshot(commit).entries():
        if entry.path in files:
            looked_at += 1
            assert lines_of(files[entry.path]) == blamed(repo, commit, entry.path), (commit, entry.path)
    assert looked_at == len(files)


@pytest.mark.parametrize("seed", range(8))
def test_equals_blame_on_random_histories(forge, seed):
    repo, commits = imported(forge, draw(seed, 60))
    with Attributor(repo) as attributor:
        files = attributor.tree(commits[-1])
        assert_blamed(repo, commits[-1], files)


@pytest.mark.parametrize("seed", range(100, 106))
def test_what_is_kept_changes_no_answer(forge, seed):
    """One release after the other, each from what the ones before it left, on branches that leave and come back."""
    repo, commits = imported(forge, draw(seed, 60))
    kept = forge.root / "attribution.db"
    for number in (10, 25, 20, 40, 41, 58, 59):
        with Attributor(repo, keep=kept) as attributor:
            files = attributor.tree(commits[number])
            assert_blamed(repo, commits[number], files)
            assert attributor.keep()


@pytest.mark.parametrize("seed", range(200, 203))
def test_many_commits_at_once(forge, seed):
    repo, commits = imported(forge, draw(seed, 40))
    with Attributor(repo) as attributor:
        for commit, files in attributor.trees(commits[::4]).items():
            assert_blamed(repo, commit, files)


def test_processes_can_share_the_work(forge):
    repo, commits = imported(forge, draw(11, 60))
    with (
        ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool,
        Attributor(repo, executor=pool) as shared,
    ):
        files = shared.tree(commits[-1])
        assert_blamed(repo, commits[-1], files)


def test_no_setting_changes_the_answer(forge):
    work = forge.work()
    first = work.commit({"a": "one\ntwo\n", ".gitattributes": "a diff=upper\n"})
    ignored = work.commit({"a": "one\nTWO\n"})
    (work.path / "ignored").write_text(f"{ignored}\n")
    work.git("config", "blame.ignoreRevsFile", str(work.path / "ignored"))
    work.git("config", "--add", "blame.ignoreRevsFile", "there-is-no-such-file")
    work.git("config", "diff.upper.textconv", "sort -r | tr a-z A-Z <")
    work.git("config", "diff.indentHeuristic", "false")
    work.git("config", "core.quotePath", "false")
    work.git("replace", "--graft", ignored)
    runs = attribute(Repo.open(work.path), ignored, ["a"])["a"]
    assert runs == (BlameRun(1, 1, first, "a", 1), BlameRun(2, 1, ignored, "a", 2))


def test_tells_how_far_it_is(forge):
    work = forge.work()
    commit = work.commit(dict.fromkeys("abc", "x\n"))
    told = []
    attribute(Repo.open(work.path), commit, ["a", "b", "c"], progress=told.append)
    assert told == [1, 2, 3]
    assert attribute(Repo.open(work.path), commit, []) == {}


def test_refuses_paths_that_are_no_files(forge):
    work = forge.work()
    commit = work.commit({"d/a": "x\n"})
    for path in ("nope", "d", ""):
        with pytest.raises(GitcorpusError) as caught:
            attribute(Repo.open(work.path), commit, ["d/a", path])
        assert (caught.value.code, caught.value.place) == ("no-such-path", path)


def test_lines_end_where_history_was_cut_off(forge):
    work = forge.work()
    work.commit({"a": "x\n"})
    work.commit({"a": "x\ny\n"})
    work.commit({"a": "x\ny\nz\n"})
    forge.run("clone", "--quiet", "--depth=2", f"file://{work.path}", "shallow")
    found = attribute(Repo.open(forge.root / "shallow"), work.head, ["a"])
    assert found["a"] == (BlameRun(1, 2, work.oid("HEAD~1"), "a", 1), BlameRun(3, 1, work.head, "a", 3))


SLOW_GIT = """#!/bin/sh
case "$*" in *" log "*) echo $$ >> "$HOME/started"; exec sleep 600;; esac
exec "$REAL_GIT" "$@"
"""

INTERRUPTED = """
import sys
from pathlib import Path
from gitcorpus.git.attribution.attribute import attribute
from gitcorpus.git.repo import Repo
repo = Repo.open(Path(sys.argv[1]))
attribute(repo, repo.resolve("main"), sys.argv[2:])
"""


def test_an_interrupt_leaves_no_process_behind(forge):
    work = forge.work()
    work.commit(dict.fromkeys("abcd", "x\n"))
    programs = forge.root / "bin"
    programs.mkdir()
    (programs / "git").write_text(SLOW_GIT.replace("$REAL_GIT", shutil.which("git")))
    (programs / "git").chmod(0o755)
    environ = forge.environ | {"PATH": f"{programs}:{forge.environ['PATH']}"}
    with subprocess.Popen(
        [sys.executable, "-c", INTERRUPTED, str(work.path), *"abcd"],
        env=environ,
        stderr=subprocess.PIPE,
        start_new_session=True,
    ) as process:
        started = Path(environ["HOME"]) / "started"
        deadline = time.monotonic() + 30
        while (
            not (started.exists() and len(started.read_text().split()) == 2) and time.monotonic() < deadline
        ):
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        _, stderr = process.communicate(timeout=30)
    assert b"KeyboardInterrupt" in stderr
    children = [int(pid) for pid in started.read_text().split()]
    assert len(children) == 2
    for pid in children:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
