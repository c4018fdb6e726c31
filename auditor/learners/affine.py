"""Affine copies of images: shear, rotation and width, bilinear, rounded back to the alphabet."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from auditor.errors import RecipeError
from auditor.learners.options import Options

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Affine:
    """A copy of an image about its centre: stretched in width, then sheared, then rotated.

    ``shear`` moves a row by shear pixels per pixel of height, ``rotate`` is in radians, ``width``
    is a factor, and ``mirror`` swaps left and right before all else.
    """

    shear: float = 0.0
    rotate: float = 0.0
    width: float = 1.0
    mirror: bool = False

    @classmethod
    def from_options(cls, options: Options) -> Affine:
        """Read one entry of ``training.copies``. Raises RecipeError."""
        unknown = set(options.table) - {"shear", "rotate", "width", "mirror"}
        if unknown:
            msg = f"{options.where}: expected shear, rotate, width or mirror, got {sorted(unknown)}"
            raise RecipeError(msg)
        copy = cls(
            shear=options.real("shear", "0"),
            rotate=options.real("rotate", "0"),
            width=options.real("width", "1"),
            mirror=options.switch("mirror", default=False),
        )
        if copy.width <= 0:
            raise options.error("width", options.table["width"], "a number above 0")
        return copy

    @property
    def identity(self) -> bool:
        """Whether the copy is the image itself."""
        return self == Affine()

    def apply(self, intensities: Floats, shape: tuple[int, ...]) -> Floats:
        """Transform images (n, channels * height * width) bilinearly; outside is 0.

        ``intensities`` are 0 at the background. Element by element, so that an image's copy does
        not depend on its neighbours in the array.
        """
        channels, height, width = shape
        images = intensities.reshape(-1, channels, height * width)
        padded = np.concatenate([images, np.zeros((*images.shape[:2], 1), np.float32)], -1)
        result = np.zeros_like(images)
        for indices, weights in zip(*_taps(self, height, width), strict=True):
            result += padded[:, :, indices] * weights
        return result.reshape(intensities.shape)


@lru_cache(maxsize=64)
def _taps(copy: Affine, height: int, width: int) -> tuple[npt.NDArray[np.int64], Floats]:
    """Return the four source pixels (4, h*w) of each pixel and their weights.

    Index height * width stands for the background.
    """
    down, right = np.mgrid[0:height, 0:width].astype(np.float64)
    middle_y, middle_x = (height - 1) / 2, (width - 1) / 2
    y, x = down - middle_y, right - middle_x
    cos, sin = math.cos(copy.rotate), math.sin(copy.rotate)
    x, y = cos * x + sin * y, cos * y - sin * x
    x = (x + copy.shear * y) / (-copy.width if copy.mirror else copy.width) + middle_x
    y = y + middle_y
    top, left = np.floor(y).astype(np.int64), np.floor(x).astype(np.int64)
    fall, lean = y - top, x - left
    indices, weights = [], []
    for step_y, part_y in ((0, 1 - fall), (1, fall)):
        for step_x, part_x in ((0, 1 - lean), (1, lean)):
            row, column = top + step_y, left + step_x
            inside = (row >= 0) & (row < height) & (column >= 0) & (column < width)
            indices.append(np.where(inside, row * width + column, height * width).ravel())
            weights.append((part_y * part_x).astype(np.float32).ravel())
    return np.stack(indices), np.stack(weights)
