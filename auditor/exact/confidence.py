"""Confidence bounds on a probability as dyadic rationals: the last one that is established.

Clopper and Pearson (1934), one-sided. A float-free search proposes; :mod:`auditor.exact.binomial`
decides.
"""

from __future__ import annotations

from functools import lru_cache

from flint import arb, ctx, fmpq

from auditor.exact.binomial import tail_at_most, tail_ball


@lru_cache(maxsize=65536)
def lower_bound(n: int, k: int, level: fmpq, bits: int = 32) -> fmpq:
    """Return the largest a/2**bits that k of n votes prove the probability to exceed.

    False with chance at most ``level``. Zero (with nothing proved) when k = 0.

    >>> lower_bound(1000, 1000, fmpq(1, 1000)) < fmpq(99312, 100000)
    True
    >>> lower_bound(10, 0, fmpq(1, 100)) == 0
    True
    """
    if not 0 <= k <= n:
        message = f"count: expected 0 <= k <= {n}, got {k}"
        raise ValueError(message)
    scale = 1 << bits
    holds, fails = 0, scale
    if k == 0:
        return fmpq(0)
    guess, width = _guess(n, k, level, scale), 1
    # gallop from the guess to a bracket, then bisect: every step is a rigorous decision
    while holds < guess - width or guess + width < fails:
        below, above = guess - width, guess + width
        if below > holds and not tail_at_most(n, k, fmpq(below, scale), level):
            fails = below
        elif above < fails and tail_at_most(n, k, fmpq(above, scale), level):
            holds = above
        else:
            holds, fails = max(holds, below), min(fails, above)
            break
        width *= 16
    while fails - holds > 1:
        middle = (holds + fails) // 2
        if tail_at_most(n, k, fmpq(middle, scale), level):
            holds = middle
        else:
            fails = middle
    return fmpq(holds, scale)


def upper_bound(n: int, k: int, level: fmpq, bits: int = 32) -> fmpq:
    """Return the least a/2**bits that k of n votes prove the probability to stay below.

    >>> str(upper_bound(10, 10, fmpq(1, 100)))
    '1'
    """
    return 1 - lower_bound(n, n - k, level, bits)


def _guess(n: int, k: int, level: fmpq, scale: int) -> int:
    """Return a rough solution of tail(p) = level, times scale. It starts a search, nothing more.

    Newton's method on the logarithm of the tail, which is concave in p: from a start below the
    root it climbs and never overshoots.
    """
    with ctx.workprec(64):
        target = arb(level).log()
        p = (target / k).exp() * arb(fmpq(k, n)) / 3
        for _ in range(24):
            p = arb(p.mid())
            tail = tail_ball(n, k, p, 64)
            # d/dp of the tail is the density of Beta(k, n - k + 1)
            log_density = (
                arb(n + 1).lgamma()
                - arb(k).lgamma()
                - arb(n - k + 1).lgamma()
                + (k - 1) * p.log()
                + (n - k) * (1 - p).log()
            )
            step = (target - tail.log()) * tail / log_density.exp()
            if not step.is_finite():
                break
            if not 0 < p + step < 1:
                break
            p = p + step
            if abs(step) * scale < 1:
                break
        return min(max(int((p * scale).mid().floor().unique_fmpz() or 1), 1), scale - 1)
