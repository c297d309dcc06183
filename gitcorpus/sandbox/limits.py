"""What one run may take, and how it can end."""

from dataclasses import dataclass
from enum import StrEnum


class Ending(StrEnum):
    """How a run ended; `flooded` is a program that was stopped because it wrote too much."""

    EXITED = "exited"
    KILLED = "killed"
    NOT_STARTED = "not-started"
    OUT_OF_TIME = "out-of-time"
    OUT_OF_MEMORY = "out-of-memory"
    TOO_MANY_PROCESSES = "too-many-processes"
    FLOODED = "flooded"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one run may take. Seconds are those of the wall clock; the processor's are for each process."""

    seconds: float = 10.0
    processor_seconds: int = 60
    memory_bytes: int | None = 4 << 30
    """Address space of each process; none for programs that reserve more than they use, as node and the JVM do."""
    file_bytes: int = 64 << 20
    """Of one file that it writes."""
    open_files: int = 1024
    output_bytes: int = 4 << 20
    """Of its standard output, and as many of its standard error."""
    taken_bytes: int = 64 << 20
    """Of all files that are wanted back."""

    def by_name(self) -> dict[str, int]:
        """Return the limits that the kernel keeps for each process, by their names in setrlimit(2)."""
        found = {
            # 0 would still start the host's crash reporter on what pushed code leaves; 1 does not, see core(5).
            "RLIMIT_CORE": 1,
            "RLIMIT_CPU": self.processor_seconds,
            "RLIMIT_FSIZE": self.file_bytes,
            "RLIMIT_NOFILE": self.open_files,
        }
        return found if self.memory_bytes is None else found | {"RLIMIT_AS": self.memory_bytes}
