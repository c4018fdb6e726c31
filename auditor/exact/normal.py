"""The normal distribution, only as far as it can be decided: rounded values and rational witnesses.

Phi is enclosed by ball arithmetic (Arb's erfc) and never inverted: a quantile is a dyadic rational
z of which "Phi(z) is less than p" is established. Rounded values are asked for at growing
precision until the enclosure lies between two neighbouring multiples. That this ends is all that
is taken for granted (it would not, were Phi(z) such a multiple itself); at the last precision the
value is refused.
"""

from __future__ import annotations

from functools import lru_cache
from math import isqrt
from typing import Final

from flint import arb, ctx, fmpq, fmpz

_PRECISIONS: Final = (128, 512, 2048)
WITNESS_BITS: Final = 32
_FARTHEST: Final = 16
"""Witnesses lie from -16 to 16: chances from 2**-190 to 1 - 2**-190."""


def cdf_up(squared: fmpq, bits: int) -> fmpq:
    """Return the least a/2**bits that is at least Phi(r), r >= 0 being the root of ``squared``.

    Raises ValueError when it cannot be decided, or for a negative square.

    >>> str(cdf_up(fmpq(0), 64)), str(cdf_up(fmpq(1), 8)), str(cdf_up(fmpq(10**6), 64))
    ('1/2', '27/32', '1')
    """
    if squared < 0:
        message = f"square: expected a number that is not negative, got {squared}"
        raise ValueError(message)
    if squared == 0:
        return fmpq(1, 2)
    if squared >= 2 * bits:  # 1 - Phi(r) < exp(-r*r/2) < 2**-bits
        return fmpq(1)
    for precision in _PRECISIONS:
        with ctx.workprec(precision):
            scaled = _cdf(arb(squared).sqrt()) * (fmpz(1) << bits)
            rounded = scaled.ceil().unique_fmpz()
        if rounded is not None:
            return fmpq(rounded, fmpz(1) << bits)
    raise _undecided(f"at the root of {squared}")


def cdf_down(z: fmpq, bits: int) -> int:
    """Return floor(2**bits Phi(z)). Raises ValueError when it cannot be decided.

    >>> [cdf_down(fmpq(z), 8) for z in (-1000, -1, 0, 1, 1000)]
    [0, 40, 128, 215, 255]
    """
    if z == 0:
        return 1 << (bits - 1)
    if z * z >= 2 * bits:  # less than 2**-bits from 0 or from 1, and neither
        return 0 if z < 0 else (1 << bits) - 1
    for precision in _PRECISIONS:
        with ctx.workprec(precision + bits):
            rounded = (_cdf(arb(z)) * (fmpz(1) << bits)).floor().unique_fmpz()
        if rounded is not None:
            return int(rounded)
    raise _undecided(f"at {z}")


def below(z: fmpq, p: fmpq) -> bool:
    """Return True only if Phi(z) < p is established.

    >>> below(fmpq(0), fmpq(1, 2)), below(fmpq(1), fmpq(27, 32))
    (False, True)
    """
    if z == 0:
        return p > fmpq(1, 2)
    for precision in _PRECISIONS:
        with ctx.workprec(precision):
            value, level = _cdf(arb(z)), arb(p)
            if value < level:
                return True
            if value > level:
                return False
    return False


@lru_cache(maxsize=65536)
def witness_below(p: fmpq) -> fmpq | None:
    """Return the largest multiple z of 2**-32, from -16 to 16, with Phi(z) < p; None: none is.

    >>> float(witness_below(fmpq(1, 2))) < 0 < float(witness_below(fmpq(3, 4))) < 0.6745
    True
    """
    scale = 1 << WITNESS_BITS
    holds, fails = -_FARTHEST * scale, _FARTHEST * scale + 1
    if not below(fmpq(holds, scale), p):
        return None
    while fails - holds > 1:
        middle = (holds + fails) // 2
        if below(fmpq(middle, scale), p):
            holds = middle
        else:
            fails = middle
    return fmpq(holds, scale)


def least_after(p: fmpq, squared: fmpq) -> fmpq:
    """Return a number that is at most Phi(Phi^-1(p) - r), r >= 0 being the root of ``squared``.

    This is the least chance of an event of chance ``p`` once the mean of a normal variable has
    moved by r standard deviations. Here z with Phi(z) < p stands for Phi^-1(p), the least multiple
    of 2**-32 that is at least r for r, and the result is rounded down to a multiple of 2**-64.

    >>> 0.2397 < float(least_after(fmpq(1, 2), fmpq(1, 2))) < 0.2398
    True
    """
    witness = witness_below(p)
    if witness is None:
        return fmpq(0)
    return fmpq(cdf_down(witness - _root_up(squared), 64), fmpz(1) << 64)


def _root_up(squared: fmpq) -> fmpq:
    """Return the least multiple of 2**-32 whose square is at least ``squared``."""
    scaled = int(-((-squared.p << 2 * WITNESS_BITS) // squared.q))
    return fmpq(isqrt(scaled - 1) + 1 if scaled else 0, 1 << WITNESS_BITS)


def _cdf(z: arb) -> arb:
    """Enclose Phi(z)."""
    return (-z / arb(2).sqrt()).erfc() / 2


def _undecided(where: str) -> ValueError:
    return ValueError(f"normal distribution: its value {where} is too close to a tie to be rounded")
