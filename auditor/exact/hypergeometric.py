"""Exact bounds from a sample without replacement: how many bad units can have escaped it.

A simple random sample of ``sampled`` from ``of`` units, ``bad`` of them bad, shows X bad ones:

    P[X = i] = C(bad, i) C(of - bad, sampled - i) / C(of, sampled).

X grows with ``bad``, so P[X <= found] falls with it, and the largest ``bad`` at which that exceeds
delta is a one-sided confidence bound: whatever the true number is, it is larger than the bound with
probability at most delta (docs/guarantee.md, section 7). Tails are decided as in
:mod:`auditor.exact.binomial`: by ball arithmetic at growing precision, then by integers, and what
stays undecided counts as *not established*. Terms are summed only until the decision is certain.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from flint import arb, ctx, fmpq, fmpz

_PRECISIONS: Final = (128, 512)
_CHECK: Final = 64  # terms between two looks at the sum
_MAX_TERMS: Final = 1 << 18  # beyond, a sum is left as an enclosure, however wide
_WIDE: Final = fmpq(1, 1 << 32)
_WORD: Final = 1 << 63
_EXACT_BITS: Final = 1 << 18  # bits of C(of, sampled) up to which the integer sum is quick
_EXACT_WORK: Final = 1 << 30  # the same times the number of terms


def undetected(of: int, sampled: int, found: int, delta: fmpq) -> int:
    """Return the largest number of bad units that shows at most ``found`` with chance > delta.

    So at most that many of the ``of`` units are bad, those found included, unless an event of
    probability at most ``delta`` happened in drawing the sample; the number of bad units must have
    been fixed before. A sample of everything leaves ``found``, an empty one ``of``. A comparison
    that cannot be decided counts as "> delta", which makes the result larger, never smaller.

    Raises ValueError unless 0 <= found <= sampled <= of and 0 <= delta < 1.

    >>> [undetected(1000, sampled, 0, fmpq(1, 1000)) for sampled in (0, 100, 500, 999, 1000)]
    [1000, 63, 9, 0, 0]
    >>> undetected(10**10, 10**6, 3, fmpq(1, 1000))
    130616
    """
    _check("sampled", sampled, of)
    _check("found", found, sampled)
    _check_delta(delta)
    # ``found`` bad ones show at most ``found``; more than the other limit show more for certain
    fails, holds = found, of - sampled + found + 1
    while holds - fails > 1:
        middle = (holds + fails) // 2
        if cdf_at_most(of, middle, sampled, found, delta):
            holds = middle
        else:
            fails = middle
    return fails


def sample_size(of: int, bad: int, delta: fmpq) -> int:
    """Return the least sample that shows one of ``bad`` bad units with chance >= 1 - delta.

    The least ``sampled`` with ``undetected(of, sampled, 0, delta) < bad``. Raises ValueError unless
    1 <= bad <= of and 0 <= delta < 1.

    >>> sample_size(1_000_000, 10_000, fmpq(1, 1000)), sample_size(1000, 1, fmpq(0))
    (688, 1000)
    """
    _check("bad", bad, of, least=1)
    _check_delta(delta)
    fails, holds = 0, of - bad + 1  # more than all good units
    while holds - fails > 1:
        middle = (holds + fails) // 2
        if cdf_at_most(of, bad, middle, 0, delta):
            holds = middle
        else:
            fails = middle
    return holds


def cdf_at_most(of: int, bad: int, sampled: int, found: int, level: fmpq) -> bool:
    """Return True only if P[X <= found] <= level is established.

    >>> [cdf_at_most(10, bad, 5, 0, fmpq(1, 12)) for bad in (2, 3)]
    [False, True]
    """
    return decide_cdf(of, bad, sampled, found, level) is True


def decide_cdf(of: int, bad: int, sampled: int, found: int, level: fmpq) -> bool | None:
    """Return whether P[X <= found] <= level, or None when it could not be decided.

    Raises ValueError unless 0 <= bad <= of and 0 <= sampled <= of.
    """
    _check("bad", bad, of)
    _check("sampled", sampled, of)
    if found >= min(bad, sampled):
        return level >= 1
    if found < max(0, bad + sampled - of):
        return level >= 0
    if level <= 0 or level >= 1:
        return level >= 1  # here the chance lies strictly between 0 and 1
    for precision in _PRECISIONS:
        # logarithms of factorials are larger than their difference by about the size of ``of``
        with ctx.workprec(precision + 2 * of.bit_length()):
            limit, width = arb(level), arb(1)
            for low, high in _enclosures(of, bad, sampled, found, precision):
                if high <= limit or low > limit:
                    return high <= limit
                width = high - low
            if not width < limit * _WIDE:
                break  # cut short by the number of its terms: more bits would not help
    return _by_integers(of, bad, sampled, found, level)


def _by_integers(of: int, bad: int, sampled: int, found: int, level: fmpq) -> bool | None:
    """Return whether P[X <= found] <= level, or None when long integers would cost too much."""
    terms = found - max(0, bad + sampled - of) + 1
    for draw, marked in ((sampled, bad), (bad, sampled)):  # the law is the same with them exchanged
        bits = min(of, min(draw, of - draw) * of.bit_length())
        if of < _WORD and bits <= _EXACT_BITS and bits * terms <= _EXACT_WORK:
            return exact_cdf(of, marked, draw, found) <= level
    return None


def exact_cdf(of: int, bad: int, sampled: int, found: int) -> fmpq:
    """Return P[X <= found] as a rational. Costs ``found`` products of long integers.

    >>> str(exact_cdf(10, 3, 5, 0))
    '1/12'
    """
    _check("bad", bad, of)
    _check("sampled", sampled, of)
    least = max(0, bad + sampled - of)
    if found >= min(bad, sampled):
        return fmpq(1)
    if found < least:
        return fmpq(0)
    good = of - bad
    ways = fmpz.bin_uiui(bad, least) * fmpz.bin_uiui(good, sampled - least)
    total = ways
    for i in range(least, found):
        ways = ways * ((bad - i) * (sampled - i)) // ((i + 1) * (good - sampled + i + 1))
        total += ways
    return fmpq(total, fmpz.bin_uiui(of, sampled))


def _enclosures(
    of: int, bad: int, sampled: int, found: int, precision: int
) -> Iterator[tuple[arb, arb]]:
    """Yield ever closer (low, high) with low <= P[X <= found] <= high, the chance not 0 or 1."""
    if found * of <= sampled * bad:
        yield from _outward(of, bad, sampled, found, precision)
        return
    # above the mean: the rest, "at most sampled - found - 1 good ones", is below its own
    for low, high in _outward(of, of - bad, sampled, sampled - found - 1, precision):
        yield 1 - high, 1 - low


def _outward(
    of: int, bad: int, sampled: int, found: int, precision: int
) -> Iterator[tuple[arb, arb]]:
    """Yield enclosures of P[X <= found] for a possible ``found`` at or below the mean.

    Terms are summed away from the mean, in units of 2**-precision of the first and rounded down.
    Their ratio is below 1 and falls, so that what is left out is less than a geometric series.
    """
    first = _mass(of, bad, sampled, found) / (fmpz(1) << precision)
    others = of - bad - sampled  # may be negative
    term = total = 1 << precision
    for count, i in enumerate(range(found, max(0, -others), -1)):
        up, down = i * (others + i), (bad - i + 1) * (sampled - i + 1)
        if count % _CHECK == 0:
            # every term so far is too small by at most its number
            rest = (term + count) * up // (down - up) + 1
            high = total + count * (count + 1) // 2 + rest
            yield first * total, first * high
            if rest < total >> precision // 2 or count >= _MAX_TERMS:
                return
        term = term * up // down
        total += term
    terms = found - max(0, -others)
    yield first * total, first * (total + terms * (terms + 1) // 2)


def _mass(of: int, bad: int, sampled: int, found: int) -> arb:
    """Enclose P[X = found] for a possible ``found``."""
    log_mass = (
        _log_choose(bad, found) + _log_choose(of - bad, sampled - found) - _log_choose(of, sampled)
    )
    return log_mass.exp()


def _log_choose(n: int, k: int) -> arb:
    return arb(n + 1).lgamma() - arb(k + 1).lgamma() - arb(n - k + 1).lgamma()


def _check(what: str, value: int, most: int, *, least: int = 0) -> None:
    if not least <= value <= most:
        message = f"{what}: expected {least} to {most}, got {value}"
        raise ValueError(message)


def _check_delta(delta: fmpq) -> None:
    if not 0 <= delta < 1:
        message = f"delta: expected 0 <= delta < 1, got {delta}"
        raise ValueError(message)
