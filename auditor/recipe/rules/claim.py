"""Rules of the claim: alpha, bound and the axes of its budgets."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any, Final

from auditor.recipe import forms
from auditor.recipe.budgets import CAPS
from auditor.recipe.rules.refusal import refuse

Table = Mapping[str, Any]

_TRAIN_SIDE: Final[Mapping[str, tuple[str, ...]]] = {
    "none": (),
    "flip": ("trainFeatures", "trainLabels"),
    "hide": ("trainFeatures", "trainLabels"),
    "bag": ("trainExamples",),
    "poisson-bag": ("trainExamples",),
    "bag-flip": ("trainExamples", "partialExamples", "featuresPerExample", "labelsPerExample"),
    "partition": ("trainExamples",),
    "neighbours": ("trainExamples",),
    "finite-aggregation": ("trainExamples",),
    "grid": ("trainExamples", "inputFeatures", "inputPatch", "columns"),
    "gaussian": ("trainSquares", "trainLabels"),
    "uniform": ("trainSteps", "trainLabels"),
}
_TEST_SIDE: Final = {"gaussian": "inputSquares", "uniform": "inputSteps"}


#: Which share leaves an axis uncovered when it is 1.
_SHARES: Final[Mapping[str, tuple[str, ...]]] = {
    "trainFeatures": ("keepFeatures", "showFeatures"),
    "featuresPerExample": ("keepFeatures",),
    "trainLabels": ("keepLabels", "showLabels"),
    "labelsPerExample": ("keepLabels",),
}


def claim(recipe: Table) -> None:
    """Alpha is above 0 exactly when something is drawn; runner-up has what it needs."""
    claim, classes = recipe["claim"], len(recipe["classes"])
    alpha = Fraction(claim["alpha"])
    if not forms.randomised(recipe) and alpha != 0:
        raise refuse(
            "claim.alpha",
            "0 (nothing is drawn, so no claim can be wrong by chance)",
            claim["alpha"],
        )
    if forms.randomised(recipe) and not 0 < alpha <= Fraction(1, 4):
        raise refuse(
            "claim.alpha", "more than 0 and at most 1/4 (something is drawn)", claim["alpha"]
        )
    runner_up = claim["bound"] == "runner-up"
    if runner_up and (not forms.drawn(recipe) or classes < 3):
        raise refuse(
            "claim.bound",
            '"top" (runner-up is for drawn members and three or more classes)',
            '"runner-up"',
        )
    selection = claim.get("selectionDraws")
    if runner_up != (selection is not None):
        raise refuse(
            "claim.selectionDraws",
            'a number with bound "runner-up" and only there',
            "nothing" if selection is None else selection,
        )
    if selection is not None and selection >= recipe["members"]:
        raise refuse("claim.selectionDraws", f"less than members ({recipe['members']})", selection)
    if Fraction(recipe["tau"]) >= 1:
        raise refuse("tau", "less than 1", recipe["tau"])


def budgets(recipe: Table) -> None:
    """Every budget lies on axes and within amounts that the smoothing covers."""
    test, available = recipe["smoothing"]["test"], _axes(recipe)
    for budget in recipe["claim"]["budgets"]:
        for axis, size in budget.items():
            if axis not in available:
                raise refuse(
                    "claim.budgets",
                    f"axes that this smoothing protects ({', '.join(available)})",
                    axis,
                )
            covered = test.get("pixels" if axis == "inputFeatures" else "patch")
            if axis in {"inputFeatures", "inputPatch"} and covered and size > covered:
                raise refuse(
                    f"claim.budgets {axis}", f"at most {covered}, which the masks cover", size
                )
        _partial(budget)
        if "total" in budget and len(budget) > 1:
            raise refuse("claim.budgets", "total alone (it counts every axis)", dict(budget))


def _partial(budget: Table) -> None:
    """Partial changes have a number of examples, and a cap on each of them."""
    caps = sorted(CAPS & budget.keys())
    if bool(caps) != ("partialExamples" in budget):
        raise refuse(
            "claim.budgets",
            "partialExamples together with featuresPerExample or labelsPerExample (so many "
            "examples, so much of each)",
            dict(budget),
        )
    if budget.get("labelsPerExample", 0) > 1:
        raise refuse("claim.budgets labelsPerExample", "0 or 1, an example's labels", dict(budget))


def _axes(recipe: Table) -> tuple[str, ...]:
    training, test = recipe["smoothing"]["training"], recipe["smoothing"]["test"]
    axes = [
        axis
        for axis in _TRAIN_SIDE[training["method"]]
        if "1" not in (training.get(key) for key in _SHARES.get(axis, ()))
        # a square lies in few blocks only where those are tiles
        and (axis != "inputPatch" or "down" in training)
    ]
    windows_alone = "patch" in test and "groups" not in test
    if test["method"] != "none" and not windows_alone:
        axes.append(_TEST_SIDE.get(test["method"], "inputFeatures"))
    if "patch" in test or test["method"] == "ablation":
        axes.append("inputPatch")
    if training["method"] == "flip" and test["method"] == "flip" and len(axes) == 3:
        axes.append("total")
    return tuple(axes)
