"""Fixed members inside a noisy view, a majority over random noise outside.

For a noisy input z let E_D(z) be the members' plurality. The certified classifier is the class
that E_D gives with probability above one half over the noise. If c members are touched, E_D'(z)
is still A wherever the margin of A is at least 2c; that event depends on the audited set alone, so
its probability only has to exceed the threshold of the *test side*. Each declared c > 0 bounds an
event of its own, and c = 0 one if some budget changes the input alone: they share alpha.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

from flint import fmpq

from auditor.errors import ClaimError
from auditor.guarantee import claim
from auditor.guarantee.claim import Judgement, Requirement, Statistics, Threshold
from auditor.guarantee.frontier import Declared
from auditor.guarantee.multiplicity import levels
from auditor.guarantee.noise import Shift
from auditor.guarantee.threat import TRAIN_EXAMPLES, Budget
from auditor.guarantee.vote import counts
from auditor.guarantee.vote.plurality import Tallies, voters_needed


@dataclass(frozen=True, kw_only=True)
class NestedRule:
    """``members`` fixed members, each voting on ``views`` noisy copies of an input.

    On every copy a member gives ``each`` votes: 1, or one for each neighbour that it asks.
    """

    classes: int
    members: int
    views: int
    axes: tuple[str, ...]
    budgets: tuple[Budget, ...]
    shifts: Mapping[Budget, tuple[Shift, ...]]
    """For each declared budget, what it does to the noise on the input."""
    share: fmpq
    """The input's share of alpha."""
    each: int = 1

    drawn: ClassVar[bool] = False
    singly: ClassVar[bool] = False
    randomised: ClassVar[bool] = True

    @property
    def voters(self) -> int:
        """Votes on one copy."""
        return self.members * self.each

    @property
    def cells(self) -> int:
        """Parts of a row that can be forged one by one: tallies of draws."""
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
    def declared(self) -> Declared:
        """The declared budgets."""
        return Declared(budgets=self.budgets)

    @cached_property
    def depths(self) -> tuple[int, ...]:
        """Declared values c of trainExamples, zero included, in increasing order."""
        return tuple(sorted({0, *(budget.get(TRAIN_EXAMPLES) for budget in self.budgets)}))

    @cached_property
    def table(self) -> counts.Table:
        """Least winning counts."""
        # the empty budget is the label itself, which the floor pays for
        events = {budget.get(TRAIN_EXAMPLES) for budget in self.budgets if budget.amounts}
        shared = levels(self.share, len(events))
        return counts.table(self.views, floor=shared.floor, event=shared.event, shifts=self.shifts)

    def judge(self, row: bytes) -> Judgement:
        """Run the rule and its bound on one input's evidence; ClaimError on malformed evidence."""
        label, margins = self._read_row(row)
        wins = self._won(margins)
        statistics: dict[str, object] = {"wins": [list(pair) for pair in wins.items()]}
        if not self._wins(wins, Budget()):
            return Judgement(label=None, statistics=statistics, frontier=())
        return Judgement(label=label, statistics=statistics, frontier=self._frontier(wins))

    def check(self, label: int | None, statistics: Statistics, frontier: Iterable[Budget]) -> None:
        """Raise ClaimError unless the statistics alone support the label and the frontier."""
        wins = self._read(statistics)
        if label is not None:
            claim.whole(label, "label", 0, self.classes - 1)
        decided = self._wins(wins, Budget())
        claim.require(
            decided == (label is not None), "label", "a class" if decided else "none", label
        )
        claim.check_claim((label, self._frontier(wins)), label, frontier)

    def surviving(self, row: bytes, *, cells: int, members: int) -> Judgement:
        """Return what stands whatever the true votes are, if so many are forged.

        A forged member's votes are more that may be anything, so a draw is won for c touched parts
        where the margin is at least twice c and the forged votes together; each forged cell takes
        one draw. ClaimError on malformed evidence.
        """
        claim.forged(cells, members)
        label, margins = self._read_row(row)
        wins = {c: won - cells for c, won in self._won(margins, members).items()}
        if not self._wins(wins, Budget()):
            return Judgement.surviving(None)
        return Judgement.surviving(label, self._frontier(wins))

    def slack(self, row: bytes, budget: Budget, *, members: int = 0) -> int:
        """Return how many forged cells of this row leave its claim at ``budget`` standing."""
        return self.slacks(row, (budget,), members=members)[0]

    def slacks(self, row: bytes, budgets: Sequence[Budget], *, members: int = 0) -> tuple[int, ...]:
        """Return :meth:`slack` for each of these budgets, reading the row once."""
        claim.forged(0, members)
        _, margins = self._read_row(row)
        wins = self._won(margins, members)
        return tuple(
            max((-1, *(self._spare(wins, each) for each in self.table.proving(budget))))
            for budget in budgets
        )

    def thresholds(self) -> tuple[Threshold, ...]:
        """Return p* and the least winning count of each declared budget."""
        return self.table.thresholds(self.budgets)

    def requirements(self) -> tuple[Requirement, ...]:
        """Return the share of draws, their least number, and the margin each budget needs."""
        drawn = self.table.requirements(self.budgets, 0, "draws")
        return tuple(map(self._with_margin, drawn))

    def _with_margin(self, drawn: Requirement) -> Requirement:
        needed = 2 * drawn.budget.get(TRAIN_EXAMPLES)
        enough = self.voters > needed
        reason = drawn.reason
        if not enough:
            who = voters_needed(needed + 1, self.voters, self.each)
            reason = f"{drawn.budget}: needs a margin of {needed}, {who}"
        return Requirement(
            budget=drawn.budget,
            reachable=drawn.reachable and enough,
            reason=reason,
            share=drawn.share,
            count=drawn.count,
            least_draws=drawn.least_draws,
            margin=needed,
            least_members=needed + 1,
        )

    def _read_row(self, row: bytes) -> tuple[int, list[int]]:
        """Return the class that wins most draws, and its margins in increasing order."""
        tallies = Tallies(row, views=self.views, classes=self.classes, members=self.voters)
        labels = tallies.labels(self.views)
        won = [labels.count(label) for label in range(self.classes)]
        label = max(range(self.classes), key=won.__getitem__)
        return label, sorted(tallies.margins(label))

    def _won(self, margins: Sequence[int], forged: int = 0) -> dict[int, int]:
        """Return the draws won by declared c, with so many forged members besides."""
        votes = forged * self.each
        return {c: self.views - bisect_left(margins, 2 * (c + votes)) for c in self.depths}

    def _read(self, statistics: Statistics) -> dict[int, int]:
        """Return the won draws by c from a leaf; ClaimError when they are malformed."""
        pairs = claim.check_keys(statistics, ("wins",))["wins"]
        if not isinstance(pairs, Sequence) or len(pairs) != len(self.depths):
            message = f"wins: expected one pair for each of {self.depths}, got {pairs!r:.80}"
            raise ClaimError(message)
        wins: dict[int, int] = {}
        high = self.views
        for c, pair in zip(self.depths, pairs, strict=True):
            if not isinstance(pair, Sequence) or len(pair) != 2:
                message = f"wins: expected a pair, got {pair!r:.80}"
                raise ClaimError(message)
            claim.whole(pair[0], "wins: trainExamples", c, c)
            # a larger margin is never had more often
            high = claim.whole(pair[1], f"wins[{c}]", 0, high)
            wins[c] = high
        return wins

    def _frontier(self, wins: Mapping[int, int]) -> tuple[Budget, ...]:
        return self.declared.frontier(lambda budget: self._wins(wins, budget))

    def _wins(self, wins: Mapping[int, int], budget: Budget) -> bool:
        return self._spare(wins, budget) >= 0

    def _spare(self, wins: Mapping[int, int], budget: Budget) -> int:
        """Return the won draws beyond those that a budget needs, negative where it fails."""
        least = self.table.least(budget)
        return -1 if least is None else wins[budget.get(TRAIN_EXAMPLES)] - least
