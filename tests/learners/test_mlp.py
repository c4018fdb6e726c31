"""Batched networks against the same network trained by automatic differentiation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import torch

from auditor.learners import TrainingSet, order
from auditor.randomness import Stream
from auditor.replay import views

Fixture = Callable[..., Any]
Array = npt.NDArray[Any]
Digits = tuple[Array, Array]


def test_equals_plain_training(parts: list[TrainingSet], make: Fixture, streams: Fixture) -> None:
    table = {"name": "mlp", "hidden": [12, 6], "steps": 30, "batch": 8, "weightDecay": "0.1"}
    learner = make(table)
    own = [streams(0), streams(1)]
    for examples, stream, got in zip(
        parts[:2], own, learner.fit(parts[:2], own, "cpu"), strict=True
    ):
        initial = learner._initial(stream)
        weights = [torch.from_numpy(initial[name]).clone() for name in initial]
        for weight in weights:
            weight.requires_grad_()
        optimiser = torch.optim.AdamW(weights, lr=0.01, weight_decay=0.1)
        rows = torch.from_numpy(views.values(examples.symbols, 2))
        picks = order.batches(stream("order"), rows=len(rows), steps=30, size=8)
        for chosen in picks:
            value = rows[chosen]
            for index in range(3):
                value = value @ weights[2 * index] + weights[2 * index + 1]
                value = value.relu() if index < 2 else value
            optimiser.zero_grad()
            targets = torch.from_numpy(examples.labels[chosen])
            torch.nn.functional.cross_entropy(value, targets).backward()  # type: ignore[no-untyped-call]
            optimiser.step()
        for weight, name in zip(weights, initial, strict=True):
            np.testing.assert_allclose(got[name], weight.detach().numpy(), atol=2e-4)


def test_trains(digits: Digits, make: Fixture, streams: Fixture, scores: Fixture) -> None:
    symbols, labels = digits
    learner = make({"name": "mlp", "hidden": [16], "steps": 150})
    trained = learner.fit(
        [TrainingSet(symbols=symbols[:200], labels=labels[:200])], [streams(0)], "cpu"
    )
    got = scores(learner, trained, views.values(symbols[200:], 2))
    assert (got[0].argmax(-1) == labels[200:]).mean() > 0.95


@pytest.mark.parametrize("rows", [1, 5, 64])
def test_batches_go_through_all_rows_before_any_comes_again(rows: int) -> None:
    picks = order.batches(Stream(bytes(32), "order"), rows=rows, steps=40, size=8).ravel()
    assert picks.shape == (320,)
    for start in range(0, len(picks) - rows + 1, rows):
        assert sorted(picks[start : start + rows]) == list(range(rows))


def test_initial_weights_fill_their_interval() -> None:
    numbers = order.uniform(Stream(bytes(32), "init"), (100, 100), 0.5)
    assert numbers.dtype == np.float32
    assert -0.5 <= numbers.min() < -0.499
    assert 0.499 < numbers.max() < 0.5
    assert abs(float(numbers.mean())) < 0.01
