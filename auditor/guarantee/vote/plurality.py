"""Plurality among fixed voters, its margin, and the evidence rows that hold the counts.

The margin of a class A is

    n_A - max over b != A of (n_b + abstentions + [b < A]).

A voter that changes its mind lowers it by at most 2, so a margin of at least 2c survives c
arbitrary voters. At most one class has a margin of at least zero: that class is the plurality's
label. An abstention counts for every rival, so the label does not depend on how an abstaining
voter would have decided. Where nobody abstains this is "most votes, smallest index on ties".
"""

from __future__ import annotations

import sys
from array import array
from collections.abc import Iterable, Sequence
from operator import add

from auditor.errors import ClaimError


def margin(votes: Sequence[int], abstained: int, label: int) -> int:
    """Return the margin of ``label``; requires at least two classes.

    >>> margin([5, 3], 1, 0), margin([3, 5], 1, 1), margin([4, 4], 0, 0), margin([4, 4], 0, 1)
    (1, 0, 0, -1)
    """
    rivals = (count + (rival < label) for rival, count in enumerate(votes) if rival != label)
    return votes[label] - abstained - max(rivals)


def plurality(votes: Sequence[int], abstained: int) -> int | None:
    """Return the class whose margin is at least zero, None when there is none.

    >>> plurality([4, 4], 0), plurality([4, 4], 1), plurality([1, 5, 3], 2), plurality([0, 0], 0)
    (0, None, 1, 0)
    """
    label = max(range(len(votes)), key=votes.__getitem__)  # the first of those tied
    return label if margin(votes, abstained, label) >= 0 else None


def voters_needed(least: int, voters: int, each: int) -> str:
    """Say that so many voters are needed, and how many there are; ``each`` of one member.

    >>> voters_needed(5, 3, 1)
    'so at least 5 members; there are 3'
    """
    who = "members" if each == 1 else "neighbours"
    return f"so at least {least} {who}; there are {voters}"


class Tallies:
    """Class counts of every view of one input, decoded from an evidence row.

    A row is, for each view, K vote counts and the abstentions as little-endian 16-bit integers.
    Raises ClaimError when its size is wrong or a view's counts do not add up to the members.
    """

    __slots__ = ("_columns", "_margins", "classes")

    def __init__(self, row: bytes, *, views: int, classes: int, members: int) -> None:
        size = views * (classes + 1) * 2
        if len(row) != size:
            message = f"evidence row: expected {size} bytes, got {len(row)}"
            raise ClaimError(message)
        counts = array("H")
        counts.frombytes(row)
        if sys.byteorder == "big":
            counts.byteswap()
        self.classes = classes
        self._columns = [counts[k :: classes + 1].tolist() for k in range(classes + 1)]
        self._margins: dict[int, list[int]] = {}
        sums: Iterable[int] = self._columns[0]
        for column in self._columns[1:]:
            sums = map(add, sums, column)
        totals = set(sums)
        if totals != {members}:
            message = (
                f"evidence row: expected {members} votes in each view, got {sorted(totals)[:3]}"
            )
            raise ClaimError(message)

    def view(self, index: int) -> tuple[int, ...]:
        """Return votes per class and then abstentions of one view."""
        return tuple(column[index] for column in self._columns)

    def label(self, index: int) -> int | None:
        """Return the members' plurality in one view."""
        *votes, abstained = self.view(index)
        return plurality(votes, abstained)

    def labels(self, count: int) -> list[int | None]:
        """Return the members' plurality in views 0 .. count-1."""
        guess = self.label(0)
        if guess is None:
            return [self.label(index) for index in range(count)]
        # Views mostly agree, and one pass over all of them is cheaper than a call for each.
        margins = self.margins(guess)[:count]
        return [guess if m >= 0 else self.label(index) for index, m in enumerate(margins)]

    def settled(self, count: int, touched: int) -> list[int | None]:
        """Return the labels that ``touched`` arbitrary members cannot change, else None.

        Where they can, they can also make the members abstain.
        """
        return [
            label if label is None or self.margins(label)[index] >= 2 * touched else None
            for index, label in enumerate(self.labels(count))
        ]

    def margins(self, label: int) -> list[int]:
        """Return the margin of ``label`` in every view."""
        if label not in self._margins:
            self._margins[label] = self._all_margins(label)
        return self._margins[label]

    def _all_margins(self, label: int) -> list[int]:
        abstained = self._columns[-1]
        below, above = self._columns[:label], self._columns[label + 1 : -1]
        own = self._columns[label]
        highest = _maxima(above) if above else None
        if below:
            tied = _maxima(below)
            if highest is None:
                return [n - r - 1 - a for n, r, a in zip(own, tied, abstained, strict=True)]
            highest = [r if r > s else s + 1 for r, s in zip(highest, tied, strict=True)]
        assert highest is not None  # noqa: S101 (two classes at least)
        return [n - r - a for n, r, a in zip(own, highest, abstained, strict=True)]


def encode_row(tallies: Iterable[Sequence[int]]) -> bytes:
    """Return the evidence row of views given as votes per class and then abstentions."""
    counts = array("H", (count for tally in tallies for count in tally))
    if sys.byteorder == "big":
        counts.byteswap()
    return counts.tobytes()


def _maxima(columns: Sequence[list[int]]) -> list[int]:
    return columns[0] if len(columns) == 1 else list(map(max, *columns))
