"""The reduced bound equals the bound over the whole space, point by point."""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from math import prod

import pytest
from flint import fmpq
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.exact import neyman_pearson as np_bound
from auditor.exact.flips import FlipGroup

Law = dict[tuple[int, ...], Fraction]


def law(anchor: tuple[int, ...], noise: tuple[tuple[int, Fraction], ...]) -> Law:
    """The law of every noisy value, each coordinate with its own (symbols, keep)."""
    result: Law = {}
    for value in product(*(range(symbols) for symbols, _ in noise)):
        mass = Fraction(1)
        for shown, true, (symbols, keep) in zip(value, anchor, noise, strict=True):
            mass *= keep if shown == true else (1 - keep) / (symbols - 1)
        result[value] = mass
    return result


def least_mass(old: Law, new: Law, p: Fraction) -> Fraction:
    """Fill p with points in increasing order of new/old: the Neyman-Pearson lemma, naively."""
    points = sorted(((new[z] / old[z], old[z], new[z]) for z in old), key=lambda t: t[0])
    total = Fraction(0)
    for ratio, old_mass, new_mass in points:
        if p <= old_mass:
            return total + p * ratio
        p -= old_mass
        total += new_mass
    return total


def exact(value: Fraction) -> fmpq:
    return fmpq(value.numerator, value.denominator)


@st.composite
def worlds(
    draw: st.DrawFn,
) -> tuple[tuple[tuple[int, Fraction], ...], tuple[int, ...], tuple[int, ...], list[FlipGroup]]:
    kinds = draw(
        st.lists(
            st.tuples(st.integers(2, 4), st.integers(1, 9), st.integers(0, 2), st.integers(0, 2)),
            min_size=1,
            max_size=3,
        )
    )
    noise: list[tuple[int, Fraction]] = []
    old: list[int] = []
    new: list[int] = []
    groups = []
    for symbols, weight, same, changed in kinds:
        if symbols ** (same + changed) * prod(s for s, _ in noise) > 2000:
            continue
        keep = Fraction(1, symbols) + Fraction(weight, 10) * (1 - Fraction(1, symbols))
        for index in range(same + changed):
            noise.append((symbols, keep))
            old.append(0)
            new.append(symbols - 1 if index < changed else 0)
        groups.append(FlipGroup(symbols=symbols, keep=exact(keep), changed=changed))
    return tuple(noise), tuple(old), tuple(new), groups


@settings(max_examples=60)
@given(worlds(), st.fractions(0, 1, max_denominator=1000))
def test_only_changed_coordinates_matter(
    world: tuple[
        tuple[tuple[int, Fraction], ...], tuple[int, ...], tuple[int, ...], list[FlipGroup]
    ],
    p: Fraction,
) -> None:
    noise, old, new, groups = world
    naive = least_mass(law(old, noise), law(new, noise), p)
    assert np_bound.least_mass(groups, exact(p)) == exact(naive)


@settings(max_examples=40)
@given(worlds(), st.fractions(Fraction(51, 100), 1, max_denominator=100))
def test_the_threshold_is_where_the_bound_crosses_one_half(
    world: tuple[
        tuple[tuple[int, Fraction], ...], tuple[int, ...], tuple[int, ...], list[FlipGroup]
    ],
    survival: Fraction,
) -> None:
    *_, groups = world
    rho = exact(survival)
    star = np_bound.threshold(groups, rho)
    assert star is not None
    assert np_bound.least_mass(groups, star, rho) == fmpq(1, 2)
    above = star + (1 - star) / 10**9
    assert np_bound.least_mass(groups, above, rho) > fmpq(1, 2)
    assert np_bound.greatest_mass(groups, 1 - above, rho) < fmpq(1, 2)


@pytest.mark.parametrize("changed", [1, 2, 3])
def test_no_classifier_whatever_beats_the_threshold(changed: int) -> None:
    """Every one of the 256 classifiers of three noisy bits."""
    keep = Fraction(4, 5)
    noise = ((2, keep),) * 3
    old, new = law((0, 0, 0), noise), law((1,) * changed + (0,) * (3 - changed), noise)
    star = np_bound.threshold([FlipGroup(symbols=2, keep=exact(keep), changed=changed)])
    assert star is not None
    points = list(old)
    for accepted in range(1 << len(points)):
        region = [z for i, z in enumerate(points) if accepted >> i & 1]
        if exact(sum((old[z] for z in region), Fraction(0))) > star:
            assert sum(new[z] for z in region) > Fraction(1, 2)


def test_no_survival_no_bound() -> None:
    flips = [FlipGroup(symbols=2, keep=fmpq(4, 5), changed=1)]
    assert np_bound.threshold(flips, fmpq(1, 2)) is None
    assert np_bound.threshold([], fmpq(1, 2)) is None
    assert np_bound.threshold([], fmpq(51, 100)) == fmpq(3, 2) - fmpq(51, 100)
    assert np_bound.least_mass(flips, fmpq(1), fmpq(0)) == 0
    assert np_bound.least_mass(flips, fmpq(1, 4), fmpq(3, 4)) == 0


REFUSED = {
    "keeping no better than chance": (2, fmpq(1, 2)),
    "preferring wrong symbols": (2, fmpq(2, 5)),
    "K-ary chance": (10, fmpq(1, 10)),
    "no noise": (2, fmpq(1)),
    "one symbol": (1, fmpq(4, 5)),
}


@pytest.mark.parametrize(("symbols", "keep"), REFUSED.values(), ids=REFUSED.keys())
def test_useless_noise_is_refused(symbols: int, keep: fmpq) -> None:
    with pytest.raises(ValueError, match="expected"):
        FlipGroup(symbols=symbols, keep=keep, changed=1)


def test_too_many_types_are_refused() -> None:
    groups = [FlipGroup(symbols=3, keep=fmpq(weight, 10), changed=500) for weight in (5, 6, 7)]
    with pytest.raises(ValueError, match="types exceed"):
        np_bound.threshold(groups)


@given(st.integers(2, 5), st.integers(0, 12), st.fractions(0, 1, max_denominator=50))
def test_more_changes_never_help(symbols: int, changed: int, p: Fraction) -> None:
    keep = fmpq(9, 10)
    fewer = [FlipGroup(symbols=symbols, keep=keep, changed=changed)]
    more = [FlipGroup(symbols=symbols, keep=keep, changed=changed + 1)]
    assert np_bound.least_mass(more, exact(p)) <= np_bound.least_mass(fewer, exact(p))
    low, high = np_bound.threshold(fewer), np_bound.threshold(more)
    assert low is not None
    assert high is not None
    assert low <= high


def test_equal_noise_is_one_group() -> None:
    flip = FlipGroup(symbols=2, keep=fmpq(4, 5), changed=1)
    assert np_bound.merge([flip, flip]) == (FlipGroup(symbols=2, keep=fmpq(4, 5), changed=2),)
    assert np_bound.merge([FlipGroup(symbols=2, keep=fmpq(4, 5), changed=0)]) == ()


# Lee et al. publish these to 20 digits for MNIST (d = 784): the dimension does not matter.
@pytest.mark.parametrize(
    ("keep", "thresholds"),
    [((4, 5), ["1/2", "7/8", "31/32", "127/128", "3971/4000"])],
)
def test_published_thresholds(keep: tuple[int, int], thresholds: list[str]) -> None:
    found = [
        np_bound.threshold([FlipGroup(symbols=2, keep=fmpq(*keep), changed=r)])
        for r in range(len(thresholds))
    ]
    assert [str(star) for star in found] == thresholds
