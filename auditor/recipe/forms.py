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


def fixed_members(training: Mapping[str, Any]) -> int | None:
    """Return how many members a training side has, None where they are drawn.

    >>> fixed_members({"method": "grid", "parts": 5, "down": 2, "across": 3})
    30
    """
    match training["method"]:
        case "none" | "neighbours":
            return 1
        case "partition" | "finite-aggregation":
            return int(training["parts"])
        case "grid":
            return int(training["parts"]) * blocks(training)
        case _:
            return None


def blocks(training: Mapping[str, Any]) -> int:
    """Return the number of blocks of features of a grid."""
    tiles = training.get("down", 1) * training.get("across", 1)
    return int(training.get("groups") or training.get("ranges") or tiles)


def symbols(alphabet: Mapping[str, Any]) -> int | None:
    """Return the number of symbols of a finite alphabet, None for a grid."""
    if alphabet["kind"] == "binary":
        return 2
    return len(alphabet["edges"]) + 1 if alphabet["kind"] == "levels" else None
