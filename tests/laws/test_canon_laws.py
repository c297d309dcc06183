import json

from hypothesis import given
from hypothesis import strategies as st

from gitcorpus.canon import LARGEST_INTEGER, RowDigests, canonical

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
SCALARS = st.none() | st.booleans() | st.integers(-LARGEST_INTEGER, LARGEST_INTEGER) | TEXT
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4)
)


def digest_rows(rows) -> RowDigests:
    digests = RowDigests()
    for row in rows:
        digests.add(canonical(row))
    return digests


def turned(value):
    """The same value with every mapping's keys in the opposite order."""
    match value:
        case dict():
            return {key: turned(value[key]) for key in reversed(value)}
        case list():
            return tuple(turned(inner) for inner in value)
        case _:
            return value


@given(VALUES)
def test_what_is_written_reads_back(value):
    assert json.loads(canonical(value)) == value


@given(VALUES)
def test_equal_values_have_equal_bytes(value):
    assert canonical(turned(value)) == canonical(value)
    assert canonical(json.loads(canonical(value))) == canonical(value)


@given(VALUES, VALUES)
def test_different_values_have_different_bytes(one, other):
    assert (canonical(one) == canonical(other)) == (
        json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
    )


@given(st.lists(VALUES, max_size=5), st.randoms(use_true_random=False))
def test_the_digest_of_a_set_of_rows_knows_no_order(rows, chance):
    shuffled = list(rows)
    chance.shuffle(shuffled)
    assert digest_rows(rows).unordered == digest_rows(shuffled).unordered
