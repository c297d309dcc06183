"""What somebody other than the pusher must mend, as exceptions.

A finding is a value and is collected; an error stops the flow. Every error carries a code that
`gitcorpus spec explain` knows, one sentence, the place where there is one, and a hint that can be acted on.
Only `cli/` catches them and turns them into an exit code.
"""

from collections.abc import Callable
from functools import partial
from typing import ClassVar, Self


class GitcorpusError(Exception):
    """Something in the way that the caller can mend: a wrong argument, a missing tool, a full disk."""

    exit_code: ClassVar[int] = 2

    def __init__(self, code: str, sentence: str, *, place: str = "", hint: str = "") -> None:
        super().__init__(sentence)
        self.code = code
        self.sentence = sentence
        self.place = place
        self.hint = hint

    def __reduce__(self) -> tuple[Callable[[], Self], tuple[()]]:
        """Let it travel from one process to another."""
        return partial(type(self), self.code, self.sentence, place=self.place, hint=self.hint), ()

    def __str__(self) -> str:
        """Render as `place code: sentence`, the form of every message."""
        return f"{self.place} {self.code}: {self.sentence}".lstrip()


class RefusedError(GitcorpusError):
    """The answer is no: a rule was applied and it was not met."""

    exit_code = 1


class UnjudgedError(GitcorpusError):
    """No answer could be given, which refuses as well (law 2: deny unless proven)."""

    exit_code = 3
