"""Listens for HTTP, gives every connection a thread, and keeps what all of them together may take.

It ends in good order: pushes that were received whole are finished, everybody else is let go.
"""

import ipaddress
import socket
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from socketserver import ThreadingTCPServer
from threading import BoundedSemaphore, Condition
from typing import Any

from gitcorpus.errors import GitcorpusError
from gitcorpus.server.http_request import Refusal
from gitcorpus.server.http_shelf import Shelf
from gitcorpus.server.http_users import Users

_TURN = 0.01
"""Seconds after which a connection that finds no place makes one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one client, and what all clients together, may take."""

    request_bytes: int = 512 << 20
    head_seconds: float = 10.0
    """How long the first request's head may take."""
    idle_seconds: float = 30.0
    """How long nothing may move."""
    slowest: int = 16 << 10
    """Bytes a second that a body must bring, after the idle seconds."""
    connections: int = 64
    """When there are more, the one that has waited longest for a whole head is dropped; if all have one, they wait."""
    gits: int = 8
    """Most requests that git works on at the same time."""
    ending_seconds: float = 90.0
    """How long pushes may take to finish when the server ends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What is served, to whom, and how much of it."""

    shelf: Shelf
    users: Users = field(default_factory=Users)
    limits: Limits = field(default_factory=Limits)


class Connected(BaseHTTPRequestHandler):
    """A connection as the front sees it."""

    is_landing = False
    """Whether a push was received whole, so that it must be finished."""
    waits_since: float | None = None
    """Since when its next request has no whole head yet; none while one is answered."""


class Front(ThreadingTCPServer):
    """Listens. It is no HTTPServer, since that one asks the network for the name of its address."""

    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 128

    def __init__(
        self, address: tuple[str, int], handler: type[Connected], terms: Terms, log: Callable[[str], None]
    ) -> None:
        self.terms = terms
        self.log = log
        self._gits = BoundedSemaphore(terms.limits.gits)
        self._places = BoundedSemaphore(terms.limits.connections)
        self._changed = Condition()
        self._connected: set[Connected] = set()
        self._is_ending = False
        try:
            self.address_family = socket.getaddrinfo(*address, type=socket.SOCK_STREAM)[0][0]
            super().__init__(address, handler)
        except (OSError, OverflowError) as error:
            raise _cannot_listen(address, error) from error

    @property
    def url(self) -> str:
        """Return where it listens."""
        host, port = self.server_address[:2]
        return f"http://[{host!s}]:{port}" if ":" in str(host) else f"http://{host!s}:{port}"

    @property
    def is_local(self) -> bool:
        """Tell whether nobody but this machine can reach it."""
        return ipaddress.ip_address(str(self.server_address[0])).is_loopback

    @property
    def is_busy(self) -> bool:
        """Tell whether anybody is connected."""
        return bool(self._connected)

    def end(self) -> None:
        """Take no more requests, let everybody go who does not push, and wait until the pushes are finished."""
        self.server_close()
        with self._changed:
            self._is_ending = True
            for connected in self._connected:
                if not connected.is_landing:
                    _let_go(connected.connection)
            self._changed.wait_for(lambda: not self.is_busy, self.terms.limits.ending_seconds)

    @contextmanager
    def one_git(self) -> Iterator[None]:
        """Wait until git may work on one more request.

        Raises:
            Refusal: if that takes too long.
        """
        if not self._gits.acquire(timeout=self.terms.limits.idle_seconds):
            raise Refusal(HTTPStatus.SERVICE_UNAVAILABLE, "too many others are served now; try again")
        try:
            yield
        finally:
            self._gits.release()

    def note(self, connected: Connected, *, is_landing: bool) -> None:
        """Note what a connection is busy with.

        Raises:
            Refusal: if the server ends.
        """
        with self._changed:
            if self._is_ending:
                raise Refusal(HTTPStatus.SERVICE_UNAVAILABLE, "the server ends")
            connected.is_landing = is_landing
            self._connected.add(connected)

    def leave(self, connected: Connected) -> None:
        """Note that a connection has ended."""
        with self._changed:
            self._connected.discard(connected)
            self._changed.notify_all()

    def process_request(self, request: Any, client_address: Any) -> None:
        """Take up one more connection, as soon as there is a place for it."""
        while not self._places.acquire(timeout=_TURN):
            self._make_place()
        try:
            super().process_request(request, client_address)
        except RuntimeError:
            self._places.release()
            raise

    def _make_place(self) -> None:
        """Drop the connection that has waited longest for a whole head, if there is one."""
        with self._changed:
            waiting = [each for each in self._connected if each.waits_since is not None]
            if waiting:
                oldest = min(waiting, key=lambda each: each.waits_since or 0.0)
                oldest.waits_since = None
                _let_go(oldest.connection)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Serve one connection to its end."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._places.release()

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002 - as socketserver calls it
        """Tell of a fault of ours; that a client went away, or that the server ends, is none."""
        if not isinstance(sys.exception(), OSError | Refusal):
            for line in traceback.format_exc().splitlines():
                self.log(line)


def _let_go(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        return


def _cannot_listen(address: tuple[str, int], error: Exception) -> GitcorpusError:
    why = error.strerror if isinstance(error, OSError) else "there is no such port"
    return GitcorpusError(
        "cannot-listen",
        f"nothing can listen at {address[0]}, port {address[1]}: {why}",
        hint="another port with --port N, or --port 0 for one that is free",
    )
