"""What a server vouches for of a release: in-toto statements (v1) in DSSE envelopes, signed by the server's own key.

Two are made: how the release was built (SLSA v1.0 provenance), and what the gates said of the tag's commit (in-toto
test-result v0.1). Both are about manifest.json, which seals everything else. Ed25519 signs the same bytes the same way,
and no clock is read, so that a second build has the same signatures.
"""

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)
from securesystemslib.dsse import Envelope
from securesystemslib.exceptions import Error as SigningError
from securesystemslib.signer._crypto_signer import CryptoSigner
from securesystemslib.signer._key import SSlibKey

from gitcorpus.canon import canonical
from gitcorpus.durable import sync_path
from gitcorpus.errors import GitcorpusError
from gitcorpus.model.entry import Entry

PAYLOAD: Final = "application/vnd.in-toto+json"
STATEMENT: Final = "https://in-toto.io/Statement/v1"
PROVENANCE: Final = "https://slsa.dev/provenance/v1"
TEST_RESULT: Final = "https://in-toto.io/attestation/test-result/v0.1"
BUILD: Final = "urn:gitcorpus:build:v1"
KEY: Final = "signing.key"
PUBLIC: Final = "signing.pub"
FOLDER: Final = "attestations"

Statement = Mapping[str, Any]


def provenance(manifest: Mapping[str, Any], digest: str, key_id: str) -> Statement:
    """Return how a release was built; `digest` is the manifest's."""
    build = {
        "buildDefinition": {
            "buildType": BUILD,
            "externalParameters": {name: manifest[name] for name in ("name", "release", "tag", "version")},
            "internalParameters": {"toolchain": manifest["toolchain"], "specs": manifest["specs"]["digest"]},
            "resolvedDependencies": [
                {
                    "name": "corpus",
                    "digest": {"gitCommit": manifest["commit"], "gitTree": manifest["tree"]},
                }
            ],
        },
        "runDetails": {
            "builder": {"id": f"urn:gitcorpus:server:{key_id}"},
            "metadata": {"invocationId": manifest["verdict"]},
        },
    }
    return _statement(digest, PROVENANCE, build)


def gate_results(manifest: Mapping[str, Any], digest: str, verdict: Entry) -> Statement:
    """Return what the gates said of the tag's commit when it was pushed."""
    gates = verdict.body.get("gates")
    states = (
        {str(each["gate"]): str(each["state"]) for each in gates if isinstance(each, dict)}
        if isinstance(gates, list)
        else {}
    )
    judged = manifest["judged"]
    specs = {
        "name": "specs",
        "digest": {"sha256": judged["specs"].removeprefix("sha256:")},
        "annotations": {"policy": judged["policy"], "stage": judged["stage"]},
    }
    said = {
        "result": "PASSED",
        "configuration": [specs],
        "passedTests": sorted(name for name, state in states.items() if state == "passed"),
        "warnedTests": [],
        "failedTests": sorted(
            name for name, state in states.items() if state not in ("passed", "not-applicable")
        ),
    }
    return _statement(digest, TEST_RESULT, said, also=[_subject("commit", "gitCommit", manifest["commit"])])


def _statement(
    digest: str, kind: str, predicate: Mapping[str, Any], also: Sequence[Mapping[str, Any]] = ()
) -> Statement:
    sealed = _subject("manifest.json", "sha256", digest.removeprefix("sha256:"))
    return {"_type": STATEMENT, "subject": [sealed, *also], "predicateType": kind, "predicate": predicate}


def _subject(name: str, algorithm: str, digest: str) -> Mapping[str, Any]:
    return {"name": name, "digest": {algorithm: digest}}


def sign(statement: Statement, signer: CryptoSigner) -> bytes:
    """Return a statement in its envelope: one line of JSON."""
    envelope = Envelope(canonical(statement), PAYLOAD, {})
    envelope.sign(signer)
    return canonical(envelope.to_dict()) + b"\n"


def opened(envelope: bytes, key: SSlibKey) -> dict[str, Any]:
    """Return the statement in an envelope, once its signature is found to be the key's.

    Raises:
        GitcorpusError: signature-bad.
    """
    try:
        read = Envelope.from_dict(json.loads(envelope))
        read.verify([key], 1)
        statement = json.loads(read.payload)
    except (SigningError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        why = str(error).partition("\n")[0] or type(error).__name__
        raise GitcorpusError("signature-bad", f"the envelope does not verify: {why}") from error
    if read.payload_type != PAYLOAD or not isinstance(statement, dict) or statement.get("_type") != STATEMENT:
        raise GitcorpusError("signature-bad", "the envelope holds no in-toto statement")
    return statement


def server_signer(folder: Path) -> CryptoSigner:
    """Return what signs in a server's folder `gitcorpus/`; its key is made when it is needed first.

    Raises:
        GitcorpusError: key-unusable.
    """
    path = folder / KEY
    try:
        if not path.exists():
            _make(folder)
        key = load_pem_private_key(path.read_bytes(), None)
    except (OSError, ValueError, TypeError) as error:
        hint = "see to its rights; without it releases cannot be signed"
        raise GitcorpusError("key-unusable", f"{path} cannot be used: {error}", hint=hint) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise GitcorpusError("key-unusable", f"{path} is no Ed25519 key")
    return CryptoSigner(key, SSlibKey.from_crypto(key.public_key()))


def public_key(path: Path) -> SSlibKey:
    """Read a public key.

    Raises:
        GitcorpusError: key-unusable.
    """
    try:
        return SSlibKey.from_crypto(load_pem_public_key(path.read_bytes()))
    except (OSError, ValueError, TypeError, SigningError) as error:
        hint = f"the server's is {PUBLIC} in the folder gitcorpus of its repository"
        raise GitcorpusError("key-unusable", f"{path} is no public key: {error}", hint=hint) from error


def _make(folder: Path) -> None:
    """Make the pair; whoever comes second takes the first one's."""
    key = Ed25519PrivateKey.generate()
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    shown = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    try:
        file = os.open(folder / KEY, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return
    with open(file, "wb") as written:  # noqa: PTH123 - it is open already
        written.write(secret)
    (folder / PUBLIC).write_bytes(shown)
    for name in (KEY, PUBLIC):
        sync_path(folder / name)
