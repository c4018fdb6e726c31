"""Both draw the same claims from random votes of grids, Finite Aggregations and run-offs."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any, Final

import pytest

from tests import honest
from tests.second_verifier import bridge, material
from tests.second_verifier.agreement import assert_same, needs_node

pytestmark = needs_node

Parts = dict[str, Any]
INPUTS: Final = 6
THREE: Final = ["0", "1", "2"]


def grid(parts: int, by: str = "index", **form: int) -> Parts:
    return {"method": "grid", "parts": parts, "by": by, **form}


def spread(parts: int, count: int) -> Parts:
    return {"method": "finite-aggregation", "parts": parts, "by": "content", "spread": count}


def recipe(
    kind: str, training: Parts, members: int, budgets: Sequence[Parts], **more: Any
) -> Parts:
    base: Parts = honest.resolved(kind)
    smoothing = {**base["smoothing"], "training": training}
    claim = {**base["claim"], "budgets": list(budgets)}
    return {**base, "smoothing": smoothing, "members": members, "claim": claim, **more}


CELLS: Final = [{"trainExamples": 1, "columns": 1}, {"inputFeatures": 2}, {}, {"trainExamples": 2}]
PATCHES: Final = [
    *({"inputPatch": s, "trainExamples": r} for s in (1, 2, 3) for r in (0, 1)),
    {"inputPatch": 2, "columns": 1},
]
TRAIN: Final = [{"trainExamples": r} for r in (1, 3, 9)]
PARTITION: Final = {"method": "partition", "parts": 17, "by": "content"}

CASES: Final[dict[str, Parts]] = {
    "groups": recipe("grid", grid(7, groups=5), 35, CELLS, classes=THREE),
    "tiles": recipe("grid", grid(4, "id", down=3, across=4), 48, [*CELLS, *PATCHES]),
    "bands": recipe("grid", grid(6, down=4, across=1), 24, PATCHES, classes=THREE),
    "one part": recipe("grid", grid(1, groups=16), 16, CELLS),
    "spread of three": recipe("finite-aggregation", spread(21, 3), 21, TRAIN, classes=THREE),
    "spread of eight": recipe("finite-aggregation", spread(60, 8), 60, TRAIN),
    "run-off of three": recipe("run-off", PARTITION, 17, TRAIN, classes=THREE),
    "run-off of five": recipe("run-off", PARTITION, 17, TRAIN, classes=[*THREE, "3", "4"]),
}


@pytest.mark.parametrize("name", CASES)
def test_random_votes_give_both_the_same_claims(name: str) -> None:
    rng = random.Random(name)
    vectors = []
    claimed = 0
    for _ in range(8):
        release = material.made(CASES[name], {}, inputs=INPUTS, rng=rng)
        vectors += [bridge.single(release.single(index)) for index in range(INPUTS)]
        claimed += sum(b'"frontier":[{"' in leaf for leaf in release.leaves)
    assert assert_same(vectors) == {"success": len(vectors)}
    assert claimed >= 8, "some votes must certify something"
