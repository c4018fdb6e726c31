"""Fixed members and fixed views: nothing is random, alpha is zero.

Inside a view the members vote by plurality. Over the views:

* one view (test ``none``): its label. Certified against c touched parts iff the margin is >= 2c.
* ``views``: the plurality of the views. Certified against c and t changed units iff the views with
  margin >= 2c, less the partitions * t views that t units can reach, are more than half.
* ``ablation``: the plurality of the views, as far as views that a change cannot reach carry it
  (:mod:`~auditor.guarantee.vote.ablated`).
* ``two-mask``: the two-mask rule. Certified against c alone iff every first-round view has margin
  >= 2c; against c and a covered change of the input iff every union of two masks has. Where masks
  hide pixel groups and a window, a change needs one mask that hides it and whose unions with all
  masks have.

So one number for each declared amount on the test axes decides every c: the claim holds iff
``margin >= 2c``. Those numbers are the statistics.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

from auditor.guarantee import claim
from auditor.guarantee.claim import Judgement, Requirement, Statistics, Threshold
from auditor.guarantee.test.ablation import Ablation
from auditor.guarantee.test.joint_masks import JointMasks, TwoMasks
from auditor.guarantee.test.none import NoTest
from auditor.guarantee.test.two_mask import decide
from auditor.guarantee.test.views import Views
from auditor.guarantee.threat import TRAIN_EXAMPLES, Budget
from auditor.guarantee.vote.ablated import Ablated
from auditor.guarantee.vote.deciding import Amounts, Deciding, Margins, within
from auditor.guarantee.vote.demands import FixedTest, check_limits, requirement
from auditor.guarantee.vote.first_round import Unions
from auditor.guarantee.vote.plurality import Tallies, plurality
from auditor.guarantee.vote.remaining import Remaining

Label = int | None


@dataclass(frozen=True, kw_only=True)
class MarginRule:
    """The deterministic vote of ``members`` fixed members over the views of ``test``.

    In every view a member gives ``each`` votes: 1, or one for each neighbour that it asks.
    """

    classes: int
    members: int
    axes: tuple[str, ...]
    budgets: tuple[Budget, ...]
    test: FixedTest
    each: int = 1

    drawn: ClassVar[bool] = False
    singly: ClassVar[bool] = False
    randomised: ClassVar[bool] = False

    def __post_init__(self) -> None:
        check_limits(self.test, self._deciding, self.classes)

    @property
    def voters(self) -> int:
        """Votes in one view."""
        return self.members * self.each

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
    def _deciding(self) -> Deciding:
        return Deciding(
            axes=self.test.axes,
            poisoned=TRAIN_EXAMPLES in self.axes,
            budgets=self.budgets,
            voters=self.voters,
        )

    @property
    def amounts(self) -> tuple[Amounts, ...]:
        """Declared amounts on the test axes, one an axis, none included, in increasing order."""
        return self._deciding.amounts

    @property
    def worst(self) -> int:
        """The least margin there can be; it stands for "no number of good views suffices"."""
        return self._deciding.worst

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
        margins = {} if label is None else self._claimed(label, tallies)
        statistics = self._deciding.statistics(margins)
        return Judgement(label=label, statistics=statistics, frontier=self._frontier(margins))

    def check(self, label: Label, statistics: Statistics, frontier: Iterable[Budget]) -> None:
        """Raise ClaimError unless the statistics alone support the label and the frontier.

        Whether the label is the rule's own is seen from the row (:meth:`judge`); from the margins,
        only that it is the one that can be certified.
        """
        margins = self._read(label, statistics)
        claim.check_claim((label, self._frontier(margins)), label, frontier)

    def surviving(self, row: bytes, *, cells: int, members: int) -> Judgement:
        """Return what stands whatever the true votes are, if so many are forged.

        A vote of a forged member is one more touched part, in every view; a forged cell is a view
        that may say anything. ClaimError on malformed evidence.
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
            max((-1, *(left.slack(a, budget.get(TRAIN_EXAMPLES)) for a in self._covering(budget))))
            if budget.amounts
            else left.label_slack()
            for budget in budgets
        )

    def thresholds(self) -> tuple[Threshold, ...]:
        """Return no thresholds: nothing is estimated."""
        return ()

    def requirements(self) -> tuple[Requirement, ...]:
        """Return the margin, and the least number of members, that each declared budget needs."""
        test, deciding = self.test, self._deciding
        return tuple(requirement(budget, test, deciding, self.each) for budget in self.budgets)

    def _read_row(self, row: bytes) -> tuple[Label, Tallies]:
        tallies = Tallies(row, views=self.views, classes=self.classes, members=self.voters)
        label = self._decide(
            tallies.labels(len(self._first_round)),
            lambda mask, other: tallies.label(self._union(mask, other)),
        )
        return label, tallies

    def _remaining(self, label: int, tallies: Tallies, members: int) -> Remaining | Ablated:
        if isinstance(self.test, Ablation):
            return self._ablated(label, tallies, members * self.each)
        return Remaining(
            label=label,
            tallies=tallies,
            members=members * self.each,
            claimed=self._claimed(label, tallies),
            worst=self.worst,
            views=self.test if isinstance(self.test, Views) else None,
            rounds=self._unions.rounds if self._unions else (),
        )

    def _ablated(self, label: int, tallies: Tallies, members: int = 0) -> Ablated:
        return Ablated(
            label=label,
            tallies=tallies,
            members=members,
            views=self.views,
            amounts=self.amounts,
            reached=self._reached,
            worst=self.worst,
        )

    @cached_property
    def _reached(self) -> Mapping[int, Sequence[int]]:
        """By declared side of a patch, and for 1, the views that each place of it reaches."""
        assert isinstance(self.test, Ablation)  # noqa: S101 (asked for ablated views alone)
        return {side: self.test.reached(side) for side in {1, *(side for _, side in self.amounts)}}

    def _covering(self, budget: Budget) -> tuple[Amounts, ...]:
        """Return the declared amounts on the test axes that cover a budget's."""
        if any(axis not in self.axes for axis, _ in budget.amounts):
            return ()
        changed = self._deciding.changed(budget)
        return tuple(amounts for amounts in self.amounts if within(changed, amounts))

    @property
    def _first_round(self) -> range:
        test = self.test
        return range(test.masks if isinstance(test, TwoMasks) else self.views)

    def _decide(self, first: Sequence[Label], second: Callable[[int, int], Label]) -> Label:
        if not isinstance(self.test, TwoMasks):
            votes = [first.count(label) for label in range(self.classes)]
            return plurality(votes, first.count(None))
        return decide(first, second)

    @cached_property
    def _unions(self) -> Unions | None:
        if not isinstance(self.test, TwoMasks):
            return None
        return Unions(self.test.unions(), masks=len(self._first_round))

    def _union(self, mask: int, other: int) -> int:
        """Return the view that hides both first-round masks."""
        assert self._unions is not None  # noqa: S101 (only the two-mask rule has a second round)
        return self._unions.view(mask, other)

    def _claimed(self, label: int, tallies: Tallies) -> dict[Amounts, int]:
        if isinstance(self.test, Ablation):
            return self._ablated(label, tallies).margins(0)
        return self._margins(tallies.margins(label))

    def _margins(self, margins: list[int]) -> dict[Amounts, int]:
        """Return the deciding margin for every declared amount."""
        test = self.test
        if isinstance(test, Views):
            ordered = sorted(margins, reverse=True)
            needed = {t: test.good_views_needed(*t) for t in self.amounts}
            return {
                t: ordered[need - 1] if need <= len(ordered) else self.worst
                for t, need in needed.items()
            }
        first = min(margins[: len(self._first_round)])
        if isinstance(test, JointMasks):
            assert self._unions is not None  # noqa: S101 (masks have unions)
            rounds = [min(map(margins.__getitem__, views)) for views in self._unions.rounds]
            covered = {amounts: test.covered(rounds, *amounts) for amounts in self.amounts}
            return covered | {(0, 0): max(first, covered[0, 0])}
        least = min(margins)
        return {t: least if any(t) else first for t in self.amounts}

    def _read(self, label: Label, statistics: Statistics) -> Margins:
        """Return the margins from a leaf; ClaimError when they are malformed."""
        if label is not None:
            claim.whole(label, "label", 0, self.classes - 1)
        margins = self._deciding.read(label, statistics)
        if margins and isinstance(self.test, NoTest):
            claim.whole(margins[()], "margins: a plurality's own margin", 0, self.voters)
        return margins

    def _frontier(self, margins: Margins) -> tuple[Budget, ...]:
        return self._deciding.frontier(margins)
