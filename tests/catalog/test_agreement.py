"""Krippendorff's alpha, held against his own example and against what it must be."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitcorpus.catalog.agreement import krippendorff

OBSERVERS = (
    (1, 2, 3, 3, 2, 1, 4, 1, 2, None, None, None),
    (1, 2, 3, 3, 2, 2, 4, 1, 2, 5, None, 3),
    (None, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, None),
    (1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, None),
)
"""Section C of "Computing Krippendorff's Alpha-Reliability" (2011), whose ordinal alpha is 0.815."""


def test_is_what_its_author_publishes():
    units = [[value for value in unit if value] for unit in zip(*OBSERVERS, strict=True)]
    assert f"{float(krippendorff(units)):.3f}" == "0.815"


@pytest.mark.parametrize("units", [[], [[1]], [[1], [2]], [[1, 1]], [[2, 2], [2, 2]]])
def test_nothing_to_compare_is_no_agreement_and_no_lack_of_it(units):
    assert krippendorff(units) is None


UNITS = st.lists(st.lists(st.integers(1, 5), min_size=1, max_size=4), max_size=8)


@given(UNITS)
def test_who_always_agrees_has_one_and_nobody_has_more(units):
    alpha = krippendorff(units)
    assert alpha is None or alpha <= 1
    same = [[unit[0]] * 2 for unit in units]
    assert krippendorff(same) in (None, Fraction(1))


@given(UNITS, st.randoms())
def test_neither_order_nor_names_of_ranks_matter(units, draw):
    alpha = krippendorff(units)
    shuffled = [draw.sample(unit, len(unit)) for unit in draw.sample(units, len(units))]
    assert krippendorff(shuffled) == alpha
    assert krippendorff([[value * 10 for value in unit] for unit in units]) == alpha
