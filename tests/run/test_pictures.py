from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from PIL import Image

from auditor.datasets import Dataset
from auditor.datasets.dataset import Symbols
from auditor.run.pictures import pictures

LEVELS: dict[str, Any] = {"kind": "levels", "edges": ["1", "2", "3"]}


def inputs(symbols: Symbols, shape: tuple[int, ...]) -> Dataset:
    return Dataset(
        symbols=symbols,
        labels=np.zeros(len(symbols), np.int64),
        ids=None,
        groups=None,
        names=tuple(map(str, range(len(symbols)))),
        source_digests=("00" * 32,) * len(symbols),
        class_names=("a", "b"),
        shape=shape,
        positions=np.arange(len(symbols)),
        slots=len(symbols),
    )


@pytest.mark.parametrize(("shape", "mode"), [((1, 3, 4), "L"), ((3, 2, 2), "RGB")])
def test_the_first_symbol_is_black_and_the_last_white(shape: tuple[int, ...], mode: str) -> None:
    symbols = np.array([[1] * 12, [0, 3, 1, 2] * 3], np.uint8)
    made = pictures(inputs(symbols, shape), LEVELS, [1])
    assert list(made) == [1]
    picture = Image.open(io.BytesIO(made[1]))
    assert (picture.mode, picture.size) == (mode, shape[:0:-1])
    levels = np.asarray(picture).reshape(*shape[1:], shape[0]).transpose(2, 0, 1)
    assert levels.ravel().tolist() == [0, 255, 85, 170] * 3


def test_the_middle_step_of_a_grid_is_grey() -> None:
    grid = {"kind": "grid", "low": "0", "high": "1", "step": "1/4"}
    made = pictures(inputs(np.array([[-2, 0, 1, 2]], np.int32), (1, 2, 2)), grid, [0])
    levels = np.asarray(Image.open(io.BytesIO(made[0])))
    assert levels.ravel().tolist() == [0, 128, 191, 255]


def test_a_table_has_no_pictures() -> None:
    assert pictures(inputs(np.zeros((2, 12), np.uint8), (12,)), LEVELS, [0]) == {}


@pytest.mark.parametrize("channels", [2, 4, 5])
def test_what_is_neither_grey_nor_colour_has_no_picture(channels: int) -> None:
    symbols = np.zeros((1, channels * 4), np.uint8)
    assert pictures(inputs(symbols, (channels, 2, 2)), LEVELS, [0]) == {}
