"""The in-toto Statement v1 (in-toto/attestation, spec/v1): what is signed, about which files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from auditor.errors import StatementError, UndecidedError
from auditor.format import strict_json
from auditor.format.dsse import MAX_ENVELOPE
from auditor.format.fields import Fields

STATEMENT_TYPE: Final = "https://in-toto.io/Statement/v1"
PRECOMMITMENT: Final = "urn:auditor:precommitment:v1"
CHALLENGE: Final = "urn:auditor:challenge:v1"
CERTIFICATE: Final = "urn:auditor:poisoning-robustness:v1"
_KNOWN: Final = (PRECOMMITMENT, CHALLENGE, CERTIFICATE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One subject (a file's name and SHA-256 in hex) and a predicate, still raw."""

    subject_name: str
    subject_sha256: str
    predicate_type: str
    predicate: Mapping[str, object]

    def to_payload(self) -> bytes:
        """Return the canonical bytes: the payload to sign."""
        return strict_json.canonical(
            {
                "_type": STATEMENT_TYPE,
                "subject": [{"name": self.subject_name, "digest": {"sha256": self.subject_sha256}}],
                "predicateType": self.predicate_type,
                "predicate": dict(self.predicate),
            }
        )


def parse(payload: bytes, where: str, *, predicate_type: str, subject: str) -> Statement:
    """Return the statement in ``payload``, which must have this predicate type and subject name.

    Raises UndecidedError for a statement or predicate version that this software does not know,
    StatementError for a known one in the wrong place or shape. Unknown fields of the statement
    are ignored (in-toto's rule); those of our predicates are refused (schemas/README.md).
    """
    fields = Fields(strict_json.parse(payload, where, limit=MAX_ENVELOPE), where)
    if fields.text("_type", limit=256) != STATEMENT_TYPE:
        raise UndecidedError(f"{where}._type: this version knows {STATEMENT_TYPE} only")
    kind = fields.text("predicateType", limit=256)
    if kind not in _KNOWN:
        raise UndecidedError(f"{where}.predicateType: {kind!r} is unknown to this version")
    if kind != predicate_type:
        raise StatementError(f"{where}.predicateType: expected {predicate_type}, got {kind}")
    subjects = fields.sections("subject", limit=16)
    if len(subjects) != 1:
        raise StatementError(f"{where}.subject: expected one, got {len(subjects)}")
    name = subjects[0].text("name", limit=256)
    if name != subject:
        raise StatementError(f"{where}.subject[0].name: expected {subject}, got {name!r}")
    return Statement(
        subject_name=name,
        subject_sha256=subjects[0].section("digest").hexadecimal("sha256"),
        predicate_type=kind,
        predicate=fields.section("predicate").value,
    )
