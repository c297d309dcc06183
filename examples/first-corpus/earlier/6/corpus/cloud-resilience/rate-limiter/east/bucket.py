"""A token bucket that several threads may share."""

import threading
import time
from collections.abc import Callable


class TokenBucket:
    """Holds at most `capacity` tokens and gains `rate` tokens a second; starts full."""

    def __init__(self, capacity: float, rate: float, clock: Callable[[], float] = time.monotonic) -> None:
        if capacity < 1 or rate <= 0:
            raise ValueError(f"capacity {capacity} and rate {rate} allow nothing")
        self._capacity = capacity
        self._rate = rate
        self._clock = clock
        self._lock = threading.Lock()
        self._tokens = float(capacity)
        self._seen = clock()

    def allow(self) -> bool:
        """Take a token and tell whether there was one."""
        with self._lock:
            now = self._clock()
            gained = (now - self._seen) * self._rate
            self._tokens = min(self._capacity, self._tokens + gained)
            self._seen = now
            if self._tokens < 1:
                return False
            self._tokens -= 1
            return True
