"""The numbers that decide a deterministic rule's claims: a margin for each declared input change.

A change is an amount on every axis of the test side, none included. The claim against it and c
touched parts holds iff its margin is at least 2c, declared or not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from auditor.errors import ClaimError
from auditor.guarantee import claim
from auditor.guarantee.claim import Statistics
from auditor.guarantee.threat import TRAIN_EXAMPLES, Budget

Amounts = tuple[int, ...]
"""One amount for each axis of the test side, in their order."""

Margins = Mapping[Amounts, int]


def within(amounts: Amounts, larger: Amounts) -> bool:
    """Return whether no amount is more than the other's."""
    return all(amount <= most for amount, most in zip(amounts, larger, strict=True))


@dataclass(frozen=True, kw_only=True)
class Deciding:
    """Which margins a claim has, how a leaf writes them, and what they certify."""

    axes: tuple[str, ...]
    """The axes of the test side."""
    poisoned: bool
    """Whether changes of the training data are covered."""
    budgets: tuple[Budget, ...]
    voters: int
    """Votes in one view."""

    @cached_property
    def amounts(self) -> tuple[Amounts, ...]:
        """Declared amounts on the test axes, none included, in increasing order."""
        return tuple(sorted({(0,) * len(self.axes), *map(self.changed, self.budgets)}))

    def changed(self, budget: Budget) -> Amounts:
        """Return a budget's amounts on the test axes."""
        return tuple(map(budget.get, self.axes))

    @property
    def worst(self) -> int:
        """The least margin there can be; it stands for "no number of good views suffices"."""
        return -self.voters - 1

    def statistics(self, margins: Margins) -> dict[str, object]:
        """Return the leaf's form: amounts, one 0 where there are no axes, and then the margin."""
        return {"margins": [[*_named(amounts), margin] for amounts, margin in margins.items()]}

    def read(self, label: int | None, statistics: Statistics) -> dict[Amounts, int]:
        """Return the margins from a leaf; ClaimError when they are malformed."""
        entries = claim.check_keys(statistics, ("margins",))["margins"]
        declared = self.amounts if label is not None else ()
        if not isinstance(entries, Sequence) or len(entries) != len(declared):
            message = f"margins: expected one entry for each of {declared}, got {entries!r:.80}"
            raise ClaimError(message)
        margins: dict[Amounts, int] = {}
        for amounts, entry in zip(declared, entries, strict=True):
            expected = _named(amounts)
            if not isinstance(entry, Sequence) or len(entry) != len(expected) + 1:
                message = f"margins: expected {expected} and a margin, got {entry!r:.80}"
                raise ClaimError(message)
            for amount, given in zip(expected, entry[:-1], strict=True):
                claim.whole(given, "margins: amount", amount, amount)
            # a larger change of the input never leaves a larger margin; all votes for any class
            # but the first leave a margin one less
            smaller = (margin for other, margin in margins.items() if within(other, amounts))
            high = min(smaller, default=self.voters - bool(label))
            what = f"margins[{', '.join(map(str, expected))}]"
            margins[amounts] = claim.whole(entry[-1], what, self.worst, high)
        return margins

    def frontier(self, margins: Margins) -> tuple[Budget, ...]:
        """Return the maximal budgets: the most touched parts at each declared change.

        The margins decide every c, declared or not, so the radius of an input is exact.
        """
        most = {
            amounts: margin // 2 if self.poisoned else 0
            for amounts, margin in margins.items()
            if margin >= 0
        }
        return tuple(
            Budget.of(dict(zip((TRAIN_EXAMPLES, *self.axes), (parts, *amounts), strict=True)))
            for amounts, parts in most.items()
            if not any(
                other != amounts and within(amounts, other) and parts <= more
                for other, more in most.items()
            )
        )


def _named(amounts: Amounts) -> Amounts:
    return amounts or (0,)
