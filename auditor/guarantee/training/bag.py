"""Bagging: a member is trained on examples drawn with replacement (Jia, Cao and Gong 2021).

Covers rewriting examples at will (features and label); with ``moves`` ``any-size`` also inserting
and deleting them. The bound is the same: of all sizes that a data set may have after an attack of
one price, the audited size leaves the attacker most (docs/methods/bag.md). With unit ``group`` a
bag draws groups, each with all its rows; a rewritten group has any rows, also none
(docs/methods/groups.md).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Final

from flint import fmpq

from auditor.errors import RecipeError
from auditor.exact.rational import power_down
from auditor.guarantee import fields
from auditor.guarantee.threat import TRAIN_EXAMPLES, Threat

MAX_SIZE: Final = 1 << 16
REWRITING: Final = (("modify", 1), ("relabel", 1))
_MOVES: Final = {
    "fixed-size": REWRITING,
    "any-size": (("insert", 1), ("delete", 1), *REWRITING),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Bag:
    """``size`` draws with replacement for each member; ``moves``: ``fixed-size``, ``any-size``."""

    method: ClassVar[str] = "bag"
    drawn: ClassVar[bool] = True
    axes: ClassVar[tuple[str, ...]] = (TRAIN_EXAMPLES,)

    size: int
    moves: str = "fixed-size"

    @classmethod
    def from_dict(cls, value: Mapping[str, object], where: str) -> Bag:
        """Read the parameters; RecipeError names what is wrong."""
        fields.only(value, ("method", "size", "moves"), where)
        return cls(
            size=fields.integer(value, "size", where, low=1, high=MAX_SIZE),
            moves=fields.choice(value, "moves", where, tuple(_MOVES), "fixed-size"),
        )

    def threat(self, unit: str) -> Threat:
        """Return the covered moves; the unit is what a bag draws."""
        return Threat(unit=unit, moves=_MOVES[self.moves])

    def survival(self, changed: int, units: int) -> fmpq:
        """Return the chance (1 - changed/units)**size that no rewritten unit is drawn.

        It serves insertions and deletions too: ``changed`` is the summed price of all moves.
        Rounded down where the exact number is too long; a lower survival only weakens a claim.

        >>> str(Bag(size=2).survival(1, 4))
        '9/16'
        """
        return untouched(changed, units, self.size)


def check_unit(unit: str) -> None:
    """Raise RecipeError for groups, of which these bags would draw rows."""
    if unit != "example":
        message = f"unit {unit!r}: such a bag draws examples; groups need bag or partition"
        raise RecipeError(message)


def untouched(changed: int, units: int, draws: int) -> fmpq:
    """Return the chance (1 - changed/units)**draws, rounded down where it is too long."""
    return power_down(fmpq(max(units - changed, 0), units), draws)
