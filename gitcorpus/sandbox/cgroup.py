"""A control group for one run, below those that the server's file names: the kernel then counts for all processes.

One folder under version 2: a delegated group that holds no process itself and passes `memory` and `pids` on. Under
version 1 one folder for each of the two. Without any the supervisor counts, see `supervise.py`. Joining a group takes
the kernel some milliseconds.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from errno import ENOTSUP
from pathlib import Path
from secrets import token_hex
from time import monotonic, sleep
from typing import Final, NamedTuple

_PATIENCE: Final = 2.0


class Group(NamedTuple):
    """The folders of a group: one for all controllers, or one for each."""

    folders: tuple[Path, ...]

    @property
    def doors(self) -> tuple[str, ...]:
        """Files that a process writes 0 to, and so joins the group."""
        return tuple(str(folder / "cgroup.procs") for folder in self.folders)

    def ran_out_of_memory(self) -> bool:
        """Tell whether the kernel killed a process of the group because it took too much."""
        return self._counted("memory.events", "oom_kill") or self._counted("memory.oom_control", "oom_kill")

    def ran_out_of_processes(self) -> bool:
        """Tell whether the kernel refused the group another process."""
        return self._counted("pids.events", "max")

    def _counted(self, name: str, event: str) -> bool:
        for folder in self.folders:
            with suppress(OSError, ValueError):
                told = dict(line.split() for line in (folder / name).read_text().splitlines())
                if int(told.get(event, "0")):
                    return True
        return False


@contextmanager
def control_group(above: Sequence[str], *, memory: int, processes: int) -> Iterator[Group | None]:
    """Make a group below those that are named, and remove it afterwards; none if none is named.

    Raises:
        OSError: if it cannot be made, or counts neither memory nor processes.
    """
    made: list[Path] = []
    try:
        for name in above:
            made.append(Path(name) / f"gitcorpus-{token_hex(6)}")
            _make(made[-1], memory, processes)
        yield Group(tuple(made)) if made else None
    finally:
        for folder in made:
            _remove(folder)


def _make(folder: Path, memory: int, processes: int) -> None:
    folder.mkdir()
    limits = {
        "memory.max": memory,
        "memory.swap.max": 0,
        "memory.limit_in_bytes": memory,
        "memory.memsw.limit_in_bytes": memory,
        "pids.max": processes,
    }
    there = [name for name in limits if (folder / name).exists()]
    if not there:
        raise OSError(ENOTSUP, "the control group counts neither memory nor processes")
    for name in there:
        (folder / name).write_text(str(limits[name]), encoding="ascii")


def _remove(folder: Path) -> None:
    """Remove a group whose processes are over; the kernel may need a moment."""
    until = monotonic() + _PATIENCE
    while monotonic() < until:
        try:
            folder.rmdir()
        except FileNotFoundError:
            return
        except OSError:
            sleep(0.005)
        else:
            return
