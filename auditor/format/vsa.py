"""A gate's verdict as a SLSA Verification Summary Attestation v1, for consumers that know no more.

What is attested is that one verifier judged one release by one policy, and how that ended
(slsa.dev, verification_summary/v1). The verifier signs it with its own key, as a DSSE envelope.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from auditor.errors import UsageError
from auditor.format.statement import Statement

PREDICATE_TYPE: Final = "https://slsa.dev/verification_summary/v1"
FAILED: Final = "FAILED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """The fields of the predicate. Digests are SHA-256 in hex, times YYYY-MM-DDThh:mm:ssZ.

    ``subject`` is the digest of ``members.sha256``; ``policy`` and ``trust`` of the two files that
    it was judged by, which both stand in the policy's URI; ``attestations`` gives the digest of
    each envelope file that was verified, by name; ``levels`` is what was re-done, which a failure
    does not say.
    """

    subject: str
    verifier_id: str
    time_verified: str
    resource_uri: str
    policy: str
    trust: str
    attestations: Mapping[str, str]
    passed: bool
    levels: tuple[str, ...]

    def to_payload(self) -> bytes:
        """Return the canonical bytes of the in-toto statement: the payload to sign.

        Raises UsageError when a URI is none, and when a level claims to be one of SLSA's own.
        """
        for name, uri in (
            ("verifier id", self.verifier_id),
            ("resource URI", self.resource_uri),
        ):
            if not is_uri(uri):
                raise UsageError(
                    f"{name}: expected a URI such as https://example.com/x, got {uri!r}"
                )
        if any(level.startswith("SLSA_") for level in self.levels):
            raise UsageError(f"levels: {self.levels} claim levels of SLSA, which nobody checked")
        predicate = {
            "verifier": {"id": self.verifier_id},
            "timeVerified": self.time_verified,
            "resourceUri": self.resource_uri,
            "policy": {
                "uri": f"urn:auditor:policy:{self.policy}:trust:{self.trust}",
                "digest": {"sha256": self.policy},
            },
            "inputAttestations": [
                {"uri": name, "digest": {"sha256": digest}}
                for name, digest in self.attestations.items()
            ],
            "verificationResult": "PASSED" if self.passed else FAILED,
            "verifiedLevels": list(self.levels) if self.passed else [FAILED],
        }
        return Statement(
            subject_name="members.sha256",
            subject_sha256=self.subject,
            predicate_type=PREDICATE_TYPE,
            predicate=predicate,
        ).to_payload()


def is_uri(text: str) -> bool:
    """Whether a text can be a URI: a scheme, a colon and printable ASCII without spaces (RFC 3986).

    >>> is_uri("https://example.com/gate"), is_uri("pkg:oci/model@sha256:00"), is_uri("release")
    (True, True, False)
    """
    scheme, colon, rest = text.partition(":")
    return (
        bool(colon and rest)
        and len(text) <= 2048
        and all("!" <= char <= "~" for char in text)
        and scheme[:1].isalpha()
        and scheme.replace("+", "").replace("-", "").replace(".", "").isalnum()
    )
