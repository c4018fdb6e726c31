"""One image to (channels, height, width) bytes; what is wrong with it concerns no other image."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from PIL.Image import Image

#: Eight bits a channel; anything else has no agreed way down to them.
_MODES = frozenset({"1", "L", "LA", "P", "PA", "RGB", "RGBA", "CMYK", "YCbCr"})


def pixels(image: Image, shape: tuple[int, ...], *, resize: bool) -> npt.NDArray[np.uint8]:
    """Return the image's bytes, flat, row-major over ``shape``.

    Converted to grey (1 channel) or RGB (3). Raises ValueError saying what is wrong with it.
    """
    channels, height, width = shape
    if image.size != (width, height) and not resize:
        raise ValueError(
            f"image of {image.width} x {image.height} pixels, expected {width} x "
            f"{height} (data.shape, width x height)"
        )
    if image.mode not in _MODES:
        raise ValueError(f"image of mode {image.mode}, expected 8 bits a channel")
    image = image.convert("L" if channels == 1 else "RGB")
    if image.size != (width, height):
        from PIL.Image import Resampling

        image = image.resize((width, height), Resampling.BILINEAR)
    array: npt.NDArray[Any] = np.asarray(image, np.uint8).reshape(height, width, channels)
    return np.ascontiguousarray(array.transpose(2, 0, 1)).reshape(-1)


def checked_shape(shape: list[int]) -> tuple[int, int, int]:
    """Return ``data.shape``. Raises DataError unless it has 1 or 3 channels."""
    from auditor.errors import DataError

    channels, height, width = shape
    if channels not in {1, 3}:
        raise DataError(
            f"data.shape: expected [channels, height, width] with 1 or 3 channels, got {shape}"
        )
    return channels, height, width
