"""Rules between training side, test side, members and draws."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from auditor.recipe import forms
from auditor.recipe.rules.refusal import refuse

Table = Mapping[str, Any]


def training(recipe: Table) -> None:
    """There is some noise, which counts no groups; a bag leaves something to chance."""
    training, unit = recipe["smoothing"]["training"], recipe["unit"]
    if training.get("keepFeatures") == training.get("keepLabels") == "1":
        reason = "else use bag" if "size" in training else "no noise certifies nothing"
        raise refuse(
            "smoothing.training.keepFeatures", f"keepFeatures or keepLabels below 1 ({reason})", "1"
        )
    if training.get("showFeatures") == training.get("showLabels") == "1":
        raise refuse(
            "smoothing.training.showFeatures",
            "showFeatures or showLabels below 1 (no noise certifies nothing)",
            "1",
        )
    if training["method"] in {"flip", "hide"} and unit == "group":
        raise refuse(
            "unit",
            f'"example" with smoothing.training.method "{training["method"]}" (its budgets '
            "count features and labels)",
            '"group"',
        )
    if training.get("rate") == "1":
        raise refuse("smoothing.training.rate", "less than 1 (else every bag is the data set)", "1")


def test(recipe: Table) -> None:
    """Noise hides something; masks have one of two forms and leave something to see."""
    test = recipe["smoothing"]["test"]
    if test["method"] in {"flip", "hide"}:
        key = "keep" if test["method"] == "flip" else "show"
        if test[key] == "1":
            raise refuse(f"smoothing.test.{key}", "less than 1", "1")
    if test["method"] != "two-mask":
        return
    groups, windows = {"groups", "pixels"} & test.keys(), {"window", "step", "patch"} & test.keys()
    if (len(groups), len(windows)) not in {(2, 0), (0, 3)}:
        raise refuse(
            "smoothing.test",
            "groups and pixels, or window, step and patch",
            ", ".join(sorted(groups | windows)) or "neither",
        )
    if groups and 2 * test["pixels"] >= test["groups"]:
        raise refuse(
            "smoothing.test.pixels",
            "less than half of groups (two masks together must leave something to see)",
            test["pixels"],
        )
    if windows and test["patch"] > test["window"]:
        raise refuse(
            "smoothing.test.patch",
            f"at most window ({test['window']}), as every patch must lie in one window",
            test["patch"],
        )


def product(recipe: Table) -> None:
    """Drawn members vote once, and at least one side is smoothed."""
    test = recipe["smoothing"]["test"]["method"]
    training = recipe["smoothing"]["training"]["method"]
    if forms.drawn(recipe) and test in {"views", "two-mask"}:
        raise refuse(
            "smoothing.test.method",
            f"none, flip or hide with training method "
            f"{training!r} (under {test} a drawn member would vote twice on one input, "
            "and its votes would not be independent)",
            repr(test),
        )
    if training == test == "none":
        raise refuse("smoothing", "a method on at least one side", "none on both")


def members(recipe: Table) -> None:
    """Numbers of members and draws are those that the methods allow."""
    training, members = recipe["smoothing"]["training"], recipe["members"]
    fixed = {"partition": training.get("parts"), "none": 1}.get(training["method"])
    if fixed is not None and members != fixed:
        reason = "one for each part" if fixed > 1 else "without training noise all are the same"
        raise refuse("members", f"{fixed} ({reason})", members)
    sampled = forms.randomised(recipe) and not forms.drawn(recipe)
    if sampled and recipe["draws"] == 0:
        raise refuse("draws", "at least 1 (the inputs are noisy)", 0)
    if not sampled and recipe["draws"] != 0:
        reason = (
            "a drawn member votes once on each input: more draws are more members"
            if forms.drawn(recipe)
            else "nothing is drawn"
        )
        raise refuse("draws", f"0 ({reason})", recipe["draws"])
