"""Confidence bounds are the last dyadic rational that the tail establishes."""

from __future__ import annotations

import pytest
from flint import fmpq
from hypothesis import given
from hypothesis import strategies as st

from auditor.exact import binomial, confidence

ALPHA = fmpq(1, 1000)


@given(st.integers(1, 400), st.data())
def test_bounds_are_the_last_dyadic_that_is_established(n: int, data: st.DataObject) -> None:
    k = data.draw(st.integers(0, n))
    bound = confidence.lower_bound(n, k, ALPHA, bits=16)
    step = fmpq(1, 1 << 16)
    assert (bound * (1 << 16)).q == 1
    assert 0 <= bound < 1
    assert bound == 0 or binomial.tail_at_most(n, k, bound, ALPHA)
    assert not binomial.tail_at_most(n, k, bound + step, ALPHA) or k == 0
    assert confidence.upper_bound(n, n - k, ALPHA, bits=16) == 1 - bound


def test_bounds_at_the_ends() -> None:
    assert confidence.lower_bound(1000, 0, ALPHA) == 0
    assert confidence.upper_bound(1000, 1000, ALPHA) == 1
    assert confidence.upper_bound(1000, 0, ALPHA) == 1 - confidence.lower_bound(1000, 1000, ALPHA)
    with pytest.raises(ValueError, match="count"):
        confidence.lower_bound(10, 11, ALPHA)


@pytest.mark.parametrize(
    ("n", "k", "bound"),
    [
        (1000, 1000, 0.9931160484),
        (1000, 999, 0.9908045023),
        (1000, 900, 0.8674640178),
        (1000, 600, 0.5510754739),
        (10_000, 9000, 0.8904097336),
        (100_000, 60_000, 0.5952010471),
        (1_000_000, 900_000, 0.8990697486),
    ],
)
def test_published_bounds(n: int, k: int, bound: float) -> None:
    found = confidence.lower_bound(n, k, ALPHA)
    assert abs(int(found.p) / int(found.q) - bound) < 1e-9
