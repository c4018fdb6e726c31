from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from auditor.guarantee import grid
from auditor.report import sentences
from auditor.report.curve import lines
from auditor.report.facts import facts
from auditor.report.table import rows
from tests.report import synthetic


def with_recipe(**changes: object) -> dict[str, Any]:
    audit = synthetic.audit()
    return {**audit, "recipe": {**audit["recipe"], **changes}}


@pytest.mark.parametrize(
    ("budget", "words"),
    [
        ({}, "no change"),
        ({"trainExamples": 1}, "1 training example"),
        ({"inputFeatures": 2, "trainExamples": 1200}, "1,200 training examples and 2 input pixels"),
        ({"trainLabels": 3, "trainFeatures": 1}, "1 training feature and 3 training labels"),
        ({"inputPatch": 5}, "any 5 x 5 patch of the input"),
        (
            {"partialExamples": 20, "featuresPerExample": 3},
            "20 training examples in part and 3 features of each",
        ),
        (
            {"partialExamples": 1, "featuresPerExample": 1, "labelsPerExample": 1},
            "1 training example in part and 1 feature of each and the label of each",
        ),
        ({"columns": 2}, "2 pixels of every training example and of the input"),
        ({"total": 4}, "4 training features, labels or input pixels in all"),
    ],
)
def test_budgets_in_words(budget: dict[str, int], words: str) -> None:
    assert sentences.budget_words(synthetic.audit(), budget) == words


def test_the_words_follow_unit_and_alphabet() -> None:
    audit = with_recipe(alphabet={"kind": "binary", "threshold": "8", "unit": "channel"})
    audit["threat"] = {"unit": "group", "moves": {"insert": 1}}
    budget = {"trainExamples": 2, "inputFeatures": 1}
    assert sentences.budget_words(audit, budget) == "2 training groups and 1 input channel value"
    assert "every row that shares one group key" in sentences.moves_sentence(audit)


def threatened(moves: dict[str, int], unit: str = "example", **dataset: int) -> dict[str, Any]:
    audit = with_recipe(data={"source": "table", "group": "writer"})
    return {
        **audit,
        "threat": {"unit": unit, "moves": moves},
        "dataset": {**audit["dataset"], **dataset},
    }


def test_groups_are_counted_out_of_all_and_named_by_their_column() -> None:
    audit = threatened({"modify": 1, "relabel": 1}, "group", groups=14)
    words = sentences.budget_words(audit, {"trainExamples": 3})
    assert words == "3 training groups (of 14, by 'writer')"
    found = dict(facts(synthetic.outcome(audit=audit)))
    assert found["Training data"] == "sklearn:digits: 240 examples in 14 groups, attacked by group"
    assert "any rows, any number of them, also none" in sentences.moves_sentence(audit)
    none = sentences.budget_words(threatened({"modify": 1}, "group"), {"trainExamples": 1})
    assert none == "1 training group (by 'writer', features only)"


@pytest.mark.parametrize(
    ("moves", "words", "trusted"),
    [
        ({"relabel": 1}, "3 training examples (labels only)", "features"),
        ({"modify": 1}, "3 training examples (features only)", "labels"),
    ],
)
def test_what_is_trusted_is_said_with_every_claim(
    moves: dict[str, int], words: str, trusted: str
) -> None:
    audit = threatened(moves)
    assert sentences.budget_words(audit, {"trainExamples": 3}) == words
    assert f"The {trusted} of the training examples are trusted" in sentences.moves_sentence(audit)
    said = sentences.assumption_sentences(audit)
    assert f"Nobody changed the {trusted} of the training examples." in said
    both = sentences.assumption_sentences(threatened({"modify": 1, "relabel": 1}))
    assert len(both) == len(said) - 1


@pytest.mark.parametrize(
    ("alpha", "scope", "words"),
    [
        ("0", "simultaneous", "certain"),
        ("1/1000", "simultaneous", "All claims hold together, except with probability at most"),
        ("1/1000", "per-input", "read together may fail more often"),
    ],
)
def test_how_sure_it_is(alpha: str, scope: str, words: str) -> None:
    audit = with_recipe(claim={"alpha": alpha, "scope": scope})
    assert words in sentences.certainty_sentence(audit)


@pytest.mark.parametrize("selection", ["none", "trusted-data", "pilot"])
def test_selection_and_trusted_artefacts_are_always_said(selection: str) -> None:
    trusted = [{"name": "backbone.onnx", "sha256": "ab" * 32}]
    said = sentences.assumption_sentences(with_recipe(selection=selection, trusted=trusted))
    assert said[0] == f"Nobody tampered with backbone.onnx (sha256 {'ab' * 32})."
    assert "yper-parameter" in said[-1]
    assert ("does not cover it" in said[-1]) == (selection == "pilot")


def test_a_guarantee_that_certifies_nothing_says_so() -> None:
    summary = {"inputs": 40, "correct": 30, "abstained": 0, "certified": []}
    said = sentences.guarantee_sentence(synthetic.outcome(summary=summary))
    assert said == "For none of the 40 inputs is any declared budget certified."


def test_a_small_guarantee_names_the_budget_that_covers_most() -> None:
    certified = [
        {"budget": {"trainExamples": 1}, "count": 9},
        {"budget": {"trainExamples": 2}, "count": 3},
    ]
    summary = {"inputs": 40, "correct": 30, "abstained": 0, "certified": certified}
    said = sentences.guarantee_sentence(synthetic.outcome(summary=summary))
    assert said.startswith("For 9 of 40 inputs (22.5 %)")


def test_the_table_agrees_with_the_summary() -> None:
    outcome = synthetic.outcome()
    table = rows(outcome)
    assert [row.count for row in table] == [38, *(r["count"] for r in outcome.summary["certified"])]
    assert [row.share for row in table] == ["95.0 %", "75.0 %", "55.0 %", "10.0 %"]


def test_a_declared_empty_budget_is_a_row_of_its_own() -> None:
    certified = [{"budget": {}, "count": 31}, {"budget": {"trainExamples": 2}, "count": 9}]
    summary = {"inputs": 40, "correct": 38, "abstained": 0, "certified": certified}
    table = rows(synthetic.outcome(summary=summary))
    assert [(row.words, row.count) for row in table] == [
        ("no attack: the vote is right", 38),
        ("no change: right, and certified", 31),
        ("2 training examples", 9),
    ]


def test_the_curve_agrees_with_the_table_and_never_rises() -> None:
    outcome = synthetic.outcome()
    drawn = lines(outcome)
    assert [dict(line.beside) for line in drawn] == [{}, {"inputFeatures": 1}, {"inputFeatures": 2}]
    for line in drawn:
        assert list(line.amounts) == sorted(set(line.amounts))
        assert list(line.counts) == sorted(line.counts, reverse=True)
    for row in rows(outcome)[1:]:
        beside = {axis: n for axis, n in row.budget.items() if axis != "trainExamples"}
        [line] = [line for line in drawn if line.beside == beside]
        at = max(i for i, n in enumerate(line.amounts) if n <= row.budget["trainExamples"])
        assert line.counts[at] == row.count


def test_the_facts_are_plain_text() -> None:
    found = dict(facts(synthetic.outcome()))
    assert found["Training data"] == "sklearn:digits: 240 examples"
    assert found["Ensemble"] == "60 members, learner naive-bayes"
    assert found["Failure probability"] == "0: deterministic"
    assert "parts 60" in found["Training side"]


GRID = {"kind": "grid", "low": "0", "high": "1", "step": "1/16", "unit": "pixel"}


@pytest.mark.parametrize(
    ("axis", "amount", "words", "unit"),
    [
        (
            "inputSquares",
            64,
            "l2 distance 0.5 of the input",
            "squared steps of the input",
        ),
        (
            "trainSquares",
            2,
            "l2 distance 0.0883 of training features in all",
            "squared steps of training features",
        ),
        ("inputSteps", 8, "l1 distance 0.5 of the input", "steps of the input"),
        (
            "trainSteps",
            1,
            "l1 distance 0.0625 of training features in all",
            "steps of training features",
        ),
    ],
)
def test_steps_of_a_grid_are_said_as_distances(
    axis: str, amount: int, words: str, unit: str
) -> None:
    audit = {"recipe": {"alphabet": GRID}, "dataset": {"shape": [1, 4, 4]}}
    assert sentences.axis_words(audit, axis, amount) == words
    assert sentences.unit_words(audit, axis) == unit


def test_a_distance_is_never_said_to_be_longer_than_it_is() -> None:
    for amount in range(1, 400):
        words = grid.distance("inputSquares", amount, {**GRID, "high": "8/7", "step": "1/7"})
        assert words is not None
        said = Fraction(words.removeprefix("l2 distance "))
        assert said**2 <= Fraction(amount, 49) < (said + Fraction(1, 10_000)) ** 2
