"""Exact noise on arrays of symbols, read from keyed streams.

Every weight is a dyadic rational w/W with W = 2^8 or 2^16, and a coordinate consumes exactly one
little-endian word of log2(W) bits, so it is noised with exactly that probability: no float comes
between the sampler and the certificate (Lee et al. 2019, section 3, for the K-ary kernel).
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Protocol

import numpy as np
import numpy.typing as npt

from auditor.errors import UsageError
from auditor.randomness import Stream

_WORDS: Mapping[int, np.dtype[np.unsignedinteger]] = {
    1 << 8: np.dtype("<u1"),
    1 << 16: np.dtype("<u2"),
}


class Bits(Protocol):
    """A source of fair bits: a keyed stream, or several read side by side."""

    def take(self, size: int) -> bytes:
        """Return the next ``size`` bytes."""


def weight(text: str) -> tuple[int, int]:
    """Return (w, W) of a weight such as "205/256", with W = 2^8 if that is exact, else 2^16.

    Raises UsageError when neither is.

    >>> weight("205/256")
    (205, 256)
    """
    value = Fraction(text)
    for total in _WORDS:
        if total % value.denominator == 0:
            return value.numerator * (total // value.denominator), total
    msg = f"weight {text}: expected a fraction of 65536"
    raise UsageError(msg)


def _words(stream: Bits, count: int, total: int) -> npt.NDArray[np.unsignedinteger]:
    dtype = _WORDS[total]
    return np.frombuffer(stream.take(count * dtype.itemsize), dtype)


def flip(
    symbols: npt.NDArray[np.integer], *, alphabet: int, keep: str, stream: Bits
) -> npt.NDArray[np.integer]:
    """Return symbols, each kept with probability ``keep``, else uniform on the other values.

    ``symbols`` has any shape with values in 0 .. alphabet-1; the result has its shape and dtype.
    Coordinates are drawn in C order. Raises UsageError when the weight cannot be shared equally
    between the alphabet - 1 other values.
    """
    kept, total = weight(keep)
    while (total - kept) % (alphabet - 1) and total < max(_WORDS):
        kept, total = kept << 8, total << 8
    each, rest = divmod(total - kept, alphabet - 1)
    if rest:
        msg = f"keep {keep}: the rest cannot be shared equally by {alphabet - 1} other symbols"
        raise UsageError(msg)
    flat = symbols.reshape(-1)
    words = _words(stream, flat.size, total)
    changed = words < each * (alphabet - 1)
    if alphabet == 2:
        return (flat ^ changed.astype(flat.dtype)).reshape(symbols.shape)
    result = flat.copy()
    shift = words[changed].astype(np.int64) // max(each, 1) + 1
    result[changed] = ((flat[changed].astype(np.int64) + shift) % alphabet).astype(flat.dtype)
    return result.reshape(symbols.shape)


def show(shape: tuple[int, ...], *, weight_shown: str, stream: Bits) -> npt.NDArray[np.uint8]:
    """Return a mask of ``shape``: 1 (visible) with probability exactly ``weight_shown``, else 0."""
    shown, total = weight(weight_shown)
    count = int(np.prod(shape))
    return (_words(stream, count, total) < shown).astype(np.uint8).reshape(shape)


def bag(examples: int, size: int, stream: Stream) -> npt.NDArray[np.int64]:
    """Return ``size`` indices, independent and exactly uniform on 0 .. examples-1."""
    return np.array([stream.below(examples) for _ in range(size)], np.int64)
