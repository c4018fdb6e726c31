"""The recipe and the guarantee allow the same products of smoothings, on the same axes."""

from __future__ import annotations

import contextlib
import copy
import itertools
from typing import Any, Final

import pytest

from auditor.errors import RecipeError, UsageError
from auditor.guarantee import threat
from auditor.guarantee.smoothing import rule_for
from auditor.recipe import budgets, resolve

TRAINING: Final[dict[str, dict[str, Any]]] = {
    "none": {"method": "none"},
    "flip": {"method": "flip", "keepFeatures": "205/256", "keepLabels": "205/256"},
    "flip features": {"method": "flip", "keepFeatures": "3/4"},
    "flip labels": {"method": "flip", "keepLabels": "3/4"},
    "bag": {"method": "bag", "size": 9},
    "partition": {"method": "partition", "parts": 9},
    "partition by content": {"method": "partition", "parts": 9, "by": "content"},
    "partition by id": {"method": "partition", "parts": 9, "by": "id"},
    "finite aggregation": {"method": "finite-aggregation", "parts": 9, "spread": 4},
    "grid of groups": {"method": "grid", "parts": 9, "groups": 4},
    "grid of tiles": {"method": "grid", "parts": 9, "by": "id", "down": 2, "across": 3},
}
TEST: Final[dict[str, dict[str, Any]]] = {
    "none": {"method": "none"},
    "flip": {"method": "flip", "keep": "205/256"},
    "hide": {"method": "hide", "show": "1/16"},
    "views": {"method": "views", "groups": 4, "partitions": 2},
    "pixels": {"method": "two-mask", "groups": 5, "pixels": 2},
    "windows": {"method": "two-mask", "window": 5, "step": 2, "patch": 3},
}
AXES: Final = (
    "trainExamples",
    "trainFeatures",
    "trainLabels",
    "inputFeatures",
    "inputPatch",
    "columns",
    "total",
)


def test_the_axes_have_one_order() -> None:
    assert AXES == budgets.AXES == threat.AXES


@pytest.mark.parametrize(
    ("alpha", "count", "allowed"),
    [("1/4", 512, True), ("1/4", 513, False), ("65/256", 512, False)],
)
def test_alpha_and_the_number_of_budgets_have_one_limit(
    alpha: str, count: int, allowed: bool, document: dict[str, Any]
) -> None:
    document = written(document, "bag", "none", "trainExamples")
    document["claim"] = {"alpha": "1/4", "budgets": [{"trainExamples": 1}]}
    accepted = resolve(document)
    listed = [{"trainExamples": amount} for amount in range(1, count + 1)]
    signed = {**accepted, "claim": {**accepted["claim"], "alpha": alpha, "budgets": listed}}
    document["claim"] = {"alpha": alpha, "budgets": listed}
    for judge in (lambda: resolve(document), lambda: rule_for(audit(signed))):
        with contextlib.nullcontext() if allowed else pytest.raises(RecipeError):
            judge()


def audit(resolved: dict[str, Any]) -> dict[str, Any]:
    return {
        "recipe": resolved,
        "dataset": {"classes": resolved["classes"], "shape": [1, 8, 8], "size": 90},
        "members": resolved["members"],
        "draws": resolved["draws"],
        "inputs": {"size": 10},
    }


def written(document: dict[str, Any], training: str, test: str, axis: str) -> dict[str, Any]:
    document = copy.deepcopy(document)
    document["data"] = {"source": "npz", "path": "d.npz", "id": "ids"}
    document["smoothing"] = {"training": TRAINING[training], "test": TEST[test]}
    document["claim"] = {"budgets": [{axis: 1}]}
    return document


@pytest.mark.parametrize(("training", "test"), list(itertools.product(TRAINING, TEST)))
def test_the_rule_protects_the_axes_that_the_recipe_allows(
    training: str, test: str, document: dict[str, Any]
) -> None:
    allowed: dict[str, dict[str, Any]] = {}
    refusals: set[str] = set()
    for axis in AXES:
        try:
            allowed[axis] = resolve(written(document, training, test, axis))
        except RecipeError as error:
            refusals.add(str(error).partition(": ")[2].partition(":")[0])
    if not allowed:
        # no axis at all: the product itself is refused, here and there
        assert refusals <= {"smoothing", "smoothing.test.method"}
        resolved = resolve(document)
        resolved["smoothing"] = {"training": TRAINING[training], "test": TEST[test]}
        if training != "none":
            with pytest.raises(UsageError):
                rule_for(audit(resolved))
        return
    for resolved in allowed.values():
        assert set(rule_for(audit(resolved)).axes) == set(allowed)
