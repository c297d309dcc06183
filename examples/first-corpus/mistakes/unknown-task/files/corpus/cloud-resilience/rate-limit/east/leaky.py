"""A leaky bucket: what comes too fast waits in a queue."""

from collections import deque


class LeakyBucket:
    """Lets one item go at each tick and refuses what its queue cannot hold."""

    def __init__(self, length: int) -> None:
        self._queue: deque[object] = deque()
        self._length = length

    def offer(self, item: object) -> bool:
        """Queue an item and tell whether there was room."""
        if len(self._queue) >= self._length:
            return False
        self._queue.append(item)
        return True

    def tick(self) -> object | None:
        """Let the oldest item go, if there is one."""
        return self._queue.popleft() if self._queue else None
