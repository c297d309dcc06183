"""Finds secrets in bytes: Kingfisher's rules for known providers, and rules of our own language for the rest.

Kingfisher scans in this process and opens no connection. It is given bytes and no path, since with a path it passes
over lock files, images and vendored folders; and no comment in what it scans turns it off. Its own rules take seconds
to compile, so they are kept on the disk, in a folder of this account's; rules of our language take milliseconds.
"""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache, lru_cache
from hashlib import sha256
from importlib.metadata import version
from tempfile import NamedTemporaryFile
from typing import Any, Final

from gitcorpus.errors import UnjudgedError
from gitcorpus.model.secret import Hit, SecretPack, SecretRule, Tier, title_of
from gitcorpus.packages import install_command
from gitcorpus.secrets import compiled

PACKAGE: Final = "kingfisher-secret-scanner"
SECONDS: Final = 20.0
"""Most seconds for one object."""
_GENERIC: Final = ("betterleaks.generic-credential-uri", "betterleaks.jwt", "betterleaks.jwt-base64")
"""Rules that find secrets of nobody in particular."""
_WORDS: Final = frozenset(
    ("pass", "passwd", "password", "secret", "token", "user", "username", "test", "changeit")
)
_UUID: Final = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


class Engine:
    """Kingfisher's rules, ours, and a team's."""

    def __init__(self, packs: Sequence[SecretPack]) -> None:
        """Load rules.

        Raises:
            UnjudgedError: secrets-engine-missing; bad-pattern, if a rule's pattern cannot be read.
        """
        kingfisher = _kingfisher()
        self._policy = kingfisher.DetectionPolicy(inline_ignores=False, markup_context=False)
        self._known = _built_in()
        self._rules = {f"{pack.name}.{rule.id}": rule for pack in packs for rule in pack.rules}
        self._own = kingfisher.Scanner(_loaded(self._rules), policy=self._policy)
        digests = [version(PACKAGE), *sorted(pack.digest for pack in packs)]
        self.digest = sha256("\n".join(digests).encode()).hexdigest()
        """Of everything that an answer depends on besides the bytes."""

    def hits(self, data: bytes) -> list[Hit]:
        """Return the secrets in some bytes, each value once a rule.

        Raises:
            UnjudgedError: scan-too-slow.
        """
        scanner, titles = self._known
        try:
            found = [
                _hit(finding, titles[finding.rule_id], _tier(finding))
                for finding in scanner.scan(data, timeout=SECONDS)
                if finding.visible
                and not (_tier(finding) is Tier.GENERIC and _is_placeholder(finding.secret))
            ]
            for finding in self._own.scan(data, timeout=SECONDS):
                rule = self._rules[finding.rule_id]
                if not (_is_ignored(rule, finding.secret) or _is_placeholder(finding.secret)):
                    found.append(_hit(finding, rule.title, rule.tier))
        except TimeoutError as error:
            hint = "make it smaller, or ask an administrator"
            raise UnjudgedError(
                "scan-too-slow", f"{len(data)} bytes took more than {SECONDS:g} s", hint=hint
            ) from error
        return list({(hit.rule, hit.value): hit for hit in reversed(found)}.values())[::-1]


@lru_cache(maxsize=8)
def engine_of(packs: tuple[SecretPack, ...]) -> Engine:
    """Return the engine with some packs beside its own rules; it is made once a process."""
    return Engine(packs)


def rule_state() -> str:
    """Return whether the engine's rules are kept compiled: `loaded`, `stored` if they were just now, or `bypassed`."""
    status: str = _kingfisher().Rules(confidence="low", cache_dir=compiled.folder()).cache_status
    return status


def keep_rules() -> None:
    """Compile the engine's rules for this account, if none are kept; that takes some seconds, once.

    Raises:
        UnjudgedError: secrets-engine-missing.
    """
    folder = compiled.folder()
    if folder is None or not any(folder.iterdir()):
        rule_state()


def warm(packs: tuple[SecretPack, ...]) -> None:
    """Load what the first push would wait for.

    Raises:
        UnjudgedError: secrets-engine-missing or bad-pattern.
    """
    token = sha256(b"warm").hexdigest()[:36]
    engine_of(packs).hits(f"key = '{'gh'}{'p_'}{token}'".encode())


def faults_of(pack: SecretPack) -> Iterator[tuple[int, str, str]]:
    """Yield what is wrong with a pack, by the numbers of its rules: patterns and examples. Nothing of it is kept."""
    for number, rule in enumerate(pack.rules):
        try:
            scanner = _kingfisher().Scanner(_loaded({rule.id: rule}, cache=False))
        except UnjudgedError as error:
            yield number, "bad-pattern", error.sentence
            continue
        for texts, wanted in ((rule.accepted, False), (rule.refused, True)):
            for nth, text in enumerate(texts, start=1):
                found = scanner.scan(text.encode("utf-8", "replace"), timeout=SECONDS)
                if any(not _is_ignored(rule, each.secret) for each in found) is not wanted:
                    kind, said = ("refused", "is not refused") if wanted else ("accepted", "is refused")
                    yield number, "example-differs", f"the {kind} example {nth} {said} by `{rule.id}`"


def _kingfisher() -> Any:
    try:
        import kingfisher_sdk  # noqa: PLC0415 - only who looks for secrets needs it
    except ImportError as error:
        sentence = "the engine that looks for secrets is not installed"
        raise UnjudgedError("secrets-engine-missing", sentence, hint=install_command()) from error
    return kingfisher_sdk


@cache
def _built_in() -> tuple[Any, dict[str, str]]:
    """Return Kingfisher's own scanner, and the titles of its rules."""
    kingfisher = _kingfisher()
    rules = compiled.rules()
    policy = kingfisher.DetectionPolicy(inline_ignores=False, markup_context=False)
    titles = {each["id"]: title_of(each["name"]) for each in rules.metadata()}
    return kingfisher.Scanner(rules, policy=policy), titles


def _loaded(rules: dict[str, SecretRule], *, cache: bool = True) -> Any:
    """Return rules of ours as Kingfisher has them; its rule files are YAML, and so JSON too."""
    said = [_said(name, rule) for name, rule in rules.items()]
    with NamedTemporaryFile("w", suffix=".yaml", encoding="utf-8") as file:
        json.dump({"rules": said}, file)
        file.flush()
        try:
            return _kingfisher().Rules(
                [file.name], builtins=False, confidence="low", cache=cache, cache_dir=compiled.folder()
            )
        except (RuntimeError, ValueError) as error:
            sentence = (
                f"a pattern cannot be read: {' '.join(str(error).split())[:300].replace(file.name, 'it')}"
            )
            raise UnjudgedError("bad-pattern", sentence, hint="gitcorpus rules test") from error


def _said(name: str, rule: SecretRule) -> dict[str, Any]:
    said: dict[str, Any] = {
        "name": rule.title,
        "id": name,
        "pattern": rule.pattern,
        "min_entropy": rule.min_entropy,
        "confidence": "medium",
        "examples": [],
    }
    return said | ({"pattern_requirements": {"min_digits": rule.min_digits}} if rule.min_digits else {})


def _is_ignored(rule: SecretRule, value: str) -> bool:
    lower = value.lower()
    return any(each.lower() in lower for each in rule.ignored)


def _is_placeholder(value: str) -> bool:
    """Tell whether a value of nobody in particular is a name of something, or stands for one that is not told."""
    return value.lower() in _WORDS or _UUID.fullmatch(value) is not None


def _tier(finding: Any) -> Tier:
    generic = finding.rule_id in _GENERIC or finding.confidence == "low"
    return Tier.GENERIC if generic else Tier.KNOWN


def _hit(finding: Any, title: str, tier: Tier) -> Hit:
    place = finding.location
    return Hit(
        rule=finding.rule_id,
        title=title,
        tier=tier,
        value=finding.secret.encode("utf-8", "surrogateescape"),
        line=place.get("line", 1),
        column=place.get("column", 0) + 1,
    )


def unique(hits: Iterable[Hit]) -> list[Hit]:
    """Return one hit for each value: that of a known provider before a generic one, and the first of equals."""
    found: dict[bytes, Hit] = {}
    for hit in hits:
        if hit.value not in found or (found[hit.value].tier, hit.tier) == (Tier.GENERIC, Tier.KNOWN):
            found[hit.value] = hit
    return list(found.values())
