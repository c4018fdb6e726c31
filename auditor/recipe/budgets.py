"""Budgets of a claim: grids multiplied out, zeros left out, none twice."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any, Final

from auditor.errors import RecipeError

#: Axes in the order in which grids are sorted and budgets are written.
AXES: Final = (
    "trainExamples",
    "trainFeatures",
    "trainLabels",
    "inputFeatures",
    "inputPatch",
    "columns",
    "total",
)
#: The most that a verifier reads (schemas/README.md, section 8).
MAX_BUDGETS: Final = 512


def expand(
    declared: Mapping[str, Any] | Sequence[Mapping[str, Any]], where: str
) -> list[dict[str, int]]:
    """Return the budgets in declared order, each grid as a sorted product.

    >>> expand({"trainExamples": [65, 0], "inputFeatures": [0, 4]}, "recipe")
    [{}, {'inputFeatures': 4}, {'trainExamples': 65}, {'trainExamples': 65, 'inputFeatures': 4}]
    """
    tables = [declared] if isinstance(declared, Mapping) else declared
    budgets: list[dict[str, int]] = []
    for table in tables:
        axes = [axis for axis in AXES if axis in table]
        ranges = [_values(table[axis]) for axis in axes]
        size = 1
        for values in ranges:
            size *= len(values)
        if size + len(budgets) > MAX_BUDGETS:
            raise RecipeError(
                f"{where}: claim.budgets: expected at most {MAX_BUDGETS} budgets, "
                f"got a grid of {size}"
            )
        for point in itertools.product(*ranges):
            # An axis at zero is an axis on which nothing changed: it says nothing.
            budget = {axis: size for axis, size in zip(axes, point, strict=True) if size}
            if budget not in budgets:
                budgets.append(budget)
    return budgets


def _values(declared: int | Sequence[int]) -> list[int]:
    return [declared] if isinstance(declared, int) else sorted(set(declared))
