"""Flip noise on the input: each value kept with probability ``keep``, else another symbol.

Every value is flipped on its own; a changed pixel of several channels is that many changed values.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from flint import fmpq

from auditor.exact.flips import FlipGroup
from auditor.guarantee import fields
from auditor.guarantee.threat import INPUT_FEATURES


@dataclass(frozen=True, slots=True, kw_only=True)
class FlipTest:
    """Keep probability of input values."""

    method: ClassVar[str] = "flip"
    axes: ClassVar[tuple[str, ...]] = (INPUT_FEATURES,)

    keep: fmpq

    @classmethod
    def from_dict(cls, value: Mapping[str, object], where: str) -> FlipTest:
        """Read the parameters; RecipeError names what is wrong."""
        fields.only(value, ("method", "keep"), where)
        keep = fields.probability(value, "keep", where)
        if keep == 1:
            raise fields.refuse(where, "keep", "less than 1 (or method 'none')", value.get("keep"))
        return cls(keep=keep)

    def groups(self, values: int, symbols: int) -> tuple[FlipGroup, ...]:
        """Return the noise on ``values`` changed values."""
        return (FlipGroup(symbols=symbols, keep=self.keep, changed=values),) if values else ()

    def survival(self, units: int) -> fmpq:
        """Return 1: flips always show something of a changed unit, and the groups price it."""
        del units
        return fmpq(1)
