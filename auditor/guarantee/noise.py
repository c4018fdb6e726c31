"""What one way of spending a budget does to the noise: the input of a Neyman-Pearson bound."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from flint import fmpq

from auditor.exact import neyman_pearson, normal
from auditor.exact.flips import Group
from auditor.exact.neyman_pearson import Bound

UNTOUCHED: Final = fmpq(1)
NO_DISTANCE: Final = fmpq(0)
_MARK_BITS: Final = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """What remains of the noise's protection after one change of data and input.

    With probability ``survival`` the noise uses no changed unit of the kinds that are used or not
    (examples in a bag, hidden pixels, values under uniform noise); given that, coordinates changed
    in ``groups`` are flipped. Besides, the mean of Gaussian noise moves by the root of ``squared``,
    in its standard deviations.

    Where noise moves, flips are priced as a first change and the rest as a second one: what the
    first leaves of a mass is what the second starts from (docs/methods/gaussian.md).
    """

    survival: fmpq = UNTOUCHED
    groups: tuple[Group, ...] = ()
    squared: fmpq = NO_DISTANCE

    def beside(self, other: Shift) -> Shift:
        """Return this change together with one of other, independent noise."""
        return Shift(
            survival=self.survival * other.survival,
            groups=neyman_pearson.merge((*self.groups, *other.groups)),
            squared=self.squared + other.squared,
        )

    def threshold(self) -> fmpq | None:
        """Return the vote probability that must be exceeded; None when none suffices."""
        if self.squared == 0:
            return neyman_pearson.threshold(self.groups, self.survival)
        if 2 * self.survival <= 1:
            return None
        if self.survival == 1:  # Phi(Phi^-1(q) - r) > 1/2 exactly for q > Phi(r)
            mark = normal.cdf_up(self.squared, _MARK_BITS)
        else:
            left = normal.least_after(1 - 1 / (2 * self.survival), self.squared)
            mark = 1 - self.survival * left
        return neyman_pearson.threshold(self.groups, UNTOUCHED, mark)


class Least:
    """The least mass that one change leaves of a mass, ready to be asked about many."""

    __slots__ = ("_bound", "_shift")

    def __init__(self, shift: Shift) -> None:
        survival = shift.survival if shift.squared == 0 else UNTOUCHED
        self._bound = Bound(shift.groups, survival)
        self._shift = shift

    def of(self, p: fmpq) -> fmpq:
        """Return LB(p)."""
        least, survival = self._bound.least(p), self._shift.survival
        if self._shift.squared == 0:
            return least
        if least <= 1 - survival:
            return fmpq(0)
        left = normal.least_after((least - (1 - survival)) / survival, self._shift.squared)
        return survival * left

    def ahead(self, low: fmpq, high: fmpq) -> bool:
        """Return whether a class above ``low`` stays ahead of a rival below ``high``."""
        return self.of(low) > 1 - self.of(1 - high)


def worst_threshold(shifts: tuple[Shift, ...]) -> fmpq | None:
    """Return the largest threshold over all ways of spending; None when one is impossible."""
    worst = fmpq(1, 2)
    for shift in shifts:
        value = shift.threshold()
        if value is None:
            return None
        worst = max(worst, value)
    return worst
