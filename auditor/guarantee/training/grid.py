"""Parts of examples x blocks of features: one fixed member for each pair.

Member (i, j) is trained on what part i of the examples has in block j of the features, and is shown
block j of an input. A rewritten example touches the ``blocks`` members of its row (its part); a
feature that is changed, in the input or in any number of training examples, touches the ``parts``
members of its column (its block). One part is the feature partition of Hammoudeh and Lowd 2023; one
block would be :mod:`~auditor.guarantee.training.partition`. That both axes hold together is ours
(docs/methods/grid.md).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations, product
from math import comb
from typing import ClassVar, Final

from auditor.errors import RecipeError
from auditor.guarantee import fields
from auditor.guarantee.test.units import Layout, check_groups, jittered_groups
from auditor.guarantee.threat import COLUMNS, INPUT_FEATURES, INPUT_PATCH, TRAIN_EXAMPLES, Threat
from auditor.guarantee.training.partition import MAX_PARTS, Partition

MAX_BLOCKS: Final = 1 << 10
MAX_TOUCHED: Final = 1 << 11

Blocks = tuple[int, ...]
"""Sorted indices of blocks."""

# By content, a column that changes would move the example to another part.
_BY: Final = ("index", "id", "group")
_FORMS: Final = (("groups",), ("down", "across"), ("ranges",))


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """``parts`` parts of examples, assigned by ``by``, and blocks of features in one form of three.

    ``groups``: each spread evenly over the input. ``down`` x ``across``: tiles of an image.
    ``ranges``: neighbouring features of a table. A form that is not used is 0. Members are numbered
    block by block: member (i, j) is j * parts + i.
    """

    method: ClassVar[str] = "grid"
    drawn: ClassVar[bool] = False

    parts: int
    by: str
    groups: int = 0
    down: int = 0
    across: int = 0
    ranges: int = 0

    @classmethod
    def from_dict(cls, value: Mapping[str, object], where: str) -> Grid:
        """Read the parameters; RecipeError names what is wrong."""
        fields.only(
            value, ("method", "parts", "by", *(key for form in _FORMS for key in form)), where
        )
        used = [form for form in _FORMS if any(key in value for key in form)]
        if len(used) != 1:
            message = f"{where}: expected groups, or down and across, or ranges"
            raise RecipeError(message)
        sizes = {key: fields.integer(value, key, where, low=1, high=MAX_BLOCKS) for key in used[0]}
        params = cls(
            parts=fields.integer(value, "parts", where, low=1, high=MAX_PARTS),
            by=fields.choice(value, "by", where, _BY),
            **sizes,
        )
        if not 2 <= params.blocks <= MAX_BLOCKS:
            message = f"{where}: expected 2 to {MAX_BLOCKS} blocks, got {params.blocks}"
            raise RecipeError(message)
        if params.members > MAX_PARTS:
            message = f"{where}: {params.members} members exceed the limit of {MAX_PARTS}"
            raise RecipeError(message)
        return params

    @property
    def blocks(self) -> int:
        """Number of blocks of features."""
        return self.groups or self.ranges or self.down * self.across

    @property
    def members(self) -> int:
        """Number of members."""
        return self.parts * self.blocks

    @property
    def axes(self) -> tuple[str, ...]:
        """Return the axes covered: a patch only where blocks are tiles, which it cannot scatter."""
        patch = (INPUT_PATCH,) if self.down else ()
        return (TRAIN_EXAMPLES, INPUT_FEATURES, *patch, COLUMNS)

    def threat(self, unit: str) -> Threat:
        """Return the covered moves; RecipeError when unit and assignment do not fit."""
        return Partition(parts=self.parts, by=self.by).threat(unit)

    def check(self, layout: Layout, where: str) -> None:
        """Raise RecipeError when the layout cannot be cut into these blocks."""
        if self.groups:
            check_groups(layout, self.groups, where)
            return
        if layout.image != bool(self.down):
            form, kind = ("down and across", "images") if self.down else ("ranges", "tables")
            message = f"{where}: {form} cut {kind}, got inputs of shape {list(layout.shape)}"
            raise RecipeError(message)
        sizes = ("down", "across") if self.down else ("ranges",)
        for key, extent in zip(sizes, layout.shape[-len(sizes) :], strict=True):
            if getattr(self, key) > extent:
                raise fields.refuse(where, key, f"at most {extent}", getattr(self, key))

    def masks(self, layout: Layout, design_root: bytes) -> tuple[bytes, ...]:
        """Return what each block shows: one byte a value, 1 = in the block."""
        everything = frozenset(range(layout.features))
        return tuple(
            layout.visible(everything.difference(block))
            for block in self._values(layout, design_root)
        )

    def _values(self, layout: Layout, design_root: bytes) -> tuple[tuple[int, ...], ...]:
        """Return the flat indices of every block."""
        if self.groups:
            return jittered_groups(layout, self.groups, design_root)
        if self.ranges:
            return tuple(
                tuple(index for index in range(layout.features) if self._range(layout, index) == j)
                for j in range(self.ranges)
            )
        channels, height, width = layout.shape
        tiles: list[list[int]] = [[] for _ in range(self.blocks)]
        for channel, row, column in product(range(channels), range(height), range(width)):
            tile = _place(row, height, self.down) * self.across
            tile += _place(column, width, self.across)
            tiles[tile].append((channel * height + row) * width + column)
        return tuple(map(tuple, tiles))

    def _range(self, layout: Layout, index: int) -> int:
        return _place(index, layout.features, self.ranges)

    def touched(self, units: int, patch: int, layout: Layout) -> tuple[Blocks, ...]:
        """Return every maximal set of blocks that a change of features can touch.

        ``units`` units anywhere, each in one block; and everything inside one square of side
        ``patch`` of an image (0: no square). Every set that some change touches lies inside one
        that is returned. RecipeError when there are more than ``MAX_TOUCHED``.
        """
        squares = self._squares(patch, layout) if patch else (frozenset[int](),)
        found: set[frozenset[int]] = set()
        ways = 0
        for square in squares:
            others = [block for block in range(self.blocks) if block not in square]
            free = min(units, len(others))
            ways += comb(len(others), free)
            if ways > MAX_TOUCHED:
                message = (
                    f"claim.budgets: {units} of {self.blocks} blocks can be touched in more than "
                    f"{MAX_TOUCHED} ways"
                )
                raise RecipeError(message)
            found |= {square.union(chosen) for chosen in combinations(others, free)}
        if units:  # without, no square that is returned lies in another's tiles
            found = {one for one in found if not any(one < other for other in found)}
        return tuple(sorted(tuple(sorted(one)) for one in found))

    def _squares(self, patch: int, layout: Layout) -> tuple[frozenset[int], ...]:
        """Return every maximal set of tiles that some square of this side lies in."""
        down, across = (
            _runs(patch, extent, count)
            for extent, count in zip(layout.shape[1:], (self.down, self.across), strict=True)
        )
        return tuple(
            frozenset(row * self.across + column for row in rows for column in columns)
            for rows, columns in product(down, across)
        )


def _place(index: int, extent: int, count: int) -> int:
    """Return the piece of a place where ``extent`` places are cut into ``count`` equal pieces.

    >>> [_place(index, 8, 3) for index in range(8)]
    [0, 0, 0, 1, 1, 1, 2, 2]
    """
    return index * count // extent


def _runs(patch: int, extent: int, count: int) -> list[range]:
    """Return every maximal run of pieces that some interval of ``patch`` places lies in.

    Moving an interval by one changes its run only where its end enters a piece, or its start
    leaves one, so those are all the places that have to be tried, however long the extent.
    """
    last = max(0, extent - patch)
    begins = [-(-piece * extent // count) for piece in range(count)]
    starts = {start for begin in begins for start in (begin, begin - patch + 1)}
    runs = {_run(start, patch, extent, count) for start in starts if 0 <= start <= last}
    longest = dict(sorted(runs))  # of those with one first piece, the one that goes furthest
    widest = {end: first for first, end in reversed(longest.items())}  # and the other way round
    return [range(first, end) for end, first in sorted(widest.items())]


def _run(start: int, patch: int, extent: int, count: int) -> tuple[int, int]:
    """Return (first, end) of the pieces that places start .. start + patch - 1 lie in."""
    last = min(start + patch, extent) - 1
    return _place(start, extent, count), _place(last, extent, count) + 1
