"""Values to symbols, by constants of the recipe.

A symbol is the number of edges at or below the value (binary: one edge), or on a grid the nearest
step, counted from the middle one so that symbols are centred on 0. Comparison is in IEEE double
precision, so it is the same on every machine.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt

from auditor.datasets.dataset import Symbols
from auditor.errors import DataError

Values = npt.NDArray[Any]


def quantise(values: Values, alphabet: Mapping[str, Any], columns: Sequence[str] = ()) -> Symbols:
    """Return the symbols (n, d) of finite values (n, d).

    ``columns`` names the features of a table, for ``alphabet.edgesByColumn``. Values outside a grid
    are clipped; ``outside`` tells where they are. Raises DataError for a column without a feature.
    """
    if alphabet["kind"] == "grid":
        return _steps(values, alphabet)
    edges = [alphabet["threshold"]] if alphabet["kind"] == "binary" else alphabet["edges"]
    own = alphabet.get("edgesByColumn", {})
    unknown = sorted(own.keys() - set(columns))
    if unknown:
        raise DataError(
            f"alphabet.edgesByColumn: expected feature columns ({', '.join(columns)}), "
            f"got {unknown[0]!r}"
        )
    symbols = _ranks(values, edges)
    for name, row in own.items():
        at = list(columns).index(name)
        symbols[:, at] = _ranks(values[:, at], row)
    return symbols


def outside(values: Values, alphabet: Mapping[str, Any]) -> npt.NDArray[np.bool_]:
    """Tell which values (same shape) have no symbol: outside a grid's interval, or not finite."""
    bad: npt.NDArray[np.bool_] = np.zeros(values.shape, np.bool_)
    if values.dtype.kind == "f":
        bad |= ~np.isfinite(values)
    if alphabet["kind"] == "grid":
        low, high = (float(Fraction(alphabet[key])) for key in ("low", "high"))
        bad |= (values < low) | (values > high)
    return bad


def symbol_count(alphabet: Mapping[str, Any]) -> int:
    """Return the size of the alphabet."""
    if alphabet["kind"] == "binary":
        return 2
    if alphabet["kind"] == "levels":
        return len(alphabet["edges"]) + 1
    low, high, step = (Fraction(alphabet[key]) for key in ("low", "high", "step"))
    return int((high - low) / step) + 1


def _ranks(values: Values, edges: Sequence[str]) -> npt.NDArray[np.uint8]:
    at = np.array([float(Fraction(edge)) for edge in edges])
    if values.dtype == np.uint8:
        # One look-up instead of a search: images are the common and the large case.
        table = np.searchsorted(at, np.arange(256.0), side="right").astype(np.uint8)
        looked_up: npt.NDArray[np.uint8] = table[values]
        return looked_up
    ranks = np.searchsorted(at, values.astype(np.float64), side="right")
    return ranks.astype(np.uint8)


def _steps(values: Values, alphabet: Mapping[str, Any]) -> npt.NDArray[np.int32]:
    low, high, step = (float(Fraction(alphabet[key])) for key in ("low", "high", "step"))
    inside = np.clip(values.astype(np.float64), low, high)
    middle = (symbol_count(alphabet) - 1) // 2
    return (np.rint((inside - low) / step) - middle).astype(np.int32)
