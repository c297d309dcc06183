"""Sends exposed values to those who can revoke them: Kingfisher's own revokers, and those of an administrator's files.

This is the only place that sends a value anywhere, and only for rules that the server's policy names. An address comes
from the rules or from the server's file, never from what was pushed.
"""

import json
import os
from collections.abc import Mapping, Sequence
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Any, Final, NamedTuple
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from gitcorpus.errors import UnjudgedError
from gitcorpus.model.server import Secrets
from gitcorpus.packages import install_command

SECONDS: Final = 15.0
_GITHUB: Final = "betterleaks.github-"
_GITHUB_MOST: Final = 1000
_GITHUB_API: Final = "https://api.github.com"
_ACCEPTED: Final = 202
_TOO_MANY: Final = 429
_SERVERS_FAULT: Final = 500


class Outcome(StrEnum):
    """What a request did: `unknown` if nobody can tell; `refused` if it cannot be revoked this way."""

    REVOKED = "revoked"
    REFUSED = "refused"
    UNKNOWN = "unknown"


class Answer(NamedTuple):
    """What became of one value."""

    outcome: Outcome
    said: str
    """Without the value, and without what the provider wrote."""


class Sender:
    """Revokes values, and finds out whether they still work."""

    def __init__(self, secrets: Secrets) -> None:
        self._secrets = secrets

    def batch(self, rule: str) -> int:
        """Return how many values of a rule go into one request."""
        return _GITHUB_MOST if rule.startswith(_GITHUB) and self.can_revoke(rule) else 1

    def can_revoke(self, rule: str) -> bool:
        """Tell whether anybody knows how to revoke values of a rule."""
        return any(each["id"] == rule and each["revocation"] for each in self._rules.metadata())

    def revoke(self, rule: str, values: Sequence[str]) -> Answer:
        """Revoke values of one rule, all in one request."""
        if len(values) > 1:
            return self._revoke_github(values)
        try:
            result = self._revoker.revoke(
                rule, values[0], variables=dict(self._secrets.variables), confirm=True
            )
        except ValueError as error:
            return Answer(Outcome.REFUSED, _plain(error, values))
        except (RuntimeError, TimeoutError) as error:
            return Answer(Outcome.UNKNOWN, _plain(error, values))
        status = result.http_status or 0
        if result.revoked:
            return Answer(Outcome.REVOKED, f"HTTP {status}")
        passing = status == _TOO_MANY or status >= _SERVERS_FAULT or not status
        return Answer(Outcome.UNKNOWN if passing else Outcome.REFUSED, f"HTTP {status}")

    def is_dead(self, rule: str, value: str) -> bool | None:
        """Tell whether a value works no more; none if nobody can tell."""
        plan = self._revoker.prepare(value, provider=rule, variables=dict(self._secrets.variables))
        if not plan.candidate_rule_ids:
            return None
        try:
            (first, *_) = plan.validate(self._validator) or (None,)
        except (RuntimeError, TimeoutError):
            return None
        outcome = first.outcome if first is not None else ""
        return {"verified_active": False, "verified_inactive": True}.get(outcome)

    @cached_property
    def _rules(self) -> Any:
        try:
            from kingfisher_sdk import Rules  # noqa: PLC0415 - only the worker needs it
        except ImportError as error:
            sentence = "the engine that revokes secrets is not installed"
            raise UnjudgedError("secrets-engine-missing", sentence, hint=install_command()) from error
        for path in self._secrets.revokers:
            _refuse_writable(path)
        try:
            return Rules(list(self._secrets.revokers), confidence="low")
        except (RuntimeError, ValueError, OSError) as error:
            sentence = f"the revokers cannot be read: {' '.join(str(error).split())[:300]}"
            raise UnjudgedError(
                "revokers-broken", sentence, hint="see `secrets.revoke.revokers` in gitcorpus/server.yaml"
            ) from error

    @cached_property
    def _revoker(self) -> Any:
        from kingfisher_sdk import Revoker  # noqa: PLC0415 - as above

        return Revoker(self._rules, timeout=SECONDS)

    @cached_property
    def _validator(self) -> Any:
        from kingfisher_sdk import Validator  # noqa: PLC0415 - as above

        return Validator(timeout=SECONDS, allow_internal_ips=self._secrets.internal)

    def _revoke_github(self, values: Sequence[str]) -> Answer:
        """Revoke many tokens of GitHub's (REST API, "Revoke a list of credentials")."""
        base = self._secrets.variables.get("GITHUB_API_BASE_URL", _GITHUB_API)
        status = post(f"{base}/credentials/revoke", {"credentials": list(values)})
        if status == _ACCEPTED:
            return Answer(Outcome.REVOKED, f"HTTP {status}")
        passing = status == _TOO_MANY or status >= _SERVERS_FAULT or not status
        return Answer(Outcome.UNKNOWN if passing else Outcome.REFUSED, f"HTTP {status}")


def post(url: str, body: Mapping[str, Any]) -> int:
    """Send JSON to an address of the administrator's, and return the status; 0 if there was no answer."""
    if not url.startswith(("https://", "http://")):
        return 0
    headers = {"Content-Type": "application/json", "User-Agent": "gitcorpus"}
    request = Request(url, json.dumps(body).encode(), headers)  # noqa: S310 - http or https, as was looked at
    try:
        with urlopen(request, timeout=SECONDS) as answer:  # noqa: S310 - as above
            return int(answer.status)
    except HTTPError as error:
        return error.code
    except (URLError, OSError, ValueError):
        return 0


def _refuse_writable(path: str) -> None:
    """Refuse a file that others may write: it says where secrets are sent.

    Raises:
        UnjudgedError: revokers-broken.
    """
    try:
        found = Path(path).stat()
    except OSError as error:
        raise UnjudgedError("revokers-broken", error.strerror or "it cannot be read", place=path) from error
    if found.st_mode & 0o022 or found.st_uid not in (0, os.geteuid()):
        hint = f"chown root {path}; chmod go-w {path}"
        raise UnjudgedError(
            "revokers-broken", "others may write it, and it says where secrets go", place=path, hint=hint
        )


def _plain(error: Exception, values: Sequence[str]) -> str:
    said = " ".join(str(error).split())[:200]
    for value in values:
        said = said.replace(value, "[secret]")
    return said
