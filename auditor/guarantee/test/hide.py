"""Hiding at random: each unit is shown with probability ``show`` (Levine and Feizi 2020).

A changed unit that is hidden changes nothing, whatever the alphabet. Units are hidden independently
of each other; a unit (a pixel with all its channels) is hidden or shown as a whole.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from flint import fmpq

from auditor.exact.flips import FlipGroup
from auditor.exact.rational import power_down
from auditor.guarantee import fields
from auditor.guarantee.threat import INPUT_FEATURES


@dataclass(frozen=True, slots=True, kw_only=True)
class Hide:
    """Probability with which a unit is shown."""

    method: ClassVar[str] = "hide"
    axes: ClassVar[tuple[str, ...]] = (INPUT_FEATURES,)

    show: fmpq

    @classmethod
    def from_dict(cls, value: Mapping[str, object], where: str) -> Hide:
        """Read the parameters; RecipeError names what is wrong."""
        fields.only(value, ("method", "show"), where)
        show = fields.probability(value, "show", where)
        if show in (0, 1):
            raise fields.refuse(where, "show", "more than 0 and less than 1", value.get("show"))
        return cls(show=show)

    def groups(self, values: int, symbols: int) -> tuple[FlipGroup, ...]:
        """Return no flips: what is shown is shown as it is."""
        del values, symbols
        return ()

    def survival(self, units: int) -> fmpq:
        """Return the chance (1 - show)**units that every changed unit is hidden.

        Rounded down where the exact number is too long; a lower survival only weakens a claim.

        >>> str(Hide(show=fmpq(1, 4)).survival(2))
        '9/16'
        """
        return power_down(1 - self.show, units)
