"""Where views lie and what a patch reaches, worked out naively from schemas/README.md."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations, product
from math import prod
from typing import Any

Json = Mapping[str, Any]
View = tuple[int, ...]
Places = set[tuple[int, int]]


def unions(test: Json, shape: Sequence[int]) -> list[View]:
    """Return the views of the two-mask rule by the groups and windows that they hide."""
    if "window" not in test:
        t = test["pixels"]
        return [
            v for size in range(t, 2 * t + 1) for v in combinations(range(test["groups"]), size)
        ]
    windows = prod(len(_starts(test, side, test["window"])) for side in shape[1:])
    alone: list[View] = [(i,) for i in range(windows)]
    alone += combinations(range(windows), 2)
    if "groups" not in test:
        return alone
    groups = unions({key: test[key] for key in ("groups", "pixels")}, shape)
    moved = [tuple(test["groups"] + window for window in view) for view in alone]
    views = [one + other for one in groups for other in moved]
    return sorted(views, key=lambda view: not is_mask(test, view))


def is_mask(test: Json, view: View) -> bool:
    """Tell whether a view is one of the first round."""
    if "window" not in test:
        return len(view) == int(test["pixels"])
    hidden = sum(piece < test["groups"] for piece in view) if "groups" in test else 0
    return hidden == test.get("pixels", 0) and len(view) == hidden + 1


def hidden(test: Json, shape: Sequence[int], good: Sequence[View], change: tuple[int, int]) -> bool:
    """Tell whether one of the good masks hides each change of so many pixels and such a square."""
    pixels, side = change
    tops, lefts = (_starts(test, extent, test["window"]) for extent in shape[1:])
    span = range(test["window"])
    places = [{(top + i, left + j) for i in span for j in span} for top in tops for left in lefts]
    return all(
        any({*groups} <= {*mask} and square <= places[max(mask) - test["groups"]] for mask in good)
        for groups in combinations(range(test["groups"]), pixels)
        for square in (_squares(shape, side) if side else [set()])
    )


def reached(test: Json, shape: Sequence[int], side: int) -> set[frozenset[int]]:
    """Return the sets of ablated views that some square of this side is seen in."""
    shown = _shown(test, shape)
    squares = _squares(shape, side)
    return {frozenset(v for v, seen in enumerate(shown) if seen & at) for at in squares}


def _starts(test: Json, side: int, size: int) -> list[int]:
    return [*range(0, side - size, test["step"]), side - size]


def _shown(test: Json, shape: Sequence[int]) -> list[Places]:
    _, height, width = shape
    size, region = test["size"], test["region"]

    def along(side: int, *, whole: bool) -> list[set[int]]:
        if whole:
            return [set(range(side))]
        starts = range(0, side, test["step"]) if test["wrap"] else _starts(test, side, size)
        return [{(start + k) % side for k in range(size)} for start in starts]

    rows = along(height, whole=region == "columns")
    columns = along(width, whole=region == "rows")
    return [set(product(down, over)) for down in rows for over in columns]


def _squares(shape: Sequence[int], side: int) -> list[Places]:
    tops, lefts = (range(extent - side + 1) for extent in shape[1:])
    cells = list(product(range(side), repeat=2))
    return [{(top + i, left + j) for i, j in cells} for top in tops for left in lefts]
