"""Flips inside bags: a random number of copies of changed examples, each with its own noise.

Each of ``draws`` draws shows a changed example with chance ``hits``, independently, the same under
P and under Q, and a copy of it has the changed coordinates of ``flips``, flipped afresh. Told which
draws those are, only their coordinates matter, and Q/P depends on e alone, the sum over all copies
(exact/flips.py). So the masses of all numbers of copies add up, type by type: they are
the coefficients of

    ((1 - hits) + hits F(z))**draws,    F(z) = sum over e of P[one copy has type e] z**e,

with one variable for each noise. (Zhang, Albarghouthi, D'Antoni 2022, section 4, without their sum
over the coordinates that nobody changed; proved in docs/methods/bag-flip.md.)
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from math import prod

from flint import fmpq, fmpz, fmpz_poly

from auditor.exact.flips import MAX_CHANGED, FlipGroup, powers


@dataclass(frozen=True, slots=True, kw_only=True)
class BaggedFlips:
    """``draws`` draws, each of a changed example with chance ``hits``.

    ``flips`` are the changed coordinates of one copy, each noise once. Raises ValueError unless
    draws >= 1, 0 < hits <= 1, and all copies together change 1 .. MAX_CHANGED coordinates under
    each noise.
    """

    draws: int
    hits: fmpq
    flips: tuple[FlipGroup, ...]

    def __post_init__(self) -> None:
        if self.draws < 1 or not 0 < self.hits <= 1:
            message = f"bag: expected draws >= 1 and 0 < hits <= 1, got {self.draws}, {self.hits}"
            raise ValueError(message)
        if len({(flip.symbols, flip.keep) for flip in self.flips}) < max(len(self.flips), 1):
            message = f"flips: expected at least one noise, each once, got {self.flips}"
            raise ValueError(message)
        for most in self._reach:
            if not 1 <= most <= MAX_CHANGED:
                message = f"changed in all copies: expected 1 .. {MAX_CHANGED}, got {most}"
                raise ValueError(message)

    @property
    def types(self) -> int:
        """Most likelihood-ratio values there can be."""
        return prod(2 * most + 1 for most in self._reach)

    @property
    def bits(self) -> int:
        """About how long a mass is."""
        draw = int(self.hits.q).bit_length() + sum(flip.bits for flip in self.flips)
        return self.draws * draw

    @property
    def scale(self) -> fmpz:
        """What the masses sum to."""
        return (self.hits.q * self._copy) ** self.draws

    @property
    def ordered(self) -> bool:
        """Whether the types come in increasing order of Q/P."""
        return len(self.flips) == 1

    def masses(self) -> tuple[fmpz, ...]:
        """Return the P mass of each type by decreasing e; in reverse they are the Q masses."""
        every = self._every()
        return tuple(mass for mass in every if mass != 0)

    def ratios(self) -> list[int]:
        """Return Q/P of each type by decreasing e, times one number."""
        columns = (powers(flip, most) for flip, most in zip(self.flips, self._reach, strict=True))
        every = zip(self._every(), product(*columns), strict=True)
        return [prod(each) for mass, each in every if mass != 0]

    @property
    def _reach(self) -> tuple[int, ...]:
        """The largest e of each noise."""
        return tuple(self.draws * flip.changed for flip in self.flips)

    @property
    def _copy(self) -> fmpz:
        """What the masses of one copy sum to."""
        return prod((flip.scale for flip in self.flips), start=fmpz(1))

    def _every(self) -> list[fmpz]:
        """Return the masses of all combinations of e, some of them zero, by decreasing e.

        The variables are powers of one, so far apart that no two combinations share a place.
        """
        apart = [1]
        for most in reversed(self._reach[1:]):
            apart.append(apart[-1] * (2 * most + 1))
        apart.reverse()
        copy = fmpz_poly([1])
        middle = 0
        for flip, stride in zip(self.flips, apart, strict=True):
            copy *= _spread(flip.polynomial(), stride)
            middle += flip.changed * stride
        missed = fmpz_poly([0] * middle + [(self.hits.q - self.hits.p) * self._copy])
        mass = (missed + self.hits.p * copy) ** self.draws
        return [mass[place] for place in range(self.types - 1, -1, -1)]


def _spread(poly: fmpz_poly, stride: int) -> fmpz_poly:
    """Return poly(z**stride)."""
    spread = [fmpz(0)] * (stride * poly.degree() + 1)
    spread[::stride] = [poly[power] for power in range(poly.degree() + 1)]
    return fmpz_poly(spread)
