"""Signatures: the pinned key alone says which algorithm, and each has its one form (or two)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any, Final

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)

from auditor.format import b64
from auditor.format.dsse import PAYLOAD_TYPE, pae
from tests.honest import ED25519, P256
from tests.vectors.forging import BASE, base
from tests.vectors.form import Vector, add, single, vector
from tests.vectors.themes.envelopes import payload, signed

ORDER: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
ED25519_ORDER: Final = 2**252 + 27742317777372353535851937790883648493
MESSAGE: Final = pae(PAYLOAD_TYPE, payload())
EDWARDS_RELEASE: Final = base("two-mask", key=ED25519)
EDWARDS_MESSAGE: Final = pae(PAYLOAD_TYPE, payload(made=EDWARDS_RELEASE))


def _with(signature: bytes, expect: str = "signature") -> Vector:
    """Return the P-256 vector whose certificate has this signature, under the pinned key's id."""
    envelope: Any = signed(payload())
    envelope["signatures"][0]["sig"] = b64.encode(signature)
    return single(expect, BASE, certificate=envelope)


def _edwards(signature: bytes) -> Vector:
    """Return the Ed25519 vector whose certificate has this signature."""
    envelope: Any = signed(payload(made=EDWARDS_RELEASE), ED25519)
    envelope["signatures"][0]["sig"] = b64.encode(signature)
    return single("signature", EDWARDS_RELEASE, certificate=envelope)


def _honest() -> bytes:
    return P256.sign(MESSAGE)


def _numbers() -> tuple[int, int]:
    return decode_dss_signature(_honest())


def _integer(data: bytes) -> bytes:
    return b"\x02" + bytes([len(data)]) + data


def _sequence(*integers: bytes) -> bytes:
    body = b"".join(integers)
    return b"\x30" + bytes([len(body)]) + body


def _der(number: int, pad: int = 0) -> bytes:
    size = number.bit_length() // 8 + 1
    return _integer(bytes(pad) + number.to_bytes(size, "big"))


def _by_another_curve() -> bytes:
    key = ec.derive_private_key(3, ec.SECP384R1())
    return key.sign(MESSAGE, ec.ECDSA(hashes.SHA256(), deterministic_signing=True))


def _under_another_hash() -> bytes:
    key: Any = P256._key
    return key.sign(MESSAGE, ec.ECDSA(hashes.SHA384(), deterministic_signing=True))  # type: ignore[no-any-return]


def _long(data: bytes, size: int) -> bytes:
    return b"".join(hashlib.sha256(data + bytes([i])).digest() for i in range(size // 32))


def _shifted(signature: bytes) -> bytes:
    """Return an Ed25519 signature with the group's order added to its second half."""
    second = int.from_bytes(signature[32:], "little") + ED25519_ORDER
    return signature[:32] + second.to_bytes(32, "little")


@vector
def high_s_signature() -> Vector:
    """(r, n - s) is as good as (r, s): compare certificates by payload, never by signature."""
    r, s = _numbers()
    return _with(encode_dss_signature(r, ORDER - s), "success")


CASES: dict[str, tuple[str, Callable[[], bytes]]] = {
    "rsa-signature": (
        "256 bytes, as RSA signatures have: what a key verifies is the key's to say.",
        lambda: _long(MESSAGE, 256),
    ),
    "p384-signature": ("A signature by a key on another curve.", _by_another_curve),
    "p256-signature-of-another-hash": (
        "The pinned key's own signature, over SHA-384 instead of SHA-256.",
        _under_another_hash,
    ),
    "ed25519-signature-under-p256": (
        "An Ed25519 signature under the key id of a P-256 key.",
        lambda: ED25519.sign(MESSAGE),
    ),
    "raw-ecdsa-signature": (
        "r and s side by side: this format has DER only.",
        lambda: b"".join(number.to_bytes(32, "big") for number in _numbers()),
    ),
    "ecdsa-trailing-byte": (
        "A byte after the DER of a signature.",
        lambda: _honest() + b"\x00",
    ),
    "ecdsa-truncated": ("A signature without its last byte.", lambda: _honest()[:-1]),
    "ecdsa-padded-integer": (
        "A leading zero too much in r: DER has one spelling.",
        lambda: _sequence(_der(_numbers()[0], 1), _der(_numbers()[1])),
    ),
    "ecdsa-long-form-length": (
        "A length in two bytes where one is enough.",
        lambda: b"\x30\x81" + _honest()[1:],
    ),
    "ecdsa-zero": (
        "r = s = 0 holds for every message where nobody checks the range.",
        lambda: _sequence(_der(0), _der(0)),
    ),
    "ecdsa-r-plus-order": (
        "r + n is r modulo n, and out of range.",
        lambda: encode_dss_signature(_numbers()[0] + ORDER, _numbers()[1]),
    ),
    "ecdsa-s-plus-order": (
        "s + n is s modulo n, and out of range.",
        lambda: encode_dss_signature(_numbers()[0], _numbers()[1] + ORDER),
    ),
    "ecdsa-negative": (
        "s below zero.",
        lambda: _sequence(_der(_numbers()[0]), _integer(b"\x80" + bytes(31))),
    ),
    "empty-signature": ("A signature of no bytes.", lambda: b""),
}
EDWARDS: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "ed25519-s-plus-order": (
        "s + L is s modulo L: RFC 8032 refuses what is not reduced.",
        _shifted,
    ),
    "ed25519-short": ("63 bytes.", lambda signature: signature[:-1]),
    "ed25519-long": ("65 bytes.", lambda signature: signature + b"\x00"),
    "ed25519-zero": ("64 zero bytes.", lambda signature: bytes(len(signature))),
    "ed25519-identity": (
        "R the neutral element and s = 0: holds under keys of low order, which are never pinned.",
        lambda signature: (1).to_bytes(len(signature), "little"),
    ),
    "ed25519-r-of-another-message": (
        "R of the precommitment's signature, s of the certificate's.",
        lambda signature: ED25519.sign(b"another message")[:32] + signature[32:],
    ),
    "p256-signature-under-ed25519": (
        "An ECDSA signature under the key id of an Ed25519 key.",
        lambda signature: P256.sign(EDWARDS_MESSAGE),
    ),
}
for _name, (_comment, _make) in CASES.items():
    add(_name, _comment, lambda make=_make: _with(make()))  # type: ignore[misc]
for _name, (_comment, _change) in EDWARDS.items():
    add(
        _name,
        _comment,
        lambda change=_change: _edwards(  # type: ignore[misc]
            change(ED25519.sign(EDWARDS_MESSAGE))
        ),
    )
