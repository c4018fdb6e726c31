"""The two-mask rule on the input as it is: what its first round says, if some views are forged.

Against changes of the training data alone, only the labels of the family's masks matter, and of
the unions where a mask dissents. Call a view *good* for c touched parts if the label's margin in it
is at least 2c. The answer is still the label A if

* A is the most frequent label of the first round whatever the views that are not good say, and
* no dissenter passes: among the unions of every mask with all masks, some view is good.

A forged view is one that may not be good. So with b of them each count of good views has to be
larger by b, and the b-th best view of each kind decides (docs/guarantee.md, section 7).
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from auditor.guarantee.test.two_mask import Hidden


class Unions:
    """Which view hides two masks at once; the first views are the masks themselves."""

    def __init__(self, unions: Sequence[Hidden], *, masks: int) -> None:
        self._places = {hidden: view for view, hidden in enumerate(unions)}
        self._hidden = tuple(unions[:masks])

    def view(self, mask: int, other: int) -> int:
        """Return the view that hides both masks."""
        return self._places[tuple(sorted({*self._hidden[mask], *self._hidden[other]}))]

    @cached_property
    def rounds(self) -> tuple[tuple[int, ...], ...]:
        """For each mask, the views of its second round, each once."""
        masks = range(len(self._hidden))
        return tuple(tuple({self.view(mask, other) for other in masks}) for mask in masks)


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstRound:
    """The margins of one label that decide the rule's answer on an unchanged input."""

    needed: int
    """Good masks that make the label the most frequent one, whatever the others say."""
    masks: Sequence[int]
    """Margins under each mask alone, in increasing order."""
    rounds: tuple[Sequence[int], ...]
    """For each mask, the margins of the views in its second round, in increasing order."""

    @classmethod
    def of(cls, label: int, margins: Sequence[int], rounds: Iterable[Sequence[int]]) -> FirstRound:
        """Return them from the margins of every view; ``rounds[i]``: the views of mask i's round.

        The first views are the masks. Each view of a round is named once.
        """
        second = tuple(sorted(margins[view] for view in views) for views in rounds)
        masks = len(second)
        # the others may all say the same class, which wins ties unless the label is the first
        needed = masks - (masks - bool(label)) // 2
        return cls(needed=needed, masks=sorted(margins[:masks]), rounds=second)

    def margin(self, forged: int) -> int | None:
        """Return the least of the margins that decide with so many forged views; None: too many.

        The answer stands against c touched parts if that margin is at least 2c.
        """
        among = self.needed + forged
        if among > len(self.masks) or any(forged >= len(views) for views in self.rounds):
            return None
        return min(self.masks[-among], *(views[-1 - forged] for views in self.rounds))

    def slack(self, margin: int) -> int:
        """Return the most forged views at which that many still have ``margin``, -1 if none do."""
        spare = _at_least(self.masks, margin) - self.needed
        return max(-1, min(spare, *(_at_least(views, margin) - 1 for views in self.rounds)))


def _at_least(ordered: Sequence[int], margin: int) -> int:
    return len(ordered) - bisect_left(ordered, margin)
