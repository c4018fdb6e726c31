"""Kernel Bayes against a direct computation with SciPy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from auditor.errors import RecipeError
from auditor.learners import InputSpec, TrainingSet, build
from auditor.learners.kernel_bayes import KernelBayes
from auditor.replay import views

Fixture = Callable[..., Any]
Array = npt.NDArray[Any]
Digits = tuple[Array, Array]


def direct(
    learner: KernelBayes, examples: TrainingSet, values: Array, visible: Array, contrast: float
) -> Array:
    """Scores (batch, classes) straight from the formula, in float64."""
    ndimage = pytest.importorskip("scipy.ndimage")
    special = pytest.importorskip("scipy.special")
    chances, labels = [], []
    for copy in learner.maker.copies:
        for symbols, label in zip(examples.symbols, examples.labels, strict=True):
            image = copy.apply(symbols[None].astype(np.float32), (1, 8, 8)).reshape(8, 8)
            blurred = ndimage.gaussian_filter(
                image.astype(np.float64), 1.0, mode="constant", truncate=3.0
            )
            chances.append(0.5 + contrast * (0.01 + 0.98 * blurred.ravel() - 0.5))
            labels.append(label)
    ink = np.array(chances)
    likelihood = (values * visible) @ (special.logit(ink) / 2).T
    likelihood += visible @ (np.log(ink * (1 - ink)) / 2).T
    bias = learner.bias
    return np.stack(
        [
            special.logsumexp(likelihood[:, np.array(labels) == label], axis=1)
            - np.log(labels.count(label))
            + bias[label]
            for label in (0, 1)
        ],
        -1,
    )


@pytest.mark.parametrize("side", ["views", "none", "flip"])
def test_scores_are_the_formula(
    side: str, parts: list[TrainingSet], digits: Digits, streams: Fixture, scores: Fixture
) -> None:
    masked = side == "views"
    spec = InputSpec(shape=(1, 8, 8), symbols=2, masked=masked, classes=2)
    recipe = {
        "learner": {"name": "kernel-bayes", "bias": ["0", "1.5"]},
        "training": {"copies": [{}, {"shear": "0.2"}, {"shear": "-0.2"}]},
        "smoothing": {"test": {"method": side, "keep": "3/4"}},
    }
    learner = build(recipe, spec, capacity=30)
    assert isinstance(learner, KernelBayes)
    trained = learner.fit(parts[:2], [streams(0), streams(1)], "cpu")
    assert trained[0]["templates"].shape == (spec.width, 90)
    values = views.values(digits[0][:50], 2)
    visible = np.random.default_rng(0).integers(0, 2, (50, 64), dtype=np.uint8)
    rows = views.masked(values, visible) if masked else values
    got = scores(learner, trained, rows)
    for index in range(2):
        wanted = direct(
            learner,
            parts[index],
            values,
            visible if masked else 1.0 + 0 * values,
            0.5 if side == "flip" else 1.0,
        )
        np.testing.assert_allclose(got[index], wanted, rtol=1e-5, atol=1e-3)


def test_examples_beyond_the_capacity_are_not_used(
    parts: list[TrainingSet], streams: Fixture
) -> None:
    spec = InputSpec(shape=(1, 8, 8), symbols=2, masked=False, classes=2)
    recipe = {"learner": {"name": "kernel-bayes"}, "smoothing": {"test": {"method": "none"}}}
    learner = build(recipe, spec, capacity=20)
    cut = TrainingSet(symbols=parts[0].symbols[:20], labels=parts[0].labels[:20])
    whole, part = learner.fit([parts[0], cut], [streams(0), streams(1)], "cpu")
    assert all(whole[name].tobytes() == part[name].tobytes() for name in whole)


@pytest.mark.parametrize(
    ("table", "capacity", "named"),
    [
        ({"bias": ["1"]}, 5, "learner.bias"),
        ({"floor": "0.5"}, 5, "learner.floor"),
        ({"sigma": "wide"}, 5, "learner.sigma"),
        ({}, None, "training.capacity: expected the most examples"),
    ],
)
def test_refuses(table: dict[str, Any], capacity: int | None, named: str) -> None:
    spec = InputSpec(shape=(1, 8, 8), symbols=2, masked=False, classes=2)
    recipe = {
        "learner": {"name": "kernel-bayes", **table},
        "smoothing": {"test": {"method": "none"}},
    }
    with pytest.raises(RecipeError, match=named):
        build(recipe, spec, capacity=capacity)
