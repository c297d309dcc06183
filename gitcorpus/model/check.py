"""What verifying a release found, check by check."""

from dataclasses import dataclass
from enum import StrEnum


class CheckState(StrEnum):
    """A skipped check says why; it proves nothing."""

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One named check with what it looked at, and its faults."""

    name: str
    state: CheckState
    sentence: str
    faults: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """All checks of one release."""

    checks: tuple[Check, ...]

    @property
    def sound(self) -> bool:
        """Tell whether nothing failed."""
        return all(check.state is not CheckState.FAILED for check in self.checks)
