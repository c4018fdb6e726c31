"""Facts about a recipe that follow from its methods."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from auditor.guarantee.sides import DRAWN_METHODS

#: Test sides that are random noise.
NOISY: Final = frozenset({"flip", "hide", "gaussian", "uniform"})
#: Sides that add a whole number of steps to every value.
ON_A_GRID: Final = frozenset({"gaussian", "uniform"})


def randomised(recipe: Mapping[str, Any]) -> bool:
    """Tell whether anything is drawn, so that the claim has a probability of error."""
    return drawn(recipe) or recipe["smoothing"]["test"]["method"] in NOISY


def drawn(recipe: Mapping[str, Any]) -> bool:
    """Tell whether each member is a random draw, good for one vote per input."""
    return recipe["smoothing"]["training"]["method"] in DRAWN_METHODS


def symbols(alphabet: Mapping[str, Any]) -> int | None:
    """Return the number of symbols of a finite alphabet, None for a grid."""
    if alphabet["kind"] == "binary":
        return 2
    return len(alphabet["edges"]) + 1 if alphabet["kind"] == "levels" else None
