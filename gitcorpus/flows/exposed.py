"""What a push with secrets leaves behind: incidents, sealed values, and nothing else of them."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Final

from gitcorpus.git.repo import Repo
from gitcorpus.incidents import Incidents, Reported
from gitcorpus.model.declaration import Declaration, Waiver
from gitcorpus.model.finding import Finding, Quote
from gitcorpus.model.place import Place
from gitcorpus.model.push import Push
from gitcorpus.model.secret import CONTENT, Exposure, Vault, redacted
from gitcorpus.model.server import Server
from gitcorpus.model.verdict import GateResult

ALLOW: Final = "gitcorpus.allow"
"""Push option that lets a generic secret pass: `gitcorpus.allow=ID:"why"`."""
BY_OPTION: Final = "push-option"
_ALLOW = re.compile(r'gitcorpus\.allow=([0-9a-f]{16}):\s*"?(.*?)"?\s*', re.DOTALL)
_LONGEST: Final = 300


def allowed_by(push: Push, server: Server) -> dict[str, str]:
    """Return the reasons for the secrets that the pusher lets pass, where the server lets them."""
    if not server.secrets.push_option:
        return {}
    found = (_ALLOW.fullmatch(option) for option in push.options)
    return {each[1]: each[2][:_LONGEST] for each in found if each is not None and each[2].strip()}


def option_faults(push: Push, server: Server) -> Sequence[str]:
    """Return a line for every push option that means to let something pass and does not."""
    faults = []
    for option in push.options:
        if not option.startswith(f"{ALLOW}="):
            continue
        found = _ALLOW.fullmatch(option)
        if not server.secrets.push_option:
            faults.append("warning: this server lets no secret pass by a push option")
        elif found is None or not found[2].strip():
            faults.append(
                f'warning: write -o {ALLOW}=ID:"why", with the {CONTENT} digits of the finding and a reason'
            )
    return faults


def waivers_of(allowed: dict[str, str], declared: Sequence[Declaration], today: date) -> tuple[Waiver, ...]:
    """Return what the pusher lets pass as waivers that hold today."""
    return tuple(
        Waiver(
            id=BY_OPTION,
            gate=each.id,
            code="",
            paths=("**",),
            contents=(content,),
            reason=reason,
            by="",
            until=today,
            place=Place(path=ALLOW),
        )
        for each in declared
        if each.uses == "secrets"
        for content, reason in allowed.items()
    )


def record_exposures(  # noqa: PLR0913 - everything that an incident says
    vault: Vault, push: Push, *, repo: Repo, server: Server, allowed: dict[str, str], now: datetime
) -> None:
    """Open incidents, and seal what is to be revoked; it is on the disk when this returns.

    Raises:
        UnjudgedError: incidents-unwritable or key-unusable.
    """
    if vault.exposures and vault.is_keyed:
        values = vault.values
        reasons = {name: redacted(reason, values) for name, reason in allowed.items()}
        reported = Reported(push.pusher or "", now, server.secrets, reasons)
        Incidents(repo.path).record([_nameless(each, values) for each in vault.exposures], reported)


def _nameless(exposure: Exposure, values: tuple[str, ...]) -> Exposure:
    """Return an exposure whose path, reference and title name no secret."""
    return replace(
        exposure,
        title=redacted(exposure.title, values),
        place=replace(exposure.place, path=redacted(exposure.place.path, values)),
        ref=redacted(exposure.ref, values),
    )


def without_values(results: tuple[GateResult, ...], vault: Vault) -> tuple[GateResult, ...]:
    """Return results without a secret in any of their texts, whichever gate wrote them."""
    values = vault.values
    if not values:
        return results
    return tuple(
        replace(
            result,
            reason=redacted(result.reason, values),
            findings=tuple(_without(finding, values) for finding in result.findings),
        )
        for result in results
    )


def push_without(push: Push, vault: Vault) -> Push:
    """Return a push without a secret in the names of its references and in its options."""
    values = vault.values
    if not values:
        return push
    return replace(
        push,
        updates=tuple(replace(each, ref=redacted(each.ref, values)) for each in push.updates),
        options=tuple(redacted(each, values) for each in push.options),
    )


def _without(finding: Finding, values: tuple[str, ...]) -> Finding:
    quote = finding.quote
    if quote is not None and any(value in quote.text for value in values):
        quote = Quote(redacted(quote.text, values), 1, 1)
    return replace(
        finding,
        place=replace(finding.place, path=redacted(finding.place.path, values)),
        sentence=redacted(finding.sentence, values),
        hint=redacted(finding.hint, values),
        quote=quote,
        patch="" if any(value in finding.patch for value in values) else finding.patch,
    )
