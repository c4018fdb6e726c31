"""The chance of any false claim, computed exactly over all outcomes of the votes.

For given true vote probabilities, every possible tally is judged and the mass of those that carry
any false claim is added up. It never exceeds alpha, for probabilities placed where it is worst: at
the thresholds, and where two classes are level.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from math import factorial

import pytest
from flint import fmpq

from auditor.exact import neyman_pearson
from auditor.guarantee.noise import worst_threshold
from auditor.guarantee.smoothing import rule_for
from auditor.guarantee.threat import Budget
from auditor.guarantee.vote.draws import DrawsRule
from auditor.guarantee.vote.nested import NestedRule
from auditor.guarantee.vote.plurality import encode_row
from tests.guarantee.audits import Json, audit, partition

HALF = fmpq(1, 2)
TEST: Json = {"method": "flip", "keep": "4/5"}
SEED: Json = {"method": "flip", "keepFeatures": "3/5", "keepLabels": "4/5"}


def tallies(total: int, parts: int) -> Iterator[tuple[int, ...]]:
    if parts == 1:
        yield (total,)
        return
    for first in range(total + 1):
        for rest in tallies(total - first, parts - 1):
            yield (first, *rest)


def mass(tally: Sequence[int], law: Sequence[Fraction]) -> Fraction:
    result = Fraction(factorial(sum(tally)))
    for count, p in zip(tally, law, strict=True):
        result *= p**count / Fraction(factorial(count))
    return result


def q(value: Fraction) -> fmpq:
    return fmpq(value.numerator, value.denominator)


def f(value: fmpq) -> Fraction:
    return Fraction(int(value.p), int(value.q))


def drawn(alpha: str, members: int, classes: int, **claim: object) -> DrawsRule:
    budgets = [{"inputFeatures": 1}, {"trainFeatures": 2}, {"trainFeatures": 2, "inputFeatures": 2}]
    rule = rule_for(
        audit(SEED, TEST, budgets, members=members, alpha=alpha, classes=classes, **claim)  # type: ignore[arg-type]
    )
    assert isinstance(rule, DrawsRule)
    return rule


def row(tally: Sequence[int]) -> bytes:
    *votes, abstained = tally
    return b"".join(bytes([k]) * n for k, n in enumerate(votes)) + bytes([255]) * abstained


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("alpha", ["1/4", "1/10"])
def test_drawn_members_err_at_most_alpha(classes: int, alpha: str) -> None:
    rule = drawn(alpha, 16, classes)
    budgets = (Budget(), *rule.budgets)
    stars = {
        budget: worst_threshold(rule.shifts[budget]) if budget.amounts else HALF
        for budget in budgets
    }
    verdicts = {tally: rule.judge(row(tally)) for tally in tallies(16, classes + 1)}
    tops = [Fraction(1, 2), *(f(star) for star in stars.values() if star is not None)]
    worst = Fraction(0)
    for top in tops:
        for second in (Fraction(0), (1 - top) / 2, 1 - top):
            rest = 1 - top - second
            law = [top, second, *([rest / 2] if classes == 3 else []), rest / (classes - 1)]
            law[-1] = 1 - sum(law[:-1], Fraction(0))
            error = Fraction(0)
            for tally, verdict in verdicts.items():
                if verdict.label is None:
                    continue
                p = q(law[verdict.label])
                claimed = (Budget(), *verdict.frontier)
                if any(p <= (stars[budget] or 1) for budget in claimed):
                    error += mass(tally, law)
            assert error <= Fraction(alpha)
            worst = max(worst, error)
    assert worst > Fraction(alpha) / 40, "the test must come near the level"


def test_the_runner_up_bound_errs_at_most_alpha() -> None:
    rule = drawn("1/4", 18, 3, bound="runner-up", selectionDraws=2)
    counted = 16
    claims: dict[tuple[int, ...], dict[int, tuple[Budget, ...]]] = {}
    for tally in tallies(counted, 4):
        claims[tally] = {}
        for label in range(3):  # the selection is independent of the counts: fix its outcome
            verdict = rule.judge(bytes([label, label]) + row(tally))
            assert verdict.label in (None, label)
            if verdict.label is not None:
                claims[tally][label] = (Budget(), *verdict.frontier)
    for law in (
        [Fraction(1, 2), Fraction(1, 2), Fraction(0), Fraction(0)],
        [Fraction(2, 5), Fraction(2, 5), Fraction(1, 5), Fraction(0)],
        [Fraction(1, 2), Fraction(1, 4), Fraction(0), Fraction(1, 4)],
        [Fraction(7, 8), Fraction(1, 8), Fraction(0), Fraction(0)],
        [Fraction(4, 5), Fraction(1, 10), Fraction(1, 10), Fraction(0)],
        [Fraction(1, 3), Fraction(1, 3), Fraction(1, 3), Fraction(0)],
    ):
        for label in range(3):
            true = q(law[label])
            rival = q(max(p for k, p in enumerate(law[:3]) if k != label) + law[3])
            false = {
                budget
                for budget in (Budget(), *rule.budgets)
                if any(
                    neyman_pearson.least_mass(shift.groups, true, shift.survival)
                    <= neyman_pearson.greatest_mass(shift.groups, rival, shift.survival)
                    for shift in rule.shifts.get(budget, ())
                )
                or (not budget.amounts and true <= rival)
            }
            error = sum(
                (
                    mass(tally, law)
                    for tally, by_label in claims.items()
                    if not false.isdisjoint(by_label.get(label, ()))
                ),
                Fraction(0),
            )
            assert error <= Fraction(1, 4)


def test_nested_votes_err_at_most_alpha_over_all_depths_at_once() -> None:
    """Three members: a draw has margin 2 or 0 for class 0, or goes to class 1 with margin 1 or 0.

    Votes (3, 0): margin 3 of class 0; (2, 1): margin 1; (1, 2): margin 0 of class 1; (0, 3): 2.
    """
    alpha = Fraction(1, 4)
    draws = 18
    budgets = [
        {"inputFeatures": 1},
        {"trainExamples": 1},
        {"trainExamples": 1, "inputFeatures": 1},
    ]
    rule = rule_for(
        audit(partition(3), TEST, budgets, members=3, draws=draws, alpha="1/4", shape=(2,))
    )
    assert isinstance(rule, NestedRule)
    stars = {entry.budget: entry.p_star for entry in rule.thresholds()} | {Budget(): HALF}
    kinds = [(3, 0, 0), (2, 1, 0), (1, 2, 0), (0, 3, 0)]
    verdicts = {
        tally: rule.judge(
            encode_row(kind for kind, n in zip(kinds, tally, strict=True) for _ in range(n))
        )
        for tally in tallies(draws, 4)
    }
    worst = Fraction(0)
    seven, half = Fraction(7, 8), Fraction(1, 2)
    for law in (
        [half, Fraction(0), Fraction(0), half],
        [half, seven - half, 1 - seven, Fraction(0)],
        [seven, Fraction(0), Fraction(0), 1 - seven],
        [half, Fraction(1, 4), Fraction(1, 4), Fraction(0)],
        [Fraction(1, 4)] * 4,
        [Fraction(0), half, half, Fraction(0)],
    ):
        # chance that a draw has margin at least 2c for class 0, class 1
        depth = {
            (0, 0): law[0] + law[1],
            (0, 1): law[0],
            (1, 0): law[2] + law[3],
            (1, 1): law[3],
        }
        error = Fraction(0)
        for tally, verdict in verdicts.items():
            if verdict.label is None:
                continue
            claimed = (Budget(), *verdict.frontier)
            if any(
                q(depth[verdict.label, budget.get("trainExamples")]) <= stars[budget]
                for budget in claimed
            ):
                error += mass(tally, law)
        assert error <= alpha
        worst = max(worst, error)
    assert worst > alpha / 40
