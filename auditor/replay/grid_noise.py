"""Whole numbers of a given law, drawn exactly from keyed streams: the noise added on a grid.

A coordinate's noise is the least k with U < F(k), F being the law's cumulative chances and U the
number from 0 to 1 whose binary digits are the coordinate's words: one word, and more only where it
does not decide. No float comes between the law and the draw: F is enclosed by ball arithmetic.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from math import isqrt
from typing import Any, Final, Protocol

import numpy as np
import numpy.typing as npt
from flint import fmpq

from auditor.exact import normal
from auditor.guarantee.grid import sigma_in_steps, width_in_steps
from auditor.randomness import Stream
from auditor.replay.noise import Bits

_WORD: Final = np.dtype("<u8")
_CHUNK: Final = 1 << 20
_GUIDE_BITS: Final = 16
_UNSURE: Final = np.iinfo(np.int32).max

Integers = npt.NDArray[np.integer]
Words = npt.NDArray[np.unsignedinteger]


class Law(Protocol):
    """A distribution on the whole numbers by its cumulative chances F."""

    def mark(self, k: int, bits: int) -> int:
        """Return floor(2**bits F(k)), or -1 where F(k) is 0."""

    def reach(self, bits: int) -> tuple[int, int]:
        """Return (a, b) so that ``bits`` digits decide for no number but a + 1 .. b."""


@dataclass(frozen=True, slots=True)
class Gaussian:
    """round(sigma Z), Z standard normal."""

    sigma: fmpq

    def mark(self, k: int, bits: int) -> int:
        """Return floor(2**bits Phi((k + 1/2)/sigma)), or 2**bits - 1."""
        return normal.cdf_down((k + fmpq(1, 2)) / self.sigma, bits)

    def reach(self, bits: int) -> tuple[int, int]:
        """Beyond sigma times the root of 2 bits, all marks are 0 or 2**bits - 1."""
        squared = 2 * bits * self.sigma**2
        far = isqrt(int(squared.p // squared.q)) + 2
        return -far, far


@dataclass(frozen=True, slots=True)
class Uniform:
    """One of ``width`` neighbouring numbers from -floor(width/2) on, equally likely."""

    width: int

    def mark(self, k: int, bits: int) -> int:
        """Return floor(2**bits F(k)), or -1."""
        below = k + 1 + self.width // 2
        return (below << bits) // self.width if below > 0 else -1

    def reach(self, bits: int) -> tuple[int, int]:
        """All of its numbers."""
        del bits
        before = -(self.width // 2) - 1
        return before, before + self.width


@dataclass(frozen=True, kw_only=True)
class Sampler:
    """Draws from one law."""

    law: Law
    first: int
    """The number of a word below the first mark."""
    marks: Words
    """The law's marks from ``first`` on that a word can equal: there it decides nothing."""
    guide: npt.NDArray[np.int32]
    """For all words with the same leading bits their number, or _UNSURE where it is not one."""

    @classmethod
    def of(cls, law: Law, word: np.dtype[np.unsignedinteger] = _WORD) -> Sampler:
        """Tabulate a law for words of one type."""
        bits = 8 * word.itemsize
        before, last = law.reach(bits)
        found = [(k, law.mark(k, bits)) for k in range(before, last + 1)]
        within = [(k, mark) for k, mark in found if 0 <= mark < 1 << bits]
        first, marks = within[0][0], np.array([mark for _, mark in within], word)
        lead = min(_GUIDE_BITS, bits)
        starts = np.arange(1 << lead, dtype=word) << word.type(bits - lead)
        ends = starts | word.type((1 << (bits - lead)) - 1)
        low, high = np.searchsorted(marks, starts, "left"), np.searchsorted(marks, ends, "right")
        guide = np.where(low == high, first + low, _UNSURE).astype(np.int32)
        return cls(law=law, first=first, marks=marks, guide=guide)

    @property
    def _bits(self) -> int:
        return 8 * self.marks.dtype.itemsize

    def draw(self, count: int, stream: Bits) -> npt.NDArray[np.int32]:
        """Return ``count`` independent numbers, exactly of the law.

        All coordinates take a word each, in order; while one of them is not decided by its words,
        all take another.
        """
        result = np.empty(count, np.int32)
        undecided: dict[int, int] = {}
        for start, words in self._plane(count, stream):
            numbers, unsure = self._look_up(words)
            result[start : start + len(words)] = numbers
            undecided |= {start + at: int(words[at]) for at in unsure}
        digits = self._bits
        while undecided:
            digits += self._bits
            for start, words in self._plane(count, stream):
                for place in [each for each in undecided if 0 <= each - start < len(words)]:
                    prefix = (undecided.pop(place) << self._bits) | int(words[place - start])
                    number = self._decided(prefix, digits)
                    if number is None:
                        undecided[place] = prefix
                    else:
                        result[place] = number
        return result

    def _plane(self, count: int, stream: Bits) -> Iterator[tuple[int, Words]]:
        """Yield one word for every coordinate, as (start, words)."""
        # streams read side by side share each call, so there a plane is read in one go
        most = _CHUNK if isinstance(stream, Stream) else count
        for start in range(0, count, most):
            size = min(most, count - start)
            yield start, np.frombuffer(stream.take(size * self._bits // 8), self.marks.dtype)

    def _look_up(self, words: Words) -> tuple[npt.NDArray[np.int32], list[int]]:
        """Return the numbers of words, and the places of those that do not decide."""
        shift = self._bits - min(_GUIDE_BITS, self._bits)
        numbers: npt.NDArray[np.int32] = self.guide[words >> words.dtype.type(shift)]
        rest = np.flatnonzero(numbers == _UNSURE)
        own = words[rest]
        places = np.searchsorted(self.marks, own, "right")
        numbers[rest] = self.first + places
        tied = (places > 0) & (self.marks[np.maximum(places, 1) - 1] == own)
        unsure: list[int] = rest[tied].tolist()
        return numbers, unsure

    def _decided(self, prefix: int, digits: int) -> int | None:
        """Return the number of all U that begin with these digits, None if they have several."""
        before, last = self.law.reach(digits)
        low, high = before, last + 1
        while high - low > 1:  # the least k at which every such U lies below F(k)
            middle = (low + high) // 2
            if prefix < self.law.mark(middle, digits):
                high = middle
            else:
                low = middle
        if high > last or prefix <= self.law.mark(high - 1, digits):
            return None
        return high


@lru_cache(maxsize=8)
def _sampler(law: Law) -> Sampler:
    return Sampler.of(law)


def sampler(side: Mapping[str, Any], alphabet: Mapping[str, Any]) -> Sampler | None:
    """Return what draws the noise that one side of a smoothing adds; None if it adds none."""
    match side["method"]:
        case "gaussian":
            return _sampler(Gaussian(sigma_in_steps(side, alphabet, "smoothing")))
        case "uniform":
            return _sampler(Uniform(width_in_steps(side, alphabet, "smoothing")))
        case _:
            return None


def added(symbols: Integers, law: Sampler, stream: Bits) -> npt.NDArray[np.int32]:
    """Return grid steps of any shape, each with its own noise added, in C order.

    They may leave the alphabet: clipping what an attacker changed before it is noised would tell.
    """
    noise = law.draw(symbols.size, stream).reshape(symbols.shape)
    noise += symbols.astype(np.int32)
    return noise
