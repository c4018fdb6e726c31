"""Pictures of inputs as the classifier sees them: their symbols, not their source."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from PIL import Image

from auditor.datasets import Dataset
from auditor.datasets.alphabet import symbol_count


def pictures(
    inputs: Dataset, alphabet: Mapping[str, Any], wanted: Iterable[int]
) -> dict[int, bytes]:
    """Return PNG files by input number; none unless inputs are grey or colour images."""
    if len(inputs.shape) != 3 or inputs.shape[0] not in {1, 3}:
        return {}
    return {index: _png(inputs, symbol_count(alphabet), index) for index in wanted}


def _png(inputs: Dataset, symbols: int, index: int) -> bytes:
    row = inputs.symbols[index].reshape(inputs.shape).astype(np.float64)
    if inputs.symbols.dtype == np.int32:  # steps of a grid are centred on 0
        row += (symbols - 1) // 2
    levels = np.rint(row * (255 / (symbols - 1))).astype(np.uint8)
    image = Image.fromarray(levels[0] if len(levels) == 1 else levels.transpose(1, 2, 0))
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()
