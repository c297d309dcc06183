from concurrent.futures import ThreadPoolExecutor

import pytest
from token_bucket import TokenBucket


class Clock:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


def taken(bucket, most=1000):
    return next((n for n in range(most) if not bucket.allow()), most)


def test_starts_full_and_refills_with_time():
    clock = Clock()
    bucket = TokenBucket(3, rate=2, clock=clock)
    assert taken(bucket) == 3
    clock.now = 0.5
    assert taken(bucket) == 1


def test_never_holds_more_than_its_capacity():
    clock = Clock()
    bucket = TokenBucket(3, rate=2, clock=clock)
    clock.now = 3600.0
    assert taken(bucket) == 3


def test_a_clock_that_steps_back_gives_nothing():
    clock = Clock()
    clock.now = 10.0
    bucket = TokenBucket(2, rate=1, clock=clock)
    assert taken(bucket) == 2
    clock.now = 5.0
    assert not bucket.allow()
    clock.now = 10.0
    assert not bucket.allow()


def test_threads_share_the_tokens():
    bucket = TokenBucket(100, rate=1, clock=Clock())
    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(lambda _: taken(bucket, 50), range(8))) == 100


@pytest.mark.parametrize(("capacity", "rate"), [(0, 1), (1, 0), (1, -1)])
def test_refuses_a_bucket_that_allows_nothing(capacity, rate):
    with pytest.raises(ValueError, match="allow nothing"):
        TokenBucket(capacity, rate)
