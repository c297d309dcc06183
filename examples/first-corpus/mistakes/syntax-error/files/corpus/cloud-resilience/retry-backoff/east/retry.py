"""Retry an operation."""


def retry(operation, attempts):
    for _ in range(attempts - 1:
        try:
            return operation()
        except TimeoutError:
            continue
    return operation()
