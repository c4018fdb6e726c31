"""Small audits for the tests of the guarantee."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Json = dict[str, object]


def audit(
    training: Mapping[str, object],
    test: Mapping[str, object],
    budgets: Sequence[Mapping[str, int]],
    *,
    members: int,
    draws: int = 0,
    alpha: str = "0",
    scope: str = "per-input",
    inputs: int = 1,
    classes: int = 2,
    examples: int = 100,
    shape: Sequence[int] = (4,),
    symbols: int = 2,
    unit: str = "pixel",
    **claim: object,
) -> Json:
    """Return an AUDIT object with these parts."""
    alphabet: Json = {"kind": "levels", "edges": [str(i) for i in range(1, symbols)], "unit": unit}
    by_group = training.get("by") == "group"
    recipe: Json = {
        "unit": "group" if by_group else "example",
        "alphabet": alphabet,
        "smoothing": {"training": dict(training), "test": dict(test)},
        "members": members,
        "draws": draws,
        "claim": {"alpha": alpha, "scope": scope, "budgets": [dict(b) for b in budgets], **claim},
        "designSeed": "a test",
    }
    if training.get("method") == "neighbours":
        recipe["learner"] = {"name": "nearest-neighbours", "neighbours": training.get("count")}
    return {
        "recipe": recipe,
        "dataset": {
            "size": examples,
            "shape": list(shape),
            "classes": [str(label) for label in range(classes)],
        },
        "inputs": {"size": inputs},
        "members": members,
        "draws": draws,
    }


def on_a_grid(
    training: Mapping[str, object],
    test: Mapping[str, object],
    budgets: Sequence[Mapping[str, int]],
    **more: Any,
) -> Json:
    """Return a randomised audit over values on a grid of steps of one half."""
    fixed = training["method"] in ("none", "partition")
    counts = {"members": 1, "draws": 10} if fixed else {"members": 10}
    description = audit(training, test, budgets, **{"alpha": "1/10", **counts, **more})
    recipe: Any = description["recipe"]
    recipe["alphabet"] = {"kind": "grid", "low": "0", "high": "8", "step": "1/2", "unit": "pixel"}
    return description


def partition(parts: int, by: str = "index") -> Json:
    """Return a partition's recipe form."""
    return {"method": "partition", "parts": parts, "by": by}


def neighbours(count: int) -> Json:
    """Return the recipe form of so many nearest examples."""
    return {"method": "neighbours", "count": count}


NONE: Json = {"method": "none"}
