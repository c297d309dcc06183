"""Everything that a run writes, read while it runs, and never more than anybody wants."""

import os
import selectors
import subprocess
from time import monotonic
from typing import IO, Final

from gitcorpus.sandbox.limits import Limits

PATIENCE: Final = 6.0
"""Seconds that the supervisor has to end a program, before it is killed itself."""
_HEADROOM: Final = 1 << 20
"""What an archive needs besides its files."""
_PIECE: Final = 1 << 16


class Outputs:
    """Both outputs of a process and what it hands out, read while it runs; one that grows too large stops it."""

    def __init__(self, process: subprocess.Popen[bytes], results: IO[bytes], limits: Limits) -> None:
        self._process = process
        self._until = monotonic() + limits.seconds + PATIENCE
        streams = [stream for stream in (process.stdout, process.stderr) if stream]
        self._most = {**dict.fromkeys(streams, limits.output_bytes), results: limits.taken_bytes + _HEADROOM}
        self._parts = {stream: bytearray() for stream in self._most}
        self.flooded = False

    @property
    def all(self) -> tuple[bytes, bytes, bytes]:
        """Return what was read of the three, as far as it may go."""
        stdout, stderr, results = (bytes(part[: self._most[name]]) for name, part in self._parts.items())
        return stdout, stderr, results

    def read(self) -> bool:
        """Read until the process ends; tell whether it did so before its time and the supervisor's were up."""
        handle = os.pidfd_open(self._process.pid)
        with selectors.DefaultSelector() as selector:
            over = selector.register(handle, selectors.EVENT_READ)
            for stream in self._parts:
                selector.register(stream, selectors.EVENT_READ, stream)
            in_time = self._until_over(selector, over)
        os.close(handle)
        return in_time

    def _until_over(self, selector: selectors.BaseSelector, over: selectors.SelectorKey) -> bool:
        ended = False
        while not self.flooded and monotonic() < self._until:
            ready = [key for key, _ in selector.select(0 if ended else self._until - monotonic())]
            if ended and not ready:
                return True
            for key in ready:
                if key == over:
                    ended = True
                    selector.unregister(key.fileobj)
                elif not self._take(key.data):
                    selector.unregister(key.data)
        return False

    def _take(self, stream: IO[bytes]) -> bool:
        """Take what there is of one output; tell whether there may be more."""
        piece = os.read(stream.fileno(), _PIECE)
        part = self._parts[stream]
        part += piece
        self.flooded = self.flooded or len(part) > self._most[stream]
        return bool(piece)
