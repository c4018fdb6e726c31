"""Rounded values of the normal distribution, and witnesses, against other implementations."""

from __future__ import annotations

import math
import random
from fractions import Fraction

import pytest
from flint import fmpq
from scipy.stats import norm

from auditor.exact import normal
from auditor.exact.binomial import tail_at_most
from auditor.exact.confidence import lower_bound

UNIT = 1 << 64


def _float(value: fmpq) -> float:
    return float(Fraction(int(value.p), int(value.q)))


@pytest.mark.parametrize("squared", ["1/4096", "1/9", "1", "2", "27/4", "30", "63"])
def test_rounded_values_are_those_of_another_implementation(squared: str) -> None:
    value = fmpq(*Fraction(squared).as_integer_ratio())
    found = _float(1 - normal.cdf_up(value, 64))
    assert found == pytest.approx(norm.sf(Fraction(squared) ** 0.5), rel=1e-9, abs=2 / UNIT)


def test_a_value_is_rounded_up_to_the_next_multiple_and_no_further() -> None:
    rng = random.Random(1)
    for _ in range(200):
        root = fmpq(rng.randrange(1, 4000), rng.randrange(500, 1500))
        rounded = normal.cdf_up(root**2, 64)
        assert normal.below(root, rounded)
        assert not normal.below(root, rounded - fmpq(1, UNIT))
        # floor and ceiling of a number that is no multiple
        assert rounded * UNIT == normal.cdf_down(root, 64) + 1


def test_symmetry_of_floors() -> None:
    for k in range(-40, 40):
        z = fmpq(2 * k + 1, 14)
        assert normal.cdf_down(z, 64) + normal.cdf_down(-z, 64) == UNIT - 1


def test_far_tails_are_neither_0_nor_1() -> None:
    assert normal.cdf_up(fmpq(128), 64) == normal.cdf_up(fmpq(10**20), 64) == 1
    assert normal.cdf_up(fmpq(80), 64) < 1
    assert normal.cdf_down(fmpq(12), 64) == UNIT - 1
    assert normal.cdf_down(fmpq(-12), 64) == 0
    # the short cut beyond 2 bits starts only where the value itself is rounded so
    for bits in (1, 2, 8, 64):
        squared = fmpq(2 * bits)
        assert normal.cdf_up(squared - fmpq(1, 1000), 4 * bits) * 2**bits > 2**bits - 1


def test_what_no_precision_decides_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(normal, "_PRECISIONS", (8,))
    with pytest.raises(ValueError, match="too close to a tie"):
        normal.cdf_up(fmpq(1), 64)
    monkeypatch.setattr(normal, "_PRECISIONS", (2,))
    assert not normal.below(fmpq(1), fmpq(84135, 100000))  # true, and not established


def test_a_square_is_not_negative() -> None:
    with pytest.raises(ValueError, match="expected a number that is not negative"):
        normal.cdf_up(fmpq(-1), 64)


@pytest.mark.parametrize(
    "p", ["1/4294967296", "1/1000", "1/3", "1/2", "0.9", "4294967295/4294967296"]
)
def test_witnesses_are_the_last_ones_that_hold(p: str) -> None:
    chance = fmpq(*Fraction(p).as_integer_ratio())
    witness = normal.witness_below(chance)
    assert witness is not None
    assert _float(witness) == pytest.approx(norm.ppf(float(Fraction(p))), abs=1e-9)
    assert normal.below(witness, chance)
    assert not normal.below(witness + fmpq(1, 1 << normal.WITNESS_BITS), chance)


def test_chances_beyond_all_witnesses() -> None:
    assert normal.witness_below(fmpq(0)) is None
    assert normal.least_after(fmpq(0), fmpq(0)) == 0
    assert normal.witness_below(fmpq(1)) == 16
    assert normal.least_after(fmpq(1), fmpq(0)) == fmpq(UNIT - 1, UNIT)


def test_what_is_left_of_a_chance_is_never_too_much_and_hardly_too_little() -> None:
    rng = random.Random(2)
    for _ in range(200):
        chance = rng.randrange(1, 1 << 32) / 2**32
        radius = rng.random() * 4
        squared = Fraction(radius) ** 2
        exact = fmpq(*Fraction(chance).as_integer_ratio()), fmpq(*squared.as_integer_ratio())
        left = norm.cdf(norm.ppf(chance) - radius)
        assert left - 1e-9 < _float(normal.least_after(*exact)) < left + 1e-12
        # and it is at most what the exact quantile, enclosed from above, leaves
        witness = normal.witness_below(exact[0])
        assert witness is not None
        assert normal.least_after(*exact) <= fmpq(normal.cdf_down(witness, 64), UNIT)


def test_roots_are_rounded_up() -> None:
    """A change is never taken for a shorter one."""
    one = fmpq(1, 1 << normal.WITNESS_BITS)
    for squared in (fmpq(0), fmpq(1, 10**30), fmpq(1), fmpq(2), fmpq(25, 9), one**2):
        root = normal._root_up(squared)
        assert root**2 >= squared
        assert root == 0 or (root - one) ** 2 < squared


def test_two_classes_are_told_apart_at_half_the_distance_of_their_quantiles() -> None:
    rng = random.Random(2)
    for _ in range(50):
        low, high = sorted(rng.sample(range(1, 1 << 32), 2))
        radius = (norm.ppf(high / 2**32) - norm.ppf(low / 2**32)) / 2
        for factor, expected in ((1 - 1e-6, True), (1 + 1e-6, False)):
            squared = fmpq(*Fraction(radius * factor).as_integer_ratio()) ** 2
            kept = normal.least_after(fmpq(high, 1 << 32), squared)
            given = normal.least_after(1 - fmpq(low, 1 << 32), squared)
            assert (kept > 1 - given) == expected


def test_a_rival_that_is_all_the_rest_gives_the_bound_of_a_majority() -> None:
    """Then the radius is sigma z for the class, not half of it."""
    for percent in (51, 60, 70, 90, 99):
        high = fmpq(percent, 100)
        for squared in (fmpq(n, 64) for n in range(1, 300, 7)):
            majority = normal.cdf_up(squared, 64) < high
            assert (normal.least_after(high, squared) > fmpq(1, 2)) == majority


def test_hard_votes_certify_half_as_much_again_as_soft_ones() -> None:
    """1000 unanimous votes at .001: Hoeffding proves 1.565 sigma, Clopper and Pearson 2.463."""
    hoeffding = 1 - Fraction(math.sqrt(math.log(1000) / 2000))
    assert float(hoeffding) == pytest.approx(0.9412, abs=5e-5)
    exact = lower_bound(1000, 1000, fmpq(1, 1000))
    assert _float(exact) == pytest.approx(0.9931, abs=5e-5)
    radii = []
    for p in (hoeffding, Fraction(int(exact.p), int(exact.q))):
        chance = fmpq(p.numerator, p.denominator)
        radius = max(r for r in range(4000) if normal.cdf_up(fmpq(r, 1000) ** 2, 64) < chance)
        radii.append(radius)
    assert radii == [1565, 2463]
    # the same without any bound on p: the votes themselves against Phi(r)
    for thousandths, proved in ((2463, True), (2464, False)):
        mark = normal.cdf_up(fmpq(thousandths, 1000) ** 2, 64)
        assert tail_at_most(1000, 1000, mark, fmpq(1, 1000)) == proved
