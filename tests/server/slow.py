"""A repository in which a push can be held in the middle of its judging, and locks that others hold."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from smallest import ADD, GATES, SPECS

from gitcorpus.server.administration import PATH

LEAD = {"PUSHER": "lead"}
GOOD = {f"{ADD}/add.py": "def add(a, b):\n    return a + b\n"}
HELD = GATES + "gates:\n  - {id: held, uses: command, budget: 30s, with: {tool: hold, output: lines}}\n"


def wait_until(condition: Callable[[], object], seconds: float = 20) -> None:
    """Wait until something is so."""
    ends = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < ends, "it did not come to be"
        time.sleep(0.01)


class Hold:
    """A gate that waits once it runs, until it is let go."""

    def __init__(self, bare: Path, folder: Path) -> None:
        self.running, self.let_go = folder / "running", folder / "let-go"
        script = f"touch {self.running}; while ! [ -e {self.let_go} ]; do sleep 0.02; done"
        path = bare / PATH
        tools = f"tools:\n  hold: {{command: [/bin/sh, -c, '{script}'], sandbox: none}}\n"
        path.write_text(path.read_text() + tools)
        self.let_go.touch()

    def take(self) -> None:
        """Hold the next push."""
        self.running.unlink(missing_ok=True)
        self.let_go.unlink(missing_ok=True)

    def wait(self) -> None:
        """Wait until a push is held."""
        wait_until(self.running.exists)

    def release(self) -> None:
        """Let it go on."""
        self.let_go.touch()


SPECS_THAT_HOLD = {**SPECS, "specs/gates.yaml": HELD}

HOLD_LOCK = """
import fcntl, os, sys
lock = os.open(sys.argv[1], os.O_RDONLY)
fcntl.flock(lock, fcntl.LOCK_SH if sys.argv[2:] else fcntl.LOCK_EX)
print("held", flush=True)
sys.stdin.read()
"""


@contextmanager
def held_lock(path: Path, *words: str, uid: int | None = None) -> Iterator[int]:
    """Let another process, perhaps of another account, hold a lock."""
    account = ["setpriv", f"--reuid={uid}", f"--regid={uid}", "--clear-groups"] if uid else []
    python = "/usr/bin/python3" if uid else sys.executable
    command = [*account, python, "-c", HOLD_LOCK, str(path), *words]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        assert process.stdout.readline() == "held\n"
        yield process.pid
        process.stdin.close()
