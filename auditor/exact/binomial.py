"""Exact decisions about binomial tails: what n votes prove about a probability.

If k of n independent votes fall on an event, then "its probability exceeds p" is false with
chance at most P[Bin(n, p) >= k]. Everything here decides that tail against a level with certainty:
by Arb's ball arithmetic (a rigorous enclosure) at growing precision, then, when a tie is too close
for balls, by integers. What stays undecided counts as *not established*.

Clopper and Pearson (1934), one-sided, without ever inverting a beta distribution in floats.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from flint import arb, ctx, fmpq, fmpz

_PRECISIONS: Final = (128, 512)
_WALK: Final = 16
_EXACT_BITS: Final = 1 << 18  # bits of denominator**n up to which the integer sum is quick


def tail_at_most(n: int, k: int, p: fmpq, level: fmpq) -> bool:
    """Return True only if P[Bin(n, p) >= k] <= level is established.

    >>> [tail_at_most(10, k, fmpq(1, 2), fmpq(1, 1024)) for k in (9, 10)]
    [False, True]
    """
    return decide_tail(n, k, p, level) is True


def decide_tail(n: int, k: int, p: fmpq, level: fmpq) -> bool | None:
    """Return whether P[Bin(n, p) >= k] <= level, or None when it could not be decided.

    Raises ValueError unless n >= 0 and 0 <= p <= 1.
    """
    _check(n, p)
    if k <= 0 or p == 1:
        certain = k <= n  # the tail is 1, or 0 when more than n successes are asked for
        return level >= (1 if certain else 0)
    if k > n or p == 0:
        return level >= 0
    if level <= 0 or level >= 1:
        return level >= 1  # here the tail lies strictly between 0 and 1
    for precision in _PRECISIONS:
        with ctx.workprec(precision):
            tail = tail_ball(n, k, arb(p), precision)
            if tail <= arb(level):
                return True
            if tail > arb(level):
                return False
    if n * int(p.q).bit_length() <= _EXACT_BITS:
        return exact_tail(n, k, p) <= level
    return None


def exact_tail(n: int, k: int, p: fmpq) -> fmpq:
    """Return P[Bin(n, p) >= k] as a rational. Costs min(k, n-k+1) products of long integers.

    >>> str(exact_tail(3, 2, fmpq(1, 2)))
    '1/2'
    """
    _check(n, p)
    if k <= 0:
        return fmpq(1)
    if k > n:
        return fmpq(0)
    yes, no = p.p, p.q - p.p
    if n - k <= k:
        return fmpq(_partial(n, n - k, yes, no) * yes**k, p.q**n)
    return 1 - fmpq(_partial(n, k - 1, no, yes) * no ** (n - k + 1), p.q**n)


def _partial(n: int, last: int, common: fmpz, rare: fmpz) -> fmpz:
    """Return sum over j <= last of C(n, j) rare**j common**(last - j), by Horner's rule."""
    total, choose, power = fmpz(0), fmpz(1), fmpz(1)
    for j in range(last + 1):
        total = total * common + choose * power
        power *= rare
        choose = choose * (n - j) // (j + 1)
    return total


def tail_ball(n: int, k: int, p: arb, precision: int) -> arb:
    """Enclose P[Bin(n, p) >= k] for 1 <= k <= n and 0 < p < 1."""
    if k == n:
        return p**n
    if k == 1:
        return 1 - (1 - p) ** n
    if arb(k) >= n * p:  # terms fall geometrically upwards from k
        return _outward(n, k, p, precision)
    return 1 - _outward(n, n - k + 1, 1 - p, precision)


def _outward(n: int, k: int, p: arb, precision: int) -> arb:
    """Enclose the upper tail by its falling terms and a geometric bound on what is left out."""
    q = 1 - p
    if k >= n:
        return p**n
    term = _mass(n, k, p)
    total = term
    odds = p / q
    negligible = arb(2) ** (-precision // 2)
    for i in range(k, n):
        # ratio of term i+1 to term i; it decreases in i
        ratio = odds * (n - i) / (i + 1)
        if i % 8 == 0 and ratio < 1:
            rest = term * ratio / (1 - ratio)
            if rest < total * negligible:
                return total + rest * arb(1, 1) / 2
        term = term * ratio
        total = total + term
    return total


def _mass(n: int, k: int, p: arb) -> arb:
    """Enclose P[Bin(n, p) = k] for 0 <= k <= n and 0 < p < 1."""
    log_mass = (
        arb(n + 1).lgamma()
        - arb(k + 1).lgamma()
        - arb(n - k + 1).lgamma()
        + k * p.log()
        + (n - k) * (1 - p).log()
    )
    return log_mass.exp()


@lru_cache(maxsize=4096)
def least_count(n: int, p: fmpq, level: fmpq) -> int | None:
    """Return the least k with P[Bin(n, p) >= k] <= level, or None when not even k = n will do.

    ``k`` votes of ``n`` then prove "the probability exceeds p" at this level, and k - 1 do not.
    Requires 0 <= level < 1/2 and n >= 0.

    >>> least_count(1000, fmpq(7, 8), fmpq(1, 1000))
    907
    >>> least_count(1000, fmpq(1999, 2000), fmpq(1, 9)) is None
    True
    """
    _check(n, p)
    if level < 0 or 2 * level >= 1:
        message = f"level: expected 0 <= level < 1/2, got {level}"
        raise ValueError(message)
    if not tail_at_most(n, n, p, level) or n == 0:
        return None
    if p == 0:
        return 1
    # Every step below moves on what decide_tail establishes or, where that is certain, on the same
    # tail carried from k to its neighbour; the guess only saves steps.
    k = _guess_count(n, p, level)
    while k > 1 and tail_at_most(n, k - 1, p, level):
        k = max(1, k - _WALK)
    return _climb(n, k, p, level)


def _climb(n: int, k: int, p: fmpq, level: fmpq) -> int:
    """Return the least k' >= k whose tail is at most level; there is one, n at the latest."""
    with ctx.workprec(_PRECISIONS[0]):
        ball, limit, odds = arb(p), arb(level), arb(p / (1 - p))
        tail, mass = tail_ball(n, k, ball, _PRECISIONS[0]), _mass(n, k, ball)
        while k < n:
            if tail <= limit or (not tail > limit and tail_at_most(n, k, p, level)):
                return k
            tail = tail - mass
            mass = mass * odds * (n - k) / (k + 1)
            k += 1
    return n


def _guess_count(n: int, p: fmpq, level: fmpq) -> int:
    """Return a k a little below the least count. It starts a search, nothing more.

    Newton's method on the logarithm of the tail as a function of k.
    """
    with ctx.workprec(64):
        ball, target = arb(p), arb(level).log() if level > 0 else arb(-64 * n)
        # the normal tail beyond z deviations is at most exp(-z*z/2)
        spread = (-2 * target * n * ball * (1 - ball)).sqrt()
        k = min(max(int((n * ball + spread).mid().floor().unique_fmpz() or 1), 1), n)
        for _ in range(32):
            tail = tail_ball(n, k, ball, 64)
            jump = (tail.log() - target) * tail / _mass(n, k, ball)
            moved = int(jump.mid().floor().unique_fmpz() or 0) if jump.is_finite() else 0
            k = min(max(k + moved, 1), n)
            if abs(moved) <= 2:
                break
        return max(1, k - 2)


def _check(n: int, p: fmpq) -> None:
    if n < 0 or not 0 <= p <= 1:
        message = f"binomial: expected n >= 0 and 0 <= p <= 1, got n={n}, p={p}"
        raise ValueError(message)
