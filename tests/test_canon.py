import hashlib

import pytest

from gitcorpus.canon import RowDigests, canonical, digest_bytes, digest_value
from gitcorpus.errors import GitcorpusError


def digest_rows(rows) -> RowDigests:
    digests = RowDigests()
    for row in rows:
        digests.add(canonical(row))
    return digests


def test_keys_are_sorted_and_no_white_space_is_written():
    value = {"b": [1, None, True, "\u00e9\n"], "a": {"\u20ac": -1, "z": ()}}
    assert canonical(value) == '{"a":{"z":[],"\u20ac":-1},"b":[1,null,true,"\u00e9\\n"]}'.encode()


@pytest.mark.parametrize(
    "value",
    [1.0, float("nan"), 2**53, -(2**53), "\ud800", {1: 2}, {"a": {2}}, b"bytes", [object()], {"\udfff": 1}],
)
def test_refuses_what_writers_print_differently(value):
    with pytest.raises(GitcorpusError) as caught:
        canonical(value)
    assert caught.value.code == "not-canonical"


def test_the_largest_integers_are_written():
    assert canonical([2**53 - 1, -(2**53) + 1]) == b"[9007199254740991,-9007199254740991]"


def test_a_digest_is_the_sha256_of_the_canonical_bytes():
    expected = "sha256:" + hashlib.sha256(b'{"a":1}').hexdigest()
    assert digest_value({"a": 1}) == digest_bytes(b'{"a":1}') == expected


def test_the_digests_of_a_table_tell_order_from_content():
    rows = [{"a": 1}, {"a": 2}]
    found, again = digest_rows(rows), digest_rows(reversed(rows))
    in_order, as_set, turned, same_set = found.ordered, found.unordered, again.ordered, again.unordered
    assert in_order != turned
    assert as_set == same_set
    assert digest_rows([]).ordered == digest_rows([]).unordered == digest_bytes(b"")
