"""The page says of a certificate what `audit show` says: both are asked about the same files."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from auditor.format.keys import PublicKey
from auditor.report import sentences
from auditor.report.explanation import explain
from auditor.verify.challenge import Witnesses
from auditor.verify.checking import single_input
from auditor.verify.verified import Verified
from tests import honest
from tests.second_verifier import bridge

VECTORS = sorted((Path(__file__).parents[1] / "vectors").glob("*.json"))

pytestmark = pytest.mark.skipif(not bridge.NODE, reason="node is not installed")


def accepted() -> list[tuple[str, dict[str, Any]]]:
    read = ((path.stem, json.loads(path.read_text())) for path in VECTORS)
    return [(n, v) for n, v in read if "file" in v and v["expect"] == "success"]


def ours(vector: dict[str, Any]) -> Verified:
    keys = [PublicKey.from_pem(pem.encode()) for pem in vector["publicKeys"]]
    asked = [PublicKey.from_pem(pem.encode()) for pem in vector.get("challengers", ())]
    return single_input(base64.b64decode(vector["file"]), keys, Witnesses(keys=asked))


def expected(verified: Verified) -> dict[str, Any]:
    audit, [claim] = verified.audit, verified.claims
    found = explain(verified, claim.index)
    return {
        "digest": verified.digest,
        "object": sentences.object_sentence(audit),
        "certainty": sentences.certainty_sentence(audit),
        "moves": sentences.moves_sentence(audit),
        "assumptions": [*sentences.assumption_sentences(audit)],
        "checked": [*verified.checked],
        "notChecked": [*verified.not_checked],
        "answer": found.answer,
        "promise": found.promise,
        "frontier": [*found.budgets],
        "declared": [
            [sentences.budget_words(audit, budget.to_json()), claim.certified(budget)]
            for budget in verified.budgets
        ],
        "certified": [
            [
                sentences.budget_words(audit, budget),
                count,
                sentences.share(count, verified.certificate.summary.inputs),
            ]
            for budget, count in verified.certificate.summary.certified
        ],
        "needed": [each.k_star for each in verified.thresholds],
    }


def test_every_accepted_vector_is_told_in_the_same_words() -> None:
    vectors = accepted()
    told = bridge.in_node("probe.mjs", lines=({"told": vector} for _, vector in vectors))
    for (name, vector), found in zip(vectors, told, strict=True):
        assert found == expected(ours(vector)), name
    assert len(vectors) > 100


def test_every_kind_of_group_trust_and_distance_is_among_them() -> None:
    words = " ".join(json.dumps(expected(ours(vector))) for _, vector in accepted())
    for needed in (
        *("training groups (of ", "labels only", "features only", "l2 distance", "l1 distance"),
        *("patch of the input", "training features, labels or input", "features of each"),
        *("The vote abstains", "Nobody tampered with", "nearest training examples"),
        *("No change is certified", "this is challenge", "bitwise in the auditor"),
    ):
        assert needed in words, needed


def test_of_several_challengers_no_count_is_told() -> None:
    """Each of them may have counted one."""
    path = next(path for path in VECTORS if path.stem == "challenge-with-a-count")
    vector = json.loads(path.read_text())
    [alone] = bridge.in_node("probe.mjs", lines=[{"told": vector}])
    assert "this is challenge" in " ".join(alone["notChecked"])
    vector["challengers"] += [honest.ED25519.public.pem]
    [several] = bridge.in_node("probe.mjs", lines=[{"told": vector}])
    assert several == expected(ours(vector))
    assert "number of runs made before this one: not excluded" in several["notChecked"]


@pytest.mark.parametrize("selection", ["trusted-data", "pilot"])
def test_how_parameters_were_chosen_is_told(selection: str) -> None:
    made = honest.build("grid", selection=selection)
    vector = bridge.single(made.single(2))
    [told] = bridge.in_node("probe.mjs", lines=[{"told": vector}])
    assert told == expected(ours(vector))
