"""The list of methods is complete, true of the rules, and the one that the README shows."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from auditor.guarantee import sides
from auditor.guarantee.sides import DRAWN_METHODS, TEST_METHODS, TRAINING_METHODS
from auditor.guarantee.smoothing import rule_for, threat_for
from auditor.methods import Method, markdown, methods
from auditor.recipe.forms import fixed_members
from tests.guarantee.audits import NONE, Json, audit, neighbours, partition

ROOT = Path(__file__).parents[1]
ALL_METHODS = methods()
PARTS = partition(5)
IMAGE = (1, 4, 4)
FLIPS: Json = {"method": "flip", "keepFeatures": "3/4", "keepLabels": "3/4"}
GRID: Json = {"kind": "grid", "step": "1", "low": "0", "high": "8", "unit": "pixel"}
WINDOWS: Json = {"window": 3, "step": 1, "patch": 2}

#: Each row as a recipe would have it, and the partner that makes it a smoothing.
FORMS: dict[tuple[str, str], tuple[Json, Json]] = {
    ("training", "none"): (NONE, {"method": "views", "groups": 4, "partitions": 1}),
    ("training", "partition by index or class"): (PARTS, NONE),
    ("training", "partition by id or group"): (partition(5, "id"), NONE),
    ("training", "partition by content"): (partition(5, "content"), NONE),
    ("training", "finite-aggregation"): (
        {**partition(5, "id"), "method": "finite-aggregation", "spread": 2},
        NONE,
    ),
    ("training", "grid"): ({**PARTS, "method": "grid", "down": 2, "across": 1}, NONE),
    ("training", "neighbours"): (neighbours(5), NONE),
    ("training", "flip"): (FLIPS, {"method": "flip", "keep": "3/4"}),
    ("training", "hide"): (
        {"method": "hide", "showFeatures": "1/4", "showLabels": "3/4"},
        NONE,
    ),
    ("training", "bag"): ({"method": "bag", "size": 3, "moves": "any-size"}, NONE),
    ("training", "poisson-bag"): ({"method": "poisson-bag", "rate": "1/16"}, NONE),
    ("training", "bag-flip"): ({**FLIPS, "method": "bag-flip", "size": 3}, NONE),
    ("training", "gaussian"): ({"method": "gaussian", "sigma": "2", "keepLabels": "3/4"}, NONE),
    ("training", "uniform"): ({"method": "uniform", "width": "4", "keepLabels": "3/4"}, NONE),
    ("test", "none"): (PARTS, NONE),
    ("test", "flip"): (FLIPS, {"method": "flip", "keep": "3/4"}),
    ("test", "hide"): (PARTS, {"method": "hide", "show": "1/4"}),
    ("test", "gaussian"): (PARTS, {"method": "gaussian", "sigma": "2"}),
    ("test", "uniform"): (PARTS, {"method": "uniform", "width": "4"}),
    ("test", "views"): (PARTS, {"method": "views", "groups": 4, "partitions": 1}),
    ("test", "two-mask over groups"): (PARTS, {"method": "two-mask", "groups": 4, "pixels": 1}),
    ("test", "two-mask over windows"): (PARTS, {"method": "two-mask", **WINDOWS}),
    ("test", "two-mask over both"): (
        PARTS,
        {"method": "two-mask", "groups": 4, "pixels": 1, **WINDOWS},
    ),
    ("test", "ablation"): (
        PARTS,
        {"method": "ablation", "region": "columns", "size": 1, "step": 1, "wrap": True},
    ),
}


def name(method: Method) -> str:
    return f"{method.side} {method.name}"


def test_every_method_of_the_guarantee_is_listed() -> None:
    for side, known in (("training", TRAINING_METHODS), ("test", TEST_METHODS)):
        rows = [method for method in ALL_METHODS if method.side == side]
        listed = {re.search(r'method = "([a-z-]+)"', method.recipe)[1] for method in rows}  # type: ignore[index]
        assert listed == set(known)


SIDES = [method for method in ALL_METHODS if method.side in {"training", "test"}]


@pytest.mark.parametrize("method", SIDES, ids=name)
def test_what_a_row_says_is_what_its_rule_does(method: Method) -> None:
    training, test = FORMS[method.side, method.name]
    drawn = training["method"] in DRAWN_METHODS
    noisy = test["method"] in {"flip", "hide", "gaussian", "uniform"}
    row = audit(
        training,
        test,
        [{}],
        members=20 if drawn else (fixed_members(training) or 1),
        draws=20 if noisy and not drawn else 0,
        alpha="1/10" if drawn or noisy else "0",
        shape=IMAGE,
    )
    if {training["method"], test["method"]} & {"gaussian", "uniform"}:
        row["recipe"]["alphabet"] = GRID  # type: ignore[index]
    rule = rule_for(row)
    smoothing = sides.read(row["recipe"], IMAGE)  # type: ignore[arg-type]
    mine = smoothing.training if method.side == "training" else smoothing.test
    assert {*mine.axes, *({"total"} & set(rule.axes))} == set(method.axes)
    side_is_random = drawn if method.side == "training" else noisy
    assert bool(method.random) is side_is_random
    form = training if method.side == "training" else test
    for key in form:
        assert key in method.recipe
    moves = dict(threat_for(row["recipe"]).moves)  # type: ignore[arg-type]
    words = {"modify": "rewritten", "relabel": "relabelled", "insert": "inserted"}
    if method.side == "training" and "trainExamples" in method.axes:
        for move, word in words.items():
            assert (word in method.threat) is (move in moves)


@pytest.mark.parametrize("method", ALL_METHODS, ids=name)
def test_its_example_exists_and_uses_it(method: Method) -> None:
    assert (ROOT / method.doc).is_file()
    if method.example:
        word = method.recipe.split('"')[1]
        assert (
            f'"{word}"' in (ROOT / method.example).read_text()
            or "preset" in (ROOT / method.example).read_text()
        )


@pytest.mark.parametrize("side", ["training", "test", "vote", "threat"])
def test_the_readme_shows_the_same_table(side: str) -> None:
    rows = [method for method in ALL_METHODS if method.side == side]
    assert "\n".join(markdown(side, rows)) in (ROOT / "README.md").read_text()
