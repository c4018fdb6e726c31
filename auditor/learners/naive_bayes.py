"""Categorical naive Bayes from exact integer counts.

Score of class c = log P(c) + sum over visible features j of log P(symbol_j | c), every probability
with a pseudocount. The counts are integers, so nothing about chunks, threads or devices can change
a member; a hidden feature contributes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import onnx

from auditor.errors import RecipeError
from auditor.learners.base import (
    InputSpec,
    Layout,
    Parameters,
    Streams,
    TrainingSet,
    shard_chunk,
)
from auditor.learners.failed import failed, sound
from auditor.learners.graphs import GraphBuilder, dense, scores_model
from auditor.learners.indicators import indicators
from auditor.learners.options import Options
from auditor.learners.rows import RowMaker

_BLOCK = 255  # rows whose 0/1 sum still fits a byte


@dataclass(frozen=True, slots=True, kw_only=True)
class NaiveBayes:
    """See the module. ``pseudocount`` is added to every count."""

    maker: RowMaker
    pseudocount: float
    chunk: int
    name: str = "naive-bayes"
    front_end: None = None

    @classmethod
    def from_options(cls, options: Options, maker: RowMaker) -> NaiveBayes:
        """Read the ``learner`` table. Raises RecipeError."""
        if maker.front_end is not None or maker.spec.symbols == 0:
            msg = "learner.name: naive-bayes needs symbols (binary or levels) and no front end"
            raise RecipeError(msg)
        size = 4 * maker.spec.classes * maker.spec.width * max(1, maker.spec.symbols - 1)
        return cls(
            maker=maker,
            pseudocount=options.real("smoothing", "1", least=1e-6),
            chunk=options.whole("chunk", shard_chunk(size), least=1),
        )

    @property
    def _spec(self) -> InputSpec:
        return self.maker.spec

    @property
    def _shapes(self) -> dict[str, tuple[int, ...]]:
        spec = self._spec
        inputs = spec.width if spec.symbols == 2 else spec.features * spec.symbols
        return {"weight": (inputs, spec.classes), "bias": (1, spec.classes)}

    def fit(
        self, sets: Sequence[TrainingSet], streams: Sequence[Streams], device: str
    ) -> list[Parameters]:
        """Count on the CPU, whatever the device: the counts are exact integers."""
        del device
        return [self._member(one, own) for one, own in zip(sets, streams, strict=True)]

    def _member(self, examples: TrainingSet, streams: Streams) -> Parameters:
        spec = self._spec
        if not len(examples.labels):
            return failed(self._shapes)
        symbols, labels, visible = self.maker.shown(examples, streams)
        weights, biases = [], []
        for label in range(spec.classes):
            mine = np.flatnonzero(labels == label)
            counts = self._counts(symbols[mine], None if visible is None else visible[mine])
            smooth = counts.astype(np.float64) + self.pseudocount
            logs = np.log(smooth) - np.log(smooth.sum(0))  # (symbols, d)
            prior = (len(mine) + self.pseudocount) / (len(labels) + self.pseudocount * spec.classes)
            weight, bias = self._linear(logs)
            weights.append(weight)
            biases.append(bias + np.log(prior))
        return sound(
            {
                "weight": np.stack(weights, -1).astype(np.float32),
                "bias": np.array([biases], np.float32),
            }
        )

    def _counts(
        self, symbols: npt.NDArray[np.integer], visible: npt.NDArray[np.uint8] | None
    ) -> npt.NDArray[np.int64]:
        """Return how often each symbol is seen at each feature: (symbols, d)."""
        levels = self._spec.symbols
        if levels == 2 and visible is None:
            ones = _column_sums(symbols.astype(np.uint8, copy=False))
            return np.stack([len(symbols) - ones, ones])
        seen = [symbols == level for level in range(levels)]
        if visible is not None:
            seen = [one & (visible == 1) for one in seen]
        return np.stack([_column_sums(one.view(np.uint8)) for one in seen])

    def _linear(
        self, logs: npt.NDArray[np.float64]
    ) -> tuple[npt.NDArray[np.float64], np.float64 | float]:
        """Return weights on the graph's inputs, and a constant, that add up the logs.

        Two symbols at value v = -1 or 1: log P = v (log P1 - log P0) / 2 + (log P1 + log P0) / 2,
        where the second term is counted only if the feature is visible.
        """
        if self._spec.symbols != 2:
            return logs.T.ravel(), 0.0
        slope, level = (logs[1] - logs[0]) / 2, (logs[1] + logs[0]) / 2
        if self._spec.masked:
            return np.concatenate([slope, level]), 0.0
        return slope, level.sum()

    def graph(self, members: int, layout: Layout) -> onnx.ModelProto:
        """Return one affine map of the row, or of its visible symbols' indicators."""
        spec = self._spec
        builder = GraphBuilder(self.name)
        value = "x" if spec.symbols == 2 else indicators(builder, spec, layout)
        inputs = self._shapes["weight"][0]
        scores = dense(
            builder,
            value,
            names=("weight", "bias"),
            sizes=(inputs, spec.classes),
            members=members,
            layout=layout,
        )
        return scores_model(
            builder, scores, spec=spec, width=spec.width, members=members, layout=layout
        )


def _column_sums(bits: npt.NDArray[np.uint8]) -> npt.NDArray[np.int64]:
    """Return exact column sums of 0/1 rows: in bytes, a block at a time, which is fastest."""
    total = np.zeros(bits.shape[1], np.int64)
    for start in range(0, len(bits), _BLOCK):
        total += np.add.reduce(bits[start : start + _BLOCK], axis=0, dtype=np.uint8)
    return total
