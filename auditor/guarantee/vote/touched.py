"""Fixed members that vote one by one, where a change touches several of them at once.

The label is the members' plurality. An attack touches a set of members, which may then vote
anything; the worst they can do to the margin over one rival is to vote for it, and that takes the
weight of each (:meth:`~auditor.guarantee.vote.ballots.Ballots.weights`) off the margin. So the
label stands iff, for every rival, no set of members that the attack can touch weighs more than the
margin. Which sets those are is the smoothing's (:class:`Reach`); everything else is here.

For each declared change of features (the budget without ``trainExamples``; none, to begin with) the
statistics say how many training units more may be touched, and what margin is then left.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import takewhile
from typing import ClassVar, Protocol

from auditor.errors import ClaimError
from auditor.guarantee import claim
from auditor.guarantee.claim import Judgement, Requirement, Statistics, Threshold
from auditor.guarantee.threat import TRAIN_EXAMPLES, Budget
from auditor.guarantee.vote.ballots import Ballots
from auditor.guarantee.vote.plurality import plurality

Margins = Mapping[Budget, Sequence[int]]
"""For each declared change of features, the margin left after 0, 1, 2, .. touched training units.

It never grows, and ends with the last one that is not negative; where none is, with the first."""


class Reach(Protocol):
    """Which members a change can touch."""

    @property
    def depth(self) -> int:
        """The most training units that make a difference."""

    def heaviest(self, weights: Sequence[int], features: Budget) -> Sequence[int]:
        """Return the most weight that ``features`` and 0, 1, .. ``depth`` training units touch.

        An upper bound, never below the truth, that never falls. ``features`` is a budget without
        ``trainExamples``.
        """


@dataclass(frozen=True, kw_only=True)
class TouchedRule:
    """The plurality of ``members`` fixed members under what ``reach`` says can be touched."""

    classes: int
    members: int
    axes: tuple[str, ...]
    budgets: tuple[Budget, ...]
    reach: Reach

    drawn: ClassVar[bool] = False
    singly: ClassVar[bool] = True
    tallies: ClassVar[tuple[int, ...]] = ()
    randomised: ClassVar[bool] = False
    views: ClassVar[int] = 1

    @property
    def cells(self) -> int:
        """Parts of a row that can be forged one by one: votes."""
        return self.members

    @property
    def voters(self) -> int:
        """Votes on one input."""
        return self.members

    @property
    def row_size(self) -> int:
        """Bytes of evidence for one input: a class index each, 255 = abstained."""
        return self.members

    @cached_property
    def features(self) -> tuple[Budget, ...]:
        """The declared changes of features: none first, then in declared order."""
        declared = (Budget(), *map(_features, self.budgets))
        return tuple(dict.fromkeys(declared))

    def decide(self, row: bytes) -> int | None:
        """Return the deployed rule's label, None for an abstention."""
        return Ballots.read(row, classes=self.classes, members=self.members).label

    def judge(self, row: bytes) -> Judgement:
        """Run the rule and its bound on one input's evidence; ClaimError on malformed evidence."""
        ballots, margins = self._read_row(row)
        statistics: dict[str, object] = {
            "votes": list(ballots.votes),
            "abstained": ballots.abstained,
            "margins": [[len(left) - 1, left[-1]] for left in margins.values()],
        }
        return Judgement(
            label=ballots.label, statistics=statistics, frontier=self._frontier(_radii(margins))
        )

    def check(self, label: int | None, statistics: Statistics, frontier: Iterable[Budget]) -> None:
        """Raise ClaimError unless the statistics alone support the label and the frontier.

        How far the votes carry is seen from the row (:meth:`judge`); from the statistics, that
        label, margins and frontier are of one piece.
        """
        read = claim.check_keys(statistics, ("votes", "abstained", "margins"))
        votes = claim.whole_numbers(read["votes"], "votes", self.classes, self.members)
        abstained = claim.whole(read["abstained"], "abstained", 0, self.members)
        total = sum(votes) + abstained
        claim.require(total == self.members, "votes: sum", self.members, total)
        decided = plurality(votes, abstained)
        radii = self._read_radii(read["margins"], decided)
        claim.check_claim((decided, self._frontier(radii)), label, frontier)

    def surviving(self, row: bytes, *, cells: int, members: int) -> Judgement:
        """Return what stands whatever the true votes are, if so many are forged.

        A forged vote, and a forged member, are one more member that may vote anything: 2 off every
        margin. ClaimError on malformed evidence.
        """
        claim.forged(cells, members)
        ballots, margins = self._read_row(row)
        needed = 2 * (cells + members)
        if ballots.label is None or margins[Budget()][0] < needed:
            return Judgement.surviving(None)
        radii = {
            features: sum(1 for _ in takewhile(lambda own: own >= needed, left)) - 1
            for features, left in margins.items()
        }
        return Judgement.surviving(ballots.label, self._frontier(radii))

    def slack(self, row: bytes, budget: Budget, *, members: int = 0) -> int:
        """Return how many forged cells of this row leave its claim at ``budget`` standing."""
        return self.slacks(row, (budget,), members=members)[0]

    def slacks(self, row: bytes, budgets: Sequence[Budget], *, members: int = 0) -> tuple[int, ...]:
        """Return :meth:`slack` for each of these budgets, reading the row once."""
        claim.forged(0, members)
        _, margins = self._read_row(row)
        return tuple(max(-1, self._left(margins, budget) // 2 - members) for budget in budgets)

    def thresholds(self) -> tuple[Threshold, ...]:
        """Return no thresholds: nothing is estimated."""
        return ()

    def requirements(self) -> tuple[Requirement, ...]:
        """Return the margin that each declared budget needs where all members agree."""
        return tuple(map(self._requirement, self.budgets))

    def _requirement(self, budget: Budget) -> Requirement:
        units = budget.get(TRAIN_EXAMPLES)
        heaviest = self.reach.heaviest([2] * self.members, _features(budget))
        needed = heaviest[min(units, len(heaviest) - 1)]
        most = self.members - 1  # all votes for any class but the first leave a margin one less
        return Requirement(
            budget=budget,
            reachable=needed <= most,
            reason=(
                f"{budget}: the members it touches can take {needed} off a margin; "
                f"all {self.members} agreeing have {most}"
            ),
            margin=needed,
        )

    def _read_row(self, row: bytes) -> tuple[Ballots, Margins]:
        """Return the votes, and the margins of their label; none where it has no label."""
        ballots = Ballots.read(row, classes=self.classes, members=self.members)
        label = ballots.label
        if label is None:
            return ballots, {}
        rivals = [
            (ballots.margin(label, rival), ballots.weights(label, rival))
            for rival in range(self.classes)
            if rival != label
        ]
        return ballots, {features: self._margins(rivals, features) for features in self.features}

    def _margins(
        self, rivals: Sequence[tuple[int, Sequence[int]]], features: Budget
    ) -> Sequence[int]:
        least: list[int] = []
        for own, weights in rivals:
            left = [own - weight for weight in self.reach.heaviest(weights, features)]
            least = list(map(min, least, left)) if least else left
        return [*takewhile(lambda margin: margin >= 0, least)] or least[:1]

    def _left(self, margins: Margins, budget: Budget) -> int:
        """Return the margin left at a budget: the best that a declared change of features says."""
        if any(axis not in self.axes for axis, _ in budget.amounts):
            return -1
        units, changed = budget.get(TRAIN_EXAMPLES), _features(budget)
        covering = [left for features, left in margins.items() if features.covers(changed)]
        return max((left[units] for left in covering if units < len(left)), default=-1)

    def _frontier(self, radii: Mapping[Budget, int]) -> tuple[Budget, ...]:
        """Return the maximal budgets: the most training units at each declared change of features.

        ``radii`` are -1 where not even that change alone is certified.
        """
        points = [
            Budget.of({**features.to_json(), TRAIN_EXAMPLES: radius})
            for features, radius in radii.items()
            if radius >= 0
        ]
        return tuple(
            point
            for point in points
            if not any(other != point and other.covers(point) for other in points)
        )

    def _read_radii(self, pairs: object, label: int | None) -> dict[Budget, int]:
        """Return the radii from a leaf; ClaimError when they are malformed."""
        features = () if label is None else self.features
        if not isinstance(pairs, Sequence) or len(pairs) != len(features):
            message = f"margins: expected {len(features)} pairs, got {pairs!r:.80}"
            raise ClaimError(message)
        radii: dict[Budget, int] = {}
        for place, (changed, pair) in enumerate(zip(features, pairs, strict=True)):
            if not isinstance(pair, Sequence) or len(pair) != 2:
                message = f"margins: expected a pair, got {pair!r:.80}"
                raise ClaimError(message)
            radius = claim.whole(pair[0], f"margins[{place}]: units", 0, self.reach.depth)
            # where even no training unit may be touched, the margin says by how much
            low = 0 if radius or not changed.amounts else -2 * self.members - 1
            margin = claim.whole(pair[1], f"margins[{place}]", low, self.members)
            radii[changed] = radius if margin >= 0 else -1
        return radii


def _features(budget: Budget) -> Budget:
    """Return a budget without its training units."""
    return Budget(tuple(entry for entry in budget.amounts if entry[0] != TRAIN_EXAMPLES))


def _radii(margins: Margins) -> dict[Budget, int]:
    return {features: len(left) - 1 if left[0] >= 0 else -1 for features, left in margins.items()}
