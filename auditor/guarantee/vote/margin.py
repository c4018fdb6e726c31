"""Fixed members and fixed views: nothing is random, alpha is zero.

Inside a view the members vote by plurality. Over the views:

* one view (test ``none``): its label. Certified against c touched parts iff the margin is >= 2c.
* ``views``: the plurality of the views. Certified against c and t changed units iff the views with
  margin >= 2c, less the partitions * t views that t units can reach, are more than half.
* ``two-mask``: the two-mask rule. Certified against c alone iff every first-round view has margin
  >= 2c; against c and a covered change of the input iff every union of two masks has.

So one number for each declared amount t of the test axis decides every c: the claim holds iff
``margin_t >= 2c``. Those numbers are the statistics.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

from auditor.errors import ClaimError, RecipeError
from auditor.guarantee import claim
from auditor.guarantee.claim import Judgement, Requirement, Statistics, Threshold
from auditor.guarantee.test.none import NoTest
from auditor.guarantee.test.two_mask import GroupMasks, WindowMasks, decide
from auditor.guarantee.test.views import Views
from auditor.guarantee.threat import TRAIN_EXAMPLES, Budget
from auditor.guarantee.vote.first_round import Unions
from auditor.guarantee.vote.plurality import Tallies, plurality
from auditor.guarantee.vote.remaining import Remaining

Label = int | None
FixedTest = NoTest | Views | GroupMasks | WindowMasks


@dataclass(frozen=True, kw_only=True)
class MarginRule:
    """The deterministic vote of ``members`` fixed members over the views of ``test``."""

    classes: int
    members: int
    axes: tuple[str, ...]
    budgets: tuple[Budget, ...]
    test: FixedTest

    drawn: ClassVar[bool] = False
    singly: ClassVar[bool] = False
    randomised: ClassVar[bool] = False

    def __post_init__(self) -> None:
        if isinstance(self.test, GroupMasks | WindowMasks):
            for t in self.amounts:
                if t > self.test.reach:
                    message = (
                        f"claim.budgets: {self.test.axes[0]} {t} exceeds what the masks cover: "
                        f"expected at most {self.test.reach}"
                    )
                    raise RecipeError(message)

    @property
    def views(self) -> int:
        """Number of views."""
        return 1 if isinstance(self.test, NoTest) else self.test.count

    @property
    def cells(self) -> int:
        """Parts of a row that can be forged one by one: tallies of views."""
        return self.views

    @property
    def tallies(self) -> tuple[int, ...]:
        """Sizes of the tallies of a cell: one, of votes by class and abstentions."""
        return (self.classes + 1,)

    @property
    def row_size(self) -> int:
        """Bytes of evidence for one input."""
        return self.views * (self.classes + 1) * 2

    @cached_property
    def amounts(self) -> tuple[int, ...]:
        """Declared amounts t of the test axis, zero included, in increasing order."""
        return tuple(sorted({0, *(self._changed(budget) for budget in self.budgets)}))

    @property
    def worst(self) -> int:
        """The least margin there can be; it stands for "no number of good views suffices"."""
        return -self.members - 1

    def decide(self, tallies: Callable[[tuple[int, ...]], Sequence[Sequence[int]]]) -> Label:
        """Return the deployed rule's label, None for an abstention.

        ``tallies(indices)`` returns, for each of these views, the votes per class and then the
        abstentions of all members; it is asked for the views the rule needs and no others.
        """

        def labels(indices: tuple[int, ...]) -> list[Label]:
            return [plurality(tally[:-1], tally[-1]) for tally in tallies(indices)]

        first = self._first_round
        rounds: dict[int, list[Label]] = {}

        def second_round(mask: int, other: int) -> Label:
            # a model is asked for a whole round at once
            if mask not in rounds:
                rounds[mask] = labels(tuple(self._union(mask, each) for each in first))
            return rounds[mask][other]

        return self._decide(labels(tuple(first)), second_round)

    def judge(self, row: bytes) -> Judgement:
        """Run the rule and its bound on one input's evidence; ClaimError on malformed evidence."""
        label, tallies = self._read_row(row)
        pairs = () if label is None else tuple(self._margins(tallies.margins(label)).items())
        statistics: dict[str, object] = {"margins": [list(pair) for pair in pairs]}
        return Judgement(label=label, statistics=statistics, frontier=self._frontier(dict(pairs)))

    def check(self, label: Label, statistics: Statistics, frontier: Iterable[Budget]) -> None:
        """Raise ClaimError unless the statistics alone support the label and the frontier.

        Whether the label is the rule's own is seen from the row (:meth:`judge`); from the margins,
        only that it is the one that can be certified.
        """
        margins = self._read(label, statistics)
        claim.check_claim((label, self._frontier(margins)), label, frontier)

    def surviving(self, row: bytes, *, cells: int, members: int) -> Judgement:
        """Return what stands whatever the true votes are, if so many are forged.

        A forged member is one more touched part, in every view; a forged cell is a view that may
        say anything. ClaimError on malformed evidence.
        """
        claim.forged(cells, members)
        label, tallies = self._read_row(row)
        if label is None:
            return Judgement.surviving(None)
        left = self._remaining(label, tallies, members)
        if left.label_slack() < cells:
            return Judgement.surviving(None)
        return Judgement.surviving(label, self._frontier(left.margins(cells)))

    def slack(self, row: bytes, budget: Budget, *, members: int = 0) -> int:
        """Return how many forged cells of this row leave its claim at ``budget`` standing."""
        return self.slacks(row, (budget,), members=members)[0]

    def slacks(self, row: bytes, budgets: Sequence[Budget], *, members: int = 0) -> tuple[int, ...]:
        """Return :meth:`slack` for each of these budgets, reading the row once."""
        claim.forged(0, members)
        label, tallies = self._read_row(row)
        if label is None:
            return (-1,) * len(budgets)
        left = self._remaining(label, tallies, members)
        return tuple(
            left.slack(self._amount(budget), budget.get(TRAIN_EXAMPLES))
            if budget.amounts
            else left.label_slack()
            for budget in budgets
        )

    def thresholds(self) -> tuple[Threshold, ...]:
        """Return no thresholds: nothing is estimated."""
        return ()

    def requirements(self) -> tuple[Requirement, ...]:
        """Return the margin, and the least number of members, that each declared budget needs."""
        return tuple(map(self._requirement, self.budgets))

    def _read_row(self, row: bytes) -> tuple[Label, Tallies]:
        tallies = Tallies(row, views=self.views, classes=self.classes, members=self.members)
        label = self._decide(
            tallies.labels(len(self._first_round)),
            lambda mask, other: tallies.label(self._union(mask, other)),
        )
        return label, tallies

    def _remaining(self, label: int, tallies: Tallies, members: int) -> Remaining:
        return Remaining(
            label=label,
            tallies=tallies,
            members=members,
            claimed=self._margins(tallies.margins(label)),
            worst=self.worst,
            views=self.test if isinstance(self.test, Views) else None,
            rounds=self._unions.rounds if self._unions else (),
        )

    def _amount(self, budget: Budget) -> int | None:
        """Return the least declared amount of the test axis that covers a budget, if any does."""
        if any(axis not in self.axes for axis, _ in budget.amounts):
            return None
        changed = self._changed(budget)
        return next((t for t in self.amounts if t >= changed), None)

    @property
    def _first_round(self) -> range:
        test = self.test
        return range(test.masks if isinstance(test, GroupMasks | WindowMasks) else self.views)

    def _decide(self, first: Sequence[Label], second: Callable[[int, int], Label]) -> Label:
        if not isinstance(self.test, GroupMasks | WindowMasks):
            votes = [first.count(label) for label in range(self.classes)]
            return plurality(votes, first.count(None))
        return decide(first, second)

    @cached_property
    def _unions(self) -> Unions | None:
        if not isinstance(self.test, GroupMasks | WindowMasks):
            return None
        return Unions(self.test.unions(), masks=len(self._first_round))

    def _union(self, mask: int, other: int) -> int:
        """Return the view that hides both first-round masks."""
        assert self._unions is not None  # noqa: S101 (only the two-mask rule has a second round)
        return self._unions.view(mask, other)

    def _margins(self, margins: list[int]) -> dict[int, int]:
        """Return the deciding margin for every declared amount."""
        test = self.test
        if isinstance(test, Views):
            ordered = sorted(margins, reverse=True)
            needed = {t: test.good_views_needed(t) for t in self.amounts}
            return {
                t: ordered[need - 1] if need <= len(ordered) else self.worst
                for t, need in needed.items()
            }
        first = min(margins[: len(self._first_round)])
        least = min(margins)
        return {t: least if t else first for t in self.amounts}

    def _read(self, label: Label, statistics: Statistics) -> dict[int, int]:
        """Return the margins by amount from a leaf; ClaimError when they are malformed."""
        if label is not None:
            claim.whole(label, "label", 0, self.classes - 1)
        pairs = claim.check_keys(statistics, ("margins",))["margins"]
        amounts = self.amounts if label is not None else ()
        if not isinstance(pairs, Sequence) or len(pairs) != len(amounts):
            message = f"margins: expected one pair for each of {amounts}, got {pairs!r:.80}"
            raise ClaimError(message)
        margins: dict[int, int] = {}
        # all votes for any class but the first leave a margin one less
        high = self.members - bool(label)
        for t, pair in zip(amounts, pairs, strict=True):
            if not isinstance(pair, Sequence) or len(pair) != 2:
                message = f"margins: expected a pair, got {pair!r:.80}"
                raise ClaimError(message)
            claim.whole(pair[0], "margins: amount", t, t)
            # a larger change of the input never leaves a larger margin
            high = claim.whole(pair[1], f"margins[{t}]", self.worst, high)
            margins[t] = high
        if margins and isinstance(self.test, NoTest):
            claim.whole(margins[0], "margins: a plurality's own margin", 0, self.members)
        return margins

    def _frontier(self, margins: Mapping[int, int]) -> tuple[Budget, ...]:
        """Return the maximal budgets: the most touched parts at each declared test amount.

        The margins decide every c, declared or not, so the radius of an input is exact.
        """
        points: list[Budget] = []
        most = -1
        for t in reversed(margins):  # a larger change of the input never leaves a larger margin
            reach = margins[t] // 2 if TRAIN_EXAMPLES in self.axes else min(margins[t], 0)
            if reach > most:
                most = reach
                amounts = {TRAIN_EXAMPLES: reach} | dict.fromkeys(self.test.axes, t)
                points.append(Budget.of(amounts))
        return tuple(reversed(points))

    def _changed(self, budget: Budget) -> int:
        return sum(budget.get(axis) for axis in self.test.axes)

    def _requirement(self, budget: Budget) -> Requirement:
        needed = 2 * budget.get(TRAIN_EXAMPLES)
        least = needed + 1  # all votes for any class but the first make a margin one less
        t = self._changed(budget)
        if isinstance(self.test, Views) and self.test.good_views_needed(t) > self.test.count:
            reason = (
                f"{budget}: never, since {t} changed units reach {self.test.partitions * t} "
                f"of {self.test.count} views, and less than half would be left"
            )
            return Requirement(budget=budget, reachable=False, reason=reason, margin=needed)
        reachable = self.members >= least
        has = f"needs a margin of {needed}, so at least {least} members; there are {self.members}"
        return Requirement(
            budget=budget,
            reachable=reachable,
            reason=f"{budget}: {has}",
            margin=needed,
            least_members=least,
        )
