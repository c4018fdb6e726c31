"""Randomised smoothings against every change of data and input, over the whole noise.

On tiny data the law of everything a member sees is written out point by point, for the audited data
and for every data set and input that a budget reaches. The largest vote probability that some
classifier can have before an attack and lose its majority after it is then the threshold, found
with nothing but the Neyman-Pearson lemma over all points. The rule must give exactly this number.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from fractions import Fraction
from itertools import product

import pytest
from flint import fmpq

from auditor.exact.rational import round_up
from auditor.guarantee.smoothing import rule_for
from auditor.guarantee.vote.counts import THRESHOLD_BITS
from tests.guarantee.audits import NONE, Json, audit, partition

Point = tuple[object, ...]
Law = dict[Point, Fraction]
World = tuple[int, ...]

ONE = Fraction(1)


def joint(*laws: Law) -> Law:
    result: Law = {(): ONE}
    for law in laws:
        result = {(*z, *w): p * q for z, p in result.items() for w, q in law.items()}
    return result


def flipped(value: int, symbols: int, keep: Fraction) -> Law:
    other = (1 - keep) / (symbols - 1)
    return {(shown,): keep if shown == value else other for shown in range(symbols)}


def hidden(values: tuple[int, ...], show: Fraction) -> Law:
    return {(values,): show, (None,): 1 - show}


def bag(examples: tuple[int, ...], size: int) -> Law:
    law: Law = defaultdict(Fraction)
    for drawn in product(examples, repeat=size):
        law[drawn] += Fraction(1, len(examples) ** size)
    return law


def certain(value: int) -> Law:
    return {(value,): ONE}


def threshold(old: Law, new: Law) -> Fraction:
    """The largest old-mass of a randomised classifier whose new-mass is at most one half.

    Fill the old law's mass, beginning where the new law has least of it.
    """
    points = sorted((z for z in old if old[z]), key=lambda z: new.get(z, Fraction(0)) / old[z])
    room, mass = Fraction(1, 2), Fraction(0)
    for z in points:
        after = new.get(z, Fraction(0))
        if after > room:
            return mass + old[z] * room / after
        room -= after
        mass += old[z]
    return mass


# A world is (training part, input part), flattened to whole numbers; each case says how a world is
# seen, what the attacker may write where, and what a change costs.
K3 = Fraction(7, 10)
FEW, SHOWN = Fraction(1, 10), Fraction(1, 4)
B = Fraction(4, 5)
G = Fraction(3, 5)


def flips(world: World) -> Law:
    """Two features of two examples, their labels of three classes, and two input values."""
    features, labels, x = world[:2], world[2:4], world[4:]
    return joint(
        *(flipped(v, 2, G) for v in features),
        *(flipped(v, 3, K3) for v in labels),
        *(flipped(v, 2, B) for v in x),
    )


def seed_flips(world: World) -> Law:
    """One noise for everything, two classes: the method of Wang et al."""
    return joint(*(flipped(v, 2, B) for v in world))


def labelled(features: tuple[int, ...], label: int, shown: Law) -> Law:
    """An example with some features hidden; without its label it is not there."""
    seen: Law = {(label, *features): q for features, q in shown.items()}
    return {**{z: SHOWN * q for z, q in seen.items()}, (None,): 1 - SHOWN}


def hidden_training(world: World) -> Law:
    """Two examples of two features, and their labels."""
    examples = []
    for first, second, label in (world[:3], world[3:]):
        shown = joint(hidden((first,), FEW), hidden((second,), FEW))
        examples.append(labelled((first, second), label, shown))
    return joint(*examples)


def hidden_training_and_flips(world: World) -> Law:
    """One feature of each of three examples without labels, and one input value."""
    shown = (hidden((value,), FEW) for value in world[:3])
    return joint(*shown, flipped(world[3], 2, B))


def hidden_pixels_of_training(world: World) -> Law:
    """One example of two pixels of two channels."""
    pixels = ((world[0], world[2]), (world[1], world[3]))
    return joint(*(hidden(pixel, FEW) for pixel in pixels))


def bag_and_flips(world: World) -> Law:
    return joint(bag(world[:3], 2), *(flipped(v, 2, B) for v in world[3:]))


def bag_and_hiding(world: World) -> Law:
    return joint(bag(world[:4], 2), *(hidden((v,), Fraction(1, 5)) for v in world[4:]))


def flips_and_hiding(world: World) -> Law:
    shown = (hidden((v,), Fraction(1, 5)) for v in world[2:])
    return joint(*(flipped(v, 2, G) for v in world[:2]), *shown)


def bag_alone(world: World) -> Law:
    return bag(world, 3)


def input_flips(world: World) -> Law:
    return joint(*(flipped(v, 3, K3) for v in world))


def input_hiding(world: World) -> Law:
    return joint(*(hidden((v,), Fraction(1, 4)) for v in world))


def pixel_flips(world: World) -> Law:
    """Two pixels of two channels: values 0, 1 of channel one, then of channel two."""
    return joint(*(flipped(v, 2, B) for v in world))


def pixel_hiding(world: World) -> Law:
    pixels = ((world[0], world[2]), (world[1], world[3]))
    return joint(*(hidden(pixel, Fraction(1, 4)) for pixel in pixels))


def changes(
    *axes: tuple[str, tuple[tuple[int, ...], ...]],
) -> Callable[[World, World], dict[str, int]]:
    """Count changes by axis: each axis has units, each unit the places it owns."""

    def count(old: World, new: World) -> dict[str, int]:
        return {
            axis: sum(any(old[p] != new[p] for p in unit) for unit in units) for axis, units in axes
        }

    return count


def single(*places: int) -> tuple[tuple[int, ...], ...]:
    return tuple((place,) for place in places)


Case = tuple[
    Json, Callable[[World], Law], World, tuple[int, ...], Callable[[World, World], dict[str, int]]
]


def case(
    description: Json,
    law: Callable[[World], Law],
    world: World,
    sizes: tuple[int, ...],
    *axes: tuple[str, tuple[tuple[int, ...], ...]],
) -> Case:
    return description, law, world, sizes, changes(*axes)


FLIP: Json = {"method": "flip", "keepFeatures": "3/5", "keepLabels": "7/10"}
SEED: Json = {"method": "flip", "keepFeatures": "4/5", "keepLabels": "4/5"}
TEST: Json = {"method": "flip", "keep": "4/5"}
TEST3: Json = {"method": "flip", "keep": "7/10"}


def drawn(training: Json, test: Json, budgets: list[dict[str, int]], **more: object) -> Json:
    return audit(training, test, budgets, members=10, alpha="1/10", **more)  # type: ignore[arg-type]


def fixed(training: Json, test: Json, budgets: list[dict[str, int]], **more: object) -> Json:
    return audit(training, test, budgets, members=1, draws=10, alpha="1/10", **more)  # type: ignore[arg-type]


def budgets(**amounts: tuple[int, ...]) -> list[dict[str, int]]:
    combined = product(*amounts.values())
    return [dict(zip(amounts, combination, strict=True)) for combination in combined]


TRAIN, LABELS, INPUT, EXAMPLES = "trainFeatures", "trainLabels", "inputFeatures", "trainExamples"

HIDE: Json = {"method": "hide", "showFeatures": "1/10", "showLabels": "1/4"}
UNLABELLED: Json = {"method": "hide", "showFeatures": "1/10", "showLabels": "1"}

CASES: dict[str, Case] = {
    "hidden training features": case(
        drawn(HIDE, NONE, [{TRAIN: r} for r in (0, 1, 2)]),
        hidden_training,
        (0, 0, 1, 0, 1, 0),
        (3, 2, 2) * 2,
        (TRAIN, single(0, 1, 3, 4)),
        (LABELS, single(2, 5)),
    ),
    "hidden training features and labels": case(
        drawn(HIDE, NONE, budgets(trainFeatures=(0, 1), trainLabels=(0, 1))),
        hidden_training,
        (0, 0, 1, 0, 1, 0),
        (3, 2, 2) * 2,
        (TRAIN, single(0, 1, 3, 4)),
        (LABELS, single(2, 5)),
    ),
    "hidden training features, input flips": case(
        drawn(UNLABELLED, TEST, budgets(trainFeatures=(0, 1, 2, 3), inputFeatures=(0, 1))),
        hidden_training_and_flips,
        (0, 1, 2, 0),
        (3, 3, 3, 2),
        (TRAIN, single(0, 1, 2)),
        (INPUT, single(3)),
    ),
    "a training pixel is all its channels, hiding": case(
        drawn(UNLABELLED, NONE, budgets(trainFeatures=(0, 1, 2)), shape=(2, 1, 2)),
        hidden_pixels_of_training,
        (0, 1, 1, 0),
        (2,) * 4,
        (TRAIN, ((0, 2), (1, 3))),
    ),
    "separate flips, three classes": case(
        drawn(
            FLIP,
            TEST,
            budgets(trainFeatures=(0, 1, 2), trainLabels=(0, 1), inputFeatures=(0, 1, 2)),
            classes=3,
        ),
        flips,
        (0, 1, 0, 2, 0, 0),
        (2, 2, 3, 3, 2, 2),
        (TRAIN, single(0, 1)),
        (LABELS, single(2, 3)),
        (INPUT, single(4, 5)),
    ),
    "total over unequal flips": case(
        drawn(FLIP, TEST, [{"total": t} for t in (1, 2)], classes=3),
        flips,
        (0, 1, 0, 2, 0, 0),
        (2, 2, 3, 3, 2, 2),
        ("total", single(0, 1, 2, 3, 4, 5)),
    ),
    "total, one noise for all": case(
        drawn(SEED, TEST, [{"total": t} for t in (1, 2, 3, 4)]),
        seed_flips,
        (0, 0, 1, 1, 0, 0),
        (2,) * 6,
        ("total", single(0, 1, 2, 3, 4, 5)),
    ),
    "bags and flips": case(
        drawn(
            {"method": "bag", "size": 2},
            TEST,
            budgets(trainExamples=(0, 1), inputFeatures=(0, 1, 2)),
            examples=3,
        ),
        bag_and_flips,
        (0, 1, 2, 0, 1),
        (4, 4, 4, 2, 2),
        (EXAMPLES, single(0, 1, 2)),
        (INPUT, single(3, 4)),
    ),
    "bags and hiding": case(
        drawn(
            {"method": "bag", "size": 2},
            {"method": "hide", "show": "1/5"},
            budgets(trainExamples=(0, 1), inputFeatures=(0, 1)),
            examples=4,
        ),
        bag_and_hiding,
        (0, 1, 2, 3, 0),
        (5, 5, 5, 5, 2),
        (EXAMPLES, single(0, 1, 2, 3)),
        (INPUT, single(4)),
    ),
    "bags alone": case(
        drawn({"method": "bag", "size": 3}, NONE, budgets(trainExamples=(0, 1, 2)), examples=4),
        bag_alone,
        (0, 1, 2, 3),
        (6, 6, 6, 6),
        (EXAMPLES, single(0, 1, 2, 3)),
    ),
    "flips and hiding": case(
        drawn(
            {"method": "flip", "keepFeatures": "3/5", "keepLabels": "1"},
            {"method": "hide", "show": "1/5"},
            budgets(trainFeatures=(0, 1, 2), inputFeatures=(0, 1, 2)),
        ),
        flips_and_hiding,
        (0, 1, 1, 0),
        (2,) * 4,
        (TRAIN, single(0, 1)),
        (INPUT, single(2, 3)),
    ),
    "input flips of three symbols": case(
        fixed(NONE, TEST3, budgets(inputFeatures=(0, 1, 2, 3)), symbols=3),
        input_flips,
        (0, 1, 2),
        (3, 3, 3),
        (INPUT, single(0, 1, 2)),
    ),
    "input hiding": case(
        fixed(NONE, {"method": "hide", "show": "1/4"}, budgets(inputFeatures=(0, 1, 2, 3))),
        input_hiding,
        (0, 1, 0),
        (2, 2, 2),
        (INPUT, single(0, 1, 2)),
    ),
    "a pixel is all its channels, flips": case(
        fixed(NONE, TEST, budgets(inputFeatures=(0, 1, 2)), shape=(2, 1, 2)),
        pixel_flips,
        (0, 1, 1, 0),
        (2,) * 4,
        (INPUT, ((0, 2), (1, 3))),
    ),
    "a channel is one value, flips": case(
        fixed(NONE, TEST, budgets(inputFeatures=(0, 1, 2)), shape=(2, 1, 2), unit="channel"),
        pixel_flips,
        (0, 1, 1, 0),
        (2,) * 4,
        (INPUT, single(0, 1, 2, 3)),
    ),
    "a pixel is all its channels, hiding": case(
        fixed(
            NONE,
            {"method": "hide", "show": "1/4"},
            budgets(inputFeatures=(0, 1, 2)),
            shape=(2, 1, 2),
        ),
        pixel_hiding,
        (0, 1, 1, 0),
        (2,) * 4,
        (INPUT, ((0, 2), (1, 3))),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_the_threshold_is_the_worst_over_every_attack(name: str) -> None:
    description, law, audited, sizes, count = CASES[name]
    before = law(audited)
    assert sum(before.values()) == 1
    reached: dict[tuple[int, ...], Fraction] = defaultdict(Fraction)
    for attacked in product(*map(range, sizes)):
        cost = tuple(count(audited, attacked).values())
        reached[cost] = max(reached[cost], threshold(before, law(attacked)))
    axes = tuple(count(audited, audited))
    for found in rule_for(description).thresholds():
        limits = tuple(found.budget.get(axis) for axis in axes)
        within = (
            worst
            for cost, worst in reached.items()
            if all(c <= limit for c, limit in zip(cost, limits, strict=True))
        )
        worst = max(within)
        expected = round_up(fmpq(worst.numerator, worst.denominator), THRESHOLD_BITS)
        # a threshold of one or more cannot be exceeded
        assert found.p_star == min(expected, fmpq(1)), found.budget


def test_hidden_training_survives_every_changed_feature_and_label() -> None:
    """Mutants of (1 - show)**label (1 - show show)**feature, each of which some attack refutes."""
    audited = (0, 0, 1, 0, 1, 0)
    before = hidden_training(audited)
    count = changes((TRAIN, single(0, 1, 3, 4)), (LABELS, single(2, 5)))
    worst = max(
        threshold(before, hidden_training(attacked))
        for attacked in product(*map(range, (3, 2, 2) * 2))
        if max(count(audited, attacked).values()) <= 1
    )
    label, feature = 1 - SHOWN, 1 - SHOWN * FEW
    assert Fraction(3, 2) - label * feature == worst
    for wrong in (label, feature, label * (1 - SHOWN * FEW / 2), (label + 1) / 2 * feature):
        assert Fraction(3, 2) - wrong < worst


def test_a_margin_turns_poisoned_members_into_a_probability_of_the_test_side() -> None:
    """The nested vote: three members, two noisy bits, one poisoned member voting anything.

    Every deterministic ensemble of three members over the four noisy values is tried by its vote
    counts; whenever P[margin >= 2] exceeds the threshold at one changed bit, no poisoned member
    (a free vote for each noisy value) and no changed input takes the majority of A away.
    """
    description = audit(
        partition(3), TEST, [{EXAMPLES: 1, INPUT: 1}], members=3, draws=10, alpha="1/10", shape=(2,)
    )
    (needed,) = rule_for(description).thresholds()
    noisy = [joint(flipped(a, 2, B), flipped(b, 2, B)) for a, b in product(range(2), repeat=2)]
    points = list(noisy[0])
    exceeded = 0
    for votes in product(range(4), repeat=len(points)):  # votes for class 0, of three
        margins = dict(zip(points, (2 * n - 3 for n in votes), strict=True))
        good = sum((noisy[0][z] for z in points if margins[z] >= 2), Fraction(0))
        if fmpq(good.numerator, good.denominator) <= needed.p_star:
            continue
        exceeded += 1
        counts = dict(zip(points, votes, strict=True))
        for law in (noisy[0], noisy[1], noisy[2]):
            # the worst poisoned member votes against class 0 wherever it voted for it before
            kept = sum((law[z] for z in points if counts[z] - 1 >= 2), Fraction(0))
            assert kept > Fraction(1, 2)
    assert exceeded > 0
