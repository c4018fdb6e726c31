"""Noise that is added on a grid: exactly its law, word by word, the same bits everywhere."""

from __future__ import annotations

import hashlib
from collections import Counter
from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from flint import fmpq
from scipy.stats import norm

from auditor.randomness import Stream
from auditor.replay import grid_noise
from auditor.replay.grid_noise import Gaussian, Law, Sampler, Uniform, added, sampler

BYTE = np.dtype("u1")
GRID = {"kind": "grid", "low": "0", "high": "1", "step": "1/4"}


class Listed(Stream):
    """A stream of given bytes."""

    def __init__(self, data: bytes) -> None:
        super().__init__(bytes(32), "bag")
        self.data = data

    def take(self, size: int) -> bytes:
        taken, self.data = self.data[:size], self.data[size:]
        assert len(taken) == size
        return taken


LAWS: list[Law] = [
    *(Gaussian(fmpq(n, 4)) for n in (1, 3, 9, 41)),
    *(Uniform(width) for width in (2, 3, 8, 10, 100, 255)),
]


def chances(law: Law, bits: int) -> dict[int, tuple[Fraction, Fraction]]:
    """How likely each number is, at least and at most, as far as ``bits`` digits tell."""
    before, last = law.reach(bits)
    marks = {k: law.mark(k, bits) for k in range(before, last + 1)}
    found = {}
    for k in range(before + 1, last + 1):
        low = max(marks[k] - marks[k - 1] - 1, 0)
        found[k] = Fraction(low, 1 << bits), Fraction(marks[k] - marks[k - 1] + 1, 1 << bits)
    return found


@pytest.mark.parametrize("law", LAWS, ids=str)
def test_two_short_words_decide_as_often_for_a_number_as_the_law_says(law: Law) -> None:
    """All 2^16 pairs of bytes, so that frequencies are probabilities."""
    made = Sampler.of(law, BYTE)
    pairs = np.array(list(product(range(256), repeat=2)), np.uint8)
    more = Stream(bytes(32), "train-noise").take(40 << 16)
    drawn = made.draw(1 << 16, Listed(pairs.T.tobytes() + more))
    expected = chances(law, 16)
    counts = Counter(drawn.tolist())
    assert set(counts) <= set(expected)
    for number, (low, high) in expected.items():
        # two words leave one pair undecided at each end
        assert low - Fraction(1, 1 << 16) <= Fraction(counts[number], 1 << 16) <= high
    first = int(np.flatnonzero(drawn == max(counts, key=counts.__getitem__))[0])
    for place in (0, first, 255, 40_000, 65_535):
        prefix = int(pairs[place, 0]) << 8 | int(pairs[place, 1])
        assert made._decided(prefix, 16) in (None, drawn[place])


@pytest.mark.parametrize("law", LAWS, ids=str)
def test_words_that_decide_nothing_ask_for_another_of_every_coordinate(law: Law) -> None:
    made = Sampler.of(law, BYTE)
    data = Stream(bytes(32), "train-noise").take(64 * 300)
    drawn = made.draw(300, Listed(data))
    for place in range(300):
        digits = [int(data[plane * 300 + place]) for plane in range(60)]
        prefix, number = 0, None
        for count, digit in enumerate(digits, 1):
            prefix = (prefix << 8) | digit
            number = made._decided(prefix, 8 * count)
            if number is not None:
                break
        assert drawn[place] == number


def test_rows_of_streams_side_by_side_are_rows_of_each_alone() -> None:
    from auditor.replay.views import _SideBySide

    made = Sampler.of(Gaussian(fmpq(3)), BYTE)
    data = [Stream(bytes(32), "input-noise", index=i).take(50 * 40) for i in range(3)]
    together = made.draw(150, _SideBySide([Listed(each) for each in data])).reshape(3, 50)
    for row, each in zip(together, data, strict=True):
        assert np.array_equal(row, made.draw(50, Listed(each)))


def test_large_arrays_are_read_in_pieces_and_hold_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    made = Sampler.of(Gaussian(fmpq(3)), BYTE)
    whole = made.draw(1000, Stream(bytes(32), "train-noise"))
    monkeypatch.setattr(grid_noise, "_CHUNK", 7)
    assert np.array_equal(whole, made.draw(1000, Stream(bytes(32), "train-noise")))


@pytest.mark.parametrize("sigma", ["1/3", "1", "4", "300"])
def test_frequencies_are_those_of_the_rounded_normal_variable(sigma: str) -> None:
    scale = fmpq(*Fraction(sigma).as_integer_ratio())
    drawn = Sampler.of(Gaussian(scale)).draw(400_000, Stream(bytes(32), "train-noise"))
    width = max(1, int(Fraction(sigma) / 4))
    for k in range(-4 * width, 4 * width, width):
        edge = (k + 0.5) / float(Fraction(sigma))
        expected = norm.cdf(edge)
        deviation = (expected * (1 - expected) / len(drawn)) ** 0.5
        assert abs((drawn <= k).mean() - expected) < 5 * deviation + 1e-9


def test_uniform_noise_has_all_its_values_and_no_other() -> None:
    for width in (2, 5, 65_536):
        drawn = Sampler.of(Uniform(width)).draw(4000, Stream(bytes(32), "input-noise"))
        assert -(width // 2) <= drawn.min()
        assert drawn.max() <= width - width // 2 - 1
    counts = Counter(Sampler.of(Uniform(5)).draw(50_000, Stream(bytes(32), "bag")).tolist())
    assert sorted(counts) == [-2, -1, 0, 1, 2]
    assert all(abs(count - 10_000) < 500 for count in counts.values())


def test_the_same_bits_on_every_machine() -> None:
    """Fixed once and for all: whoever replays a release has another machine."""
    digest = hashlib.sha256()
    for law in (Gaussian(fmpq(7, 3)), Gaussian(fmpq(256)), Uniform(10), Uniform(65_536)):
        drawn = Sampler.of(law).draw(5000, Stream(bytes(32), "train-noise", 3))
        digest.update(drawn.astype("<i4").tobytes())
    assert digest.hexdigest() == "2ead542c1ed111a9f2f25099d50628f114dfdf484d001845f151f439bc24bb42"


def test_noise_is_added_to_the_symbols_and_may_leave_the_alphabet() -> None:
    side = {"method": "gaussian", "sigma": "1/2"}
    made = sampler(side, GRID)
    assert made is not None
    symbols = np.arange(-2, 3, dtype=np.int32).repeat(40).reshape(4, 50)
    noisy = added(symbols, made, Stream(bytes(32), "input-noise"))
    noise = made.draw(200, Stream(bytes(32), "input-noise")).reshape(4, 50)
    assert np.array_equal(noisy - symbols, noise)
    assert noisy.min() < -2
    assert noisy.max() > 2
    # a changed input meets the same noise: nothing of it is cut off before
    assert np.array_equal(added(symbols + 3, made, Stream(bytes(32), "input-noise")), noisy + 3)


def test_sigma_and_width_are_in_the_units_of_the_values() -> None:
    gaussian = sampler({"method": "gaussian", "sigma": "3/8"}, GRID)
    uniform = sampler({"method": "uniform", "width": "3/2"}, GRID)
    assert gaussian is not None
    assert uniform is not None
    assert gaussian.law == Gaussian(fmpq(3, 2))
    assert uniform.law == Uniform(6)
    assert sampler({"method": "flip", "keep": "1/2"}, {}) is None
