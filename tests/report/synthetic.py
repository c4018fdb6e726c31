"""A made-up outcome of a verification, for words and pictures; real ones come from ``verify``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from auditor.format.predicate import Threshold
from auditor.guarantee.threat import Budget
from auditor.verify.challenge import Origin
from auditor.verify.verified import Claim

NOTHING_DRAWN = Origin(kind="not-needed", reason="nothing is drawn", root=bytes(32))


@dataclass(frozen=True, kw_only=True)
class Outcome:
    audit: Mapping[str, Any]
    claims: tuple[Claim, ...]
    summary: Mapping[str, Any]
    kind: str = "release"
    thresholds: tuple[Threshold, ...] = ()
    checked: tuple[str, ...] = ("signature", "arithmetic of every claim")
    not_checked: tuple[str, ...] = ("that the members cast these votes",)
    challenge: Origin = NOTHING_DRAWN
    keyid: str = "5f" * 32


def audit(**changes: object) -> dict[str, Any]:
    """Return the audit of a deterministic run on digits, with top-level changes."""
    recipe = {
        "name": "digits-1-7",
        "unit": "example",
        "alphabet": {"kind": "binary", "threshold": "8", "unit": "pixel"},
        "learner": {"name": "naive-bayes"},
        "smoothing": {
            "training": {"method": "partition", "parts": 60, "by": "index"},
            "test": {"method": "views", "groups": 16, "partitions": 8},
        },
        "claim": {"alpha": "0", "scope": "simultaneous", "budgets": BUDGETS},
        "selection": "none",
        "trusted": [],
    }
    return {
        "recipe": recipe,
        "recipeFile": {"sha256": "ab" * 32},
        "dataset": {
            "source": "sklearn:digits",
            "size": 240,
            "rootHash": "cd" * 32,
            "classes": ["1", "7"],
            "shape": [1, 8, 8],
            "dropped": 0,
        },
        "inputs": {"size": 40, "rootHash": "ef" * 32},
        "members": 60,
        "draws": 0,
        "threat": {"unit": "example", "moves": {"modify": 1, "relabel": 1}},
        "code": {"version": "0.1.0", "sha256": "12" * 32},
        "environment": {},
        **changes,
    }


BUDGETS: list[dict[str, int]] = [
    {"trainExamples": 5},
    {"trainExamples": 5, "inputFeatures": 1},
    {"trainExamples": 10, "inputFeatures": 2},
]


def claim(
    index: int, label: int | None, true_label: int | None, frontier: tuple[Budget, ...] = ()
) -> Claim:
    """Return what an input's claim says, without what names the input."""
    return Claim(
        index=index,
        label=label,
        true_label=true_label,
        frontier=frontier,
        evidence={},
        salt="",
        source="",
        tensor="",
    )


def outcome(inputs: int = 40, **changes: object) -> Outcome:
    """Return an outcome whose inputs grow more robust with their number; 0 abstains, 1 is wrong."""
    claims = []
    for index in range(inputs):
        truth = index % 2
        label = None if index == 0 else 1 - truth if index == 1 else truth
        reach = index * 20 // inputs
        frontier = tuple(
            Budget.of({"trainExamples": reach - 4 * pixels, "inputFeatures": pixels})
            for pixels in range(3)
            if reach > 4 * pixels and label is not None
        )
        claims.append(claim(index, label, truth, frontier))
    right = [one for one in claims if one.label == one.true_label]
    counts = [sum(one.certified(budget) for one in right) for budget in BUDGETS]
    summary = {
        "inputs": inputs,
        "correct": len(right),
        "abstained": 1,
        "certified": [
            {"budget": budget, "count": count}
            for budget, count in zip(BUDGETS, counts, strict=True)
        ],
    }
    fields: dict[str, Any] = {"audit": audit(), "claims": tuple(claims), "summary": summary}
    return Outcome(**{**fields, **changes})
