"""The two-mask rule: hide what the attacker may have touched, show the rest.

A family of masks is such that every covered change of the input lies inside some mask. The rule
(PatchCleanser, Xiang, Mahloujifar and Mittal 2022, with the ensemble as its classifier) classifies
the input under each mask, and under pairs of masks where that disagrees. If the ensemble says A
under *every* union of two masks, no covered change moves the answer (docs/guarantee.md, section 6).

Masks hide unions of ``pixels`` out of ``groups`` groups of units, against that many changed units,
or windows of an image, against a repainted square. A view is named by the sorted tuple of the
groups or windows it hides.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import comb
from typing import ClassVar, Final

from auditor.errors import RecipeError
from auditor.guarantee import fields
from auditor.guarantee.test.units import Layout, check_groups, jittered_groups
from auditor.guarantee.threat import INPUT_FEATURES, INPUT_PATCH

MAX_VIEWS: Final = 1 << 18
MAX_MASKS: Final = 1 << 10  # an input may need the union of every mask with every mask

Hidden = tuple[int, ...]
"""Sorted indices of the groups or windows that a view hides."""


def decide(
    first_round: Sequence[int | None], second_round: Callable[[int, int], int | None]
) -> int | None:
    """Return the label of the two-mask rule, or None for an abstention.

    ``first_round[i]`` is the ensemble's label under mask i, None where it abstains;
    ``second_round(i, j)`` is its label under the union of masks i and j, asked only where needed.

    Unanimous first round: that label. Otherwise the label of the first mask that dissents from the
    most frequent label (the smallest of those tied) and whose second round, over all masks, agrees
    with itself; failing that, the most frequent label; None if there is no label at all.

    >>> decide([1, 1, 1], lambda i, j: 0)
    1
    >>> decide([0, 0, 1], lambda i, j: 1), decide([0, 0, 1], lambda i, j: 0)
    (1, 0)
    """
    votes = Counter(label for label in first_round if label is not None)
    if not votes:
        return None
    majority = min(votes, key=lambda label: (-votes[label], label))
    masks = range(len(first_round))
    for mask, label in enumerate(first_round):
        if label is None or label == majority:
            continue
        if all(second_round(mask, other) == label for other in masks):
            return label
    return majority


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupMasks:
    """Masks hiding ``pixels`` of ``groups`` groups of units: any ``pixels`` units lie in one."""

    method: ClassVar[str] = "two-mask"
    axes: ClassVar[tuple[str, ...]] = (INPUT_FEATURES,)

    groups: int
    pixels: int

    @classmethod
    def from_dict(cls, value: Mapping[str, object], where: str) -> GroupMasks:
        """Read the parameters; RecipeError names what is wrong."""
        fields.only(value, ("method", "groups", "pixels"), where)
        params = cls(
            groups=fields.integer(value, "groups", where, low=3, high=MAX_VIEWS),
            pixels=fields.integer(value, "pixels", where, low=1, high=64),
        )
        if 2 * params.pixels >= params.groups:
            message = (
                f"{where}: two masks of {params.pixels} of {params.groups} groups hide everything"
            )
            raise RecipeError(message)
        check_counts(params.masks, params.count, where)
        return params

    @property
    def limits(self) -> tuple[int]:
        """Largest covered amount along the axis."""
        return (self.pixels,)

    @property
    def masks(self) -> int:
        """Number of masks; views 0 .. masks-1 are the first round."""
        return comb(self.groups, self.pixels)

    @property
    def count(self) -> int:
        """Number of unions of two masks, a mask with itself included."""
        sizes = range(self.pixels, 2 * self.pixels + 1)
        return sum(comb(self.groups, size) for size in sizes)

    def unions(self) -> tuple[Hidden, ...]:
        """Return all unions of two masks: by size, then in order; the masks themselves first."""
        sizes = range(self.pixels, 2 * self.pixels + 1)
        return tuple(hidden for size in sizes for hidden in combinations(range(self.groups), size))

    def check(self, layout: Layout, where: str) -> None:
        """Raise RecipeError when the layout cannot be cut into this many groups."""
        check_groups(layout, self.groups, where)

    def pieces(self, layout: Layout, design_root: bytes) -> tuple[tuple[int, ...], ...]:
        """Return the flat indices of every group."""
        return jittered_groups(layout, self.groups, design_root)

    def views(self, layout: Layout, design_root: bytes) -> tuple[bytes, ...]:
        """Return the mask of every union, 1 = visible."""
        return hiding(self.unions(), self.pieces(layout, design_root), layout)


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowMasks:
    """Masks hiding square windows on a grid: any ``patch`` x ``patch`` square lies in one."""

    method: ClassVar[str] = "two-mask"
    axes: ClassVar[tuple[str, ...]] = (INPUT_PATCH,)

    window: int
    step: int
    patch: int
    layout: Layout

    @classmethod
    def from_dict(cls, value: Mapping[str, object], where: str, layout: Layout) -> WindowMasks:
        """Read the parameters; RecipeError names what is wrong, cover of every patch included."""
        fields.only(value, ("method", "window", "step", "patch"), where)
        if not layout.image:
            message = f"{where}: windows need images, got inputs of shape {list(layout.shape)}"
            raise RecipeError(message)
        side = min(layout.shape[1:])
        params = cls(
            window=fields.integer(value, "window", where, low=1, high=side),
            step=fields.integer(value, "step", where, low=1, high=side),
            patch=fields.integer(value, "patch", where, low=1, high=side),
            layout=layout,
        )
        # counted before they are laid out: a hostile recipe must not cost more than it says
        check_counts(params.masks, params.count, where)
        for extent in layout.shape[1:]:
            _check_cover(params.starts(extent), params.window, params.patch, extent, where)
        return params

    @property
    def limits(self) -> tuple[int]:
        """Largest covered amount along the axis."""
        return (self.patch,)

    @property
    def masks(self) -> int:
        """Number of windows; views 0 .. masks-1 are the first round."""
        _, height, width = self.layout.shape
        return self._along(height) * self._along(width)

    @property
    def count(self) -> int:
        """Number of unions of two windows, a window with itself included."""
        return self.masks * (self.masks + 1) // 2

    def starts(self, extent: int) -> tuple[int, ...]:
        """Return where windows begin along a side of ``extent``; the last touches the border."""
        last = extent - self.window
        return (*range(0, last, self.step), last)

    def _along(self, extent: int) -> int:
        """Return the number of windows along a side of ``extent``."""
        return -(-(extent - self.window) // self.step) + 1

    def unions(self) -> tuple[Hidden, ...]:
        """Return all unions of two windows: the windows themselves first, row by row."""
        windows = range(self.masks)
        return (*((window,) for window in windows), *combinations(windows, 2))

    def check(self, layout: Layout, where: str) -> None:
        """Raise RecipeError when inputs have another shape than the windows were laid over."""
        if layout != self.layout:
            raise fields.refuse(where, "shape", str(self.layout.shape), layout.shape)

    def pieces(self) -> tuple[tuple[int, ...], ...]:
        """Return the flat indices of every window, row by row; a window has all channels."""
        channels, height, width = self.layout.shape
        return tuple(
            tuple(
                (channel * height + row) * width + column
                for channel in range(channels)
                for row in range(top, top + self.window)
                for column in range(left, left + self.window)
            )
            for top in self.starts(height)
            for left in self.starts(width)
        )

    def views(self, layout: Layout, design_root: bytes) -> tuple[bytes, ...]:
        """Return the mask of every union, 1 = visible; a window hides all channels."""
        del design_root
        return hiding(self.unions(), self.pieces(), layout)


def check_counts(masks: int, views: int, where: str) -> None:
    """Raise RecipeError for more masks, or more unions of two, than a verifier need look at."""
    for what, count, limit in (("masks", masks, MAX_MASKS), ("views", views, MAX_VIEWS)):
        if count > limit:
            message = f"{where}: {count} {what} exceed the limit of {limit}"
            raise RecipeError(message)


def _check_cover(starts: Iterable[int], window: int, patch: int, extent: int, where: str) -> None:
    """Raise RecipeError unless every patch position along one side lies inside some window.

    Windows and patches are products of intervals and the grid is a product too, so checking each
    side is checking the square.
    """
    open_ = 0  # the first position not covered yet
    for begin in (*starts, extent):
        if begin > open_ and open_ <= extent - patch:
            message = (
                f"{where}: no window covers a patch of {patch} at {open_} of {extent}: "
                f"expected step at most window - patch + 1 = {window - patch + 1}"
            )
            raise RecipeError(message)
        open_ = max(open_, begin + window - patch + 1)


def hiding(
    unions: Iterable[Hidden], pieces: Sequence[Sequence[int]], layout: Layout
) -> tuple[bytes, ...]:
    """Return the mask of every view, 1 = visible, given the flat indices of each piece."""
    return tuple(
        layout.visible(index for piece in hidden for index in pieces[piece]) for hidden in unions
    )
