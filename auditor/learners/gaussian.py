"""Gaussian windows as matrices: what lies outside an image counts as zero."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

Matrix = npt.NDArray[np.float64]


def window(sigma: float, radius: int) -> Matrix:
    """Return a normalised Gaussian of 2 * radius + 1 taps; a single 1 when sigma is 0."""
    if sigma == 0 or radius == 0:
        taps = np.zeros(2 * radius + 1)
        taps[radius] = 1.0
        return taps
    taps = np.exp(-0.5 * (np.arange(-radius, radius + 1) / sigma) ** 2)
    scaled: Matrix = taps / taps.sum()
    return scaled


def blur(size: int, sigma: float) -> Matrix:
    """Return B (size, size) with B @ line = the line blurred, the window cut at 3 sigma."""
    return pooling(size, sigma, radius=math.ceil(3 * sigma), stride=1)


def pooling(size: int, sigma: float, *, radius: int, stride: int) -> Matrix:
    """Return P (cells, size): Gaussian-weighted sums around pixels 0, stride, 2 * stride, ..."""
    taps = window(sigma, radius)
    centres = np.arange(0, size, stride)
    offsets = np.arange(size)[None, :] - centres[:, None]
    inside = np.abs(offsets) <= radius
    return np.where(inside, taps[np.clip(offsets + radius, 0, 2 * radius)], 0.0)
