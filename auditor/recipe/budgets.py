"""Budgets of a claim: grids multiplied out, zeros left out, none twice."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any, Final

from auditor.errors import RecipeError

#: Axes in the order in which grids are sorted and budgets are written.
AXES: Final = (
    "trainExamples",
    "partialExamples",
    "featuresPerExample",
    "labelsPerExample",
    "trainFeatures",
    "trainLabels",
    "trainSquares",
    "trainSteps",
    "inputFeatures",
    "inputPatch",
    "inputSquares",
    "inputSteps",
    "columns",
    "total",
)
#: What may be changed of each partly changed example.
CAPS: Final = frozenset({"featuresPerExample", "labelsPerExample"})
_PARTIAL: Final = CAPS | {"partialExamples"}
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
            amounts = _partial(dict(zip(axes, point, strict=True)))
            budget = {axis: size for axis, size in amounts.items() if size}
            if budget not in budgets:
                budgets.append(budget)
    return budgets


def _partial(amounts: dict[str, int]) -> dict[str, int]:
    """Drop the rest of what is zero in part: so much of no example, or nothing of so many.

    >>> _partial({"partialExamples": 0, "featuresPerExample": 5, "inputFeatures": 1})
    {'inputFeatures': 1}
    """
    caps = [amounts[cap] for cap in CAPS if cap in amounts]
    if amounts.get("partialExamples") == 0 or (caps and not any(caps)):
        return {axis: size for axis, size in amounts.items() if axis not in _PARTIAL}
    return amounts


def _values(declared: int | Sequence[int]) -> list[int]:
    return [declared] if isinstance(declared, int) else sorted(set(declared))
