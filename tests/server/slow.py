"""A repository in which a push can be held in the middle of its judging."""

import time
from collections.abc import Callable
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
