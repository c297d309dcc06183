import pytest
from retry import retry


class Flaky:
    """Fails with the given errors, one a call, and then succeeds."""

    def __init__(self, *errors):
        self.errors = list(errors)
        self.calls = 0

    def __call__(self):
        self.calls += 1
        if self.errors:
            raise self.errors.pop(0)
        return "done"


def test_returns_the_first_success():
    pauses = []
    operation = Flaky(TimeoutError(), TimeoutError())
    assert retry(operation, attempts=5, temporary=(TimeoutError,), base=1, sleep=pauses.append) == "done"
    assert operation.calls == 3
    assert pauses == [1, 2]


def test_a_wait_never_exceeds_the_cap():
    pauses = []
    operation = Flaky(*[TimeoutError() for _ in range(5)])
    retry(operation, attempts=6, temporary=(TimeoutError,), base=1, cap=5, sleep=pauses.append)
    assert pauses == [1, 2, 4, 5, 5]


def test_the_last_failure_reaches_the_caller():
    pauses = []
    last = TimeoutError("third")
    operation = Flaky(TimeoutError("first"), TimeoutError("second"), last)
    with pytest.raises(TimeoutError) as caught:
        retry(operation, attempts=3, temporary=(TimeoutError,), sleep=pauses.append)
    assert caught.value is last
    assert len(pauses) == 2


def test_a_lasting_failure_is_not_tried_again():
    operation = Flaky(PermissionError())
    with pytest.raises(PermissionError):
        retry(operation, attempts=3, temporary=(TimeoutError,), sleep=lambda _: None)
    assert operation.calls == 1


@pytest.mark.parametrize("attempts", [0, -1])
def test_refuses_to_try_less_than_once(attempts):
    with pytest.raises(ValueError, match="at least 1"):
        retry(lambda: None, attempts=attempts, temporary=(TimeoutError,))
