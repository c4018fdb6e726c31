"""Label noise under ridge in closed form: the truth that drawn members are an estimate of.

With fixed features, the difference of a member's two scores on one input is a sum over the
training examples of influence times label, ``sum a_i y_i``, y_i = 1 or -1. A member keeps each
label with probability beta and turns it over otherwise, so with c_i = a_i y_i its score is the
audited one less twice the c_i of what was turned over. Influences are rounded to whole numbers on a
lattice; the law of the sum is then exact, and what rounding can have changed is bounded (Rosenfeld
et al. 2020 bound the same tail by Chernoff's inequality). Proofs: ``docs/methods/label-noise.md``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from math import ceil

import numpy as np
import numpy.typing as npt
from flint import fmpq, fmpz, fmpz_poly

Floats = npt.NDArray[np.float64]


def influences(rows: Floats, inputs: Floats, penalty: float) -> Floats:
    """Return a (inputs, rows): score(1) - score(0) = a @ y for unbalanced ridge, y = 1 or -1.

    With X the rows less their mean, a(x) = 1/n + (x - mean) (X'X + penalty n I)^-1 X'.
    """
    count, width = rows.shape
    mean = rows.mean(0)
    centred = rows - mean
    gram = centred.T @ centred + penalty * count * np.eye(width)
    result: Floats = 1 / count + (inputs - mean) @ np.linalg.solve(gram, centred.T)
    return result


@dataclass(frozen=True, kw_only=True)
class LabelNoise:
    """The law of ``sum of c_i e_i``, e_i = 1 with probability ``keep``, else -1; c_i whole."""

    terms: tuple[int, ...]
    keep: fmpq

    @cached_property
    def _masses(self) -> list[fmpz]:
        """Masses, as integers over q^n, of (sum of c_i over the turned terms) - lowest."""
        kept, turned = self.keep.p, self.keep.q - self.keep.p
        factors = []
        for term in self.terms:
            masses = [0] * (abs(term) + 1)
            # a negative term turned over takes from the sum: its exponents are shifted up
            masses[0 if term >= 0 else -term] += int(kept)
            masses[max(term, 0)] += int(turned)
            factors.append(fmpz_poly(masses))
        while len(factors) > 1:
            pairs = zip(factors[::2], factors[1::2], strict=False)
            odd = factors[len(factors) // 2 * 2 :]
            factors = [one * other for one, other in pairs] + odd
        return factors[0].coeffs()

    def above(self, least: int) -> fmpq:
        """Return P[sum of c_i e_i >= least], exactly.

        >>> str(LabelNoise(terms=(3, -1), keep=fmpq(3, 4)).above(3))
        '3/16'
        """
        lowest = sum(term for term in self.terms if term < 0)
        most = sum(self.terms) - least  # twice the turned terms may add up to this at most
        last = most // 2 - lowest
        if last < 0:
            return fmpq(0)
        total = sum(self._masses[: last + 1], fmpz(0))
        return fmpq(total, self.keep.q ** len(self.terms))

    def turned(self, places: Sequence[int]) -> LabelNoise:
        """Return the law after an attacker has turned these labels over."""
        gone = set(places)
        terms = tuple(-term if place in gone else term for place, term in enumerate(self.terms))
        return LabelNoise(terms=terms, keep=self.keep)


@dataclass(frozen=True, kw_only=True)
class Rounded:
    """Terms rounded to multiples of 2^-bits, and how far that can have moved their sum."""

    law: LabelNoise
    bits: int
    moved: Fraction

    @classmethod
    def of(cls, terms: Floats, keep: fmpq, bits: int) -> Rounded:
        """Round to the nearest multiples."""
        whole = [round(Fraction(term) * 2**bits) for term in terms.tolist()]
        moved = sum(
            (abs(Fraction(term) - Fraction(near, 2**bits)))
            for term, near in zip(terms.tolist(), whole, strict=True)
        )
        return cls(law=LabelNoise(terms=tuple(whole), keep=keep), bits=bits, moved=Fraction(moved))

    def turned(self, places: Sequence[int]) -> Rounded:
        """Return the terms after an attacker has turned these labels over."""
        return replace(self, law=self.law.turned(places))

    def share_between(self, slack: Fraction) -> tuple[fmpq, fmpq]:
        """Return bounds on P[sum of c_i e_i > d] for every |d| <= ``slack``, c_i as they were."""
        reach = ceil((self.moved + slack) * 2**self.bits)
        return self.law.above(reach + 1), self.law.above(-reach)


def chernoff(terms: Floats, keep: float) -> float:
    """Return the lower bound on P[sum of c_i e_i > 0] of Rosenfeld et al.: floats, to compare."""
    scale = np.abs(terms).max()
    best = 0.0
    for t in np.geomspace(1e-3, 1e3, 400) / scale:
        logs = np.logaddexp(np.log(keep) - t * terms, np.log1p(-keep) + t * terms)
        best = min(best, float(logs.sum()))
    return max(0.0, 1 - float(np.exp(best)))


def radius_without_noise(terms: Floats) -> int:
    """Return how many labels can be turned over with ``sum of c_i`` still above 0; -1: none.

    The score of plain ridge is linear in the labels, so the largest terms go first, and this is
    the exact radius of the classifier without any noise.
    """
    left = float(terms.sum())
    if left <= 0:
        return -1
    for turned, term in enumerate(sorted(terms.tolist(), reverse=True)):
        left -= 2 * max(term, 0.0)
        if left <= 0:
            return turned
    return len(terms)
