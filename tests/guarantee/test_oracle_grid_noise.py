"""Noise on a grid against every change of data and input, over the whole noise.

What a member sees is written out point by point: for Gaussian noise the chance of every rounded
value, for uniform noise each of its shifts. The Neyman-Pearson lemma over these points gives the
largest vote share that an attack can take the majority from. No bound may be below it; uniform
noise must give exactly this number, and Gaussian noise nearly so where it is wide.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from itertools import product
from math import isqrt
from typing import Final

import numpy as np
import numpy.typing as npt
import pytest
from flint import fmpq
from scipy.stats import norm

from auditor.exact import normal
from auditor.exact.rational import round_up
from auditor.guarantee import grid
from auditor.guarantee.noise import Least, Shift
from auditor.guarantee.smoothing import rule_for
from auditor.guarantee.test.gaussian import GaussianTest
from auditor.guarantee.training.gaussian import GaussianTraining
from tests.guarantee.audits import NONE, Json, on_a_grid, partition

Law = npt.NDArray[np.float64]
TINY: Final = 1e-9
REACH: Final = 9


def rounded(sigma: float, moved: int, far: int) -> Law:
    """Chances of moved + round(sigma Z) from -far to far, the tails in the last ones."""
    edges = (np.arange(-far, far) + 0.5 - moved) / sigma
    return np.diff(np.concatenate([[0.0], norm.cdf(edges), [1.0]]))


def joint(*laws: Law) -> Law:
    result = np.ones(1)
    for law in laws:
        result = np.outer(result, law).ravel()
    return result


def by_ratio(old: Law, new: Law) -> tuple[Law, Law]:
    """Masses of both laws up to each point, beginning where the new one has least of the old."""
    with np.errstate(divide="ignore"):
        order = np.argsort(np.where(old > 0, new / np.maximum(old, 1e-300), np.inf), kind="stable")
    none = np.zeros(1)
    return np.cumsum(np.append(none, old[order])), np.cumsum(np.append(none, new[order]))


def least(old: Law, new: Law, p: float) -> float:
    """The least new mass of a randomised test with this old mass."""
    masses, after = by_ratio(old, new)
    return float(np.interp(p, masses, after))


def threshold(old: Law, new: Law) -> float:
    """The largest old mass of a randomised test with at most half of the new one."""
    masses, after = by_ratio(old, new)
    return float(np.interp(0.5, after, masses))


# --- Gaussian noise: training features of one width, input values of another ---------------------

SIGMAS: Final = ((1, 2), (3, 1), (2, 5), (7, 7))
"""Steps of the grid: training, input."""


def gaussian(train: int, test: int, budgets: list[dict[str, int]]) -> Json:
    """Return both sides; a step is one half."""
    return on_a_grid(
        {"method": "gaussian", "sigma": f"{train}/2", "keepLabels": "1"},
        {"method": "gaussian", "sigma": f"{test}/2"},
        budgets,
    )


def worst(sigmas: tuple[int, int], squares: tuple[int, int]) -> float:
    """The worst over every change of one training feature and one input value within a budget."""
    far = [REACH * sigma + 12 for sigma in sigmas]
    old = joint(*(rounded(sigma, 0, reach) for sigma, reach in zip(sigmas, far, strict=True)))
    found = 0.5
    for moves in product(*(range(isqrt(square) + 1) for square in squares)):
        parts = zip(sigmas, moves, far, strict=True)
        found = max(found, threshold(old, joint(*(rounded(s, d, f) for s, d, f in parts))))
    return found


def too_low(sigmas: tuple[int, int]) -> Iterator[tuple[str, float]]:
    """Yield the budgets whose threshold is below what an attack takes, and by how much above."""
    listed = [
        {"trainSquares": a, "inputSquares": b} for a, b in product((0, 1, 4, 9), (0, 1, 4, 16))
    ]
    for line in rule_for(gaussian(*sigmas, listed)).thresholds():
        squares = line.budget.get("trainSquares"), line.budget.get("inputSquares")
        needed, given = worst(sigmas, squares), float(line.p_star)
        if given < needed - TINY:
            yield str(line.budget), needed - given


@pytest.mark.parametrize("sigmas", SIGMAS)
def test_no_attack_takes_a_majority_that_is_certified(sigmas: tuple[int, int]) -> None:
    assert list(too_low(sigmas)) == []


def test_wide_noise_leaves_nothing_to_gain() -> None:
    """Rounding loses a little of the noise's protection, and less and less of it."""
    gaps = []
    for sigma in (1, 4, 16):
        budget = {"inputSquares": (sigma + 1) ** 2}
        (line,) = rule_for(gaussian(1, sigma, [budget])).thresholds()
        gaps.append(float(line.p_star) - worst((1, sigma), (0, (sigma + 1) ** 2)))
    assert gaps == sorted(gaps, reverse=True)
    assert 0 < gaps[-1] < 2e-3


def test_a_change_of_several_values_is_one_of_the_same_length() -> None:
    """Steps (3, 4) are no worse, and hardly better, than 5 steps of one value."""
    far = 60
    old = joint(rounded(6, 0, far), rounded(6, 0, far))
    (line,) = rule_for(gaussian(1, 6, [{"inputSquares": 25}])).thresholds()
    for moves in ((3, 4), (5, 0), (4, 3)):
        taken = threshold(old, joint(*(rounded(6, d, far) for d in moves)))
        assert float(line.p_star) - 2e-3 < taken < float(line.p_star)


MUTANTS: Final[dict[str, Callable[[pytest.MonkeyPatch], None]]] = {
    "distances are not divided by sigma": lambda patch: patch.setattr(
        GaussianTest, "squared", lambda self, n: n / max(self.sigma, fmpq(10))
    ),
    "squares divided by sigma, not its square": lambda patch: patch.setattr(
        GaussianTraining, "squared", lambda self, n: n / (self.sigma**2 + 2)
    ),
    "the two sigmas exchanged": lambda patch: (
        patch.setattr(GaussianTest, "squared", lambda _, n: n / fmpq(3) ** 2),
        patch.setattr(GaussianTraining, "squared", lambda _, n: n / fmpq(1)),
    )[0],
    "half the distance, as for two classes": lambda patch: patch.setattr(
        normal, "cdf_up", _cdf_of_a_quarter
    ),
    "lengths added in the wrong norm": lambda patch: patch.setattr(
        GaussianTest, "squared", lambda self, n: fmpq(isqrt(n)) / self.sigma**2
    ),
    "steps taken for the units of the values": lambda patch: patch.setattr(
        grid, "grid", lambda _: (fmpq(0), fmpq(8), fmpq(1, 4))
    ),
}
_CDF_UP = normal.cdf_up


def _cdf_of_a_quarter(squared: fmpq, bits: int) -> fmpq:
    return _CDF_UP(squared / 4, bits)


@pytest.mark.parametrize("mutant", MUTANTS)
def test_a_wrong_formula_is_found_out(mutant: str, monkeypatch: pytest.MonkeyPatch) -> None:
    MUTANTS[mutant](monkeypatch)
    assert any(list(too_low(sigmas)) for sigmas in SIGMAS)


# --- a lower and an upper bound ------------------------------------------------------------------


def kept_apart(squared: int, sigma: int, low: float, high: float) -> bool:
    """Whether a class above one share stays ahead of a rival below another, for every change."""
    far = REACH * sigma + 20
    old, new = rounded(sigma, 0, far), rounded(sigma, isqrt(squared), far)
    return least(old, new, low) > 1 - least(old, new, 1 - high)


def separated(squared: int, sigma: int, low: Fraction, high: Fraction) -> bool:
    shift = Shift(squared=fmpq(squared) / sigma**2)
    chances = (fmpq(p.numerator, p.denominator) for p in (low, high))
    return Least(shift).ahead(*chances)


SHARES: Final = [(Fraction(a, 20), Fraction(b, 20)) for a in range(2, 20) for b in range(1, 21 - a)]


@pytest.mark.parametrize("sigma", [2, 6])
def test_rivals_stay_behind_where_that_is_certified(sigma: int) -> None:
    claimed = 0
    for moved, (low, high) in product((1, 2, 3, 5, 8), SHARES):
        if separated(moved**2, sigma, low, high):
            claimed += 1
            assert kept_apart(moved**2, sigma, float(low), float(high))
    assert claimed > 50


def test_a_radius_twice_as_long_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """The mutant moves each of the two chances by half of r."""
    after = normal.least_after
    monkeypatch.setattr(normal, "least_after", lambda p, squared: after(p, squared / 4))
    found = [
        (moved, low, high)
        for moved, (low, high) in product((2, 3), SHARES)
        if separated(moved**2, 2, low, high)
        and not kept_apart(moved**2, 2, float(low), float(high))
    ]
    assert found


# --- Gaussian noise beside other noise -----------------------------------------------------------


def beside(sigma: int, moved: int, other: tuple[Law, Law]) -> float:
    """The worst attack that moves one input value and does something else besides."""
    far = REACH * sigma + 12
    return threshold(
        joint(rounded(sigma, 0, far), other[0]), joint(rounded(sigma, moved, far), other[1])
    )


BESIDE: Final[dict[str, tuple[Json, dict[str, int], tuple[Law, Law]]]] = {
    "a flipped label": (
        {"method": "flip", "keepFeatures": "1", "keepLabels": "3/4"},
        {"trainLabels": 1},
        (np.array([0.75, 0.25]), np.array([0.25, 0.75])),
    ),
    "two flipped labels": (
        {"method": "flip", "keepFeatures": "1", "keepLabels": "3/4"},
        {"trainLabels": 2},
        (joint(*[np.array([0.75, 0.25])] * 2), joint(*[np.array([0.25, 0.75])] * 2)),
    ),
    # two of ten examples rewritten: the bag of one has its own value, or one of theirs
    "bags of one example": (
        {"method": "bag", "size": 1},
        {"trainExamples": 2},
        (np.array([0.8, 0.2, 0.0]), np.array([0.8, 0.0, 0.2])),
    ),
    "uniform noise on training features": (
        {"method": "uniform", "width": "4", "keepLabels": "1"},
        {"trainSteps": 2},
        (np.array([0.25, 0.75, 0.0]), np.array([0.0, 0.75, 0.25])),
    ),
}


@pytest.mark.parametrize("name", BESIDE)
@pytest.mark.parametrize("moved", [1, 2, 4])
def test_other_noise_beside_gaussian_noise(name: str, moved: int) -> None:
    training, spent, other = BESIDE[name]
    budget = {**spent, "inputSquares": moved**2}
    description = on_a_grid(training, {"method": "gaussian", "sigma": "2"}, [budget], examples=10)
    (line,) = rule_for(description).thresholds()
    taken = beside(4, moved, other)
    slack = 0.02 if "label" in name else 2e-3
    assert taken - TINY < float(line.p_star) < taken + slack


def _without_survival(self: Shift) -> fmpq | None:
    return SHIFT_THRESHOLD(replace(self, survival=fmpq(1)))


def _without_flips(self: Shift) -> fmpq | None:
    return SHIFT_THRESHOLD(replace(self, groups=()))


SHIFT_THRESHOLD: Final = Shift.threshold


@pytest.mark.parametrize("mutant", [_without_survival, _without_flips])
def test_noise_beside_it_that_is_forgotten_is_found_out(
    mutant: Callable[[Shift], fmpq | None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Shift, "threshold", mutant)
    found = 0
    for name in BESIDE:
        try:
            test_other_noise_beside_gaussian_noise(name, 2)
        except AssertionError:
            found += 1
    assert found == 2  # two cases have flips, two have survival


# --- uniform noise: exactly ----------------------------------------------------------------------


def exact_threshold(width: int, moves: tuple[int, ...]) -> Fraction:
    """Count the shifts, all equally likely, that the values after the moves could show as well."""
    shown = list(product(range(width), repeat=len(moves)))
    shared = sum(all(z >= d for z, d in zip(point, moves, strict=True)) for point in shown)
    # a point that is not shared has no new mass, and one that is shared has as much as of the old
    return Fraction(len(shown) - shared, len(shown)) + min(
        Fraction(1, 2), Fraction(shared, len(shown))
    )


@pytest.mark.parametrize("width", [2, 3, 4, 7])
def test_uniform_noise_gives_the_worst_attack_exactly(width: int) -> None:
    amounts = range(1, width + 2)
    training: Json = {"method": "uniform", "width": f"{width}/2", "keepLabels": "1"}
    test: Json = {"method": "uniform", "width": f"{width}/2"}
    listed = [{"trainSteps": a, "inputSteps": b} for a in amounts for b in amounts]
    reached: dict[tuple[int, int], Fraction] = defaultdict(lambda: Fraction(1, 2))
    for a, b, c in product(range(width + 2), repeat=3):  # two training features, one input value
        taken = exact_threshold(width, (a, b, c))
        for budget in product(amounts, amounts):
            if a + b <= budget[0] and c <= budget[1]:
                reached[budget] = max(reached[budget], taken)
    for line in rule_for(on_a_grid(training, test, listed)).thresholds():
        limit = line.budget.get("trainSteps"), line.budget.get("inputSteps")
        expected = round_up(fmpq(reached[limit].numerator, reached[limit].denominator), 64)
        assert line.p_star == expected, line.budget


def test_an_overlap_of_one_step_too_many_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        grid, "overlap", lambda width, steps: fmpq(max(width + 1 - steps, 0), width + 1)
    )
    with pytest.raises(AssertionError):
        test_uniform_noise_gives_the_worst_attack_exactly(3)


# --- boundaries ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("training", "test", "budget"),
    [
        ({"method": "gaussian", "sigma": "4", "keepLabels": "1"}, NONE, {"trainSquares": 25}),
        (
            {"method": "gaussian", "sigma": "4", "keepLabels": "3/4"},
            {"method": "gaussian", "sigma": "1"},
            {"trainLabels": 1, "inputSquares": 1},
        ),
        ({"method": "uniform", "width": "4", "keepLabels": "1"}, NONE, {"trainSteps": 2}),
    ],
)
def test_one_vote_fewer_certifies_nothing(training: Json, test: Json, budget: Json) -> None:
    rule = rule_for(on_a_grid(training, test, [budget], members=300))  # type: ignore[list-item]
    (line,) = rule.thresholds()
    assert line.k_star is not None
    enough = bytes([0] * line.k_star + [1] * (300 - line.k_star))
    assert rule.judge(enough).frontier == (line.budget,)
    assert rule.slack(enough, line.budget) == 0
    assert rule.judge(enough[1:] + b"\1").frontier == ()


def test_the_margin_inside_noise_needs_the_threshold_of_the_input_alone() -> None:
    """Partition members: the parts touched ask for a margin, and not for more of the votes."""
    budgets = [{"inputSquares": 9}, {"trainExamples": 1, "inputSquares": 9}]
    test: Json = {"method": "gaussian", "sigma": "2"}
    rule = rule_for(on_a_grid(partition(3), test, budgets, members=3, draws=100))
    first, second = rule.thresholds()
    assert first.p_star == second.p_star == normal.cdf_up(fmpq(9, 16), 64)
    needs = {need.budget: need.margin for need in rule.requirements()}
    assert needs == {first.budget: 0, second.budget: 2}


def test_more_distance_never_needs_fewer_votes() -> None:
    budgets = [{"inputSquares": n} for n in (1, 2, 3, 50, 1000, 2**40)]
    lines = rule_for(on_a_grid(NONE, {"method": "gaussian", "sigma": "3"}, budgets)).thresholds()
    marks = [line.p_star for line in lines]
    assert marks == sorted(marks)
    assert marks[-1] == 1
    assert lines[-1].k_star is None
