"""The plurality of ablated views, and how far a patch and single pixels can push it.

A view's label is *settled* at m if its own margin is at least m: with m = 2c, no c members change
it. Whatever is done to an input and to c parts, a settled view that sees nothing of the change
keeps its label. All others may say anything, and an abstention is the worst that they can say: it
counts for every rival at once. So the label A is safe if its outer margin is at least zero when
the views that are reached, or not settled, abstain:

    n_A - max over b != A of (n_b + [b < A]) - (views - sum of all n)

for every place of the patch. Single pixels are charged what each takes from the difference between
A and b in the views that show it, the most expensive ones first; that can only charge too much.
For patches alone the condition is exact: where it fails, members with these tallies lose the label.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from auditor.guarantee.vote.deciding import Amounts
from auditor.guarantee.vote.plurality import Tallies


@dataclass(frozen=True, kw_only=True)
class Ablated:
    """One input's label over ablated views, of which ``members`` members may be forged."""

    label: int
    tallies: Tallies
    members: int
    views: int
    amounts: tuple[Amounts, ...]
    """Declared changed units and side of a patch."""
    reached: Mapping[int, Sequence[int]]
    """By side of a patch, the sets of views that some place of it reaches; 1 is always there."""
    worst: int
    """The margin that stands for "nothing"."""
    _settled: dict[int, dict[int, int]] = field(default_factory=dict, repr=False)
    _charged: dict[tuple[int, int], dict[int, int]] = field(default_factory=dict, repr=False)

    def margins(self, forged: int) -> dict[Amounts, int]:
        """Return the margin left for each declared amount with so many forged views.

        The largest m at which the settled views carry the label, less 2 for each forged member.
        """
        return {amounts: self._margin(amounts, forged) for amounts in self.amounts}

    def label_slack(self) -> int:
        """Return the most forged views that cannot change the label, -1 if the members can."""
        return self.slack((0, 0), 0)

    def slack(self, amounts: Amounts, parts: int) -> int:
        """Return the most forged views that leave a claim standing, -1 if it does not hold."""
        # a forged view takes at most 2 off the outer margin
        return max(-1, self.outer(2 * (parts + self.members), amounts) // 2)

    def outer(self, least: int, amounts: Amounts) -> int:
        """Return what is left of the outer margin at worst, views being settled at ``least``."""
        pixels, side = amounts
        return min(self._past(least, pixels, seen) for seen in self.reached[side])

    @cached_property
    def _own(self) -> list[tuple[int, int, int]]:
        """(margin, label, view) of every view that has a label, in increasing order."""
        labels = self.tallies.labels(self.views)
        return sorted(
            (self.tallies.margins(label)[view], label, view)
            for view, label in enumerate(labels)
            if label is not None
        )

    def _margin(self, amounts: Amounts, forged: int) -> int:
        steps = sorted({margin for margin, _, _ in self._own})
        pixels, side = amounts
        deepest = len(steps) - 1
        for seen in self.reached[side]:
            # at most places what holds elsewhere holds too, so one look is enough
            low, high = -1, deepest
            middle = high
            while low < high:  # more views are settled at less
                if self._past(steps[middle], pixels, seen) >= 2 * forged:
                    low = middle
                else:
                    high = middle - 1
                middle = (low + high + 1) // 2
            deepest = high
        return (steps[deepest] if deepest >= 0 else self.worst) - 2 * self.members

    def _views_of(self, least: int) -> dict[int, int]:
        """Return by label the views that are settled at ``least``, as bits."""
        if least not in self._settled:
            found = {self.label: 0}
            for margin, label, view in reversed(self._own):
                if margin < least:
                    break
                found[label] = found.get(label, 0) | 1 << view
            self._settled[least] = found
        return self._settled[least]

    def _past(self, least: int, pixels: int, seen: int) -> int:
        """Return what is left of the outer margin if these views, and so many units, are seen."""
        counts = {
            label: (views & ~seen).bit_count() for label, views in self._views_of(least).items()
        }
        ahead = counts[self.label] + sum(counts.values()) - self.views
        return min(
            ahead - counts.get(rival, 0) - (rival < self.label) - charge
            for rival, charge in self._charges(least, pixels).items()
        )

    def _charges(self, least: int, pixels: int) -> dict[int, int]:
        """Return for each rival the most that so many changed units take off its distance.

        A view that says the label is worth 2, one that says another class than the rival 1.
        """
        key = (least, pixels)
        if key not in self._charged:
            self._charged[key] = self._most(least, pixels)
        return self._charged[key]

    def _most(self, least: int, pixels: int) -> dict[int, int]:
        rivals = [rival for rival in range(self.tallies.classes) if rival != self.label]
        if not pixels:
            return dict.fromkeys(rivals, 0)
        settled = self._views_of(least)
        counted = [
            {label: (views & seen).bit_count() for label, views in settled.items()}
            for seen in self.reached[1]
        ]
        worth = [counts[self.label] + sum(counts.values()) for counts in counted]
        charges = {}
        for rival in rivals:
            each = [
                all_ - counts.get(rival, 0) for all_, counts in zip(worth, counted, strict=True)
            ]
            charges[rival] = sum(sorted(each, reverse=True)[:pixels])
        return charges
