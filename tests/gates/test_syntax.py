"""Texts that parse, in the encoding that everybody reads."""

from dataclasses import replace

import pytest
from gates.pushes import candidate_of, codes_of, result_of
from smallest import ADD, smallest

from gitcorpus.gates import syntax
from gitcorpus.gates.registry import built_in
from gitcorpus.model.finding import Severity
from gitcorpus.model.verdict import GateState

SYNTAX = built_in("syntax")


@pytest.fixture
def work(forge):
    work = smallest(forge)
    work.git("checkout", "--quiet", "--detach")
    return work


def test_latin_1_is_told_at_its_first_byte(work):
    tip = work.commit({f"{ADD}/it's.py": "x = 1\n# é: caf".encode() + b"\xe9\r\n"})
    (finding,) = result_of(candidate_of(work, tip), SYNTAX).findings
    assert (str(finding.place), finding.sentence) == (f"{ADD}/it's.py:2:9", "byte 0xe9 is not UTF-8")
    assert finding.quote == ("# é: caf\udce9", 9, 9)
    quoted = f"{ADD}/it's.py".replace("'", "'\"'\"'")
    assert finding.hint.endswith(f"-t utf-8 '{quoted}' > new && mv new '{quoted}'")


def test_grammars_that_are_not_trusted_only_warn_and_encodings_never_do(work):
    tip = work.commit(
        {f"{ADD}/a.sh": "if true; then\n", f"{ADD}/b.sh": b"# caf\xe9\n", f"{ADD}/c.py": "x = (\n"}
    )
    result = result_of(candidate_of(work, tip), SYNTAX)
    assert [(each.code, each.severity) for each in result.findings] == [
        ("syntax-error", Severity.WARN),
        ("not-utf8", Severity.BLOCK),
        ("syntax-error", Severity.BLOCK),
    ]
    strict = replace(SYNTAX, parameters={"warn_languages": []})
    assert all(each.blocks for each in result_of(candidate_of(work, tip), strict).findings)


def test_one_file_has_as_many_findings_as_wanted(work):
    tip = work.commit({f"{ADD}/a.py": "x = = 1\n" * 20})
    assert len(codes_of(candidate_of(work, tip), SYNTAX)) == 3
    assert len(codes_of(candidate_of(work, tip), replace(SYNTAX, parameters={"max_findings": 7}))) == 7


def test_what_is_no_text_of_a_known_language_is_left_alone(work):
    tip = work.commit(
        {f"{ADD}/data/a.bin": b"\xff\0", f"{ADD}/data/broken.py": "f(\n", f"{ADD}/a.unknown": b"\xff"}
    )
    assert codes_of(candidate_of(work, tip), SYNTAX) == []


def test_a_file_that_is_too_large_is_told_and_not_read(work, monkeypatch):
    tip = work.commit({f"{ADD}/a.py": "x = 1\n" * 800_000})
    candidate = candidate_of(work, tip)
    monkeypatch.setattr(candidate.repo, "read_blob", None)
    assert codes_of(candidate, SYNTAX) == ["too-large-to-parse"]


def test_a_hostile_file_leaves_the_push_unjudged_and_is_named(work):
    hostile = replace(SYNTAX, budget_seconds=1)
    tip = work.commit({f"{ADD}/a.py": "x = (\n", f"{ADD}/b.c": "%w[" * 20_000})
    result = result_of(candidate_of(work, tip), hostile)
    assert result.state is GateState.UNJUDGED
    assert [each.place.path for each in result.findings] == [f"{ADD}/a.py"]
    code, path, sentence = result.reason.split(": ")
    assert (code, path) == ("parse-too-hard", f"{ADD}/b.c")
    assert sentence == (
        "60000 bytes of c take the parser more time or memory than they may; "
        "split the file or the push, or write it plainer"
    )


@pytest.mark.parametrize("language", sorted(syntax.COMMANDS))
def test_a_hint_is_a_command_with_a_quoted_path(work, language):
    ending = {
        "bash": "sh",
        "go": "go",
        "javascript": "js",
        "json": "json",
        "python": "py",
        "ruby": "rb",
        "rust": "rs",
    }
    tip = work.commit({f"{ADD}/a $(b).{ending[language]}": "{ ( \n"})
    findings = result_of(candidate_of(work, tip), SYNTAX).findings
    assert findings[0].hint == f"{syntax.COMMANDS[language]} '{ADD}/a $(b).{ending[language]}'"
