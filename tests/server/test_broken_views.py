"""Real pushes through a gatekeeper: a broken view is refused with its line, and a sound one comes in after it."""

# ruff: noqa: E501 - what is printed stands here as it is

import pytest
from flows.test_broken_views import OTHER, named, text
from inline_snapshot import snapshot
from smallest import SPECS


@pytest.fixture
def work(forge, warm):
    work = forge.clone(warm)
    work.commit(SPECS, "specs", author="lead", date="2026-01-05")
    done = work.push("HEAD:main", env={"PUSHER": "lead"})
    assert done.accepted, done.stderr
    return work


def test_a_broken_view_is_refused_and_a_sound_one_lands(work):
    base, said = work.head, {}
    for name in ("unknown-column", "unknown-field", "without-end", "view-called-lines"):
        work.commit(named(name), name, author="lead")
        done = work.push("HEAD:main", env={"PUSHER": "lead"})
        assert not done.accepted
        lines = [line.removeprefix("remote: ").rstrip() for line in done.stderr.splitlines()]
        (said[name],) = [line for line in lines if line.startswith("specs/views/") and OTHER not in line]
        work.git("reset", "--quiet", "--hard", base)
    assert said == snapshot(
        {
            "unknown-column": "specs/views/unknown-column.yaml:6:8 column-unknown: there is no column `n_bites`",
            "unknown-field": "specs/views/unknown-field.yaml:7:18 name-unknown: there is no field `promt` in `task`",
            "without-end": "specs/views/without-end.yaml:6:8 sql-too-slow: the view `without-end` asks what has no end: it had no answer after 1 second, without any data",
            "view-called-lines": "specs/views/view-called-lines.yaml:3:7 reserved-view: `Lines` is a table of every release",
        }
    )
    work.commit(
        {"specs/views/good.yaml": text("{{ file.text }}").replace("name: bad", "name: good")}, author="lead"
    )
    assert work.push("HEAD:main", env={"PUSHER": "lead"}).accepted
    assert work.head != base
