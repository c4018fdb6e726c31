"""What one way of spending a budget does to the noise: the input of a Neyman-Pearson bound."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from flint import fmpq

from auditor.exact import neyman_pearson
from auditor.exact.flips import Group

UNTOUCHED: Final = fmpq(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """What remains of the noise's protection after one change of data and input.

    With probability ``survival`` the noise uses no changed unit of the kinds that are used or not
    (examples in a bag, hidden pixels); given that, coordinates changed in ``groups`` are flipped.
    """

    survival: fmpq = UNTOUCHED
    groups: tuple[Group, ...] = ()

    def threshold(self) -> fmpq | None:
        """Return the vote probability that must be exceeded; None when none suffices."""
        return neyman_pearson.threshold(self.groups, self.survival)


def worst_threshold(shifts: tuple[Shift, ...]) -> fmpq | None:
    """Return the largest threshold over all ways of spending; None when one is impossible."""
    worst = fmpq(1, 2)
    for shift in shifts:
        value = shift.threshold()
        if value is None:
            return None
        worst = max(worst, value)
    return worst
