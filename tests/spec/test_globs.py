import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitcorpus.spec.globs import Comparisons, matches, overlap


@pytest.mark.parametrize(
    ("pattern", "path", "fits"),
    [
        ("*", "a", True),
        ("*", "a/b", False),
        ("*", ".dot", True),
        ("**/*", "a", True),
        ("**/*", "a/.b/c", True),
        ("**/test_*.py", "test_a.py", True),
        ("**/test_*.py", "deep/er/test_a.py", True),
        ("specs/**", "specs/a/b.yaml", True),
        ("specs/**", "specs2/a", False),
        ("corpus/old/", "corpus/old/a/b", True),
        ("corpus/old/", "corpus/older/a", False),
        ("*.MD", "a.md", False),
        ("[ab].py", "a.py", True),
        ("refs/heads/*", "refs/heads/main", True),
        ("refs/heads/*", "refs/heads/topic/x", False),
        ("a[", "a[", True),
        ("a\\*", "a*", True),
    ],
)
def test_one_dialect_of_globs(pattern, path, fits):
    assert matches(pattern, path) is fits


@pytest.mark.parametrize(
    ("one", "other", "meets"),
    [
        ("dataset/v*", "dataset/*-rc", True),
        ("dataset/v*", "track/*", False),
        ("v?", "v1", True),
        ("v?", "v10", False),
        ("a*b", "ab", True),
        ("*a*", "b*", True),
        ("a" * 200, "*" * 200, True),
        ("*a" * 90, "*b" * 90, False),
    ],
)
def test_tells_whether_two_patterns_can_name_the_same(one, other, meets):
    assert overlap(one, other) is meets
    assert overlap(other, one) is meets


simple = st.text("ab*?", max_size=6)


def slowly(one, other):
    """Tell the same as `overlap`, letter by letter."""
    reached, waiting = set(), [(0, 0)]
    while waiting:
        at = waiting.pop()
        if at in reached:
            continue
        reached.add(at)
        i, j = at
        first, second = one[i : i + 1], other[j : j + 1]
        if first == "*":
            waiting += [(i + 1, j)] + ([(i, j + 1)] if second else [])
        if second == "*":
            waiting += [(i, j + 1)] + ([(i + 1, j)] if first else [])
        if first and second and "*" not in (first, second) and (first == second or "?" in (first, second)):
            waiting.append((i + 1, j + 1))
    return (len(one), len(other)) in reached


@given(st.text("abc*?", max_size=9), st.text("abc*?", max_size=9))
def test_tells_the_same_as_a_comparison_letter_by_letter(one, other):
    assert overlap(one, other) is slowly(one, other)


def test_a_long_pattern_spends_more_of_the_bound_than_a_short_one():
    for length, most in ((1, 30), (100, 15)):
        comparisons = Comparisons(30)
        count = 0
        while not comparisons.spent:
            comparisons.overlap("a" * length, "b")
            count += 1
        assert count == most
        assert not comparisons.overlap("b", "b")


def regex(pattern):
    return re.compile(pattern.replace("*", ".*").replace("?", "."))


@given(simple, simple, st.text("ab", max_size=6))
def test_patterns_that_both_fit_a_text_overlap(one, other, text):
    if regex(one).fullmatch(text) and regex(other).fullmatch(text):
        assert overlap(one, other)
