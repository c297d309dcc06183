"""A small HTTP front around real `git http-backend`, for trying gitcorpus out.

It says who somebody is, and refuses what git does not ask for; everything else is git's. The body of a
request is received whole before git starts, so that git never sees half a push, and a slow client keeps no git
waiting. Once a push is received whole it is finished, whether or not its client still listens.
"""

import errno
import os
import re
import socket
from collections.abc import Callable, Mapping
from http import HTTPStatus
from io import BufferedReader, BytesIO
from pathlib import Path
from tempfile import TemporaryFile
from time import monotonic
from typing import IO, Any, Final, cast

from gitcorpus.errors import UnjudgedError
from gitcorpus.git.command import http_backend
from gitcorpus.server.http_answer import read_answer, read_pieces
from gitcorpus.server.http_front import Connected, Front, Terms
from gitcorpus.server.http_line import Incoming, Outgoing
from gitcorpus.server.http_request import (
    Refusal,
    Wanted,
    parse_fields,
    parse_length,
    parse_line,
    read_body,
    read_head,
)

_QUESTION_BYTES: Final = 10 << 20
"""Most bytes of a request that is no push; git itself takes no more."""
_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT})
_LOCAL: Final = re.compile(r"(?:localhost|127\.[0-9.]+|\[::1\])(?::[0-9]+)?", re.IGNORECASE)
_SAID: Final = 4096
"""Most bytes of git's complaints that are told."""
_LINGER_PIECES, _LINGER_SECONDS = 10_000, 5.0


def listen(address: tuple[str, int], terms: Terms, log: Callable[[str], None]) -> Front:
    """Return a server that listens at an address; `serve_forever` serves, and `end` ends it.

    Raises:
        GitcorpusError: cannot-listen.
    """
    return Front(address, Handler, terms, log)


class Handler(Connected):
    """Answers the requests of one connection."""

    server: Front  # type: ignore[mutable-override]  # only a Front makes one
    raw_requestline: bytes
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def setup(self) -> None:
        """Put patience that ends around the connection."""
        self._limits = self.server.terms.limits
        super().setup()
        self.connection.settimeout(self._limits.idle_seconds)
        self.rfile.close()
        self._incoming, self._outgoing = Incoming(self.connection), Outgoing(self.connection)
        self.rfile, self.wfile = BufferedReader(self._incoming), self._outgoing
        self._who: str | None = None
        self._is_answered = False

    def finish(self) -> None:
        """Leave."""
        self.server.leave(self)
        super().finish()

    def handle_one_request(self) -> None:
        """Wait for a request and answer it."""
        self.server.note(self, is_landing=False)
        now = monotonic()
        self._incoming.until = now + (self._limits.idle_seconds if self._is_answered else self._first_seconds)
        self._who, self._is_answered = None, False
        self.waits_since = now
        super().handle_one_request()
        self.waits_since = None

    @property
    def _first_seconds(self) -> float:
        return min(self._limits.head_seconds, self._limits.idle_seconds)

    def parse_request(self) -> bool:
        """Read the head strictly, before http.server reads it, which takes more than HTTP has."""
        source = self.rfile
        self.command, self.request_version, self.close_connection = "", self.protocol_version, True
        self.requestline = self.raw_requestline.decode("latin-1").rstrip("\r\n")
        try:
            head = read_head(self.raw_requestline, cast("BufferedReader", source))
            self.rfile = BufferedReader(BytesIO(head))
            return super().parse_request()
        except Refusal as refusal:
            self.send_error(refusal.status, refusal.sentence)
            self._linger()
            return False
        finally:
            self.rfile = source
            self.waits_since = None

    def handle_expect_100(self) -> bool:
        """Leave the question whether to go on until it is known."""
        return True

    def version_string(self) -> str:
        """Say no more than what this is."""
        return "gitcorpus"

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - as http.server calls it
        """Tell of one request, or of what is wrong with it."""
        self.server.log(f"{self.client_address[0]} {self._who or '-'} {format % args}")

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Answer with one sentence, which git shows to its user."""
        body = f"{message or explain or HTTPStatus(code).phrase}\n".encode("utf-8", "replace")
        self.close_connection = True
        self.send_response(code)
        for name, value in {
            "Content-Type": "text/plain; charset=utf-8",
            "Content-Length": str(len(body)),
            "Connection": "close",
            "X-Content-Type-Options": "nosniff",
        }.items():
            self.send_header(name, value)
        if code == HTTPStatus.UNAUTHORIZED:
            self.send_header("WWW-Authenticate", 'Basic realm="gitcorpus", charset="UTF-8"')
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def do_GET(self) -> None:  # noqa: N802 - http.server's name
        """Answer a request, whatever its method is."""
        try:
            self._answer()
        except Refusal as refusal:
            self._refuse(refusal.status, refusal.sentence)
        except TimeoutError:
            self._refuse(HTTPStatus.REQUEST_TIMEOUT, "this takes too long")
        except OSError as error:
            if error.errno not in _FULL:
                raise
            self._refuse(HTTPStatus.INSUFFICIENT_STORAGE, "the server's disk is full")

    do_DELETE = do_HEAD = do_OPTIONS = do_PATCH = do_POST = do_PUT = do_GET  # noqa: N815 - http.server's names

    def _answer(self) -> None:
        """Read, ask who it is, find the repository, receive, let git work."""
        self._check_host()
        wanted = parse_line(self.command, self.path)
        variables = wanted.variables | parse_fields(wanted, self.headers)
        self._who = self.server.terms.users.name_of(self.headers.get("Authorization"), is_push=wanted.is_push)
        repository = self.server.terms.shelf.find(wanted.name)
        if repository is None:
            raise Refusal(HTTPStatus.NOT_FOUND, f"there is no repository {wanted.name} here")
        variables |= self._surroundings(repository)
        with TemporaryFile() as body, TemporaryFile() as said:
            variables["CONTENT_LENGTH"] = str(self._receive(wanted, body))
            body.flush()
            os.lseek(body.fileno(), 0, os.SEEK_SET)
            with self.server.one_git():
                self._run(wanted, variables, body, said)

    def _check_host(self) -> None:
        """Refuse the page of a web browser that was led here by a name of its own."""
        host = self.headers.get("Host")
        if self.server.is_local and host is not None and not _LOCAL.fullmatch(host):
            raise Refusal(HTTPStatus.MISDIRECTED_REQUEST, "this server is known as 127.0.0.1 only")

    def _surroundings(self, repository: Path) -> Mapping[str, str]:
        """Return what the environment says of this server and of who asks."""
        found = {
            "GIT_PROJECT_ROOT": str(repository.parent),
            "GIT_HTTP_EXPORT_ALL": "1",
            "REMOTE_ADDR": str(self.client_address[0]),
        }
        return found if self._who is None else found | {"REMOTE_USER": self._who}

    def _receive(self, wanted: Wanted, body: IO[bytes]) -> int:
        """Receive the body of a request and return its length."""
        length = parse_length(self.headers)
        most = self._limits.request_bytes if wanted.is_push else _QUESTION_BYTES
        if wanted.is_question:
            most = 0
        if length is not None and length > most:
            raise _too_large(most)
        if self.headers.get("Expect", "").lower() == "100-continue":
            self.send_response_only(HTTPStatus.CONTINUE)
            self.end_headers()
        started, count = monotonic(), 0
        for piece in read_body(cast("BufferedReader", self.rfile), length):
            count += len(piece)
            if count > most:
                raise _too_large(most)
            body.write(piece)
            self._incoming.until = started + self._limits.idle_seconds + count / self._limits.slowest
        return count

    def _run(self, wanted: Wanted, variables: Mapping[str, str], body: IO[bytes], said: IO[bytes]) -> None:
        """Let git work on a request that is here whole; a push is finished whatever becomes of its client."""
        lands = wanted.is_push and not wanted.is_question
        self.server.note(self, is_landing=lands)
        self._outgoing.goes_on = lands
        try:
            with http_backend(variables, body, said) as output:
                self._relay(output, client=None if lands else self.connection)
            self._send(b"")
        except UnjudgedError as error:
            self.server.log(str(error))
            self._refuse(HTTPStatus.INTERNAL_SERVER_ERROR, "git went wrong on the server")
        finally:
            self._outgoing.goes_on = False
            self._tell(said)
        if self._outgoing.is_gone:
            self.close_connection = True

    def _relay(self, output: IO[bytes], *, client: socket.socket | None) -> None:
        """Pass on what git answers, as it comes."""
        answer = read_answer(output)
        self._is_answered = True
        self.send_response(answer.status)
        for name, value in answer.fields:
            self.send_header(name, value)
        if self._is_chunked:
            self.send_header("Transfer-Encoding", "chunked")
        else:
            self.send_header("Connection", "close")
        self.end_headers()
        if answer.body:
            self._send(answer.body)
        for piece in read_pieces(output, client):
            self._send(piece)

    @property
    def _is_chunked(self) -> bool:
        return self.request_version == self.protocol_version

    def _send(self, piece: bytes) -> None:
        """Send a piece of an answer; an empty one ends it."""
        if self._is_chunked:
            self.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece))
        else:
            self.wfile.write(piece)

    def _tell(self, said: IO[bytes]) -> None:
        """Tell what git complained about."""
        said.seek(0)
        for line in said.read(_SAID).decode("utf-8", "replace").splitlines():
            self.server.log(line)

    def _refuse(self, status: HTTPStatus, sentence: str) -> None:
        """Answer with a refusal, if nothing was answered yet, and let the client send the rest to nowhere."""
        self.close_connection = True
        if self._is_answered:
            return
        self.send_error(status, sentence)
        if self.command == "POST":
            self._linger()

    def _linger(self) -> None:
        """Read on for a while: a connection that is closed on what was not read takes the answer with it."""
        self.connection.shutdown(socket.SHUT_WR)
        self._incoming.until = monotonic() + _LINGER_SECONDS
        for _ in range(_LINGER_PIECES):
            if not cast("BufferedReader", self.rfile).read1():
                return


def _too_large(most: int) -> Refusal:
    return Refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"the request is larger than {most} bytes")
