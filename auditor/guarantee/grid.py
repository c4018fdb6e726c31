"""Noise on a declared grid: values are whole numbers of steps, and so is every change of them.

An l2 change is a sum of squared steps, an l1 change a sum of steps: whole numbers, so that budgets
stay whole numbers and all scales exact rationals.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import isqrt
from typing import Final

from flint import fmpq

from auditor.errors import RecipeError
from auditor.exact import rational
from auditor.guarantee import fields
from auditor.guarantee.threat import INPUT_SQUARES, INPUT_STEPS, TRAIN_SQUARES, TRAIN_STEPS

MAX_SIGMA: Final = 1 << 12
"""Most steps in one standard deviation: noise is drawn from a table of all its likely values."""
MAX_WIDTH: Final = 1 << 16
"""Most steps across which noise is uniform."""
_MAX_NUMBER: Final = 1 << 64
_SQUARES: Final = (TRAIN_SQUARES, INPUT_SQUARES)
_STEPS: Final = (TRAIN_STEPS, INPUT_STEPS)


def grid(alphabet: Mapping[str, object]) -> tuple[fmpq, fmpq, fmpq]:
    """Return (low, high, step) of an alphabet of kind ``grid``; RecipeError if malformed."""
    low, high, step = (_number(alphabet, key) for key in ("low", "high", "step"))
    if step <= 0 or high <= low or ((high - low) / step).q != 1:
        message = "alphabet: expected low < high and a step that divides high - low"
        raise RecipeError(message)
    return low, high, step


def sigma_in_steps(side: Mapping[str, object], alphabet: Mapping[str, object], where: str) -> fmpq:
    """Return ``sigma``, a number above 0 in the units of the values, as a number of steps."""
    steps = _in_steps(side, "sigma", alphabet, where)
    if steps > MAX_SIGMA:
        raise fields.refuse(where, "sigma", f"at most {MAX_SIGMA} steps of the grid", str(steps))
    return steps


def width_in_steps(side: Mapping[str, object], alphabet: Mapping[str, object], where: str) -> int:
    """Return ``width``, in the units of the values, as a whole number of steps from 2."""
    steps = _in_steps(side, "width", alphabet, where)
    if steps.q != 1 or not 2 <= steps <= MAX_WIDTH:
        expected = f"2 to {MAX_WIDTH} whole steps of the grid"
        raise fields.refuse(where, "width", expected, side.get("width"))
    return int(steps.p)


def overlap(width: int, steps: int) -> fmpq:
    """Return the least chance that noise uniform over ``width`` steps hides so many changed steps.

    Values changed by d_1, d_2, .. share the part prod (1 - d_j/width) of their noise's laws. Its
    logarithm is concave in each d_j, so for a given sum it is least when one value bears all.
    """
    return fmpq(max(width - steps, 0), width)


def distance(axis: str, amount: int, alphabet: Mapping[str, object]) -> str | None:
    """Return an amount as a distance in the units of the values, rounded down to four decimals.

    None on axes that count no steps, and where there are none: the alphabet is no grid.

    >>> alphabet = {"kind": "grid", "low": "0", "high": "1", "step": "1/4"}
    >>> distance("inputSquares", 2, alphabet), distance("trainSteps", 6, alphabet)
    ('l2 distance 0.3535', 'l1 distance 1.5')
    """
    if axis not in (*_SQUARES, *_STEPS) or alphabet.get("kind") != "grid":
        return None
    _, _, step = grid(alphabet)
    scaled = 10_000 * step
    if axis in _SQUARES:
        squared = amount * scaled**2
        norm, number = "l2", isqrt(int(squared.p // squared.q))
    else:
        norm, number = "l1", int((amount * scaled).floor())
    whole, rest = divmod(number, 10_000)
    text = f"{whole}.{rest:04d}".rstrip("0").rstrip(".")
    return f"{norm} distance {text}"


def _in_steps(
    side: Mapping[str, object], key: str, alphabet: Mapping[str, object], where: str
) -> fmpq:
    if alphabet.get("kind") != "grid":
        message = f"{where}: method {side.get('method')!r} needs alphabet.kind 'grid'"
        raise RecipeError(message)
    try:
        value = rational.parse(side.get(key))
    except ValueError:
        raise fields.refuse(where, key, "a fraction such as '1/4'", side.get(key)) from None
    if value == 0 or value.p > _MAX_NUMBER or value.q > _MAX_NUMBER:
        expected = "a fraction above 0, numerator and denominator up to 2^64"
        raise fields.refuse(where, key, expected, side.get(key))
    _, _, step = grid(alphabet)
    return value / step


def _number(alphabet: Mapping[str, object], key: str) -> fmpq:
    try:
        return rational.parse_number(alphabet.get(key))
    except ValueError:
        raise fields.refuse("alphabet", key, "a number as text", alphabet.get(key)) from None
