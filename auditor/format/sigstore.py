"""The same envelope as a Sigstore bundle v0.3, for clients that read nothing else."""

from __future__ import annotations

from typing import Final

from auditor.errors import EnvelopeError
from auditor.format import strict_json
from auditor.format.dsse import MAX_ENVELOPE, Envelope, from_json
from auditor.format.fields import Fields

MEDIA_TYPE: Final = "application/vnd.dev.sigstore.bundle.v0.3+json"


def wrap(envelope: bytes, keyid: str) -> bytes:
    """Return the bundle around the bytes of an envelope made by ``dsse.sign``."""
    bundle = {
        "mediaType": MEDIA_TYPE,
        "verificationMaterial": {"publicKey": {"hint": keyid}, "tlogEntries": []},
        "dsseEnvelope": strict_json.parse(envelope, "envelope", limit=MAX_ENVELOPE),
    }
    return strict_json.canonical(bundle) + b"\n"


def unwrap(data: bytes, where: str) -> Envelope:
    """Return the envelope inside a bundle; the verification material is a hint and not read."""
    bundle = Fields(strict_json.parse(data, where, limit=2 * MAX_ENVELOPE), where, EnvelopeError)
    if bundle.text("mediaType", limit=256) != MEDIA_TYPE:
        raise EnvelopeError(f"{where}.mediaType: expected {MEDIA_TYPE}")
    return from_json(bundle.raw("dsseEnvelope"), f"{where}.dsseEnvelope")
