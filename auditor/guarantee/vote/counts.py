"""Least winning counts: for every declared budget, the votes of n that prove it.

One table serves all inputs, so judging an input is comparing whole numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from flint import fmpq

from auditor.exact import binomial
from auditor.exact.rational import round_up
from auditor.guarantee.claim import Requirement, Threshold
from auditor.guarantee.noise import Shift, worst_threshold
from auditor.guarantee.threat import Budget

THRESHOLD_BITS: Final = 64
"""p* is rounded up to a multiple of 2**-64: never in favour of a claim."""

_HALF: Final = fmpq(1, 2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Thresholds of ``draws`` votes at the levels of one input."""

    draws: int
    floor: fmpq
    event: fmpq
    k_floor: int | None
    """Votes that prove a label at all; None: no number of these draws does."""
    p_star: Mapping[Budget, fmpq]
    k_star: Mapping[Budget, int | None]

    def least(self, budget: Budget) -> int | None:
        """Return the least winning count of a declared budget, or of the empty one."""
        return self.k_star[budget] if budget.amounts else self.k_floor

    def proving(self, budget: Budget) -> tuple[Budget, ...]:
        """Return the budgets, each with its least count, any of which proves this one.

        Itself where it is declared or empty, else the declared ones that cover it.
        """
        if not budget.amounts or budget in self.k_star:
            return (budget,)
        return tuple(declared for declared in self.k_star if declared.covers(budget))

    def thresholds(self, budgets: Sequence[Budget]) -> tuple[Threshold, ...]:
        """Return the thresholds of these budgets."""
        return tuple(
            Threshold(budget=budget, p_star=self.p_star[budget], k_star=self.least(budget))
            for budget in budgets
        )

    def requirements(
        self, budgets: Sequence[Budget], apart: int, unit: str
    ) -> tuple[Requirement, ...]:
        """Return what these budgets demand; ``apart`` draws are spent on choosing labels."""
        return tuple(self._requirement(budget, apart, unit) for budget in budgets)

    def _requirement(self, budget: Budget, apart: int, unit: str) -> Requirement:
        p_star, count = self.p_star[budget], self.least(budget)
        least = self.least_draws(p_star)
        if least is None:
            reason = f"{budget}: impossible with this noise, whatever the number of {unit}"
        elif count is None:
            reason = (
                f"{budget}: impossible with {self.draws + apart:,} {unit}: needs {least + apart:,}"
            )
        else:
            reason = f"{budget}: needs {count:,} of {self.draws:,} votes"
        return Requirement(
            budget=budget,
            reachable=count is not None,
            reason=reason,
            share=p_star,
            count=count,
            least_draws=None if least is None else least + apart,
        )

    def least_draws(self, p_star: fmpq) -> int | None:
        """Return the least number of draws at which unanimous votes prove p > p_star."""
        if p_star >= 1:
            return None
        return max(least_unanimous(p_star, self.event), least_unanimous(_HALF, self.floor))


def table(
    draws: int, *, floor: fmpq, event: fmpq, shifts: Mapping[Budget, tuple[Shift, ...]]
) -> Table:
    """Return the table of ``draws`` votes for the budgets of ``shifts``."""
    k_floor = binomial.least_count(draws, _HALF, floor)
    p_star: dict[Budget, fmpq] = {}
    k_star: dict[Budget, int | None] = {}
    for budget, ways in shifts.items():
        worst = worst_threshold(ways)
        p_star[budget] = fmpq(1) if worst is None else round_up(worst, THRESHOLD_BITS)
        least = binomial.least_count(draws, p_star[budget], event)
        possible = least is not None and k_floor is not None
        k_star[budget] = max(least or 0, k_floor or 0) if possible else None
    return Table(
        draws=draws, floor=floor, event=event, k_floor=k_floor, p_star=p_star, k_star=k_star
    )


def most(holds: Callable[[int], bool], high: int) -> int:
    """Return the largest of 0 .. high that holds, -1 if none does; above it, none may hold again.

    >>> [most(lambda n: n * n <= 30, high) for high in (-1, 3, 100)]
    [-1, 3, 5]
    """
    low = -1
    while low < high:
        middle = (low + high + 1) // 2
        if holds(middle):
            low = middle
        else:
            high = middle - 1
    return low


@lru_cache(maxsize=4096)
def least_unanimous(p: fmpq, level: fmpq) -> int:
    """Return the least n >= 1 with p**n <= level, for 0 < p < 1 and 0 < level < 1.

    >>> least_unanimous(fmpq(1, 2), fmpq(1, 1000)), least_unanimous(fmpq(31, 32), fmpq(1, 1000))
    (10, 218)
    """
    holds = 1
    while not binomial.tail_at_most(holds, holds, p, level):
        holds *= 2
    fails = holds // 2
    while holds - fails > 1:
        middle = (holds + fails) // 2
        if binomial.tail_at_most(middle, middle, p, level):
            holds = middle
        else:
            fails = middle
    return holds
