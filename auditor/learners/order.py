"""Initial weights and batch order of one member, from its own streams."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from auditor.randomness import Stream


def batches(stream: Stream, *, rows: int, steps: int, size: int) -> npt.NDArray[np.int64]:
    """Return which rows each step sees: (steps, size) indices below ``rows`` >= 1.

    Pass after pass over all rows in fresh random order, cut into batches without regard to where
    a pass ends: every member takes the same number of equal steps, however few rows it has.
    """
    needed = steps * size
    passes = -(-needed // rows)
    order = [
        np.argsort(np.frombuffer(stream.take(8 * rows), "<u8"), kind="stable")
        for _ in range(passes)
    ]
    return np.concatenate(order)[:needed].reshape(steps, size)


def uniform(stream: Stream, shape: tuple[int, ...], bound: float) -> npt.NDArray[np.float32]:
    """Return numbers on a 24-bit grid in [-bound, bound)."""
    words = np.frombuffer(stream.take(4 * int(np.prod(shape))), "<u4") >> np.uint32(8)
    unit = words.astype(np.float32) * np.float32(2.0**-23) - np.float32(1.0)
    return (unit * np.float32(bound)).reshape(shape)


def seed(stream: Stream) -> int:
    """Return a seed for a library's own generator."""
    return int.from_bytes(stream.take(8), "little") >> 1
