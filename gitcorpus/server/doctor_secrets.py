"""Are the rules for secrets at hand, and is there a worker for what was exposed?

Rules that are not kept compiled cost every start of a gatekeeper some ten seconds.
"""

from collections.abc import Iterator
from pathlib import Path

from gitcorpus.incidents.keys import PRIVATE, PUBLIC
from gitcorpus.model.finding import Finding
from gitcorpus.model.server import Revocation
from gitcorpus.secrets.engine import rule_state
from gitcorpus.server.administration import PATH
from gitcorpus.server.patient import Patient


def check_secrets(patient: Patient) -> Iterator[Finding]:
    """Find rules that are compiled anew at every start, and a policy that nothing can carry out."""
    if patient.server is None:
        return
    if rule_state() == "bypassed":
        sentence = "the rules for secrets are not kept, so every gatekeeper compiles them anew, which takes ten seconds"
        hint = "let this account write ~/.cache/gitcorpus, and nobody else"
        yield patient.note("secret-rules-unkept", patient.git_dir, sentence, hint)
    secrets = patient.server.secrets
    wanted = {secrets.default, *secrets.policies.values()} != {Revocation.NEVER}
    if wanted and not (patient.git_dir / PUBLIC).exists():
        sentence = "secrets shall be revoked, and there is no key to seal them with, so none is kept"
        yield patient.fault("no-worker-key", patient.git_dir / PATH, sentence, "gitcorpus revoke keygen")
    for path in secrets.revokers:
        if not Path(path).is_file():
            yield patient.fault(
                "revokers-broken", Path(path), "there is no such file of revokers", "see `revokers:`"
            )
    private = patient.git_dir / PRIVATE
    if private.exists() and private.stat().st_mode & 0o077:
        yield patient.fault(
            "key-exposed", private, "others can read the worker's key", f"chmod 600 {private}"
        )
