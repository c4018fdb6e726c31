"""Bags of groups against every change of whole groups, over every bag.

A group is a tuple of rows; an attacked one becomes any rows, also none. One that has none is gone
from the data, so the bag is then drawn from fewer: both laws are written out in full.
"""

from __future__ import annotations

from collections import defaultdict
from fractions import Fraction
from itertools import product

import pytest
from flint import fmpq

from auditor.errors import RecipeError
from auditor.exact.rational import round_up
from auditor.guarantee.smoothing import rule_for
from auditor.guarantee.vote.counts import THRESHOLD_BITS
from tests.guarantee.audits import NONE, Json, audit, partition
from tests.guarantee.test_oracle_noise import B, Law, flipped, joint, threshold

Group = tuple[str, ...]

AUDITED: tuple[Group, ...] = (("a",), ("b", "c"), ("d", "d", "e"), ("f",))
#: What an attacked group may become: gone, rows of another, rows like nobody's, one or several.
CHOICES: tuple[Group, ...] = ((), ("a",), ("b", "c"), ("x",), ("y", "z"), ("x", "x", "x"))
TEST: Json = {"method": "flip", "keep": "4/5"}


def bags(groups: tuple[Group, ...], size: int) -> Law:
    """The law of a bag's rows: the rows of each drawn group, draw by draw."""
    present = [group for group in groups if group]
    law: Law = defaultdict(Fraction)
    for drawn in product(present, repeat=size):
        law[tuple(drawn)] += Fraction(1, len(present) ** size)
    return law or {((),) * size: Fraction(1)}


def attacks(changed: int) -> list[tuple[Group, ...]]:
    """Every data set in which at most so many groups are others."""
    options = [(group, *CHOICES) for group in AUDITED]
    return [
        worlds
        for worlds in set(product(*options))
        if sum(a != b for a, b in zip(AUDITED, worlds, strict=True)) <= changed
    ]


def described(size: int, test: Json, budgets: list[dict[str, int]], groups: int | None = 4) -> Json:
    found = audit(
        {"method": "bag", "size": size},
        test,
        budgets,
        members=10,
        alpha="1/10",
        examples=sum(map(len, AUDITED)),
    )
    found["recipe"]["unit"] = "group"  # type: ignore[index]
    if groups is not None:
        found["dataset"]["groups"] = groups  # type: ignore[index]
    return found


def worst(size: int, changed: int, *, gone: bool | None = None) -> Fraction:
    """The threshold that is needed; ``gone``: only attacks that empty a group, or that do not."""
    return max(
        threshold(bags(AUDITED, size), bags(world, size))
        for world in attacks(changed)
        if gone is None or gone == (() in world)
    )


@pytest.mark.parametrize("size", [1, 2])
def test_the_threshold_is_the_worst_over_every_attack_on_groups(size: int) -> None:
    budgets = [{"trainExamples": amount} for amount in (1, 2)]
    for found in rule_for(described(size, NONE, budgets)).thresholds():
        needed = worst(size, found.budget.get("trainExamples"))
        exact = round_up(fmpq(needed.numerator, needed.denominator), THRESHOLD_BITS)
        assert found.p_star == min(exact, fmpq(1)), found.budget


def test_groups_that_are_gone_are_covered_and_do_no_more_harm() -> None:
    for changed in (1, 2):
        assert worst(2, changed, gone=True) <= worst(2, changed, gone=False)


@pytest.mark.parametrize("wrong", [5, 7], ids=["one group more", "the number of examples"])
def test_another_number_of_groups_is_caught(wrong: int) -> None:
    [found] = rule_for(described(2, NONE, [{"trainExamples": 1}], groups=wrong)).thresholds()
    needed = worst(2, 1)
    assert found.p_star < fmpq(needed.numerator, needed.denominator)


def test_groups_and_noise_on_the_input_multiply() -> None:
    budget = {"trainExamples": 1, "inputFeatures": 1}
    [found] = rule_for(described(1, TEST, [budget])).thresholds()
    before = joint(bags(AUDITED, 1), flipped(0, 2, B))
    after = [joint(bags(world, 1), flipped(x, 2, B)) for world in attacks(1) for x in (0, 1)]
    needed = max(threshold(before, law) for law in after)
    exact = round_up(fmpq(needed.numerator, needed.denominator), THRESHOLD_BITS)
    assert found.p_star == exact


REFUSED = {
    "none": (described(2, NONE, [{}], groups=None), "groups"),
    "more groups than examples": (described(2, NONE, [{}], groups=8), "groups"),
    "no group": (described(2, NONE, [{}], groups=0), "groups"),
    "true": (described(2, NONE, [{}], groups=True), "groups"),
}


@pytest.mark.parametrize(("value", "named"), REFUSED.values(), ids=REFUSED)
def test_a_bag_of_groups_says_how_many_there_are(value: Json, named: str) -> None:
    with pytest.raises(RecipeError, match=f"dataset.{named}"):
        rule_for(value)


def test_the_number_of_groups_belongs_to_groups() -> None:
    by_group = audit(partition(3, "group"), NONE, [{}], members=3)
    by_group["dataset"]["groups"] = 9  # type: ignore[index]
    assert rule_for(by_group).members == 3
    by_index = audit(partition(3), NONE, [{}], members=3)
    by_index["dataset"]["groups"] = 9  # type: ignore[index]
    with pytest.raises(RecipeError, match=r"dataset\.groups"):
        rule_for(by_index)
