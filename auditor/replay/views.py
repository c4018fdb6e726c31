"""What a member is shown of an input: float32 rows made from symbols and masks.

A row has one value in [-1, 1] a feature (the symbol, scaled linearly). Where the test side can
hide features, hidden values are 0 and a second half of the row says which are visible (1 or 0).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from auditor.guarantee.smoothing import blocks_for, views_for
from auditor.randomness import Stream
from auditor.replay import grid_noise, noise
from auditor.replay.grid_noise import Sampler

Rows = npt.NDArray[np.float32]

#: Test sides that hide features, so that a row carries a visibility half.
_HIDING = frozenset({"hide", "views", "two-mask", "ablation"})


#: Test sides whose views are a fixed family of masks.
_FAMILIES = frozenset({"views", "two-mask", "ablation"})


def alphabet_size(alphabet: Mapping[str, Any]) -> int:
    """Return the number of symbols of a recipe's alphabet; 0 stands for the steps of a grid."""
    if alphabet["kind"] == "binary":
        return 2
    return len(alphabet["edges"]) + 1 if alphabet["kind"] == "levels" else 0


def masks_for(recipe: Mapping[str, Any], shape: Sequence[int]) -> npt.NDArray[np.uint8] | None:
    """Return the certified views (views, d), 1 = visible, in canonical order; None if random."""
    if recipe["smoothing"]["test"]["method"] not in _FAMILIES:
        return None
    masks = views_for(recipe, shape)
    return np.frombuffer(b"".join(masks), np.uint8).reshape(len(masks), -1)


def blocks_of(recipe: Mapping[str, Any], shape: Sequence[int]) -> npt.NDArray[np.uint8] | None:
    """Return what each block of a grid shows (blocks, d), 1 = in the block; None without blocks."""
    if recipe["smoothing"]["training"]["method"] != "grid":
        return None
    blocks = blocks_for(recipe, shape)
    return np.frombuffer(b"".join(blocks), np.uint8).reshape(len(blocks), -1)


def pairwise(recipe: Mapping[str, Any]) -> bool:
    """Tell whether members vote between every two classes, too."""
    vote = recipe["smoothing"].get("vote")
    return vote is not None and vote["method"] == "run-off"


def hiding(recipe: Mapping[str, Any]) -> bool:
    """Tell whether members are shown a part of an input, so that rows say what is visible."""
    smoothing = recipe["smoothing"]
    return smoothing["test"]["method"] in _HIDING or smoothing["training"]["method"] == "grid"


def channels_of(recipe: Mapping[str, Any], shape: Sequence[int]) -> int:
    """Return how many features make one unit: a pixel's channels, or 1."""
    pixel = recipe.get("alphabet", {}).get("unit", "pixel") == "pixel"
    return shape[0] if pixel and len(shape) == 3 else 1


def values(symbols: npt.NDArray[np.integer], alphabet: int) -> Rows:
    """Scale symbols 0 .. alphabet-1 linearly to [-1, 1]; shape kept.

    ``alphabet`` 0 stands for grid steps, which are already centred integers and are only cast.
    """
    if alphabet == 0:
        return symbols.astype(np.float32)
    scaled = symbols.astype(np.float32) * np.float32(2.0 / (alphabet - 1))
    return scaled - np.float32(1.0)


def masked(visible_values: Rows, visible: npt.NDArray[np.uint8]) -> Rows:
    """Return rows (batch, 2 d): values where visible, else 0, beside the visibility."""
    seen = visible.astype(np.float32)
    # Not a product: -1 times 0 is -0.0, whose sign bit would tell what is hidden.
    shown = np.where(visible == 1, visible_values, np.float32(0))
    return np.concatenate([shown, np.broadcast_to(seen, shown.shape)], -1)


@dataclass(frozen=True, slots=True)
class _SideBySide:
    """Streams of which each gives one row's bits, so that a batch is noised in one go."""

    streams: Sequence[Stream]

    def take(self, size: int) -> bytes:
        """Return the next ``size`` bytes: an equal share of each stream, in order."""
        share = size // len(self.streams)
        return b"".join(stream.take(share) for stream in self.streams)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shower:
    """Makes the views of inputs under one test side.

    ``masks`` are the certified views (views, d), in canonical order, of the deterministic sides.
    Where the alphabet's unit is a pixel, hiding hides all its ``channels`` together. ``added`` is
    the noise of the sides that add some. ``blocks`` (blocks, d) are what members are shown of the
    input where each has one block of it: the first members the first block, and so on, as many for
    each.
    """

    test: Mapping[str, Any]
    channels: int
    alphabet: int
    draws: int
    masks: npt.NDArray[np.uint8] | None
    added: Sampler | None = None
    blocks: npt.NDArray[np.uint8] | None = None

    @property
    def views(self) -> int:
        """How many views of one input the evidence of fixed members covers."""
        if self.masks is not None:
            return len(self.masks)
        return self.draws or 1

    def fixed(
        self, symbols: npt.NDArray[np.integer], stream: Stream, draws: int | None = None
    ) -> Rows:
        """Return every view (views, width) of one input (d,), in canonical order.

        ``stream`` is the input's own; only the randomised sides read it. ``draws`` replaces the
        audited number of noisy views.
        """
        method = self.test["method"]
        if self.masks is not None:
            return masked(values(symbols, self.alphabet)[None, :], self.masks)
        if method == "none":
            return values(symbols, self.alphabet)[None, :]
        repeated = np.broadcast_to(symbols, (draws or self.draws, symbols.size))
        return self._noisy(repeated, stream)

    def drawn(self, symbols: npt.NDArray[np.integer], streams: Sequence[Stream]) -> Rows:
        """Return one view each (batch, width) of inputs (batch, d), one stream an input."""
        if self.test["method"] == "none":
            return values(symbols, self.alphabet)
        return self._noisy(symbols, _SideBySide(streams))

    def block(self, symbols: npt.NDArray[np.integer], block: int) -> Rows:
        """Return what one block shows (batch, 2 d) of inputs (batch, d)."""
        assert self.blocks is not None  # noqa: S101 - asked only where there are blocks
        return masked(values(symbols, self.alphabet), self.blocks[block])

    def some(self, symbols: npt.NDArray[np.integer], chosen: Sequence[int]) -> Rows:
        """Return only the ``chosen`` masked views of one input (d,)."""
        if self.masks is None:
            return values(symbols, self.alphabet)[None, :]
        return masked(values(symbols, self.alphabet)[None, :], self.masks[list(chosen)])

    def _noisy(self, symbols: npt.NDArray[np.integer], stream: noise.Bits) -> Rows:
        if self.added is not None:
            return values(grid_noise.added(symbols, self.added, stream), self.alphabet)
        if self.test["method"] == "flip":
            flipped = noise.flip(
                symbols, alphabet=self.alphabet, keep=self.test["keep"], stream=stream
            )
            return values(flipped, self.alphabet)
        units = (len(symbols), symbols.shape[1] // self.channels)
        visible = noise.show(units, weight_shown=self.test["show"], stream=stream)
        return masked(values(symbols, self.alphabet), np.tile(visible, self.channels))
