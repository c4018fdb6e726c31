"""The least probability that survives a change of coordinates under discrete noise, exactly.

A coordinate of an alphabet with K symbols is kept with probability ``keep`` and otherwise replaced
by one of the K - 1 other symbols, uniformly. A change of R such coordinates turns the law P of the
noisy value into Q. Unchanged coordinates have the same law under both and drop out, so nothing here
depends on the dimension. On the changed ones Q/P depends only on

    e = #(coordinates showing the old symbol) - #(coordinates showing the new one),

namely (other/keep)**e, and the mass of the type e is a coefficient of
(keep z**2 + (K-2) other z + other)**R. The Neyman-Pearson lemma then gives the least Q-mass L(p)
of a randomised test with P-mass p: fill p with types in increasing order of Q/P.
(Lee, Yuan, Chang, Jaakkola 2019, Lemma 4 and its greedy fill; the reduction is proved in
docs/guarantee.md, section 3.)

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

from flint import fmpq, fmpz, fmpz_poly

MAX_CHANGED: Final = 4096
MAX_TYPES: Final = 1 << 18
_KEPT_BITS: Final = 1 << 20
_CERTAIN: Final = fmpq(1)
_HALF: Final = fmpq(1, 2)


@dataclass(frozen=True, slots=True, kw_only=True)
class FlipGroup:
    """``changed`` coordinates with the same alphabet and the same noise.

    Raises ValueError unless symbols >= 2, 1/symbols < keep < 1 and 0 <= changed <= MAX_CHANGED.
    With keep = 1/symbols the noise erases everything; below, it prefers wrong symbols: neither
    has a use, so both are refused.
    """

    symbols: int
    keep: fmpq
    changed: int

    def __post_init__(self) -> None:
        if self.symbols < 2:
            message = f"symbols: expected at least 2, got {self.symbols}"
            raise ValueError(message)
        if not (self.keep < 1 and self.keep * self.symbols > 1):
            message = f"keep: expected 1/{self.symbols} < keep < 1, got {self.keep}"
            raise ValueError(message)
        if not 0 <= self.changed <= MAX_CHANGED:
            message = f"changed: expected 0 .. {MAX_CHANGED}, got {self.changed}"
            raise ValueError(message)

    @property
    def types(self) -> int:
        """Number of likelihood-ratio values."""
        return self.changed + 1 if self.symbols == 2 else 2 * self.changed + 1


def merge(groups: Sequence[FlipGroup]) -> tuple[FlipGroup, ...]:
    """Join groups with the same noise and drop empty ones, in a canonical order."""
    changed: dict[tuple[int, fmpq], int] = {}
    for group in groups:
        key = (group.symbols, group.keep)
        changed[key] = changed.get(key, 0) + group.changed
    ordered = sorted(changed.items(), key=lambda item: (item[0][0], item[0][1]))
    return tuple(
        FlipGroup(symbols=symbols, keep=keep, changed=count)
        for (symbols, keep), count in ordered
        if count
    )


def type_count(groups: Sequence[FlipGroup]) -> int:
    """Return the number of types a bound over these groups sums: its cost."""
    return prod(group.types for group in merge(groups))


def mass_bits(groups: Sequence[FlipGroup]) -> int:
    """Return about how many bits the masses of these types take: what a bound costs in memory."""
    merged = merge(groups)
    longest = sum(
        group.changed * (int(group.keep.q) * (group.symbols - 1)).bit_length() for group in merged
    )
    return type_count(merged) * longest


class Bound:
    """LB and UB of one change of the noise, ready to be asked about many probabilities.

    Raises ValueError unless 0 <= survival <= 1, and for more than MAX_TYPES types.
    """

    __slots__ = ("_survival", "_types")

    def __init__(self, groups: Sequence[FlipGroup], survival: fmpq = _CERTAIN) -> None:
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


def least_mass(groups: Sequence[FlipGroup], p: fmpq, survival: fmpq = _CERTAIN) -> fmpq:
    """Return LB(p), see :class:`Bound`.

    >>> str(least_mass([FlipGroup(symbols=2, keep=fmpq(4, 5), changed=1)], fmpq(7, 8)))
    '1/2'
    """
    return Bound(groups, survival).least(p)


def greatest_mass(groups: Sequence[FlipGroup], p: fmpq, survival: fmpq = _CERTAIN) -> fmpq:
    """Return UB(p), see :class:`Bound`."""
    return Bound(groups, survival).greatest(p)


def threshold(
    groups: Sequence[FlipGroup], survival: fmpq = _CERTAIN, mark: fmpq = _HALF
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


def _types(groups: tuple[FlipGroup, ...]) -> _Types:
    """Return the types of merged groups."""
    if type_count(groups) > MAX_TYPES:
        message = f"noise: {type_count(groups)} types exceed the limit of {MAX_TYPES}"
        raise ValueError(message)
    # what is long is not kept: hostile recipes must not fill the memory one after the other
    return _kept(groups) if mass_bits(groups) <= _KEPT_BITS else _sorted(groups)


def _sorted(groups: tuple[FlipGroup, ...]) -> _Types:
    scales = ((group.keep.q * (group.symbols - 1)) ** group.changed for group in groups)
    columns = [_masses(group) for group in groups]
    old = [prod(each, start=fmpz(1)) for each in product(*columns)]
    new = [prod(each, start=fmpz(1)) for each in product(*(column[::-1] for column in columns))]
    if len(groups) > 1:
        ratios = [prod(each) for each in product(*map(_ratios, groups))]
        order = sorted(range(len(ratios)), key=ratios.__getitem__)
        old, new = [old[place] for place in order], [new[place] for place in order]
    return _Types(
        total=prod(scales, start=fmpz(1)), old=tuple(accumulate(old)), new=tuple(accumulate(new))
    )


_kept = lru_cache(maxsize=64)(_sorted)


def _masses(group: FlipGroup) -> tuple[fmpz, ...]:
    """Return the P mass of each type by decreasing e; in reverse they are the Q masses."""
    keep, other = _weights(group)
    changed = group.changed
    mass = fmpz_poly([other, (group.symbols - 2) * other, keep]) ** changed
    return tuple(mass[changed + e] for e in range(changed, -changed - 1, -_step(group)))


def _ratios(group: FlipGroup) -> list[int]:
    """Return Q/P of each type by decreasing e, times one number: (other keep)**changed."""
    keep, other = map(int, _weights(group))
    changed = group.changed
    types = range(changed, -changed - 1, -_step(group))
    return [other ** (changed + e) * keep ** (changed - e) for e in types]


def _weights(group: FlipGroup) -> tuple[fmpz, fmpz]:
    """Return integer weights of keeping a symbol and of each other one."""
    return group.keep.p * (group.symbols - 1), group.keep.q - group.keep.p


def _step(group: FlipGroup) -> int:
    return 2 if group.symbols == 2 else 1


def _check_probability(name: str, value: fmpq) -> None:
    if not 0 <= value <= 1:
        message = f"{name}: expected a probability, got {value}"
        raise ValueError(message)
