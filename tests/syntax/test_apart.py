"""What hostile text does to a grammar ends in the process apart."""

import os
import signal
from itertools import pairwise

import pytest

from gitcorpus.errors import UnjudgedError
from gitcorpus.syntax import ParserApart, faults
from gitcorpus.syntax.apart import SMALL

HOSTILE = b"%w[" * 12_000
LARGE = b"x = 1\n" * (SMALL // 6 + 1)
"""More than is parsed here and now."""


def test_says_what_a_parse_in_this_process_says():
    with ParserApart(seconds=60) as parser:
        for text in (b"", b"x = 1\n", b"x = (\n", "é = ]\n".encode(), b"x = \0\n"):
            assert parser.faults(text, "python") == faults(text, "python")
            assert parser.faults(LARGE + text, "python") == faults(LARGE + text, "python")
        assert len(parser.faults(b"x = = 1\ny = = 2\n", "python", most=1)) == 1


def test_deep_nesting_is_no_trouble():
    with ParserApart(seconds=60) as parser:
        assert parser.faults(b"[" * 20_000 + b"]" * 20_000, "json") == ()
        assert parser.faults(b"[" * 20_000, "json")[0].line == 1


@pytest.mark.parametrize(
    "limits", [{"seconds": 0.2}, {"seconds": 60, "mebibytes": 64}], ids=["time", "memory"]
)
def test_a_text_that_takes_too_much_has_no_answer(limits):
    with ParserApart(**limits) as parser, pytest.raises(UnjudgedError) as caught:
        parser.faults(HOSTILE, "c")
    assert caught.value.code == "parse-too-hard"
    assert caught.value.sentence == "36000 bytes of c take the parser more time or memory than they may"


def test_all_texts_of_a_push_share_the_time():
    source = b"x = [1, 2, {'a': 'b'}]\n" * 3000
    with ParserApart(seconds=0.5) as parser, pytest.raises(UnjudgedError) as caught:
        list(map(parser.faults, [source] * 1000, ["python"] * 1000))
    assert caught.value.code == "parse-too-hard"


def test_a_process_that_was_killed_has_no_answer_and_another_one_starts():
    with ParserApart(seconds=60) as parser:
        parser.faults(LARGE, "python")
        os.kill(parser._child.pid, signal.SIGKILL)
        with pytest.raises(UnjudgedError):
            parser.faults(b"x = (\n" * 100_000, "python")
        assert parser.faults(LARGE, "python") == ()


def test_no_process_starts_without_a_text_and_none_is_left_behind():
    with ParserApart(seconds=60) as parser:
        assert parser._child is None
        parser.faults(b"x\n", "python")
        assert parser._child is None
        parser.faults(LARGE, "python")
        child = parser._child.pid
    with pytest.raises(ChildProcessError):
        os.waitpid(child, os.WNOHANG)


def test_one_process_serves_all_texts():
    with ParserApart(seconds=60) as parser:
        seen = []
        for text in (b"a\n", b"b\n", b"c\n"):
            parser.faults(LARGE + text, "python")
            seen.append(parser._child.pid)
    assert all(one == other for one, other in pairwise(seen))


def test_a_small_text_that_takes_long_is_parsed_apart():
    with ParserApart(seconds=0.5) as parser:
        with pytest.raises(UnjudgedError):
            parser.faults(b"->" * 4096, "typescript")
        assert parser.faults(b"let x = 1;\n", "typescript") == ()


@pytest.mark.timeout(20)
def test_one_process_apart_does_not_keep_another_one_from_its_end():
    first, second = ParserApart(seconds=60), ParserApart(seconds=60)
    for parser in (first, second):
        assert parser.faults(LARGE, "python") == ()
    children = [child.pid for parser in (first, second) if (child := parser._child) is not None]
    for parser in (first, second):
        parser.close()
    assert len(children) == 2
    for pid in children:
        with pytest.raises(ChildProcessError):
            os.waitpid(pid, os.WNOHANG)
