"""Small real members: 8 x 8 handwritten digits, 1 against 7."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from auditor.learners import InputSpec, Layout, Learner, Parameters, TrainingSet, build
from auditor.learners.base import Streams
from auditor.learners.export import fill
from auditor.randomness import Stream
from auditor.replay import runtime

Scorer = Callable[[Learner, Sequence[Parameters], npt.NDArray[np.float32], Layout], Any]


@pytest.fixture(scope="session")
def digits() -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64]]:
    """Binary images (n, 64) and labels 0 (a one) or 1 (a seven)."""
    datasets = pytest.importorskip("sklearn.datasets")
    data = datasets.load_digits()
    chosen = np.isin(data.target, (1, 7))
    symbols = (data.data[chosen] >= 8).astype(np.uint8)
    return symbols, (data.target[chosen] == 7).astype(np.int64)


@pytest.fixture(scope="session")
def streams() -> Callable[[int], Streams]:
    """A member's own streams, by its number."""

    def of(member: int) -> Streams:
        return lambda purpose: Stream(bytes(32), purpose, member)

    return of


@pytest.fixture(scope="session")
def parts(
    digits: tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64]],
) -> list[TrainingSet]:
    """Nine disjoint parts of 24 or 25 digits."""
    symbols, labels = digits
    order = np.random.default_rng(0).permutation(len(labels))[:220]
    return [
        TrainingSet(symbols=symbols[part], labels=labels[part], capacity=25)
        for part in np.array_split(order, 9)
    ]


@pytest.fixture(scope="session")
def groups() -> npt.NDArray[np.uint8]:
    """Masks (6, 64) that each hide a sixth of the pixels."""
    group = np.random.default_rng(1).permutation(64) % 6
    return np.stack([(group != g) for g in range(6)]).astype(np.uint8)


@pytest.fixture(scope="session")
def make(groups: npt.NDArray[np.uint8]) -> Callable[..., Learner]:
    """Build a learner for digits from its table."""

    def made(
        learner: dict[str, Any],
        *,
        masked: bool = False,
        training: dict[str, Any] | None = None,
        spec: InputSpec | None = None,
    ) -> Learner:
        recipe = {
            "learner": learner,
            "training": training or {},
            "smoothing": {"test": {"method": "two-mask" if masked else "none"}},
        }
        shape = spec or InputSpec(shape=(1, 8, 8), symbols=2, masked=masked, classes=2)
        return build(recipe, shape, groups if masked else None, capacity=25)

    return made


@pytest.fixture(scope="session")
def scores() -> Scorer:
    """Scores of one shard under onnxruntime."""

    def scored(
        learner: Learner,
        parameters: Sequence[Parameters],
        rows: npt.NDArray[np.float32],
        layout: Layout = "shared",
    ) -> npt.NDArray[np.float32]:
        shard = fill(learner.graph(max(len(parameters), 1), layout), parameters)
        return runtime.run(runtime.session(shard), rows)

    return scored
