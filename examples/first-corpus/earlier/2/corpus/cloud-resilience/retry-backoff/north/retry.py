"""Retry an operation with exponential backoff."""

import time


def retry(operation, attempts):
    """Call operation until it succeeds, at most `attempts` times."""
    for attempt in range(attempts):
        try:
            return operation()
        except Exception:
            time.sleep(0.1 * 2**attempt)
