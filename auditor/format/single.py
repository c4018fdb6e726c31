"""The one file that a third party needs for one input: envelopes, leaf, row, path."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from auditor.errors import EnvelopeError, UndecidedError
from auditor.format import b64, strict_json
from auditor.format.audit import MAX_INPUTS
from auditor.format.dsse import MAX_ENVELOPE, Envelope, from_json
from auditor.format.fields import Fields

MEDIA_TYPE: Final = "application/vnd.auditor.input+json;version=1"
MAX_FILE: Final = 80 * 2**20
_FAMILY: Final = "application/vnd.auditor.input+json"


@dataclass(frozen=True, slots=True, kw_only=True)
class SingleInput:
    """Parsed, not verified: an unsigned container around signed parts."""

    certificate: Envelope
    precommitment: Envelope
    leaf: bytes
    row: bytes
    index: int
    size: int
    proof: tuple[bytes, ...]


def build(
    *,
    certificate: bytes,
    precommitment: bytes,
    leaf: bytes,
    row: bytes,
    index: int,
    size: int,
    proof: Sequence[bytes],
) -> bytes:
    """Return the file, given the bytes of the two envelopes as ``dsse.sign`` wrote them."""
    value = {
        "mediaType": MEDIA_TYPE,
        "certificate": strict_json.parse(certificate, "certificate", limit=MAX_ENVELOPE),
        "precommitment": strict_json.parse(precommitment, "precommitment", limit=MAX_ENVELOPE),
        "leaf": b64.encode(leaf),
        "row": b64.encode(row),
        "inclusion": {"index": index, "size": size, "hashes": [b64.encode(h) for h in proof]},
    }
    return strict_json.canonical(value) + b"\n"


def parse(data: bytes, where: str) -> SingleInput:
    """Return the parts; raise EnvelopeError, or UndecidedError for another version."""
    fields = Fields(strict_json.parse(data, where, limit=MAX_FILE), where, EnvelopeError)
    media_type = fields.text("mediaType", limit=256)
    if media_type != MEDIA_TYPE:
        if media_type.startswith(_FAMILY):
            raise UndecidedError(f"{where}.mediaType: {media_type!r} is unknown to this version")
        raise EnvelopeError(f"{where}.mediaType: expected {MEDIA_TYPE}, got {media_type!r}")
    fields.only(("mediaType", "certificate", "precommitment", "leaf", "row", "inclusion"))
    inclusion = fields.section("inclusion").only(("index", "size", "hashes"))
    hashes = inclusion.texts("hashes", limit=64)
    return SingleInput(
        certificate=from_json(fields.raw("certificate"), f"{where}.certificate"),
        precommitment=from_json(fields.raw("precommitment"), f"{where}.precommitment"),
        leaf=b64.decode(fields.text("leaf", limit=2**20), f"{where}.leaf"),
        row=b64.decode(fields.text("row", limit=2**26), f"{where}.row"),
        index=inclusion.integer("index", high=MAX_INPUTS),
        size=inclusion.integer("size", high=MAX_INPUTS),
        proof=tuple(
            b64.decode(text, f"{inclusion.where}.hashes[{i}]") for i, text in enumerate(hashes)
        ),
    )
