"""Every way of spending a budget on randomised noise, as shifts of that noise."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from auditor.errors import RecipeError
from auditor.exact import neyman_pearson
from auditor.guarantee.noise import Shift
from auditor.guarantee.sides import Smoothing
from auditor.guarantee.test.flip import FlipTest
from auditor.guarantee.test.gaussian import GaussianTest
from auditor.guarantee.test.hide import Hide
from auditor.guarantee.test.uniform import UniformTest
from auditor.guarantee.threat import (
    FEATURES_PER_EXAMPLE,
    INPUT_FEATURES,
    INPUT_SQUARES,
    INPUT_STEPS,
    LABELS_PER_EXAMPLE,
    PARTIAL_EXAMPLES,
    TOTAL,
    TRAIN_EXAMPLES,
    TRAIN_FEATURES,
    TRAIN_LABELS,
    TRAIN_SQUARES,
    TRAIN_STEPS,
    Budget,
)
from auditor.guarantee.training.bag import Bag
from auditor.guarantee.training.bag_flip import BagFlip, Partial
from auditor.guarantee.training.flip import FlipTraining
from auditor.guarantee.training.gaussian import GaussianTraining
from auditor.guarantee.training.hide import HideTraining
from auditor.guarantee.training.poisson_bag import PoissonBag
from auditor.guarantee.training.uniform import UniformTraining

_MAX_SPLITS: Final = 1 << 14
_MAX_TYPES: Final = 1 << 18
_MAX_BITS: Final = 1 << 29  # of all their masses: seconds and less than a GiB at the worst


@dataclass(frozen=True, slots=True, kw_only=True)
class Spending:
    """What budgets do to the noise of a smoothing of ``units`` training examples, or groups."""

    smoothing: Smoothing
    classes: int
    units: int

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
            return (self._shift(budget),)
        # spending less is never worse for the claim, so the full splits are enough
        ways = (
            self._shift(
                Budget.of(
                    {
                        TRAIN_FEATURES: features,
                        TRAIN_LABELS: labels,
                        INPUT_FEATURES: total - features - labels,
                    }
                )
            )
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

    def _shift(self, spent: Budget) -> Shift:
        """Return what one way of spending, with no total, does to the noise of both sides."""
        return self._training(spent).beside(self._test(spent))

    def _training(self, spent: Budget) -> Shift:
        training, labels = self.smoothing.training, spent.get(TRAIN_LABELS)
        features, rewritten = spent.get(TRAIN_FEATURES), spent.get(TRAIN_EXAMPLES)
        symbols, per_unit = self.smoothing.symbols, self.smoothing.layout.per_unit
        match training:
            case FlipTraining():
                return Shift(
                    groups=training.groups(features * per_unit, labels, symbols, self.classes)
                )
            case HideTraining():
                return Shift(survival=training.survival(features, labels))
            case Bag():
                return Shift(survival=training.survival(rewritten, self.units))
            case PoissonBag():
                return Shift(survival=training.survival(rewritten))
            case BagFlip():
                alphabets, partial = (symbols, self.classes), self._partial(spent)
                return Shift(
                    survival=training.survival(rewritten, self.units),
                    groups=training.groups(partial, rewritten, self.units, alphabets),
                )
            case GaussianTraining():
                return Shift(
                    groups=training.groups(labels, self.classes),
                    squared=training.squared(spent.get(TRAIN_SQUARES)),
                )
            case UniformTraining():
                return Shift(
                    groups=training.groups(labels, self.classes),
                    survival=training.overlap(spent.get(TRAIN_STEPS)),
                )
        return Shift()  # what fixed members were trained on does not enter

    def _test(self, spent: Budget) -> Shift:
        test, changed = self.smoothing.test, spent.get(INPUT_FEATURES)
        match test:
            case FlipTest() | Hide():
                values = changed * self.smoothing.layout.per_unit
                return Shift(
                    survival=test.survival(changed),
                    groups=test.groups(values, self.smoothing.symbols),
                )
            case GaussianTest():
                return Shift(squared=test.squared(spent.get(INPUT_SQUARES)))
            case UniformTest():
                return Shift(survival=test.overlap(spent.get(INPUT_STEPS)))
        return Shift()


def _splits(total: int) -> int:
    """Return in how many ways a total is shared by features, labels and the input."""
    return (total + 1) * (total + 2) // 2 if total else 0
