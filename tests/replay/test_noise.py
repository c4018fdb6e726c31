"""Noise on arrays: exact weights, word by word, and nothing else read from the stream."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.errors import UsageError
from auditor.randomness import Stream
from auditor.replay import noise


class AllWords(Stream):
    """A stream that yields every word exactly once, so that frequencies are probabilities."""

    def __init__(self, size: int) -> None:
        super().__init__(bytes(32), "bag")
        self.size = size

    def take(self, size: int) -> bytes:
        dtype = np.dtype("<u1" if self.size == 256 else "<u2")
        assert size == self.size * dtype.itemsize
        return np.arange(self.size).astype(dtype).tobytes()


@pytest.mark.parametrize("keep", [0, 1, 128, 205, 255, 256])
def test_binary_flips_happen_with_exactly_the_stated_weight(keep: int) -> None:
    symbols = np.tile(np.array([0, 1], np.uint8), 128)
    flipped = noise.flip(symbols, alphabet=2, keep=f"{keep}/256", stream=AllWords(256))
    assert (flipped == symbols).sum() == keep


@pytest.mark.parametrize(("alphabet", "each"), [(3, 5), (10, 1311), (256, 100)])
def test_k_ary_flips_share_the_rest_equally(alphabet: int, each: int) -> None:
    total = 65_536
    keep = total - (alphabet - 1) * each
    symbols = np.full(total, alphabet - 1, np.uint8)
    flipped = noise.flip(symbols, alphabet=alphabet, keep=f"{keep}/{total}", stream=AllWords(total))
    counts = np.bincount(flipped, minlength=alphabet)
    assert counts[alphabet - 1] == keep
    assert (counts[: alphabet - 1] == each).all()


def test_hiding_shows_with_exactly_the_stated_weight() -> None:
    assert noise.show((256,), weight_shown="16/256", stream=AllWords(256)).sum() == 16


@given(st.integers(0, 255), st.integers(2, 5), st.integers(1, 60))
def test_flips_are_a_function_of_the_stream_and_keep_shape(
    keep: int, alphabet: int, size: int
) -> None:
    keep = 256 - (256 - keep) // (alphabet - 1) * (alphabet - 1)
    symbols = np.arange(size).reshape(1, size) % alphabet
    once, twice = (
        noise.flip(symbols, alphabet=alphabet, keep=f"{keep}/256", stream=Stream(bytes(32), "bag"))
        for _ in range(2)
    )
    assert np.array_equal(once, twice)
    assert once.shape == symbols.shape
    assert once.dtype == symbols.dtype
    assert set(np.unique(once)) <= set(range(alphabet))


def test_unequal_shares_are_refused() -> None:
    with pytest.raises(UsageError, match="shared equally by 9"):
        noise.flip(np.zeros(1, np.uint8), alphabet=10, keep="205/256", stream=Stream(b"", "bag"))
    with pytest.raises(UsageError, match="weight 1/3"):
        noise.weight("1/3")


def test_bags_are_drawn_with_replacement() -> None:
    drawn = noise.bag(5, 1000, Stream(bytes(32), "bag"))
    assert np.bincount(drawn, minlength=5).min() > 140
