"""Fixed members under every attack there is, on toys small enough to try them all.

For each toy the audited members are random functions of what they are shown. Every certified
budget (c, t) is then attacked in every way: every choice of c members, each voting anything in
every view, and every change of the input within t. The deployed rule must not move.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from itertools import combinations, combinations_with_replacement, product
from typing import NamedTuple

import pytest

from auditor.guarantee.claim import Judgement
from auditor.guarantee.smoothing import rule_for, views_for
from auditor.guarantee.test.views import Views
from auditor.guarantee.threat import INPUT_FEATURES, INPUT_PATCH, TRAIN_EXAMPLES, Budget
from auditor.guarantee.vote.deciding import Margins
from auditor.guarantee.vote.margin import MarginRule
from auditor.guarantee.vote.plurality import Tallies, encode_row
from tests.guarantee.audits import NONE, Json, audit, partition

Input = tuple[int, ...]
Tally = tuple[int, ...]


class Toy:
    """Random members that read only what a view shows; one audited input."""

    def __init__(self, seed: int, description: Json, bias: float) -> None:
        self.random = random.Random(seed)
        built = rule_for(description)
        assert isinstance(built, MarginRule)
        self.rule = built
        recipe, dataset = description["recipe"], description["dataset"]
        assert isinstance(recipe, dict)
        assert isinstance(dataset, dict)
        self.shape: list[int] = dataset["shape"]
        self.masks = views_for(recipe, self.shape)
        assert len(self.masks) == built.views
        self.bias = bias
        self.favourite = self.random.randrange(built.classes)
        self.votes: dict[tuple[int, tuple[int | None, ...]], int] = {}
        self.input = tuple(self.random.randrange(2) for _ in self.masks[0])

    def vote(self, member: int, shown: tuple[int | None, ...]) -> int:
        """The member's vote: a class, or the number of classes for an abstention."""
        key = (member, shown)
        if key not in self.votes:
            likely = self.random.random() < self.bias
            anything = self.random.randrange(self.rule.classes + 1)
            self.votes[key] = self.favourite if likely else anything
        return self.votes[key]

    def tallies(self, x: Input, honest: Sequence[int]) -> list[Tally]:
        result = []
        for mask in self.masks:
            shown = tuple(v if m else None for v, m in zip(x, mask, strict=True))
            votes = [self.vote(member, shown) for member in honest]
            result.append(tuple(votes.count(k) for k in range(self.rule.classes + 1)))
        return result

    def judge(self) -> Judgement:
        return self.rule.judge(encode_row(self.tallies(self.input, range(self.rule.members))))

    def inputs(self, budget: Budget) -> Iterator[Input]:
        """Every input within the budget."""
        for places in self.places(budget):
            for values in product(range(2), repeat=len(places)):
                changed = list(self.input)
                for place, value in zip(places, values, strict=True):
                    changed[place] = value
                yield tuple(changed)

    def places(self, budget: Budget) -> Iterator[tuple[int, ...]]:
        side = budget.get(INPUT_PATCH)
        if not side:
            yield from combinations(range(len(self.input)), budget.get(INPUT_FEATURES))
            return
        channels, height, width = self.shape
        for top, left in product(range(height - side + 1), range(width - side + 1)):
            yield tuple(
                (channel * height + top + row) * width + left + column
                for channel, row, column in product(range(channels), range(side), range(side))
            )

    def moved(self, label: int | None, budget: Budget) -> bool:
        """Whether some attack within the budget moves the deployed rule from ``label``."""
        poisoned = budget.get(TRAIN_EXAMPLES)
        outcomes = range(self.rule.classes + 1)
        forged = [
            tuple(votes.count(k) for k in outcomes)
            for votes in combinations_with_replacement(outcomes, poisoned)
        ]
        seen = set()
        for x in set(self.inputs(budget)):
            for honest in combinations(range(self.rule.members), self.rule.members - poisoned):
                seen.add(tuple(self.tallies(x, honest)))
        for base in seen:
            for choice in product(forged, repeat=len(base)):
                attacked = [
                    tuple(map(sum, zip(kept, added, strict=True)))
                    for kept, added in zip(base, choice, strict=True)
                ]

                def tallies(
                    views: tuple[int, ...], attacked: list[Tally] = attacked
                ) -> list[Tally]:
                    return [attacked[view] for view in views]

                if self.rule.decide(tallies) != label:
                    return True
        return False


def grid(axis: str, amounts: Sequence[int], depths: Sequence[int]) -> list[dict[str, int]]:
    return [{TRAIN_EXAMPLES: c, axis: t} for c in depths for t in amounts if c or t]


GROUPS: Json = {"method": "two-mask", "groups": 3, "pixels": 1}
FIVE: Json = {"method": "two-mask", "groups": 5, "pixels": 2}
WINDOWS: Json = {"method": "two-mask", "window": 2, "step": 1, "patch": 2}
SMALL: Json = {"method": "two-mask", "window": 2, "step": 1, "patch": 1}
SPARSE: Json = {"method": "views", "groups": 4, "partitions": 1}
TWICE: Json = {"method": "views", "groups": 4, "partitions": 2}
FAR: Json = {"method": "views", "groups": 6, "partitions": 1}

# name: (audit, bias of the members towards one class, toys, least number of certified budgets)
WORLDS: dict[str, tuple[Json, float, int, int]] = {
    "plain vote": (
        audit(partition(5), NONE, [{TRAIN_EXAMPLES: c} for c in (1, 2)], members=5, classes=3),
        0.8,
        60,
        30,
    ),
    "plain vote, even": (
        audit(partition(4), NONE, [{TRAIN_EXAMPLES: 1}], members=4, classes=2),
        0.7,
        60,
        15,
    ),
    "one model, one pixel": (
        audit(NONE, GROUPS, [{INPUT_FEATURES: 1}], members=1, shape=(4,)),
        0.85,
        60,
        15,
    ),
    "groups": (
        audit(partition(3), GROUPS, grid(INPUT_FEATURES, (0, 1), (0, 1)), members=3, shape=(4,)),
        0.9,
        14,
        12,
    ),
    "two of five groups": (
        audit(NONE, FIVE, [{INPUT_FEATURES: t} for t in (1, 2)], members=1, shape=(6,), classes=3),
        0.97,
        60,
        15,
    ),
    "windows": (
        audit(NONE, WINDOWS, [{INPUT_PATCH: s} for s in (1, 2)], members=1, shape=(1, 2, 4)),
        0.9,
        25,
        15,
    ),
    "windows, poisoned": (
        audit(partition(3), SMALL, grid(INPUT_PATCH, (0, 1), (1,)), members=3, shape=(1, 2, 3)),
        0.92,
        12,
        5,
    ),
    "views": (
        audit(partition(3), SPARSE, grid(INPUT_FEATURES, (0, 1), (0, 1)), members=3, shape=(5,)),
        0.9,
        30,
        20,
    ),
    "views of two partitions": (
        audit(NONE, TWICE, [{INPUT_FEATURES: 1}], members=1, shape=(5,), classes=3),
        0.95,
        60,
        20,
    ),
    "views of two partitions, two classes": (
        audit(NONE, TWICE, [{INPUT_FEATURES: 1}], members=1, shape=(5,)),
        0.75,
        300,
        20,
    ),
    "two pixels": (
        audit(NONE, FAR, [{INPUT_FEATURES: t} for t in (1, 2)], members=1, shape=(6,)),
        0.9,
        40,
        15,
    ),
}


def violations(world: tuple[Json, float, int, int]) -> tuple[int, int]:
    """Return (certified budgets, certified budgets that some attack breaks)."""
    description, bias, toys, _ = world
    certified = broken = 0
    for seed in range(toys):
        toy = Toy(seed, description, bias)
        verdict = toy.judge()
        for budget in verdict.frontier:
            certified += 1
            broken += toy.moved(verdict.label, budget)
    return certified, broken


@pytest.mark.parametrize("name", WORLDS)
def test_no_attack_within_a_certified_budget_moves_the_rule(name: str) -> None:
    certified, broken = violations(WORLDS[name])
    assert broken == 0
    assert certified >= WORLDS[name][3], "the toys must certify something"


class Mutant(NamedTuple):
    """A bound that is wrong by one, on toys that come near the boundary often."""

    world: str
    bias: float
    toys: int
    patch: Callable[[pytest.MonkeyPatch], None]


MUTANTS = {
    "a margin one less": Mutant(
        "plain vote", 0.8, 60, lambda patch: patch.setattr(MarginRule, "_frontier", _one_more)
    ),
    "a margin one less, even": Mutant(
        "plain vote, even", 0.7, 60, lambda patch: patch.setattr(MarginRule, "_frontier", _one_more)
    ),
    "one good view fewer": Mutant(
        "views of two partitions, two classes",
        0.7,
        600,
        lambda patch: patch.setattr(
            Views, "good_views_needed", lambda v, t: v.count // 2 + v.partitions * t
        ),
    ),
    "a pixel in one partition only": Mutant(
        "views of two partitions, two classes",
        0.7,
        600,
        lambda patch: patch.setattr(Views, "good_views_needed", lambda v, t: v.count // 2 + t + 1),
    ),
    "ties go to the label": Mutant(
        "plain vote, even", 0.7, 60, lambda patch: patch.setattr(Tallies, "margins", _without_ties)
    ),
    "abstentions ignored": Mutant(
        "plain vote", 0.5, 200, lambda patch: patch.setattr(Tallies, "margins", _all_present)
    ),
    "first round only": Mutant(
        "one model, one pixel",
        0.7,
        600,
        lambda patch: patch.setattr(MarginRule, "_margins", _first_round_only),
    ),
    "all but one union": Mutant(
        "one model, one pixel",
        0.7,
        600,
        lambda patch: patch.setattr(MarginRule, "_margins", _all_but_the_last),
    ),
}


_frontier = MarginRule._frontier


def _one_more(rule: MarginRule, margins: Margins) -> tuple[Budget, ...]:
    return _frontier(rule, {t: margin + 1 for t, margin in margins.items()})


def _without_ties(tallies: Tallies, label: int) -> list[int]:
    views = range(len(tallies._columns[0]))
    rows = [tallies.view(view) for view in views]
    return [r[label] - max(v for k, v in enumerate(r[:-1]) if k != label) - r[-1] for r in rows]


def _all_present(tallies: Tallies, label: int) -> list[int]:
    views = range(len(tallies._columns[0]))
    return [
        row[label] - max(v + (k < label) for k, v in enumerate(row[:-1]) if k != label)
        for row in map(tallies.view, views)
    ]


def _all_but_the_last(rule: MarginRule, margins: list[int]) -> Margins:
    return dict.fromkeys(rule.amounts, min(margins[:-1]))


def _first_round_only(rule: MarginRule, margins: list[int]) -> Margins:
    least = min(margins[: len(rule._first_round)])
    return dict.fromkeys(rule.amounts, least)


@pytest.mark.parametrize("name", MUTANTS)
def test_the_oracle_sees_a_bound_that_is_off_by_one(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    mutant = MUTANTS[name]
    description = WORLDS[mutant.world][0]
    _, honest = violations((description, mutant.bias, mutant.toys, 0))
    assert honest == 0
    mutant.patch(monkeypatch)
    _, broken = violations((description, mutant.bias, mutant.toys, 0))
    assert broken > 0
