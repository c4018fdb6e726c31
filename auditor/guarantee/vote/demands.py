"""What deterministic rules refuse and demand, before a single vote is cast."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from auditor.errors import RecipeError
from auditor.guarantee.claim import Requirement
from auditor.guarantee.test.ablation import Ablation
from auditor.guarantee.test.joint_masks import TwoMasks
from auditor.guarantee.test.none import NoTest
from auditor.guarantee.test.views import Views
from auditor.guarantee.threat import TRAIN_EXAMPLES, Budget
from auditor.guarantee.vote.deciding import Deciding
from auditor.guarantee.vote.plurality import voters_needed

FixedTest = NoTest | Views | Ablation | TwoMasks

_MAX_COUNTS: Final = 1 << 10  # classes counted at every place of a patch, for each of its sides


def check_limits(test: FixedTest, deciding: Deciding, classes: int) -> None:
    """Raise RecipeError for a declared amount that the test side cannot cover, or too many."""
    if isinstance(test, TwoMasks):
        _check(deciding, test.limits, "the masks cover")
    if isinstance(test, Ablation):
        _check(deciding, test.limits, "fits the image")
        sides = len({side for _, side in deciding.amounts})
        if sides * classes > _MAX_COUNTS:
            message = (
                f"claim.budgets: {sides} sides of a patch (none counts too) and {classes} "
                f"classes: expected a product of at most {_MAX_COUNTS}"
            )
            raise RecipeError(message)


def requirement(budget: Budget, test: FixedTest, deciding: Deciding, each: int) -> Requirement:
    """Return the margin, and the least number of voters, that a budget needs.

    ``each``: votes of one member, as in the rule.
    """
    needed = 2 * budget.get(TRAIN_EXAMPLES)
    least = needed + 1  # all votes for any class but the first make a margin one less
    never = _never(test, deciding.changed(budget))
    if never is not None:
        reason = f"{budget}: never, since {never}, and less than half would be left"
        return Requirement(budget=budget, reachable=False, reason=reason, margin=needed)
    who = voters_needed(least, deciding.voters, each)
    return Requirement(
        budget=budget,
        reachable=deciding.voters >= least,
        reason=f"{budget}: needs a margin of {needed}, {who}",
        margin=needed,
        least_members=least,
    )


def _check(deciding: Deciding, limits: Sequence[int | None], why: str) -> None:
    for amounts in deciding.amounts:
        for axis, amount, limit in zip(deciding.axes, amounts, limits, strict=True):
            if limit is not None and amount > limit:
                message = (
                    f"claim.budgets: {axis} {amount} exceeds what {why}: expected at most {limit}"
                )
                raise RecipeError(message)


def _never(test: FixedTest, changed: Sequence[int]) -> str | None:
    """Return how a change reaches so many views that no votes can make up for it."""
    if isinstance(test, Views) and test.good_views_needed(*changed) > test.count:
        (t,) = changed
        return f"{t} changed units reach {test.partitions * t} of {test.count} views"
    if isinstance(test, Ablation):
        pixels, side = changed
        reached = max(test.reached(side), key=int.bit_count)
        places = test.reached(1)
        for _ in range(min(pixels, len(places))):
            reached = max((reached | seen for seen in places), key=int.bit_count)
        if 2 * reached.bit_count() > test.count:
            return f"some such change reaches {reached.bit_count()} of {test.count} views"
    return None
