"""What `git http-backend` answers: a head of fields (RFC 3875), and a body that is passed on as it comes."""

import re
import select
import socket
from collections.abc import Iterator
from typing import IO, Final, NamedTuple

from gitcorpus.errors import UnjudgedError

_PIECE: Final = 64 << 10
_LONGEST_HEAD: Final = 64 << 10
_END: Final = re.compile(rb"\r?\n\r?\n")
_FIELD: Final = re.compile(r"([A-Za-z][A-Za-z0-9-]*): ?([^\r\n]*)\r?")
_STATUS: Final = re.compile("([1-5][0-9]{2})(?: .*)?")
_OURS: Final = frozenset({"status", "connection", "content-length", "transfer-encoding"})
"""Fields that say how the answer is sent, which is our business."""


class Answer(NamedTuple):
    """The head of an answer, and what came of the body with it."""

    status: int
    fields: tuple[tuple[str, str], ...]
    body: bytes


def read_answer(output: IO[bytes]) -> Answer:
    """Read the head of an answer.

    Raises:
        UnjudgedError: git-failed, if it is none.
    """
    data = b""
    while (end := _END.search(data)) is None:
        piece = output.read(_PIECE)
        if not piece or len(data) > _LONGEST_HEAD:
            raise _failed("its answer has no head")
        data += piece
    fields = [_FIELD.fullmatch(line) for line in data[: end.start()].decode("latin-1").split("\n")]
    found = tuple((field[1], field[2]) for field in fields if field is not None)
    if len(found) < len(fields):
        raise _failed("the head of its answer is broken")
    status = next((value for name, value in found if name.lower() == "status"), "200")
    code = _STATUS.fullmatch(status)
    if code is None:
        raise _failed("its answer has no status")
    kept = tuple((name, value) for name, value in found if name.lower() not in _OURS)
    return Answer(int(code[1]), kept, data[end.end() :])


def read_pieces(output: IO[bytes], client: socket.socket | None) -> Iterator[bytes]:
    """Yield the rest of an answer as it comes.

    Raises:
        ConnectionError: if there is a client, and it goes away.
    """
    poll = select.poll()
    poll.register(output, select.POLLIN)
    if client is not None:
        poll.register(client, select.POLLRDHUP)
    while True:
        ready = {descriptor for descriptor, _ in poll.poll()}
        if client is not None and client.fileno() in ready:
            raise ConnectionError("the client went away")
        data = output.read(_PIECE)
        if not data:
            return
        yield data


def _failed(why: str) -> UnjudgedError:
    hint = "`git http-backend` must be there: it comes with git"
    return UnjudgedError("git-failed", f"`git http-backend` went wrong: {why}", hint=hint)
