from __future__ import annotations

import hashlib

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from auditor.errors import SignatureError, UsageError
from auditor.format.keys import Algorithm, PrivateKey, PublicKey
from tests.honest import ED25519, P256

SPKI = (Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

# Key ids as securesystemslib 1.6 computes them (SSlibKey.from_crypto), compared once by hand.
KNOWN = {
    "dfc6d38f67ff2b231ca105828e4f9da0e085067509e9028a6d252dc93c924bb9": (
        "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEprOM1a6J0Qdlk+wiEGKoci8XJoYQ\n"
        "eqd863p76GbJoDzM+SBv5Fv6D/inxs9IJAcRMFMrotOWO2B5omzf4v5evw=="
    ),
    "b365d72c9bed62f6bcbb77941cb144f471e5652801cce6571b6442a5b4306d67": (
        "MCowBQYDK2VwAyEAgd0XqEstYjhG+/KGQS8mDvc15rEy54pgEm/iEgbQmm8="
    ),
}


@pytest.mark.parametrize(("keyid", "body"), KNOWN.items(), ids=["p256", "ed25519"])
def test_known_key_ids(keyid: str, body: str) -> None:
    pem = f"-----BEGIN PUBLIC KEY-----\n{body}\n-----END PUBLIC KEY-----\n"
    key = PublicKey.from_pem(pem.encode())
    assert key.keyid == keyid
    assert key.pem == pem
    assert PublicKey.from_pem(pem.strip().encode()) == key


@pytest.mark.parametrize("algorithm", ["p256", "ed25519"])
def test_generated_keys_sign_and_survive_their_file_form(algorithm: Algorithm) -> None:
    key = PrivateKey.generate(algorithm)
    again = PrivateKey.from_pem(key.to_pem())
    assert again.public == key.public == PublicKey.from_pem(key.public.pem.encode())
    assert key.public.algorithm == algorithm
    assert again.sign(b"m") == key.sign(b"m")
    key.public.verify(key.sign(b"m"), b"m")
    for signature, message in ((key.sign(b"m"), b"n"), (b"", b"m"), (bytes(64), b"m")):
        with pytest.raises(SignatureError):
            key.public.verify(signature, message)


def test_the_algorithm_is_the_keys() -> None:
    with pytest.raises(SignatureError):
        P256.public.verify(ED25519.sign(b"m"), b"m")
    with pytest.raises(SignatureError):
        ED25519.public.verify(P256.sign(b"m"), b"m")


def test_a_key_never_shows_in_its_representation() -> None:
    secret = P256.to_pem().decode().splitlines()[1]
    assert secret not in repr(P256)
    assert "PRIVATE" not in repr(P256)


def test_the_fingerprint_is_of_the_der_form() -> None:
    assert len(P256.public.fingerprint) == 64
    assert P256.public.fingerprint != P256.public.keyid


def pem_of_point(y: int, *, sign: bool = False) -> bytes:
    raw = (y | (sign << 255)).to_bytes(32, "little")
    return ed25519.Ed25519PublicKey.from_public_bytes(raw).public_bytes(*SPKI)


P = 2**255 - 19


def order_8() -> int:
    """Solve d y^4 + 2 y^2 - 1 = 0: points whose double has order 4, hence y = 0 there."""
    d = -121665 * pow(121666, -1, P) % P
    for root in (square_root(1 + d), -square_root(1 + d)):
        squared = (root - 1) * pow(d, -1, P) % P
        if pow(squared, (P - 1) // 2, P) == 1:
            return square_root(squared)
    raise AssertionError


def square_root(value: int) -> int:
    root = pow(value, (P + 3) // 8, P)
    return root if (root * root - value) % P == 0 else root * pow(2, (P - 1) // 4, P) % P


LOW = [0, 1, P - 1, order_8(), P - order_8(), P, P + 1]


@pytest.mark.parametrize("y", LOW)
@pytest.mark.parametrize("sign", [False, True])
def test_low_order_and_non_canonical_keys_are_refused(y: int, sign: bool) -> None:
    with pytest.raises(UsageError, match="low order"):
        PublicKey.from_pem(pem_of_point(y, sign=sign))


def test_why_low_order_keys_are_refused() -> None:
    """The library verifies this signature, which nobody made, over any message."""
    identity = ed25519.Ed25519PublicKey.from_public_bytes((1).to_bytes(32, "little"))
    identity.verify((1).to_bytes(32, "little") + bytes(32), b"any message at all")


OTHERS = {
    "P-384": ec.generate_private_key(ec.SECP384R1()).public_key().public_bytes(*SPKI),
    "secp256k1": ec.generate_private_key(ec.SECP256K1()).public_key().public_bytes(*SPKI),
    "RSA": rsa.generate_private_key(65537, 2048).public_key().public_bytes(*SPKI),
    "a private key": P256.to_pem(),
    "nothing": b"",
    "too much": b"-" * 20_000,
    "not PEM": b"\x00\xff",
}


@pytest.mark.parametrize("data", OTHERS.values(), ids=OTHERS)
def test_other_keys_are_refused(data: bytes) -> None:
    with pytest.raises(UsageError, match=r"^here: "):
        PublicKey.from_pem(data, "here")


def test_a_private_key_file_of_another_kind() -> None:
    for data in (P256.public.pem.encode(), b"", b"-" * 20_000, b"\xff"):
        with pytest.raises(UsageError, match=r"^here: "):
            PrivateKey.from_pem(data, "here")


def test_signatures_are_known() -> None:
    """The same bytes on every machine: RFC 6979 and RFC 8032."""
    digests = [hashlib.sha256(key.sign(b"m")).hexdigest()[:16] for key in (P256, ED25519)]
    assert digests == ["79b80506a534dd87", "cfa72cf2735dc7e9"]
