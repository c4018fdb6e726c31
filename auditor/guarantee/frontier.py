"""Which declared budgets hold, and which of those are maximal."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from auditor.guarantee.threat import Budget


@dataclass(frozen=True, kw_only=True)
class Declared:
    """The budgets of a claim, in declared order, each once."""

    budgets: tuple[Budget, ...]

    @cached_property
    def _above(self) -> tuple[tuple[Budget, tuple[Budget, ...]], ...]:
        """Each budget with the other declared ones that cover it."""
        return tuple(
            (budget, tuple(o for o in self.budgets if o != budget and o.covers(budget)))
            for budget in self.budgets
        )

    def frontier(self, holds: Callable[[Budget], bool]) -> tuple[Budget, ...]:
        """Return the maximal budgets among those that hold, in declared order."""
        certified = {budget for budget in self.budgets if holds(budget)}
        return tuple(
            budget
            for budget, above in self._above
            if budget in certified and certified.isdisjoint(above)
        )
