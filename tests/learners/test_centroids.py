"""Centroids are whole numbers that labels, threads and machines do not decide."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from auditor.errors import RecipeError
from auditor.learners import InputSpec, build
from auditor.learners.front_ends.centroids import Centroids, fit
from auditor.learners.front_ends.table import Features, Given
from auditor.learners.options import Options
from auditor.randomness import Stream
from auditor.replay import views

Symbols = npt.NDArray[np.uint8]
Digits = tuple[Symbols, npt.NDArray[np.int64]]


def spec(symbols: int = 2, *, masked: bool = False, features: int = 64) -> InputSpec:
    return InputSpec(shape=(features,), symbols=symbols, masked=masked, classes=2)


def made(symbols: npt.NDArray[Any], own: InputSpec, count: int = 8) -> Centroids:
    options = Options({"name": "centroids", "count": count}, "learner.frontEnd")
    return Centroids.from_options(options, own, symbols, Stream(bytes(32), "front-end"))


def plain(rows: list[list[int]], count: int) -> list[list[int]]:
    """The specification in fractions: exact distances, ties to the first, halves up."""
    centroids = [[16 * value for value in row] for row in rows[:count]]
    for _ in range(8):
        owned: list[list[list[int]]] = [[] for _ in range(count)]
        for row in rows:
            apart = [
                sum((16 * a - c) ** 2 for a, c in zip(row, own, strict=True)) for own in centroids
            ]
            owned[apart.index(min(apart))].append(row)
        for index, own in enumerate(owned):
            if own:
                means = [Fraction(16 * sum(column), len(own)) for column in zip(*own, strict=True)]
                centroids[index] = [int((mean + Fraction(1, 2)) // 1) for mean in means]
    return centroids


@given(
    st.lists(st.lists(st.integers(0, 4), min_size=3, max_size=3), min_size=2, max_size=12),
    st.integers(1, 4),
)
def test_the_fit_is_exact(rows: list[list[int]], count: int) -> None:
    count = min(count, len(rows))
    assert fit(np.array(rows, np.uint8), count).tolist() == plain(rows, count)


def test_threads_and_the_type_of_symbols_change_nothing(digits: Digits) -> None:
    first = fit(digits[0], 12)
    threads = torch.get_num_threads()
    try:
        torch.set_num_threads(2)
        assert np.array_equal(fit(digits[0].astype(np.int32), 12), first)
    finally:
        torch.set_num_threads(threads)


@pytest.mark.parametrize("masked", [False, True])
def test_features_are_nearness_to_centroids(digits: Digits, masked: bool) -> None:
    symbols = digits[0][:40]
    own = spec(masked=masked)
    centroids = made(symbols, own)
    front = centroids.build()
    shown = np.ones_like(symbols)
    if masked:
        shown = np.random.default_rng(0).integers(0, 2, symbols.shape).astype(np.uint8)
    rows = views.values(symbols, 2)
    values = 2 * centroids.centroids / 16 - 1
    apart = np.sqrt((shown[:, None] * (rows[:, None] - values[None]) ** 2).sum(-1) / 64)
    expected = np.maximum(0, apart.mean(1, keepdims=True) - apart)
    found = front.apply(views.masked(rows, shown) if masked else rows)
    assert found.shape == (40, front.size) == (40, 8)
    assert np.allclose(found, expected, atol=1e-5)
    assert (found > 0).any(1).all()


def test_a_hidden_value_changes_no_feature(digits: Digits) -> None:
    front = made(digits[0], spec(masked=True)).build()
    shown = np.ones((2, 64), np.uint8)
    shown[:, :20] = 0
    symbols = np.stack([digits[0][0], np.concatenate([1 - digits[0][0][:20], digits[0][0][20:]])])
    one, two = front.apply(views.masked(views.values(symbols, 2), shown))
    assert one.tobytes() == two.tobytes()


def test_few_labels_go_further(digits: Digits) -> None:
    symbols, labels = digits
    streams = Stream(bytes(32), "augment")

    def right(front: dict[str, Any] | None) -> float:
        table: dict[str, Any] = {"name": "ridge", "penalty": "0.01"}
        if front is not None:
            table["frontEnd"] = front
        recipe = {"learner": table, "smoothing": {"test": {"method": "none"}}}
        features = Features(symbols=symbols, stream=Stream(bytes(32), "front-end"))
        learner: Any = build(recipe, spec(), given=Given(features=lambda: features))
        hits = []
        for start in range(0, 200, 15):
            chosen = slice(start, start + 6)
            own = _set(symbols[chosen], labels[chosen])
            [member] = learner.fit([own], [lambda _: streams], "cpu")
            rows = views.values(symbols[200:], 2)
            if learner.maker.front_end is not None:
                rows = learner.maker.front_end.apply(rows)
            scores = rows @ member["weight"] + member["bias"]
            hits.append((scores.argmax(1) == labels[200:]).mean())
        return float(np.mean(hits))

    assert right({"name": "centroids", "count": 20}) > right(None) + 0.01


def _set(symbols: Symbols, labels: npt.NDArray[np.int64]) -> Any:  # noqa: ANN401
    from auditor.learners import TrainingSet

    return TrainingSet(symbols=symbols, labels=labels)


@pytest.mark.parametrize(
    ("own", "count", "reason"),
    [
        (spec(0), 8, "need symbols"),
        (spec(), 1, "at least 2"),
        (spec(), 5000, "at most 4096"),
        (spec(), 41, "at most 40, the training examples"),
        (spec(1 << 24), 8, "cannot be exact"),
    ],
)
def test_what_cannot_be_fitted_is_refused(
    own: InputSpec, count: int, reason: str, digits: Digits
) -> None:
    with pytest.raises(RecipeError, match=reason):
        made(digits[0][:40], own, count)


def test_a_learner_without_data_has_no_centroids(make: Callable[..., Any]) -> None:
    with pytest.raises(RecipeError, match="needs no training features"):
        make({"name": "ridge", "frontEnd": {"name": "centroids"}})
