"""Ridge against the normal equations, and its integer sums against Python's integers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st

from auditor.learners import InputSpec, TrainingSet, build
from auditor.learners.gram import products
from auditor.replay import views

Fixture = Callable[..., Any]
Array = npt.NDArray[Any]
Digits = tuple[Array, Array]
Floats = npt.NDArray[np.float64]


def normal_equations(
    rows: Floats, labels: Array, classes: int, penalty: float, balanced: bool
) -> tuple[Array, Array]:
    """Weights and bias by least squares on rows stacked with sqrt(penalty n) I."""
    count = len(labels)
    sizes = np.bincount(labels, minlength=classes)
    weights = np.ones(count)
    if balanced:
        weights = (count / ((sizes > 0).sum() * np.maximum(sizes, 1)))[labels]
    targets = np.eye(classes)[labels] - 1 / classes
    mean, target = (np.average(part, axis=0, weights=weights) for part in (rows, targets))
    roots = np.sqrt(weights)[:, None]
    stacked = np.vstack([roots * (rows - mean), np.sqrt(penalty * count) * np.eye(rows.shape[1])])
    wanted = np.vstack([roots * (targets - target), np.zeros((rows.shape[1], classes))])
    solution, *_ = np.linalg.lstsq(stacked, wanted, rcond=None)
    return solution, target - mean @ solution


@pytest.mark.parametrize("count", [9, 60])
@pytest.mark.parametrize("levels", [2, 17, 0])
@pytest.mark.parametrize("balanced", [True, False])
def test_solves_the_normal_equations(
    count: int, levels: int, balanced: bool, streams: Fixture
) -> None:
    generator = np.random.default_rng(count)
    low, high = (0, levels) if levels else (-9, 10)
    symbols: npt.NDArray[np.int64] = generator.integers(low, high, (count, 12))
    labels = generator.integers(0, 3, count)
    spec = InputSpec(shape=(12,), symbols=levels, masked=False, classes=3)
    learner = build(
        {
            "learner": {"name": "ridge", "penalty": "0.01", "balanced": balanced},
            "smoothing": {"test": {"method": "none"}},
        },
        spec,
    )
    (got,) = learner.fit([TrainingSet(symbols=symbols, labels=labels)], [streams(0)], "cpu")
    rows = views.values(symbols, levels).astype(np.float64)
    weight, bias = normal_equations(rows, labels, 3, 0.01, balanced)
    np.testing.assert_allclose(got["weight"], weight, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(got["bias"][0], bias, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("index", [0, 1])
def test_front_end_rows_are_solved_the_same_way(
    index: int, parts: list[TrainingSet], make: Fixture, streams: Fixture, digits: Digits
) -> None:
    learner = make({"name": "ridge", "frontEnd": {"name": "masked-hog"}}, masked=True)
    examples = [parts[0], TrainingSet(symbols=digits[0], labels=digits[1])][index]
    (got,) = learner.fit([examples], [streams(0)], "cpu")
    rows, labels = learner.maker.rows(examples, streams(0))
    assert (len(labels) < rows.shape[1]) == (index == 0)
    weight, bias = normal_equations(rows.astype(np.float64), labels, 2, 0.001, balanced=True)
    np.testing.assert_allclose(got["weight"], weight, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(got["bias"][0], bias, rtol=1e-4, atol=1e-5)


def test_order_of_examples_does_not_touch_the_integer_sums(
    digits: Digits, make: Fixture, streams: Fixture
) -> None:
    learner = make({"name": "ridge"})
    symbols, labels = digits
    turned = TrainingSet(symbols=symbols[::-1].copy(), labels=labels[::-1].copy())
    one, other = learner.fit(
        [TrainingSet(symbols=symbols, labels=labels), turned], [streams(0), streams(1)], "cpu"
    )
    assert len(labels) > symbols.shape[1]
    assert one["weight"].tobytes() == other["weight"].tobytes()


@settings(max_examples=30, deadline=None)
@example(rows=256, size=(1, 1), most=1, seed=0)
@given(
    rows=st.integers(0, 600),
    size=st.tuples(st.integers(1, 5), st.integers(1, 5)),
    most=st.sampled_from([1, 3, 127, 300, 40_000]),
    seed=st.integers(0, 1000),
)
def test_products_equal_big_integers(
    rows: int, size: tuple[int, int], most: int, seed: int
) -> None:
    generator = np.random.default_rng(seed)
    left, right = (
        generator.integers(-most, most + 1, (rows, n), dtype=np.int8 if most <= 127 else np.int64)
        for n in size
    )
    got = products(left, right, "cpu")
    assert got.dtype == torch.float64
    for i in range(size[0]):
        for j in range(size[1]):
            exact = sum(int(a) * int(b) for a, b in zip(left[:, i], right[:, j], strict=True))
            assert int(got[i, j]) == exact


@pytest.mark.parametrize("rows", [255, 256, 13_007])
def test_every_unit_gives_the_same_gram(rows: int) -> None:
    numbers = np.random.default_rng(0).choice(np.array([-1, 0, 1], np.int8), (rows, 96))
    wide = numbers.astype(np.int64)
    got = products(numbers, numbers, "cpu")
    assert torch.equal(got, products(wide, wide, "cpu"))
    assert np.array_equal(got.numpy().astype(np.int64), wide.T @ wide)
