"""The test functions of a pushed file, and whether each of them asserts anything, found out apart."""

from dataclasses import dataclass
from typing import ClassVar, Final

from gitcorpus.syntax import Apart
from gitcorpus.syntax.apart import MEBIBYTES
from gitcorpus.syntax.asserting import READERS, tests_of

LANGUAGES: Final = frozenset(READERS)
"""The languages in which test functions are known."""


@dataclass(frozen=True, slots=True)
class TestFunction:
    """A test function: its name, its line from 1, and whether anything in it could fail."""

    __test__: ClassVar = False  # pytest looks for classes of this name

    name: str
    line: int
    asserts: bool


class FunctionsApart(Apart):
    """Looks for test functions, apart."""

    def __init__(self, *, seconds: float, mebibytes: int = MEBIBYTES) -> None:
        super().__init__(tests_of, seconds=seconds, mebibytes=mebibytes)

    def functions(self, data: bytes, language: str) -> tuple[TestFunction, ...]:
        """Return the test functions of a file in their order.

        Args:
            data: the file.
            language: one of `LANGUAGES`.

        Raises:
            UnjudgedError: parse-too-hard.
        """
        return tuple(TestFunction(name, line, asserts) for name, line, asserts in self.ask(data, language))
