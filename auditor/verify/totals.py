"""How many claims hold at each declared budget: the naive count, at a cost that cannot explode.

A frontier may have as many points as there are budgets. Comparing each with each would let one
signed folder of a few MiB take minutes; here a point costs a search on every axis.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping, Sequence

from auditor.guarantee.threat import AXES, Budget


def certified(
    budgets: Sequence[Budget], frontiers: Mapping[tuple[Budget, ...], int]
) -> tuple[int, ...]:
    """Return for each budget how many claims hold at it, given the claims counted by frontier.

    >>> two, one = Budget.of({"trainExamples": 2}), Budget.of({"trainExamples": 1})
    >>> certified((two, one), {(two,): 3, (one,): 4, (): 5})
    (3, 7)
    """
    covered = _Covered(budgets)
    held: Counter[int] = Counter()
    for frontier, count in frontiers.items():
        held[covered.by_any(frontier)] += count
    return tuple(
        sum(count for budgets_held, count in held.items() if budgets_held >> place & 1)
        for place in range(len(budgets))
    )


class _Covered:
    """Which of some budgets a frontier covers, as a set of bits: bit i for budget i."""

    __slots__ = ("_axes",)

    def __init__(self, budgets: Sequence[Budget]) -> None:
        self._axes = tuple(
            _Axis(axis, budgets) for axis in AXES if any(b.get(axis) for b in budgets)
        )
        if not self._axes:
            self._axes = (_Axis(AXES[0], budgets),)

    def by_any(self, frontier: Sequence[Budget]) -> int:
        """Return the budgets that some point of the frontier covers."""
        bits = 0
        for point in frontier:
            amounts = dict(point.amounts)
            within = -1
            for axis in self._axes:
                within &= axis.within(amounts.get(axis.name, 0))
            bits |= within
        return bits


class _Axis:
    """The budgets that an amount on one axis allows."""

    __slots__ = ("_amounts", "_bits", "name")

    def __init__(self, name: str, budgets: Sequence[Budget]) -> None:
        self.name = name
        ordered = sorted((budget.get(name), place) for place, budget in enumerate(budgets))
        self._amounts = [amount for amount, _ in ordered]
        self._bits = [0]
        for _, place in ordered:
            self._bits.append(self._bits[-1] | 1 << place)

    def within(self, amount: int) -> int:
        """Return the budgets that ask for at most this amount on the axis."""
        return self._bits[bisect_right(self._amounts, amount)]
