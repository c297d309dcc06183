import pytest
from build_order import CircleError, build_order


def test_every_target_stands_after_what_it_needs():
    needs = {"app": ["library", "assets"], "library": ["core"], "assets": [], "core": []}
    assert build_order(needs) == ["assets", "core", "library", "app"]


def test_targets_that_are_only_needed_count_too():
    assert build_order({"app": ["core"]}) == ["core", "app"]


def test_the_smallest_name_breaks_a_tie():
    assert build_order({"c": [], "a": [], "b": ["a"]}) == ["a", "b", "c"]


def test_a_need_said_twice_is_one_need():
    assert build_order({"app": ["core", "core"]}) == ["core", "app"]


def test_nothing_needs_no_order():
    assert build_order({}) == []


@pytest.mark.parametrize(
    ("needs", "circle"),
    [
        ({"a": ["a"]}, ["a"]),
        ({"a": ["b"], "b": ["c"], "c": ["b"]}, ["b", "c"]),
        ({"a": ["b"], "b": ["a"], "app": ["a", "core"]}, ["a", "b"]),
    ],
)
def test_names_a_circle(needs, circle):
    with pytest.raises(CircleError) as caught:
        build_order(needs)
    assert caught.value.circle == circle
