"""Votes of fixed members that are no plurality of parts: which smoothings have one, and its rule.

Where one change touches several members they vote one by one (grid, Finite Aggregation); a run-off
is held in two rounds. None of them has a test side: a grid covers the input itself, the others do
not cover it.
"""

from __future__ import annotations

from auditor.errors import RecipeError
from auditor.guarantee.claim import Rule
from auditor.guarantee.sides import RUN_OFF, WHERE, Smoothing
from auditor.guarantee.test.none import NoTest
from auditor.guarantee.threat import Budget
from auditor.guarantee.training.finite_aggregation import FiniteAggregation
from auditor.guarantee.training.grid import Grid
from auditor.guarantee.training.partition import Partition
from auditor.guarantee.vote.lines import Lines
from auditor.guarantee.vote.run_off import LEAST_CLASSES, RunOffRule
from auditor.guarantee.vote.spread import Spread
from auditor.guarantee.vote.touched import Reach, TouchedRule


def applies(smoothing: Smoothing) -> bool:
    """Return whether a smoothing has such a vote."""
    return smoothing.vote == RUN_OFF or isinstance(smoothing.training, Grid | FiniteAggregation)


def members(smoothing: Smoothing, classes: int) -> int:
    """Return the number of its members; RecipeError, with the reason, if it proves nothing."""
    training, test = smoothing.training, smoothing.test
    if smoothing.vote == RUN_OFF:
        where = f"{WHERE}.vote"
        if not isinstance(training, Partition):
            message = (
                f"{where}: a run-off is of the parts of a partition, whose members stand alone; "
                f"got training {training.method!r}"
            )
            raise RecipeError(message)
        if not isinstance(test, NoTest):
            message = f"{where}: a run-off has no views; use test 'none', got {test.method!r}"
            raise RecipeError(message)
        if classes < LEAST_CLASSES:
            message = f"{where}: the run-off of two classes is their plurality; leave it out"
            raise RecipeError(message)
        return training.parts
    assert isinstance(training, Grid | FiniteAggregation)  # noqa: S101 (else it does not apply)
    if not isinstance(test, NoTest):
        message = (
            f"{WHERE}: {training.method} x {test.method}: its members vote once, on the input as "
            "they are shown it; use test 'none'"
        )
        raise RecipeError(message)
    if isinstance(training, Grid):
        training.check(smoothing.layout, f"{WHERE}.training")
    return training.members


def rule(smoothing: Smoothing, classes: int, budgets: tuple[Budget, ...]) -> Rule:
    """Return its rule; RecipeError when a bound would be too long to compute."""
    training, axes = smoothing.training, smoothing.axes
    count = members(smoothing, classes)
    if smoothing.vote == RUN_OFF:
        return RunOffRule(classes=classes, members=count, axes=axes, budgets=budgets)
    reach: Reach
    if isinstance(training, Grid):
        reach = Lines.of(training, smoothing.layout, budgets, classes)
    else:
        assert isinstance(training, FiniteAggregation)  # noqa: S101 (else it does not apply)
        reach = Spread.of(training, classes)
    return TouchedRule(classes=classes, members=count, axes=axes, budgets=budgets, reach=reach)
