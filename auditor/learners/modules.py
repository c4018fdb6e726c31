"""Any PyTorch module as a member: one way to train and export, for cnn, torchvision and python.

Members are trained one after another (at this size batching them costs time on a CPU), each from
its own seed, on its own rows only: batch statistics are those of its own batches, and the exported
graph is that of evaluation mode.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import onnx
import torch

from auditor.errors import RecipeError
from auditor.learners import module_graph, order
from auditor.learners.base import InputSpec, Layout, Parameters, Streams, TrainingSet
from auditor.learners.deterministic import deterministic, lacks_kernel
from auditor.learners.failed import failed, sound
from auditor.learners.options import Options
from auditor.learners.rows import RowMaker
from auditor.learners.training_loop import Training


class RowsToImages(torch.nn.Module):
    """A module that reads planes (batch, channels, height, width), given rows (batch, width).

    Masked rows become twice the channels: the values, then what is visible.
    """

    def __init__(self, spec: InputSpec, model: torch.nn.Module) -> None:
        super().__init__()
        self.model = model
        self.planes = (planes(spec), *spec.shape[1:])

    def forward(self, rows: torch.Tensor) -> torch.Tensor:
        """Return scores (batch, classes)."""
        images = rows.reshape(-1, *self.planes).contiguous(memory_format=torch.channels_last)
        scores: torch.Tensor = self.model(images)
        return scores


def images(module: torch.nn.Module) -> torch.nn.Module:
    """Return the module with its weights laid out for planes whose channels come last."""
    return module.to(memory_format=torch.channels_last)


def planes(spec: InputSpec) -> int:
    """Return the channels of a row seen as an image, or raise RecipeError for a table."""
    if not spec.image:
        msg = f"learner.name: expected images, got examples of shape {spec.shape}"
        raise RecipeError(msg)
    return spec.shape[0] * (2 if spec.masked else 1)


@dataclass(frozen=True, kw_only=True)
class ModuleLearner:
    """Trains what ``make`` returns: a module from rows (batch, width) to scores (batch, classes).

    ``make`` must draw its initial weights from PyTorch's generator and nowhere else.
    """

    name: str
    maker: RowMaker
    make: Callable[[], torch.nn.Module]
    train: Training
    chunk: int = 1
    front_end: None = None

    @classmethod
    def from_options(
        cls,
        options: Options,
        maker: RowMaker,
        make: Callable[[], torch.nn.Module],
        train: Training,
    ) -> Self:
        """Read what all such learners have in the ``learner`` table. Raises RecipeError."""
        chunk = options.whole("chunk", 1, least=1)
        if chunk != 1:
            raise options.error("chunk", chunk, "1: these members are exported one a file")
        if maker.front_end is not None:
            raise options.error("frontEnd", options.table["frontEnd"], "none with this learner")
        return cls(name=options.text("name", ""), maker=maker, make=make, train=train)

    def fit(
        self, sets: Sequence[TrainingSet], streams: Sequence[Streams], device: str
    ) -> list[Parameters]:
        """Train one member after another.

        Raises RecipeError when the model cannot read these rows, or has no deterministic kernels
        on ``device``: that does not depend on the data.
        """
        names = module_graph.parameter_shapes(self.template)
        with deterministic():
            return [
                self._member(one, own, device, names)
                for one, own in zip(sets, streams, strict=True)
            ]

    def _member(
        self,
        examples: TrainingSet,
        streams: Streams,
        device: str,
        shapes: dict[str, tuple[int, ...]],
    ) -> Parameters:
        if not len(examples.labels):
            return failed(shapes)
        rows, labels = self.maker.rows(examples, streams)
        seed, drawn = order.seed(streams("init")), self.train.draw(len(rows), streams)
        work = partial(self.trained, rows, labels, seed, drawn, device)
        return sound(self._parameters(work, shapes, device))

    def _parameters(
        self,
        work: Callable[[], torch.nn.Module],
        shapes: dict[str, tuple[int, ...]],
        device: str,
    ) -> Parameters:
        """Return what the module that ``work`` trains holds under these names."""
        try:
            return module_graph.parameters(work(), shapes)
        except RuntimeError as error:
            if not lacks_kernel(error):
                raise
            reason = str(error).partition(",")[0]
            msg = f"learner {self.name}: cannot be trained alike twice on {device}: {reason}"
            raise RecipeError(msg) from error

    def trained(
        self,
        rows: npt.NDArray[np.float32],
        labels: npt.NDArray[np.int64],
        seed: int,
        drawn: Any,  # noqa: ANN401 - what ``train`` draws
        device: str,
    ) -> torch.nn.Module:
        """Return a fresh module, its weights from ``seed``, trained on these rows alone."""
        devices = [torch.device(device)] if device != "cpu" else []
        with torch.random.fork_rng(devices=devices):
            torch.manual_seed(seed)
            model = self.make().to(device)
            inputs, targets = torch.from_numpy(rows).to(device), torch.from_numpy(labels).to(device)
            return self.train(model, inputs, targets, drawn)

    @cached_property
    def template(self) -> onnx.ModelProto:
        """Return the graph of one member for rows (batch, width). Raises RecipeError."""
        return module_graph.template(self.make, self.maker.spec, self.name)

    def graph(self, members: int, layout: Layout) -> onnx.ModelProto:
        """Return the graph of one member; a shard holds no more."""
        if members != 1:
            msg = f"learner {self.name}: a shard holds 1 member, got {members}"
            raise ValueError(msg)
        return module_graph.laid_out(self.template, self.maker.spec, layout)
