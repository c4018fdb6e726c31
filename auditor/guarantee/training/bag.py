"""Bagging: a member is trained on examples drawn with replacement (Jia, Cao and Gong 2021).

Covers rewriting examples at will (features and label), the number of examples staying the same.
With unit ``group`` a bag draws groups, each with all its rows; a rewritten group has any rows, also
none, and the names of the groups stay the same or become fewer (docs/methods/groups.md).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Final

from flint import fmpq

from auditor.exact.rational import power_down
from auditor.guarantee import fields
from auditor.guarantee.threat import TRAIN_EXAMPLES, Threat

_MAX_SIZE: Final = 1 << 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Bag:
    """``size`` draws with replacement for each member."""

    method: ClassVar[str] = "bag"
    drawn: ClassVar[bool] = True
    axes: ClassVar[tuple[str, ...]] = (TRAIN_EXAMPLES,)

    size: int

    @classmethod
    def from_dict(cls, value: Mapping[str, object], where: str) -> Bag:
        """Read the parameters; RecipeError names what is wrong."""
        fields.only(value, ("method", "size"), where)
        return cls(size=fields.integer(value, "size", where, low=1, high=_MAX_SIZE))

    def threat(self, unit: str) -> Threat:
        """Return the covered moves; the unit is what a bag draws."""
        return Threat(unit=unit, moves=(("modify", 1), ("relabel", 1)))

    def survival(self, changed: int, units: int) -> fmpq:
        """Return the chance (1 - changed/units)**size that no rewritten unit is drawn.

        Rounded down where the exact number is too long; a lower survival only weakens a claim.

        >>> str(Bag(size=2).survival(1, 4))
        '9/16'
        """
        untouched = max(units - changed, 0)
        return power_down(fmpq(untouched, units), self.size)
