"""Images of digits, drawn from stroke skeletons: 28 x 28, one bit a pixel, endlessly many.

Each image takes one of its digit's skeletons, moves the points, bends and slants the whole, draws
it with a round pen, scales it to 20 pixels and moves its centre of mass to the middle, as the
images that it stands in for were (a published convention, not something learnt from them).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
from skeletons import SKELETONS, Skeleton

SIDE: Final = 28
_BOX: Final = 20  # pixels that the longer side of a digit takes, the pen's width included
_BETWEEN: Final = 4  # drawn points from one control point to the next
_POINTS: Final = 12  # most control points of a stroke
_STROKES: Final = 3
_AT_ONCE: Final = 128

Floats = npt.NDArray[np.float64]
Images = npt.NDArray[np.uint8]


def draw(count: int, seed: Sequence[int]) -> tuple[Images, npt.NDArray[np.int64]]:
    """Return ``count`` images (count, 28, 28), 1 = ink, and their digits.

    The same for the same ``seed``, whatever was drawn before.
    """
    parts = []
    for start in range(0, count, _AT_ONCE):
        random = np.random.default_rng([*seed, start])
        parts.append(_batch(min(_AT_ONCE, count - start), random))
    images, digits = zip(*parts, strict=True)
    return np.concatenate(images), np.concatenate(digits)


def _batch(count: int, random: np.random.Generator) -> tuple[Images, npt.NDArray[np.int64]]:
    digits = random.integers(0, 10, count)
    ways = [int(random.integers(len(SKELETONS[digit]))) for digit in digits]
    controls = np.zeros((count, _STROKES, _POINTS, 2))
    lengths = np.zeros((count, _STROKES), np.int64)
    for index, (digit, way) in enumerate(zip(digits, ways, strict=True)):
        _copy(SKELETONS[digit][way], controls[index], lengths[index])
    unrest = random.uniform(0.4, 1.4, (count, 1, 1, 1))
    controls += random.normal(0, 0.06, controls.shape) * unrest
    starts, ends = _segments(controls, lengths, random)
    points = np.stack([starts, ends], 2).reshape(count, -1, 2)
    points = _bent(points, random)
    pen = random.uniform(0.75, 1.9, (count, 1))
    points = _placed(points, pen)
    segments = points.reshape(count, -1, 2, 2)
    return _inked(segments[:, :, 0], segments[:, :, 1], pen, random), digits


def _copy(skeleton: Skeleton, controls: Floats, lengths: npt.NDArray[np.int64]) -> None:
    for place, stroke in enumerate(skeleton):
        controls[place, : len(stroke)] = stroke
        lengths[place] = len(stroke)


def _segments(
    controls: Floats, lengths: npt.NDArray[np.int64], random: np.random.Generator
) -> tuple[Floats, Floats]:
    """Return both ends (count, segments, 2) of the pieces of all strokes, as Catmull-Rom curves.

    A stroke's ends are cut short or drawn further by up to .4 of its last stretch. Shorter strokes
    repeat their last point, and absent ones the first stroke's.
    """
    count = len(controls)
    steps = (_POINTS - 1) * _BETWEEN
    whole = np.linspace(0, 1, steps + 1)
    last = np.maximum(lengths - 1, 0)[..., None]
    begin = random.uniform(-0.25, 0.4, (count, _STROKES, 1))
    end = last - random.uniform(-0.25, 0.4, (count, _STROKES, 1))
    # Denser strokes have more pieces than they need; all have the same number.
    time = begin + (end - begin) * whole
    at = np.clip(np.floor(time), 0, np.maximum(last - 1, 0)).astype(np.int64)
    part = (time - at)[..., None]

    def point(offset: int) -> Floats:
        index = np.clip(at + offset, 0, last)
        return np.take_along_axis(controls, index[..., None], 2)

    before, one, two, after = (point(offset) for offset in (-1, 0, 1, 2))
    curve = one + 0.5 * part * (
        (two - before)
        + part
        * ((2 * before - 5 * one + 4 * two - after) + part * (3 * (one - two) + after - before))
    )
    curve = np.where(lengths[..., None, None] > 0, curve, curve[:, :1, :1])
    starts = curve[:, :, :-1].reshape(count, -1, 2)
    return starts, curve[:, :, 1:].reshape(count, -1, 2)


def _bent(points: Floats, random: np.random.Generator) -> Floats:
    """Bend by slow waves, make halves unequal, then stretch, slant and turn."""
    count = len(points)

    def normal(mean: float, spread: float) -> Floats:
        return random.normal(mean, spread, (count, 1))

    x, y = points[..., 0] - 0.5, points[..., 1] - 0.5
    wave = [random.uniform(0, 2 * np.pi, (count, 1)) for _ in range(4)]
    size = [normal(0, 0.06) for _ in range(4)]
    bent_x = x + size[0] * np.sin(4 * y + wave[0]) + size[1] * np.sin(4 * x + wave[1])
    bent_y = y + size[2] * np.sin(4 * x + wave[2]) + size[3] * np.sin(4 * y + wave[3])
    bent_y += normal(0, 0.06) * np.cos(np.pi * y)
    bent_x *= 0.75 * np.exp(normal(0, 0.25))
    bent_x += normal(-0.15, 0.28) * bent_y
    turn = normal(0, 0.12)
    cos, sin = np.cos(turn), np.sin(turn)
    return np.stack([cos * bent_x - sin * bent_y, sin * bent_x + cos * bent_y], -1)


def _placed(points: Floats, pen: Floats) -> Floats:
    """Scale so that the longer side, pen included, takes the box; centre the strokes' mass."""
    size = (points.max(1) - points.min(1)).max(1)[:, None, None]
    points = points * ((_BOX - 2 * pen[..., None]) / np.maximum(size, 1e-6))
    pieces = points.reshape(len(points), -1, 2, 2)
    middles = pieces.mean(2)
    lengths = np.linalg.norm(pieces[:, :, 1] - pieces[:, :, 0], axis=-1)[..., None] + 1e-9
    mass = (middles * lengths).sum(1) / lengths.sum(1)
    return points - mass[:, None] + (SIDE - 1) / 2


def _inked(starts: Floats, ends: Floats, pen: Floats, random: np.random.Generator) -> Images:
    """Return which pixels' centres the pen passes over; its width varies a little with place."""
    across = np.arange(SIDE, dtype=np.float32)
    nearest = np.full((len(starts), SIDE, SIDE), np.inf, np.float32)
    along = ends - starts
    length = np.maximum((along**2).sum(-1), 1e-9)
    for piece in range(starts.shape[1]):
        x0, y0 = (starts[:, piece, axis, None].astype(np.float32) for axis in (0, 1))
        dx, dy = (along[:, piece, axis, None].astype(np.float32) for axis in (0, 1))
        norm = length[:, piece, None, None].astype(np.float32)
        right, down = (across - x0)[:, None, :], (across - y0)[:, :, None]
        share = np.clip((right * dx[..., None] + down * dy[..., None]) / norm, 0, 1)
        apart = (right - share * dx[..., None]) ** 2 + (down - share * dy[..., None]) ** 2
        np.minimum(nearest, apart, out=nearest)
    coarse = random.normal(0, 0.15, (len(starts), 7, 7)).astype(np.float32)
    width = pen[..., None].astype(np.float32) + np.kron(coarse, np.ones((4, 4), np.float32))
    return (nearest < np.maximum(width, 0.5) ** 2).astype(np.uint8)
