"""How a module is trained: our own loop, or a user's own function (:mod:`factory`)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import torch

from auditor.learners import order
from auditor.learners.base import Streams
from auditor.learners.options import Options


class UntrainableError(Exception):
    """A module that could not be trained on these rows, and why: its member will abstain."""


class Training(Protocol):
    """Trains one module on its own rows alone; PyTorch's generator is seeded when it is called."""

    def draw(self, rows: int, streams: Streams) -> Any:  # noqa: ANN401 - each its own
        """Return all that training on so many rows will draw, from the member's own streams."""
        ...

    def __call__(
        self,
        model: torch.nn.Module,
        rows: torch.Tensor,
        labels: torch.Tensor,
        drawn: Any,  # noqa: ANN401
    ) -> torch.nn.Module:
        """Return the trained module, which may be ``model`` itself.

        ``rows`` is (n, width) float32 and ``labels`` (n,) int64, n >= 1, both on the module's
        device; ``drawn`` is from :meth:`draw`.
        """
        ...


@dataclass(frozen=True, kw_only=True)
class AdamW:
    """AdamW with a constant rate on the mean cross-entropy, ``steps`` steps of ``batch`` rows."""

    steps: int
    batch: int
    learning_rate: float
    weight_decay: float

    @classmethod
    def from_options(cls, options: Options, learning_rate: str) -> AdamW:
        """Read the ``learner`` table. Raises RecipeError."""
        return cls(
            steps=options.whole("steps", 200, least=1),
            batch=options.whole("batch", 32, least=2),
            learning_rate=options.real("learningRate", learning_rate, least=0),
            weight_decay=options.real("weightDecay", "0", least=0),
        )

    def draw(self, rows: int, streams: Streams) -> npt.NDArray[np.int64]:
        """Return which rows each step sees: (steps, batch)."""
        return order.batches(streams("order"), rows=rows, steps=self.steps, size=self.batch)

    def __call__(
        self,
        model: torch.nn.Module,
        rows: torch.Tensor,
        labels: torch.Tensor,
        drawn: npt.NDArray[np.int64],
    ) -> torch.nn.Module:
        """Train ``model`` in place."""
        chosen = torch.from_numpy(drawn).to(rows.device)
        trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
        settings: dict[str, Any] = {"lr": self.learning_rate, "weight_decay": self.weight_decay}
        optimiser = torch.optim.AdamW(trained, fused=True, **settings)
        model.train()
        for step in range(self.steps):
            optimiser.zero_grad(set_to_none=True)
            scores = model(rows[chosen[step]])
            loss = torch.nn.functional.cross_entropy(scores, labels[chosen[step]])
            torch.autograd.backward(loss)
            optimiser.step()
        return model
