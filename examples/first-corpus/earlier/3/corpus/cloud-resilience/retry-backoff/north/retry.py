"""Retry an operation with exponential backoff."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def retry(
    operation: Callable[[], T],
    *,
    attempts: int,
    temporary: tuple[type[Exception], ...],
    base: float = 0.1,
    sleep: Callable[[float], None] = time.sleep,
) -> T:
    """Call operation until it succeeds, at most `attempts` times.

    A failure of a type in `temporary` is tried again; any other reaches the caller at once, and so does the
    last one.
    """
    for attempt in range(attempts - 1):
        try:
            return operation()
        except temporary:
            sleep(base * 2**attempt)
    return operation()
