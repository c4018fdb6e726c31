"""Naive Bayes against its definition, computed with Python's integers."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from auditor.errors import RecipeError
from auditor.learners import InputSpec, TrainingSet, build
from auditor.learners.naive_bayes import _column_sums
from auditor.replay import noise, views

Fixture = Callable[..., Any]
Array = npt.NDArray[Any]


def log_score(
    data: tuple[Array, Array, Array], row: Array, seen: Array, *, label: int, levels: int
) -> float:
    """Return log P(label) + the sum over seen features of log P(symbol | label)."""
    symbols, visible, labels = data
    mine = [i for i, own in enumerate(labels) if own == label]
    total = math.log((len(mine) + 1) / (len(labels) + 3))
    for feature, symbol in enumerate(row):
        if seen[feature]:
            shown = [i for i in mine if visible[i][feature]]
            hits = sum(1 for i in shown if symbols[i][feature] == symbol)
            total += math.log((hits + 1) / (len(shown) + levels))
    return total


@pytest.mark.parametrize("levels", [2, 3, 17, 256])
@pytest.mark.parametrize("masked", [False, True])
def test_scores_are_the_log_likelihoods(
    levels: int, masked: bool, streams: Fixture, scores: Fixture
) -> None:
    generator = np.random.default_rng(levels)
    symbols = generator.integers(0, levels, (40, 7), dtype=np.uint8)
    labels = generator.integers(0, 3, 40)
    spec = InputSpec(shape=(7,), symbols=levels, masked=masked, classes=3)
    test = {"method": "hide", "show": "1/2"} if masked else {"method": "none"}
    recipe = {
        "learner": {"name": "naive-bayes"},
        "training": {"masks": 1 if masked else 0},
        "smoothing": {"test": test},
    }
    learner = build(recipe, spec)
    own = streams(3)
    visible = np.ones_like(symbols)
    if masked:
        visible = noise.show(symbols.shape, weight_shown="1/2", stream=own("augment"))
    trained = learner.fit([TrainingSet(symbols=symbols, labels=labels)], [own], "cpu")
    inputs = generator.integers(0, levels, (5, 7), dtype=np.uint8)
    seen = generator.integers(0, 2, (5, 7), dtype=np.uint8) if masked else np.ones_like(inputs)
    rows = views.values(inputs, levels)
    got = scores(learner, trained, views.masked(rows, seen) if masked else rows)
    for index in range(5):
        for label in range(3):
            wanted = log_score(
                (symbols, visible, labels), inputs[index], seen[index], label=label, levels=levels
            )
            assert got[0, index, label] == pytest.approx(wanted, rel=1e-5)


def test_column_sums_are_exact_beyond_a_byte() -> None:
    bits = np.ones((1000, 3), np.uint8)
    bits[:, 1] = 0
    assert _column_sums(bits).tolist() == [1000, 0, 1000]
    assert _column_sums(bits[:0]).tolist() == [0, 0, 0]


def test_needs_symbols() -> None:
    spec = InputSpec(shape=(7,), symbols=0, masked=False, classes=2)
    recipe = {"learner": {"name": "naive-bayes"}, "smoothing": {"test": {"method": "none"}}}
    with pytest.raises(RecipeError, match="naive-bayes needs symbols"):
        build(recipe, spec)
