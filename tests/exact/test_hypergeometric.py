"""Bounds from samples without replacement are those of enumeration, and never err downwards."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import combinations, pairwise
from math import comb

import pytest
from flint import fmpq
from hypothesis import given
from hypothesis import strategies as st

from auditor.exact import hypergeometric as hg

DELTA = fmpq(1, 1000)
DELTAS = [Fraction(0), Fraction(1, 1000), Fraction(1, 20), Fraction(1, 3), Fraction(9, 10)]


def exact(value: Fraction) -> fmpq:
    return fmpq(value.numerator, value.denominator)


def reference(of: int, bad: int, sampled: int, found: int) -> Fraction:
    ways = sum(
        comb(bad, i) * comb(of - bad, sampled - i) for i in range(min(found, sampled, bad) + 1)
    )
    return Fraction(ways, comb(of, sampled))


def small(most: int) -> Iterator[tuple[int, int, int]]:
    for of in range(1, most + 1):
        for sampled in range(of + 1):
            for found in range(sampled + 1):
                yield of, sampled, found


def test_the_reference_counts_samples() -> None:
    for of, sampled, found in small(6):
        for bad in range(of + 1):
            shown = [sum(unit < bad for unit in draw) for draw in combinations(range(of), sampled)]
            share = Fraction(sum(x <= found for x in shown), len(shown))
            assert reference(of, bad, sampled, found) == share


def test_the_bound_is_the_largest_number_that_could_have_shown_so_few() -> None:
    for of, sampled, found in small(11):
        chances = [reference(of, bad, sampled, found) for bad in range(of + 1)]
        # each chance is itself a delta: ties are not "more than delta"
        for delta in {*DELTAS, *(chance for chance in chances if chance < 1)}:
            expected = max(bad for bad, chance in enumerate(chances) if chance > delta)
            assert hg.undetected(of, sampled, found, exact(delta)) == expected


def test_the_bound_fails_with_probability_delta_at_most() -> None:
    closest = Fraction(0)
    for of in range(1, 13):
        for sampled in range(of + 1):
            for delta in DELTAS:
                bounds = [hg.undetected(of, sampled, x, exact(delta)) for x in range(sampled + 1)]
                for bad in range(of + 1):
                    shown = [reference(of, bad, sampled, x) for x in range(-1, sampled + 1)]
                    masses = [after - before for before, after in pairwise(shown)]
                    failed = sum(m for m, bound in zip(masses, bounds, strict=True) if bound < bad)
                    assert failed <= delta
                    closest = max(closest, failed / delta if delta else Fraction(0))
    assert closest == 1, "some case must be attained"


@st.composite
def cases(draw: st.DrawFn) -> tuple[int, int, int, int]:
    of = draw(st.integers(1, 300))
    return of, draw(st.integers(0, of)), draw(st.integers(0, of)), draw(st.integers(-1, of + 1))


@given(cases(), st.fractions(min_value=0, max_value=1, max_denominator=10**6))
def test_balls_decide_as_fractions_do(case: tuple[int, int, int, int], level: Fraction) -> None:
    expected = reference(*case) <= level
    assert hg.decide_cdf(*case, exact(level)) is expected


@given(cases())
def test_an_exact_tie_is_within_the_level(case: tuple[int, int, int, int]) -> None:
    level = exact(reference(*case))
    assert hg.exact_cdf(*case) == level
    assert hg.cdf_at_most(*case, level)
    if level > 0:
        assert not hg.cdf_at_most(*case, level - fmpq(1, 10**200))


@given(st.integers(1, 200), st.data())
def test_a_sample_one_smaller_does_not_do(of: int, data: st.DataObject) -> None:
    bad = data.draw(st.integers(1, of))
    delta = data.draw(st.fractions(min_value=0, max_value=Fraction(99, 100)))
    size = hg.sample_size(of, bad, exact(delta))
    assert reference(of, bad, size, 0) <= delta < reference(of, bad, size - 1, 0)
    assert hg.undetected(of, size, 0, exact(delta)) < bad
    assert hg.undetected(of, size - 1, 0, exact(delta)) >= bad


def test_everything_sampled_is_known_and_nothing_sampled_says_nothing() -> None:
    for of in (1, 7, 10**10, 10**30):
        for found in {0, 1, of // 3, of}:
            assert hg.undetected(of, of, found, DELTA) == found
            assert hg.undetected(of, of, found, fmpq(0)) == found
        assert hg.undetected(of, 0, 0, DELTA) == of
        assert hg.undetected(of, of // 2, of // 2, DELTA) == of
    assert hg.undetected(0, 0, 0, DELTA) == 0


def test_without_an_error_allowed_only_the_good_ones_seen_are_excluded() -> None:
    assert hg.undetected(1000, 100, 7, fmpq(0)) == 907


LARGE = [
    (10**10, 10**6, 0),
    (10**10, 10**6, 1000),
    (10**10, 10**10 - 1000, 10**9),
    (10**10, 5 * 10**9, 10),
    (17_000_000, 10_000, 100),
    (17_000_000, 16_900_000, 12_345),
]


@pytest.mark.parametrize("case", LARGE)
@pytest.mark.parametrize("delta", [DELTA, fmpq(1, 10**30), fmpq(9, 10)])
def test_large_bounds_are_boundaries(case: tuple[int, int, int], delta: fmpq) -> None:
    of, sampled, found = case
    bound = hg.undetected(of, sampled, found, delta)
    assert hg.decide_cdf(of, bound, sampled, found, delta) is False
    assert hg.decide_cdf(of, bound + 1, sampled, found, delta) is True


@pytest.mark.parametrize(
    ("of", "sampled", "found"), [(20_000, 3000, 40), (20_000, 19_000, 900), (5_001, 2_500, 1250)]
)
def test_sums_of_thousands_of_terms_agree_with_integers(of: int, sampled: int, found: int) -> None:
    bound = hg.undetected(of, sampled, found, DELTA)
    assert reference(of, bound, sampled, found) > Fraction(1, 1000)
    assert reference(of, bound + 1, sampled, found) <= Fraction(1, 1000)


TIE = (2000, 40, 300, 5)  # its chance is a level that no ball can tell from it


def test_what_cannot_be_decided_is_not_established(monkeypatch: pytest.MonkeyPatch) -> None:
    level = hg.exact_cdf(*TIE)
    assert hg.decide_cdf(*TIE, level) is True
    assert hg.undetected(2000, 300, 5, level) == 39
    monkeypatch.setattr(hg, "_EXACT_BITS", 0)
    assert hg.decide_cdf(*TIE, level) is None
    assert hg.cdf_at_most(*TIE, level) is False
    assert hg.undetected(2000, 300, 5, level) == 40
    assert hg.sample_size(2000, 40, hg.exact_cdf(2000, 40, 100, 0)) == 101


def test_a_sum_cut_short_errs_upwards_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    for found in (1000, 30_000, 49_000):
        exactly = hg.undetected(10**6, 50_000, found, DELTA)
        with monkeypatch.context() as patch:
            patch.setattr(hg, "_MAX_TERMS", 0)
            cut = hg.undetected(10**6, 50_000, found, DELTA)
        assert exactly < cut < exactly + exactly // 20


def test_numbers_beyond_all_evidence_cost_no_more_than_the_cap(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    masses = 0
    mass = hg._mass

    def counted(of: int, bad: int, sampled: int, found: int) -> object:
        nonlocal masses
        masses += 1
        return mass(of, bad, sampled, found)

    monkeypatch.setattr(hg, "_mass", counted)
    monkeypatch.setattr(hg, "_MAX_TERMS", 1 << 10)
    of = 1 << 60
    bound = hg.undetected(of, of // 2, of // 4, DELTA)
    assert of // 2 < bound < of // 2 + (1 << 40)
    # a tie that no integers are long enough for counts against
    assert hg.undetected(1 << 200, 3, 1, fmpq(1, 2)) == 1 << 199
    assert masses < 2 * 60 + 2 * 200


REFUSED = {
    "sampled": (10, 11, 0, DELTA),
    "found": (10, 5, 6, DELTA),
    "delta: expected 0 <= delta < 1": (10, 5, 1, fmpq(1)),
    "got -1": (10, 5, -1, DELTA),
    "got -1/2": (10, 5, 1, fmpq(-1, 2)),
}


@pytest.mark.parametrize("message", REFUSED)
def test_numbers_without_meaning_are_refused(message: str) -> None:
    with pytest.raises(ValueError, match=message):
        hg.undetected(*REFUSED[message])


def test_no_bad_unit_cannot_be_detected() -> None:
    with pytest.raises(ValueError, match="bad: expected 1 to 10"):
        hg.sample_size(10, 0, DELTA)
    with pytest.raises(ValueError, match="delta"):
        hg.sample_size(10, 1, fmpq(1))
    with pytest.raises(ValueError, match="bad: expected 0 to 10"):
        hg.decide_cdf(10, 11, 5, 0, DELTA)
