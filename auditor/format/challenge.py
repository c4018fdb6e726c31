"""The challenge: what fixes the draws after the precommitment and is not the auditor's choice.

A precommitment says beforehand which challenge it waits for. That challenge is a statement signed
by a relying party (``challenge.dsse.json``) or a round of the drand beacon
(``challenge.drand.json``). Parsed here, judged in ``auditor.verify.challenge``.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from auditor.errors import EnvelopeError, StatementError
from auditor.format import strict_json
from auditor.format.fields import Fields
from auditor.format.statement import CHALLENGE, Statement

SUBJECT: Final = "precommitment"
MAX_DRAND: Final = 4096

_TIME: Final = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]Z")
_SIGNATURE: Final = re.compile(r"(?:[0-9a-f]{2}){1,256}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """A precommitment waits for a signed challenge: by ``keyid``, or (None) by any challenger."""

    keyid: str | None

    def to_dict(self) -> dict[str, object]:
        """Return the JSON object."""
        return {"kind": "signed", "keyid": self.keyid}


@dataclass(frozen=True, slots=True, kw_only=True)
class Drand:
    """A precommitment waits for this round of this drand chain (its hash, in hex)."""

    chain_hash: str
    round: int

    def to_dict(self) -> dict[str, object]:
        """Return the JSON object."""
        return {"kind": "drand", "chainHash": self.chain_hash, "round": self.round}


Awaited = Signed | Drand | None
"""What a precommitment waits for; None: nothing, the draws follow from the precommitment alone."""


def awaited(fields: Fields) -> Awaited:
    """Return what ``fields["challenge"]`` waits for; raise StatementError."""
    if fields.raw("challenge") is None:
        return None
    inner = fields.section("challenge")
    if inner.choice("kind", ("signed", "drand")) == "signed":
        inner.only(("kind", "keyid"))
        return Signed(keyid=None if inner.raw("keyid") is None else inner.hexadecimal("keyid"))
    inner.only(("kind", "chainHash", "round"))
    return Drand(chain_hash=inner.hexadecimal("chainHash"), round=inner.integer("round", low=1))


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """How many challenges the challenger has signed, this one included.

    ``of_key``: for this auditor's key; ``of_data``: for this key and data set, by its root. Names
    of inputs are salted by the auditor, so lists of inputs are not told apart.
    """

    of_key: int
    of_data: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Challenge:
    """A relying party's answer to one precommitment: 32 bytes (hex) that fix its draws."""

    precommitment: str
    value: str
    created_at: str
    keyid: str
    count: Count | None

    def to_statement(self) -> Statement:
        """Return the statement about the precommitment, named by its payload's SHA-256."""
        count = self.count
        return Statement(
            subject_name=SUBJECT,
            subject_sha256=self.precommitment,
            predicate_type=CHALLENGE,
            predicate={
                "value": self.value,
                "createdAt": self.created_at,
                "keyid": self.keyid,
                "count": count and {"ofKey": count.of_key, "ofData": count.of_data},
            },
        )

    @classmethod
    def from_statement(cls, statement: Statement) -> Challenge:
        """Return the challenge in a parsed statement; raise StatementError naming the field."""
        where = "challenge.predicate"
        fields = Fields(statement.predicate, where).only(("value", "createdAt", "keyid", "count"))
        count = None
        if fields.raw("count") is not None:
            inner = fields.section("count").only(("ofKey", "ofData"))
            count = Count(
                of_key=inner.integer("ofKey", low=1), of_data=inner.integer("ofData", low=1)
            )
        return cls(
            precommitment=statement.subject_sha256,
            value=fields.hexadecimal("value"),
            created_at=time_text(fields, "createdAt"),
            keyid=fields.hexadecimal("keyid"),
            count=count,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class DrandRound:
    """One round as ``challenge.drand.json`` states it; whether the beacon signed it is not known.

    ``value`` (32 bytes) is the SHA-256 of the signature: what drand calls its randomness.
    """

    chain_hash: str
    round: int
    signature: str

    @property
    def value(self) -> bytes:
        """The challenge value."""
        return hashlib.sha256(bytes.fromhex(self.signature)).digest()

    def to_bytes(self) -> bytes:
        """Return the file's bytes."""
        value: Mapping[str, object] = {
            "chainHash": self.chain_hash,
            "round": self.round,
            "signature": self.signature,
        }
        return strict_json.canonical(value) + b"\n"


def parse_drand(data: bytes, where: str) -> DrandRound:
    """Return the round that ``data`` spells; raise EnvelopeError."""
    return drand_from_json(strict_json.parse(data, where, limit=MAX_DRAND), where)


def drand_from_json(value: object, where: str) -> DrandRound:
    """Return the round in a parsed JSON object; raise EnvelopeError."""
    fields = Fields(value, where, EnvelopeError).only(("chainHash", "round", "signature"))
    signature = fields.text("signature", limit=512)
    if not _SIGNATURE.fullmatch(signature):
        raise EnvelopeError(f"{where}.signature: expected 1 to 256 bytes in lower-case hex")
    return DrandRound(
        chain_hash=fields.hexadecimal("chainHash"),
        round=fields.integer("round", low=1),
        signature=signature,
    )


def time_text(fields: Fields, key: str) -> str:
    """Return a time spelled YYYY-MM-DDThh:mm:ssZ, whose texts sort as times; StatementError."""
    text, where = fields.text(key, limit=20), f"{fields.where}.{key}"
    match = _TIME.fullmatch(text)
    if match is None:
        raise StatementError(f"{where}: expected YYYY-MM-DDThh:mm:ssZ, got {text!r}")
    try:
        date.fromisoformat(match.group(1))
    except ValueError as error:
        raise StatementError(f"{where}: {text!r} is not a date") from error
    return text
