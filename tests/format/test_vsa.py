"""The verdict as a SLSA verification summary: the fields that its readers look for."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any, Final

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from auditor.errors import UsageError
from auditor.format import dsse
from auditor.format.vsa import Summary, is_uri
from tests import honest

PASSED: Final = Summary(
    subject="a" * 64,
    verifier_id="https://example.com/gate",
    time_verified="2026-11-24T10:00:00Z",
    resource_uri="pkg:oci/model@sha256:00",
    policy="b" * 64,
    trust="c" * 64,
    attestations={"certificate.dsse.json": "d" * 64},
    passed=True,
    levels=("ROBUSTNESS_SIGNATURE",),
)


def predicate(summary: Summary) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(summary.to_payload())["predicate"]
    return value


def test_a_failure_has_no_levels_whatever_was_redone() -> None:
    assert predicate(PASSED)["verifiedLevels"] == ["ROBUSTNESS_SIGNATURE"]
    failed = predicate(replace(PASSED, passed=False))
    assert (failed["verificationResult"], failed["verifiedLevels"]) == ("FAILED", ["FAILED"])


def test_levels_of_slsa_are_not_ours_to_give() -> None:
    with pytest.raises(UsageError, match="SLSA"):
        replace(PASSED, levels=("SLSA_BUILD_LEVEL_3",)).to_payload()


@pytest.mark.parametrize("field", ["verifier_id", "resource_uri"])
@pytest.mark.parametrize(
    "text", ["", "release", "https://a b", "1:x", "https:", "a\n:b", "é:b", ":x"]
)
def test_what_must_be_a_uri_is_one(field: str, text: str) -> None:
    assert not is_uri(text)
    with pytest.raises(UsageError, match="expected a URI"):
        replace(PASSED, **{field: text}).to_payload()  # type: ignore[arg-type]


@pytest.mark.parametrize("summary", [PASSED, replace(PASSED, passed=False)])
def test_the_client_of_in_toto_reads_the_fields(summary: Summary) -> None:
    """``in-toto-attestation`` knows this predicate and refuses fields that it does not know."""
    why = "in-toto-attestation is not installed"
    statements = pytest.importorskip("in_toto_attestation.v1.statement", reason=why)
    statement_pb2 = pytest.importorskip("in_toto_attestation.v1.statement_pb2", reason=why)
    vsa_pb2 = pytest.importorskip("in_toto_attestation.predicates.vsa.v1.vsa_pb2", reason=why)
    json_format = pytest.importorskip("google.protobuf.json_format", reason=why)

    parsed = json_format.Parse(summary.to_payload(), statement_pb2.Statement())
    statements.Statement.copy_from_pb(parsed).validate()
    # This client has one text where the specification has a list of them.
    fields = {key: item for key, item in predicate(summary).items() if key != "verifiedLevels"}
    found = json_format.Parse(json.dumps(fields), vsa_pb2.VerificationSummary())
    assert found.verifier.id == summary.verifier_id
    assert found.resource_uri == summary.resource_uri
    assert found.policy.digest["sha256"] == summary.policy
    assert summary.trust in found.policy.uri
    assert found.input_attestations[0].digest["sha256"] == "d" * 64
    assert found.verification_result == ("PASSED" if summary.passed else "FAILED")


@pytest.mark.parametrize("key", [honest.P256, honest.ED25519])
def test_the_client_of_securesystemslib_verifies_the_signature(key: honest.PrivateKey) -> None:
    """What slsa-verifier does with ``--public-key-path``, here with the library of in-toto."""
    why = "securesystemslib is not installed"
    envelopes = pytest.importorskip("securesystemslib.dsse", reason=why)
    signers = pytest.importorskip("securesystemslib.signer", reason=why)
    signed = json.loads(dsse.sign(PASSED.to_payload(), key))
    public = signers.SSlibKey.from_crypto(load_pem_public_key(key.public.pem.encode()))
    accepted = envelopes.Envelope.from_dict(signed).verify([public], 1)
    assert list(accepted) == [key.public.keyid]
