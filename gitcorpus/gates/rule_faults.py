"""What is wrong with rule packs: queries and patterns that cannot be read, and examples that do not hold.

A pushed pack is hostile, its patterns too, so all of it is tried in a process apart.
"""

from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any, Final

from gitcorpus.errors import UnjudgedError
from gitcorpus.model.finding import Finding
from gitcorpus.model.rules import RulePack
from gitcorpus.model.secret import SecretPack
from gitcorpus.secrets.engine import faults_of as faults_of_secrets
from gitcorpus.syntax import Apart, languages
from gitcorpus.syntax.rules import RuleSet, faults_of

SECONDS: Final = 20.0
"""Most time of the processor for all packs."""
_PATTERNS: Final = 2048
"""Most MiB of memory for patterns."""
_HINT: Final = "gitcorpus rules test"


def rule_findings(packs: Iterable[RulePack]) -> Iterator[Finding]:
    """Yield what is wrong with some packs."""
    for pack in packs:
        for language in pack.languages:
            if language not in languages():
                sentence, hint = (
                    f"there is no grammar for {language}",
                    f"known: {', '.join(sorted(languages()))}",
                )
                yield Finding(code="unknown-grammar", place=pack.place, sentence=sentence, hint=hint)
                continue
            yield from _of_language(pack, language)


def secret_findings(packs: Iterable[SecretPack]) -> Iterator[Finding]:
    """Yield what is wrong with some packs of secrets."""
    for pack in packs:
        with Apart(partial(_try_secrets, pack), seconds=SECONDS, mebibytes=_PATTERNS, small=-1) as apart:
            try:
                faults = apart.ask(b"", "")
            except UnjudgedError:
                sentence, hint = "its patterns take too long or too much memory", "make them plainer"
                yield Finding(code="bad-pattern", place=pack.place, sentence=sentence, hint=hint)
                continue
        for number, code, sentence in faults:
            yield Finding(code=code, place=pack.rules[number].place, sentence=sentence, hint=_HINT)


def _try_secrets(
    pack: SecretPack, _data: bytes, _language: str, _wanted: Any, _seconds: float | None
) -> list[Any]:
    """Return faults as numbers of rules, codes and sentences; the work of a process apart."""
    return [list(fault) for fault in faults_of_secrets(pack)]


def _of_language(pack: RulePack, language: str) -> Iterator[Finding]:
    with Apart(partial(_try, pack), seconds=SECONDS, small=-1) as apart:
        try:
            faults = apart.ask(b"", language)
        except UnjudgedError:
            sentence = f"its queries take too long or too much memory, in {language}"
            hint = "make their patterns plainer"
            yield Finding(code="bad-query", place=pack.place, sentence=sentence, hint=hint)
            return
    for number, code, sentence in faults:
        rule = pack.rules[number]
        place = rule.query_place if code == "bad-query" else rule.place
        yield Finding(code=code, place=place, sentence=sentence, hint=_HINT)


def _try(pack: RulePack, _data: bytes, language: str, _wanted: Any, _seconds: float | None) -> list[Any]:
    """Return faults as numbers of rules, codes and sentences; the work of a process apart."""
    faulty = [[fault.rule, "bad-query", fault.sentence] for fault in faults_of(pack.rules, language)]
    return faulty or list(_examples(pack, RuleSet(pack.rules, language), language))


def _examples(pack: RulePack, rules: RuleSet, language: str) -> Iterator[list[Any]]:
    for number, rule in enumerate(pack.rules):
        for texts, wanted in ((rule.accepted, False), (rule.refused, True)):
            for nth, text in enumerate(texts, start=1):
                found = rules.work(text.encode("utf-8", "replace"), language, None, None)
                if any(match.rule == number for match in found) is not wanted:
                    said = "is refused" if not wanted else "is not refused"
                    kind = "accepted" if not wanted else "refused"
                    yield [
                        number,
                        "example-differs",
                        f"the {kind} example {nth} {said} by `{rule.id}` in {language}",
                    ]
