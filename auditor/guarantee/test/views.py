"""A fixed family of sparse views: each shows one group of units and hides the rest.

``partitions`` partitions of the units into ``groups`` groups give groups x partitions views. A unit
is visible in exactly one view of each partition, so t changed units change at most
partitions * t views: a derandomised :mod:`auditor.guarantee.test.hide`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Final

from auditor.errors import RecipeError
from auditor.guarantee import fields
from auditor.guarantee.test.units import Layout, check_groups, jittered_groups
from auditor.guarantee.threat import INPUT_FEATURES

MAX_VIEWS: Final = 1 << 18


@dataclass(frozen=True, slots=True, kw_only=True)
class Views:
    """``groups`` views from each of ``partitions`` partitions."""

    method: ClassVar[str] = "views"
    axes: ClassVar[tuple[str, ...]] = (INPUT_FEATURES,)

    groups: int
    partitions: int

    @classmethod
    def from_dict(cls, value: Mapping[str, object], where: str) -> Views:
        """Read the parameters; RecipeError names what is wrong."""
        fields.only(value, ("method", "groups", "partitions"), where)
        params = cls(
            groups=fields.integer(value, "groups", where, low=2, high=MAX_VIEWS),
            partitions=fields.integer(value, "partitions", where, low=1, high=MAX_VIEWS),
        )
        if params.count > MAX_VIEWS:
            message = f"{where}: {params.count} views exceed the limit of {MAX_VIEWS}"
            raise RecipeError(message)
        return params

    @property
    def count(self) -> int:
        """Number of views."""
        return self.groups * self.partitions

    def check(self, layout: Layout, where: str) -> None:
        """Raise RecipeError when the layout cannot be cut into this many groups."""
        check_groups(layout, self.groups, where)

    def good_views_needed(self, changed: int) -> int:
        """Return the least number of good views that survives ``changed`` changed units.

        More than half of all views must remain when each changed unit takes one view of every
        partition. May exceed ``count``: then nothing suffices.
        """
        return self.count // 2 + self.partitions * changed + 1

    def views(self, layout: Layout, design_root: bytes) -> tuple[bytes, ...]:
        """Return the masks, 1 = visible: all groups of the first partition, then of the next."""
        everything = frozenset(range(layout.features))
        return tuple(
            layout.visible(everything.difference(group))
            for partition in range(self.partitions)
            for group in jittered_groups(layout, self.groups, design_root, partition)
        )
