"""Class-balanced one-against-all ridge regression, on rows or on a fixed front end's features.

With row weights a_i (every class present weighs the same, sum a_i = n), weighted means mu and t of
rows and targets, and targets one-hot minus 1/K, the weights solve

    (sum a_i (x_i - mu)(x_i - mu)' + penalty n I) W = sum a_i (x_i - mu)(y_i - t)'

and score(x) = t + (x - mu) W. When there are fewer rows than features the same W comes from the
n x n system (W = X' c with c in the rows' span). Without a front end the sums are over integers
and exact, so everything before the float64 solve is independent of order, threads and device.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import onnx
import torch

from auditor.learners import linear
from auditor.learners.base import Layout, Parameters, Streams, TrainingSet
from auditor.learners.deterministic import deterministic
from auditor.learners.failed import failed, sound
from auditor.learners.gram import products
from auditor.learners.options import Options
from auditor.learners.rows import RowMaker


@dataclass(frozen=True, slots=True, kw_only=True)
class Ridge:
    """See the module. ``penalty`` is per row."""

    maker: RowMaker
    penalty: float
    balanced: bool
    chunk: int
    name: str = "ridge"

    @classmethod
    def from_options(cls, options: Options, maker: RowMaker) -> Ridge:
        """Read the ``learner`` table. Raises RecipeError."""
        return cls(
            maker=maker,
            penalty=options.real("penalty", "0.001", least=1e-12),
            balanced=options.switch("balanced", default=True),
            chunk=options.whole("chunk", linear.chunk(maker), least=1),
        )

    @property
    def front_end(self) -> onnx.ModelProto | None:
        """The recipe's front end."""
        return self.maker.front_end_graph

    def fit(
        self, sets: Sequence[TrainingSet], streams: Sequence[Streams], device: str
    ) -> list[Parameters]:
        """Solve one system per member."""
        with deterministic():
            return [
                self._member(examples, own, device)
                for examples, own in zip(sets, streams, strict=True)
            ]

    def _member(self, examples: TrainingSet, streams: Streams, device: str) -> Parameters:
        if not len(examples.labels):
            return failed(linear.shapes(self.maker))
        if self.maker.front_end is None:
            numbers, labels = self.maker.integers(examples, streams)
            data: _Data = _Integers(numbers, self.maker.scale, device)
        else:
            features, labels = self.maker.rows(examples, streams)
            data = _Floats(features, device)
        problem = self._problem(labels, device)
        solve = _dual if len(labels) < data.width else _primal
        solution = solve(data, problem)
        if solution is None:
            return failed(linear.shapes(self.maker))
        weight, bias = (part.cpu().numpy().astype(np.float32) for part in solution)
        return sound({"weight": weight, "bias": bias[None, :]})

    def _problem(self, labels: npt.NDArray[np.int64], device: str) -> _Problem:
        classes, rows = self.maker.spec.classes, len(labels)
        counts = np.bincount(labels, minlength=classes)
        weights = np.ones(classes)
        if self.balanced:
            present = int((counts > 0).sum())
            weights = rows / (present * np.maximum(counts, 1.0))
        shares = torch.from_numpy(weights * counts / rows).to(device)
        targets = torch.eye(classes, dtype=torch.float64, device=device) - 1 / classes
        mean = shares @ targets
        return _Problem(
            labels=labels,
            class_weights=weights,
            targets=targets - mean,
            mean_target=mean,
            penalty=self.penalty,
        )

    def graph(self, members: int, layout: Layout) -> onnx.ModelProto:
        """Return one affine map."""
        return linear.graph(self.name, self.maker, members, layout)


@dataclass(frozen=True, slots=True)
class _Integers:
    """Rows that are integers divided by ``scale``; their products are exact before the division."""

    numbers: npt.NDArray[np.integer]
    scale: int
    device: str

    @property
    def width(self) -> int:
        return int(self.numbers.shape[1])

    def rows(self) -> torch.Tensor:
        return torch.from_numpy(self.numbers).to(self.device, torch.float64) / self.scale

    def outer(self) -> torch.Tensor:
        turned = np.ascontiguousarray(self.numbers.T)
        return products(turned, turned, self.device) / self.scale**2

    def moments(self, chosen: npt.NDArray[np.intp]) -> tuple[torch.Tensor, torch.Tensor]:
        part = self.numbers[chosen]
        total = torch.from_numpy(part.sum(0, dtype=np.int64)).to(self.device, torch.float64)
        return products(part, part, self.device) / self.scale**2, total / self.scale


@dataclass(frozen=True, slots=True)
class _Floats:
    """Rows of float32 features, all sums in float64."""

    features: npt.NDArray[np.float32]
    device: str

    @property
    def width(self) -> int:
        return int(self.features.shape[1])

    def rows(self) -> torch.Tensor:
        return torch.from_numpy(self.features).to(self.device, torch.float64)

    def outer(self) -> torch.Tensor:
        rows = self.rows()
        return rows @ rows.T

    def moments(self, chosen: npt.NDArray[np.intp]) -> tuple[torch.Tensor, torch.Tensor]:
        part = torch.from_numpy(self.features[chosen]).to(self.device, torch.float64)
        return part.T @ part, part.sum(0)


_Data = _Integers | _Floats

#: Weights (width, classes) and bias (classes,); None when the system cannot be factored.
_Solution = tuple[torch.Tensor, torch.Tensor] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Problem:
    """What does not depend on the rows: labels, row weights by class, centred targets."""

    labels: npt.NDArray[np.int64]
    class_weights: npt.NDArray[np.float64]
    targets: torch.Tensor
    mean_target: torch.Tensor
    penalty: float

    @property
    def count(self) -> int:
        return len(self.labels)


def _primal(data: _Data, problem: _Problem) -> _Solution:
    """Solve the width x width system."""
    gram = torch.zeros((data.width, data.width), dtype=torch.float64, device=data.device)
    sums = []
    for label, weight in enumerate(problem.class_weights.tolist()):
        square, total = data.moments(np.flatnonzero(problem.labels == label))
        gram.add_(square, alpha=weight)
        sums.append(total * weight)
    weighted = torch.stack(sums)  # (classes, width)
    mean = weighted.sum(0) / problem.count
    gram -= problem.count * torch.outer(mean, mean)
    gram.diagonal().add_(problem.penalty * problem.count)
    factor, failure = torch.linalg.cholesky_ex(gram)
    if int(failure):
        return None
    # Centred targets have weighted mean zero, so the rows need no centring on this side.
    solution = torch.cholesky_solve(weighted.T @ problem.targets, factor)
    return solution, problem.mean_target - mean @ solution


def _dual(data: _Data, problem: _Problem) -> _Solution:
    """Solve the rows x rows system."""
    weights = torch.from_numpy(problem.class_weights[problem.labels]).to(data.device)
    roots = weights.sqrt()
    outer = data.outer()
    along = outer @ weights / problem.count  # x_i . mu
    centred = outer - along[:, None] - along[None, :] + (weights @ along) / problem.count
    system = roots[:, None] * centred * roots[None, :]
    system.diagonal().add_(problem.penalty * problem.count)
    factor, failure = torch.linalg.cholesky_ex(system)
    if int(failure):
        return None
    chosen = problem.targets[torch.from_numpy(problem.labels).to(data.device)]
    coefficients = torch.cholesky_solve(chosen * roots[:, None], factor) * roots[:, None]
    rows = data.rows()
    mean = weights @ rows / problem.count
    solution = rows.T @ coefficients - torch.outer(mean, coefficients.sum(0))
    return solution, problem.mean_target - mean @ solution
