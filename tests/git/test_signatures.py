"""Signatures of commits: those of keys that a machine holds, of security keys, and those that somebody made up."""

import hashlib
import struct
from base64 import b64encode

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA1, SHA256, SHA512
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given, settings
from hypothesis import strategies as st

from gitcorpus.git.signatures import Signing, judge_signature, key_bytes

HEAD = (
    b"tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\n"
    b"author A <a@b.example> 1 +0000\ncommitter A <a@b.example> 1 +0000"
)
BODY = b"\n\nmessage\n\n gpgsig no header\n"
SK_ED25519, SK_ECDSA = b"sk-ssh-ed25519@openssh.com", b"sk-ecdsa-sha2-nistp256@openssh.com"


def text(*fields: bytes) -> bytes:
    return b"".join(struct.pack(">I", len(each)) + each for each in fields)


def number(value: int) -> bytes:
    return text(value.to_bytes(value.bit_length() // 8 + 1))


def line(kind: bytes, *rest: bytes) -> str:
    return f"{kind.decode()} {b64encode(text(kind, *rest)).decode()} somebody@laptop"


class Ed25519:
    def __init__(self, kind: bytes = b"ssh-ed25519", flags: int = 1) -> None:
        self.kind, self.flags = kind, flags
        self.key = Ed25519PrivateKey.from_private_bytes(b"k" * 32)
        public = self.key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        self.line = line(kind, public, *([b"ssh:"] if kind == SK_ED25519 else []))

    def sign(self, signed: bytes) -> bytes:
        if self.kind != SK_ED25519:
            return text(self.kind, self.key.sign(signed))
        state = struct.pack(">BI", self.flags, 7)
        said = hashlib.sha256(b"ssh:").digest() + state + hashlib.sha256(signed).digest()
        return text(self.kind, self.key.sign(said)) + state


class Ecdsa:
    def __init__(self, kind: bytes = b"ecdsa-sha2-nistp256") -> None:
        self.kind = kind
        self.key = ec.derive_private_key(12345, ec.SECP256R1())
        public = self.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        self.line = line(kind, b"nistp256", public, *([b"ssh:"] if kind == SK_ECDSA else []))

    def sign(self, signed: bytes) -> bytes:
        state = struct.pack(">BI", 5, 7) if self.kind == SK_ECDSA else b""
        said = hashlib.sha256(b"ssh:").digest() + state + hashlib.sha256(signed).digest() if state else signed
        r, s = decode_dss_signature(self.key.sign(said, ec.ECDSA(SHA256())))
        return text(self.kind, number(r) + number(s)) + state


class Rsa:
    def __init__(self, bits: int = 2048, name: bytes = b"rsa-sha2-512") -> None:
        self.name = name
        self.key = rsa.generate_private_key(65537, bits)
        public = self.key.public_key().public_numbers()
        kind = b"ssh-rsa"
        self.line = f"ssh-rsa {b64encode(text(kind) + number(public.e) + number(public.n)).decode()}"

    def sign(self, signed: bytes) -> bytes:
        digest = {b"rsa-sha2-512": SHA512(), b"rsa-sha2-256": SHA256(), b"ssh-rsa": SHA1()}[self.name]
        return text(self.name, self.key.sign(signed, padding.PKCS1v15(), digest))


def signed(key, *, payload=HEAD + BODY, namespace=b"git", version=1, algorithm=b"sha512", rest=b"") -> bytes:
    """Return what a signature holds, as git would ask ssh-keygen for it."""
    digest = hashlib.new(algorithm.decode(), payload).digest()
    made = key.sign(b"SSHSIG" + text(namespace, b"", algorithm, digest))
    blob = text(key_bytes(key.line), namespace, b"", algorithm, made)
    return b"SSHSIG" + struct.pack(">I", version) + blob + rest


def commit(data: bytes, name: bytes = b"gpgsig", *, times: int = 1) -> bytes:
    """Return a commit that bears a signature."""
    lines = [b"-----BEGIN SSH SIGNATURE-----"]
    encoded = b64encode(data)
    lines += [encoded[at : at + 70] for at in range(0, len(encoded), 70)]
    lines += [b"-----END SSH SIGNATURE-----", b""]
    return HEAD + (b"\n" + name + b" " + b"\n ".join(lines)) * times + BODY


GOOD = [Ed25519(), Ed25519(SK_ED25519), Ecdsa(), Ecdsa(SK_ECDSA), Rsa(), Rsa(3072, b"rsa-sha2-256")]
KEY = GOOD[0]


@pytest.mark.parametrize("key", GOOD, ids=lambda key: key.line.split()[0])
def test_every_kind_of_key_signs_and_another_commit_is_not_signed(key):
    whole = commit(signed(key))
    assert judge_signature(whole, [key.line]) is Signing.GOOD
    assert (
        judge_signature(commit(signed(key, algorithm=b"sha256"), b"gpgsig-sha256"), [key.line])
        is Signing.GOOD
    )
    assert judge_signature(whole.replace(b"message", b"massage"), [key.line]) is Signing.BAD
    assert judge_signature(whole.replace(b"author A", b"author B"), [key.line]) is Signing.BAD
    others = [other.line for other in GOOD if other is not key]
    assert judge_signature(whole, others) is Signing.FOREIGN
    assert judge_signature(whole, []) is Signing.FOREIGN


@pytest.mark.parametrize(
    ("bad", "key"),
    [
        (signed(KEY, namespace=b"file"), KEY),
        (signed(KEY, version=2), KEY),
        (signed(KEY, rest=b"x"), KEY),
        (signed(KEY)[:-1], KEY),
        (signed(KEY, payload=b""), KEY),
        (b"SSHSIG", KEY),
        (b"", KEY),
        (b"SSHSIG" + struct.pack(">II", 1, 2**32 - 1), KEY),
        (signed(Ed25519(SK_ED25519, flags=0)), Ed25519(SK_ED25519)),  # nobody touched the key
        (signed(old := Rsa(name=b"ssh-rsa")), old),  # SHA-1
        (signed(short := Rsa(1024)), short),
        (signed(KEY) + b"\0" * (16 << 10), KEY),
    ],
)
def test_what_is_no_signature_of_a_commit_is_bad(bad, key):
    assert judge_signature(commit(bad), [key.line]) is Signing.BAD


def test_a_commit_bears_none_or_one_and_other_kinds_are_named():
    assert judge_signature(HEAD + BODY, [KEY.line]) is Signing.NONE
    assert judge_signature(commit(signed(KEY), times=2), [KEY.line]) is Signing.BAD
    openpgp = HEAD + b"\ngpgsig -----BEGIN PGP SIGNATURE-----\n \n abc\n -----END PGP SIGNATURE-----" + BODY
    assert judge_signature(openpgp, [KEY.line]) is Signing.OTHER
    assert judge_signature(commit(signed(KEY)).replace(b"-----END", b"-----FIN"), [KEY.line]) is Signing.BAD


@pytest.mark.parametrize(
    "broken", ["", "ssh-ed25519", "ssh-ed25519 %%%", "ssh-rsa " + KEY.line.split()[1], "x y z"]
)
def test_a_line_that_is_no_key_is_nobodys(broken):
    assert key_bytes(broken) == b""
    empty = b"SSHSIG" + struct.pack(">I", 1) + text(b"", b"git", b"", b"sha512", text(b"", b""))
    assert judge_signature(commit(empty), [broken]) is not Signing.GOOD


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 10**6), st.binary(min_size=0, max_size=3), st.sampled_from([0, 2, 4]))
def test_no_changed_byte_is_taken_for_a_signature(at, new, which):
    key = GOOD[which]
    data = signed(key)
    at %= len(data)
    changed = data[:at] + new + data[at + 1 :]
    expected = Signing.GOOD if changed == data else None
    found = judge_signature(commit(changed), [key.line])
    assert found is expected or (expected is None and found in (Signing.BAD, Signing.FOREIGN))
