"""One request of git over HTTP, read strictly: which repository, which service, how long the body is.

Only the four requests of the smart protocol are known (gitprotocol-http(5)). Whatever reaches the environment of a
process is one of a few constants, a name of a repository or a protocol version; nothing else of a client does.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message
from http import HTTPStatus
from typing import BinaryIO, Final

from gitcorpus.server.http_shelf import NAME

PIECE: Final = 64 << 10
_TARGET: Final = re.compile(
    rf"/(?P<name>{NAME})/(?:info/refs\?service=(?P<asked>git-(?:upload|receive)-pack)|(?P<called>git-(?:upload|receive)-pack))"
)
_PROTOCOL: Final = re.compile("[A-Za-z0-9=:._-]{1,200}")
_LENGTH: Final = re.compile("[0-9]{1,15}")
_CHUNK: Final = re.compile(rb"([0-9A-Fa-f]{1,12})(?:[ \t]*;[^\0\r\n]*)?\r\n")
_LINE: Final = re.compile(rb"[A-Z]{1,20} [!-~]{1,4000} HTTP/1\.[01]\r\n")
_FIELD: Final = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\t\x20-\x7e\x80-\xff]*)\r\n")
"""One field, RFC 9112 5: no blank before the colon, no line that goes on with a blank, no lone CR."""
_ONCE: Final = frozenset({
    b"authorization", b"content-encoding", b"content-length", b"content-type", b"expect", b"git-protocol", b"host",
    b"transfer-encoding",
})  # fmt: skip
_LONGEST_FIELD: Final = 16 << 10
_MOST_FIELDS: Final = 100
_LONGEST_LINE: Final = 1000
_MOST_TRAILERS: Final = 20
_ENCODINGS: Final = frozenset({"gzip", "x-gzip"})


class Refusal(Exception):  # noqa: N818 - an answer, as http.server's errors are
    """A request that is answered with a status and one sentence."""

    def __init__(self, status: HTTPStatus, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status
        self.sentence = sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a request is for."""

    name: str
    service: str
    """`git-upload-pack` or `git-receive-pack`."""
    is_question: bool
    """Whether it asks for the references, and brings nothing."""

    @property
    def is_push(self) -> bool:
        """Tell whether this is a request of a push."""
        return self.service == "git-receive-pack"

    @property
    def variables(self) -> dict[str, str]:
        """Return what the request's line becomes in the environment (RFC 3875)."""
        if self.is_question:
            path, query = "info/refs", f"service={self.service}"
        else:
            path, query = self.service, ""
        return {
            "REQUEST_METHOD": "GET" if self.is_question else "POST",
            "PATH_INFO": f"/{self.name}/{path}",
            "QUERY_STRING": query,
            "CONTENT_TYPE": "" if self.is_question else f"application/x-{self.service}-request",
        }


def read_head(first: bytes, source: BinaryIO) -> bytes:
    """Return the fields of a request whose first line has been read, up to the empty line, which is kept.

    Raises:
        ConnectionError: if they end early.
        Refusal: for whatever is not as RFC 9112 has it.
    """
    if not _LINE.fullmatch(first):
        raise Refusal(HTTPStatus.BAD_REQUEST, "the request's first line is not as HTTP has it")
    lines, seen = [], set()
    for _ in range(_MOST_FIELDS + 1):
        line = source.readline(_LONGEST_FIELD)
        lines.append(line)
        if line == b"\r\n":
            break
        if not line:
            raise ConnectionError("the client went away within a head")
        found = _FIELD.fullmatch(line)
        if found is None:
            raise Refusal(HTTPStatus.BAD_REQUEST, "a field of the request is not as HTTP has it")
        name = found[1].lower()
        if name in seen and name in _ONCE:
            raise Refusal(HTTPStatus.BAD_REQUEST, "a field that counts once is there twice")
        seen.add(name)
    else:
        raise Refusal(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "the request has too many fields")
    is_old = first.endswith(b"HTTP/1.0\r\n")
    if b"host" not in seen and not is_old:
        raise Refusal(HTTPStatus.BAD_REQUEST, "the request does not say which host it is for")
    if b"transfer-encoding" in seen and (is_old or b"content-length" in seen):
        raise Refusal(
            HTTPStatus.BAD_REQUEST, "the length of the body is said twice, or as HTTP/1.0 has it not"
        )
    return b"".join(lines)


def parse_line(method: str, target: str) -> Wanted:
    """Return what a request's first line asks for.

    Raises:
        Refusal: for whatever git does not ask for.
    """
    found = _TARGET.fullmatch(target)
    if found is None:
        raise Refusal(HTTPStatus.NOT_FOUND, "there is nothing here that git asks for")
    is_question = found["asked"] is not None
    if method != ("GET" if is_question else "POST"):
        raise Refusal(HTTPStatus.METHOD_NOT_ALLOWED, "git asks for this in another way")
    return Wanted(name=found["name"], service=found["asked"] or found["called"], is_question=is_question)


def parse_fields(wanted: Wanted, fields: Message) -> dict[str, str]:
    """Return what the fields of a request become in the environment.

    Raises:
        Refusal: for a content that git does not send.
    """
    variables = {}
    protocol, encoding = fields.get("Git-Protocol"), fields.get("Content-Encoding", "identity").lower()
    if protocol is not None:
        if not _PROTOCOL.fullmatch(protocol):
            raise Refusal(HTTPStatus.BAD_REQUEST, "Git-Protocol is not as git writes it")
        variables["GIT_PROTOCOL"] = protocol
    if encoding in _ENCODINGS:
        variables["HTTP_CONTENT_ENCODING"] = encoding
    elif encoding != "identity":
        raise Refusal(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "a body is plain or gzip")
    if not wanted.is_question and fields.get("Content-Type") != wanted.variables["CONTENT_TYPE"]:
        raise Refusal(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "the content is not what git sends")
    return variables


def parse_length(fields: Message) -> int | None:
    """Return how long a body is; none if it comes in chunks.

    Raises:
        Refusal: if the fields contradict each other, or are not as RFC 9112 has them.
    """
    lengths, codings = fields.get_all("Content-Length", []), fields.get_all("Transfer-Encoding", [])
    if len(lengths) + len(codings) > 1:
        raise Refusal(HTTPStatus.BAD_REQUEST, "the length of the body is said twice")
    if codings:
        if codings[0].lower() != "chunked":
            raise Refusal(HTTPStatus.NOT_IMPLEMENTED, "a body comes whole or in chunks")
        return None
    if lengths and not _LENGTH.fullmatch(lengths[0]):
        raise Refusal(HTTPStatus.BAD_REQUEST, "the length of the body is no number")
    return int(lengths[0]) if lengths else 0


def read_body(source: BinaryIO, length: int | None) -> Iterator[bytes]:
    """Yield a body piece by piece, as it comes.

    Raises:
        ConnectionError: if it ends early.
        Refusal: if its chunks are not as RFC 9112 has them.
    """
    if length is not None:
        yield from _read_exactly(source, length)
        return
    while size := _read_size(source):
        yield from _read_exactly(source, size)
        if source.readline(2) != b"\r\n":
            raise _bad_chunk()
    for _ in range(_MOST_TRAILERS):
        line = source.readline(_LONGEST_LINE)
        if line == b"\r\n":
            return
        if not line.endswith(b"\r\n"):
            break
    raise _bad_chunk()


def _read_exactly(source: BinaryIO, length: int) -> Iterator[bytes]:
    while length:
        piece = source.read1(min(length, PIECE))  # type: ignore[attr-defined]  # a BufferedReader has it
        if not piece:
            raise ConnectionError("the client went away within a body")
        length -= len(piece)
        yield piece


def _read_size(source: BinaryIO) -> int:
    line = source.readline(_LONGEST_LINE)
    if not line:
        raise ConnectionError("the client went away between two chunks")
    found = _CHUNK.fullmatch(line)
    if found is None:
        raise _bad_chunk()
    return int(found[1], 16)


def _bad_chunk() -> Refusal:
    return Refusal(HTTPStatus.BAD_REQUEST, "the body's chunks are not as HTTP has them")
