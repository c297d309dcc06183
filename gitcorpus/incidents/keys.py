"""The keys: one that recognises values, and a pair that seals them so that only the worker reads them.

Values are sealed by libsodium's sealed boxes (X25519, XSalsa20-Poly1305): whoever seals cannot open.
"""

import os
import secrets
from pathlib import Path
from typing import Final

from gitcorpus.durable import sync_path
from gitcorpus.errors import GitcorpusError, UnjudgedError

SERVER: Final = "gitcorpus/incidents.key"
PUBLIC: Final = "gitcorpus/revoke.pub"
PRIVATE: Final = "gitcorpus/revoke.key"
_BYTES: Final = 32


def server_key(git_dir: Path) -> bytes:
    """Return the key of fingerprints, which is made when it is first needed.

    Raises:
        UnjudgedError: key-unusable.
    """
    path = git_dir / SERVER
    try:
        if not path.exists():
            _write(path, secrets.token_bytes(_BYTES), mode=0o600)
        key = path.read_bytes()
    except OSError as error:
        raise _unusable(path, error.strerror or "it cannot be read") from error
    if len(key) != _BYTES:
        raise _unusable(path, f"it has {len(key)} bytes and not {_BYTES}")
    return key


def make_worker_keys(git_dir: Path) -> tuple[Path, Path]:
    """Make the pair that seals values for the worker, and return where its public and its private half are.

    Raises:
        GitcorpusError: key-exists, since what the old pair sealed could be opened no more.
    """
    public, private = git_dir / PUBLIC, git_dir / PRIVATE
    for path in (public, private):
        if path.exists():
            hint = "work off what it sealed by `gitcorpus revoke run --once`, and move both away"
            raise GitcorpusError("key-exists", "there is a key already", place=str(path), hint=hint)
    from nacl.public import PrivateKey  # noqa: PLC0415 - only a server has it

    key = PrivateKey.generate()
    _write(private, key.encode(), mode=0o600)
    _write(public, key.public_key.encode(), mode=0o644)
    return public, private


def seal(git_dir: Path, value: bytes) -> bytes | None:
    """Return a value that only the worker can read; none if there is no key to seal with.

    Raises:
        UnjudgedError: key-unusable.
    """
    path = git_dir / PUBLIC
    if not path.exists():
        return None
    from nacl.exceptions import CryptoError  # noqa: PLC0415 - only a server has it
    from nacl.public import PublicKey, SealedBox  # noqa: PLC0415 - as above

    try:
        return bytes(SealedBox(PublicKey(path.read_bytes())).encrypt(value))
    except (OSError, CryptoError, ValueError, TypeError) as error:
        raise _unusable(path, "it is no public key") from error


def unseal(private: Path, sealed: bytes) -> bytes:
    """Return a sealed value.

    Raises:
        UnjudgedError: key-unusable.
    """
    from nacl.exceptions import CryptoError  # noqa: PLC0415 - only a server has it
    from nacl.public import PrivateKey, SealedBox  # noqa: PLC0415 - as above

    try:
        return bytes(SealedBox(PrivateKey(private.read_bytes())).decrypt(sealed))
    except (OSError, CryptoError, ValueError, TypeError) as error:
        raise _unusable(private, "it does not open what was sealed") from error


def _write(path: Path, data: bytes, *, mode: int) -> None:
    """Write a file at once; one that somebody else wrote meanwhile stays."""
    path.parent.mkdir(exist_ok=True)
    part = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(part, path)
        except FileExistsError:
            return
        sync_path(path.parent)
    finally:
        part.unlink()


def _unusable(path: Path, why: str) -> UnjudgedError:
    hint = "an administrator looks after it; what it sealed or recognised is lost with it"
    return UnjudgedError("key-unusable", why, place=str(path), hint=hint)
