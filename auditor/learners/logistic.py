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

from auditor.learners import linear
from auditor.learners.base import Layout, Parameters, Streams, TrainingSet
from auditor.learners.deterministic import deterministic
from auditor.learners.failed import failed, sound
from auditor.learners.options import Options
from auditor.learners.rows import RowMaker

#: Most members of a batch, and most numbers of its padded rows.
_BATCH: Final = 16
_BATCH_NUMBERS: Final = 1 << 21

#: Added to the bound, per row: it stays a bound, and can be factored without any penalty.
_SLACK: Final = 1e-6

#: Eigenvalues below this share of the largest are rounding errors.
_RANK: Final = 1e-12

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
        return cls(
            maker=maker,
            penalty=options.real("penalty", "0.001", least=0),
            steps=options.whole("steps", 100, least=1),
            chunk=options.whole("chunk", linear.chunk(maker), least=1),
        )

    @property
    def front_end(self) -> onnx.ModelProto | None:
        """The recipe's front end."""
        return self.maker.front_end_graph

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
                size = max(1, min(_BATCH, _BATCH_NUMBERS // (padded * (self.maker.width + 1))))
                for start in range(0, len(group), size):
                    part = group[start : start + size]
                    weights = self._solve([made[i] for i in part], padded, size, device)
                    solved.update(zip(part, weights, strict=True))
        return [
            solved.get(index) or failed(linear.shapes(self.maker)) for index in range(len(sets))
        ]

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
        rows = torch.zeros((size, padded, width), dtype=torch.float64)
        targets = torch.zeros((size, padded, classes), dtype=torch.float64)
        counts = torch.ones((size, 1), dtype=torch.float64)
        for place, (own, labels) in enumerate(members):
            rows[place, : len(own)] = torch.from_numpy(own)
            targets[place, torch.arange(len(own)), torch.from_numpy(labels)] = 1.0
            counts[place] = len(own)
        rows, targets, counts = rows.to(device), targets.to(device), counts.to(device)
        basis = None
        if padded < width:
            rows, basis = _span(rows)
        weights, bias = self._descend(rows, targets, counts)
        if basis is not None:
            weights = torch.bmm(basis, weights)
        found = weights.cpu().numpy().astype(np.float32), bias.cpu().numpy().astype(np.float32)
        return [
            sound({"weight": found[0][i].copy(), "bias": found[1][i].copy()})
            for i in range(len(members))
        ]

    def _descend(
        self, rows: torch.Tensor, targets: torch.Tensor, counts: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return weights (members, width, classes) and biases (members, 1, classes)."""
        # Classes before rows: the long axis last is what batched products and softmax are fast on.
        targets = targets.transpose(1, 2).contiguous()
        present = targets.sum(1, keepdim=True)  # 0 for padding
        inputs = torch.cat([rows, present.transpose(1, 2)], 2)
        turned = inputs.transpose(1, 2).contiguous()
        width = rows.shape[2]
        penalties = (self.penalty * counts).repeat(1, width + 1)
        penalties[:, width] = 0.0
        bound = torch.bmm(turned, inputs) / 2
        bound.diagonal(dim1=1, dim2=2).add_(penalties + _SLACK * counts)
        factor, failure = torch.linalg.cholesky_ex(bound)
        inverse = torch.cholesky_inverse(factor)
        inverse[failure > 0] = torch.nan  # such a member is found to be unsound later
        weights = torch.zeros(
            (len(rows), targets.shape[1], width + 1), dtype=rows.dtype, device=rows.device
        )
        for _ in range(self.steps):
            chances = torch.softmax(torch.bmm(weights, turned), 1).mul_(present)
            slope = torch.bmm(targets - chances, inputs) - penalties[:, None, :] * weights
            weights += torch.bmm(slope, inverse)
        found = weights.transpose(1, 2)
        return found[:, :width], found[:, width:]

    def graph(self, members: int, layout: Layout) -> onnx.ModelProto:
        """Return one affine map."""
        return linear.graph(self.name, self.maker, members, layout)


def _span(rows: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Return coordinates (members, n, n) of rows (members, n, width) in their span, n < width.

    The second result (members, width, n) turns weights on coordinates into weights on features, of
    the same length; weights outside the span are zero at the optimum.
    """
    values, vectors = torch.linalg.eigh(torch.bmm(rows, rows.transpose(1, 2)))
    values = values.clamp(min=0)
    lengths = values.sqrt()
    real = values > _RANK * values.amax(1, keepdim=True)
    inverse = torch.where(real, 1 / torch.where(real, lengths, 1.0), 0.0)
    basis = torch.bmm(rows.transpose(1, 2), vectors * inverse[:, None, :])
    return vectors * (lengths * real)[:, None, :], basis
