"""How many cases passed, and what part of those that were tried."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitcorpus.gates.results import ReportError, Status, TestCase, TestReport
from gitcorpus.gates.results.cases import MOST_CASES, merged
from gitcorpus.gates.results.junit import parse_junit
from gitcorpus.gates.results.told import duration, one_line

STATUSES = st.lists(st.sampled_from(Status), max_size=20)


def report(statuses):
    return TestReport(tuple(TestCase(suite="s", name="n", status=status) for status in statuses))


@given(STATUSES)
def test_every_case_counts_once(statuses):
    told = report(statuses)
    assert told.n_passed + told.n_failed + told.n_skipped == len(statuses)
    assert len(told.faults) == told.n_failed


@given(STATUSES)
def test_the_rate_is_whole_if_and_only_if_something_was_tried_and_nothing_failed(statuses):
    told = report(statuses)
    assert 0 <= told.pass_rate <= 1
    assert (told.pass_rate == 1) == (told.n_passed > 0 and told.n_failed == 0)


@given(STATUSES)
def test_skipped_cases_change_no_rate_and_failed_ones_never_raise_it(statuses):
    told = report(statuses)
    assert report([*statuses, Status.SKIPPED]).pass_rate == told.pass_rate
    assert report([*statuses, Status.ERROR]).pass_rate <= told.pass_rate
    assert report([*statuses, Status.PASSED]).pass_rate >= told.pass_rate


@given(st.lists(STATUSES, max_size=4))
def test_merged_reports_count_what_each_of_them_counts(runs):
    whole = merged(map(report, runs))
    assert whole == report([status for run in runs for status in run])
    rates = [report(run).pass_rate for run in runs if report(run).n_passed + report(run).n_failed]
    if rates:
        assert min(rates) - 1e-9 <= whole.pass_rate <= max(rates) + 1e-9


def test_too_many_cases_are_no_report():
    case = TestCase(suite="s", name="n", status=Status.PASSED)
    with pytest.raises(ReportError):
        TestReport((case,) * (MOST_CASES + 1))
    with pytest.raises(ReportError):
        merged([TestReport((case,) * MOST_CASES), TestReport((case,))])


@pytest.mark.parametrize(
    ("told", "seconds"),
    [
        ("1.5", 1.5),
        ("1,234.5", 1234.5),
        (2, 2.0),
        ("nan", 0.0),
        (float("nan"), 0.0),
        ("inf", 1_000_000.0),
        ("-inf", 0.0),
        ("-1", 0.0),
        ("1e999", 1_000_000.0),
        (10**400, 0.0),
        ("", 0.0),
        ("x" * 1000, 0.0),
        ("\ud800", 0.0),
        (None, 0.0),
        ([1], 0.0),
    ],
)
def test_a_duration_is_a_number_that_a_clock_could_show(told, seconds):
    assert duration(told) == seconds


@given(st.text(st.characters(), max_size=3000))
def test_a_sentence_is_short_and_sound(text):
    told = one_line(text)
    assert len(told) <= 400
    assert "\n" not in told
    told.encode("utf-8")


def test_a_file_that_pytest_cannot_import_says_why():
    """pytest's own message is `collection failure`, whatever the error is; its text has the error."""
    told = """ImportError while importing test module '/x/test_retry.py'.
Traceback:
test_retry.py:1: in &lt;module&gt;
    from retry import again
E   ModuleNotFoundError: No module named 'retry'"""
    xml = (
        '<testsuites><testsuite name="pytest" errors="1"><testcase classname="" name="test_retry">'
        f'<error message="collection failure">{told}</error></testcase></testsuite></testsuites>'
    )
    (case,) = parse_junit(xml.encode()).cases
    assert case.message == "ModuleNotFoundError: No module named 'retry'"
    syntax = xml.replace(
        told, "E     File &quot;x&quot;, line 1\nE       x = (\nE   SyntaxError: '(' was never closed"
    )
    assert parse_junit(syntax.encode()).cases[0].message == "SyntaxError: '(' was never closed"
    silent = xml.replace(told, "nothing of the kind")
    assert parse_junit(silent.encode()).cases[0].message == "collection failure"
