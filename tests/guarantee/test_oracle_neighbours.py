"""The nearest examples' vote under every change of a tiny training set, and of a tiny input.

Examples are points of a small alphabet with labels; they are ranked and counted here in plain
Python, apart from the learner. Every certified budget is attacked in every way: examples inserted
anywhere, deleted, modified and relabelled, all of these at once, and every change of the input.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from itertools import combinations, product

import pytest

from auditor.guarantee import smoothing
from auditor.guarantee.smoothing import rule_for, views_for
from auditor.guarantee.threat import INPUT_FEATURES, TRAIN_EXAMPLES, Budget
from auditor.guarantee.training.neighbours import Neighbours
from auditor.guarantee.vote.margin import MarginRule
from auditor.guarantee.vote.plurality import encode_row
from tests.guarantee.audits import NONE, Json, audit, neighbours

Point = tuple[int, ...]
Example = tuple[Point, int]
Data = tuple[Example, ...]


class Toy:
    """A rule of the nearest examples, over inputs of a few bits."""

    def __init__(self, count: int, test: Json, width: int, classes: int, reach: int) -> None:
        budgets = [
            {TRAIN_EXAMPLES: c} | ({INPUT_FEATURES: t} if t else {})
            for c in (0, 1, 2)
            for t in range(reach)
            if c or t
        ]
        description = audit(
            neighbours(count),
            test,
            budgets,
            members=1,
            classes=classes,
            shape=(width,),
        )
        built = rule_for(description)
        assert isinstance(built, MarginRule)
        recipe = description["recipe"]
        assert isinstance(recipe, dict)
        self.rule, self.count, self.classes, self.width = built, count, classes, width
        self.masks = views_for(recipe, [width])
        self.every = [
            (point, label) for point in product(range(2), repeat=width) for label in range(classes)
        ]

    def tally(self, data: Data, x: Point, mask: Sequence[int]) -> tuple[int, ...]:
        ranked = sorted(
            (sum(a != b for a, b, m in zip(point, x, mask, strict=True) if m), label)
            for point, label in data
        )
        voters = [label for _, label in ranked[: self.count]]
        votes = [voters.count(label) for label in range(self.classes)]
        return (*votes, self.count - len(voters))

    def row(self, data: Data, x: Point) -> bytes:
        return encode_row([self.tally(data, x, mask) for mask in self.masks])

    def label(self, data: Data, x: Point) -> int | None:
        """The deployed rule's answer, asked view by view."""
        return self.rule.decide(lambda views: [self.tally(data, x, self.masks[v]) for v in views])

    def inputs(self, x: Point, changed: int) -> Iterator[Point]:
        for places in combinations(range(self.width), changed):
            for values in product(range(2), repeat=changed):
                other = list(x)
                for place, value in zip(places, values, strict=True):
                    other[place] = value
                yield tuple(other)

    def data_sets(self, data: Data, moves: int) -> set[Data]:
        """Every data set that so many moves reach, as multisets: the order breaks no tie."""
        reached = {tuple(sorted(data))}
        for _ in range(moves):
            reached |= {
                tuple(sorted(after)) for before in reached for after in self.one_move(before)
            }
        return reached

    def one_move(self, data: Data) -> Iterator[Data]:
        for place in range(len(data)):
            rest = data[:place] + data[place + 1 :]
            yield rest
            yield from ((*rest, example) for example in self.every)
        yield from ((*data, example) for example in self.every)


MASKS: Json = {"method": "two-mask", "groups": 3, "pixels": 1}
VIEWS: Json = {"method": "views", "groups": 4, "partitions": 1}

#: name: (toy, examples, how many toys, moves to try, certified budgets at least)
WORLDS: dict[str, tuple[Toy, int, int, int, int]] = {
    "one neighbour": (Toy(1, NONE, 2, 2, 1), 3, 30, 2, 0),
    "three of two classes": (Toy(3, NONE, 2, 2, 1), 5, 30, 2, 10),
    "four of two classes": (Toy(4, NONE, 2, 2, 1), 5, 30, 2, 10),
    "five of three classes": (Toy(5, NONE, 1, 3, 1), 6, 80, 2, 10),
    "more than there are": (Toy(5, NONE, 2, 2, 1), 4, 30, 2, 5),
    "three under two masks": (Toy(3, MASKS, 3, 2, 2), 4, 12, 1, 8),
    "three in views": (Toy(3, VIEWS, 4, 2, 2), 4, 8, 1, 8),
}


def made(toy: Toy, examples: int, seed: int) -> tuple[Data, Point]:
    """Return a data set in which a label mostly follows the first bit, and an input."""
    source = random.Random(seed)
    rows = []
    for _ in range(examples):
        point = tuple(source.randrange(2) for _ in range(toy.width))
        usual = source.random() < 0.9
        rows.append((point, seed % toy.classes if usual else source.randrange(toy.classes)))
    return tuple(rows), tuple(source.randrange(2) for _ in range(toy.width))


def moved(toy: Toy, data: Data, x: Point, label: int | None, budget: Budget) -> bool:
    """Whether some attack within the budget moves the deployed rule."""
    return any(
        toy.label(changed, other) != label
        for changed in toy.data_sets(data, budget.get(TRAIN_EXAMPLES))
        for other in set(toy.inputs(x, budget.get(INPUT_FEATURES)))
    )


@pytest.mark.parametrize("name", WORLDS)
def test_no_attack_within_a_certified_budget_moves_the_vote(name: str) -> None:
    toy, examples, toys, moves, least = WORLDS[name]
    certified = 0
    for seed in range(toys):
        data, x = made(toy, examples, seed)
        verdict = toy.rule.judge(toy.row(data, x))
        assert verdict.label == toy.label(data, x)
        for budget in verdict.frontier:
            if 0 < budget.get(TRAIN_EXAMPLES) <= moves or budget.get(INPUT_FEATURES):
                certified += 1
                assert not moved(toy, data, x, verdict.label, budget)
    assert certified >= least


PLAIN = [name for name, world in WORLDS.items() if world[0].rule.views == 1]


@pytest.mark.parametrize("name", PLAIN)
def test_one_move_more_moves_the_vote(name: str) -> None:
    """The radius is exact: an attacker may put examples where the input is."""
    toy, examples, toys, moves, _ = WORLDS[name]
    found = 0
    for seed in range(toys):
        data, x = made(toy, examples, seed)
        verdict = toy.rule.judge(toy.row(data, x))
        if verdict.label is None:
            continue
        reach = max((b.get(TRAIN_EXAMPLES) for b in verdict.frontier), default=0)
        # an example of a smaller class at the input itself cannot be outranked
        outranked = any(point == x and label < 1 for point, label in data)
        if reach < moves and not outranked:
            found += 1
            more = Budget.of({TRAIN_EXAMPLES: reach + 1})
            assert moved(toy, data, x, verdict.label, more)
    assert found >= 5


def test_one_vote_fewer_fails() -> None:
    rule = Toy(7, NONE, 2, 2, 1).rule
    for label, ours in ((0, 5), (1, 6)):  # the first class wins a tie, the second needs one more
        for votes, expected in ((ours, 1 if label == 0 else 2), (ours - 1, 0 if label == 0 else 1)):
            tally = [7 - votes, votes, 0] if label else [votes, 7 - votes, 0]
            verdict = rule.judge(encode_row([tally]))
            assert verdict.label == label
            reach = max((b.get(TRAIN_EXAMPLES) for b in verdict.frontier), default=0)
            assert reach == expected


Move = Callable[[Toy, Data], Iterator[Data]]


def _copies_vote_twice(toy: Toy) -> None:
    """A learner that knows every example twice: the recipe's rules and the verifier refuse it."""
    plain = toy.tally

    def doubled(data: Data, x: Point, mask: Sequence[int]) -> tuple[int, ...]:
        return plain((*data, *data), x, mask)

    toy.tally = doubled  # type: ignore[method-assign]


def _a_window_of_labels(toy: Toy) -> None:
    """Ties broken by the label of most examples, which any example can change."""

    def tally(data: Data, x: Point, mask: Sequence[int]) -> tuple[int, ...]:
        labels = [label for _, label in data]
        common = max(range(toy.classes), key=labels.count)
        ranked = sorted(
            (sum(a != b for a, b, m in zip(p, x, mask, strict=True) if m), label != common, label)
            for p, label in data
        )
        voters = [label for *_, label in ranked[: toy.count]]
        votes = [voters.count(label) for label in range(toy.classes)]
        return (*votes, toy.count - len(voters))

    toy.tally = tally  # type: ignore[method-assign]


@pytest.mark.parametrize("wrong", [_copies_vote_twice, _a_window_of_labels])
def test_learners_of_which_this_is_false_are_caught(wrong: Callable[[Toy], None]) -> None:
    toy = Toy(3, NONE, 2, 2, 1)
    wrong(toy)
    broken = 0
    for seed in range(120):
        data, x = made(toy, 5, seed)
        verdict = toy.rule.judge(toy.row(data, x))
        for budget in verdict.frontier:
            if budget.get(TRAIN_EXAMPLES) == 1:
                broken += moved(toy, data, x, verdict.label, budget)
    assert broken


def test_the_price_of_a_move_is_one_vote() -> None:
    side = Neighbours(count=3)
    moves = dict(side.threat("example").moves)
    assert moves == {"insert": 1, "delete": 1, "modify": 1, "relabel": 1}
    recipe = audit(neighbours(3), NONE, [{}], members=1)["recipe"]
    assert isinstance(recipe, dict)
    assert smoothing.threat_for(recipe) == side.threat("example")


def test_what_a_budget_needs_is_said_in_neighbours() -> None:
    [plain] = [need for need in Toy(3, NONE, 2, 2, 1).rule.requirements() if need.margin == 4]
    assert not plain.reachable
    assert (
        plain.reason
        == "trainExamples 2: needs a margin of 4, so at least 5 neighbours; there are 3"
    )
    assert plain.least_members == 5
