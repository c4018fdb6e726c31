"""Distances to centroids of the training features: what unlabelled examples teach.

k-means on the features of all training examples, whole numbers throughout: the same centroids on
every machine, to the bit. A row's features are max(0, mean - d_j), d_j its distance to centroid j
over what is visible, divided by the root of the number of features (Coates, Lee and Ng 2011, whose
"triangle" activation it is). Every member sees through all examples' features, so this needs a
threat under which nobody changes those (:mod:`auditor.guarantee.trusted`). Labels are never read.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt

from auditor.errors import RecipeError
from auditor.learners.base import InputSpec
from auditor.learners.front_ends.fixed import FixedFrontEnd
from auditor.learners.gram import products
from auditor.learners.graphs import GraphBuilder
from auditor.learners.options import Options
from auditor.randomness import Stream

_GRID: Final = 16  # steps of a centroid's coordinate per symbol
_ROUNDS: Final = 8
_EXAMPLES: Final = 20_000  # as many take part, chosen by the design seed
_MOST: Final = 4096
_EXACT: Final = 1 << 53

Symbols = npt.NDArray[np.integer]
Whole = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Centroids:
    """``centroids`` (m, d) in sixteenths of a symbol, for inputs of ``spec``."""

    spec: InputSpec
    centroids: Whole = field(repr=False)

    @classmethod
    def from_options(
        cls, options: Options, spec: InputSpec, symbols: Symbols, stream: Stream
    ) -> Centroids:
        """Fit to the training features ``symbols`` (n, d). Raises RecipeError."""
        count = options.whole("count", 100, least=2)
        if count > _MOST:
            raise options.error("count", count, f"at most {_MOST}")
        if spec.symbols == 0:
            msg = "learner.frontEnd: centroids need symbols (alphabet.kind binary or levels)"
            raise RecipeError(msg)
        if len(symbols) < count:
            raise options.error("count", count, f"at most {len(symbols)}, the training examples")
        if spec.features * (_GRID * (spec.symbols - 1)) ** 2 >= _EXACT // 2:
            msg = "learner.frontEnd: centroids of so many features and symbols cannot be exact"
            raise RecipeError(msg)
        chosen = stream.permutation(len(symbols))[:_EXAMPLES]
        return cls(spec=spec, centroids=fit(np.asarray(symbols)[chosen], count))

    def build(self) -> FixedFrontEnd:
        """Return the graph "x" (batch, row) -> "features" (batch, centroids)."""
        builder, size = GraphBuilder("centroids"), len(self.centroids)
        # as members read symbols: -1 .. 1; whole numbers up to one division, so the same everywhere
        top = _GRID * (self.spec.symbols - 1)
        whole = 2 * self.centroids - top
        values, squares = whole / top, whole * whole / (top * top)
        axis = builder.constant("feature_axis", [1], np.int64)
        if self.spec.masked:  # hidden values are 0, so of a hidden place nothing is left
            weights = builder.constant("weights", np.concatenate([-2 * values, squares], 1).T)
            shown, _ = builder.split("Split", ("x",), 2, axis=1, num_outputs=2)
            cross = builder.op("MatMul", "x", weights)
        else:
            shown = "x"
            weights = builder.constant("weights", -2 * values.T)
            lengths = builder.constant("lengths", (whole * whole).sum(1) / (top * top))
            cross = builder.op("Add", builder.op("MatMul", "x", weights), lengths)
        own = builder.op("ReduceSum", builder.op("Mul", shown, shown), axis, keepdims=1)
        square = builder.op("Relu", builder.op("Add", cross, own))
        scale = builder.constant("scale", 1 / self.spec.features)
        distance = builder.op("Sqrt", builder.op("Mul", square, scale))
        share = builder.constant("share", 1 / size)
        total = builder.op("ReduceSum", distance, axis, keepdims=1)
        near = builder.op("Relu", builder.op("Sub", builder.op("Mul", total, share), distance))
        model = builder.model(
            near,
            inputs={"x": ("batch", self.spec.width)},
            output="features",
            shape=("batch", size),
        )
        return FixedFrontEnd(model=model, size=size)


def fit(symbols: Symbols, count: int) -> Whole:
    """Return ``count`` centroids (count, d) of rows (n, d), in sixteenths of a symbol.

    Begins with the first rows; a fixed number of rounds, in each of which every row goes to the
    nearest centroid (the first of those tied) and a centroid to the mean of its rows, rounded to
    the grid, halves up. One without rows stays. Exact: no sum leaves the whole numbers below 2^53.
    """
    rows = _GRID * symbols.astype(np.int64)
    centroids = rows[:count].copy()
    for _ in range(_ROUNDS):
        lengths = (centroids * centroids).sum(1)
        cross = products(rows.T, centroids.T, "cpu").numpy().astype(np.int64)
        nearest = (lengths - 2 * cross).argmin(1)
        for index in range(count):
            own = rows[nearest == index]
            if len(own):
                centroids[index] = (2 * own.sum(0) + len(own)) // (2 * len(own))
    return centroids
