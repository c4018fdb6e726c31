"""Fully connected ReLU networks, many members trained at once.

Every member takes the same number of steps of the same size, in its own order from its own initial
weights, so a step of a chunk is a handful of batched products; forward and backward are written out
because for nets this small the bookkeeping of automatic differentiation costs more than the
products. Chunks always hold the same number of members (the last is filled up), for the kernel a
library picks may depend on the shape of the batch.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import onnx
import torch

from auditor.learners import order
from auditor.learners.base import Layout, Parameters, Streams, TrainingSet
from auditor.learners.deterministic import deterministic
from auditor.learners.failed import failed, sound
from auditor.learners.graphs import GraphBuilder, dense, scores_model
from auditor.learners.options import Options
from auditor.learners.rows import RowMaker

#: Parameters start at multiples of 64 bytes, so that vector loops see each member alike.
_ALIGNMENT: Final = 16

#: Members of a chunk: few when a member's weights and moments would not stay in cache.
_LARGE: Final = 50_000
_CHUNK_LARGE, _CHUNK_SMALL = 8, 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Mlp:
    """See the module. AdamW with a constant learning rate; ``hidden`` may be empty."""

    maker: RowMaker
    hidden: tuple[int, ...]
    steps: int
    batch: int
    learning_rate: float
    weight_decay: float
    chunk: int
    name: str = "mlp"

    @classmethod
    def from_options(cls, options: Options, maker: RowMaker) -> Mlp:
        """Read the ``learner`` table. Raises RecipeError."""
        hidden = options.wholes("hidden", (64,))
        sizes = (maker.width, *hidden, maker.spec.classes)
        count = sum((a + 1) * b for a, b in itertools.pairwise(sizes))
        chunk = _CHUNK_LARGE if count > _LARGE else _CHUNK_SMALL
        return cls(
            maker=maker,
            hidden=hidden,
            steps=options.whole("steps", 200, least=1),
            batch=options.whole("batch", 32, least=1),
            learning_rate=options.real("learningRate", "0.01", least=0),
            weight_decay=options.real("weightDecay", "0", least=0),
            chunk=options.whole("chunk", chunk, least=1),
        )

    @property
    def front_end(self) -> onnx.ModelProto | None:
        """The recipe's front end."""
        return self.maker.front_end_graph

    @property
    def _layers(self) -> list[tuple[int, int]]:
        sizes = (self.maker.width, *self.hidden, self.maker.spec.classes)
        return list(itertools.pairwise(sizes))

    @property
    def _shapes(self) -> dict[str, tuple[int, ...]]:
        shapes: dict[str, tuple[int, ...]] = {}
        for index, (inputs, outputs) in enumerate(self._layers):
            shapes[f"weight{index}"] = (inputs, outputs)
            shapes[f"bias{index}"] = (1, outputs)
        return shapes

    def fit(
        self, sets: Sequence[TrainingSet], streams: Sequence[Streams], device: str
    ) -> list[Parameters]:
        """Train chunk by chunk."""
        result: list[Parameters] = []
        with deterministic():
            for start in range(0, len(sets), self.chunk):
                end = start + self.chunk
                result += self._train(sets[start:end], streams[start:end], device)
        return result

    def _train(
        self, sets: Sequence[TrainingSet], streams: Sequence[Streams], device: str
    ) -> list[Parameters]:
        rows, labels, picks = self._data(sets, streams, device)
        stack = _Stack(self._shapes, self.chunk, device)
        for place, own in enumerate(streams):
            stack.put(place, self._initial(own))
        optimiser = torch.optim.AdamW(
            [stack.values], lr=self.learning_rate, weight_decay=self.weight_decay, fused=True
        )
        for step in range(self.steps):
            chosen = picks[step]
            self._backward(stack, rows[chosen], labels[chosen])
            optimiser.step()
        return [
            sound(stack.get(place)) if len(one.labels) else failed(self._shapes)
            for place, one in enumerate(sets)
        ]

    def _data(
        self, sets: Sequence[TrainingSet], streams: Sequence[Streams], device: str
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Return all rows, their one-hot labels, and the picks (steps, chunk, batch).

        Empty sets and the places that fill the chunk see a row of zeros.
        """
        classes = self.maker.spec.classes
        every = [np.zeros((1, self.maker.width), np.float32)]
        hot = [np.zeros((1, classes), np.float32)]
        picks = np.zeros((self.steps, self.chunk, self.batch), np.int64)
        offset = 1
        for place, (one, own) in enumerate(zip(sets, streams, strict=True)):
            if not len(one.labels):
                continue
            made, labels = self.maker.rows(one, own)
            picks[:, place] = offset + order.batches(
                own("order"), rows=len(made), steps=self.steps, size=self.batch
            )
            every.append(made)
            hot.append(np.eye(classes, dtype=np.float32)[labels])
            offset += len(made)
        rows, targets = np.concatenate(every), np.concatenate(hot)
        return (
            torch.from_numpy(rows).to(device),
            torch.from_numpy(targets).to(device),
            torch.from_numpy(picks).to(device),
        )

    def _initial(self, streams: Streams) -> Parameters:
        """Return weights uniform in +-1/sqrt(inputs), as PyTorch's Linear starts."""
        stream = streams("init")
        result = {}
        for index, (inputs, outputs) in enumerate(self._layers):
            bound = 1 / math.sqrt(inputs)
            result[f"weight{index}"] = order.uniform(stream, (inputs, outputs), bound)
            result[f"bias{index}"] = order.uniform(stream, (1, outputs), bound)
        return result

    def _backward(self, stack: _Stack, rows: torch.Tensor, targets: torch.Tensor) -> None:
        """Write the gradient of the mean cross-entropy of rows (chunk, batch, width)."""
        last = len(self._layers) - 1
        inputs = [rows]
        for index in range(last + 1):
            weight, bias = stack.views[f"weight{index}"], stack.views[f"bias{index}"]
            value = torch.baddbmm(bias, inputs[-1], weight)
            inputs.append(value if index == last else value.relu_())
        slope = (torch.softmax(inputs.pop(), 2) - targets) / self.batch
        for index in range(last, -1, -1):
            held = inputs.pop()
            stack.slopes[f"weight{index}"].copy_(torch.bmm(held.transpose(1, 2), slope))
            stack.slopes[f"bias{index}"].copy_(slope.sum(1, keepdim=True))
            if index:
                weight = stack.views[f"weight{index}"]
                slope = torch.bmm(slope, weight.transpose(1, 2)).masked_fill_(held <= 0, 0)

    def graph(self, members: int, layout: Layout) -> onnx.ModelProto:
        """Return the layers; only the first can be one product for rows that all share."""
        builder = GraphBuilder(self.name)
        value, current = "x", layout
        for index, sizes in enumerate(self._layers):
            if index:
                value, current = builder.op("Relu", value), "paired"
            value = dense(
                builder,
                value,
                names=(f"weight{index}", f"bias{index}"),
                sizes=sizes,
                members=members,
                layout=current,
            )
        return scores_model(
            builder,
            value,
            spec=self.maker.spec,
            width=self.maker.width,
            members=members,
            layout=layout,
        )


class _Stack:
    """All members' parameters in one flat tensor, so that the optimiser is one kernel."""

    def __init__(self, shapes: dict[str, tuple[int, ...]], members: int, device: str) -> None:
        places, width = {}, 0
        for name, shape in shapes.items():
            places[name] = width
            width += -(-math.prod(shape) // _ALIGNMENT) * _ALIGNMENT
        self.values = torch.zeros((members, width), device=device)
        self.values.grad = torch.zeros_like(self.values)
        self.views, self.slopes = (
            {
                name: flat[:, places[name] : places[name] + math.prod(shape)].view(-1, *shape)
                for name, shape in shapes.items()
            }
            for flat in (self.values, self.values.grad)
        )

    def put(self, place: int, parameters: Parameters) -> None:
        """Set one member's parameters."""
        for name, array in parameters.items():
            self.views[name][place] = torch.from_numpy(np.ascontiguousarray(array))

    def get(self, place: int) -> Parameters:
        """Return one member's parameters."""
        return {name: view[place].cpu().numpy().copy() for name, view in self.views.items()}
