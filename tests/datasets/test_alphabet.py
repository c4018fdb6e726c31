"""Quantisation against a plain reading of its definition."""

from __future__ import annotations

import bisect
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from auditor.datasets.alphabet import outside, quantise, symbol_count
from auditor.errors import DataError

doubles = hnp.arrays(
    np.float64,
    st.tuples(st.integers(1, 5), st.integers(1, 4)),
    elements=st.floats(-300, 300, width=64),
)
edge_lists = st.lists(st.integers(-250, 250), min_size=1, max_size=20, unique=True).map(sorted)


def oracle(values: npt.NDArray[Any], edges: list[int]) -> list[list[int]]:
    return [[bisect.bisect_right(edges, value) for value in row] for row in values.tolist()]


@given(doubles, edge_lists)
def test_a_level_is_the_number_of_edges_at_or_below(
    values: npt.NDArray[np.float64], edges: list[int]
) -> None:
    levels = {"kind": "levels", "edges": [str(edge) for edge in edges]}
    symbols = quantise(values, levels)
    assert symbols.dtype == np.uint8
    assert symbols.tolist() == oracle(values, edges)


@given(hnp.arrays(np.uint8, (3, 5)), edge_lists)
def test_bytes_are_looked_up_to_the_same_symbols(
    values: npt.NDArray[np.uint8], edges: list[int]
) -> None:
    levels = {"kind": "levels", "edges": [str(edge) for edge in edges]}
    assert quantise(values, levels).tolist() == oracle(values, edges)


@given(doubles, st.integers(-300, 300))
def test_binary_is_value_at_least_threshold(
    values: npt.NDArray[np.float64], threshold: int
) -> None:
    symbols = quantise(values, {"kind": "binary", "threshold": str(threshold)})
    assert symbols.tolist() == (values >= threshold).astype(int).tolist()


@pytest.mark.parametrize("dtype", [np.int64, np.float32, np.bool_, np.uint16])
def test_other_types_of_number(dtype: type) -> None:
    values: npt.NDArray[Any] = np.array([[0, 1]], dtype)
    assert quantise(values, {"kind": "binary", "threshold": "1"}).tolist() == [[0, 1]]


@given(st.integers(1, 64), st.integers(-50, 50), st.integers(1, 60), st.data())
def test_on_a_grid_every_step_is_exact(
    parts: int, low: int, steps: int, data: st.DataObject
) -> None:
    step = Fraction(1, parts)
    grid = {"kind": "grid", "step": str(step), "low": str(low), "high": str(low + steps * step)}
    size = symbol_count(grid)
    assert size == steps + 1
    index = data.draw(st.integers(0, steps))
    value = np.array([[float(low + index * step)]])
    # a centred symbol: the middle step is 0
    assert quantise(value, grid).tolist() == [[index - (size - 1) // 2]]
    assert quantise(value, grid).dtype == np.int32


def test_off_a_grid_is_outside_and_between_steps_is_the_nearest() -> None:
    grid = {"kind": "grid", "step": "1/4", "low": "0", "high": "1"}
    values = np.array([[0.0, 1.0, 0.6, -0.1, 1.1, np.nan, np.inf]])
    bad = outside(values, grid)
    assert bad.tolist() == [[False, False, False, True, True, True, True]]
    assert quantise(values[:, :3], grid).tolist() == [[-2, 2, 0]]


def test_columns_may_have_edges_of_their_own() -> None:
    levels = {"kind": "levels", "edges": ["1"], "edgesByColumn": {"y": ["10"]}}
    values = np.array([[5.0, 5.0], [0.0, 10.0]])
    assert quantise(values, levels, ("x", "y")).tolist() == [[1, 0], [0, 1]]
    with pytest.raises(
        DataError, match=r"edgesByColumn: expected feature columns \(x, z\), got 'y'"
    ):
        quantise(values, levels, ("x", "z"))
