"""The least probability that survives a change of coordinates under discrete noise, exactly.

A change of coordinates turns the law P of their noisy values into Q. Values with the same ratio
Q/P are one type (exact/flips.py, exact/bagged_flips.py). The Neyman-Pearson lemma then gives the
least Q-mass L(p) of a randomised test with P-mass p: fill p with types in increasing order of Q/P.
(Lee, Yuan, Chang, Jaakkola 2019, Lemma 4 and its greedy fill; docs/guarantee.md, section 3.)

``survival`` is the chance that the noise uses no changed unit at all (a bag without a rewritten
example, a view with all changed pixels hidden); otherwise nothing is known. Then

    LB(p) = survival * L((p - (1 - survival)) / survival),   zero below p = 1 - survival.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate, product
from math import prod
from typing import Final

from flint import fmpq, fmpz

from auditor.exact.flips import FlipGroup, Group, merge_flips

__all__ = [
    "MAX_TYPES",
    "Bound",
    "FlipGroup",
    "Group",
    "greatest_mass",
    "least_mass",
    "mass_bits",
    "merge",
    "threshold",
    "type_count",
]

MAX_TYPES: Final = 1 << 18
_KEPT_BITS: Final = 1 << 20
_CERTAIN: Final = fmpq(1)
_HALF: Final = fmpq(1, 2)


def merge(groups: Sequence[Group]) -> tuple[Group, ...]:
    """Join flips with the same noise and drop empty ones; flips come first."""
    flips = merge_flips(group for group in groups if isinstance(group, FlipGroup))
    return (*flips, *(group for group in groups if not isinstance(group, FlipGroup)))


def type_count(groups: Sequence[Group]) -> int:
    """Return the number of types a bound over these groups sums: its cost."""
    return prod(group.types for group in merge(groups))


def mass_bits(groups: Sequence[Group]) -> int:
    """Return about how many bits the masses of these types take: what a bound costs in memory."""
    merged = merge(groups)
    return type_count(merged) * sum(group.bits for group in merged)


class Bound:
    """LB and UB of one change of the noise, ready to be asked about many probabilities.

    Raises ValueError unless 0 <= survival <= 1, and for more than MAX_TYPES types.
    """

    __slots__ = ("_survival", "_types")

    def __init__(self, groups: Sequence[Group], survival: fmpq = _CERTAIN) -> None:
        _check_probability("survival", survival)
        self._survival = survival
        self._types = _types(merge(groups))

    def least(self, p: fmpq) -> fmpq:
        """Return LB(p): the least changed-law mass of any test with original-law mass ``p``."""
        _check_probability("p", p)
        survival = self._survival
        if survival == 0 or p <= 1 - survival:
            return fmpq(0)
        return survival * self._types.fill((p - (1 - survival)) / survival)

    def greatest(self, p: fmpq) -> fmpq:
        """Return UB(p) = 1 - LB(1 - p): the largest changed-law mass of a test with mass ``p``."""
        return 1 - self.least(1 - p)

    def threshold(self, mark: fmpq = _HALF) -> fmpq | None:
        """Return p*: LB(p) > ``mark`` exactly for p > p*; None when no p will do.

        L is its own inverse under the exchange of P and Q, L^-1(y) = 1 - L(1 - y), because
        exchanging old and new symbols maps the pair (P, Q) to (Q, P). Hence p* = 1 - survival *
        L(1 - mark/survival), which is 1 - L(1/2) for a majority at survival 1.
        """
        survival = self._survival
        if survival <= mark:
            return None
        return 1 - survival * self._types.fill(1 - mark / survival)


def least_mass(groups: Sequence[Group], p: fmpq, survival: fmpq = _CERTAIN) -> fmpq:
    """Return LB(p), see :class:`Bound`.

    >>> str(least_mass([FlipGroup(symbols=2, keep=fmpq(4, 5), changed=1)], fmpq(7, 8)))
    '1/2'
    """
    return Bound(groups, survival).least(p)


def greatest_mass(groups: Sequence[Group], p: fmpq, survival: fmpq = _CERTAIN) -> fmpq:
    """Return UB(p), see :class:`Bound`."""
    return Bound(groups, survival).greatest(p)


def threshold(
    groups: Sequence[Group], survival: fmpq = _CERTAIN, mark: fmpq = _HALF
) -> fmpq | None:
    """Return p*, see :class:`Bound`.

    >>> [str(threshold([FlipGroup(symbols=2, keep=fmpq(4, 5), changed=r)])) for r in (0, 1, 4)]
    ['1/2', '7/8', '3971/4000']
    """
    return Bound(groups, survival).threshold(mark)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Types:
    """All types in increasing order of Q/P: the P mass and the Q mass up to and with each.

    Masses are integers over ``total``; every type has some of both.
    """

    total: fmpz
    old: tuple[fmpz, ...]
    new: tuple[fmpz, ...]

    def fill(self, p: fmpq) -> fmpq:
        """Return L(p)."""
        wanted = p * self.total
        last = bisect_left(self.old, -((-wanted.p) // wanted.q))
        old, new = (self.old[last - 1], self.new[last - 1]) if last else (fmpz(0), fmpz(0))
        # the boundary type is used in part: a randomised test
        ratio = fmpq(self.new[last] - new, self.old[last] - old)
        return (new + (wanted - old) * ratio) / self.total


def _types(groups: tuple[Group, ...]) -> _Types:
    """Return the types of merged groups."""
    if type_count(groups) > MAX_TYPES:
        message = f"noise: {type_count(groups)} types exceed the limit of {MAX_TYPES}"
        raise ValueError(message)
    # what is long is not kept: hostile recipes must not fill the memory one after the other
    return _kept(groups) if mass_bits(groups) <= _KEPT_BITS else _sorted(groups)


def _sorted(groups: tuple[Group, ...]) -> _Types:
    columns = [group.masses() for group in groups]
    old = [prod(each, start=fmpz(1)) for each in product(*columns)]
    new = [prod(each, start=fmpz(1)) for each in product(*(column[::-1] for column in columns))]
    if len(groups) > 1 or not all(group.ordered for group in groups):
        ratios = [prod(each) for each in product(*(group.ratios() for group in groups))]
        order = sorted(range(len(ratios)), key=ratios.__getitem__)
        old, new = [old[place] for place in order], [new[place] for place in order]
    return _Types(
        total=prod((group.scale for group in groups), start=fmpz(1)),
        old=tuple(accumulate(old)),
        new=tuple(accumulate(new)),
    )


_kept = lru_cache(maxsize=64)(_sorted)


def _check_probability(name: str, value: fmpq) -> None:
    if not 0 <= value <= 1:
        message = f"{name}: expected a probability, got {value}"
        raise ValueError(message)
