"""The signature that a commit bears, and whether a known SSH key made it.

The format is OpenSSH's SSHSIG in the namespace `git`: what `git commit -S` writes with `gpg.format=ssh`. A key is asked
only if it is one of those that are known for the author, compared byte for byte, so that nothing that a pusher chose is
ever used as a key. Ed25519, ECDSA and RSA keys are read, and the first two also where a security key holds them; RSA
with SHA-1 and keys of less than 2048 bits are not. What is signed is the commit without its signature, as git has it.
"""

import hashlib
import struct
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Iterable
from enum import StrEnum
from typing import Final, NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256, SHA384, SHA512, HashAlgorithm

_HEADERS: Final = (b"gpgsig ", b"gpgsig-sha256 ")
_BEGIN: Final = b"-----BEGIN SSH SIGNATURE-----"
_END: Final = b"-----END SSH SIGNATURE-----"
_MAGIC: Final = b"SSHSIG"
_NAMESPACE: Final = b"git"
_LARGEST: Final = 16 << 10
"""Most bytes of a signature that is read; that of the longest RSA key has a quarter of them."""
_RSA_BITS: Final = range(2048, 16384 + 1)
_TOUCHED: Final = 1
"""The flag of a security key that says that a person was there."""
_CURVES: Final[dict[bytes, tuple[ec.EllipticCurve, HashAlgorithm]]] = {
    b"nistp256": (ec.SECP256R1(), SHA256()),
    b"nistp384": (ec.SECP384R1(), SHA384()),
    b"nistp521": (ec.SECP521R1(), SHA512()),
}
_RSA: Final[dict[bytes, HashAlgorithm]] = {b"rsa-sha2-256": SHA256(), b"rsa-sha2-512": SHA512()}


class Signing(StrEnum):
    """What there is to say of a commit's signature."""

    NONE = "none"
    GOOD = "good"
    FOREIGN = "foreign"
    """A key made it that is not known for the author."""
    BAD = "bad"
    OTHER = "other"
    """It is of another kind than SSH, such as OpenPGP, and is not read."""


class _Reader:
    """Reads the fields of OpenSSH's binary formats; what is cut off or too long is a ValueError."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def take(self, n_bytes: int) -> bytes:
        if n_bytes > len(self._data):
            raise ValueError("cut off")
        found, self._data = self._data[:n_bytes], self._data[n_bytes:]
        return found

    def number(self) -> int:
        return int(struct.unpack(">I", self.take(4))[0])

    def text(self) -> bytes:
        return self.take(self.number())

    def integer(self) -> int:
        return int.from_bytes(self.text())

    def end(self) -> None:
        if self._data:
            raise ValueError("too long")


class _Signature(NamedTuple):
    key: bytes
    signed: bytes
    """What the key has signed."""
    made: bytes


def judge_signature(commit: bytes, keys: Iterable[str]) -> Signing:
    """Tell whether one of some SSH public keys, each as a line `TYPE BASE64 [COMMENT]`, signed a commit's bytes."""
    payload, armoured = _parts(commit)
    if not armoured:
        return Signing.NONE
    if len(armoured) > 1:
        return Signing.BAD
    text = armoured[0].strip()
    if not text.startswith(_BEGIN):
        return Signing.OTHER
    try:
        found = _parse(text, payload)
        if found.key not in {key_bytes(line) for line in keys}:
            return Signing.FOREIGN
        _verify(found)
    except (ValueError, InvalidSignature):
        return Signing.BAD
    return Signing.GOOD


def key_bytes(line: str) -> bytes:
    """Return the bytes of a public key; none at all if the line is no key."""
    parts = line.split()
    try:
        data = b64decode(parts[1], validate=True)
        return data if _Reader(data).text() == parts[0].encode() else b""
    except (ValueError, IndexError):
        return b""


def _parts(commit: bytes) -> tuple[bytes, list[bytes]]:
    """Return what was signed, and the signatures."""
    head, blank, message = commit.partition(b"\n\n")
    kept: list[bytes] = []
    found: list[bytes] = []
    inside = False
    for line in head.split(b"\n"):
        if line.startswith(_HEADERS):
            inside = True
            found.append(line.partition(b" ")[2])
        elif inside and line.startswith(b" "):
            found[-1] += b"\n" + line[1:]
        else:
            inside = False
            kept.append(line)
    return b"\n".join(kept) + blank + message, found


def _parse(text: bytes, payload: bytes) -> _Signature:
    if len(text) > _LARGEST or not text.endswith(_END):
        raise ValueError("no signature")
    try:
        data = b64decode(b"".join(text[len(_BEGIN) : -len(_END)].split()), validate=True)
    except Base64Error as error:
        raise ValueError("no base64") from error
    reader = _Reader(data)
    if reader.take(len(_MAGIC)) != _MAGIC or reader.number() != 1:
        raise ValueError("another format")
    key, namespace, reserved, algorithm, made = (reader.text() for _ in range(5))
    reader.end()
    if namespace != _NAMESPACE or algorithm not in (b"sha256", b"sha512"):
        raise ValueError("for another use")
    digest = hashlib.new(algorithm.decode(), payload).digest()
    signed = _MAGIC + b"".join(
        struct.pack(">I", len(field)) + field for field in (namespace, reserved, algorithm, digest)
    )
    return _Signature(key, signed, made)


def _verify(signature: _Signature) -> None:
    """Verify a signature by the key that it names.

    Raises:
        ValueError: if the key or the signature is of no kind that is read.
        InvalidSignature: if the key did not make it.
    """
    key, made = _Reader(signature.key), _Reader(signature.made)
    kind, algorithm, value = key.text(), made.text(), made.text()
    signed = signature.signed
    if kind == b"ssh-rsa":
        _verify_rsa(key, algorithm, value, signed)
    elif algorithm != kind:
        raise ValueError("another kind of signature")
    elif kind in (b"ssh-ed25519", b"sk-ssh-ed25519@openssh.com"):
        public = Ed25519PublicKey.from_public_bytes(key.text())
        public.verify(value, _touched(key, made, signed) if kind.startswith(b"sk-") else signed)
    elif kind.startswith((b"ecdsa-sha2-", b"sk-ecdsa-sha2-")):
        curve = _CURVES.get(key.text())
        if curve is None:
            raise ValueError("another curve")
        point = ec.EllipticCurvePublicKey.from_encoded_point(curve[0], key.text())
        pair = _Reader(value)
        made_of = encode_dss_signature(pair.integer(), pair.integer())
        pair.end()
        said = _touched(key, made, signed) if kind.startswith(b"sk-") else signed
        point.verify(made_of, said, ec.ECDSA(curve[1]))
    else:
        raise ValueError("another kind of key")
    made.end()


def _verify_rsa(key: _Reader, algorithm: bytes, value: bytes, signed: bytes) -> None:
    exponent, modulus = key.integer(), key.integer()
    digest = _RSA.get(algorithm)
    if digest is None or modulus.bit_length() not in _RSA_BITS:
        raise ValueError("too weak")
    public = rsa.RSAPublicNumbers(exponent, modulus).public_key()
    public.verify(value.rjust((modulus.bit_length() + 7) // 8, b"\0"), signed, padding.PKCS1v15(), digest)


def _touched(key: _Reader, made: _Reader, signed: bytes) -> bytes:
    """Return what a security key signs: the application, its flags and counter, and the digest of the rest."""
    application, state = key.text(), made.take(5)
    if not state[0] & _TOUCHED:
        raise ValueError("nobody touched the key")
    return hashlib.sha256(application).digest() + state + hashlib.sha256(signed).digest()
