"""Units of an input: what one step of the input budget changes, and their order in space.

An input has shape (channels, height, width) or (features,), flattened in C order. With unit
``pixel`` one unit is all channels of one place; with ``channel``, and for flat inputs, one value.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import prod
from typing import Final

from auditor.errors import RecipeError
from auditor.guarantee import fields
from auditor.randomness import Stream

UNITS: Final = ("pixel", "channel")
MAX_FEATURES: Final = 1 << 24
_IMAGE_RANK: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Shape of an input and its unit."""

    shape: tuple[int, ...]
    unit: str

    @classmethod
    def from_json(cls, shape: Sequence[object], unit: str, where: str) -> Layout:
        """Read a shape and a unit; RecipeError names what is wrong."""
        sizes = tuple(size for size in shape if type(size) is int and size >= 1)
        if len(sizes) != len(shape) or len(sizes) not in (1, _IMAGE_RANK):
            raise fields.refuse(where, "shape", "[channels, height, width] or [features]", shape)
        if prod(sizes) > MAX_FEATURES:
            raise fields.refuse(where, "shape", f"at most {MAX_FEATURES} features", list(sizes))
        if unit not in UNITS:
            raise fields.refuse(where, "unit", "'pixel' or 'channel'", unit)
        return cls(shape=sizes, unit=unit)

    @property
    def features(self) -> int:
        """Number of values in an input."""
        return prod(self.shape)

    @property
    def image(self) -> bool:
        """Whether values have places in a picture."""
        return len(self.shape) == _IMAGE_RANK

    @property
    def per_unit(self) -> int:
        """Number of values that one changed unit may change."""
        return self.shape[0] if self.image and self.unit == "pixel" else 1

    @property
    def units(self) -> int:
        """Number of units."""
        return self.features // self.per_unit

    def ordered_units(self) -> tuple[tuple[int, ...], ...]:
        """Return the flat indices of every unit, neighbours in space being near in the order.

        Places of an image follow a Hilbert curve; a flat input keeps its order.
        """
        if not self.image:
            return tuple((index,) for index in range(self.features))
        channels, height, width = self.shape
        places = [row * width + column for row, column in hilbert(height, width)]
        values = [
            tuple(channel * height * width + place for channel in range(channels))
            for place in places
        ]
        if self.unit == "pixel":
            return tuple(values)
        return tuple((index,) for unit in values for index in unit)

    def visible(self, hidden: Iterable[int]) -> bytes:
        """Return the mask of an input with these flat indices hidden: 1 = visible, 0 = hidden."""
        mask = bytearray(b"\x01") * self.features
        for index in hidden:
            mask[index] = 0
        return bytes(mask)


def hilbert(height: int, width: int) -> list[tuple[int, int]]:
    """Return all (row, column) along a Hilbert curve of the smallest enclosing square.

    >>> hilbert(2, 2)
    [(0, 0), (1, 0), (1, 1), (0, 1)]
    """
    side = 1
    while side < max(height, width):
        side *= 2
    curve = (_hilbert_place(side, distance) for distance in range(side * side))
    return [(row, column) for row, column in curve if row < height and column < width]


def _hilbert_place(side: int, distance: int) -> tuple[int, int]:
    row = column = 0
    square = 1
    while square < side:
        right = 1 & (distance // 2)
        down = 1 & (distance ^ right)
        if not down:
            if right:
                column, row = square - 1 - column, square - 1 - row
            column, row = row, column
        column += square * right
        row += square * down
        distance //= 4
        square *= 2
    return row, column


def jittered_groups(
    layout: Layout, groups: int, design_root: bytes, index: int = 0
) -> tuple[tuple[int, ...], ...]:
    """Cut the units into ``groups`` groups, each spread evenly over the input.

    The ordered units are cut into runs of ``groups`` units, and each run is dealt to the groups at
    random. ``index`` names the partition. Returns the sorted flat indices of each group. Every
    value is in exactly one group, and a unit is never divided.
    """
    stream = Stream(design_root, "view-groups", index)
    units = layout.ordered_units()
    dealt: list[list[int]] = [[] for _ in range(groups)]
    for start in range(0, len(units), groups):
        run = units[start : start + groups]
        for unit, group in zip(run, stream.permutation(groups), strict=False):
            dealt[group].extend(unit)
    return tuple(tuple(sorted(group)) for group in dealt)


def check_groups(layout: Layout, groups: int, where: str) -> None:
    """Raise RecipeError when some group would be empty."""
    if groups > layout.units:
        message = (
            f"{where}.groups: expected at most {layout.units} (the input's units), got {groups}"
        )
        raise RecipeError(message)
