"""Poisson bags: every example enters a member's bag by itself, with one chance.

Covers inserting, deleting and rewriting examples at will. Whether one example is in a bag says
nothing about another, so the bound depends on the price of an attack alone, not on how many
examples there are (docs/methods/poisson-bag.md).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from flint import fmpq

from auditor.exact.rational import power_down
from auditor.guarantee import fields
from auditor.guarantee.threat import TRAIN_EXAMPLES, Threat
from auditor.guarantee.training.bag import check_unit


@dataclass(frozen=True, slots=True, kw_only=True)
class PoissonBag:
    """``rate``: the chance with which an example enters a bag."""

    method: ClassVar[str] = "poisson-bag"
    drawn: ClassVar[bool] = True
    axes: ClassVar[tuple[str, ...]] = (TRAIN_EXAMPLES,)

    rate: fmpq

    @classmethod
    def from_dict(cls, value: Mapping[str, object], where: str) -> PoissonBag:
        """Read the parameters; RecipeError names what is wrong."""
        fields.only(value, ("method", "rate"), where)
        rate = fields.probability(value, "rate", where)
        if rate in (0, 1):
            raise fields.refuse(where, "rate", "more than 0 and less than 1", value.get("rate"))
        return cls(rate=rate)

    def threat(self, unit: str) -> Threat:
        """Return the covered moves; RecipeError for groups, of which a bag would draw rows."""
        check_unit(unit)
        return Threat(
            unit=unit, moves=(("insert", 1), ("delete", 1), ("modify", 1), ("relabel", 1))
        )

    def survival(self, price: int) -> fmpq:
        """Return the chance (1 - rate)**price that none of so many rewritten examples is drawn.

        Insertions and deletions of the same summed price leave the claim more. Rounded down where
        the exact number is too long; a lower survival only weakens a claim.

        >>> str(PoissonBag(rate=fmpq(1, 4)).survival(2))
        '9/16'
        """
        return power_down(1 - self.rate, price)
