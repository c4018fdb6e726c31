"""A CycloneDX 1.6 bill of materials: the ensemble, its training data, and the certificate.

No serial number and no time: the same release gives the same bytes.
"""

from __future__ import annotations

import json
from typing import Final

from auditor.cards.numbers import accuracy, metrics
from auditor.report import sentences
from auditor.report.sentences import budget_words
from auditor.verify.verified import Verified

SPEC_VERSION: Final = "1.6"
_CERTIFICATE: Final = "certificate.dsse.json"


def bom(verified: Verified) -> str:
    """Return the JSON document."""
    audit = verified.certificate.audit
    said = verified.audit
    data = f"data:sha256:{audit.dataset_root}"
    learner = audit.recipe["learner"]
    model = {
        "type": "machine-learning-model",
        "bom-ref": f"ensemble:sha256:{verified.statement.subject_sha256}",
        "name": str(audit.recipe["name"]),
        "description": (
            f"{sentences.object_sentence(said)} The digest is that of members.sha256, which lists "
            "its files."
        ),
        "hashes": [_hash(verified.statement.subject_sha256)],
        "externalReferences": [
            {
                "type": "attestation",
                "url": _CERTIFICATE,
                "comment": (
                    f"A DSSE envelope signed by {verified.keyid}; its in-toto statement has the "
                    f"SHA-256 digest {verified.digest}. Check it with audit verify."
                ),
            }
        ],
        "modelCard": {
            "modelParameters": {
                "approach": {"type": "supervised"},
                "task": "classification",
                "architectureFamily": "ensemble",
                "modelArchitecture": str(learner["name"]),  # type: ignore[index]
                "datasets": [{"ref": data}],
            },
            "quantitativeAnalysis": {
                "performanceMetrics": [
                    {"type": "accuracy", "value": accuracy(verified), "slice": "no attack"},
                    *(
                        {
                            "type": "certified accuracy",
                            "value": share,
                            "slice": budget_words(said, budget),
                        }
                        for budget, share in metrics(verified)
                    ),
                ]
            },
            "considerations": {
                "technicalLimitations": [
                    sentences.certainty_sentence(said),
                    sentences.moves_sentence(said),
                    *sentences.assumption_sentences(said),
                    *(f"Not checked: {line}" for line in verified.not_checked),
                ]
            },
        },
    }
    training = {
        "type": "data",
        "bom-ref": data,
        "name": audit.source,
        "description": (
            f"{audit.dataset_size} training examples, as committed before training; the digest is "
            "the root of their Merkle tree."
        ),
        "hashes": [_hash(audit.dataset_root)],
    }
    document = {
        "bomFormat": "CycloneDX",
        "specVersion": SPEC_VERSION,
        "version": 1,
        "components": [model, training],
        "dependencies": [{"ref": model["bom-ref"], "dependsOn": [data]}, {"ref": data}],
    }
    return json.dumps(document, indent=2) + "\n"


def _hash(digest: str) -> dict[str, str]:
    return {"alg": "SHA-256", "content": digest}
