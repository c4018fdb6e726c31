"""Flips inside bags: masses against one draw after another, and what makes a bound smaller."""

from __future__ import annotations

from collections import defaultdict
from fractions import Fraction
from math import isqrt

import pytest
from flint import fmpq, fmpz
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.exact.bagged_flips import BaggedFlips
from auditor.exact.flips import FlipGroup
from auditor.exact.neyman_pearson import MAX_TYPES, mass_bits, threshold, type_count

Types = dict[Fraction, Fraction]


def exact(value: Fraction) -> fmpq:
    return fmpq(value.numerator, value.denominator)


def group(symbols: int, keep: Fraction, changed: int) -> FlipGroup:
    return FlipGroup(symbols=symbols, keep=exact(keep), changed=changed)


def joined(first: Types, second: Types) -> Types:
    result: Types = defaultdict(Fraction)
    for ratio, mass in first.items():
        for other, part in second.items():
            result[ratio * other] += mass * part
    return result


def one_by_one(draws: int, hits: Fraction, flips: list[tuple[int, Fraction, int]]) -> Types:
    """P masses by Q/P, coordinate by coordinate, copy by copy, draw by draw."""
    copy: Types = {Fraction(1): Fraction(1)}
    for symbols, keep, changed in flips:
        other = (1 - keep) / (symbols - 1)
        coordinate: Types = {other / keep: keep, keep / other: other}
        if symbols > 2:
            coordinate[Fraction(1)] = (symbols - 2) * other
        for _ in range(changed):
            copy = joined(copy, coordinate)
    draw: Types = defaultdict(Fraction, {ratio: hits * mass for ratio, mass in copy.items()})
    draw[Fraction(1)] += 1 - hits
    whole: Types = {Fraction(1): Fraction(1)}
    for _ in range(draws):
        whole = joined(whole, draw)
    return {ratio: mass for ratio, mass in whole.items() if mass}


KEEPS = st.sampled_from([Fraction(3, 5), Fraction(7, 10), Fraction(9, 10), Fraction(205, 256)])
HITS = st.sampled_from([Fraction(1, 100), Fraction(1, 3), Fraction(3, 4), Fraction(1)])


@given(
    draws=st.integers(1, 4),
    hits=HITS,
    features=st.tuples(st.integers(2, 4), KEEPS, st.integers(1, 3)),
    labels=st.none() | st.tuples(st.integers(2, 3), KEEPS, st.just(1)),
)
@settings(max_examples=80, deadline=None)
def test_masses_are_those_of_one_draw_after_another(
    draws: int,
    hits: Fraction,
    features: tuple[int, Fraction, int],
    labels: tuple[int, Fraction, int] | None,
) -> None:
    noises = [features] if labels is None or labels[:2] == features[:2] else [features, labels]
    bagged = BaggedFlips(
        draws=draws, hits=exact(hits), flips=tuple(group(*noise) for noise in noises)
    )
    masses, ratios = bagged.masses(), bagged.ratios()
    assert sum(masses, start=fmpz(0)) == bagged.scale
    assert len(masses) == len(ratios) <= bagged.types
    assert max(map(int, masses)).bit_length() <= bagged.bits
    found: Types = defaultdict(Fraction)
    reverse: Types = defaultdict(Fraction)
    whole = int(bagged.scale)
    common = isqrt(ratios[0] * ratios[-1])  # the first ratio is the last one's inverse
    for mass, back, ratio in zip(masses, masses[::-1], ratios, strict=True):
        assert mass > 0
        found[Fraction(ratio, common)] += Fraction(int(mass), whole)
        reverse[Fraction(ratio, common)] += Fraction(int(back), whole)
    assert found == one_by_one(draws, hits, noises)
    assert all(reverse[ratio] == ratio * mass for ratio, mass in found.items())
    if bagged.ordered:
        assert ratios == sorted(ratios)


def test_one_certain_draw_is_a_group_of_flips() -> None:
    flips = group(3, Fraction(7, 10), 4)
    bagged = BaggedFlips(draws=1, hits=fmpq(1), flips=(flips,))
    assert bagged.masses() == flips.masses()
    assert threshold((bagged,)) == threshold((flips,))


def test_four_certain_draws_are_four_times_the_flips() -> None:
    bagged = BaggedFlips(draws=4, hits=fmpq(1), flips=(group(2, Fraction(4, 5), 2),))
    assert threshold((bagged,)) == threshold((group(2, Fraction(4, 5), 8),))


@given(
    draws=st.integers(1, 4),
    hits=st.sampled_from([Fraction(1, 9), Fraction(1, 3), Fraction(3, 4)]),
    noise=st.tuples(st.integers(2, 3), KEEPS),
    changed=st.integers(1, 3),
    label=st.booleans(),
)
@settings(max_examples=60, deadline=None)
def test_whoever_may_change_more_is_never_held_to_less(
    draws: int, hits: Fraction, noise: tuple[int, Fraction], changed: int, label: bool
) -> None:
    extra = (group(5, Fraction(1, 2), 1),) if label else ()

    def star(draws: int, hits: Fraction, changed: int, more: tuple[FlipGroup, ...]) -> fmpq:
        flips = (group(*noise, changed), *more)
        found = threshold((BaggedFlips(draws=draws, hits=exact(hits), flips=flips),))
        assert found is not None
        return found

    least = star(draws, hits, changed, extra)
    assert least <= star(draws + 1, hits, changed, extra)
    assert least <= star(draws, hits * Fraction(4, 3), changed, extra)
    assert least <= star(draws, hits, changed + 1, extra)
    assert star(draws, hits, changed, ()) <= least


def test_what_a_bound_costs_is_known_beforehand() -> None:
    bagged = BaggedFlips(
        draws=100,
        hits=fmpq(20, 13007),
        flips=(group(2, Fraction(3, 4), 5), group(10, Fraction(3, 4), 1)),
    )
    assert type_count((bagged, group(2, Fraction(4, 5), 3))) == 1001 * 201 * 4
    assert bagged.bits == 100 * (14 + 5 * 3 + 6)
    assert mass_bits((bagged,)) == 1001 * 201 * bagged.bits
    with pytest.raises(ValueError, match=f"types exceed the limit of {MAX_TYPES}"):
        threshold((bagged, group(2, Fraction(4, 5), 3)))


@pytest.mark.parametrize(
    ("draws", "hits", "changed", "message"),
    [
        (0, fmpq(1, 2), [1], "draws >= 1"),
        (2, fmpq(0), [1], "0 < hits <= 1"),
        (2, fmpq(3, 2), [1], "0 < hits <= 1"),
        (2, fmpq(1, 2), [], "at least one noise"),
        (2, fmpq(1, 2), [1, 2], "each once"),
        (2, fmpq(1, 2), [0], "expected 1 .. 4096, got 0"),
        (2, fmpq(1, 2), [2049], "expected 1 .. 4096, got 4098"),
    ],
)
def test_what_no_bag_does_is_refused(
    draws: int, hits: fmpq, changed: list[int], message: str
) -> None:
    flips = tuple(group(2, Fraction(3, 4), each) for each in changed)
    with pytest.raises(ValueError, match=message):
        BaggedFlips(draws=draws, hits=hits, flips=flips)
