"""Retry an operation with exponential backoff."""

import time
from collections.abc import Callable, Iterator
from typing import TypeVar

T = TypeVar("T")


def waits(base: float, cap: float) -> Iterator[float]:
    """Yield base, 2 * base, 4 * base, ... and never more than cap."""
    wait = base
    while True:
        yield min(wait, cap)
        wait = min(wait * 2, cap)


def retry(
    operation: Callable[[], T],
    *,
    attempts: int,
    temporary: tuple[type[Exception], ...],
    base: float = 0.1,
    cap: float = 10.0,
    sleep: Callable[[float], None] = time.sleep,
) -> T:
    """Call operation until it succeeds, at most `attempts` times.

    A failure of a type in `temporary` is tried again; any other reaches the caller at once, and so does the
    last one.
    """
    if attempts < 1:
        raise ValueError(f"attempts must be at least 1, not {attempts}")
    pauses = waits(base, cap)
    for _ in range(attempts - 1):
        try:
            return operation()
        except temporary:
            sleep(next(pauses))
    return operation()
