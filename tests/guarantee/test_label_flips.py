"""Flips of labels alone: the tight radius beside the published one, of the divergence.

Rosenfeld, Winston, Ravikumar and Kolter 2020 certify r labels of two classes when r times the
divergence of one flipped label stays below that of a fair coin from a coin of chance p. The tight
bound certifies whatever that one does.
"""

from __future__ import annotations

import math
from fractions import Fraction
from pathlib import Path

import pytest
from flint import fmpq

from auditor.exact.flips import FlipGroup
from auditor.exact.neyman_pearson import threshold
from auditor.guarantee.smoothing import rule_for
from tests.guarantee.audits import NONE, audit

PAGE = Path(__file__).parents[2] / "docs" / "methods" / "label-flips.md"
CHANCES = ("9/10", "99/100", "9931/10000", "99931/100000", "99993/100000")
TABLE = {
    "1/5": ((0, 1), (1, 2), (2, 4), (3, 6), (4, 9)),
    "3/10": ((1, 1), (4, 7), (5, 9), (8, 14), (12, 21)),
    "2/5": ((6, 10), (19, 33), (22, 37), (36, 63), (50, 89)),
    "9/20": ((25, 40), (80, 135), (89, 151), (146, 255), (203, 361)),
}


def divergence_radius(p: float, flipped: float) -> int:
    coin = math.log(4 * p * (1 - p))
    return math.floor(coin / (2 * (1 - 2 * flipped) * math.log(flipped / (1 - flipped))))


def proves(p: Fraction, flipped: Fraction, labels: int) -> bool:
    keep = 1 - flipped
    group = FlipGroup(symbols=2, keep=fmpq(keep.numerator, keep.denominator), changed=labels)
    needed = threshold((group,))
    return needed is not None and fmpq(p.numerator, p.denominator) > needed


@pytest.mark.parametrize("flipped", TABLE)
def test_the_table_of_the_page(flipped: str) -> None:
    chances = [Fraction(text) for text in CHANCES]
    for p, (loose, tight) in zip(chances, TABLE[flipped], strict=True):
        assert divergence_radius(float(p), float(Fraction(flipped))) == loose
        assert proves(p, Fraction(flipped), tight)
        assert not proves(p, Fraction(flipped), tight + 1)
    row = " | ".join(f"{loose}, **{tight}**" for loose, tight in TABLE[flipped])
    assert f"| {str(float(Fraction(flipped)))[1:]} | {row} |" in PAGE.read_text(encoding="utf-8")


@pytest.mark.parametrize("weight", [26, 51, 77, 102, 115, 125])
def test_the_tight_radius_is_never_smaller(weight: int) -> None:
    flipped = Fraction(weight, 256)
    larger = 0
    for p in (Fraction(i, 64) for i in range(33, 64)):
        loose = divergence_radius(float(p), float(flipped))
        # the radius is a whole number, and half a unit away from it floats decide safely
        assert proves(p, flipped, loose)
        larger += proves(p, flipped, loose + 1)
    assert larger > 0


def test_the_rule_of_a_recipe_is_that_bound() -> None:
    training = {"method": "flip", "keepFeatures": "1", "keepLabels": "3/5"}
    described = audit(
        training, NONE, [{"trainLabels": r} for r in (33, 34)], members=10_000, alpha="1/1000"
    )
    rule = rule_for(described)
    assert rule.axes == ("trainLabels",)
    within, beyond = rule.thresholds()
    assert within.p_star < fmpq(99, 100) < beyond.p_star
    assert within.k_star is not None
    assert beyond.k_star is not None
    assert within.k_star < beyond.k_star
