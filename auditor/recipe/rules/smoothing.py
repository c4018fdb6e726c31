"""Rules between training side, test side, members and draws."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from auditor.guarantee.grid import MAX_SIGMA, MAX_WIDTH
from auditor.guarantee.training.finite_aggregation import offsets
from auditor.guarantee.vote.run_off import LEAST_CLASSES
from auditor.recipe import forms
from auditor.recipe.rules.refusal import refuse

Table = Mapping[str, Any]


def training(recipe: Table) -> None:
    """There is some noise, which counts no groups; a bag leaves something to chance."""
    training, unit = recipe["smoothing"]["training"], recipe["unit"]
    method = training["method"]
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
    if unit == "group" and method in {"flip", "hide", *forms.ON_A_GRID}:
        raise refuse(
            "unit",
            f'"example" with smoothing.training.method "{method}" (its budgets '
            "count features and labels)",
            '"group"',
        )
    if training.get("rate") == "1":
        raise refuse("smoothing.training.rate", "less than 1 (else every bag is the data set)", "1")
    _on_a_grid(recipe, "training")


def neighbours(recipe: Table) -> None:
    """Every example is one voter, or none, so that a change of it is worth one vote."""
    training, learner = recipe["smoothing"]["training"], recipe["learner"]
    if training["method"] != "neighbours":
        return
    if learner["name"] != "nearest-neighbours":
        raise refuse(
            "learner.name",
            'nearest-neighbours with smoothing.training.method "neighbours"',
            learner["name"],
        )
    if learner["neighbours"] != training["count"]:
        raise refuse(
            "learner.neighbours",
            f"{training['count']}, which is smoothing.training.count",
            learner["neighbours"],
        )
    if recipe["training"]["copies"] != [{}]:
        raise refuse(
            "training.copies",
            '[{}] with smoothing.training.method "neighbours" (a copy would be one more voter)',
            recipe["training"]["copies"],
        )
    if "capacity" in recipe["training"]:
        raise refuse(
            "training.capacity",
            'nothing with smoothing.training.method "neighbours" (no example is left out)',
            recipe["training"]["capacity"],
        )
    if recipe["unit"] != "example":
        raise refuse(
            "unit",
            '"example" with smoothing.training.method "neighbours" (every example is a voter)',
            '"group"',
        )


def grid(recipe: Table) -> None:
    """A grid has blocks of one form, which fits the data, and covers the input by itself."""
    training, source = recipe["smoothing"]["training"], recipe["data"]["source"]
    if training["method"] != "grid":
        return
    used = {"groups", "down", "across", "ranges"} & training.keys()
    if used not in ({"groups"}, {"down", "across"}, {"ranges"}):
        raise refuse(
            "smoothing.training",
            "groups, or down and across, or ranges",
            ", ".join(sorted(used)) or "none of them",
        )
    if forms.blocks(training) < 2:
        raise refuse("smoothing.training", "at least 2 blocks (or method partition)", 1)
    if used == {"ranges"} and source.partition(":")[0] in {"images", "torchvision"}:
        raise refuse("smoothing.training.ranges", "groups, or down and across, with images", source)
    if used == {"down", "across"} and source == "table":
        raise refuse("smoothing.training.down", "groups or ranges with a table", source)
    _no_test_side(recipe, "each member has its own block of the input")


def finite_aggregation(recipe: Table) -> None:
    """Parts are enough for the spread, and members vote once on an input."""
    training = recipe["smoothing"]["training"]
    if training["method"] != "finite-aggregation":
        return
    least = offsets(training["spread"])[-1] + 1
    if training["parts"] < least:
        raise refuse(
            "smoothing.training.parts",
            f"at least {least} for spread {training['spread']}",
            training["parts"],
        )
    _no_test_side(
        recipe, "a changed example touches several members, whose votes are counted singly"
    )


def vote(recipe: Table) -> None:
    """A run-off is of parts, on inputs as they are, and of three classes or more."""
    if recipe["smoothing"].get("vote", {}).get("method") != "run-off":
        return
    training, test = (recipe["smoothing"][side]["method"] for side in ("training", "test"))
    for name, method, allowed, reason in (
        ("training", training, "partition", "of which members stand alone"),
        ("test", test, "none", "as the final is not held view by view"),
    ):
        if method != allowed:
            raise refuse(
                f"smoothing.{name}.method",
                f'"{allowed}" with smoothing.vote.method "run-off" ({reason})',
                repr(method),
            )
    if len(recipe["classes"]) < LEAST_CLASSES:
        raise refuse(
            "smoothing.vote.method",
            '"plurality" for two classes (whose run-off is the same vote)',
            '"run-off"',
        )


def _no_test_side(recipe: Table, reason: str) -> None:
    method = recipe["smoothing"]["test"]["method"]
    if method != "none":
        training = recipe["smoothing"]["training"]["method"]
        raise refuse(
            "smoothing.test.method",
            f'"none" with training method "{training}" ({reason})',
            repr(method),
        )


def test(recipe: Table) -> None:
    """Noise hides something; masks have one of their forms and leave something to see."""
    test = recipe["smoothing"]["test"]
    if test["method"] in {"flip", "hide"}:
        key = "keep" if test["method"] == "flip" else "show"
        if test[key] == "1":
            raise refuse(f"smoothing.test.{key}", "less than 1", "1")
    _on_a_grid(recipe, "test")
    if test["method"] != "two-mask":
        return
    groups, windows = {"groups", "pixels"} & test.keys(), {"window", "step", "patch"} & test.keys()
    if (len(groups), len(windows)) not in {(2, 0), (0, 3), (2, 3)}:
        raise refuse(
            "smoothing.test",
            "groups and pixels, or window, step and patch, or all five",
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


def _on_a_grid(recipe: Table, side: str) -> None:
    """Noise that adds steps needs a grid, and is so many of its steps wide."""
    method = recipe["smoothing"][side]["method"]
    if method not in forms.ON_A_GRID:
        return
    alphabet = recipe["alphabet"]
    if alphabet["kind"] != "grid":
        allowed = f'"grid" (smoothing.{side} {method} adds steps of a grid)'
        raise refuse("alphabet.kind", allowed, alphabet["kind"])
    key, most = ("sigma", MAX_SIGMA) if method == "gaussian" else ("width", MAX_WIDTH)
    value = recipe["smoothing"][side][key]
    steps = Fraction(value) / Fraction(alphabet["step"])
    if method == "gaussian" and steps > most:
        raise refuse(f"smoothing.{side}.{key}", f"at most {most} steps of the grid", value)
    if method == "uniform" and (steps.denominator != 1 or not 2 <= steps <= most):
        raise refuse(f"smoothing.{side}.{key}", f"2 to {most} whole steps of the grid", value)


def product(recipe: Table) -> None:
    """Drawn members vote once, and at least one side is smoothed."""
    test = recipe["smoothing"]["test"]["method"]
    training = recipe["smoothing"]["training"]["method"]
    if forms.drawn(recipe) and test in {"views", "two-mask", "ablation"}:
        raise refuse(
            "smoothing.test.method",
            f"none, flip, hide, gaussian or uniform with training method "
            f"{training!r} (under {test} a drawn member would vote twice on one input, "
            "and its votes would not be independent)",
            repr(test),
        )
    if training == test == "none":
        raise refuse("smoothing", "a method on at least one side", "none on both")


def members(recipe: Table) -> None:
    """Numbers of members and draws are those that the methods allow."""
    training, members = recipe["smoothing"]["training"], recipe["members"]
    fixed = forms.fixed_members(training)
    if fixed is not None and members != fixed:
        reason = "one for each part" if fixed > 1 else "others would be the same"
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
