"""Two masks against single pixels and a patch at once: a mask hides pixel groups and a window.

A mask is ``pixels`` of ``groups`` groups together with one window. Whatever so many units and one
square were changed to, some mask hides all of it; so the two-mask rule covers both at once.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations, product
from typing import ClassVar

from auditor.guarantee import fields
from auditor.guarantee.test.two_mask import (
    GroupMasks,
    Hidden,
    WindowMasks,
    check_counts,
    hiding,
)
from auditor.guarantee.test.units import Layout
from auditor.guarantee.threat import INPUT_FEATURES, INPUT_PATCH

_GROUPS = ("groups", "pixels")
_WINDOWS = ("window", "step", "patch")


@dataclass(frozen=True, slots=True, kw_only=True)
class JointMasks:
    """Masks hiding one of the family ``groups`` and one of the family ``windows``.

    A view is named by the groups it hides, then its windows, which are numbered after the groups.
    """

    method: ClassVar[str] = "two-mask"
    axes: ClassVar[tuple[str, ...]] = (INPUT_FEATURES, INPUT_PATCH)

    groups: GroupMasks
    windows: WindowMasks

    @classmethod
    def from_dict(cls, value: Mapping[str, object], where: str, layout: Layout) -> JointMasks:
        """Read the parameters; RecipeError names what is wrong."""
        fields.only(value, ("method", *_GROUPS, *_WINDOWS), where)
        parts = [{key: value[key] for key in keys if key in value} for keys in (_GROUPS, _WINDOWS)]
        params = cls(
            groups=GroupMasks.from_dict(parts[0], where),
            windows=WindowMasks.from_dict(parts[1], where, layout),
        )
        check_counts(params.masks, params.count, where)
        return params

    @property
    def limits(self) -> tuple[int, int]:
        """Largest covered amounts along the axes."""
        return *self.groups.limits, *self.windows.limits

    @property
    def masks(self) -> int:
        """Number of masks; views 0 .. masks-1 are the first round."""
        return self.groups.masks * self.windows.masks

    @property
    def count(self) -> int:
        """Number of unions of two masks, a mask with itself included."""
        return self.groups.count * self.windows.count

    def unions(self) -> tuple[Hidden, ...]:
        """Return all unions of two masks: the masks first, then the others.

        Both by their groups and then their windows, each in its own family's order.
        """
        groups, first = self.groups.unions(), self.groups.masks
        windows = tuple(
            tuple(self.groups.groups + window for window in pair) for pair in self.windows.unions()
        )
        alone = self.windows.masks
        masks = (one + other for one, other in product(groups[:first], windows[:alone]))
        others = (
            one + other
            for (i, one), (j, other) in product(enumerate(groups), enumerate(windows))
            if i >= first or j >= alone
        )
        return *masks, *others

    def covered(self, margins: Sequence[int], pixels: int, patch: int) -> int:
        """Return the least, over all changes, of the greatest margin of a mask that hides it.

        ``margins``: one a mask. A change is any ``pixels`` groups and any square of side ``patch``;
        0 is none. Amounts are within the limits.
        """
        sets = self.groups.unions()[: self.groups.masks]
        covers = _covers(self.windows, patch)
        hidden: dict[Hidden, list[int]] = {}
        for index, groups in enumerate(sets):
            own = margins[index * self.windows.masks : (index + 1) * self.windows.masks]
            best = [max(own[window] for window in cover) for cover in covers]
            for changed in combinations(groups, pixels):
                known = hidden.get(changed, best)
                hidden[changed] = [max(pair) for pair in zip(known, best, strict=True)]
        return min(map(min, hidden.values()))

    def check(self, layout: Layout, where: str) -> None:
        """Raise RecipeError when the layout does not fit groups or windows."""
        self.groups.check(layout, where)
        self.windows.check(layout, where)

    def views(self, layout: Layout, design_root: bytes) -> tuple[bytes, ...]:
        """Return the mask of every union, 1 = visible; a window hides all channels."""
        pieces = (*self.groups.pieces(layout, design_root), *self.windows.pieces())
        return hiding(self.unions(), pieces, layout)


@lru_cache(maxsize=128)
def _covers(windows: WindowMasks, patch: int) -> tuple[tuple[int, ...], ...]:
    """Return the different sets of windows that hold a square of this side, over its places."""
    if patch == 0:
        return (tuple(range(windows.masks)),)
    _, height, width = windows.layout.shape
    across = len(windows.starts(width))
    down, over = (_holding(windows, extent, patch) for extent in (height, width))
    return tuple(
        tuple(row * across + column for row in rows for column in columns)
        for rows, columns in product(down, over)
    )


def _holding(windows: WindowMasks, extent: int, patch: int) -> tuple[range, ...]:
    """Return the different runs of windows along a side that hold an interval somewhere."""
    starts = windows.starts(extent)
    ends = [start + windows.window for start in starts]
    return tuple(
        dict.fromkeys(
            range(bisect_left(ends, place + patch), bisect_right(starts, place))
            for place in range(extent - patch + 1)
        )
    )


TwoMasks = GroupMasks | WindowMasks | JointMasks
"""Every test side under the two-mask rule."""
