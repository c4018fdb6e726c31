"""Inputs as PNG pictures: what the classifier is shown, after the alphabet."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

#: The side that the report scales to; a smaller picture is enlarged by whole pixels.
_SIDE = 96


def pictures(
    symbols: npt.NDArray[np.integer[Any]], shape: Sequence[int], indices: Sequence[int]
) -> Mapping[int, bytes]:
    """Return a PNG file for each of ``indices``; {} for what is not an image.

    ``symbols`` (n, d) are rows over ``shape`` = (channels, height, width), with 1 or 3 channels.
    Black is the least symbol among all of ``symbols``, white the greatest.
    """
    if len(shape) != 3 or shape[0] not in {1, 3} or not indices:
        return {}
    low, high = int(symbols.min()), int(symbols.max())
    scale = 255 / max(high - low, 1)
    found = {}
    for index in indices:
        grey = np.rint((symbols[index].astype(np.float64) - low) * scale).astype(np.uint8)
        found[index] = _png(grey.reshape(shape).transpose(1, 2, 0))  # (height, width, channels)
    return found


def _png(pixels: npt.NDArray[np.uint8]) -> bytes:
    from PIL import Image

    image = Image.fromarray(pixels[:, :, 0] if pixels.shape[2] == 1 else pixels)
    factor = max(_SIDE // max(image.size), 1)
    image = image.resize((image.width * factor, image.height * factor), Image.Resampling.NEAREST)
    buffer = io.BytesIO()
    image.save(buffer, "PNG", optimize=True)
    return buffer.getvalue()
