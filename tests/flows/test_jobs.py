"""Records are the same with any number of processes that make them, and so is what goes wrong."""

import multiprocessing
import os
import signal
import threading
import time

import pytest
from forge import Forge, Work
from smallest import ADD, RELEASE, SPECS

from gitcorpus.errors import GitcorpusError
from gitcorpus.flows.release import compile_release
from gitcorpus.model.release import Published, ReleaseRequest

FILES = {f"{ADD}/part{number}.py": f"x = {number}\n" * (number % 3 + 1) for number in range(20)}
SLOW = "".join(f"{{% for {each} in '{'x' * 40}' %}}" for each in "abc") + "{% endfor %}" * 3


def silent(*_) -> None:
    """Show no progress."""


def view(name: str, text: str = "{{ file.text }}") -> str:
    head = f"apiVersion: gitcorpus/v1\nkind: View\nname: {name}\nformat: lm_text\nfrom: files\n"
    return f"{head}where: role = 'source'\nrecord: {{text: \"{text}\"}}\n"


def corpus(forge: Forge, **texts: str) -> Work:
    work = forge.work()
    listed = f"views: [{', '.join(texts)}]\nlicense: LicenseRef-Test\n"
    views = {f"specs/views/{name}.yaml": view(name, text) for name, text in texts.items()}
    work.commit({**SPECS, **FILES, **views, "specs/release.yaml": RELEASE.split("views:")[0] + listed})
    work.commit({f"{ADD}/part3.py": "x = 3\ny = 4\n"}, author="south")
    work.tag("v1")
    return work


def compiled(work: Work, jobs: int) -> Published:
    target = work.path.parent / f"jobs{jobs}"
    return compile_release(
        ReleaseRequest(
            repository=work.path, tag="v1", folder=target.parent, target=target, unverified=True, jobs=jobs
        ),
        progress=silent,
    )


@pytest.fixture(autouse=True)
def small_batches(monkeypatch):
    """Cut the corpus of a test into as many batches as a large one has."""
    monkeypatch.setattr("gitcorpus.flows.sealing.BATCH", 3)


def test_the_bytes_are_the_same_with_any_number_of_processes(forge):
    work = corpus(forge, plain="{{ file.text }}", headed="# {{ file.path }}\\n{{ file.text }}")
    one, *others = (compiled(work, jobs) for jobs in (1, 2, 5, 50))
    for other in others:
        assert (other.path / "SHA256SUMS").read_bytes() == (one.path / "SHA256SUMS").read_bytes()
        assert other.rows == one.rows == (("plain", 20), ("headed", 20))
        assert (other.n_lines, other.n_commits) == (one.n_lines, one.n_commits)
    assert not multiprocessing.active_children()


def test_what_a_template_does_wrong_is_said_as_in_one_process(forge):
    work = corpus(forge, plain="{{ file.text }}", wrong="{{ file.nothing }}")
    said = []
    for jobs in (1, 2):
        with pytest.raises(GitcorpusError) as caught:
            compiled(work, jobs)
        said.append((str(caught.value), caught.value.hint, type(caught.value)))
    assert said[0] == said[1]
    assert said[0][0].startswith("specs/views/wrong.yaml:7")
    assert not multiprocessing.active_children()
    assert not [path for path in work.path.parent.iterdir() if "jobs" in path.name]


def test_a_process_that_is_killed_ends_the_release_with_a_word(forge):
    work = corpus(forge, slow=SLOW + "{{ file.text }}")

    def kill() -> None:
        while not (workers := multiprocessing.active_children()):
            time.sleep(0.01)
        os.kill(workers[0].pid, signal.SIGKILL)

    killer = threading.Thread(target=kill)
    killer.start()
    with pytest.raises(GitcorpusError) as caught:
        compiled(work, 2)
    killer.join()
    assert (caught.value.code, caught.value.exit_code) == ("worker-ended", 3)
    assert "exit code -9" in str(caught.value)
    assert not multiprocessing.active_children()
    assert not [path for path in work.path.parent.iterdir() if "jobs" in path.name]
