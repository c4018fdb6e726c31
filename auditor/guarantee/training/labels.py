"""Labels beside noise on features: flipped with a probability of their own, or left alone."""

from __future__ import annotations

from flint import fmpq

from auditor.errors import RecipeError
from auditor.exact.flips import FlipGroup
from auditor.guarantee.threat import TRAIN_LABELS, Threat


def axes(keep: fmpq) -> tuple[str, ...]:
    """Return the axis of changed labels if labels carry noise."""
    return (TRAIN_LABELS,) if keep < 1 else ()


def threat(unit: str, keep: fmpq) -> Threat:
    """Return the covered moves, priced by the axes; RecipeError for groups.

    A label that is never flipped tells for certain that it was changed: relabelling is covered
    only where labels are flipped.
    """
    if unit != "example":
        message = f"unit {unit!r}: groups need smoothing.training partition by 'group'"
        raise RecipeError(message)
    moves = (("modify", 1), ("relabel", 1)) if keep < 1 else (("modify", 1),)
    return Threat(unit=unit, moves=moves)


def groups(keep: fmpq, changed: int, classes: int) -> tuple[FlipGroup, ...]:
    """Return the noise on ``changed`` changed labels."""
    return (FlipGroup(symbols=classes, keep=keep, changed=changed),) if changed else ()
