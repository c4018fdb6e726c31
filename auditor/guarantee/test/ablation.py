"""Derandomised ablation: every view shows one block, or one band, of an image and hides the rest.

A square patch is visible only in the views whose region meets it. Which views these are is known
for each place of the patch, so they are counted exactly, place by place (Levine and Feizi 2020,
"(De)Randomized Smoothing for Certified Defense against Patch Attacks", count the most over all
places). A changed unit is visible where a patch of side 1 at its place is: all channels of a place
are shown together, whatever the unit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Final, NamedTuple

from auditor.errors import RecipeError
from auditor.guarantee import fields
from auditor.guarantee.test.units import Layout
from auditor.guarantee.threat import INPUT_FEATURES, INPUT_PATCH

MAX_REGIONS: Final = 1 << 10  # each is counted at every place of a patch
REGIONS: Final = ("block", "columns", "rows")


class _Side(NamedTuple):
    """Regions along one side of an image: where they begin, and how long they are."""

    starts: tuple[int, ...]
    size: int
    extent: int

    def shown(self, start: int) -> frozenset[int]:
        return frozenset((start + offset) % self.extent for offset in range(self.size))

    def met(self, length: int) -> tuple[int, ...]:
        """Return the different sets of regions that an interval of this length meets, as bits."""
        places = self.extent - length + 1
        turns = {0: 0}  # by place of the interval: regions that it begins or ceases to meet there
        for region, start in enumerate(self.starts):
            first, end = max(0, start - length + 1), min(start + self.size, places)
            wrapped = start + self.size - self.extent
            # a wrapped region is met at the beginning too, up to where it is met at the end
            met = [(0, min(wrapped, first)), (first, places)]
            ranges = met if wrapped > 0 else [(first, end)]
            for begin, stop in ranges:
                turns[begin] = turns.get(begin, 0) ^ 1 << region
                turns[stop] = turns.get(stop, 0) ^ 1 << region
        sets: dict[int, None] = {}
        here = 0
        for place in sorted(turns):
            here ^= turns[place]
            if place < places:
                sets[here] = None
        return tuple(sets)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ablation:
    """Views that show one block of ``size`` x ``size``, or a band of so many columns or rows.

    Regions begin at every ``step``-th place; with ``wrap`` they go on at the opposite border, else
    the last one touches the border.
    """

    method: ClassVar[str] = "ablation"
    axes: ClassVar[tuple[str, ...]] = (INPUT_FEATURES, INPUT_PATCH)

    region: str
    size: int
    step: int
    wrap: bool
    layout: Layout

    @classmethod
    def from_dict(cls, value: Mapping[str, object], where: str, layout: Layout) -> Ablation:
        """Read the parameters; RecipeError names what is wrong."""
        fields.only(value, ("method", "region", "size", "step", "wrap"), where)
        if not layout.image:
            message = f"{where}: regions need images, got inputs of shape {list(layout.shape)}"
            raise RecipeError(message)
        region = fields.choice(value, "region", where, REGIONS)
        _, height, width = layout.shape
        side = {"block": min(height, width), "columns": width, "rows": height}[region]
        wrap = value.get("wrap")
        if not isinstance(wrap, bool):
            raise fields.refuse(where, "wrap", "true or false", wrap)
        params = cls(
            region=region,
            size=fields.integer(value, "size", where, low=1, high=side),
            step=fields.integer(value, "step", where, low=1, high=side),
            wrap=wrap,
            layout=layout,
        )
        if params.count > MAX_REGIONS:
            message = f"{where}: {params.count} views exceed the limit of {MAX_REGIONS}"
            raise RecipeError(message)
        return params

    @property
    def limits(self) -> tuple[int | None, int]:
        """Largest amounts along the axes: any number of units, a square that fits the image."""
        return None, min(self.layout.shape[1:])

    @property
    def count(self) -> int:
        """Number of views."""
        _, height, width = self.layout.shape
        rows = 1 if self.region == "columns" else self._along(height)
        return rows * (1 if self.region == "rows" else self._along(width))

    def reached(self, patch: int) -> tuple[int, ...]:
        """Return the different sets of views that see something of a square of this side.

        One set for each place of the square, none twice; bit v for view v. A ``patch`` of 0 is
        seen by none.
        """
        if patch == 0:
            return (0,)
        rows, columns = self._sides()
        across = columns.met(patch)
        # a set of rows of views, times a set of columns of views
        spread = [
            sum(1 << row * len(columns.starts) for row in range(len(rows.starts)) if met >> row & 1)
            for met in rows.met(patch)
        ]
        return tuple(dict.fromkeys(down * over for down in spread for over in across))

    def check(self, layout: Layout, where: str) -> None:
        """Raise RecipeError when inputs have another shape than the regions were laid over."""
        if layout != self.layout:
            raise fields.refuse(where, "shape", str(self.layout.shape), layout.shape)

    def views(self, layout: Layout, design_root: bytes) -> tuple[bytes, ...]:
        """Return the mask of every view, 1 = visible, row by row; all channels are shown alike."""
        del design_root
        channels, height, width = self.layout.shape
        rows, columns = self._sides()
        masks = []
        for top in rows.starts:
            down = rows.shown(top)
            for left in columns.starts:
                over = columns.shown(left)
                hidden = (
                    (channel * height + row) * width + column
                    for channel in range(channels)
                    for row in range(height)
                    for column in range(width)
                    if row not in down or column not in over
                )
                masks.append(layout.visible(hidden))
        return tuple(masks)

    def _sides(self) -> tuple[_Side, _Side]:
        """Return the regions along the height and along the width."""
        _, height, width = self.layout.shape
        return (
            self._side(height, whole=self.region == "columns"),
            self._side(width, whole=self.region == "rows"),
        )

    def _side(self, extent: int, *, whole: bool) -> _Side:
        if whole:
            return _Side((0,), extent, extent)
        if self.wrap:
            return _Side(tuple(range(0, extent, self.step)), self.size, extent)
        last = extent - self.size
        return _Side((*range(0, last, self.step), last), self.size, extent)

    def _along(self, extent: int) -> int:
        """Return the number of regions along a side, without laying them out."""
        return -(-extent // self.step) if self.wrap else -(-(extent - self.size) // self.step) + 1
