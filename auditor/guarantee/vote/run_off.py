"""Run-off among fixed members (Rezaei, Banihashem, Chegini and Feizi 2023), three classes or more.

Round one: every member votes for a class; the two classes with most votes are the finalists. Round
two: every member votes for one of the finalists, by its scores of these two alone. Ties are the
smaller class's. A member that cannot tell abstains, in either round.

The label is A iff A wins however the abstaining members would have decided. Let s members vote
anything, in both rounds, besides. A loses only if

* two rivals b1, b2 get ahead of it. With g the votes by which b is behind (ties included), of s
  touched members and a abstaining ones g1 - s and g2 - s are needed, each for one rival; or
* some b is a finalist beside it, and wins. b is ahead of every third class c only if g_c - s - a of
  the touched members had voted c; and A's lead in the run-off is at most 2 s and those who abstain.

Each is a comparison of whole numbers; s = 0 is the label itself. docs/methods/run-off.md proves it.
"""

from __future__ import annotations

import sys
from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import ClassVar, Final, Self

from auditor.errors import ClaimError
from auditor.guarantee import claim
from auditor.guarantee.claim import Judgement, Requirement, Statistics, Threshold
from auditor.guarantee.threat import TRAIN_EXAMPLES, Budget
from auditor.guarantee.vote.counts import most

LEAST_CLASSES: Final = 3
"""Of two classes both are finalists: the run-off would be the plurality."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rounds:
    """Both rounds of one input: ``pairs[b, c]``, b < c, are the votes for b, and for c."""

    members: int
    votes: Sequence[int]
    abstained: int
    pairs: Mapping[tuple[int, int], tuple[int, int]]

    @classmethod
    def read(cls, row: bytes, *, classes: int, members: int) -> Self:
        """Read an evidence row; ClaimError when its size is wrong or counts do not add up."""
        size = row_size(classes)
        if len(row) != size:
            message = f"evidence row: expected {size} bytes, got {len(row)}"
            raise ClaimError(message)
        counts = array("H")
        counts.frombytes(row)
        if sys.byteorder == "big":
            counts.byteswap()
        first, rest = counts[: classes + 1].tolist(), counts[classes + 1 :].tolist()
        second = [rest[at : at + 3] for at in range(0, len(rest), 3)]
        for tally in (first, *second):
            if sum(tally) != members:
                message = f"evidence row: expected {members} votes in each tally, got {sum(tally)}"
                raise ClaimError(message)
        pairs = zip(combinations(range(classes), 2), second, strict=True)
        return cls(
            members=members,
            votes=first[:-1],
            abstained=first[-1],
            pairs={pair: (tally[0], tally[1]) for pair, tally in pairs},
        )

    def between(self, one: int, other: int) -> tuple[int, int]:
        """Return the votes for either class of a pair in a run-off between them."""
        if one < other:
            return self.pairs[one, other]
        against, own = self.pairs[other, one]
        return own, against

    def label(self) -> int | None:
        """Return the class that wins however abstaining members decide, None if there is none."""
        order = sorted(range(len(self.votes)), key=lambda label: (-self.votes[label], label))
        return next((label for label in order[:2] if self.withstands(label, 0)), None)

    def withstands(self, label: int, touched: int) -> bool:
        """Return whether ``label`` wins whatever so many members, and the abstaining ones, vote."""
        rivals = [rival for rival in range(len(self.votes)) if rival != label]
        behind = sorted(self._behind(rival, label) for rival in rivals)
        ahead = sum(max(0, votes - touched) for votes in behind[:2]) <= touched + self.abstained
        return not ahead and not any(self._beats(rival, label, touched) for rival in rivals)

    def _beats(self, rival: int, label: int, touched: int) -> bool:
        """Return whether ``rival`` can be a finalist beside ``label``, and win."""
        own, against = self.between(label, rival)
        neither = self.members - own - against
        if own - against + (label < rival) > 2 * touched + neither:
            return False
        given = touched + self.abstained
        third = (c for c in range(len(self.votes)) if c not in (label, rival))
        return sum(max(0, self._behind(rival, c) - given) for c in third) <= touched

    def _behind(self, one: int, other: int) -> int:
        """Return the votes that ``one`` lacks to be ahead of ``other``."""
        return self.votes[other] - self.votes[one] + (other < one)


@dataclass(frozen=True, kw_only=True)
class RunOffRule:
    """The run-off of ``members`` fixed members, one a part, on the input as it is."""

    classes: int
    members: int
    axes: tuple[str, ...]
    budgets: tuple[Budget, ...]

    drawn: ClassVar[bool] = False
    singly: ClassVar[bool] = False
    randomised: ClassVar[bool] = False
    views: ClassVar[int] = 1
    cells: ClassVar[int] = 1

    @property
    def voters(self) -> int:
        """Votes on one input."""
        return self.members

    @property
    def row_size(self) -> int:
        """Bytes of evidence for one input."""
        return row_size(self.classes)

    @property
    def tallies(self) -> tuple[int, ...]:
        """Counts of each tally of a cell: round one, then every pair."""
        return (self.classes + 1, *(3 for _ in combinations(range(self.classes), 2)))

    def decide(self, row: bytes) -> int | None:
        """Return the deployed rule's label, None for an abstention."""
        return self._read_row(row).label()

    def judge(self, row: bytes) -> Judgement:
        """Run the rule and its bound on one input's evidence; ClaimError on malformed evidence."""
        rounds = self._read_row(row)
        label = rounds.label()
        statistics: dict[str, object] = {
            "votes": list(rounds.votes),
            "abstained": rounds.abstained,
            "runOffs": [] if label is None else self._run_offs(rounds, label),
        }
        return Judgement(
            label=label, statistics=statistics, frontier=self._frontier(rounds, label, 0)
        )

    def check(self, label: int | None, statistics: Statistics, frontier: Iterable[Budget]) -> None:
        """Raise ClaimError unless the statistics alone support the label and the frontier.

        At most one class wins however abstaining members decide, so what supports a label refutes
        all others; that there is none is seen from the row (:meth:`judge`).
        """
        read = claim.check_keys(statistics, ("votes", "abstained", "runOffs"))
        votes = claim.whole_numbers(read["votes"], "votes", self.classes, self.members)
        abstained = claim.whole(read["abstained"], "abstained", 0, self.members)
        total = sum(votes) + abstained
        claim.require(total == self.members, "votes: sum", self.members, total)
        if label is not None:
            claim.whole(label, "label", 0, self.classes - 1)
        pairs = self._read_run_offs(read["runOffs"], label)
        rounds = Rounds(members=self.members, votes=votes, abstained=abstained, pairs=pairs)
        if label is not None:
            claim.require(rounds.withstands(label, 0), "label", "the winner", label)
        claim.check_claim((label, self._frontier(rounds, label, 0)), label, frontier)

    def surviving(self, row: bytes, *, cells: int, members: int) -> Judgement:
        """Return what stands whatever the true votes are, if so many are forged.

        A forged member is one more that may vote anything; the one cell is the whole row.
        ClaimError on malformed evidence.
        """
        claim.forged(cells, members)
        rounds = self._read_row(row)
        label = rounds.label()
        if cells or label is None or not rounds.withstands(label, members):
            return Judgement.surviving(None)
        return Judgement.surviving(label, self._frontier(rounds, label, members))

    def slack(self, row: bytes, budget: Budget, *, members: int = 0) -> int:
        """Return how many forged cells of this row leave its claim at ``budget`` standing."""
        return self.slacks(row, (budget,), members=members)[0]

    def slacks(self, row: bytes, budgets: Sequence[Budget], *, members: int = 0) -> tuple[int, ...]:
        """Return :meth:`slack` for each of these budgets, reading the row once."""
        claim.forged(0, members)
        rounds = self._read_row(row)
        radius = self._radius(rounds, rounds.label(), members)
        return tuple(
            0
            if all(axis in self.axes for axis, _ in budget.amounts)
            and budget.get(TRAIN_EXAMPLES) <= radius
            else -1
            for budget in budgets
        )

    def thresholds(self) -> tuple[Threshold, ...]:
        """Return no thresholds: nothing is estimated."""
        return ()

    def requirements(self) -> tuple[Requirement, ...]:
        """Return the least number of members that each declared budget needs."""
        return tuple(map(self._requirement, self.budgets))

    def _requirement(self, budget: Budget) -> Requirement:
        least = 2 * budget.get(TRAIN_EXAMPLES) + 1  # unanimous members lose a final with no fewer
        return Requirement(
            budget=budget,
            reachable=self.members >= least,
            reason=f"{budget}: needs at least {least} members; there are {self.members}",
            least_members=least,
        )

    def _read_row(self, row: bytes) -> Rounds:
        return Rounds.read(row, classes=self.classes, members=self.members)

    def _run_offs(self, rounds: Rounds, label: int) -> list[list[int]]:
        """Return the votes for the label, and for each other class, in a run-off between them."""
        others = (other for other in range(self.classes) if other != label)
        return [list(rounds.between(label, other)) for other in others]

    def _read_run_offs(
        self, value: object, label: int | None
    ) -> dict[tuple[int, int], tuple[int, int]]:
        """Return the label's run-offs from a leaf; ClaimError when they are malformed."""
        others = [other for other in range(self.classes) if other not in (label, None)]
        if label is None:
            others = []
        if not isinstance(value, Sequence) or len(value) != len(others):
            message = f"runOffs: expected {len(others)} pairs, got {value!r:.80}"
            raise ClaimError(message)
        pairs: dict[tuple[int, int], tuple[int, int]] = {}
        for other, entry in zip(others, value, strict=True):
            own, against = claim.whole_numbers(entry, f"runOffs of {other}", 2, self.members)
            total = own + against
            claim.require(total <= self.members, f"runOffs of {other}", self.members, total)
            assert label is not None  # noqa: S101 (else there are no others)
            both = (own, against) if label < other else (against, own)
            pairs[min(label, other), max(label, other)] = both
        return pairs

    def _radius(self, rounds: Rounds, label: int | None, forged: int) -> int:
        """Return the most touched parts that change nothing, -1 if none may be."""
        if label is None:
            return -1
        return most(lambda parts: rounds.withstands(label, parts + forged), self.members)

    def _frontier(self, rounds: Rounds, label: int | None, forged: int) -> tuple[Budget, ...]:
        radius = self._radius(rounds, label, forged)
        return (Budget.of({TRAIN_EXAMPLES: radius}),) if radius >= 0 else ()


def row_size(classes: int) -> int:
    """Return the bytes of a row: a tally of all classes, and one of every pair, of 16 bits each.

    >>> row_size(3), row_size(10)
    (26, 292)
    """
    return 2 * (classes + 1 + 3 * (classes * (classes - 1) // 2))
