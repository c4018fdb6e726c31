"""Binomial tails are decided as exact fractions decide them, and never guessed."""

from __future__ import annotations

from fractions import Fraction
from math import comb

import pytest
from flint import fmpq
from hypothesis import given
from hypothesis import strategies as st

from auditor.exact import binomial
from auditor.exact.flips import FlipGroup
from auditor.exact.neyman_pearson import threshold

ALPHA = fmpq(1, 1000)


def reference_tail(n: int, k: int, p: Fraction) -> Fraction:
    return sum(
        (comb(n, j) * p**j * (1 - p) ** (n - j) for j in range(max(k, 0), n + 1)), Fraction(0)
    )


def exact(value: Fraction) -> fmpq:
    return fmpq(value.numerator, value.denominator)


@st.composite
def cases(draw: st.DrawFn) -> tuple[int, int, Fraction]:
    n = draw(st.integers(0, 40))
    k = draw(st.integers(-1, n + 2))
    p = draw(st.fractions(min_value=0, max_value=1, max_denominator=64))
    return n, k, p


@given(cases())
def test_the_integer_tail_is_the_sum_of_its_terms(case: tuple[int, int, Fraction]) -> None:
    n, k, p = case
    assert binomial.exact_tail(n, k, exact(p)) == exact(reference_tail(n, k, p))


@given(cases(), st.fractions(min_value=0, max_value=1, max_denominator=10**6))
def test_balls_decide_as_fractions_do(case: tuple[int, int, Fraction], level: Fraction) -> None:
    n, k, p = case
    expected = reference_tail(n, k, p) <= level
    assert binomial.decide_tail(n, k, exact(p), exact(level)) is expected


@given(cases())
def test_an_exact_tie_is_within_the_level(case: tuple[int, int, Fraction]) -> None:
    n, k, p = case
    level = exact(reference_tail(n, k, p))
    assert binomial.tail_at_most(n, k, exact(p), level)
    if level > 0:
        assert not binomial.tail_at_most(n, k, exact(p), level - fmpq(1, 10**60))


def test_what_cannot_be_decided_is_not_established(monkeypatch: pytest.MonkeyPatch) -> None:
    tie = (10, 10, fmpq(1, 3), fmpq(1, 3**10))
    assert binomial.decide_tail(*tie) is True
    monkeypatch.setattr(binomial, "_EXACT_BITS", 0)
    assert binomial.decide_tail(*tie) is None
    assert binomial.tail_at_most(*tie) is False


EDGES = {
    "no successes asked for": ((5, 0, fmpq(1, 2), fmpq(99, 100)), False),
    "no successes asked for, level one": ((5, 0, fmpq(1, 2), fmpq(1)), True),
    "more successes than trials": ((5, 6, fmpq(1, 2), fmpq(0)), True),
    "more successes than trials, certain": ((5, 6, fmpq(1), fmpq(0)), True),
    "impossible event": ((5, 1, fmpq(0), fmpq(0)), True),
    "certain event": ((5, 5, fmpq(1), fmpq(99, 100)), False),
    "level zero": ((5, 5, fmpq(1, 2), fmpq(0)), False),
    "negative level": ((5, 6, fmpq(1, 2), fmpq(-1)), False),
    "no trials": ((0, 0, fmpq(1, 2), fmpq(1, 2)), False),
}


@pytest.mark.parametrize(("case", "expected"), EDGES.values(), ids=EDGES.keys())
def test_edges(case: tuple[int, int, fmpq, fmpq], expected: bool) -> None:
    assert binomial.decide_tail(*case) is expected


@pytest.mark.parametrize("p", [fmpq(-1, 2), fmpq(3, 2)])
def test_no_probability_is_refused(p: fmpq) -> None:
    with pytest.raises(ValueError, match="0 <= p <= 1"):
        binomial.decide_tail(3, 1, p, ALPHA)


# Published for beta = 4/5 and alpha = 1/1000: thresholds and least counts at R = 0, 1, 2, ...
THRESHOLDS = [
    "1/2",
    "7/8",
    "31/32",
    "127/128",
    "3971/4000",
    "79759/80000",
    "1598411/1600000",
    "31990519/32000000",
]
COUNTS = {
    1000: [550, 907, 985, 1000, 1000, None, None],
    10_000: [5156, 8852, 9741, 9949, 9953, 9986, 9999],
}


@pytest.mark.parametrize("n", COUNTS)
def test_published_least_counts(n: int) -> None:
    flips = [[FlipGroup(symbols=2, keep=fmpq(4, 5), changed=r)] for r in range(8)]
    stars = [threshold(groups) for groups in flips]
    assert [str(star) for star in stars] == THRESHOLDS
    counts = [binomial.least_count(n, star, ALPHA) for star in stars[:7] if star is not None]
    assert counts == COUNTS[n]


@given(st.integers(1, 60), st.fractions(0, 1, max_denominator=32), st.integers(3, 10**6))
def test_the_least_count_holds_and_one_vote_fewer_fails(n: int, p: Fraction, odds: int) -> None:
    level = fmpq(1, odds)
    least = binomial.least_count(n, exact(p), level)
    holds = [k for k in range(n + 1) if reference_tail(n, k, p) <= Fraction(1, odds)]
    assert least == (holds[0] if holds else None)


@pytest.mark.parametrize("n", [10_000, 1_000_000])
@pytest.mark.parametrize("p", [fmpq(1, 2), fmpq(31, 32), fmpq(1, 10**5)])
def test_large_least_counts_are_boundaries(n: int, p: fmpq) -> None:
    least = binomial.least_count(n, p, ALPHA)
    assert least is not None
    assert binomial.decide_tail(n, least, p, ALPHA) is True
    assert binomial.decide_tail(n, least - 1, p, ALPHA) is False


@pytest.mark.parametrize("level", [fmpq(1, 2), fmpq(-1, 10)])
def test_a_level_without_meaning_is_refused(level: fmpq) -> None:
    with pytest.raises(ValueError, match="level"):
        binomial.least_count(10, fmpq(1, 2), level)
