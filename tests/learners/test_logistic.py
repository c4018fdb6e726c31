"""Logistic regression against scikit-learn's optimum."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from auditor.learners import InputSpec, TrainingSet, build
from auditor.replay import views

Fixture = Callable[..., Any]


@pytest.mark.parametrize(("count", "width"), [(120, 8), (12, 30)])
def test_reaches_the_optimum(count: int, width: int, streams: Fixture) -> None:
    linear_model = pytest.importorskip("sklearn.linear_model")
    generator = np.random.default_rng(0)
    symbols = generator.integers(0, 2, (count, width), dtype=np.uint8)
    symbols[1] = symbols[0]  # a span of less than `count` dimensions
    labels = (symbols[:, 0] + symbols[:, 1] + generator.integers(0, 2, count)) % 3
    penalty = 0.05
    learner = build(
        {
            "learner": {"name": "logistic", "penalty": str(penalty), "steps": 600},
            "smoothing": {"test": {"method": "none"}},
        },
        InputSpec(shape=(width,), symbols=2, masked=False, classes=3),
    )
    (got,) = learner.fit(
        [TrainingSet(symbols=symbols, labels=labels.astype(np.int64))], [streams(0)], "cpu"
    )
    rows = views.values(symbols, 2)
    model = linear_model.LogisticRegression(C=1 / (penalty * count), tol=1e-10, max_iter=10_000)
    wanted = model.fit(rows, labels).predict_proba(rows)
    scores = rows @ got["weight"] + got["bias"]
    chances = np.exp(scores - scores.max(1, keepdims=True))
    np.testing.assert_allclose(chances / chances.sum(1, keepdims=True), wanted, atol=2e-3)
