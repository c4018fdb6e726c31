"""The signed envelope: DSSE v1.0.2 (secure-systems-lab/dsse, protocol.md and envelope.md).

What is verified is what is parsed: the payload's bytes as they came, never a re-encoding of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from auditor.errors import EnvelopeError, SignatureError
from auditor.format import b64, strict_json
from auditor.format.fields import Fields
from auditor.format.keys import PrivateKey, PublicKey

PAYLOAD_TYPE: Final = "application/vnd.in-toto+json"
MAX_ENVELOPE: Final = 16 * 2**20
MAX_SIGNATURES: Final = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """Parsed, not verified: says nothing until ``verify`` returns."""

    payload: bytes
    payload_type: str
    signatures: tuple[bytes, ...]


def pae(payload_type: str, payload: bytes) -> bytes:
    """Return the pre-authentication encoding: the bytes that are signed.

    >>> pae("http://example.com/HelloWorld", b"hello world")
    b'DSSEv1 29 http://example.com/HelloWorld 11 hello world'
    """
    kind = payload_type.encode("utf-8")
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)


def sign(payload: bytes, key: PrivateKey) -> bytes:
    """Return the envelope over an in-toto statement, as one line of canonical JSON."""
    signature = {
        "keyid": key.public.keyid,
        "sig": b64.encode(key.sign(pae(PAYLOAD_TYPE, payload))),
    }
    envelope = {
        "payload": b64.encode(payload),
        "payloadType": PAYLOAD_TYPE,
        "signatures": [signature],
    }
    return strict_json.canonical(envelope) + b"\n"


def parse(data: bytes, where: str) -> Envelope:
    """Return the envelope that ``data`` spells; raise EnvelopeError."""
    return from_json(strict_json.parse(data, where, limit=MAX_ENVELOPE), where)


def from_json(value: object, where: str) -> Envelope:
    """Return the envelope in a parsed JSON object. Unknown fields are ignored, as DSSE demands."""
    fields = Fields(value, where, EnvelopeError)
    payload_type = fields.text("payloadType", limit=256)
    if payload_type != PAYLOAD_TYPE:
        raise EnvelopeError(f"{where}.payloadType: expected {PAYLOAD_TYPE}, got {payload_type!r}")
    signatures = fields.sections("signatures", limit=MAX_SIGNATURES)
    return Envelope(
        payload=b64.decode(fields.text("payload", limit=2 * MAX_ENVELOPE), f"{where}.payload"),
        payload_type=payload_type,
        signatures=tuple(
            b64.decode(item.text("sig", limit=1024), f"{item.where}.sig") for item in signatures
        ),
    )


def verify(envelope: Envelope, keys: Sequence[PublicKey], where: str) -> tuple[PublicKey, ...]:
    """Return the pinned keys (at least one, each once) that signed the envelope, or raise.

    The hint ``keyid`` is not read: every pinned key is tried on every signature, and what counts
    is distinct keys, never signatures.
    """
    message = pae(envelope.payload_type, envelope.payload)
    signers = []
    for key in {key.keyid: key for key in keys}.values():
        for signature in envelope.signatures:
            try:
                key.verify(signature, message)
            except SignatureError:
                continue
            signers.append(key)
            break
    if not signers:
        pinned = ", ".join(key.keyid[:16] for key in keys) or "none"
        raise SignatureError(f"{where}: no signature by a pinned key (pinned: {pinned})")
    return tuple(signers)
