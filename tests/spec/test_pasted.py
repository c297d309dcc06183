"""What a hint of `gitcorpus spec check` says to write is written, and the finding is gone."""

import re

import pytest
from smallest import CONTRIBUTORS, CORPUS, GATES, SPECS, VIEW

from gitcorpus.cli.app import main

LEADS = CONTRIBUTORS.replace("roles: [integrator]", "roles: [integrator, leads]")
OWNED = CORPUS.replace("{branch: main}", "{branch: main, owners: {specs/: [lead-s]}}")
CASES = {
    "bad budget": (
        "specs/gates.yaml",
        GATES + "gates:\n  - {id: more, uses: size, budget: 20}\n",
        "budget: 20",
        r"write `(\w+)`",
        "budget: {}",
        "wrong-type",
    ),
    "a field of a template": (
        "specs/views/pairs.yaml",
        VIEW.replace("task.prompt", "task.promt"),
        "task.promt",
        r"did you mean `(\w+)`",
        "task.{}",
        "name-unknown",
    ),
    "a role that nobody has": (
        "specs/corpus.yaml",
        OWNED,
        "lead-s",
        r"did you mean `(\w+)`",
        "{}",
        "unknown-owner",
    ),
    "a gate": (
        "specs/gates.yaml",
        GATES + "gates:\n  - {id: more, uses: sizes}\n",
        "sizes",
        r"did you mean `(\w+)`",
        "{}",
        "unknown",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_what_a_hint_says_to_write_is_right(tmp_path, capsys, name):
    path, text, wrong, said, right, code = CASES[name]
    files = {**SPECS, "specs/contributors.yaml": LEADS, path: text}
    for each, content in files.items():
        (tmp_path / each).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / each).write_text(content)
    assert main(["spec", "check", str(tmp_path)]) == 1
    told = capsys.readouterr().out
    assert code in told
    (word,) = re.findall(rf"hint: {said}", told)
    (tmp_path / path).write_text(text.replace(wrong, right.format(word)))
    assert main(["spec", "check", str(tmp_path)]) == 0, capsys.readouterr().out
