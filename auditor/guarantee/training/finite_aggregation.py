"""Finite Aggregation: many small parts, each given to several members (Wang, Levine, Feizi 2022).

There are as many members as parts. Part h goes to the members h + o (modulo the parts) for the
``spread`` offsets o, so a member is trained on ``spread`` parts and a changed example touches
``spread`` members. One offset would be :mod:`~auditor.guarantee.training.partition`.

The offsets are the first of the Mian-Chowla sequence, less one: 0, 1, 3, 7, 12, .. No difference
of two of them occurs twice, so parts share few members and members share few parts. Where an
example goes is decided by the assignment to parts, as for a partition; offsets need no chance.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar, Final

from auditor.errors import RecipeError
from auditor.guarantee import fields
from auditor.guarantee.threat import TRAIN_EXAMPLES, Threat
from auditor.guarantee.training.partition import Partition

MAX_SPREAD: Final = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class FiniteAggregation:
    """``parts`` parts and members; each part goes to ``spread`` members."""

    method: ClassVar[str] = "finite-aggregation"
    drawn: ClassVar[bool] = False
    axes: ClassVar[tuple[str, ...]] = (TRAIN_EXAMPLES,)

    parts: int
    by: str
    spread: int

    @classmethod
    def from_dict(cls, value: Mapping[str, object], where: str) -> FiniteAggregation:
        """Read the parameters; RecipeError names what is wrong."""
        fields.only(value, ("method", "parts", "by", "spread"), where)
        plain = {key: item for key, item in value.items() if key != "spread"}
        partition = Partition.from_dict(plain, where)
        spread = fields.integer(value, "spread", where, low=2, high=MAX_SPREAD)
        least = offsets(spread)[-1] + 1
        if partition.parts < least:
            message = f"{where}.parts: expected at least {least} (for spread {spread})"
            raise RecipeError(message)
        return cls(parts=partition.parts, by=partition.by, spread=spread)

    @property
    def members(self) -> int:
        """Number of members."""
        return self.parts

    def threat(self, unit: str) -> Threat:
        """Return the covered moves; RecipeError when unit and assignment do not fit."""
        return Partition(parts=self.parts, by=self.by).threat(unit)

    def fed(self, part: int) -> tuple[int, ...]:
        """Return the members that a part goes to."""
        return tuple((part + offset) % self.parts for offset in offsets(self.spread))

    def feeding(self, member: int) -> tuple[int, ...]:
        """Return the parts that a member is trained on."""
        return tuple((member - offset) % self.parts for offset in offsets(self.spread))


@lru_cache
def offsets(count: int) -> tuple[int, ...]:
    """Return the first numbers, from 0, of which each is the least that repeats no difference.

    >>> offsets(8)
    (0, 1, 3, 7, 12, 20, 30, 44)
    """
    found: list[int] = []
    differences: set[int] = set()
    candidate = 0
    while len(found) < count:
        new = {candidate - earlier for earlier in found}
        if differences.isdisjoint(new):
            found.append(candidate)
            differences |= new
        candidate += 1
    return tuple(found)
