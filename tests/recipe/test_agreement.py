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
    "hide": {"method": "hide", "showFeatures": "1/16", "showLabels": "1/4"},
    "hide features": {"method": "hide", "showFeatures": "1/16"},
    "hide labels": {"method": "hide", "showLabels": "1/16"},
    "bag": {"method": "bag", "size": 9},
    "bag of any size": {"method": "bag", "size": 9, "moves": "any-size"},
    "poisson bag": {"method": "poisson-bag", "rate": "1/16"},
    "bag and flips": {
        "method": "bag-flip",
        "size": 9,
        "keepFeatures": "205/256",
        "keepLabels": "3/4",
    },
    "bag and flips of features": {"method": "bag-flip", "size": 9, "keepFeatures": "205/256"},
    "bag and flips of labels": {"method": "bag-flip", "size": 9, "keepLabels": "205/256"},
    "gaussian": {"method": "gaussian", "sigma": "3/2"},
    "gaussian and labels": {"method": "gaussian", "sigma": 2, "keepLabels": "3/4"},
    "uniform": {"method": "uniform", "width": 4},
    "partition": {"method": "partition", "parts": 9},
    "partition by content": {"method": "partition", "parts": 9, "by": "content"},
    "partition by id": {"method": "partition", "parts": 9, "by": "id"},
    "neighbours": {"method": "neighbours", "count": 9},
    "finite aggregation": {"method": "finite-aggregation", "parts": 9, "spread": 4},
    "grid of groups": {"method": "grid", "parts": 9, "groups": 4},
    "grid of tiles": {"method": "grid", "parts": 9, "by": "id", "down": 2, "across": 3},
    "bag of groups": {"method": "bag", "size": 3},
    "partition by class": {"method": "partition", "parts": 9, "by": "class"},
    "flip labels, features trusted": {"method": "flip", "keepLabels": "3/4"},
}
#: Parts of the recipe around a training side.
MORE: Final[dict[str, dict[str, Any]]] = {
    "bag of groups": {"unit": "group"},
    "partition by class": {"threat": "features"},
    "flip labels, features trusted": {"threat": "labels"},
}
TEST: Final[dict[str, dict[str, Any]]] = {
    "none": {"method": "none"},
    "flip": {"method": "flip", "keep": "205/256"},
    "hide": {"method": "hide", "show": "1/16"},
    "gaussian": {"method": "gaussian", "sigma": "0.5"},
    "uniform": {"method": "uniform", "width": 3},
    "views": {"method": "views", "groups": 4, "partitions": 2},
    "pixels": {"method": "two-mask", "groups": 5, "pixels": 2},
    "windows": {"method": "two-mask", "window": 5, "step": 2, "patch": 3},
    "pixels and windows": {
        "method": "two-mask",
        "groups": 4,
        "pixels": 1,
        "window": 5,
        "step": 2,
        "patch": 3,
    },
    "ablation": {"method": "ablation", "region": "block", "size": 2, "step": 1, "wrap": True},
}
AXES: Final = (
    "trainExamples",
    "partialExamples",
    "featuresPerExample",
    "labelsPerExample",
    "trainFeatures",
    "trainLabels",
    "trainSquares",
    "trainSteps",
    "inputFeatures",
    "inputPatch",
    "inputSquares",
    "inputSteps",
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
        "dataset": {
            "classes": resolved["classes"],
            "shape": [1, 8, 8],
            "size": 90,
            **({"groups": 30} if resolved["unit"] == "group" else {}),
        },
        "members": resolved["members"],
        "draws": resolved["draws"],
        "inputs": {"size": 10},
    }


def written(document: dict[str, Any], training: str, test: str, axis: str) -> dict[str, Any]:
    document = copy.deepcopy(document)
    document["data"] = {"source": "npz", "path": "d.npz", "id": "ids"}
    document["smoothing"] = {"training": TRAINING[training], "test": TEST[test]}
    document["claim"] = {"budgets": [{axis: 1}]}
    document |= MORE.get(training, {})
    if document.get("unit") == "group":
        document["data"]["group"] = "who"
    if axis == "partialExamples":
        cap = "labelsPerExample" if "labels" in training else "featuresPerExample"
        document["claim"] = {"budgets": [{axis: 1, cap: 1}]}
    elif axis.endswith("PerExample"):
        document["claim"] = {"budgets": [{axis: 1, "partialExamples": 1}]}
    if {training.split(maxsplit=1)[0], test} & {"gaussian", "uniform"}:
        document["alphabet"] = {"kind": "grid", "step": "1/2", "low": 0, "high": 9}
        document["learner"] = {"name": "ridge"}
    if training == "neighbours":
        document["learner"] = {"name": "nearest-neighbours", "neighbours": 9}
    return document


# an author flips features, and counts neighbours, over finite alphabets; noise is added on grids
PRODUCTS: Final = [
    (training, test)
    for training, test in itertools.product(TRAINING, TEST)
    if not ({"keepFeatures", "count"} & set(TRAINING[training]) and test in ("gaussian", "uniform"))
    and not (training.startswith(("gaussian", "uniform")) and test == "flip")
]


@pytest.mark.parametrize(("training", "test"), PRODUCTS)
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
