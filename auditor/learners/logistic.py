"""Multinomial logistic regression by a fixed number of bounded Newton steps.

Minimises sum of cross-entropies + (penalty n / 2) |W|^2, the constant term left free. The Hessian
never exceeds (I - 11'/K)/2 (x) X'X (Boehning 1992, Annals of the Institute of Statistical
Mathematics 44), so one Cholesky factor of X'X/2 + penalty n serves all steps and every step
descends. Members are solved in batches of a fixed shape, so that they cannot change each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import onnx
import torch

from auditor.learners.base import Layout, Parameters, Streams, TrainingSet, shard_chunk
from auditor.learners.deterministic import deterministic
from auditor.learners.failed import failed, sound
from auditor.learners.graphs import GraphBuilder, dense, scores_model
from auditor.learners.options import Options
from auditor.learners.rows import RowMaker

#: Numbers of one batch of padded rows.
_BATCH_NUMBERS: Final = 1 << 21

#: Added to the bound, per row: it stays a bound, and can be factored without any penalty.
_SLACK: Final = 1e-6

_Rows = tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Logistic:
    """See the module. ``penalty`` is per row."""

    maker: RowMaker
    penalty: float
    steps: int
    chunk: int
    name: str = "logistic"

    @classmethod
    def from_options(cls, options: Options, maker: RowMaker) -> Logistic:
        """Read the ``learner`` table. Raises RecipeError."""
        size = 4 * maker.spec.classes * (maker.width + 1)
        return cls(
            maker=maker,
            penalty=options.real("penalty", "0.001", least=0),
            steps=options.whole("steps", 100, least=1),
            chunk=options.whole("chunk", shard_chunk(size), least=1),
        )

    @property
    def front_end(self) -> onnx.ModelProto | None:
        """The recipe's front end."""
        return None if self.maker.front_end is None else self.maker.front_end.model

    @property
    def _shapes(self) -> dict[str, tuple[int, ...]]:
        classes = self.maker.spec.classes
        return {"weight": (self.maker.width, classes), "bias": (1, classes)}

    def fit(
        self, sets: Sequence[TrainingSet], streams: Sequence[Streams], device: str
    ) -> list[Parameters]:
        """Group members by padded size, and solve each group in batches of a fixed shape."""
        made = [self.maker.rows(one, own) for one, own in zip(sets, streams, strict=True)]
        groups: dict[int, list[int]] = {}
        for index, (rows, _) in enumerate(made):
            if len(rows):
                groups.setdefault(self._padded(len(rows), sets[index]), []).append(index)
        solved: dict[int, Parameters] = {}
        with deterministic():
            for padded, group in groups.items():
                size = max(1, min(self.chunk, _BATCH_NUMBERS // (padded * (self.maker.width + 1))))
                for start in range(0, len(group), size):
                    part = group[start : start + size]
                    weights = self._solve([made[i] for i in part], padded, size, device)
                    solved.update(zip(part, weights, strict=True))
        return [solved.get(index) or failed(self._shapes) for index in range(len(sets))]

    def _padded(self, rows: int, examples: TrainingSet) -> int:
        """Return the rows a member is padded to, from its own size and the recipe alone."""
        power = 1 << (rows - 1).bit_length()
        if examples.capacity is None:
            return power
        most = examples.capacity * self.maker.rows_per_example
        return most if rows <= most < power else power

    def _solve(
        self, members: Sequence[_Rows], padded: int, size: int, device: str
    ) -> list[Parameters]:
        """Return the parameters of ``members``, in a batch of exactly ``size``."""
        width, classes = self.maker.width, self.maker.spec.classes
        inputs = torch.zeros((size, padded, width + 1), dtype=torch.float64)
        targets = torch.zeros((size, padded, classes), dtype=torch.float64)
        counts = torch.ones((size, 1), dtype=torch.float64)
        for place, (rows, labels) in enumerate(members):
            inputs[place, : len(rows), :width] = torch.from_numpy(rows)
            inputs[place, : len(rows), width] = 1.0
            targets[place, torch.arange(len(rows)), torch.from_numpy(labels)] = 1.0
            counts[place] = len(rows)
        inputs, targets, counts = (t.to(device) for t in (inputs, targets, counts))
        penalties = (self.penalty * counts).repeat(1, width + 1)
        penalties[:, width] = 0.0
        turned = inputs.transpose(1, 2).contiguous()
        bound = torch.bmm(turned, inputs) / 2
        bound.diagonal(dim1=1, dim2=2).add_(penalties + _SLACK * counts)
        factor, _ = torch.linalg.cholesky_ex(bound)  # a failure is NaN here, and found below
        present = targets.sum(2, keepdim=True)  # 0 for padding
        weights = torch.zeros((size, width + 1, classes), dtype=torch.float64, device=device)
        for _ in range(self.steps):
            chances = torch.softmax(torch.bmm(inputs, weights), 2) * present
            slope = torch.bmm(turned, targets - chances) - penalties[:, :, None] * weights
            weights += torch.cholesky_solve(slope, factor)
        result = weights.cpu().numpy().astype(np.float32)
        return [
            sound({"weight": result[i, :width].copy(), "bias": result[i, width:].copy()})
            for i in range(len(members))
        ]

    def graph(self, members: int, layout: Layout) -> onnx.ModelProto:
        """Return one affine map."""
        builder = GraphBuilder(self.name)
        spec, width = self.maker.spec, self.maker.width
        scores = dense(
            builder,
            "x",
            names=("weight", "bias"),
            sizes=(width, spec.classes),
            members=members,
            layout=layout,
        )
        return scores_model(builder, scores, spec=spec, width=width, members=members, layout=layout)
