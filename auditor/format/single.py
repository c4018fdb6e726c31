"""The one file that a third party needs for one input: envelopes, leaf, row, path."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from auditor.errors import EnvelopeError, UndecidedError
from auditor.format import b64, strict_json
from auditor.format.audit import MAX_INPUTS
from auditor.format.challenge import DrandRound, drand_from_json
from auditor.format.dsse import MAX_ENVELOPE, Envelope, from_json
from auditor.format.fields import Fields

MEDIA_TYPE: Final = "application/vnd.auditor.input+json;version=1"
MAX_FILE: Final = 80 * 2**20
_FAMILY: Final = "application/vnd.auditor.input+json"

Parsed = TypeVar("Parsed")


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
    challenge: Envelope | None
    drand: DrandRound | None
    time: bytes | None


def build(
    *,
    certificate: bytes,
    precommitment: bytes,
    leaf: bytes,
    row: bytes,
    index: int,
    size: int,
    proof: Sequence[bytes],
    challenge: bytes | None = None,
    drand: bytes | None = None,
    time: bytes | None = None,
) -> bytes:
    """Return the file, given the bytes of the envelopes as ``dsse.sign`` wrote them.

    ``challenge`` or ``drand`` are the bytes of the release's challenge, ``time`` those of the time
    stamp on its precommitment.
    """
    value = {
        "mediaType": MEDIA_TYPE,
        "certificate": strict_json.parse(certificate, "certificate", limit=MAX_ENVELOPE),
        "precommitment": strict_json.parse(precommitment, "precommitment", limit=MAX_ENVELOPE),
        "leaf": b64.encode(leaf),
        "row": b64.encode(row),
        "inclusion": {"index": index, "size": size, "hashes": [b64.encode(h) for h in proof]},
        "challenge": challenge and strict_json.parse(challenge, "challenge", limit=MAX_ENVELOPE),
        "drand": drand and strict_json.parse(drand, "drand", limit=MAX_ENVELOPE),
        "time": time and b64.encode(time),
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
    fields.only(
        (
            *("mediaType", "certificate", "precommitment", "leaf", "row", "inclusion"),
            *("challenge", "drand", "time"),
        )
    )
    inclusion = fields.section("inclusion").only(("index", "size", "hashes"))
    hashes = inclusion.texts("hashes", limit=64)
    return SingleInput(
        certificate=from_json(fields.raw("certificate"), f"{where}.certificate"),
        precommitment=from_json(fields.raw("precommitment"), f"{where}.precommitment"),
        leaf=_base64(fields, "leaf", 2**20),
        row=_base64(fields, "row", 2**26),
        index=inclusion.integer("index", high=MAX_INPUTS),
        size=inclusion.integer("size", low=1, high=MAX_INPUTS),
        proof=tuple(
            b64.decode(text, f"{inclusion.where}.hashes[{i}]") for i, text in enumerate(hashes)
        ),
        challenge=_optional(fields, "challenge", from_json),
        drand=_optional(fields, "drand", drand_from_json),
        time=None if fields.raw("time") is None else _base64(fields, "time", 2**17),
    )


def _optional(fields: Fields, key: str, read: Callable[[object, str], Parsed]) -> Parsed | None:
    value = fields.raw(key)
    return None if value is None else read(value, f"{fields.where}.{key}")


def _base64(fields: Fields, key: str, limit: int) -> bytes:
    return b64.decode(fields.text(key, limit=limit), f"{fields.where}.{key}")
