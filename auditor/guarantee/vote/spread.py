"""Members that each part of the examples goes to: a bound on the heaviest that parts can touch.

Parts share members, so the heaviest r parts are a maximum-coverage problem. The bound adds up what
the r heaviest parts weigh one by one, as the source does: never below the truth, and above it where
heavy parts share members. docs/methods/finite-aggregation.md measures how little a linear program
would gain.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Final

from auditor.errors import RecipeError
from auditor.guarantee.threat import Budget
from auditor.guarantee.training.finite_aggregation import FiniteAggregation

_MAX_SUMS: Final = 1 << 21  # of votes, for one input: a second at most


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """The members that each part feeds."""

    training: FiniteAggregation

    @classmethod
    def of(cls, training: FiniteAggregation, classes: int) -> Spread:
        """Return them; RecipeError when the bounds would be too long to compute."""
        sums = training.parts * training.spread * (classes - 1)
        if sums > _MAX_SUMS:
            message = (
                f"smoothing.training: the bounds would add up {sums} votes an input, "
                f"more than {_MAX_SUMS}"
            )
            raise RecipeError(message)
        return cls(training=training)

    @property
    def depth(self) -> int:
        """The most training units that make a difference: all parts."""
        return self.training.parts

    def heaviest(self, weights: Sequence[int], features: Budget) -> Sequence[int]:
        """Return at least the weight of the members that any 0, 1, .. parts feed."""
        assert not features.amounts  # noqa: S101 - no other axis is covered
        # the first part goes to the members at the offsets, the next to those after them, ..
        at = self.training.fed(0)
        parts = map(sum, zip(*([*weights[o:], *weights[:o]] for o in at), strict=True))
        most = sum(weights)
        added = accumulate(sorted(parts, reverse=True), initial=0)
        return [min(weight, most) for weight in added]
