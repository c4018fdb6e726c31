"""Rows and columns of a grid of members: the heaviest that an attack can touch, exactly.

For each set of columns that a change of features can touch, all their members are touched, and of
the others those in the heaviest rows. Trying every set is exact, since rows are then independent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Final

from auditor.errors import RecipeError
from auditor.guarantee.test.units import Layout
from auditor.guarantee.threat import COLUMNS, INPUT_FEATURES, INPUT_PATCH, TRAIN_EXAMPLES, Budget
from auditor.guarantee.training.grid import Blocks, Grid

_MAX_SUMS: Final = 1 << 20  # of rows, for one input: a second at most


@dataclass(frozen=True, slots=True, kw_only=True)
class Lines:
    """``rows`` x ``columns`` members, numbered column by column."""

    rows: int
    columns: int
    touched: Mapping[Budget, tuple[Blocks, ...]]
    """For each declared change of features, the sets of columns that it can touch."""

    @classmethod
    def of(cls, grid: Grid, layout: Layout, budgets: Sequence[Budget], classes: int) -> Lines:
        """Return the lines of a grid; RecipeError when the bounds would be too long to compute."""
        ways: dict[tuple[int, int], tuple[Blocks, ...]] = {}
        touched: dict[Budget, tuple[Blocks, ...]] = {}
        sums = 0
        for budget in (Budget(), *budgets):
            features = Budget(tuple(a for a in budget.amounts if a[0] != TRAIN_EXAMPLES))
            if features in touched:
                continue
            # a place that changes everywhere touches one column, like one that changes in the input
            key = (features.get(INPUT_FEATURES) + features.get(COLUMNS), features.get(INPUT_PATCH))
            if key not in ways:
                ways[key] = grid.touched(*key, layout)
            touched[features] = ways[key]
            sums += sum(len(chosen) + 1 for chosen in ways[key]) * grid.parts * (classes - 1)
            if sums > _MAX_SUMS:
                message = (
                    f"claim.budgets: the bounds would add up {sums} rows an input, "
                    f"more than {_MAX_SUMS}"
                )
                raise RecipeError(message)
        return cls(rows=grid.parts, columns=grid.blocks, touched=touched)

    @property
    def depth(self) -> int:
        """The most training units that make a difference: all rows."""
        return self.rows

    def heaviest(self, weights: Sequence[int], features: Budget) -> Sequence[int]:
        """Return the most weight that ``features`` and 0, 1, .. training units touch, exactly."""
        columns = [weights[at : at + self.rows] for at in range(0, len(weights), self.rows)]
        rows = list(map(sum, zip(*columns, strict=True)))
        heaviest = [0] * (self.rows + 1)
        for chosen in self.touched[features]:
            left, taken = rows, 0
            for column in chosen:
                taken += sum(columns[column])
                left = [row - own for row, own in zip(left, columns[column], strict=True)]
            found = accumulate(sorted(left, reverse=True), initial=taken)
            heaviest = list(map(max, heaviest, found))
        return heaviest
