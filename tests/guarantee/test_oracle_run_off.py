"""The run-off under every attack there is, on toys small enough to try them all.

A ballot is a member's vote of the first round and its vote between every two classes, each possibly
an abstention. The rule is tried on every way in which abstaining members could have decided, and
every attack replaces members by every ballot there is.
"""

from __future__ import annotations

import random
from array import array
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from itertools import combinations, combinations_with_replacement, product
from typing import Any
from unittest.mock import patch

import pytest

from auditor.errors import ClaimError, RecipeError
from auditor.guarantee.smoothing import rule_for
from auditor.guarantee.threat import TRAIN_EXAMPLES, Budget
from auditor.guarantee.vote.run_off import Rounds, RunOffRule
from tests.guarantee.audits import NONE, Json, audit, partition

Ballot = tuple[int, ...]
"""The vote (a class, or their number for none), then 0, 1 or 2 (none) for every pair."""
Counts = tuple[tuple[int, ...], ...]


def described(members: int, classes: int) -> Json:
    found = audit(
        partition(members),
        NONE,
        [{TRAIN_EXAMPLES: r} for r in range(1, members)],
        members=members,
        classes=classes,
    )
    recipe: Any = found["recipe"]
    recipe["smoothing"]["vote"] = {"method": "run-off"}
    return found


def ruled(members: int, classes: int) -> RunOffRule:
    built = rule_for(described(members, classes))
    assert isinstance(built, RunOffRule)
    return built


def counted(ballots: Sequence[Ballot], classes: int) -> Counts:
    first = tuple(sum(ballot[0] == vote for ballot in ballots) for vote in range(classes + 1))
    places = range(1, 1 + classes * (classes - 1) // 2)
    second = (
        tuple(sum(ballot[place] == vote for ballot in ballots) for vote in range(3))
        for place in places
    )
    return (first, *second)


def encoded(counts: Counts) -> bytes:
    return array("H", [number for tally in counts for number in tally]).tobytes()


@cache
def winner(counts: Counts) -> int | None:
    """The class that wins however abstaining members decide, by trying every way."""
    (*votes, abstained), *pairs = counts
    classes = len(votes)
    found = {
        _elected([n + more for n, more in zip(votes, given, strict=True)], finals)
        for given in _shared(abstained, classes)
        for finals in product(*(_finals(*pair) for pair in pairs))
    }
    return found.pop() if len(found) == 1 else None


def _elected(votes: Sequence[int], finals: Sequence[bool]) -> int:
    """The winner where nobody abstains; ``finals`` say whether the smaller of each pair wins."""
    classes = range(len(votes))
    one, other = sorted(sorted(classes, key=lambda label: (-votes[label], label))[:2])
    place = list(combinations(classes, 2)).index((one, other))
    return one if finals[place] else other


def _finals(own: int, against: int, neither: int) -> set[bool]:
    return {own + more >= against + neither - more for more in range(neither + 1)}


def _shared(total: int, kinds: int) -> Iterator[tuple[int, ...]]:
    if kinds == 1:
        yield (total,)
        return
    for first in range(total + 1):
        for rest in _shared(total - first, kinds - 1):
            yield (first, *rest)


def every_ballot(classes: int) -> list[Ballot]:
    pairs = classes * (classes - 1) // 2
    return [*product(range(classes + 1), *(range(3) for _ in range(pairs)))]


def moved(ballots: Sequence[Ballot], label: int, touched: int, classes: int) -> bool:
    """Whether some members, so many of them, can vote so that another class, or none, wins."""
    # an abstention is worth no more than the best way of deciding it
    decided = [b for b in every_ballot(classes) if b[0] < classes and 2 not in b[1:]]
    attacks = {
        counted(chosen, classes) for chosen in combinations_with_replacement(decided, touched)
    }
    kept = {
        counted([ballots[member] for member in honest], classes)
        for honest in combinations(range(len(ballots)), len(ballots) - touched)
    }
    return any(
        winner(
            tuple(
                tuple(map(sum, zip(own, more, strict=True)))
                for own, more in zip(base, attack, strict=True)
            )
        )
        != label
        for base in kept
        for attack in attacks
    )


def elections(members: int, classes: int, count: int, seed: int) -> Iterator[list[Ballot]]:
    """Random ballots: mostly of scores that favour one class, with some near ties."""
    source = random.Random(seed)
    for _ in range(count):
        favour, spread = source.randrange(classes), source.choice((0.3, 0.8, 2.0))
        tie = source.choice((0.0, 0.05, 0.2))
        ballots = []
        for _ in range(members):
            scores = [source.gauss(float(label == favour), spread) for label in range(classes)]
            order = sorted(range(classes), key=scores.__getitem__)
            near = scores[order[-1]] - scores[order[-2]] < tie
            pairs = (
                2 if abs(scores[b] - scores[c]) < tie else int(scores[c] > scores[b])
                for b, c in combinations(range(classes), 2)
            )
            ballots.append((classes if near else order[-1], *pairs))
        yield ballots


def radius(rule: RunOffRule, ballots: Sequence[Ballot]) -> int:
    verdict = rule.judge(encoded(counted(ballots, rule.classes)))
    return max((most.get(TRAIN_EXAMPLES) for most in verdict.frontier), default=-1)


SIZES = [(4, 3, 2), (5, 3, 2), (6, 3, 2), (7, 3, 1), (5, 4, 1)]


@pytest.mark.parametrize(("members", "classes", "deepest"), SIZES)
def test_the_label_is_the_winner_and_no_attack_within_the_radius_moves_it(
    members: int, classes: int, deepest: int
) -> None:
    rule = ruled(members, classes)
    certified = exact = labelled = 0
    for ballots in elections(members, classes, 40, seed=members):
        counts = counted(ballots, classes)
        verdict = rule.judge(encoded(counts))
        assert verdict.label == winner(counts)
        assert verdict.label == rule.decide(encoded(counts))
        rule.check(verdict.label, verdict.statistics, verdict.frontier)
        if verdict.label is None:
            assert verdict.frontier == ()
            continue
        labelled += 1
        most = radius(rule, ballots)
        for touched in range(1, deepest + 1):
            broken = moved(ballots, verdict.label, touched, classes)
            assert not (broken and touched <= most), ballots
            certified += touched <= most
            exact += broken == (touched > most)
    assert certified >= 10
    assert exact >= 0.9 * deepest * labelled, "counts say nearly all there is to say"


def test_one_vote_fewer_than_a_claim_needs_ends_it() -> None:
    """Nine members, all of whom prefer 1 to 0 and 2: only the first round can be lost."""
    rule = ruled(9, 3)

    def split(*votes: int) -> list[Ballot]:
        return [(label, 1, 0, 0) for label, count in enumerate(votes) for _ in range(count)]

    assert radius(rule, split(0, 9, 0)) == 4  # half of the final
    assert radius(rule, split(2, 6, 1)) == 3  # 4 and 6 votes to catch up: not with 3 members,
    rounds = Rounds.read(encoded(counted(split(2, 6, 1), 3)), classes=3, members=9)
    assert not rounds.withstands(1, 4)  # who give 3 to both and 3 to share, but with 4
    assert radius(rule, split(2, 5, 2)) == 2  # 3 and 4 votes: a plurality withstands 1 member


REAL_BEHIND: Callable[[Rounds, int, int], int] = Rounds._behind
REAL_WITHSTANDS: Callable[[Rounds, int, int], bool] = Rounds.withstands


def _ties_for_us(self: Rounds, one: int, other: int) -> int:
    return REAL_BEHIND(self, one, other) + 1


def _one_less(self: Rounds, label: int, touched: int) -> bool:
    return REAL_WITHSTANDS(self, label, max(0, touched - 1))


def _without_abstentions(self: Rounds, label: int, touched: int) -> bool:
    silent = Rounds(members=self.members, votes=self.votes, abstained=0, pairs=self.pairs)
    return REAL_WITHSTANDS(silent, label, touched)


def _first_round_only(self: Rounds, label: int, touched: int) -> bool:
    with patch.object(Rounds, "_beats", lambda *_: False):
        return REAL_WITHSTANDS(self, label, touched)


def _final_only(self: Rounds, label: int, touched: int) -> bool:
    return not any(self._beats(r, label, touched) for r in range(len(self.votes)) if r != label)


def _decided_pairs(self: Rounds, one: int, other: int) -> tuple[int, int]:
    own, against = self.pairs[min(one, other), max(one, other)]
    own, against = (own, against) if one < other else (against, own)
    return own + (self.members - own - against), against


def _touched_worth_one(self: Rounds, rival: int, label: int, touched: int) -> bool:
    own, against = self.between(label, rival)
    neither = self.members - own - against
    return own - against + (label < rival) <= touched + neither


MUTANTS: dict[str, tuple[str, Callable[..., object]]] = {
    "one member fewer": ("withstands", _one_less),
    "ties count for the label": ("_behind", _ties_for_us),
    "abstentions left out": ("withstands", _without_abstentions),
    "the first round alone": ("withstands", _first_round_only),
    "the final alone": ("withstands", _final_only),
    "abstentions for the label in a final": ("between", _decided_pairs),
    "a touched member worth one in a final": ("_beats", _touched_worth_one),
}


@pytest.mark.parametrize("name", MUTANTS)
def test_the_oracle_catches(name: str) -> None:
    method, mutant = MUTANTS[name]
    rule = ruled(5, 3)
    asked = list(elections(5, 3, 600, seed=1))
    with patch.object(Rounds, method, mutant):
        said = [
            (rule.judge(encoded(counted(ballots, 3))).label, radius(rule, ballots))
            for ballots in asked
        ]
    for ballots, (label, most) in zip(asked, said, strict=True):
        if label is None:
            continue
        if label != winner(counted(ballots, 3)):
            return
        larger = most > max(0, radius(rule, ballots))
        if larger and moved(ballots, label, min(most, 2), 3):
            return
    pytest.fail("no label and no radius of the mutant is wrong")


def test_two_classes_get_a_run_off_refused() -> None:
    with pytest.raises(RecipeError, match="run-off of two classes is their plurality"):
        rule_for(described(5, 2))


@pytest.mark.parametrize(
    ("training", "test", "vote", "words"),
    [
        (partition(5), {"method": "views", "groups": 2, "partitions": 1}, "run-off", "no views"),
        ({"method": "bag", "size": 3}, NONE, "run-off", "a run-off is of the parts of a partition"),
        (partition(5), NONE, "borda", "one of 'plurality', 'run-off'"),
        (partition(5), NONE, "plurality", None),
    ],
)
def test_what_may_be_joined_with_a_run_off(
    training: Json, test: Json, vote: str, words: str | None
) -> None:
    alpha = "1/20" if training["method"] == "bag" else "0"
    found = audit(
        training, test, [{TRAIN_EXAMPLES: 1}], members=5, classes=3, alpha=alpha, shape=(4,)
    )
    recipe: Any = found["recipe"]
    recipe["smoothing"]["vote"] = {"method": vote}
    if words is None:
        assert rule_for(found).row_size == 8
        return
    with pytest.raises(RecipeError, match=words):
        rule_for(found)


def test_what_survives_forged_members_holds_whoever_they_are() -> None:
    rule = ruled(5, 3)
    stood = 0
    for ballots in elections(5, 3, 40, seed=2):
        row = encoded(counted(ballots, 3))
        label = rule.judge(row).label
        left = rule.surviving(row, cells=0, members=1)
        assert rule.surviving(row, cells=1, members=0).label is None
        assert (rule.slack(row, Budget(), members=1) == 0) == (left.label is not None)
        for budget in rule.budgets:
            stands = any(most.covers(budget) for most in left.frontier)
            assert (rule.slack(row, budget, members=1) == 0) == stands
        if left.label is None:
            continue
        stood += 1
        assert left.label == label
        for member, truth in product(range(5), every_ballot(3)):
            real = [*ballots[:member], truth, *ballots[member + 1 :]]
            assert rule.judge(encoded(counted(real, 3))).label == label
            assert radius(rule, real) >= left.frontier[0].get(TRAIN_EXAMPLES)
    assert stood >= 5
    assert rule.slack(row, Budget.of({"inputFeatures": 1})) == -1


def test_malformed_rows_and_statistics_are_refused() -> None:
    rule = ruled(5, 3)
    counts = counted([(1, 1, 0, 0)] * 5, 3)
    row = encoded(counts)
    verdict = rule.judge(row)
    assert verdict.label == 1
    assert verdict.statistics == {
        "votes": [0, 5, 0],
        "abstained": 0,
        "runOffs": [[5, 0], [5, 0]],
    }
    assert verdict.frontier == (Budget.of({TRAIN_EXAMPLES: 2}),)
    for wrong in (row[:-1], row + b"\0\0", encoded((*counts[:-1], (5, 0, 1))), b""):
        with pytest.raises(ClaimError):
            rule.judge(wrong)
    cases: list[dict[str, Any]] = [
        {"votes": [0, 5]},
        {"votes": [0, 4, 0]},
        {"abstained": 1},
        {"runOffs": []},
        {"runOffs": [[5, 0]]},
        {"runOffs": [[5, 1], [5, 0]]},
        {"runOffs": [[5], [5, 0]]},
        {"runOffs": [[0, 5], [5, 0]]},
        {"runOffs": 3},
        {"votes": [5, 0, 0]},
    ]
    for case in cases:
        with pytest.raises(ClaimError):
            rule.check(1, {**verdict.statistics, **case}, verdict.frontier)
    for label, frontier in ((0, verdict.frontier), (1, ()), (1, (Budget.of({TRAIN_EXAMPLES: 3}),))):
        with pytest.raises(ClaimError):
            rule.check(label, verdict.statistics, frontier)
    with pytest.raises(ClaimError):
        rule.check(None, {**verdict.statistics, "runOffs": []}, verdict.frontier)


def test_unanimous_members_withstand_what_a_budget_is_said_to_need() -> None:
    for members in (4, 5, 6, 7):
        rule = ruled(members, 3)
        last = encoded(counted([(2, 0, 1, 1)] * members, 3))
        for need in rule.requirements():
            assert need.reachable == any(
                most.covers(need.budget) for most in rule.judge(last).frontier
            )
            assert need.least_members == 2 * need.budget.get(TRAIN_EXAMPLES) + 1
