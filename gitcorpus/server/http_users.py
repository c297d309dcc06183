"""Who somebody is who comes over HTTP: a name and a password, as basic authentication brings them (RFC 7617).

For trying gitcorpus out: passwords stand in clear text, in a file of the administrator's or on the command line.
"""

import base64
import binascii
import hmac
import os
import stat
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Final

from gitcorpus.errors import GitcorpusError
from gitcorpus.server.http_request import Refusal

LONGEST: Final = 200
"""Most characters of a name."""
_NOBODY: Final = "nobody may push here: gitcorpus serve was started without --user, --users and --anonymous"
_FOR_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """Somebody who may come in."""

    name: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Users:
    """Everybody who may come in; or, where nobody is known, what to call whoever comes."""

    known: tuple[User, ...] = ()
    anonymous: str | None = None
    """Counts only where nobody is known: a client of git says its name when it must, and not before."""

    def name_of(self, authorization: str | None, *, is_push: bool) -> str | None:
        """Return who sent a request with such an `Authorization`; none for somebody who may fetch without a name.

        Raises:
            Refusal: for a wrong password, and for nobody's push.
        """
        if self.known:
            credentials = _parse_credentials(authorization or "")
            if credentials is None or not self._recognises(*credentials):
                raise Refusal(HTTPStatus.UNAUTHORIZED, "this takes the name and the password of a user")
            return credentials[0]
        if is_push and self.anonymous is None:
            raise Refusal(HTTPStatus.FORBIDDEN, _NOBODY)
        return self.anonymous

    def _recognises(self, name: str, password: str) -> bool:
        """Tell whether this is a user's password; it takes as long for a name that nobody has."""
        found = next((user for user in self.known if user.name == name), None)
        expected = found.password if found else ""
        return hmac.compare_digest(expected.encode(), password.encode()) and found is not None


def _parse_credentials(authorization: str) -> tuple[str, str] | None:
    """Return the name and the password of an `Authorization` field, or none if it holds something else."""
    scheme, _, encoded = authorization.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        text = base64.b64decode(encoded.strip(), validate=True).decode("utf-8")
    except (binascii.Error, ValueError):
        return None
    name, colon, password = text.partition(":")
    return (name, password) if colon else None


def parse_user(text: str, place: str) -> User:
    """Return the user that `NAME:PASSWORD` names.

    Raises:
        GitcorpusError: bad-user.
    """
    name, _, password = text.partition(":")
    if not password:
        raise _bad_user("there is no password after a colon", place)
    return User(name=check_name(name, place), password=password)


def check_name(name: str, place: str) -> str:
    """Return a name if it can be a pusher's.

    Raises:
        GitcorpusError: bad-user.
    """
    if not name or len(name) > LONGEST or name != name.strip() or not name.isprintable():
        raise _bad_user("a name is of printable characters, without blanks around it", place)
    return name


def load_users(path: Path) -> tuple[User, ...]:
    """Read a file of `name:password` lines; blank lines and lines that begin with `#` say nothing.

    Raises:
        GitcorpusError: users-file-open, if others may read it; users-file-unreadable; bad-user.
    """
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            text = file.read().decode("utf-8")
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise GitcorpusError(
            "users-file-unreadable", f"the file cannot be read: {why}", place=str(path)
        ) from error
    if mode & _FOR_OTHERS:
        sentence = "other accounts can reach a file that holds passwords"
        raise GitcorpusError("users-file-open", sentence, place=str(path), hint=f"chmod 600 {path}")
    lines = enumerate(text.splitlines(), start=1)
    return tuple(
        parse_user(line, f"{path}:{number}") for number, line in lines if line and not line.startswith("#")
    )


def _bad_user(why: str, place: str) -> GitcorpusError:
    return GitcorpusError("bad-user", f"this is not NAME:PASSWORD: {why}", place=place)
