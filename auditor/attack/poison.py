"""Which training examples an attacker rewrites, and how: within the moves of a threat."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt

from auditor.attack import trigger
from auditor.attack.trigger import Scale, Trigger
from auditor.datasets import Dataset
from auditor.guarantee.test.units import Layout
from auditor.guarantee.threat import TRAIN_EXAMPLES, Budget

ATTACKS: Final = ("badnets", "blended", "pixels", "labels", "clean-label")
"""Gu et al. 2017; Chen et al. 2017; single pixels; relabelling alone; after Turner et al. 2018."""

_MOVES: Final = {
    "badnets": ("modify", "relabel"),
    "blended": ("modify", "relabel"),
    "pixels": ("modify", "relabel"),
    "labels": ("relabel",),
    "clean-label": ("modify",),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Poisoned:
    """A poisoned training set, the trigger that goes with it, and how many examples it cost."""

    train: Dataset
    trigger: Trigger
    rewritten: int


def why_not(attack: str, moves: Mapping[str, int], layout: Layout, budget: Budget) -> str | None:
    """Return why a threat or a budget leaves no room for an attack; None where there is room."""
    missing = [move for move in _MOVES[attack] if move not in moves]
    if missing:
        return f"the certificate's threat has no move {missing[0]!r}"
    if any(moves[move] != 1 for move in _MOVES[attack]):
        return "a rewritten example costs more than 1"
    if attack == "labels":
        return None
    made = _trigger(attack, layout, Scale(low=0, high=1), budget, np.random.default_rng(0))
    return "the budget allows no such change of the input" if made is None else None


def poison(
    attack: str,
    train: Dataset,
    inputs: Dataset,
    *,
    layout: Layout,
    scale: Scale,
    budget: Budget,
    target: int,
    part_of: Sequence[int],
    seed: int,
) -> Poisoned:
    """Return the training set after an attack that spends all of ``budget.trainExamples``.

    ``part_of`` is the part of each example: rewritten ones are spread over as many parts as there
    are, for one example turns its member as well as two do. ``labels`` takes those that lie nearest
    to the mean of the inputs which are to be misread, all others random ones.
    """
    generator = np.random.default_rng(seed)
    made = _trigger(attack, layout, scale, budget, generator) or trigger.NOTHING
    wrong = attack != "clean-label"
    candidates = np.flatnonzero((train.labels != target) == wrong)
    if attack == "labels":
        candidates = _nearest(train, inputs, candidates, target)
    else:
        candidates = generator.permutation(candidates)
    chosen = spread(candidates, part_of, budget.get(TRAIN_EXAMPLES))
    symbols, labels = train.symbols.copy(), train.labels.copy()
    symbols[chosen] = made.stamp(symbols[chosen])
    labels[chosen] = target
    return Poisoned(
        train=replace(train, symbols=symbols, labels=labels), trigger=made, rewritten=len(chosen)
    )


def spread(
    candidates: npt.NDArray[np.int64], part_of: Sequence[int], most: int
) -> npt.NDArray[np.int64]:
    """Return at most so many candidates: one of each part in turn, in the order given."""
    turns: dict[int, int] = {}
    ranked = []
    for place, example in enumerate(candidates.tolist()):
        part = part_of[example]
        turns[part] = turns.get(part, 0) + 1
        ranked.append((turns[part], place, example))
    return np.array([example for _, _, example in sorted(ranked)[:most]], np.int64)


def _trigger(
    attack: str, layout: Layout, scale: Scale, budget: Budget, generator: np.random.Generator
) -> Trigger | None:
    match attack:
        case "blended":
            return trigger.blended(layout, scale, budget, generator)
        case "pixels":
            return trigger.units(layout, scale, budget, generator)
        case "badnets" | "clean-label":
            found = trigger.patch(layout, scale, budget)
            return found or trigger.units(layout, scale, budget, generator)
        case _:
            return None


def _nearest(
    train: Dataset, inputs: Dataset, candidates: npt.NDArray[np.int64], target: int
) -> npt.NDArray[np.int64]:
    """Order examples by their l1 distance from the mean of the inputs that are attacked."""
    attacked = inputs.symbols[inputs.labels != target]
    if not len(attacked):
        return candidates
    apart = np.abs(train.symbols[candidates] - attacked.mean(0)).sum(1)
    return candidates[np.argsort(apart, kind="stable")]
