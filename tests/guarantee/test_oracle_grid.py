"""Members of a grid under every attack there is, on toys small enough to try them all.

The members are random functions of their own block. An attack rewrites parts, changes the input
and changes columns of the training data; whatever it touches may then vote anything.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from itertools import combinations, product
from typing import Any
from unittest.mock import patch

import pytest

from auditor.errors import ClaimError, RecipeError
from auditor.guarantee.claim import Judgement
from auditor.guarantee.smoothing import blocks_for, rule_for
from auditor.guarantee.test.units import Layout
from auditor.guarantee.threat import COLUMNS, INPUT_FEATURES, INPUT_PATCH, TRAIN_EXAMPLES, Budget
from auditor.guarantee.training.grid import Blocks, Grid
from auditor.guarantee.training.grid import _runs as maximal_runs
from auditor.guarantee.vote import lines
from auditor.guarantee.vote.ballots import Ballots
from auditor.guarantee.vote.lines import Lines
from auditor.guarantee.vote.plurality import plurality
from auditor.guarantee.vote.touched import TouchedRule
from tests.guarantee.audits import NONE, Json, audit

BUDGETS = [
    {TRAIN_EXAMPLES: r, axis: t}
    for axis in (INPUT_FEATURES, INPUT_PATCH, COLUMNS)
    for r in (0, 1, 2)
    for t in (0, 1, 2)
    if r or t
] + [{INPUT_FEATURES: 1, COLUMNS: 1}, {INPUT_PATCH: 1, INPUT_FEATURES: 1, TRAIN_EXAMPLES: 1}]


def grid(parts: int, **form: int) -> Json:
    return {"method": "grid", "parts": parts, "by": "index", **form}


def described(training: Json, shape: Sequence[int], classes: int = 2) -> Json:
    blocks = training.get("groups") or training.get("ranges")
    blocks = blocks or training["down"] * training["across"]  # type: ignore[operator]
    tiles = "down" in training
    listed = [b for b in BUDGETS if tiles or INPUT_PATCH not in b]
    unique = [b for i, b in enumerate(listed) if _amounts(b) not in map(_amounts, listed[:i])]
    return audit(
        *(training, NONE, unique),
        members=training["parts"] * blocks,  # type: ignore[operator]
        shape=shape,
        classes=classes,
    )


def _amounts(budget: dict[str, int]) -> dict[str, int]:
    return {axis: amount for axis, amount in budget.items() if amount}


class Toy:
    """A grid over one layout: which members an attack touches, seen from the masks alone."""

    def __init__(self, description: Json) -> None:
        built = rule_for(description)
        assert isinstance(built, TouchedRule)
        self.rule = built
        recipe: Any = description["recipe"]
        dataset: Any = description["dataset"]
        self.shape: list[int] = dataset["shape"]
        self.masks = blocks_for(recipe, self.shape)
        self.parts: int = recipe["smoothing"]["training"]["parts"]
        assert built.members == self.parts * len(self.masks)

    def places(self, budget: Budget) -> Iterator[set[int]]:
        """Every set of values of an input that the budget's changes of features reach."""
        values = range(len(self.masks[0]))
        squares: list[set[int]] = [set()]
        if side := budget.get(INPUT_PATCH):
            _, height, width = self.shape
            squares = [
                {row * width + column for row in rows for column in columns}
                for rows in _runs(height, side)
                for columns in _runs(width, side)
            ]
        input_only, everywhere = budget.get(INPUT_FEATURES), budget.get(COLUMNS)
        for square in squares:
            for one in combinations(values, input_only):
                for other in combinations(values, everywhere):
                    yield square | set(one) | set(other)

    def touched(self, budget: Budget) -> set[frozenset[int]]:
        """Every set of members that an attack within the budget touches."""
        found = set()
        columns = {
            frozenset(j for j, mask in enumerate(self.masks) if any(mask[at] for at in places))
            for places in self.places(budget)
        }
        for rows in combinations(range(self.parts), min(self.parts, budget.get(TRAIN_EXAMPLES))):
            for chosen in columns:
                found.add(
                    frozenset(
                        j * self.parts + i
                        for j in range(len(self.masks))
                        for i in range(self.parts)
                        if j in chosen or i in rows
                    )
                )
        return found

    def moved(self, row: bytes, budget: Budget) -> bool:
        """Whether some attack within the budget changes the plurality of these votes."""
        label = self.rule.decide(row)
        classes = self.rule.classes
        for members in self.touched(budget):
            kept = [vote for member, vote in enumerate(row) if member not in members]
            base = [kept.count(k) for k in (*range(classes), 255)]
            for added in _counts(len(members), classes + 1):
                *votes, abstained = map(sum, zip(base, added, strict=True))
                if plurality(votes, abstained) != label:
                    return True
        return False


def _runs(extent: int, side: int) -> Iterator[range]:
    for start in range(max(1, extent - side + 1)):
        yield range(start, min(start + side, extent))


def _counts(total: int, kinds: int) -> Iterator[tuple[int, ...]]:
    if kinds == 1:
        yield (total,)
        return
    for first in range(total + 1):
        for rest in _counts(total - first, kinds - 1):
            yield (first, *rest)


def rows(toy: Toy, count: int, seed: int) -> Iterator[bytes]:
    source = random.Random(seed)
    classes = toy.rule.classes
    for _ in range(count):
        bias = source.choice((0.6, 0.8, 0.9, 1.0))
        label = source.randrange(classes)
        yield bytes(
            label if source.random() < bias else source.choice((*range(classes), 255))
            for _ in range(toy.rule.members)
        )


WORLDS = {
    "tiles": described(grid(3, down=2, across=2), (1, 3, 3)),
    "bands": described(grid(4, down=4, across=1), (1, 4, 2)),
    "groups": described(grid(4, groups=3), (5,), classes=3),
    "ranges": described(grid(3, ranges=4), (6,), classes=3),
    "columns only": described(grid(1, down=3, across=2), (1, 3, 4)),
}


@pytest.mark.parametrize("name", WORLDS)
def test_a_budget_is_certified_exactly_when_no_attack_within_it_moves_the_label(name: str) -> None:
    toy = Toy(WORLDS[name])
    certified = refused = 0
    for row in rows(toy, 25, seed=5):
        verdict = toy.rule.judge(row)
        for budget in toy.rule.budgets if verdict.label is not None else ():
            holds = certifies(verdict, budget)
            assert holds != toy.moved(row, budget), (row, budget)
            certified += holds
            refused += not holds
    assert certified >= 20
    assert refused >= 20


def certifies(verdict: Judgement, budget: Budget) -> bool:
    return any(most.covers(budget) for most in verdict.frontier)


@pytest.mark.parametrize("name", WORLDS)
def test_what_statistics_say_is_of_one_piece_and_one_number_more_is_not(name: str) -> None:
    toy = Toy(WORLDS[name])
    for row in rows(toy, 8, seed=6):
        verdict = toy.rule.judge(row)
        toy.rule.check(verdict.label, verdict.statistics, verdict.frontier)
        if verdict.label is None:
            assert verdict.statistics["margins"] == []
            assert verdict.frontier == ()
            continue
        with pytest.raises(ClaimError):
            toy.rule.check(1 - verdict.label, verdict.statistics, verdict.frontier)
        for place, budget in enumerate(verdict.frontier):
            amounts = budget.to_json()
            more = Budget.of({**amounts, TRAIN_EXAMPLES: amounts.get(TRAIN_EXAMPLES, 0) + 1})
            frontier = [*verdict.frontier[:place], more, *verdict.frontier[place + 1 :]]
            with pytest.raises(ClaimError):
                toy.rule.check(verdict.label, verdict.statistics, frontier)
        margins: Any = verdict.statistics["margins"]
        for wrong in ([], [*margins, [0, 0]], [[toy.parts + 1, 0], *margins[1:]], [[0, -1]], 7):
            with pytest.raises(ClaimError):
                toy.rule.check(
                    verdict.label, {**verdict.statistics, "margins": wrong}, verdict.frontier
                )


def test_one_vote_fewer_than_a_claim_needs_ends_it() -> None:
    """Three parts, two ranges: rewriting one touches two members, 4 of a margin of 6 votes."""
    rule = Toy(described(grid(3, ranges=2), (4,))).rule
    assert rule.judge(bytes([0] * 6)).frontier[0] == Budget.of({TRAIN_EXAMPLES: 1})
    five = rule.judge(bytes([0] * 5 + [1]))
    assert five.label == 0
    assert certifies(five, Budget.of({TRAIN_EXAMPLES: 1}))  # margin 4, and rows of 4, 4 and 2
    four = rule.judge(bytes([0, 0, 1, 0, 0, 1]))
    assert four.label == 0
    assert not certifies(four, Budget.of({TRAIN_EXAMPLES: 1}))  # margin 2
    seven = rule.judge(bytes([1] * 6))
    assert certifies(seven, Budget.of({TRAIN_EXAMPLES: 1}))  # margin 5, ties being the first's
    assert not certifies(seven, Budget.of({COLUMNS: 1}))  # a column of three takes 6


def _fails(world: str, count: int) -> bool:
    """Whether the oracle contradicts a claim, or a refusal, of the rule as it is now."""
    toy = Toy(WORLDS[world])
    return any(
        certifies(verdict, budget) == toy.moved(row, budget)
        for row in rows(toy, count, seed=5)
        for verdict in (toy.rule.judge(row),)
        if verdict.label is not None
        for budget in toy.rule.budgets
    )


REAL_WEIGHTS, REAL_HEAVIEST, REAL_TOUCHED, REAL_MARGIN = (
    Ballots.weights,
    Lines.heaviest,
    Grid.touched,
    Ballots.margin,
)


def _third_classes_free(self: Ballots, label: int, rival: int) -> list[int]:
    return [2 * (vote == label) for vote in self.cast]


def _abstentions_weigh(self: Ballots, label: int, rival: int) -> list[int]:
    real = REAL_WEIGHTS(self, label, rival)
    return [1 if vote == 255 else own for vote, own in zip(self.cast, real, strict=True)]


def _a_row_late(self: Lines, weights: Sequence[int], features: Budget) -> Sequence[int]:
    found = REAL_HEAVIEST(self, weights, features)
    return [found[0], *found[:-1]]


def _columns_twice(self: Lines, weights: Sequence[int], features: Budget) -> Sequence[int]:
    """Rows counted whole, with the members of touched columns in them."""
    alone = REAL_HEAVIEST(self, weights, Budget())
    base = REAL_HEAVIEST(self, weights, features)[0]
    return [base + row for row in alone]


def _one_column_less(self: Grid, units: int, patch_: int, layout: Layout) -> tuple[Blocks, ...]:
    return REAL_TOUCHED(self, max(0, units - 1), patch_, layout)


def _smaller_patch(self: Grid, units: int, patch_: int, layout: Layout) -> tuple[Blocks, ...]:
    return REAL_TOUCHED(self, units, max(0, patch_ - 1), layout)


def _ties_for_us(self: Ballots, label: int, rival: int) -> int:
    return REAL_MARGIN(self, label, rival) + (rival < label)


def _abstentions_for_nobody(self: Ballots, label: int, rival: int) -> int:
    return REAL_MARGIN(self, label, rival) + self.abstained


MUTANTS = {
    "third classes weigh nothing": (Ballots, "weights", _third_classes_free, "groups"),
    "abstentions weigh something": (Ballots, "weights", _abstentions_weigh, "groups"),
    "one row fewer": (Lines, "heaviest", _a_row_late, "bands"),
    "crossings counted twice": (Lines, "heaviest", _columns_twice, "bands"),
    "one column fewer": (Grid, "touched", _one_column_less, "ranges"),
    "a smaller patch": (Grid, "touched", _smaller_patch, "bands"),
    "ties for the label": (Ballots, "margin", _ties_for_us, "groups"),
    "abstentions for nobody": (Ballots, "margin", _abstentions_for_nobody, "groups"),
}


@pytest.mark.parametrize("name", MUTANTS)
def test_the_oracle_catches(name: str) -> None:
    owner, method, mutant, world = MUTANTS[name]
    assert not _fails(world, 25)
    with patch.object(owner, method, mutant):
        assert _fails(world, 400)


# --- forged evidence ------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["bands", "groups"])
def test_what_survives_forgery_holds_for_every_true_row(name: str) -> None:
    """Whatever one forged vote was in truth, and whatever one forged member may do besides."""
    toy = Toy(WORLDS[name])
    rule = toy.rule
    lost = stood = 0
    for row in rows(toy, 6, seed=9):
        label = rule.judge(row).label
        if label is None:
            assert rule.surviving(row, cells=0, members=0).label is None
            continue
        left = rule.surviving(row, cells=1, members=0)
        truths = [
            row[:at] + bytes([vote]) + row[at + 1 :]
            for at in range(rule.members)
            for vote in (*range(rule.classes), 255)
        ]
        for budget in rule.budgets:
            stands = left.label == label and certifies(left, budget)
            assert (rule.slack(row, budget) >= 1) == stands
            if not stands:
                lost += 1
                continue
            stood += 1
            assert certifies(rule.surviving(row, cells=0, members=1), budget)
            for truth in truths:
                assert rule.judge(truth).label == label
                assert certifies(rule.judge(truth), budget)
    assert stood >= 5
    assert lost >= 5


def test_nothing_forged_takes_nothing_away_and_everything_forged_takes_all() -> None:
    for world in WORLDS.values():
        toy = Toy(world)
        for row in rows(toy, 10, seed=12):
            verdict = toy.rule.judge(row)
            same = toy.rule.surviving(row, cells=0, members=0)
            assert (same.label, same.frontier) == (verdict.label, verdict.frontier)
            assert toy.rule.surviving(row, cells=toy.rule.members, members=0).label is None
            for budget in toy.rule.budgets:
                assert (toy.rule.slack(row, budget) >= 0) == certifies(verdict, budget)
            assert toy.rule.slack(row, Budget.of({"trainLabels": 1})) == -1


# --- blocks ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", WORLDS)
def test_every_value_is_in_one_block_and_no_block_is_empty(name: str) -> None:
    masks = Toy(WORLDS[name]).masks
    assert all(sum(mask[at] for mask in masks) == 1 for at in range(len(masks[0])))
    assert all(any(mask) for mask in masks)


@pytest.mark.parametrize(
    ("form", "shape"), [({"down": 3, "across": 2}, (3, 5, 7)), ({"groups": 4}, (3, 4, 4))]
)
def test_a_pixel_is_in_one_block_with_all_its_channels(
    form: dict[str, int], shape: tuple[int, int, int]
) -> None:
    layout = Layout(shape=shape, unit="pixel")
    params = Grid(parts=2, by="index", **form)
    for mask in params.masks(layout, bytes(32)):
        channels = [mask[at * shape[1] * shape[2] :][: shape[1] * shape[2]] for at in range(3)]
        assert channels[0] == channels[1] == channels[2]


def test_touched_sets_are_the_maximal_ones() -> None:
    for down, across, height, width in product((1, 2, 3), (1, 3), (3, 5), (4, 7)):
        if down * across < 2:
            continue
        layout = Layout(shape=(1, height, width), unit="pixel")
        params = Grid(parts=1, by="index", down=down, across=across)
        masks = params.masks(layout, bytes(32))
        for side in (1, 2, 3):
            sets = {
                frozenset(
                    j
                    for j, mask in enumerate(masks)
                    if any(mask[row * width + column] for row in rows_ for column in columns)
                )
                for rows_ in _runs(height, side)
                for columns in _runs(width, side)
            }
            maximal = {one for one in sets if not any(one < other for other in sets)}
            assert set(map(frozenset, params.touched(0, side, layout))) == maximal


def test_maximal_runs_are_those_of_all_places() -> None:
    """However few places are tried: a long image with a large patch must not take long."""
    for extent, side in product(range(1, 13), range(1, 15)):
        for count in range(1, extent + 1):
            runs = {
                frozenset(place * count // extent for place in range(start, min(extent, end)))
                for start in range(max(1, extent - side + 1))
                for end in [start + side]
            }
            maximal = {one for one in runs if not any(one < other for other in runs)}
            found = maximal_runs(side, extent, count)
            assert len(found) == len(maximal)
            assert set(map(frozenset, found)) == maximal


# --- refusals -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("training", "shape", "words"),
    [
        (grid(3), (4,), "expected groups, or down and across, or ranges"),
        (grid(3, groups=2, ranges=2), (4,), "expected groups, or down and across, or ranges"),
        (grid(3, down=2), (1, 4, 4), "across: expected a whole number"),
        (grid(3, groups=1), (4,), "expected 2 to 1024 blocks, got 1"),
        (grid(3, groups=5), (4,), "at most 4"),
        (grid(3, ranges=5), (4,), "ranges: expected at most 4"),
        (grid(3, ranges=2), (1, 4, 4), "ranges cut tables"),
        (grid(3, down=1, across=2), (4,), "down and across cut images"),
        (grid(3, down=5, across=2), (1, 4, 4), "down: expected at most 4"),
        (grid(40000, groups=2), (4,), "80000 members exceed the limit"),
        ({**grid(3, groups=2), "by": "content"}, (4,), "by: expected one of"),
    ],
)
def test_a_grid_that_cannot_be_is_refused(
    training: Json, shape: tuple[int, ...], words: str
) -> None:
    sizes: Any = training
    blocks = sizes.get("groups") or sizes.get("ranges") or sizes.get("down", 1) * 2
    members = min(sizes["parts"] * blocks, 65535)
    description = audit(training, NONE, [{COLUMNS: 1}], members=members, shape=shape)
    with pytest.raises(RecipeError, match=words):
        rule_for(description)


def test_a_grid_takes_no_test_side_and_no_other_axis() -> None:
    test: Json = {"method": "two-mask", "groups": 3, "pixels": 1}
    described_ = audit(grid(3, groups=2), test, [{COLUMNS: 1}], members=6, shape=(4,))
    with pytest.raises(RecipeError, match="its members vote once"):
        rule_for(described_)
    with pytest.raises(RecipeError, match="inputPatch is not covered"):
        rule_for(audit(grid(3, groups=2), NONE, [{INPUT_PATCH: 1}], members=6, shape=(4,)))
    with pytest.raises(RecipeError, match="6 \\(its parts\\)"):
        rule_for(audit(grid(3, groups=2), NONE, [{COLUMNS: 1}], members=3, shape=(4,)))


def test_bounds_that_take_too_long_are_refused() -> None:
    budgets = [{COLUMNS: 12}]
    many = audit(grid(1, groups=24), NONE, budgets, members=24, shape=(24,))
    with pytest.raises(RecipeError, match="can be touched in more than"):
        rule_for(many)
    with (
        patch.object(lines, "_MAX_SUMS", 10),
        pytest.raises(RecipeError, match=r"would add up .* rows an input"),
    ):
        rule_for(audit(grid(5, groups=4), NONE, [{COLUMNS: 1}], members=20, shape=(8,)))
