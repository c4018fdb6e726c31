"""The sample of cells and members that are looked at again."""

from __future__ import annotations

from collections import Counter
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.verify.sampling import sample

CERTIFICATE = "5a" * 32


def seed(number: int) -> bytes:
    return number.to_bytes(32, "big")


@given(of=st.integers(0, 40), data=st.data())
def test_it_has_as_many_places_as_asked_in_order(of: int, data: st.DataObject) -> None:
    size = data.draw(st.integers(0, of))
    drawn = sample(data.draw(st.binary(min_size=32, max_size=32)), CERTIFICATE, "cells", of, size)
    assert len(drawn) == size
    assert list(drawn) == sorted(set(drawn))
    assert set(drawn) <= set(range(of))


@pytest.mark.parametrize("size", [1, 2, 3, 4])
def test_every_set_is_as_likely(size: int) -> None:
    """Few and many of 5, drawn and left out: chi-squared, with the same seeds each time."""
    sets, trials = list(combinations(range(5), size)), 4000
    seen = Counter(sample(seed(n), CERTIFICATE, "members", 5, size) for n in range(trials))
    assert set(seen) == set(sets)
    expected = trials / len(sets)
    statistic = sum((seen[each] - expected) ** 2 / expected for each in sets)
    assert statistic < {5: 18.5, 10: 27.9}[len(sets)]  # 99.9 % of 4 and of 9 degrees of freedom


def test_a_poisoned_member_is_in_it_with_the_chance_of_the_sample() -> None:
    found = sum(5 in sample(seed(trial), CERTIFICATE, "members", 9, 3) for trial in range(60))
    assert 10 <= found <= 30  # 3 of 9 members: 20 expected, 2.7 standard deviations each way


def test_secret_certificate_and_purpose_each_make_another_sample() -> None:
    drawn = {
        sample(secret, certificate, purpose, 10**6, 3)
        for secret in (seed(0), seed(1))
        for certificate in (CERTIFICATE, "00" * 32)
        for purpose in ("members", "cells")
    }
    assert len(drawn) == 8
