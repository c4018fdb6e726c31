"""What every rule does with rows, statistics and budgets; boundaries one vote wide."""

from __future__ import annotations

import copy
import random
from collections.abc import Sequence
from typing import Any

import pytest
from flint import fmpq

from auditor.errors import ClaimError
from auditor.exact.binomial import exact_tail
from auditor.guarantee.claim import Judgement, Rule
from auditor.guarantee.smoothing import rule_for
from auditor.guarantee.threat import Budget
from auditor.guarantee.vote.plurality import encode_row
from tests.guarantee.audits import NONE, Json, audit, partition

FLIP: Json = {"method": "flip", "keep": "4/5"}
SEED: Json = {"method": "flip", "keepFeatures": "4/5", "keepLabels": "4/5"}
VIEWS: Json = {"method": "views", "groups": 8, "partitions": 2}
MASKS: Json = {"method": "two-mask", "groups": 4, "pixels": 1}


def of(*budgets: tuple[int, int]) -> list[dict[str, int]]:
    return [{"trainExamples": c, "inputFeatures": t} for c, t in budgets]


def same_view(views: int, tally: Sequence[int]) -> bytes:
    return encode_row([tally] * views)


def row_of_votes(votes: Sequence[int], abstained: int) -> bytes:
    cast = b"".join(bytes([k]) * n for k, n in enumerate(votes))
    return cast + bytes([255]) * abstained


# --- fixed members -------------------------------------------------------------------------


@pytest.mark.parametrize(("label", "tally"), [(0, (7, 3, 0)), (1, (3, 8, 0)), (0, (7, 2, 1))])
def test_a_margin_of_two_for_each_part_and_no_less(label: int, tally: tuple[int, ...]) -> None:
    members = sum(tally)
    budgets = [{"trainExamples": c} for c in (1, 2, 3)]
    rule = rule_for(audit(partition(members), NONE, budgets, members=members))
    verdict = rule.judge(encode_row([tally]))
    assert verdict.label == label
    assert verdict.statistics == {"margins": [[0, 4]]}
    assert verdict.frontier == (Budget.of({"trainExamples": 2}),)
    with pytest.raises(ClaimError, match="frontier"):
        rule.check(label, {"margins": [[0, 3]]}, verdict.frontier)


def test_views_need_more_than_half_after_the_attack() -> None:
    """16 views of which one unit reaches 2: one unit needs 11 good ones."""
    rule = rule_for(audit(partition(5), VIEWS, of((0, 1), (1, 1), (2, 1)), members=5, shape=(16,)))
    good, weak, bad = (5, 0, 0), (3, 2, 0), (0, 5, 0)
    enough = rule.judge(encode_row([good] * 11 + [bad] * 5))
    assert enough.frontier == (Budget.of({"trainExamples": 2, "inputFeatures": 1}),)
    assert enough.statistics == {"margins": [[0, 5], [1, 5]]}
    fewer = rule.judge(encode_row([good] * 10 + [bad] * 6))
    assert (fewer.label, fewer.frontier) == (0, (Budget.of({"trainExamples": 2}),))
    thinner = rule.judge(encode_row([good] * 10 + [weak] + [bad] * 5))
    assert thinner.frontier == (
        Budget.of({"trainExamples": 2}),
        Budget.of({"inputFeatures": 1}),
    )


def test_two_masks_need_every_union() -> None:
    rule = rule_for(audit(partition(5), MASKS, of((1, 0), (0, 1), (1, 1), (2, 0)), members=5))
    assert rule.views == 10
    tallies = [(5, 0, 0)] * 10
    tallies[7] = (4, 1, 0)  # a union of two masks
    verdict = rule.judge(encode_row(tallies))
    assert verdict.statistics == {"margins": [[0, 5], [1, 3]]}
    assert set(verdict.frontier) == {
        Budget.of({"trainExamples": 2}),
        Budget.of({"trainExamples": 1, "inputFeatures": 1}),
    }
    tallies[2] = (3, 2, 0)  # a mask of the first round
    verdict = rule.judge(encode_row(tallies))
    assert verdict.statistics == {"margins": [[0, 1], [1, 1]]}
    assert verdict.frontier == (Budget.of({"inputFeatures": 1}),)


def test_an_ensemble_that_cannot_decide_abstains() -> None:
    for test, views in ((NONE, 1), (VIEWS, 16), (MASKS, 10)):
        rule = rule_for(audit(partition(4), test, [{"trainExamples": 1}], members=4, shape=(16,)))
        verdict = rule.judge(same_view(views, (2, 1, 1)))
        assert verdict == Judgement(label=0, statistics=verdict.statistics, frontier=(Budget(),))
        verdict = rule.judge(same_view(views, (1, 1, 2)))
        assert verdict == Judgement(label=None, statistics={"margins": []}, frontier=())
        rule.check(None, {"margins": []}, ())


def test_the_rule_online_is_the_rule_on_rows() -> None:
    source = random.Random(7)
    for test, views in ((NONE, 1), (VIEWS, 16), (MASKS, 10)):
        rule = rule_for(
            audit(partition(3), test, [{"trainExamples": 1}], members=3, shape=(16,), classes=3)
        )
        for _ in range(200):
            tallies = []
            for _ in range(views):
                cast = [source.choice([0, 0, 0, 1, 2, 3]) for _ in range(3)]
                tallies.append(tuple(cast.count(k) for k in range(4)))
            asked: list[int] = []

            def answer(
                wanted: tuple[int, ...],
                asked: list[int] = asked,
                tallies: list[tuple[int, ...]] = tallies,
            ) -> list[tuple[int, ...]]:
                asked.extend(wanted)
                return [tallies[view] for view in wanted]

            online = rule.decide(answer)  # type: ignore[attr-defined]
            assert online == rule.judge(encode_row(tallies)).label
            if test is MASKS and len({tuple(t) for t in tallies[:4]}) == 1:
                assert asked == [0, 1, 2, 3]


def test_amounts_beyond_the_masks_and_unreachable_views() -> None:
    far = rule_for(audit(partition(5), VIEWS, of((0, 3), (0, 4)), members=5, shape=(16,)))
    reachable, never = far.requirements()
    assert reachable.reachable
    assert (never.reachable, never.least_members, "never" in never.reason) == (False, None, True)
    verdict = far.judge(same_view(16, (5, 0, 0)))
    assert verdict.statistics == {"margins": [[0, 5], [3, 5], [4, -6]]}
    assert verdict.frontier == (Budget.of({"trainExamples": 2, "inputFeatures": 3}),)
    far.check(verdict.label, verdict.statistics, verdict.frontier)


def test_requirements_of_fixed_members() -> None:
    rule = rule_for(audit(partition(5), NONE, [{"trainExamples": c} for c in (2, 3)], members=5))
    first, second = rule.requirements()
    assert (first.reachable, first.margin, first.least_members) == (True, 4, 5)
    assert (second.reachable, second.margin, second.least_members) == (False, 6, 7)
    unanimous = rule.judge(encode_row([(0, 5, 0)]))
    assert unanimous.frontier == (Budget.of({"trainExamples": 2}),)


# --- drawn members -------------------------------------------------------------------------


def seed_rule(members: int = 1000, **more: object) -> Rule:
    budgets = [{"total": t} for t in (1, 2, 3, 4, 5)]
    return rule_for(audit(SEED, FLIP, budgets, members=members, alpha="1/1000", **more))  # type: ignore[arg-type]


def test_the_seed_papers_counts() -> None:
    rule = seed_rule()
    # k* as published, but for the 1/1024 of alpha that pays for choosing the label
    assert [entry.k_star for entry in rule.thresholds()] == [907, 985, 1000, 1000, None]
    assert [str(entry.p_star) for entry in rule.thresholds()][:3] == ["7/8", "31/32", "127/128"]


@pytest.mark.parametrize(("total", "count"), [(1, 907), (2, 985), (3, 1000)])
def test_one_vote_fewer_certifies_less(total: int, count: int) -> None:
    rule = seed_rule()
    enough = rule.judge(row_of_votes([count, 1000 - count], 0))
    assert max(b.get("total") for b in enough.frontier) >= total
    fewer = rule.judge(row_of_votes([count - 1, 1000 - count], 1))
    assert not any(b.get("total") >= total for b in fewer.frontier)


def test_least_counts_are_exact_boundaries() -> None:
    rule = seed_rule(members=60)
    level = fmpq(1, 1000) * fmpq(1023, 1024)
    for entry in rule.thresholds():
        if entry.k_star is not None:
            assert exact_tail(60, entry.k_star, entry.p_star) <= level
            assert exact_tail(60, entry.k_star - 1, entry.p_star) > level


def test_a_label_needs_a_majority_that_pays_for_choosing_it() -> None:
    rule = seed_rule()
    floor = fmpq(1, 1000) / 1024
    least = next(k for k in range(500, 1001) if exact_tail(1000, k, fmpq(1, 2)) <= floor)
    assert rule.judge(row_of_votes([0, least], 1000 - least)).label == 1
    assert rule.judge(row_of_votes([0, least - 1], 1001 - least)).label is None


def test_more_inputs_need_more_votes() -> None:
    alone = seed_rule(scope="simultaneous", inputs=1).thresholds()
    many = seed_rule(scope="simultaneous", inputs=2163).thresholds()
    assert alone[1].k_star == 985
    assert many[1].k_star == 993
    assert seed_rule(scope="per-input", inputs=2163).thresholds() == alone


def test_what_cannot_be_reached_says_what_it_needs() -> None:
    budgets = [{"inputFeatures": t} for t in (2, 4, 6)]
    description = audit(SEED, FLIP, budgets, members=1000, alpha="1/1000")
    needs = {
        need.budget.get("inputFeatures"): need for need in rule_for(description).requirements()
    }
    assert needs[4].least_draws == 950
    assert needs[6].reachable is False
    assert needs[6].reason.endswith("impossible with 1,000 members: needs 6,954")
    enough = audit(SEED, FLIP, budgets, members=6954, alpha="1/1000")
    assert all(need.reachable for need in rule_for(enough).requirements())
    short = audit(SEED, FLIP, budgets, members=6953, alpha="1/1000")
    assert [need.reachable for need in rule_for(short).requirements()] == [True, True, False]


def test_never_is_said_where_noise_cannot_help() -> None:
    bag: Json = {"method": "bag", "size": 10}
    budgets = [{"trainExamples": c} for c in (1, 60)]
    near, never = rule_for(audit(bag, NONE, budgets, members=50, alpha="1/20")).requirements()
    assert near.least_draws is not None
    assert (never.least_draws, never.reachable) == (None, False)
    assert "whatever the number of members" in never.reason


def runner_up(members: int = 1100, classes: int = 10) -> Rule:
    budgets = [{"inputFeatures": t} for t in (1, 2, 3)]
    return rule_for(
        audit(
            NONE_LABELS,
            {"method": "flip", "keep": "11/20"},
            budgets,
            members=members,
            classes=classes,
            alpha="1/1000",
            bound="runner-up",
            selectionDraws=100,
        )
    )


NONE_LABELS: Json = {"method": "flip", "keepFeatures": "11/20", "keepLabels": "1"}


def test_the_runner_up_bound_certifies_below_one_half() -> None:
    rule = runner_up()
    chosen = row_of_votes([60, 40] + [0] * 8, 0)
    verdict = rule.judge(chosen + row_of_votes([450] + [60] * 9, 10))
    assert verdict.label == 0
    assert verdict.frontier == (Budget.of({"inputFeatures": 3}),)
    # the label is the one chosen before, whoever wins the count
    other = rule.judge(row_of_votes([40, 60] + [0] * 8, 0) + row_of_votes([450] + [60] * 9, 10))
    assert (other.label, other.frontier) == (None, ())


def test_abstentions_count_for_the_runner_up() -> None:
    rule = runner_up()
    chosen = row_of_votes([100] + [0] * 9, 0)
    present = rule.judge(chosen + row_of_votes([400] + [66] * 8 + [72], 0))
    absent = rule.judge(chosen + row_of_votes([400, 60] + [0] * 8, 540))
    assert present.label == 0
    assert absent.label is None


@pytest.mark.parametrize("row", [b"", bytes(999), bytes(1001), bytes([7]) * 1000])
def test_malformed_rows_of_drawn_members(row: bytes) -> None:
    with pytest.raises(ClaimError, match="evidence row"):
        seed_rule().judge(row)


# --- fixed members under random noise -------------------------------------------------------


def nested() -> Rule:
    return rule_for(
        audit(
            partition(5),
            FLIP,
            of((0, 1), (0, 2), (1, 0), (1, 1), (2, 1)),
            members=5,
            draws=1000,
            alpha="1/1000",
        )
    )


def test_each_depth_has_its_share() -> None:
    level = fmpq(1, 1000) * fmpq(1023, 1024) / 3
    for entry in nested().thresholds():
        assert entry.k_star is not None
        if entry.budget.get("inputFeatures"):
            assert exact_tail(1000, entry.k_star, entry.p_star) <= level
            assert exact_tail(1000, entry.k_star - 1, entry.p_star) > level


def test_draws_are_won_by_their_margin() -> None:
    rule = nested()
    least = {entry.budget: entry.k_star for entry in rule.thresholds()}
    one = Budget.of({"trainExamples": 1, "inputFeatures": 1})
    count = least[one]
    assert count is not None
    strong, weak = (4, 1, 0), (3, 2, 0)
    enough = rule.judge(encode_row([strong] * count + [weak] * (1000 - count)))
    assert enough.statistics == {"wins": [[0, 1000], [1, count], [2, 0]]}
    assert one in enough.frontier
    fewer = rule.judge(encode_row([strong] * (count - 1) + [weak] * (1001 - count)))
    assert one not in fewer.frontier
    assert Budget.of({"inputFeatures": 2}) in fewer.frontier


def test_no_majority_of_draws_no_label() -> None:
    verdict = nested().judge(encode_row([(5, 0, 0), (0, 5, 0)] * 500))
    assert verdict.label is None
    assert verdict.frontier == ()
    nested().check(None, verdict.statistics, ())


# --- leaves ---------------------------------------------------------------------------------

RULES: dict[str, tuple[Rule, bytes]] = {
    "one view": (
        rule_for(audit(partition(9), NONE, [{"trainExamples": c} for c in (1, 3)], members=9)),
        encode_row([(7, 1, 1)]),
    ),
    "views": (
        rule_for(audit(partition(5), VIEWS, of((1, 0), (1, 1)), members=5, shape=(16,))),
        encode_row([(1, 4, 0)] * 16),
    ),
    "two masks": (
        rule_for(audit(partition(5), MASKS, of((1, 0), (1, 1)), members=5)),
        encode_row([(1, 4, 0)] * 10),
    ),
    "ablated views": (
        rule_for(
            audit(
                partition(5),
                {"method": "ablation", "region": "rows", "size": 1, "step": 1, "wrap": True},
                [{"trainExamples": 1, "inputPatch": 1}, {"inputFeatures": 1}],
                members=5,
                shape=(1, 7, 3),
            )
        ),
        encode_row([(1, 4, 0)] * 7),
    ),
    "masks of groups and windows": (
        rule_for(
            audit(
                partition(5),
                {**MASKS, "window": 2, "step": 1, "patch": 1},
                [{"trainExamples": 1, "inputPatch": 1, "inputFeatures": 1}, {"inputPatch": 1}],
                members=5,
                shape=(1, 2, 3),
            )
        ),
        encode_row([(1, 4, 0)] * 30),
    ),
    "drawn": (seed_rule(), row_of_votes([990, 5], 5)),
    "runner-up": (
        runner_up(classes=2),
        row_of_votes([100, 0], 0) + row_of_votes([900, 50], 50),
    ),
    "nested": (nested(), encode_row([(5, 0, 0)] * 990 + [(0, 5, 0)] * 10)),
}


@pytest.mark.parametrize("name", RULES)
def test_an_honest_leaf_checks_and_a_changed_one_does_not(name: str) -> None:
    rule, row = RULES[name]
    verdict = rule.judge(row)
    assert verdict.frontier
    rule.check(verdict.label, verdict.statistics, verdict.frontier)
    rule.check(verdict.label, verdict.statistics, tuple(reversed(verdict.frontier)))

    def refused(label: object, statistics: object, frontier: Sequence[Budget]) -> None:
        with pytest.raises(ClaimError):
            rule.check(label, statistics, frontier)  # type: ignore[arg-type]

    refused(verdict.label, verdict.statistics, ())
    refused(verdict.label, verdict.statistics, (*verdict.frontier, *verdict.frontier))
    refused(verdict.label, verdict.statistics, (*verdict.frontier, Budget.of({"total": 99})))
    for label in (None, -1, 99, True, "0"):
        refused(label, verdict.statistics, verdict.frontier)
    malformed: list[object] = [None, {}, [], {**verdict.statistics, "more": 1}, {"votes": [1]}]
    for statistics in malformed:
        refused(verdict.label, statistics, verdict.frontier)


@pytest.mark.parametrize("name", RULES)
def test_every_number_of_a_leaf_is_checked_for_type_and_range(name: str) -> None:
    rule, row = RULES[name]
    verdict = rule.judge(row)

    def numbers(value: object, path: tuple[object, ...] = ()) -> list[tuple[object, ...]]:
        if isinstance(value, dict):
            return [p for k, v in value.items() for p in numbers(v, (*path, k))]
        if isinstance(value, list):
            return [p for k, v in enumerate(value) for p in numbers(v, (*path, k))]
        return [path]

    for path in numbers(verdict.statistics):
        for bad in (1.0, "1", True, None, 1 << 70, -(1 << 70), [1]):
            changed = copy.deepcopy(verdict.statistics)
            place: Any = changed
            for key in path[:-1]:
                place = place[key]
            place[path[-1]] = bad
            with pytest.raises(ClaimError):
                rule.check(verdict.label, changed, verdict.frontier)


@pytest.mark.parametrize("name", RULES)
def test_no_budget_of_a_frontier_covers_another(name: str) -> None:
    rule, row = RULES[name]
    frontier = rule.judge(row).frontier
    assert frontier
    for budget in frontier:
        assert [other for other in frontier if other.covers(budget)] == [budget]


@pytest.mark.parametrize("name", RULES)
def test_rows_have_the_announced_size(name: str) -> None:
    rule, row = RULES[name]
    assert rule.row_size == len(row)
    assert rule.randomised == bool(rule.thresholds())
