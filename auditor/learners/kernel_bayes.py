"""Kernel Bayes: a density of blurred examples per class. Nothing is trained.

A template is a copy of an example; P = floor + (1 - 2 floor) * blurred template is the probability
of ink at a pixel. A view z (values -1 .. 1, 0 where hidden, v = 1 where visible) has log-likelihood

    L(z) = z . (1/2) log(P / (1 - P)) + v . (1/2) log(P (1 - P)),

and a class's score is log mean exp L over its templates, plus a constant of the recipe. Under flips
that keep a symbol with probability beta, P is replaced by beta P + (1 - beta) (1 - P).

Every member has the same number of template slots; which class a slot belongs to, and whether it
is used, are numbers among the member's own parameters.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

import numpy as np
import numpy.typing as npt
import onnx
import torch

from auditor.errors import RecipeError
from auditor.learners.base import Layout, Parameters, Streams, TrainingSet, shard_chunk
from auditor.learners.deterministic import deterministic
from auditor.learners.failed import failed, sound
from auditor.learners.gaussian import blur
from auditor.learners.graphs import GraphBuilder, scores_model
from auditor.learners.options import Options
from auditor.learners.rows import RowMaker

#: Log-likelihood of a template that is not of the class: finite, so that nothing becomes NaN.
_NEVER: Final = -1e30


@dataclass(frozen=True, slots=True, kw_only=True)
class KernelBayes:
    """See the module. A member uses the first ``capacity`` examples of its set."""

    maker: RowMaker
    sigma: float
    floor: float
    bias: tuple[float, ...]
    capacity: int
    contrast: float
    chunk: int
    name: str = "kernel-bayes"
    front_end: None = None

    @classmethod
    def from_options(cls, options: Options, maker: RowMaker, capacity: int | None) -> KernelBayes:
        """Read the ``learner`` table. Raises RecipeError."""
        spec = maker.spec
        if maker.front_end is not None or not spec.image or spec.symbols < 2 or maker.views:
            msg = (
                "learner.name: kernel-bayes expects images in symbols, no front end and "
                f"training.masks = 0; got examples of shape {spec.shape}"
            )
            raise RecipeError(msg)
        if capacity is None:
            msg = (
                "training.capacity: expected the most examples that a kernel-bayes member may use, "
                "as nothing else bounds them here, got nothing"
            )
            raise RecipeError(msg)
        floor = options.real("floor", "0.01")
        if not 0 < floor < 0.5:
            raise options.error("floor", options.table["floor"], "a number between 0 and 1/2")
        bias = options.reals("bias", ["0"] * spec.classes)
        if len(bias) != spec.classes:
            raise options.error("bias", list(bias), f"{spec.classes} numbers, one per class")
        size = 4 * (spec.width + spec.classes) * capacity * len(maker.copies)
        return cls(
            maker=maker,
            sigma=options.real("sigma", "1", least=0),
            floor=floor,
            bias=bias,
            capacity=capacity,
            contrast=_contrast(maker),
            chunk=options.whole("chunk", shard_chunk(size), least=1),
        )

    @property
    def _shapes(self) -> dict[str, tuple[int, ...]]:
        slots, spec = self.capacity * len(self.maker.copies), self.maker.spec
        return {
            "templates": (spec.width, slots),
            "belongs": (spec.classes, slots),
            "offset": (1, spec.classes),
        }

    def fit(
        self, sets: Sequence[TrainingSet], streams: Sequence[Streams], device: str
    ) -> list[Parameters]:
        """Write down the templates, on the CPU whatever the device."""
        del streams, device
        return [self._member(examples) for examples in sets]

    def _member(self, examples: TrainingSet) -> Parameters:
        if not len(examples.labels):
            return failed(self._shapes)
        spec, shapes = self.maker.spec, self._shapes
        labels = np.tile(examples.labels[: self.capacity], len(self.maker.copies))
        ink = self._ink(examples.symbols[: self.capacity])
        slope = (np.log(ink) - np.log1p(-ink)) / 2  # (templates, d)
        level = (np.log(ink) + np.log1p(-ink)) / 2
        templates = np.zeros(shapes["templates"], np.float32)
        belongs = np.full(shapes["belongs"], _NEVER, np.float32)
        used = np.arange(len(labels))
        if spec.masked:
            templates[:, used] = np.concatenate([slope, level], -1).T
            belongs[labels, used] = 0.0
        else:
            templates[:, used] = slope.T
            belongs[labels, used] = level.sum(-1)
        counts = np.maximum(1, np.bincount(labels, minlength=spec.classes))
        offset = np.array([self.bias]) - np.log(counts)
        return sound(
            {"templates": templates, "belongs": belongs, "offset": offset.astype(np.float32)}
        )

    def _ink(self, symbols: npt.NDArray[np.integer]) -> npt.NDArray[np.float64]:
        """Return the probability of the last symbol at each pixel of each copy (templates, d)."""
        channels, height, width = self.maker.spec.shape
        intensities = symbols.astype(np.float32) / np.float32(self.maker.spec.symbols - 1)
        copies = np.concatenate(
            [copy.apply(intensities, self.maker.spec.shape) for copy in self.maker.copies]
        )
        images = copies.reshape(-1, channels, height, width).astype(np.float64)
        down, across = (torch.from_numpy(blur(size, self.sigma)) for size in (height, width))
        with deterministic():
            blurred = torch.matmul(torch.matmul(down, torch.from_numpy(images)), across.T)
        ink = self.floor + (1 - 2 * self.floor) * blurred.numpy().reshape(len(copies), -1)
        noisy: npt.NDArray[np.float64] = 0.5 + self.contrast * (ink - 0.5)
        return noisy

    def graph(self, members: int, layout: Layout) -> onnx.ModelProto:
        """Return one product with all templates, then log-sum-exp over each class's."""
        spec = self.maker.spec
        slots = self._shapes["templates"][1]
        builder = GraphBuilder(self.name)
        if layout == "shared":
            builder.parameter("templates", (spec.width, members * slots), axis=1)
            flat = builder.op("MatMul", "x", "templates")
            likelihoods = builder.reshape(flat, (0, members, 1, slots))
            belongs = builder.parameter("belongs", (members, spec.classes, slots))
        else:
            builder.parameter("templates", (members, spec.width, slots))
            product = builder.op("MatMul", "x", "templates")  # (members, batch, slots)
            likelihoods = builder.op(
                "Unsqueeze", product, builder.constant("class_axis", [2], np.int64)
            )
            belongs = builder.parameter("belongs", (members, 1, spec.classes, slots))
        scores = _log_sum_exp(builder, builder.op("Add", likelihoods, belongs))
        if layout == "shared":
            scores = builder.op("Transpose", scores, perm=[1, 0, 2])
        scores = builder.op("Add", scores, builder.parameter("offset", (members, 1, spec.classes)))
        return scores_model(
            builder, scores, spec=spec, width=spec.width, members=members, layout=layout
        )


def _log_sum_exp(builder: GraphBuilder, value: str) -> str:
    """Reduce the last axis, from its largest entry, so that nothing overflows."""
    last = builder.constant("last", [-1], np.int64)
    most = builder.op("ReduceMax", value, last, keepdims=1)
    # Below e^-80 a term cannot change a float32 sum of at least 1; letting it become subnormal
    # would only make Exp seven times slower.
    far = builder.op("Max", builder.op("Sub", value, most), builder.constant("far", -80.0))
    total = builder.op("ReduceSum", builder.op("Exp", far), last, keepdims=0)
    return builder.op("Add", builder.op("Log", total), builder.op("Squeeze", most, last))


def _contrast(maker: RowMaker) -> float:
    """Return how much of (P - 1/2) the test side's noise leaves: beta - (1 - beta) / (K - 1)."""
    test = maker.test
    if test["method"] != "flip":
        return 1.0
    keep = Fraction(test["keep"])
    return float(keep - (1 - keep) / (maker.spec.symbols - 1))
