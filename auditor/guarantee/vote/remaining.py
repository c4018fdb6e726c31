"""What is left of one input's margins under fixed views when some of its votes are forged.

A vote of a forged member is one more touched part: in every view it takes 2 off every margin. A
forged view may say anything: it is one good view fewer, and where every view has to be good nothing
is left.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from auditor.guarantee.test.views import Views
from auditor.guarantee.vote import plurality
from auditor.guarantee.vote.deciding import Amounts
from auditor.guarantee.vote.first_round import FirstRound
from auditor.guarantee.vote.plurality import Tallies


@dataclass(frozen=True, kw_only=True)
class Remaining:
    """One input's label and margins, of which the votes of forged members are taken off.

    ``members``: how many votes in every view are theirs.
    """

    label: int
    tallies: Tallies
    members: int
    claimed: Mapping[Amounts, int]
    """The margin that decides each declared amount on the test axes if nothing is forged."""
    worst: int
    """The margin that stands for "nothing"."""
    views: Views | None
    """The test side where it is sparse views."""
    rounds: Sequence[Sequence[int]]
    """The views of each mask's second round where the test side is two masks; else empty."""

    @cached_property
    def _ordered(self) -> Sequence[int]:
        return sorted(self.tallies.margins(self.label))

    @cached_property
    def _first(self) -> FirstRound | None:
        if not self.rounds:
            return None
        return FirstRound.of(self.label, self.tallies.margins(self.label), self.rounds)

    def margins(self, forged: int) -> dict[Amounts, int]:
        """Return the margin left for each declared amount with so many forged views."""
        return {
            t: min(margin, self._margin(t, forged) - 2 * self.members)
            for t, margin in self.claimed.items()
        }

    def label_slack(self) -> int:
        """Return the most forged views that cannot change the label, -1 if the members can."""
        touched = 2 * self.members
        if self.views is not None:
            labels = self.tallies.settled(self.views.count, self.members)
            votes = [labels.count(label) for label in range(self.tallies.classes)]
            return max(-1, plurality.margin(votes, labels.count(None), self.label) // 2)
        if self._first is not None:
            # with nothing forged the label is the rule's, whatever supports it
            unchanged = self.claimed[min(self.claimed)]
            return max(self._first.slack(touched), 0 if unchanged >= touched or not touched else -1)
        return 0 if self._ordered[0] >= touched else -1

    def slack(self, amounts: Amounts, parts: int) -> int:
        """Return the most forged views that leave a claim standing, -1 if it does not hold.

        ``amounts`` are the declared amounts on the test axes that decide it, ``parts`` how many
        parts may be touched.
        """
        if self.claimed[amounts] < 2 * parts:
            return -1
        needed = 2 * (parts + self.members)
        if self.views is not None:
            good = len(self._ordered) - bisect_left(self._ordered, needed)
            return max(-1, good - self.views.good_views_needed(*amounts))
        alone = 0 if self.claimed[amounts] >= needed else -1
        if self._first is not None and not any(amounts):
            return max(self._first.slack(needed), alone)
        return alone

    def _margin(self, amounts: Amounts, forged: int) -> int:
        if self.views is not None:
            among = self.views.good_views_needed(*amounts) + forged
            return self._ordered[-among] if among <= len(self._ordered) else self.worst
        alone = self.worst if forged else self.claimed[amounts]
        if self._first is not None and not any(amounts):
            left = self._first.margin(forged)
            return alone if left is None else max(left, alone)
        return alone
