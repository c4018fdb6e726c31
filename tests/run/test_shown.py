from __future__ import annotations

import io
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from PIL import Image

from auditor.datasets import Dataset
from auditor.datasets.alphabet import quantise
from auditor.datasets.dataset import Symbols
from auditor.run.shown import shown

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
    made = shown(inputs(symbols, shape), LEVELS, [1]).pictures
    assert list(made) == [1]
    picture = Image.open(io.BytesIO(made[1]))
    assert (picture.mode, picture.size) == (mode, shape[:0:-1])
    levels = np.asarray(picture).reshape(*shape[1:], shape[0]).transpose(2, 0, 1)
    assert levels.ravel().tolist() == [0, 255, 85, 170] * 3


def test_the_middle_step_of_a_grid_is_grey() -> None:
    grid = {"kind": "grid", "low": "0", "high": "1", "step": "1/4"}
    made = shown(inputs(np.array([[-2, 0, 1, 2]], np.int32), (1, 2, 2)), grid, [0]).pictures
    levels = np.asarray(Image.open(io.BytesIO(made[0])))
    assert levels.ravel().tolist() == [0, 128, 191, 255]


@pytest.mark.parametrize(
    ("alphabet", "symbols", "words"),
    [
        (
            {"kind": "levels", "edges": ["1", "2", "3"], "edgesByColumn": {"b": ["0.5"]}},
            np.array([[0, 1, 3], [2, 0, 1]], np.uint8),
            ["at least 2, below 3", "below 0.5", "at least 1, below 2"],
        ),
        (
            {"kind": "binary", "threshold": "8"},
            np.array([[0, 0, 0], [0, 1, 0]], np.uint8),
            ["below 8", "at least 8", "below 8"],
        ),
        (
            {"kind": "grid", "low": "-1", "high": "1", "step": "1/4"},
            np.array([[0, 0, 0], [-4, 0, 3]], np.int32),
            ["-1", "0", "0.75"],
        ),
    ],
)
def test_a_row_of_a_table_says_what_its_columns_hold(
    alphabet: dict[str, Any], symbols: Symbols, words: list[str]
) -> None:
    """As the alphabet reads them: a value at an edge is above it."""
    rows = inputs(symbols, (3,))
    made = shown(replace(rows, columns=("a", "b", "c")), alphabet, [1])
    assert made.pictures == {}
    assert made.values == {1: tuple(zip("abc", words, strict=True))}
    named = shown(rows, {**alphabet, "edgesByColumn": {}}, [0]).values[0]
    assert [name for name, _ in named] == ["feature 0", "feature 1", "feature 2"]
    back = {"-1": -1.0, "0": 0.0, "0.75": 0.75}
    for text, symbol in zip(words, symbols[1].tolist(), strict=True):
        if alphabet["kind"] == "grid":
            assert quantise(np.array([[back[text]]]), alphabet).tolist() == [[symbol]]


@pytest.mark.parametrize("channels", [2, 4, 5])
def test_what_is_neither_grey_nor_colour_has_no_picture(channels: int) -> None:
    symbols = np.zeros((1, channels * 4), np.uint8)
    made = shown(inputs(symbols, (channels, 2, 2)), LEVELS, [0])
    assert (made.pictures, made.values) == ({}, {})
