"""Every way of spending a budget on randomised noise, as shifts of that noise."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from flint import fmpq

from auditor.errors import RecipeError
from auditor.exact import neyman_pearson
from auditor.exact.flips import Group
from auditor.guarantee.noise import UNTOUCHED, Shift
from auditor.guarantee.sides import Smoothing
from auditor.guarantee.test.flip import FlipTest
from auditor.guarantee.test.hide import Hide
from auditor.guarantee.threat import (
    FEATURES_PER_EXAMPLE,
    INPUT_FEATURES,
    LABELS_PER_EXAMPLE,
    PARTIAL_EXAMPLES,
    TOTAL,
    TRAIN_EXAMPLES,
    TRAIN_FEATURES,
    TRAIN_LABELS,
    Budget,
)
from auditor.guarantee.training.bag import Bag
from auditor.guarantee.training.bag_flip import BagFlip, Partial
from auditor.guarantee.training.flip import FlipTraining
from auditor.guarantee.training.hide import HideTraining
from auditor.guarantee.training.poisson_bag import PoissonBag

_MAX_SPLITS: Final = 1 << 14
_MAX_TYPES: Final = 1 << 18
_MAX_BITS: Final = 1 << 29  # of all their masses: seconds and less than a GiB at the worst


@dataclass(frozen=True, slots=True, kw_only=True)
class Spending:
    """What budgets do to the noise of a smoothing of ``examples`` training examples."""

    smoothing: Smoothing
    classes: int
    examples: int

    def shifts(self, budgets: Iterable[Budget]) -> dict[Budget, tuple[Shift, ...]]:
        """Return, for each budget, every way of spending it.

        RecipeError when the bounds would be too long to compute, ValueError when the noise admits
        no bound.
        """
        budgets = tuple(budgets)
        splits = sum(_splits(budget.get(TOTAL)) for budget in budgets)
        if splits > _MAX_SPLITS:
            message = f"claim.budgets: the totals have {splits} splits, more than {_MAX_SPLITS}"
            raise RecipeError(message)
        shifts = {budget: self._ways(budget) for budget in budgets}
        cost = sum(
            neyman_pearson.type_count(shift.groups) for ways in shifts.values() for shift in ways
        )
        if cost > _MAX_TYPES:
            message = f"claim.budgets: the bounds would sum {cost} terms, more than {_MAX_TYPES}"
            raise RecipeError(message)
        bits = sum(
            neyman_pearson.mass_bits(shift.groups) for ways in shifts.values() for shift in ways
        )
        if bits > _MAX_BITS:
            message = f"claim.budgets: the bounds would sum {bits} bits, more than {_MAX_BITS}"
            raise RecipeError(message)
        return shifts

    def _ways(self, budget: Budget) -> tuple[Shift, ...]:
        total = budget.get(TOTAL)
        if not total:
            return (
                self._shift(
                    features=budget.get(TRAIN_FEATURES),
                    labels=budget.get(TRAIN_LABELS),
                    changed=budget.get(INPUT_FEATURES),
                    rewritten=budget.get(TRAIN_EXAMPLES),
                    partial=self._partial(budget),
                ),
            )
        # spending less is never worse for the claim, so the full splits are enough
        ways = (
            self._shift(features=features, labels=labels, changed=total - features - labels)
            for features in range(total + 1)
            for labels in range(total - features + 1)
        )
        return tuple(dict.fromkeys(ways))  # equal noise makes most splits equal

    def _partial(self, budget: Budget) -> Partial:
        return Partial(
            examples=budget.get(PARTIAL_EXAMPLES),
            features=budget.get(FEATURES_PER_EXAMPLE) * self.smoothing.layout.per_unit,
            labels=budget.get(LABELS_PER_EXAMPLE),
        )

    def _shift(
        self,
        *,
        features: int,
        labels: int,
        changed: int,
        rewritten: int = 0,
        partial: Partial | None = None,
    ) -> Shift:
        training, test = self.smoothing.training, self.smoothing.test
        per_unit, symbols = self.smoothing.layout.per_unit, self.smoothing.symbols
        groups: tuple[Group, ...] = ()
        survival: fmpq = UNTOUCHED
        if isinstance(training, FlipTraining):
            groups += training.groups(features * per_unit, labels, symbols, self.classes)
        elif isinstance(training, HideTraining):
            survival *= training.survival(features, labels)
        elif isinstance(training, Bag):
            survival *= training.survival(rewritten, self.examples)
        elif isinstance(training, PoissonBag):
            survival *= training.survival(rewritten)
        elif isinstance(training, BagFlip):
            survival *= training.survival(rewritten, self.examples)
            if partial is not None:
                alphabets = (symbols, self.classes)
                groups += training.groups(partial, rewritten, self.examples, alphabets)
        if isinstance(test, FlipTest | Hide):
            groups += test.groups(changed * per_unit, symbols)
            survival *= test.survival(changed)
        return Shift(survival=survival, groups=neyman_pearson.merge(groups))


def _splits(total: int) -> int:
    """Return in how many ways a total is shared by features, labels and the input."""
    return (total + 1) * (total + 2) // 2 if total else 0
