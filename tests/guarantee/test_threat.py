"""Budgets are canonical, and a threat names every move that is covered."""

from __future__ import annotations

import pytest

from auditor.errors import RecipeError
from auditor.guarantee.smoothing import threat_for
from auditor.guarantee.threat import Budget
from tests.guarantee.audits import NONE, Json, partition


def test_budgets_are_canonical() -> None:
    one = Budget.from_json({"inputFeatures": 4, "trainExamples": 65, "trainLabels": 0}, "here")
    assert one == Budget.of({"trainExamples": 65, "inputFeatures": 4})
    assert one.to_json() == {"trainExamples": 65, "inputFeatures": 4}
    assert str(one) == "trainExamples 65, inputFeatures 4"
    assert str(Budget()) == "none"
    assert one.get("inputPatch") == 0


def test_a_budget_covers_what_it_allows_axis_by_axis() -> None:
    big = Budget.of({"trainExamples": 5, "inputFeatures": 2})
    assert big.covers(Budget())
    assert big.covers(Budget.of({"trainExamples": 5}))
    assert not big.covers(Budget.of({"trainExamples": 6}))
    assert not big.covers(Budget.of({"trainExamples": 1, "trainLabels": 1}))
    assert not Budget().covers(big)


REFUSED = {
    "an unknown axis": {"pixels": 1},
    "a negative amount": {"total": -1},
    "a float": {"total": 1.0},
    "a boolean": {"total": True},
    "text": {"total": "1"},
    "nothing": {"total": None},
    "too much": {"total": 1 << 41},
    "a list": [1],
}


@pytest.mark.parametrize("value", REFUSED.values(), ids=REFUSED.keys())
def test_other_budgets_are_refused_by_name(value: object) -> None:
    with pytest.raises(RecipeError, match=r"claim\.budgets\[3\]"):
        Budget.from_json(value, "claim.budgets[3]")


def noisy(method: str, features: str, labels: str) -> Json:
    """Return a training side that keeps, or shows, these shares of features and labels."""
    verb = {"flip": "keep", "hide": "show"}[method]
    return {"method": method, f"{verb}Features": features, f"{verb}Labels": labels}


def recipe(training: Json, unit: str = "example") -> Json:
    return {"unit": unit, "smoothing": {"training": training, "test": NONE}}


@pytest.mark.parametrize(
    ("training", "unit", "moves"),
    [
        (NONE, "example", {}),
        (partition(3, "index"), "example", {"modify": 1, "relabel": 1}),
        (
            partition(3, "id"),
            "example",
            {"insert": 1, "delete": 1, "modify": 1, "relabel": 1},
        ),
        (
            partition(3, "content"),
            "example",
            {"insert": 1, "delete": 1, "modify": 2, "relabel": 2},
        ),
        (partition(3, "group"), "group", {"insert": 1, "delete": 1, "modify": 1, "relabel": 1}),
        ({"method": "bag", "size": 3}, "example", {"modify": 1, "relabel": 1}),
        ({"method": "bag", "size": 3}, "group", {"modify": 1, "relabel": 1}),
        (noisy("flip", "3/4", "3/4"), "example", {"modify": 1, "relabel": 1}),
        (noisy("flip", "3/4", "1"), "example", {"modify": 1}),
        (noisy("flip", "1", "3/4"), "example", {"relabel": 1}),
        (noisy("hide", "3/4", "3/4"), "example", {"modify": 1, "relabel": 1}),
        (noisy("hide", "3/4", "1"), "example", {"modify": 1}),
        (noisy("hide", "1", "3/4"), "example", {"relabel": 1}),
    ],
)
def test_threats(training: Json, unit: str, moves: Json) -> None:
    assert threat_for(recipe(training, unit)).to_json() == {"unit": unit, "moves": moves}


@pytest.mark.parametrize(
    ("training", "unit"),
    [
        (partition(3, "group"), "example"),
        (partition(3, "id"), "group"),
        (NONE, "group"),
        ({"method": "flip", "keepFeatures": "3/4", "keepLabels": "1"}, "group"),
    ],
)
def test_units_that_do_not_fit_are_refused(training: Json, unit: str) -> None:
    with pytest.raises(RecipeError, match="unit"):
        threat_for(recipe(training, unit))
