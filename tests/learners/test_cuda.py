"""The same learners on a CUDA device: repeatable there, and close to the CPU's members."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from auditor.learners import TrainingSet
from auditor.replay import views

Fixture = Callable[..., Any]

#: learner table -> largest relative difference of scores allowed between CPU and CUDA.
TABLES: list[tuple[dict[str, Any], float]] = [
    ({"name": "naive-bayes"}, 0.0),
    ({"name": "kernel-bayes"}, 0.0),
    ({"name": "nearest-neighbours", "neighbours": 3}, 0.0),
    ({"name": "ridge"}, 1e-5),
    ({"name": "ridge", "frontEnd": {"name": "masked-hog"}}, 1e-5),
    ({"name": "logistic"}, 1e-5),
    ({"name": "mlp", "steps": 50}, 1e-2),
    ({"name": "cnn", "steps": 20}, 1e-2),
]


@pytest.mark.cuda
@pytest.mark.parametrize(("table", "tolerance"), TABLES, ids=str)
def test_members_are_those_of_the_cpu(  # noqa: PLR0917 - fixtures
    table: dict[str, Any],
    tolerance: float,
    parts: list[TrainingSet],
    make: Fixture,
    streams: Fixture,
    scores: Fixture,
) -> None:
    if not torch.cuda.is_available():
        pytest.skip("no CUDA device")
    learner = make(table)
    own = [streams(0)]
    cpu, first, second = (learner.fit(parts[:1], own, d) for d in ("cpu", "cuda", "cuda"))
    assert all(first[0][name].tobytes() == second[0][name].tobytes() for name in first[0])
    rows = views.values(parts[1].symbols, 2)
    if learner.maker.front_end is not None:
        rows = learner.maker.front_end.apply(rows)
    wanted, got = (scores(learner, trained, rows)[0] for trained in (cpu, first))
    scale = np.maximum(1, np.abs(wanted).max(-1, keepdims=True))
    assert np.abs((got - wanted) / scale).max() <= tolerance
