"""Drawn members: each gives one vote, and the votes bound a probability.

The certified classifier is the ideal smoothed one: the class that a random member votes for with
probability above one half (bound ``top``), or above every other class's (bound ``runner-up``).
An abstention is a vote for every rival.

``top``: all votes count. k_A votes of n prove p_A > p*_B, hence the claim at B, when k_A >= k*_B;
``k_floor`` pays for reading the label off the same votes. ``runner-up``: the label comes from the
first votes, fixed by index, the counts from the others; p_A is bounded at half the level and the
strongest rival at the other half.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar, Final, NamedTuple

from flint import fmpq

from auditor.errors import ClaimError
from auditor.exact import confidence
from auditor.guarantee import claim
from auditor.guarantee.claim import Judgement, Requirement, Statistics, Threshold
from auditor.guarantee.frontier import Declared
from auditor.guarantee.multiplicity import levels
from auditor.guarantee.noise import Least, Shift
from auditor.guarantee.threat import Budget
from auditor.guarantee.vote import counts
from auditor.guarantee.vote.plurality import margin

ABSTAINED: Final = 255


class _Cast(NamedTuple):
    """What decides one input's claims; the last two under ``runner-up`` alone."""

    label: int
    own: int
    """Counted votes for the label."""
    rival: int = 0
    """Counted votes for its strongest rival, abstentions included."""
    lead: int = 0
    """Margin of the label among the votes that chose it."""


@dataclass(frozen=True, kw_only=True)
class DrawsRule:
    """One vote of each of ``members`` drawn members."""

    classes: int
    members: int
    axes: tuple[str, ...]
    budgets: tuple[Budget, ...]
    shifts: Mapping[Budget, tuple[Shift, ...]]
    """For each declared budget, every way of spending it."""
    share: fmpq
    """The input's share of alpha."""
    selection: int = 0
    """Votes that only choose the label; 0: bound ``top``."""

    drawn: ClassVar[bool] = True
    singly: ClassVar[bool] = True
    tallies: ClassVar[tuple[int, ...]] = ()
    randomised: ClassVar[bool] = True
    views: ClassVar[int] = 1

    @property
    def cells(self) -> int:
        """Parts of a row that can be forged one by one: votes."""
        return self.members

    @property
    def row_size(self) -> int:
        """Bytes of evidence for one input: a class index each, 255 = abstained."""
        return self.members

    @property
    def voters(self) -> int:
        """Votes on one input."""
        return self.members

    @property
    def counted(self) -> int:
        """Votes that are counted."""
        return self.members - self.selection

    @cached_property
    def declared(self) -> Declared:
        """The declared budgets."""
        return Declared(budgets=self.budgets)

    @cached_property
    def table(self) -> counts.Table:
        """Least winning counts of the bound ``top``; sufficient, not needed, for ``runner-up``."""
        share = self.share / 2 if self.selection else self.share
        chosen = levels(share, 1)
        return counts.table(
            self.counted,
            # a label fixed beforehand costs nothing
            floor=chosen.floor if not self.selection else share,
            event=chosen.event if not self.selection else share,
            shifts=self.shifts,
        )

    @cached_property
    def _leasts(self) -> Mapping[Budget, tuple[Least, ...]]:
        """For ``runner-up``: every way of spending each declared budget, once for all inputs."""
        return {budget: tuple(map(Least, shifts)) for budget, shifts in self.shifts.items()}

    def judge(self, row: bytes) -> Judgement:
        """Run the rule and its bound on one input's evidence; ClaimError on malformed evidence."""
        statistics = self._statistics(row)
        label, frontier = self._conclude(statistics)
        return Judgement(label=label, statistics=statistics, frontier=frontier)

    def check(self, label: int | None, statistics: Statistics, frontier: Iterable[Budget]) -> None:
        """Raise ClaimError unless the statistics alone support the label and the frontier."""
        claim.check_claim(self._conclude(statistics), label, frontier)

    def surviving(self, row: bytes, *, cells: int, members: int) -> Judgement:
        """Return what stands whatever the true votes are, if so many are forged.

        A forged member is one forged vote. The counted votes of the label may all be others', and
        under ``runner-up`` any of the forged ones may be among those that chose the label.
        ClaimError on malformed evidence.
        """
        claim.forged(cells, members)
        label, frontier = self._conclude(self._statistics(row), cells + members)
        return Judgement.surviving(label, frontier)

    def slack(self, row: bytes, budget: Budget, *, members: int = 0) -> int:
        """Return how many forged cells of this row leave its claim at ``budget`` standing."""
        return self.slacks(row, (budget,), members=members)[0]

    def slacks(self, row: bytes, budgets: Sequence[Budget], *, members: int = 0) -> tuple[int, ...]:
        """Return :meth:`slack` for each of these budgets, reading the row once."""
        claim.forged(0, members)
        cast = self._cast(self._statistics(row))
        return tuple(max(-1, self._most(cast, budget) - members) for budget in budgets)

    def thresholds(self) -> tuple[Threshold, ...]:
        """Return p* and the least winning count of each declared budget.

        Under ``runner-up`` the counts are those that suffice whatever the rivals got.
        """
        return self.table.thresholds(self.budgets)

    def requirements(self) -> tuple[Requirement, ...]:
        """Return the vote share, and the least number of members, that each budget needs."""
        return self.table.requirements(self.budgets, self.selection, "members")

    def _statistics(self, row: bytes) -> dict[str, object]:
        if len(row) != self.members:
            message = f"evidence row: expected {self.members} bytes, got {len(row)}"
            raise ClaimError(message)
        statistics = self._tally(row[self.selection :])
        if self.selection:
            statistics["selection"] = self._tally(row[: self.selection])
        return statistics

    def _tally(self, votes: bytes) -> dict[str, object]:
        tally = [votes.count(label) for label in range(self.classes)]
        abstained = votes.count(ABSTAINED)
        if sum(tally) + abstained != len(votes):
            message = f"evidence row: expected votes from 0 to {self.classes - 1}, or {ABSTAINED}"
            raise ClaimError(message)
        return {"votes": tally, "abstained": abstained}

    def _read(self, statistics: Statistics) -> tuple[tuple[int, ...], tuple[int, ...], int]:
        """Return (votes that choose the label, counted votes, counted abstentions)."""
        keys = ("votes", "abstained", "selection") if self.selection else ("votes", "abstained")
        read = claim.check_keys(statistics, keys)
        votes, abstained = self._read_tally(read, self.counted, "votes")
        if not self.selection:
            return votes, votes, abstained
        selection = claim.check_keys(read["selection"], ("votes", "abstained"), "selection")
        chosen, _ = self._read_tally(selection, self.selection, "selection.votes")
        return chosen, votes, abstained

    def _read_tally(self, tally: Statistics, total: int, what: str) -> tuple[tuple[int, ...], int]:
        votes = claim.whole_numbers(tally["votes"], what, self.classes, total)
        abstained = claim.whole(tally["abstained"], f"{what}: abstained", 0, total)
        claim.require(
            sum(votes) + abstained == total, f"{what}: sum", total, sum(votes) + abstained
        )
        return votes, abstained

    def _conclude(
        self, statistics: Statistics, forged: int = 0
    ) -> tuple[int | None, tuple[Budget, ...]]:
        cast = self._cast(statistics)
        if not self._holds(cast, Budget(), forged):
            return None, ()
        return cast.label, self.declared.frontier(lambda budget: self._holds(cast, budget, forged))

    def _cast(self, statistics: Statistics) -> _Cast:
        chosen, votes, abstained = self._read(statistics)
        label = max(range(self.classes), key=chosen.__getitem__)
        if not self.selection:
            return _Cast(label, votes[label])
        rival = max(count for other, count in enumerate(votes) if other != label) + abstained
        return _Cast(label, votes[label], rival, margin(chosen, 0, label))

    def _holds(self, cast: _Cast, budget: Budget, forged: int) -> bool:
        """Return whether a budget holds if this many votes are forged, wherever they are."""
        if not self.selection:
            least = self.table.least(budget)
            return least is not None and cast.own - forged >= least
        if cast.lead < 2 * forged or cast.own < forged:
            return False
        level = self.share / 2
        p_low = confidence.lower_bound(self.counted, cast.own - forged, level)
        rival = min(cast.rival + forged, self.counted)
        # the rivals' votes and A's are disjoint events, whatever was counted
        p_high = min(confidence.upper_bound(self.counted, rival, level), 1 - p_low)
        ways = self._leasts.get(budget, (Least(Shift()),))
        return all(way.ahead(p_low, p_high) for way in ways)

    def _most(self, cast: _Cast, budget: Budget) -> int:
        """Return the most forged votes that leave some proof of a budget, -1 if there is none."""
        return max((self._spare(cast, each) for each in self.table.proving(budget)), default=-1)

    def _spare(self, cast: _Cast, budget: Budget) -> int:
        """Return the most forged votes at which a budget holds, -1 if it never does."""
        if self.selection:
            return counts.most(lambda forged: self._holds(cast, budget, forged), cast.lead // 2)
        least = self.table.least(budget)
        return -1 if least is None else max(-1, cast.own - least)
