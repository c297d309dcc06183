"""What hooks and the gatekeeper say to each other: netstrings, in which nothing has to be escaped.

A request is a netstring of netstrings: the protocol, the hook's name, the directory, the environment and standard
input; the environment is one netstring after the other, name and value in turn. `server_hooks/entry.py` writes it,
with the standard library alone.
"""

import os
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

PROTOCOL: Final = b"1"
MOST_BYTES: Final = 64 << 20
"""Most bytes of one request: some hundred thousand references."""
TAKEN, LINE, EXIT = b"A", b"L", b"X"


class BadRequestError(Exception):
    """What came is not what a hook of ours writes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One hook that git started."""

    name: str
    folder: Path
    """The repository in which git started it."""
    environ: dict[str, str]
    stdin: bytes


def field(data: bytes) -> bytes:
    """Write a netstring (https://cr.yp.to/proto/netstrings.txt)."""
    return b"%d:%b," % (len(data), data)


def read_request(connection: socket.socket) -> Request:
    """Read one request.

    Raises:
        BadRequestError: if it is none, or one of another protocol.
        OSError: if nothing came in time.
    """
    parts = list(fields(_read_netstring(connection)))
    if len(parts) != 5 or parts[0] != PROTOCOL:  # noqa: PLR2004 - the parts named above
        raise BadRequestError("another protocol")
    _, name, folder, environ, stdin = parts
    names = [os.fsdecode(part) for part in fields(environ)]
    if len(names) % 2:
        raise BadRequestError("an environment that ends in a name")
    pairs = zip(names[::2], names[1::2], strict=True)
    return Request(name=name.decode(), folder=Path(os.fsdecode(folder)), environ=dict(pairs), stdin=stdin)


def fields(data: bytes) -> Iterator[bytes]:
    """Yield the netstrings that bytes consist of.

    Raises:
        BadRequestError: if they do not.
    """
    at = 0
    while at < len(data):
        colon = data.find(b":", at, at + 20)
        digits = data[at:colon] if colon > 0 else b""
        end = colon + 1 + int(digits) if digits.isdigit() else -1
        if end < 0 or data[end : end + 1] != b",":
            raise BadRequestError("no netstring")
        yield data[colon + 1 : end]
        at = end + 1


def _read_netstring(connection: socket.socket) -> bytes:
    data = bytearray()
    wanted = -1
    while wanted < 0 or len(data) < wanted:
        more = connection.recv(1 << 16)
        if not more:
            raise BadRequestError("it ended in the middle")
        data += more
        if wanted < 0:
            digits, colon, _ = bytes(data[:20]).partition(b":")
            if colon and digits.isdigit():
                wanted = len(digits) + 1 + int(digits) + 1
            elif colon or len(data) >= 20:  # noqa: PLR2004 - digits of the largest size
                raise BadRequestError("no netstring")
            if wanted > MOST_BYTES:
                raise BadRequestError("a request that is too large")
    return next(fields(bytes(data)))
