"""What one text of one record may cost, whatever its template says.

A template is a stranger's: it may loop, call itself and double what it has. So everything that grows is counted, and
the count ends it, on any machine at the same point.
"""

from typing import Final

from jinja2.exceptions import SecurityError

MAX_STEPS: Final = 100_000
"""Rounds of loops and calls of macros."""
MAX_PIECES: Final = 2_000_000
MAX_CHARACTERS: Final = 64 << 20
MAX_READ: Final = 512 << 20
"""Characters that filters and comparisons go through."""
MAX_PLAIN: Final = 1 << 20
"""Characters of a text that is no file's and no prompt's, and items of a list."""
MAX_NUMBER: Final = 2**53 - 1


class Budget:
    """Counts what rendering one text costs."""

    def __init__(self) -> None:
        self.steps = self.pieces = self.characters = self.read = 0

    def spend_steps(self, steps: int) -> None:
        """Count rounds and calls."""
        self.steps += steps
        if self.steps > MAX_STEPS:
            raise SecurityError(f"it takes more than {MAX_STEPS} rounds of loops and calls")

    def spend_text(self, *, pieces: int, characters: int) -> None:
        """Count text that is made."""
        self.pieces += pieces
        self.characters += characters
        if self.pieces > MAX_PIECES or self.characters > MAX_CHARACTERS:
            raise SecurityError("the template makes more text than a record may have")

    def spend_reading(self, characters: int) -> None:
        """Count text that is gone through."""
        self.read += characters
        if self.read > MAX_READ:
            raise SecurityError("the template goes through its texts again and again")


def bounded_size(size: int) -> None:
    """Refuse a plain text or a list before it is made."""
    if size > MAX_PLAIN:
        raise SecurityError(f"it makes a text of more than {MAX_PLAIN} characters")


def bounded_number(value: float) -> float:
    """Refuse a number that may grow without end."""
    if abs(value) > MAX_NUMBER:
        raise SecurityError("it makes a number of more than 53 bits")
    return value
