import os
import subprocess

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gitcorpus.git.trailers import parse_trailers

LINES = st.sampled_from(
    [
        "",
        " ",
        "\t",
        "title",
        "some words",
        "Task: one",
        "task : two",
        "Step:2/5",
        "Empty:",
        "No Space: x",
        ": nothing",
        "-: dash",
        "Signed-off-by: Author North <north@corpus.example>",
        "(cherry picked from commit abc)",
        " continued",
        "\t: continued",
        "# comment",
        "#",
        "Conflicts:",
        "\tpath",
        "---",
        "# ------------------------ >8 ------------------------",
        "Ünïcode: no",
        "Key: ünïcode\r",
        "Form\f: x",
        " \f",
        "https://corpus.example/x",
    ]
)
MESSAGES = st.builds(
    lambda lines, end: "\n".join(lines) + end, st.lists(LINES, max_size=12), st.sampled_from(["", "\n"])
)


def ask_git(message):
    done = subprocess.run(
        ["git", "interpret-trailers", "--parse", "--no-divider"],
        input=message.encode(),
        capture_output=True,
        check=True,
        env={"PATH": os.environ["PATH"], "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1"},
        cwd="/",
    )
    return done.stdout.decode()


@pytest.mark.parametrize(
    ("message", "trailers"),
    [
        ("title\n\nTask: one\nTask: two\n", (("Task", "one"), ("Task", "two"))),
        ("title\n\nbody\n\nTask: one\n more\n", (("Task", "one more"),)),
        ("title\n\nTask: one\nand prose\n", ()),
        (
            "title\n\nTask: one\nand prose\nSigned-off-by: N <n>\n",
            (("Task", "one"), ("Signed-off-by", "N <n>")),
        ),
        ("Task: one\n", ()),
        ("title\n\nTask: one\n\nprose\n", ()),
        ("", ()),
        ("title\n\nTask: one\0\nSigned-off-by: hidden\n", (("Task", "one"),)),
    ],
)
def test_reads_the_last_paragraph(message, trailers):
    assert parse_trailers(message) == trailers


@settings(max_examples=400)
@given(MESSAGES)
@example("t\n\nA: b\n\n \n# comment\n")
@example("\nTask: one\n")
@example("t\n\nA: b\n# c\n continued\nB: c\n")
@example("t\n\n continued\nSigned-off-by: a\n")
@example("t\n\n(cherry picked from commit a)\n b\nx\nx\nx\n")
@example("t\n\nA: b\n\nConflicts:\n\tone\n")
def test_agrees_with_git(message):
    assert "".join(f"{key}: {value}\n" for key, value in parse_trailers(message)) == ask_git(message)


def test_five_thousand_messages_take_no_process():
    message = "title\n\nbody\n" * 20 + "\nTask: one\nTechnique: two\nSigned-off-by: N <n>\n"
    assert all(len(parse_trailers(message)) == 3 for _ in range(5000))
