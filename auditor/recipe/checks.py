"""What one key cannot say alone: rules between the keys of a resolved recipe."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from fractions import Fraction
from typing import Any, Final

from auditor.errors import RecipeError
from auditor.recipe import forms

Table = Mapping[str, Any]

_TRAIN_SIDE: Final[Mapping[str, tuple[str, ...]]] = {
    "none": (),
    "flip": ("trainFeatures", "trainLabels"),
    "bag": ("trainExamples",),
    "partition": ("trainExamples",),
}


class _Refusal(Exception):  # noqa: N818 - never leaves this module
    """Key, what is expected, what was got."""


def check(recipe: Table, where: str) -> None:
    """Raise RecipeError for the first pair of keys that contradict each other."""
    try:
        for rule in (
            _alphabet,
            _data,
            _learner,
            _copies,
            _training,
            _test,
            _product,
            _members,
            _claim,
            _budgets,
        ):
            rule(recipe)
    except _Refusal as refusal:
        raise RecipeError(f"{where}: {refusal}") from None


def _refuse(key: str, expected: str, got: object) -> _Refusal:
    return _Refusal(f"{key}: expected {expected}, got {got}")


def _alphabet(recipe: Table) -> None:
    alphabet = recipe["alphabet"]
    if alphabet["kind"] == "levels":
        rows = {"edges": alphabet["edges"]}
        rows |= {f"edgesByColumn.{k}": v for k, v in alphabet.get("edgesByColumn", {}).items()}
        for key, edges in rows.items():
            values = [Fraction(edge) for edge in edges]
            if any(low >= high for low, high in itertools.pairwise(values)):
                raise _refuse(f"alphabet.{key}", "ascending edges", edges)
            if len(edges) != len(alphabet["edges"]):
                raise _refuse(
                    f"alphabet.{key}",
                    f"{len(alphabet['edges'])} edges as in "
                    "alphabet.edges (all columns share one set of symbols)",
                    len(edges),
                )
        if "edgesByColumn" in alphabet and recipe["data"]["source"] != "table":
            raise _refuse("alphabet.edgesByColumn", 'data.source "table"', recipe["data"]["source"])
    elif alphabet["kind"] == "grid":
        step, low, high = (Fraction(alphabet[key]) for key in ("step", "low", "high"))
        if step <= 0:
            raise _refuse("alphabet.step", "more than 0", alphabet["step"])
        if low >= high or ((high - low) / step).denominator != 1:
            raise _refuse(
                "alphabet.high", "a whole number of steps above alphabet.low", alphabet["high"]
            )
        if (high - low) / step >= 2**31:
            raise _refuse("alphabet.step", "fewer than 2^31 steps", alphabet["step"])


def _data(recipe: Table) -> None:
    data, unit = recipe["data"], recipe["unit"]
    by = recipe["smoothing"]["training"].get("by")
    if "holdout" in data and data["holdout"]["offset"] >= data["holdout"]["every"]:
        raise _refuse(
            "data.holdout.offset",
            f"less than every ({data['holdout']['every']})",
            data["holdout"]["offset"],
        )
    if data["source"] == "table" and ("test" in data) == ("holdout" in data):
        raise _refuse(
            "data",
            "either test (a second file) or holdout",
            "both" if "test" in data else "neither",
        )
    if unit == "group" and "group" not in data:
        raise _refuse(
            "data.group", 'the column that names the groups, as unit is "group"', "nothing"
        )
    if by == "id" and "id" not in data:
        raise _refuse(
            "data.id", 'the column that names the rows, as smoothing.training.by is "id"', "nothing"
        )
    if by is not None and (by == "group") != (unit == "group"):
        allowed = "group" if unit == "group" else "index, id or content"
        raise _refuse(
            "smoothing.training.by",
            f"{allowed} for unit {unit!r} (one part must hold all of a unit)",
            by,
        )


def _learner(recipe: Table) -> None:
    learner, classes = recipe["learner"], len(recipe["classes"])
    name, kind = learner["name"], recipe["alphabet"]["kind"]
    if name == "naive-bayes" and kind == "grid":
        raise _refuse(
            "learner.name",
            'a learner for numbers with alphabet.kind "grid" (naive-bayes counts symbols)',
            name,
        )
    if name == "kernel-bayes":
        if kind != "binary":
            raise _refuse("alphabet.kind", "binary, which kernel-bayes is for", kind)
        if Fraction(learner["floor"]) >= Fraction(1, 2):
            raise _refuse("learner.floor", "less than 0.5", learner["floor"])
        if len(learner.get("bias", recipe["classes"])) != classes:
            raise _refuse(
                "learner.bias",
                f"{classes} numbers, one a class",
                f"{len(learner['bias'])} (a preset's bias is for two classes)",
            )


def _copies(recipe: Table) -> None:
    """Copies and masks must be ones that the data and the test side have."""
    for index, copy in enumerate(recipe["training"]["copies"]):
        if copy and recipe["data"]["source"] == "table":
            raise _refuse(
                f"training.copies[{index}]", "{} (a table's rows cannot be sheared)", dict(copy)
            )
    if recipe["training"]["masks"] and recipe["smoothing"]["test"]["method"] == "none":
        raise _refuse(
            "training.masks",
            '0 with smoothing.test.method "none" (inputs are shown whole)',
            recipe["training"]["masks"],
        )


def _training(recipe: Table) -> None:
    training, unit = recipe["smoothing"]["training"], recipe["unit"]
    if training["method"] == "flip":
        if training["keepFeatures"] == training["keepLabels"] == "1":
            raise _refuse(
                "smoothing.training.keepFeatures",
                "keepFeatures or keepLabels below 1 (no noise certifies nothing)",
                "1",
            )
        if unit == "group":
            raise _refuse(
                "unit",
                '"example" with smoothing.training.method "flip" (its budgets '
                "count features and labels)",
                '"group"',
            )


def _test(recipe: Table) -> None:
    test = recipe["smoothing"]["test"]
    if test["method"] in {"flip", "hide"}:
        key = "keep" if test["method"] == "flip" else "show"
        if test[key] == "1":
            raise _refuse(f"smoothing.test.{key}", "less than 1", "1")
    if test["method"] != "two-mask":
        return
    groups, windows = {"groups", "pixels"} & test.keys(), {"window", "step", "patch"} & test.keys()
    if (len(groups), len(windows)) not in {(2, 0), (0, 3)}:
        raise _refuse(
            "smoothing.test",
            "groups and pixels, or window, step and patch",
            ", ".join(sorted(groups | windows)) or "neither",
        )
    if groups and 2 * test["pixels"] >= test["groups"]:
        raise _refuse(
            "smoothing.test.pixels",
            "less than half of groups (two masks together must leave something to see)",
            test["pixels"],
        )
    if windows and test["patch"] > test["window"]:
        raise _refuse(
            "smoothing.test.patch",
            f"at most window ({test['window']}), as every patch must lie in one window",
            test["patch"],
        )


def _product(recipe: Table) -> None:
    test = recipe["smoothing"]["test"]["method"]
    training = recipe["smoothing"]["training"]["method"]
    if training in {"flip", "bag"} and test in {"views", "two-mask"}:
        raise _refuse(
            "smoothing.test.method",
            f"none, flip or hide with training method "
            f"{training!r} (under {test} a drawn member would vote twice on one input, "
            "and its votes would not be independent)",
            repr(test),
        )
    if training == test == "none":
        raise _refuse("smoothing", "a method on at least one side", "none on both")


def _members(recipe: Table) -> None:
    training, members = recipe["smoothing"]["training"], recipe["members"]
    fixed = {"partition": training.get("parts"), "none": 1}.get(training["method"])
    if fixed is not None and members != fixed:
        reason = "one for each part" if fixed > 1 else "without training noise all are the same"
        raise _refuse("members", f"{fixed} ({reason})", members)
    sampled = forms.randomised(recipe) and not forms.drawn(recipe)
    if sampled and recipe["draws"] == 0:
        raise _refuse("draws", "at least 1 (the inputs are noisy)", 0)
    if not sampled and recipe["draws"] != 0:
        reason = (
            "a drawn member votes once on each input: more draws are more members"
            if forms.drawn(recipe)
            else "nothing is drawn"
        )
        raise _refuse("draws", f"0 ({reason})", recipe["draws"])


def _claim(recipe: Table) -> None:
    claim, classes = recipe["claim"], len(recipe["classes"])
    alpha = Fraction(claim["alpha"])
    if not forms.randomised(recipe) and alpha != 0:
        raise _refuse(
            "claim.alpha",
            "0 (nothing is drawn, so no claim can be wrong by chance)",
            claim["alpha"],
        )
    if forms.randomised(recipe) and not 0 < alpha <= Fraction(1, 2):
        raise _refuse(
            "claim.alpha", "more than 0 and at most 1/2 (something is drawn)", claim["alpha"]
        )
    runner_up = claim["bound"] == "runner-up"
    if runner_up and (not forms.drawn(recipe) or classes < 3):
        raise _refuse(
            "claim.bound",
            '"top" (runner-up is for drawn members and three or more classes)',
            '"runner-up"',
        )
    selection = claim.get("selectionDraws")
    if runner_up != (selection is not None):
        raise _refuse(
            "claim.selectionDraws",
            'a number with bound "runner-up" and only there',
            "nothing" if selection is None else selection,
        )
    if selection is not None and selection >= recipe["members"]:
        raise _refuse("claim.selectionDraws", f"less than members ({recipe['members']})", selection)
    if Fraction(recipe["tau"]) >= 1:
        raise _refuse("tau", "less than 1", recipe["tau"])


def _budgets(recipe: Table) -> None:
    test, available = recipe["smoothing"]["test"], _axes(recipe)
    for budget in recipe["claim"]["budgets"]:
        for axis, size in budget.items():
            if axis not in available:
                raise _refuse(
                    "claim.budgets",
                    f"axes that this smoothing protects ({', '.join(available)})",
                    axis,
                )
            covered = test.get("pixels" if axis == "inputFeatures" else "patch")
            if axis in {"inputFeatures", "inputPatch"} and covered and size > covered:
                raise _refuse(
                    f"claim.budgets {axis}", f"at most {covered}, which the masks cover", size
                )
        if "total" in budget and len(budget) > 1:
            raise _refuse("claim.budgets", "total alone (it counts every axis)", dict(budget))


def _axes(recipe: Table) -> tuple[str, ...]:
    training, test = recipe["smoothing"]["training"], recipe["smoothing"]["test"]
    axes = [
        axis
        for axis in _TRAIN_SIDE[training["method"]]
        if training.get(axis.replace("train", "keep")) != "1"
    ]
    if test["method"] != "none":
        axes.append("inputPatch" if "patch" in test else "inputFeatures")
    if training["method"] == "flip" and test["method"] == "flip" and len(axes) == 3:
        axes.append("total")
    return tuple(axes)
