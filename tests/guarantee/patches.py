"""Ablated views and joint masks as recipes write them, and the changes of an image they face."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations, product

from auditor.guarantee.test.units import Layout
from tests.guarantee.audits import Json


def blocks(size: int, *, step: int = 1, wrap: bool = True, region: str = "block") -> Json:
    return {"method": "ablation", "region": region, "size": size, "step": step, "wrap": wrap}


def bands(size: int, *, step: int = 1, wrap: bool = True, region: str = "columns") -> Json:
    return blocks(size, step=step, wrap=wrap, region=region)


def joint(groups: int, pixels: int, window: int, step: int, patch: int) -> Json:
    sizes = {"groups": groups, "pixels": pixels}
    return {"method": "two-mask", **sizes, "window": window, "step": step, "patch": patch}


def square(shape: Sequence[int], top: int, left: int, side: int) -> tuple[int, ...]:
    channels, height, width = shape
    return tuple(
        (channel * height + top + row) * width + left + column
        for channel, row, column in product(range(channels), range(side), range(side))
    )


def squares(shape: Sequence[int], side: int) -> Iterator[tuple[int, ...]]:
    """The flat indices of every square of this side; nothing once for none."""
    if not side:
        yield ()
        return
    for top, left in product(range(shape[1] - side + 1), range(shape[2] - side + 1)):
        yield square(shape, top, left, side)


def units(layout: Layout, count: int) -> Iterator[tuple[int, ...]]:
    """The flat indices of every set of so many units."""
    for chosen in combinations(layout.ordered_units(), count):
        yield tuple(index for unit in chosen for index in unit)
