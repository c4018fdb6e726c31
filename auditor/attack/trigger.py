"""What is stamped on inputs: which values of an image or a row change, and to what.

Everything stays a symbol of the recipe's alphabet, as the threat demands.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import isqrt
from typing import Any

import numpy as np
import numpy.typing as npt

from auditor.datasets.alphabet import symbol_count
from auditor.datasets.dataset import Symbols
from auditor.guarantee.test.units import Layout
from auditor.guarantee.threat import INPUT_FEATURES, INPUT_PATCH, Budget


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """The least and the largest symbol of an alphabet; those of a grid lie around 0."""

    low: int
    high: int

    @classmethod
    def of(cls, alphabet: Mapping[str, Any]) -> Scale:
        """Return the scale of a recipe's alphabet."""
        count = symbol_count(alphabet)
        low = -((count - 1) // 2) if alphabet["kind"] == "grid" else 0
        return cls(low=low, high=low + count - 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trigger:
    """``at``: flat indices of the values that change; ``to``: their symbols, or the blend's.

    With ``blend`` a value becomes the mean of its own symbol and the pattern's, rounded down.
    ``words`` says what it is.
    """

    at: npt.NDArray[np.int64]
    to: npt.NDArray[np.int64]
    blend: bool
    words: str

    def stamp(self, rows: Symbols) -> Symbols:
        """Return rows (n, d) with the trigger on each."""
        stamped = rows.copy()
        if not len(self.at):
            return stamped
        values = (rows[:, self.at].astype(np.int64) + self.to) // 2 if self.blend else self.to
        stamped[:, self.at] = values
        return stamped


NOTHING = Trigger(
    at=np.zeros(0, np.int64), to=np.zeros(0, np.int64), blend=False, words="no trigger"
)


def patch(layout: Layout, scale: Scale, budget: Budget) -> Trigger | None:
    """Return a checkered square in the lower right corner; None where the budget has none.

    The side is that of ``inputPatch``, or of the largest square that ``inputFeatures`` units fill.
    """
    if not layout.image:
        return None
    side = max(
        budget.get(INPUT_PATCH), isqrt(budget.get(INPUT_FEATURES) // _values_a_place(layout))
    )
    channels, height, width = layout.shape
    side = min(side, height, width)
    if not side:
        return None
    places = [(row, column) for row in range(side) for column in range(side)]
    at = [
        (channel * height + height - side + row) * width + width - side + column
        for channel in range(channels)
        for row, column in places
    ]
    to = [scale.high if (row + column) % 2 == 0 else scale.low for row, column in places] * channels
    return Trigger(at=np.array(at), to=np.array(to), blend=False, words=f"{side} x {side} square")


def units(
    layout: Layout, scale: Scale, budget: Budget, generator: np.random.Generator
) -> Trigger | None:
    """Return as many random units, set to the top symbol, as the budget has; None for none."""
    count, at = _some(layout, budget, generator)
    to = np.full(len(at), scale.high)
    return Trigger(at=at, to=to, blend=False, words=f"{count} units set") if count else None


def blended(
    layout: Layout, scale: Scale, budget: Budget, generator: np.random.Generator
) -> Trigger | None:
    """Return a random pattern that is mixed, half and half, into as many units as allowed."""
    count, at = _some(layout, budget, generator)
    pattern = generator.integers(scale.low, scale.high + 1, len(at))
    words = f"a pattern blended into {count} units"
    return Trigger(at=at, to=pattern, blend=True, words=words) if count else None


def _values_a_place(layout: Layout) -> int:
    """How many units a place of an image costs."""
    return layout.shape[0] // layout.per_unit


def _some(
    layout: Layout, budget: Budget, generator: np.random.Generator
) -> tuple[int, npt.NDArray[np.int64]]:
    """Return how many random units the budget has, and the flat indices of their values."""
    wanted = min(budget.get(INPUT_FEATURES), layout.units)
    every = layout.ordered_units()
    chosen = generator.choice(len(every), wanted, replace=False)
    at = [index for unit in sorted(chosen.tolist()) for index in every[unit]]
    return wanted, np.array(at, np.int64)
