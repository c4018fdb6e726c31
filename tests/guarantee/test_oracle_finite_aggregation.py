"""Finite Aggregation under every attack there is, on toys small enough to try them all."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from itertools import combinations, combinations_with_replacement, pairwise
from unittest.mock import patch

import pytest

from auditor.errors import RecipeError
from auditor.guarantee.claim import Judgement
from auditor.guarantee.smoothing import rule_for
from auditor.guarantee.threat import TRAIN_EXAMPLES, Budget
from auditor.guarantee.training import finite_aggregation
from auditor.guarantee.training.finite_aggregation import FiniteAggregation, offsets
from auditor.guarantee.vote.ballots import Ballots
from auditor.guarantee.vote.plurality import plurality
from auditor.guarantee.vote.spread import Spread
from auditor.guarantee.vote.touched import TouchedRule
from tests.guarantee.audits import NONE, Json, audit


def spread(parts: int, count: int, by: str = "index") -> Json:
    return {"method": "finite-aggregation", "parts": parts, "by": by, "spread": count}


def ruled(parts: int, count: int, classes: int) -> TouchedRule:
    budgets = [{TRAIN_EXAMPLES: r} for r in (1, 2, 3)]
    built = rule_for(audit(spread(parts, count), NONE, budgets, members=parts, classes=classes))
    assert isinstance(built, TouchedRule)
    return built


def members_of(parts: int, count: int) -> list[set[int]]:
    """The members that each part goes to, from what each member is said to be trained on."""
    params = FiniteAggregation(parts=parts, by="index", spread=count)
    return [{m for m in range(parts) if part in params.feeding(m)} for part in range(parts)]


def withstood(rule: TouchedRule, count: int, row: bytes) -> int:
    """The most parts whose members, all of them, can vote anything and move nothing; -1: none."""
    label = rule.decide(row)
    if label is None:
        return -1
    fed = members_of(rule.members, count)
    for parts in range(1, rule.members + 1):
        unions = {frozenset().union(*chosen) for chosen in combinations(fed, parts)}
        if any(moves(rule, row, label, members) for members in unions):
            return parts - 1
    raise AssertionError(row)


def moves(rule: TouchedRule, row: bytes, label: int, members: frozenset[int]) -> bool:
    kept = [vote for member, vote in enumerate(row) if member not in members]
    outcomes = (*range(rule.classes), 255)
    for added in combinations_with_replacement(outcomes, len(members)):
        votes = [*kept, *added]
        counts = [votes.count(k) for k in range(rule.classes)]
        if plurality(counts, votes.count(255)) != label:
            return True
    return False


def radius(verdict: Judgement) -> int:
    return max((most.get(TRAIN_EXAMPLES) for most in verdict.frontier), default=-1)


def rows(rule: TouchedRule, count: int, seed: int) -> Iterator[bytes]:
    source = random.Random(seed)
    for _ in range(count):
        bias, label = source.choice((0.6, 0.8, 0.9, 1.0)), source.randrange(rule.classes)
        yield bytes(
            label if source.random() < bias else source.choice((*range(rule.classes), 255))
            for _ in range(rule.members)
        )


WORLDS = {"two of seven": (7, 2, 3), "three of eight": (8, 3, 2), "three of nine": (9, 3, 2)}


@pytest.mark.parametrize("name", WORLDS)
def test_what_is_certified_withstands_every_attack_and_little_else_does(name: str) -> None:
    parts, count, classes = WORLDS[name]
    rule = ruled(parts, count, classes)
    certified = exact = labelled = 0
    for row in rows(rule, 40, seed=3):
        verdict = rule.judge(row)
        truth = withstood(rule, count, row)
        assert radius(verdict) <= truth
        rule.check(verdict.label, verdict.statistics, verdict.frontier)
        certified += radius(verdict) > 0
        exact += radius(verdict) == truth
        labelled += verdict.label is not None
    assert certified >= 10
    assert exact >= 0.9 * labelled  # overlaps are ignored, which rarely costs a unit


def test_one_vote_fewer_than_a_claim_needs_ends_it() -> None:
    """Ten members, two a part: one part takes 4, and votes are two apart in a margin."""
    rule = ruled(10, 2, 2)
    seven, six = (bytes([0] * n + [1] * (10 - n)) for n in (7, 6))
    assert radius(rule.judge(seven)) == 1  # margin 4
    assert radius(rule.judge(six)) == 0  # margin 2
    assert radius(rule.judge(bytes([1 - vote for vote in seven]))) == 0  # margin 3: ties are 0's
    assert withstood(rule, 2, seven) == 1


def test_the_bound_on_weight_is_never_below_the_heaviest_parts_and_exact_for_one() -> None:
    looser = 0
    for parts, count in ((8, 3), (13, 4), (13, 5)):
        fed = members_of(parts, count)
        reach = Spread(training=FiniteAggregation(parts=parts, by="index", spread=count))
        source = random.Random(parts)
        for _ in range(10):
            weights = source.choices((0, 1, 2), (1, 1, 5), k=parts)
            bound = reach.heaviest(weights, Budget())
            for taken in range(5):
                chosen = (set().union(*some) for some in combinations(fed, taken))
                truth = max(sum(weights[member] for member in members) for members in chosen)
                assert bound[taken] >= truth
                assert taken > 1 or bound[taken] == truth
                looser += bound[taken] > truth
            assert bound[-1] == sum(weights)
    assert looser >= 10, "parts share members, so the sum is not the union"


REAL_HEAVIEST, REAL_MARGIN = Spread.heaviest, Ballots.margin


def _a_part_late(self: Spread, weights: Sequence[int], features: Budget) -> Sequence[int]:
    found = REAL_HEAVIEST(self, weights, features)
    return [found[0], *found[:-1]]


def _lightest_first(self: Spread, weights: Sequence[int], features: Budget) -> Sequence[int]:
    steps = [after - before for before, after in pairwise(REAL_HEAVIEST(self, weights, features))]
    lightest = sorted(steps)
    return [sum(lightest[:r]) for r in range(len(lightest) + 1)]


def _as_a_partition(self: Spread, weights: Sequence[int], features: Budget) -> Sequence[int]:
    heavy = sorted(weights, reverse=True)
    return [sum(heavy[:r]) for r in range(len(heavy) + 1)]


def _ties_for_us(self: Ballots, label: int, rival: int) -> int:
    return REAL_MARGIN(self, label, rival) + (rival < label)


def _abstentions_for_nobody(self: Ballots, label: int, rival: int) -> int:
    return REAL_MARGIN(self, label, rival) + self.abstained


MUTANTS = {
    "one part fewer": (Spread, "heaviest", _a_part_late),
    "the lightest parts": (Spread, "heaviest", _lightest_first),
    "one member a part": (Spread, "heaviest", _as_a_partition),
    "ties for the label": (Ballots, "margin", _ties_for_us),
    "abstentions for nobody": (Ballots, "margin", _abstentions_for_nobody),
}


@pytest.mark.parametrize("name", MUTANTS)
def test_the_oracle_catches(name: str) -> None:
    owner, method, mutant = MUTANTS[name]
    rule = ruled(7, 2, 3)
    asked = list(rows(rule, 2000, seed=4))
    honest = [radius(rule.judge(row)) for row in asked]
    with patch.object(owner, method, mutant):
        larger = [
            (row, said)
            for row, before in zip(asked, honest, strict=True)
            if (said := radius(rule.judge(row))) > before
        ]
    assert any(said > withstood(rule, 2, row) for row, said in larger[:50])


def test_what_survives_forgery_holds_for_every_true_row() -> None:
    rule = ruled(9, 3, 2)
    stood = 0
    for row in rows(rule, 15, seed=7):
        label = rule.judge(row).label
        left = rule.surviving(row, cells=1, members=0)
        if left.label is None:
            assert rule.slack(row, Budget()) < 1
            continue
        stood += 1
        assert rule.surviving(row, cells=0, members=1) == left
        for at in range(rule.members):
            for vote in (0, 1, 255):
                truth = rule.judge(row[:at] + bytes([vote]) + row[at + 1 :])
                assert truth.label == label
                assert radius(truth) >= radius(left)
    assert stood >= 5


# --- parts and members ------------------------------------------------------------------------


def test_every_part_goes_to_as_many_members_as_each_is_trained_on() -> None:
    for parts, count in ((7, 2), (13, 5), (60, 8), (300, 16)):
        params = FiniteAggregation(parts=parts, by="index", spread=count)
        for one in range(parts):
            assert len(set(params.fed(one))) == len(set(params.feeding(one))) == count
            assert all(one in params.feeding(member) for member in params.fed(one))


def test_no_difference_of_two_offsets_occurs_twice() -> None:
    found = offsets(finite_aggregation.MAX_SPREAD)
    differences = [b - a for a, b in combinations(found, 2)]
    assert len(set(differences)) == len(differences)
    assert found[:16] == (0, 1, 3, 7, 12, 20, 30, 44, 65, 80, 96, 122, 147, 181, 203, 251)


@pytest.mark.parametrize(
    ("training", "words"),
    [
        (spread(12, 5), "parts: expected at least 13 .for spread 5"),
        (spread(12, 1), "spread: expected a whole number from 2 to 64, got 1"),
        (spread(12, 65), "spread: expected a whole number from 2 to 64, got 65"),
        ({"method": "finite-aggregation", "parts": 9, "by": "index"}, "spread: .*got nothing"),
        ({**spread(12, 3), "blocks": 3}, "unknown key 'blocks'"),
        (spread(13, 3), "expected 13 .its parts., got 12"),
    ],
)
def test_a_spread_that_cannot_be_is_refused(training: Json, words: str) -> None:
    with pytest.raises(RecipeError, match=words):
        rule_for(audit(training, NONE, [{TRAIN_EXAMPLES: 1}], members=12))


def test_it_takes_no_test_side_and_covers_no_input() -> None:
    test: Json = {"method": "views", "groups": 3, "partitions": 1}
    with pytest.raises(RecipeError, match="members vote once"):
        rule_for(audit(spread(9, 3), test, [{TRAIN_EXAMPLES: 1}], members=9))
    with pytest.raises(RecipeError, match="inputFeatures is not covered"):
        rule_for(audit(spread(9, 3), NONE, [{"inputFeatures": 1}], members=9))


def test_a_bound_that_takes_too_long_is_refused() -> None:
    large = audit(spread(65535, 64), NONE, [{TRAIN_EXAMPLES: 1}], members=65535)
    with pytest.raises(RecipeError, match="4194240 votes an input, more than 2097152"):
        rule_for(large)
    most = audit(spread(32768, 64), NONE, [{TRAIN_EXAMPLES: 1}], members=32768)
    assert rule_for(most).members == 32768


def test_prices_are_those_of_the_partition() -> None:
    for by, moves in (("index", 1), ("id", 1), ("content", 2)):
        threat = FiniteAggregation(parts=9, by=by, spread=3).threat("example")
        assert dict(threat.moves)["modify"] == moves
