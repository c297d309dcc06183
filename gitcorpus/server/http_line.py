"""The two directions of a connection, with patience that ends.

What comes in must be there before a time, which whoever reads moves on as pieces arrive; so a client that sends
a byte a minute holds nothing for long. What goes out must be taken piece by piece; and where the work
must be finished even if nobody listens any more, it goes nowhere from then on.
"""

import io
import select
import socket
from time import monotonic
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer, WriteableBuffer


class Incoming(io.RawIOBase):
    """Reads a connection until a time."""

    def __init__(self, connection: socket.socket) -> None:
        self.until = 0.0
        self._connection = connection
        self._poll = select.poll()
        self._poll.register(connection, select.POLLIN)

    def readable(self) -> bool:
        """Tell that it can be read."""
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int:
        """Read what has come.

        Raises:
            TimeoutError: if nothing came in time.
        """
        if not self._poll.poll(max(0.0, self.until - monotonic()) * 1000):
            raise TimeoutError("the client is too slow")
        return self._connection.recv_into(buffer)


class Outgoing(io.BufferedIOBase):
    """Writes to a connection; the connection's own timeout says how long one piece may take."""

    def __init__(self, connection: socket.socket) -> None:
        self.goes_on = False
        """Whether to go on, to nowhere, when the client is gone."""
        self.is_gone = False
        self._connection = connection

    def writable(self) -> bool:
        """Tell that it can be written."""
        return True

    def write(self, data: "ReadableBuffer") -> int:
        """Write all of a piece."""
        if not self.is_gone:
            try:
                self._connection.sendall(data)
            except OSError:
                if not self.goes_on:
                    raise
                self.is_gone = True
        return memoryview(data).nbytes
