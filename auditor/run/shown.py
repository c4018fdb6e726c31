"""What a reader of the report sees of an input: its symbols, not its source."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Any, Final

import numpy as np
from PIL import Image

from auditor.datasets import Dataset
from auditor.datasets.alphabet import symbol_count
from auditor.report.html import Shown

_MOST: Final = 100
"""Columns of a row that are shown."""


def shown(inputs: Dataset, alphabet: Mapping[str, Any], wanted: Iterable[int]) -> Shown:
    """Return pictures of grey or colour images, and what the columns of a table hold."""
    if len(inputs.shape) == 1:
        return Shown(pictures={}, values={i: _values(inputs, alphabet, i) for i in wanted})
    if inputs.shape[0] not in {1, 3}:
        return Shown(pictures={}, values={})
    symbols = symbol_count(alphabet)
    return Shown(pictures={i: _png(inputs, symbols, i) for i in wanted}, values={})


def _png(inputs: Dataset, symbols: int, index: int) -> bytes:
    row = inputs.symbols[index].reshape(inputs.shape).astype(np.float64)
    if inputs.symbols.dtype == np.int32:  # steps of a grid are centred on 0
        row += (symbols - 1) // 2
    levels = np.rint(row * (255 / (symbols - 1))).astype(np.uint8)
    image = Image.fromarray(levels[0] if len(levels) == 1 else levels.transpose(1, 2, 0))
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def _values(
    inputs: Dataset, alphabet: Mapping[str, Any], index: int
) -> tuple[tuple[str, str], ...]:
    row = inputs.symbols[index].tolist()[:_MOST]
    names = inputs.columns or tuple(f"feature {place}" for place in range(len(row)))
    return tuple(
        (name, _words(symbol, alphabet, name)) for name, symbol in zip(names, row, strict=False)
    )


def _words(symbol: int, alphabet: Mapping[str, Any], column: str) -> str:
    """Say which values have a symbol, for instance ``at least 0.5, below 2``."""
    if alphabet["kind"] == "grid":
        low, step = (Fraction(alphabet[key]) for key in ("low", "step"))
        middle = (symbol_count(alphabet) - 1) // 2
        return f"{float(low + step * (symbol + middle)):g}"
    edges = [alphabet["threshold"]] if alphabet["kind"] == "binary" else alphabet["edges"]
    edges = alphabet.get("edgesByColumn", {}).get(column, edges)
    if symbol == 0:
        return f"below {edges[0]}"
    if symbol == len(edges):
        return f"at least {edges[-1]}"
    return f"at least {edges[symbol - 1]}, below {edges[symbol]}"
