"""What stands on forged evidence: exactly what no forged row takes away, and no more."""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import product

import pytest

from auditor.errors import ClaimError
from auditor.guarantee.claim import Judgement, Rule
from auditor.guarantee.forged import standing
from auditor.guarantee.smoothing import rule_for
from auditor.guarantee.threat import Budget
from auditor.guarantee.vote.plurality import encode_row
from tests.guarantee.audits import NONE, Json, audit, on_a_grid, partition
from tests.guarantee.forging import (
    ABLATED,
    BOTH,
    COLUMNS,
    DRAWN,
    FIVE,
    FIXED,
    FLIP,
    JOINT,
    MASKED,
    MASKS,
    SEED,
    SPARSE,
    TWICE,
    WINDOWS,
    Fixed,
    budgets_of,
    certifies,
    fixed,
    masked_violations,
    nested,
    runner_up,
    runner_up_gaussian,
    tallies,
    views_violations,
    votes_of,
)


@pytest.mark.parametrize("name", DRAWN)
def test_drawn_members_stand_exactly_as_long_as_every_forged_row(name: str) -> None:
    found = DRAWN[name].violations()
    assert (found.sooner, found.later) == (0, 0)
    assert found.claims >= DRAWN[name].certified, "the rows must certify something"


@pytest.mark.parametrize("name", ABLATED)
def test_ablated_views_stand_exactly_as_long_as_every_forged_row(name: str) -> None:
    found = views_violations(ABLATED[name])
    assert (found.sooner, found.later) == (0, 0)
    assert found.claims >= ABLATED[name].certified, "the rows must certify something"


@pytest.mark.parametrize("name", FIXED)
def test_fixed_members_stand_exactly_as_long_as_every_forged_row(name: str) -> None:
    found = views_violations(FIXED[name])
    assert (found.sooner, found.later) == (0, 0)
    assert found.claims >= FIXED[name].certified, "the rows must certify something"


@pytest.mark.parametrize("name", FIXED)
def test_a_tally_is_as_good_as_another_that_looks_the_same(name: str) -> None:
    """What the search above relies on when it takes one tally for all that look the same."""
    world = FIXED[name]
    oracle = Fixed(world.rule, max(world.deepest, world.rule.voters), ordered=True)
    source = random.Random(11)
    for _ in range(100):
        row = [source.choice(oracle.all) for _ in range(world.rule.views)]
        same = [oracle.shown[oracle.kind[tally]] for tally in row]
        source.shuffle(same)
        one, other = world.rule.judge(encode_row(row)), world.rule.judge(encode_row(same))
        assert (one.label, one.frontier) == (other.label, other.frontier)


@pytest.mark.parametrize("name", MASKED)
def test_two_masks_stand_against_every_forged_row(name: str) -> None:
    found = masked_violations(MASKED[name])
    assert (found.sooner, found.later) == (0, 0)
    assert found.claims >= MASKED[name].certified, "the rows must certify something"


def test_a_majority_of_masks_stands_and_one_forged_mask_more_ends_it() -> None:
    """Four masks say the second class; the pair of the first two masks abstains."""
    rule = fixed(1, MASKS, (0, 1), (0,), shape=(8,))
    said, other, silent = (0, 1, 0), (1, 0, 0), (0, 0, 1)
    row = [said] * 4 + [silent] + [said] * 5
    assert rule.slack(encode_row(row), Budget()) == 1
    forged = [said] * 2 + [other] * 2 + row[4:]
    assert rule.judge(encode_row(forged)).label == 0


def test_a_dissenter_passes_once_its_whole_round_is_forged() -> None:
    """The pairs of the last mask already say the other class: that mask alone holds it back."""
    rule = fixed(1, MASKS, (0, 1), (0,), shape=(8,))
    said, other = (1, 0, 0), (0, 1, 0)
    row = [said] * 4 + [said, said, other, said, other, other]
    assert rule.slack(encode_row(row), Budget()) == 0
    assert rule.judge(encode_row([*row[:3], other, *row[4:]])).label == 1
    row[-1] = said  # one pair of that mask, and of the last but one
    assert rule.slack(encode_row(row), Budget()) == 1
    assert rule.judge(encode_row([*row[:3], other, *row[4:]])).label == 0
    assert rule.judge(encode_row([*row[:3], other, *row[4:-1], other])).label == 1


def test_one_forged_view_ends_what_needs_every_union() -> None:
    rule = fixed(5, FIVE, (0, 1, 2), (0, 1), shape=(10,))
    row = encode_row([(0, 5, 0)] * rule.views)
    both, train = budgets_of((1, 1), (2, 0))
    assert rule.cells == rule.views == 25
    assert [rule.slack(row, budget) for budget in (both, train, Budget())] == [0, 4, 4]
    assert rule.surviving(row, cells=1, members=0).frontier == (train,)
    assert rule.surviving(row, cells=4, members=1).frontier == budgets_of((1, 0))
    assert rule.surviving(row, cells=4, members=2).frontier == (Budget(),)
    assert rule.surviving(row, cells=5, members=0).label is None
    assert rule.surviving(row, cells=0, members=3).label is None


# --- every rule -----------------------------------------------------------------------------


BAG: Json = {"method": "bag", "size": 10}
RULES: dict[str, tuple[Rule, bytes]] = {
    "one view": (fixed(9, NONE, (0,), (0, 1, 3)), encode_row([(1, 7, 1)])),
    "views": (
        fixed(5, TWICE, (0, 1), (0, 1), shape=(16,)),
        encode_row([(1, 4, 0)] * 7 + [(3, 2, 0)]),
    ),
    "two masks": (
        fixed(5, FIVE, (0, 1, 2), (0, 1), shape=(10,)),
        encode_row([(5, 0, 0)] * 24 + [(2, 3, 0)]),
    ),
    "two masks, dissenting": (
        fixed(1, MASKS, (0, 1), (0,), shape=(8,)),
        encode_row([(1, 0, 0)] * 3 + [(0, 1, 0)] * 7),
    ),
    "windows": (
        fixed(3, WINDOWS, (0, 1), (0, 1), shape=(1, 2, 4)),
        encode_row([(0, 3, 0)] * 6),
    ),
    "columns": (
        fixed(5, COLUMNS, (0, 1, 2), (0, 1), shape=(1, 3, 9)),
        encode_row([(1, 4, 0)] * 7 + [(3, 2, 0), (1, 1, 3)]),
    ),
    "groups and windows": (
        fixed(3, JOINT, (0, 1), (0, 1), shape=(1, 2, 3)),
        encode_row([(3, 0, 0)] * 17 + [(1, 2, 0)]),
    ),
    "drawn": (
        rule_for(
            audit(SEED, FLIP, [{"total": t} for t in (1, 2, 3)], members=1000, alpha="1/1000")
        ),
        votes_of((993, 4, 3)),
    ),
    "bag": (
        rule_for(audit(BAG, NONE, [{"trainExamples": 1}], members=50, alpha="1/20")),
        votes_of((0, 47, 3)),
    ),
    "runner-up": (runner_up(200, 50, 3), votes_of((45, 5, 0, 0)) + votes_of((140, 6, 3, 1))),
    "runner-up, gaussian": (
        runner_up_gaussian(200, 50, 3),
        votes_of((45, 5, 0, 0)) + votes_of((120, 16, 13, 1)),
    ),
    "partition members in gaussian noise": (
        rule_for(
            on_a_grid(
                partition(5),
                {"method": "gaussian", "sigma": "2"},
                [{"inputSquares": 4}, {"trainExamples": 1, "inputSquares": 1}],
                members=5,
                draws=200,
            )
        ),
        encode_row([(5, 0, 0)] * 190 + [(0, 5, 0)] * 10),
    ),
    "draws": (nested(5, 7, 2, 4), encode_row([(5, 0, 0)] * 6 + [(0, 5, 0)])),
    "no label": (
        nested(5, 7, 2, 4),
        encode_row([(5, 0, 0), (0, 5, 0), (1, 1, 3)] * 2 + [(2, 2, 1)]),
    ),
    "abstentions": (fixed(9, NONE, (0,), (0, 1)), encode_row([(0, 0, 9)])),
}


@pytest.mark.parametrize("name", RULES)
def test_with_nothing_forged_all_that_was_judged_stands(name: str) -> None:
    rule, row = RULES[name]
    verdict, left = rule.judge(row), rule.surviving(row, cells=0, members=0)
    assert (left.label, left.frontier) == (verdict.label, verdict.frontier)
    assert left.statistics == {}


@pytest.mark.parametrize("name", RULES)
def test_more_forged_never_leaves_more(name: str) -> None:
    rule, row = RULES[name]
    steps = sorted({0, 1, 2, 3, 5, 8, 13, 60, 150, rule.cells, rule.cells + 1, 1 << 60})
    for cells, members in product(steps, steps):
        more = rule.surviving(row, cells=cells, members=members)
        if cells >= rule.cells or members >= rule.members:
            assert more == Judgement(label=None, statistics={}, frontier=())
        for fewer in ((cells - 1, members), (cells, members - 1)):
            if min(fewer) < 0 or more.label is None:
                continue
            less = rule.surviving(row, cells=fewer[0], members=fewer[1])
            assert less.label == more.label
            for budget in more.frontier:
                assert any(most.covers(budget) for most in less.frontier)


@pytest.mark.parametrize("name", RULES)
def test_the_slack_is_the_last_number_of_cells_at_which_a_budget_survives(name: str) -> None:
    rule, row = RULES[name]
    label = rule.judge(row).label
    asked = (
        *(Budget(), *rule.budgets, *budgets_of((1, 0), (2, 0), (0, 2), (1, 1), (4, 4)), *BOTH),
        *(Budget.of({axis: 1}) for axis in ("total", "inputPatch", "trainLabels")),
    )
    for members in (0, 1, 2, 1 << 60):
        slacks = rule.slacks(row, asked, members=members)
        for budget, slack in zip(asked, slacks, strict=True):
            assert rule.slack(row, budget, members=members) == slack
            if slack >= 0:
                assert label is not None
                last = rule.surviving(row, cells=slack, members=members)
                assert certifies(last, label, budget)
            after = rule.surviving(row, cells=slack + 1, members=members)
            assert label is None or not certifies(after, label, budget)


@pytest.mark.parametrize("name", RULES)
def test_cells_are_the_votes_of_drawn_members_and_the_views_of_fixed_ones(name: str) -> None:
    rule, _ = RULES[name]
    assert rule.cells == (rule.members if rule.drawn else rule.views)


@pytest.mark.parametrize("name", RULES)
def test_a_malformed_row_and_less_than_nothing_are_refused(name: str) -> None:
    rule, row = RULES[name]
    for bad in (b"", row[:-1], bytes([254]) * len(row)):
        with pytest.raises(ClaimError, match="evidence row"):
            rule.surviving(bad, cells=1, members=1)
        with pytest.raises(ClaimError, match="evidence row"):
            rule.slack(bad, Budget())
    for cells, members in ((-1, 0), (0, -1)):
        with pytest.raises(ValueError, match="expected counts"):
            rule.surviving(row, cells=cells, members=members)
    with pytest.raises(ValueError, match="expected counts"):
        rule.slack(row, Budget(), members=-1)


@pytest.mark.parametrize(("total", "count"), [(1, 907), (2, 985)])
def test_votes_beyond_the_least_count_are_the_slack(total: int, count: int) -> None:
    rule = RULES["drawn"][0]
    budget = Budget.of({"total": total})
    assert rule.slack(votes_of((993, 4, 3)), budget) == 993 - count
    assert rule.slack(votes_of((993, 4, 3)), budget, members=3) == 990 - count
    assert rule.slack(votes_of((count, 0, 1000 - count)), budget) == 0
    assert rule.slack(votes_of((count - 1, 0, 1001 - count)), budget) == -1


def test_budgets_that_nobody_declared_stand_where_the_frontier_covers_them() -> None:
    rule = fixed(9, SPARSE, (0, 2), (0, 1), shape=(14,))
    row = encode_row([(9, 0, 0)] * 7)
    slacks = rule.slacks(row, budgets_of((4, 0), (5, 0), (4, 1), (4, 2), (3, 2), (0, 3)))
    assert slacks == (3, -1, 1, 1, 1, -1)
    assert rule.slacks(row, budgets_of((3, 1), (4, 1)), members=1) == (1, -1)


# --- all rows together ----------------------------------------------------------------------


def spread(rows: int, forged: int) -> Iterator[tuple[int, ...]]:
    """Every way of spreading at most so many forged cells over the rows."""
    return (way[:-1] for way in tallies(forged, rows + 1))


def test_the_number_that_stands_is_the_least_over_all_ways_to_spread_the_forged() -> None:
    source = random.Random(9)
    for _ in range(150):
        slacks = [source.choice([-1, 0, 0, 1, 2, 3, 5]) for _ in range(source.randrange(6))]
        for forged in range(9):
            least = min(
                sum(slack >= 0 and here <= slack for here, slack in zip(way, slacks, strict=True))
                for way in spread(len(slacks), forged)
            )
            assert standing(slacks, forged) == least


def test_standing_counts_what_holds_and_one_forged_cell_more_takes_one_more() -> None:
    assert standing([], 3) == 0
    assert standing([-1, -1], 0) == 0
    assert [standing([1, 1, 1], forged) for forged in range(8)] == [3, 3, 2, 2, 1, 1, 0, 0]
    assert standing(iter([10**9, 0]), 10**9) == 1
    with pytest.raises(ValueError, match="forged"):
        standing([1], -1)
