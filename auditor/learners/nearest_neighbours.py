"""The vote of the nearest examples, in exact integers. Nothing is trained.

A row's distance to an example is a sum over its visible features: of squared differences of the
symbols (``l2``), or of 1 for each symbol that differs (``l0``). The examples are ranked by the pair
(distance, label), and the first ``neighbours`` of them vote; the smallest class wins a tie. So a
member's vote is a function of the multiset of (distance, label) pairs: no order of the examples, no
index and no other example breaks a tie.

The graph computes one integer for each example, ``classes * distance + label``, the smallest ones
are the nearest examples, and the remainder modulo ``classes`` is their label. All numbers on the
way are integers that float32, or else float64, holds exactly, so that device, threads and batch
change nothing. The score of class c is ``classes * votes - c``.

Every member has the same number of slots; a slot without an example is farther than any example,
and its vote is counted for no class.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto

from auditor.errors import RecipeError
from auditor.learners import base
from auditor.learners.base import InputSpec, Layout, Parameters, Streams, TrainingSet
from auditor.learners.failed import failed, sound
from auditor.learners.graphs import GraphBuilder, scores_model
from auditor.learners.indicators import halves, indicators
from auditor.learners.options import Options
from auditor.learners.rows import RowMaker
from auditor.learners.slots import Slots

DISTANCES: Final = ("l2", "l0")

#: Whole numbers below this are exact in float32, and sums of them in whatever order.
_EXACT_FLOAT32: Final = 1 << 24
_EXACT_FLOAT64: Final = 1 << 53

#: Rows are float32 fractions: with more symbols, rounding would not give each symbol back.
_MAX_SYMBOLS: Final = 1 << 16


@dataclass(frozen=True, slots=True, kw_only=True)
class NearestNeighbours:
    """See the module. A member uses the first ``capacity`` examples of its set."""

    maker: RowMaker
    neighbours: int
    distance: str
    capacity: int
    chunk: int
    name: str = "nearest-neighbours"
    front_end: None = None

    @classmethod
    def from_options(
        cls, options: Options, maker: RowMaker, capacity: int | None
    ) -> NearestNeighbours:
        """Read the ``learner`` table. Raises RecipeError."""
        spec = maker.spec
        if maker.front_end is not None or spec.symbols == 0 or maker.views:
            msg = (
                "learner.name: nearest-neighbours needs symbols (binary or levels), no front end "
                "and training.masks = 0"
            )
            raise RecipeError(msg)
        if capacity is None:
            msg = "learner.name: nearest-neighbours expects members of a known capacity"
            raise RecipeError(msg)
        distance = options.text("distance", "l2")
        if distance not in DISTANCES:
            raise options.error("distance", distance, "one of " + ", ".join(DISTANCES))
        made = cls(
            maker=maker,
            neighbours=options.whole("neighbours", 1, least=1),
            distance=distance,
            capacity=capacity,
            chunk=1,
        )
        if spec.symbols > _MAX_SYMBOLS or made.largest >= _EXACT_FLOAT64:
            msg = (
                f"learner.distance: expected distances that are exact in float64, got "
                f"{spec.features} features of {spec.symbols} symbols"
            )
            raise RecipeError(msg)
        chunk = base.shard_chunk(made.member_bytes)
        return replace(made, chunk=options.whole("chunk", chunk, least=1))

    @property
    def _spec(self) -> InputSpec:
        return self.maker.spec

    @property
    def _slots(self) -> int:
        return self.capacity * len(self.maker.copies)

    @property
    def _hot(self) -> bool:
        """Whether rows become indicators: two symbols differ by the same amount as they count."""
        return self.distance == "l0" and self._spec.symbols > 2

    @property
    def _inputs(self) -> int:
        return self._spec.features * (self._spec.symbols if self._hot else 1)

    @property
    def _limit(self) -> int:
        """What is more than ``classes * distance + label`` of any example, of any row."""
        spec = self._spec
        # A symbol s is the integer 2 s - (K - 1) here, so squared differences are 4 times as large.
        most = spec.features * (1 if self._hot else 4 * (spec.symbols - 1) ** 2)
        return spec.classes * (most + 1)

    @property
    def largest(self) -> int:
        """More than any number that the graph computes on the way."""
        return 2 * self._limit

    @property
    def _shapes(self) -> dict[str, tuple[int, ...]]:
        slots = self._slots
        return {
            "templates": (self._inputs, slots),
            "label": (1, slots),
            "absent": (1, slots),
            "failed": (1, self._spec.classes),
        }

    @property
    def member_bytes(self) -> int:
        """Size of one member's parameters."""
        return 4 * sum(rows * columns for rows, columns in self._shapes.values())

    def fit(
        self, sets: Sequence[TrainingSet], streams: Sequence[Streams], device: str
    ) -> list[Parameters]:
        """Write down the examples, on the CPU whatever the device."""
        del device
        return [self._member(one, own) for one, own in zip(sets, streams, strict=True)]

    def _member(self, examples: TrainingSet, streams: Streams) -> Parameters:
        shapes = self._shapes
        if not len(examples.labels):
            return failed(shapes)
        used = TrainingSet(
            symbols=examples.symbols[: self.capacity], labels=examples.labels[: self.capacity]
        )
        symbols, labels, _ = self.maker.shown(used, streams)
        made = {name: np.zeros(shape, np.float32) for name, shape in shapes.items()}
        made["absent"][:, len(labels) :] = 1
        made["label"][0, : len(labels)] = labels
        made["templates"][:, : len(labels)] = self._templates(symbols).T
        return sound(made)

    def _templates(self, symbols: npt.NDArray[np.integer]) -> npt.NDArray[np.float32]:
        levels = self._spec.symbols
        whole: npt.NDArray[np.float32]
        if self._hot:
            whole = (symbols[:, :, None] == np.arange(levels)).astype(np.float32)
            return whole.reshape(len(symbols), -1)
        whole = 2 * symbols.astype(np.float32) - np.float32(levels - 1)
        return whole

    def graph(self, members: int, layout: Layout) -> onnx.ModelProto:
        """Return distances to all examples, the nearest ones, and their votes."""
        spec, slots, builder = self._spec, self._slots, GraphBuilder(self.name)
        draw = Slots(
            builder=builder,
            double=self.largest >= _EXACT_FLOAT32,
            members=members,
            slots=slots,
            shared=layout == "shared",
        )
        distance = self._differing(draw, layout) if self._hot else self._squared(draw)
        keys = builder.op("Mul", distance, draw.constant("classes", spec.classes))
        keys = builder.op("Add", keys, draw.numbers("label"))
        limit = draw.constant("limit", self._limit)
        far = builder.op("Mul", draw.numbers("absent"), limit)
        votes = self._votes(draw, builder.op("Add", keys, far), limit)
        scores = builder.op("Mul", votes, builder.constant("scale", spec.classes))
        scores = builder.op("Sub", scores, builder.constant("order", np.arange(spec.classes)))
        if draw.shared:
            scores = builder.op("Transpose", scores, perm=[1, 0, 2])
        # zero, or NaN for a member without examples
        scores = builder.op("Add", scores, builder.parameter("failed", (members, 1, spec.classes)))
        return scores_model(
            builder, scores, spec=spec, width=spec.width, members=members, layout=layout
        )

    def _squared(self, draw: Slots) -> str:
        """Return 4 times the sums of squared differences: t t - 2 x t + x x, where visible."""
        spec, builder = self._spec, draw.builder
        templates = draw.columns("templates", self._inputs)
        squares = builder.op("Mul", templates, templates)
        value, visible = halves(builder, spec)
        if spec.symbols > 2:
            top = builder.constant("top", spec.symbols - 1)
            value = builder.op("Round", builder.op("Mul", value, top))
        value = draw.cast(value)
        if visible is None:
            norms = draw.sum(squares, -2)
        else:
            norms = builder.op("MatMul", draw.cast(visible), squares)
        cross = builder.op("MatMul", value, templates)
        two = draw.constant("two", 2)
        apart = draw.by_member(builder.op("Sub", norms, builder.op("Mul", cross, two)))
        return builder.op("Add", apart, draw.a_row(builder.op("Mul", value, value)))

    def _differing(self, draw: Slots, layout: Layout) -> str:
        """Return the numbers of visible features whose symbols differ."""
        builder = draw.builder
        hot = draw.cast(indicators(builder, self._spec, layout))
        equal = builder.op("MatMul", hot, draw.columns("templates", self._inputs))
        return builder.op("Sub", draw.a_row(hot), draw.by_member(equal))

    def _votes(self, draw: Slots, keys: str, limit: str) -> str:
        """Return how many of the nearest examples have each class (.., classes), as float32."""
        builder, classes = draw.builder, self._spec.classes
        count = builder.constant("neighbours", [min(self.neighbours, self._slots)], np.int64)
        first, _ = builder.split("TopK", (keys, count), 2, axis=-1, largest=0, sorted=1)
        label = builder.op("Mod", first, "classes", fmod=1)
        last = builder.constant("example_axis", [-1], np.int64)
        own = draw.constant("own", np.arange(classes))
        same = builder.op("Equal", builder.op("Unsqueeze", label, last), own)
        there = builder.op("Unsqueeze", builder.op("Less", first, limit), last)
        one, other = (builder.op("Cast", value, to=TensorProto.FLOAT) for value in (same, there))
        voters = builder.constant("voter_axis", [-2], np.int64)
        return builder.op("ReduceSum", builder.op("Mul", one, other), voters, keepdims=0)
