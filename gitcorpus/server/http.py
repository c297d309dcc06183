"""A small HTTP front around real `git http-backend`, for trying gitcorpus out.

It says who somebody is, and refuses what git does not ask for; everything else is git's. The body of a
request is received whole before git starts, so git never sees half a push, and a slow client keeps no git
waiting. Once a push is received whole it is finished, whether or not its client still listens.
"""

import errno
import ipaddress
import socket
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from io import BufferedReader
from socketserver import ThreadingTCPServer
from tempfile import TemporaryFile
from threading import BoundedSemaphore, Condition, Thread
from time import monotonic
from typing import IO, Any, Final, cast
from urllib.parse import urlsplit

from gitcorpus.errors import GitcorpusError
from gitcorpus.git.command import http_backend
from gitcorpus.server.http_answer import Answer, read_answer, read_pieces
from gitcorpus.server.http_line import Incoming, Outgoing
from gitcorpus.server.http_request import Refusal, Wanted, parse_fields, parse_length, parse_line, read_body
from gitcorpus.server.http_shelf import Shelf
from gitcorpus.server.http_users import Users, parse_credentials

_QUESTION: Final = 10 << 20
"""Most bytes of a request that is no push; git itself takes no more."""
_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT})
_SAID: Final = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one client, and what all clients together, may take."""

    request_bytes: int = 512 << 20
    idle_seconds: float = 30.0
    """How long a request's head may take, and how long nothing may move."""
    slowest: int = 16 << 10
    """Bytes a second that a body must bring, after the idle seconds."""
    connections: int = 64
    """More wait to be taken up."""
    gits: int = 8
    """Most requests that git works on at the same time."""
    ending_seconds: float = 90.0
    """How long pushes may take to finish when the server ends."""


class Front(ThreadingTCPServer):
    """Listens, and has a thread for every connection. It is no HTTPServer, which would ask the network for names."""

    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 128

    def __init__(
        self, address: tuple[str, int], shelf: Shelf, users: Users, limits: Limits, log: Callable[[str], None]
    ) -> None:
        self.shelf = shelf
        self.users = users
        self.limits = limits
        self.log = log
        self.is_ending = False
        self._gits = BoundedSemaphore(limits.gits)
        self._places = BoundedSemaphore(limits.connections)
        self._changed = Condition()
        self._handlers: set[Handler] = set()
        self.address_family = _family(address)
        try:
            super().__init__(address, Handler)
        except OSError as error:
            raise _cannot_listen(address, error.strerror) from error

    @property
    def url(self) -> str:
        """Return where it listens."""
        host, port = self.server_address[:2]
        name = f"[{host!s}]" if self.address_family is socket.AF_INET6 else str(host)
        return f"http://{name}:{port}"

    @property
    def is_local(self) -> bool:
        """Tell whether nobody but this machine can reach it."""
        return ipaddress.ip_address(self.server_address[0]).is_loopback

    def close(self) -> None:
        """Take no more requests, let go of whoever is not pushing, and wait for the pushes to finish."""
        self.server_close()
        with self._changed:
            self.is_ending = True
            for handler in self._handlers:
                handler.let_go()
            self._changed.wait_for(lambda: not self._handlers, self.limits.ending_seconds)

    @contextmanager
    def one_git(self) -> Iterator[None]:
        """Wait until git may work on one more request."""
        if not self._gits.acquire(timeout=self.limits.idle_seconds):
            raise Refusal(HTTPStatus.SERVICE_UNAVAILABLE, "too many others are served; try again")
        try:
            yield
        finally:
            self._gits.release()

    def begin(self, handler: "Handler", *, lands: bool) -> None:
        """Note what a connection is busy with, so that the end waits for pushes and for nothing else."""
        with self._changed:
            if self.is_ending:
                raise Refusal(HTTPStatus.SERVICE_UNAVAILABLE, "the server is ending")
            handler.is_landing = lands
            self._handlers.add(handler)

    def leave(self, handler: "Handler") -> None:
        """Note that a connection has ended."""
        with self._changed:
            self._handlers.discard(handler)
            self._changed.notify_all()

    def process_request(self, request: Any, client_address: Any) -> None:
        """Take up one more connection, as soon as there is a place for it."""
        self._places.acquire()
        try:
            Thread(target=self.process_request_thread, args=(request, client_address), daemon=True).start()
        except RuntimeError:
            self._places.release()
            raise

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Serve one connection to its end."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._places.release()

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002 - socketserver's order
        """Tell of a fault of ours; that a client went away is none."""
        error = sys.exception()
        if not isinstance(error, OSError | Refusal):
            for line in traceback.format_exc().splitlines():
                self.log(line)
