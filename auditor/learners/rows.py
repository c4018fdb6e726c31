"""Training rows of one member: examples, their copies, and each copy as the test side shows it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx

from auditor.errors import RecipeError
from auditor.learners.affine import Affine
from auditor.learners.base import InputSpec, Streams, TrainingSet
from auditor.learners.front_ends.fixed import FixedFrontEnd
from auditor.learners.options import Options
from auditor.randomness import Stream
from auditor.replay import grid_noise, noise, views
from auditor.replay.grid_noise import Sampler

Integers = npt.NDArray[np.integer]
Labels = npt.NDArray[np.int64]
Masks = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True, kw_only=True)
class RowMaker:
    """Turns a training set into what the member is trained on.

    Rows = every affine copy of every example (``copies`` usually begins with the identity), each
    in ``views`` random views of the test side (0: everything visible, no noise), drawn from the
    member's own "augment" stream. With deterministic views they are drawn uniformly from
    ``masks`` (views, d), the certified list; hiding hides a unit's ``channels`` together, and
    ``added`` is the noise of the sides that add some.
    """

    spec: InputSpec
    channels: int
    copies: tuple[Affine, ...]
    views: int
    test: Mapping[str, Any]
    masks: Masks | None
    added: Sampler | None
    front_end: FixedFrontEnd | None

    @classmethod
    def from_recipe(
        cls,
        recipe: Mapping[str, Any],
        spec: InputSpec,
        masks: Masks | None,
        front_end: FixedFrontEnd | None,
    ) -> RowMaker:
        """Read ``training`` and ``smoothing.test``. Raises RecipeError for what cannot be done."""
        training = Options(recipe.get("training", {}), "training")
        copies = tuple(
            Affine.from_options(Options(copy, f"training.copies[{index}]"))
            for index, copy in enumerate(training.table.get("copies", ({},)))
        )
        moved = any(not copy.identity for copy in copies)
        if moved and (not spec.image or spec.symbols == 0):
            msg = f"training.copies: expected images of symbols, got examples of shape {spec.shape}"
            raise RecipeError(msg)
        test = recipe["smoothing"]["test"]
        drawn = training.whole("masks", 0)
        if drawn and test["method"] == "none":
            raise training.error("masks", drawn, "0 when smoothing.test is none")
        return cls(
            spec=spec,
            channels=views.channels_of(recipe, spec.shape),
            copies=copies,
            views=drawn,
            test=test,
            masks=masks,
            added=grid_noise.sampler(test, recipe.get("alphabet", {})) if drawn else None,
            front_end=front_end,
        )

    @property
    def front_end_graph(self) -> onnx.ModelProto | None:
        """The recipe's front end as a graph, if there is one."""
        return None if self.front_end is None else self.front_end.model

    @property
    def width(self) -> int:
        """Length of a row that :meth:`rows` returns."""
        return self.spec.width if self.front_end is None else self.front_end.size

    @property
    def rows_per_example(self) -> int:
        """Rows that one example becomes."""
        return len(self.copies) * max(1, self.views)

    @property
    def scale(self) -> int:
        """What :meth:`integers` multiplies a row by: (symbols - 1), or 1 for grid steps."""
        return max(1, self.spec.symbols - 1)

    def rows(
        self, examples: TrainingSet, streams: Streams
    ) -> tuple[npt.NDArray[np.float32], Labels]:
        """Return rows (r, width), through the front end if there is one, and labels (r,)."""
        symbols, labels, visible = self.shown(examples, streams)
        result = views.values(symbols, self.spec.symbols)
        if visible is not None and self.spec.masked:
            result = views.masked(result, visible)
        elif visible is not None:
            result = np.where(visible == 1, result, np.float32(0))
        if self.front_end is not None:
            result = self.front_end.apply(result)
        return result, labels

    def integers(self, examples: TrainingSet, streams: Streams) -> tuple[Integers, Labels]:
        """Return rows without a front end, times :attr:`scale`: exact integers (r, width)."""
        symbols, labels, visible = self.shown(examples, streams)
        result: Integers
        if 2 <= self.spec.symbols <= 128:
            # Modulo 256 on the way, but the result is within -127 .. 127: bytes are enough.
            result = (2 * symbols.astype(np.uint8) - np.uint8(self.scale)).view(np.int8)
        else:
            result = symbols.astype(np.int64)
            result = 2 * result - self.scale if self.spec.symbols else result
        if visible is not None:
            seen = visible.astype(result.dtype)
            result = result * seen
            if self.spec.masked:
                result = np.concatenate([result, seen * result.dtype.type(self.scale)], -1)
        return result, labels

    def shown(
        self, examples: TrainingSet, streams: Streams
    ) -> tuple[Integers, Labels, Masks | None]:
        """Return the symbols of all rows, their labels, and what is visible (None: unmasked).

        Visible is what both the training side and the test side show.
        """
        symbols, labels, visible = self._views(examples, streams)
        if examples.visible is None:
            return symbols, labels, visible
        own = np.tile(examples.visible, (self.rows_per_example, 1))
        return symbols, labels, own if visible is None else own & visible

    def _views(
        self, examples: TrainingSet, streams: Streams
    ) -> tuple[Integers, Labels, Masks | None]:
        """Return the rows as the test side shows them, of examples that are seen whole."""
        symbols = np.concatenate([self._copy(copy, examples.symbols) for copy in self.copies])
        labels = np.tile(examples.labels, len(self.copies))
        if not self.views:
            if not self.spec.masked:
                return symbols, labels, None
            return symbols, labels, np.ones(symbols.shape, np.uint8)
        symbols = np.tile(symbols, (self.views, 1))
        labels = np.tile(labels, self.views)
        stream = streams("augment")
        if self.masks is not None:
            return symbols, labels, self.masks[_below(len(self.masks), len(symbols), stream)]
        if self.added is not None:
            return grid_noise.added(symbols, self.added, stream), labels, None
        if self.test["method"] == "flip":
            keep = self.test["keep"]
            noisy = noise.flip(symbols, alphabet=self.spec.symbols, keep=keep, stream=stream)
            return noisy, labels, None
        units = (len(symbols), symbols.shape[1] // self.channels)
        shown = noise.show(units, weight_shown=self.test["show"], stream=stream)
        return symbols, labels, np.tile(shown, self.channels)

    def _copy(self, copy: Affine, symbols: Integers) -> Integers:
        """Transform examples; the result is rounded to the nearest symbol, halves down."""
        if copy.identity:
            return symbols
        top = np.float32(self.spec.symbols - 1)
        moved = copy.apply(symbols.astype(np.float32) / top, self.spec.shape)
        rounded: Integers = np.ceil(moved * top - np.float32(0.5)).astype(symbols.dtype)
        return rounded


def _below(bound: int, count: int, stream: Stream) -> npt.NDArray[np.int64]:
    """Return ``count`` near-uniform indices below ``bound`` (bias under bound / 2^32).

    Exact uniformity is not needed: which masks a member trains on is part of the classifier.
    """
    words = np.frombuffer(stream.take(4 * count), "<u4").astype(np.uint64)
    return ((words * np.uint64(bound)) >> np.uint64(32)).astype(np.int64)
