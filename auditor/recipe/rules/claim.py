"""Rules of the claim: alpha, bound and the axes of its budgets."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any, Final

from auditor.recipe import forms
from auditor.recipe.rules.refusal import refuse

Table = Mapping[str, Any]

_TRAIN_SIDE: Final[Mapping[str, tuple[str, ...]]] = {
    "none": (),
    "flip": ("trainFeatures", "trainLabels"),
    "bag": ("trainExamples",),
    "partition": ("trainExamples",),
    "finite-aggregation": ("trainExamples",),
    "grid": ("trainExamples", "inputFeatures", "inputPatch", "columns"),
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
        if "total" in budget and len(budget) > 1:
            raise refuse("claim.budgets", "total alone (it counts every axis)", dict(budget))


def _axes(recipe: Table) -> tuple[str, ...]:
    training, test = recipe["smoothing"]["training"], recipe["smoothing"]["test"]
    axes = [
        axis
        for axis in _TRAIN_SIDE[training["method"]]
        if training.get(axis.replace("train", "keep")) != "1"
        # a square lies in few blocks only where those are tiles
        and (axis != "inputPatch" or "down" in training)
    ]
    if test["method"] != "none":
        axes.append("inputPatch" if "patch" in test else "inputFeatures")
    if training["method"] == "flip" and test["method"] == "flip" and len(axes) == 3:
        axes.append("total")
    return tuple(axes)
