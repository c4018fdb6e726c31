"""Gaussian and uniform noise on a declared grid: what they certify, and lies about it."""

from __future__ import annotations

from functools import cache
from typing import Any, Final

from tests.honest import Honest
from tests.vectors.forging import Budgets, Edit, changed, forged, made, put
from tests.vectors.form import Vector, add, folder, single, vector
from tests.vectors.themes.honest_files import NONE
from tests.vectors.themes.thresholds import lies

GRID: Final = {"kind": "grid", "low": "0", "high": "1", "step": "1/16", "unit": "pixel"}
GAUSSIAN: Final = {"method": "gaussian", "sigma": "1/4"}
UNIFORM: Final = {"method": "uniform", "width": "2"}


def _release(kind: str, training: Any, test: Any, budgets: Budgets, **more: Any) -> Honest:  # noqa: ANN401
    recipe = changed(kind, training=training, test=test, budgets=budgets, alphabet=GRID, **more)
    return made(kind, recipe=recipe)


@cache
def gaussian() -> Honest:
    """Return members on noisy copies of the training set, each shown a noisy copy of the input."""
    training = {**GAUSSIAN, "sigma": "1/2", "keepLabels": "1"}
    budgets: Budgets = (
        {},
        {"trainSquares": 9, "inputSquares": 4},
        {"inputSquares": 16},
        {"trainSquares": 4096},
    )
    return _release("flip", training, GAUSSIAN, budgets)


@cache
def partition_gaussian() -> Honest:
    """Return partition members inside each of 200 noisy copies of the input."""
    budgets: Budgets = (
        {},
        {"inputSquares": 4},
        {"trainExamples": 1, "inputSquares": 4},
        {"trainExamples": 2},
    )
    return _release("nested", None, GAUSSIAN, budgets)


def gaussian_and_labels() -> Honest:
    """Return Gaussian noise on features beside flipped labels."""
    training = {**GAUSSIAN, "keepLabels": "205/256"}
    budgets: Budgets = ({}, {"trainSquares": 1}, {"trainSquares": 1, "trainLabels": 1})
    return _release("flip", training, NONE, budgets)


def bag_gaussian() -> Honest:
    """Return bags, and noise on the input."""
    budgets: Budgets = ({}, {"trainExamples": 1, "inputSquares": 2})
    return _release("bag", None, GAUSSIAN, budgets)


@cache
def runner_up_gaussian() -> Honest:
    """Return three classes under the bound for two of them."""
    claim = {"bound": "runner-up", "selectionDraws": 20, "alpha": "1/10", "scope": "per-input"}
    budgets: Budgets = (
        {},
        {"trainSquares": 9},
        {"trainSquares": 16, "inputSquares": 9},
        {"trainSquares": 400},
    )
    training = {**GAUSSIAN, "sigma": "1/2", "keepLabels": "1"}
    classes = ["0", "1", "2"]
    return _release("flip", training, GAUSSIAN, budgets, claim=claim, classes=classes)


@cache
def uniform() -> Honest:
    """Return uniform noise on training features and input."""
    training = {**UNIFORM, "keepLabels": "1"}
    budgets: Budgets = ({}, {"trainSteps": 4, "inputSteps": 3}, {"inputSteps": 16})
    return _release("flip", training, UNIFORM, budgets)


def partition_uniform() -> Honest:
    """Return partition members inside each of 200 copies with uniform noise."""
    budgets: Budgets = ({}, {"inputSteps": 3}, {"trainExamples": 1, "inputSteps": 6})
    return _release("nested", None, UNIFORM, budgets)


for _name, _comment, _make in (
    ("gaussian", "Gaussian noise on training features and input, of two widths.", gaussian),
    ("partition-gaussian", "Partition members inside Gaussian noise.", partition_gaussian),
    ("gaussian-and-labels", "Gaussian noise beside flipped labels.", gaussian_and_labels),
    ("bag-gaussian", "Bags, and Gaussian noise on the input.", bag_gaussian),
    ("runner-up-gaussian", "Two classes told apart by rational witnesses.", runner_up_gaussian),
    ("uniform", "Uniform noise on training features and input.", uniform),
    ("partition-uniform", "Partition members inside uniform noise.", partition_uniform),
):
    add(
        f"honest-{_name}",
        _comment,
        lambda make=_make: single("success", make()),  # type: ignore[misc]
    )


@vector
def honest_release_gaussian() -> Vector:
    """A folder under Gaussian noise."""
    return folder("success", gaussian())


lies(
    "claim",
    gaussian(),
    {
        "gaussian-threshold-lowered": (
            "Phi(r) rounded to the multiple of 2^-64 below it.",
            lambda p: _one_less(p["thresholds"][2]),
        ),
        "gaussian-possible-at-any-distance": (
            "A share below 1 for a chance that no 64 digits tell from 1.",
            put("thresholds", 3, "pStar", value=f"{2**64 - 1}/{2**64}"),
        ),
    },
)


def _one_less(threshold: dict[str, Any]) -> None:
    numerator, denominator = map(int, threshold["pStar"].split("/"))
    threshold["pStar"] = f"{numerator * (2**64 // denominator) - 1}/{2**64}"


def _side(side: str, **changes: object) -> Edit:
    def edit(audit: dict[str, Any]) -> None:
        audit["recipe"]["smoothing"][side] |= changes

    return edit


def _alphabet(**changes: object) -> Edit:
    def edit(audit: dict[str, Any]) -> None:
        audit["recipe"]["alphabet"] = {**audit["recipe"]["alphabet"], **changes}

    return edit


for _name, _comment, _made, _edit in (
    ("sigma-of-nothing", "No noise.", gaussian, _side("test", sigma="0")),
    ("sigma-as-a-number", "A sigma is text.", gaussian, _side("test", sigma=1)),
    ("sigma-as-a-decimal", "A decimal for a fraction.", gaussian, _side("test", sigma="0.25")),
    ("sigma-below-zero", "A sigma with a sign.", gaussian, _side("test", sigma="-1/4")),
    ("sigma-of-4097-steps", "One step too wide.", gaussian, _side("training", sigma="4097/16")),
    (
        "sigma-beyond-2-64",
        "A denominator beyond 2^64.",
        gaussian,
        _side("test", sigma=f"{2**64}/{2**64 + 1}"),
    ),
    (
        "gaussian-labels-unsaid",
        "Whether labels are flipped is not said.",
        gaussian,
        lambda audit: audit["recipe"]["smoothing"]["training"].pop("keepLabels"),
    ),
    ("gaussian-without-a-grid", "Steps of no grid.", gaussian, _alphabet(kind="binary")),
    ("gaussian-on-no-step", "A grid that does not advance.", gaussian, _alphabet(step="0")),
    ("width-of-one-step", "Noise of one value.", uniform, _side("test", width="1/16")),
    ("width-between-two-steps", "Half a step more.", uniform, _side("test", width="65/32")),
    ("width-of-65537-steps", "One step too wide.", uniform, _side("test", width="65537/16")),
    (
        "squares-under-uniform-noise",
        "An l2 distance where l1 distances are covered.",
        uniform,
        lambda audit: audit["recipe"]["claim"]["budgets"].append({"inputSquares": 1}),
    ),
    (
        "relabelling-under-gaussian-noise",
        "Labels that are not flipped.",
        gaussian,
        lambda audit: audit["threat"]["moves"].update(relabel=1),
    ),
):
    add(
        _name,
        _comment,
        lambda make=_made, edit=_edit: single("statement", forged(make(), audit=edit)),  # type: ignore[misc]
    )
