"""Every attack on toys under ablated views and joint masks.

Members are random functions of what they are shown. Every certified budget is attacked in every
way: every place and content of the patch, every set of pixels and their contents, every choice of
c members, and every way for them to vote in every view. The deployed rule must not move.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import combinations, combinations_with_replacement, islice, product
from typing import NamedTuple

import pytest

from auditor.guarantee.smoothing import rule_for, views_for
from auditor.guarantee.test.ablation import Ablation
from auditor.guarantee.test.joint_masks import JointMasks
from auditor.guarantee.test.units import Layout
from auditor.guarantee.threat import INPUT_FEATURES, INPUT_PATCH, TRAIN_EXAMPLES, Budget
from auditor.guarantee.vote.ablated import Ablated
from auditor.guarantee.vote.margin import MarginRule
from auditor.guarantee.vote.plurality import encode_row, plurality
from tests.guarantee.audits import NONE, Json, audit, partition
from tests.guarantee.patches import bands, blocks, joint, squares, units

FOOLED = 0.2
"""How often a member keeps its opinion of an input that it sees to be another one."""


class World(NamedTuple):
    """Toys of members that read what they are shown, mostly saying one class of the input."""

    description: Json
    bias: float
    toys: int
    certified: int  # budgets among the toys, at least


def world(
    test: Json,
    shape: Sequence[int],
    budgets: Sequence[Mapping[str, int]],
    *,
    members: int,
    bias: float,
    toys: int,
    certified: int,
    **more: object,
) -> World:
    training = partition(members) if members > 1 else NONE
    return World(
        audit(training, test, budgets, members=members, shape=shape, **more),  # type: ignore[arg-type]
        bias,
        toys,
        certified,
    )


def of(*amounts: tuple[int, int, int]) -> list[dict[str, int]]:
    """Budgets of (touched parts, changed units, side of a patch)."""
    axes = (TRAIN_EXAMPLES, INPUT_FEATURES, INPUT_PATCH)
    return [{a: n for a, n in zip(axes, one, strict=True) if n} for one in amounts]


class Toy:
    """Random members that read only what a view shows; one audited input of two symbols."""

    def __init__(self, seed: int, world: World) -> None:
        self.random = random.Random(seed)
        rule = rule_for(world.description)
        assert isinstance(rule, MarginRule)
        self.rule, self.bias = rule, world.bias
        recipe: Json = world.description["recipe"]  # type: ignore[assignment]
        dataset: Json = world.description["dataset"]  # type: ignore[assignment]
        alphabet: Json = recipe["alphabet"]  # type: ignore[assignment]
        self.shape: list[int] = dataset["shape"]  # type: ignore[assignment]
        self.layout = Layout(shape=tuple(self.shape), unit=str(alphabet["unit"]))
        self.masks = views_for(recipe, self.shape)
        self.favourite = self.random.randrange(rule.classes)
        self.votes: dict[tuple[int, int, tuple[int, ...]], int] = {}
        self.seen = [[i for i, shown in enumerate(mask) if shown] for mask in self.masks]
        self.same = [self.masks.index(mask) for mask in self.masks]
        self.input = tuple(self.random.randrange(2) for _ in self.masks[0])

    def vote(self, member: int, view: int, x: Sequence[int]) -> int:
        shown = tuple(x[i] for i in self.seen[view])
        key = (member, self.same[view], shown)
        if key not in self.votes:
            audited = all(self.input[i] == x[i] for i in self.seen[view])
            likely = self.random.random() < (self.bias if audited else FOOLED)
            anything = self.random.randrange(self.rule.classes + 1)
            self.votes[key] = self.favourite if likely else anything
        return self.votes[key]

    def tally(self, view: int, x: Sequence[int], honest: Sequence[int]) -> tuple[int, ...]:
        votes = [self.vote(member, view, x) for member in honest]
        return tuple(votes.count(k) for k in range(self.rule.classes + 1))

    def row(self) -> bytes:
        everybody = range(self.rule.members)
        return encode_row(
            self.tally(view, self.input, everybody) for view in range(self.rule.views)
        )

    def inputs(self, budget: Budget) -> set[tuple[int, ...]]:
        found = set()
        for patch in squares(self.shape, budget.get(INPUT_PATCH)):
            for spots in units(self.layout, budget.get(INPUT_FEATURES)):
                places = sorted({*patch, *spots})
                for values in product(range(2), repeat=len(places)):
                    changed = list(self.input)
                    for place, value in zip(places, values, strict=True):
                        changed[place] = value
                    found.add(tuple(changed))
        return found

    def outcomes(self, budget: Budget) -> set[tuple[frozenset[int | None], ...]]:
        """For every input and every choice of members: the labels that each view can be given."""
        poisoned, everybody = budget.get(TRAIN_EXAMPLES), range(self.rule.members)
        kinds = range(self.rule.classes + 1)
        forged = [
            tuple(votes.count(k) for k in kinds)
            for votes in combinations_with_replacement(kinds, poisoned)
        ]
        found = set()
        for x in self.inputs(budget):
            for honest in combinations(everybody, self.rule.members - poisoned):
                views = []
                for view in range(self.rule.views):
                    kept = self.tally(view, x, honest)
                    sums = (tuple(map(sum, zip(kept, one, strict=True))) for one in forged)
                    views.append(frozenset(plurality(n[:-1], n[-1]) for n in sums))
                found.add(tuple(views))
        return found

    def moved(self, label: int | None, budget: Budget) -> bool:
        """Whether some attack within the budget moves the deployed rule from ``label``."""
        answer = self._plural if isinstance(self.rule.test, Ablation) else self._masked
        return any(answers - {label} for answers in map(answer, self.outcomes(budget)))

    def _plural(self, views: Sequence[frozenset[int | None]]) -> set[int | None]:
        """All that a plurality of views can answer: by the counts they can add up to."""
        kinds = (*range(self.rule.classes), None)
        counts = {(0,) * len(kinds)}
        for labels in views:
            counts = {
                (*one[:at], one[at] + 1, *one[at + 1 :])
                for one in counts
                for at in map(kinds.index, labels)
            }
        return {plurality(one[:-1], one[-1]) for one in counts}

    def _masked(self, views: Sequence[frozenset[int | None]]) -> set[int | None]:
        """What the two-mask rule can answer: all ways if few, else the first of a random order."""
        options = [sorted(labels, key=str) for labels in views]
        ways = product(*options)
        size = 1
        for labels in options:
            size *= len(labels)
        picked: Iterator[tuple[int | None, ...]] = islice(ways, 120)
        if size > 120:
            picked = (tuple(map(self.random.choice, options)) for _ in range(120))
        answers = set()
        for way in picked:
            tallies = [self._unanimous(label) for label in way]
            answers.add(self.rule.decide(lambda asked, t=tallies: [t[view] for view in asked]))  # type: ignore[misc]
        return answers

    def _unanimous(self, label: int | None) -> tuple[int, ...]:
        said = self.rule.classes if label is None else label
        return tuple(self.rule.members * (k == said) for k in range(self.rule.classes + 1))


ALL = of((0, 0, 1), (0, 0, 2), (0, 1, 0), (0, 2, 0), (0, 1, 1))
POISONED = of((1, 0, 0), (1, 0, 1), (1, 1, 0), (1, 0, 2))
WORLDS = {
    "blocks on 4 x 4": world(blocks(1), (1, 4, 4), ALL, members=1, bias=0.8, toys=25, certified=20),
    "blocks of 2 on 4 x 4": world(
        blocks(2), (1, 4, 4), ALL, members=1, bias=0.97, toys=25, certified=20, classes=3
    ),
    "blocks on 3 x 4, poisoned": world(
        blocks(2, wrap=False), (1, 3, 4), POISONED, members=3, bias=0.97, toys=25, certified=20
    ),
    "blocks on 4 x 4, poisoned": world(
        blocks(1), (1, 4, 4), POISONED, members=3, bias=0.93, toys=10, certified=10, classes=3
    ),
    "columns": world(
        bands(1), (1, 2, 7), ALL, members=1, bias=0.85, toys=40, certified=30, classes=3
    ),
    "columns, poisoned": world(
        bands(1), (1, 2, 6), POISONED, members=3, bias=0.93, toys=25, certified=15
    ),
    "rows inside": world(
        bands(1, region="rows", wrap=False),
        (1, 7, 2),
        ALL,
        members=1,
        bias=0.85,
        toys=40,
        certified=30,
    ),
    "colours": world(
        blocks(1), (3, 2, 3), of((0, 0, 1), (0, 1, 0)), members=1, bias=0.9, toys=20, certified=10
    ),
    "colours, a channel at a time": world(
        blocks(1),
        (3, 2, 4),
        of((0, 0, 1), (0, 1, 0), (0, 2, 0)),
        members=1,
        bias=0.9,
        toys=20,
        certified=10,
        unit="channel",
    ),
    "pixels and a patch": world(
        joint(3, 1, 2, 1, 1),
        (1, 2, 4),
        ALL[:1] + ALL[2:3] + ALL[4:],
        members=1,
        bias=0.97,
        toys=40,
        certified=20,
    ),
    "pixels and a larger patch": world(
        joint(3, 1, 2, 1, 2),
        (1, 3, 4),
        of((0, 0, 1), (0, 0, 2), (0, 1, 0), (0, 1, 2)),
        members=1,
        bias=0.98,
        toys=8,
        certified=8,
        classes=3,
    ),
    "two pixels and a patch": world(
        joint(5, 2, 1, 1, 1),
        (1, 1, 6),
        of((0, 1, 0), (0, 2, 0), (0, 2, 1), (0, 0, 1)),
        members=1,
        bias=0.995,
        toys=15,
        certified=10,
    ),
    "pixels and a patch, poisoned": world(
        joint(3, 1, 1, 1, 1),
        (1, 1, 4),
        POISONED[:3] + of((1, 1, 1), (0, 1, 1)),
        members=3,
        bias=0.97,
        toys=12,
        certified=8,
    ),
    "pixels of two colours and a patch": world(
        joint(3, 1, 1, 1, 1),
        (2, 1, 4),
        of((0, 1, 0), (0, 0, 1), (0, 1, 1)),
        members=1,
        bias=0.97,
        toys=40,
        certified=20,
    ),
    "channels and a patch": world(
        joint(3, 1, 1, 1, 1),
        (2, 1, 4),
        of((0, 1, 0), (0, 0, 1), (0, 1, 1)),
        members=1,
        bias=0.97,
        toys=40,
        certified=20,
        unit="channel",
    ),
}


def violations(given_: World) -> tuple[int, int]:
    """Return (certified budgets, certified budgets that some attack breaks)."""
    certified = broken = 0
    for seed in range(given_.toys):
        toy = Toy(seed, given_)
        verdict = toy.rule.judge(toy.row())
        for budget in verdict.frontier:
            certified += 1
            broken += toy.moved(verdict.label, budget)
    return certified, broken


@pytest.mark.parametrize("name", WORLDS)
def test_no_attack_within_a_certified_budget_moves_the_rule(name: str) -> None:
    certified, broken = violations(WORLDS[name])
    assert broken == 0
    assert certified >= WORLDS[name].certified, "the toys must certify something"


class Mutant(NamedTuple):
    """A bound that is wrong by one, on toys that come near the boundary often."""

    world: str
    bias: float
    toys: int
    patch: Callable[[pytest.MonkeyPatch], None]


def attribute(owner: object, name: str, value: object) -> Callable[[pytest.MonkeyPatch], None]:
    return lambda patch: patch.setattr(owner, name, value)


_reached, _views_of, _past = Ablation.reached, Ablated._views_of, Ablated._past
_charges, _covered = Ablated._charges, JointMasks.covered


def _a_row_less(family: Ablation, patch: int) -> tuple[int, ...]:
    return _reached(family, max(patch - 1, min(patch, 1)))


def _first_place(family: Ablation, patch: int) -> tuple[int, ...]:
    return _reached(family, patch)[: 1 if patch > 1 else None]


def _votes_of_reached_views_vanish(ablated: Ablated, least: int, pixels: int, seen: int) -> int:
    """A view that is reached is left out, and not counted as an abstention."""
    return _past(ablated, least, pixels, seen) + seen.bit_count()


def _one_more(ablated: Ablated, least: int, pixels: int, seen: int) -> int:
    return _past(ablated, least, pixels, seen) + 1


def _a_pixel_takes_one_view_less(ablated: Ablated, least: int, pixels: int) -> dict[int, int]:
    return {b: max(0, charge - 2) for b, charge in _charges(ablated, least, pixels).items()}


def _a_pixel_less(ablated: Ablated, least: int, pixels: int) -> dict[int, int]:
    return _charges(ablated, least, max(0, pixels - 1))


def _any_window(masks: JointMasks, margins: Sequence[int], pixels: int, patch: int) -> int:
    del patch
    return _covered(masks, margins, pixels, 0)


def _any_groups(masks: JointMasks, margins: Sequence[int], pixels: int, patch: int) -> int:
    return _covered(masks, margins, max(0, pixels - 1), patch)


def _one_more_good(masks: JointMasks, margins: Sequence[int], pixels: int, patch: int) -> int:
    return _covered(masks, margins, pixels, patch) + 1


MUTANTS = {
    "a patch reaches a row less": Mutant(
        "blocks of 2 on 4 x 4", 0.9, 60, attribute(Ablation, "reached", _a_row_less)
    ),
    "a patch has one place": Mutant(
        "columns", 0.7, 200, attribute(Ablation, "reached", _first_place)
    ),
    "the label wins by less than nothing": Mutant(
        "columns", 0.7, 100, attribute(Ablated, "_past", _one_more)
    ),
    "members turn no view": Mutant(
        "columns, poisoned",
        0.75,
        60,
        attribute(Ablated, "_views_of", lambda one, least: _views_of(one, min(least, 0))),
    ),
    "members turn views by one vote each": Mutant(
        "columns, poisoned",
        0.75,
        60,
        attribute(Ablated, "_views_of", lambda one, least: _views_of(one, least // 2)),
    ),
    "reached views are left out": Mutant(
        "blocks on 4 x 4", 0.7, 60, attribute(Ablated, "_past", _votes_of_reached_views_vanish)
    ),
    "a pixel takes a view less": Mutant(
        "columns", 0.7, 200, attribute(Ablated, "_charges", _a_pixel_takes_one_view_less)
    ),
    "a pixel is for nothing": Mutant(
        "columns", 0.7, 100, attribute(Ablated, "_charges", _a_pixel_less)
    ),
    "any window hides the patch": Mutant(
        "pixels and a patch", 0.85, 150, attribute(JointMasks, "covered", _any_window)
    ),
    "any groups hide the pixels": Mutant(
        "pixels and a patch", 0.85, 150, attribute(JointMasks, "covered", _any_groups)
    ),
    "every union but for one vote": Mutant(
        "pixels and a patch, poisoned", 0.9, 8, attribute(JointMasks, "covered", _one_more_good)
    ),
}


@pytest.mark.parametrize("name", MUTANTS)
def test_the_oracle_sees_a_bound_that_is_off_by_one(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    mutant = MUTANTS[name]
    toys = WORLDS[mutant.world]._replace(bias=mutant.bias, toys=mutant.toys)
    assert violations(toys)[1] == 0
    mutant.patch(monkeypatch)
    assert violations(toys)[1] > 0
