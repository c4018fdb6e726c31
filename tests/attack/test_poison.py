"""Triggers and poisoned examples stay within budget, moves and alphabet."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.attack.poison import ATTACKS, poison, spread, why_not
from auditor.attack.trigger import Scale
from auditor.datasets import Dataset
from auditor.guarantee.test.units import Layout
from auditor.guarantee.threat import Budget

BOTH = {"modify": 1, "relabel": 1}
GRID = {"kind": "grid", "low": "-1", "high": "1", "step": "1/4"}
LEVELS = {"kind": "levels", "edges": ["1", "2", "3"]}


def data(size: int, shape: tuple[int, ...], scale: Scale, seed: int = 0) -> Dataset:
    generator = np.random.default_rng(seed)
    kind: Any = np.int32 if scale.low else np.uint8
    width = int(np.prod(shape))
    return Dataset(
        symbols=generator.integers(scale.low, scale.high + 1, (size, width)).astype(kind),
        labels=generator.integers(0, 2, size),
        ids=None,
        groups=None,
        names=tuple(map(str, range(size))),
        source_digests=("00" * 32,) * size,
        class_names=("a", "b"),
        shape=shape,
        positions=np.arange(size),
        slots=size,
    )


def test_the_symbols_of_an_alphabet() -> None:
    assert Scale.of(LEVELS) == Scale(low=0, high=3)
    assert Scale.of({"kind": "binary", "threshold": "8"}) == Scale(low=0, high=1)
    assert Scale.of(GRID) == Scale(low=-4, high=4)


@given(
    attack=st.sampled_from(ATTACKS),
    shape=st.sampled_from([(1, 5, 4), (3, 4, 4), (7,)]),
    unit=st.sampled_from(["pixel", "channel"]),
    alphabet=st.sampled_from([LEVELS, GRID]),
    examples=st.integers(1, 12),
    features=st.integers(0, 20),
    patch=st.integers(0, 6),
    seed=st.integers(0, 99),
)
def test_no_attack_changes_more_than_the_budget(
    *,
    attack: str,
    shape: tuple[int, ...],
    unit: str,
    alphabet: dict[str, Any],
    examples: int,
    features: int,
    patch: int,
    seed: int,
) -> None:
    scale, layout = Scale.of(alphabet), Layout(shape=shape, unit=unit)
    train, inputs = data(40, shape, scale), data(10, shape, scale, 1)
    amounts = {"trainExamples": examples, "inputFeatures": features, "inputPatch": patch}
    budget = Budget.of({axis: amount for axis, amount in amounts.items() if amount})
    if why_not(attack, BOTH, layout, budget) is not None:
        assert attack != "labels"
        return
    made = poison(
        attack,
        train,
        inputs,
        layout=layout,
        scale=scale,
        budget=budget,
        target=1,
        part_of=[index % 7 for index in range(40)],
        seed=seed,
    )
    moved = (made.train.symbols != train.symbols).any(1)
    relabelled = made.train.labels != train.labels
    assert made.rewritten <= examples
    assert (moved | relabelled).sum() <= made.rewritten
    if attack == "labels":
        assert not moved.any()
    if attack == "clean-label":
        assert not relabelled.any()
    stamped = made.trigger.stamp(inputs.symbols)
    for symbols in (made.train.symbols, stamped):
        assert scale.low <= symbols.min()
        assert symbols.max() <= scale.high
        assert symbols.dtype == train.symbols.dtype
    assert within(layout, (stamped != inputs.symbols).any(0), features, patch)


def within(layout: Layout, changed: Any, features: int, patch: int) -> bool:  # noqa: ANN401
    """Whether changed values are so many units, or lie in one square of an image."""
    units = sum(any(changed[index] for index in unit) for unit in layout.ordered_units())
    if units <= features:
        return True
    if not layout.image or not patch:
        return False
    places = np.argwhere(changed.reshape(layout.shape).any(0))
    extent = places.max(0) - places.min(0) + 1
    return bool((extent <= patch).all())


def test_examples_are_spread_over_the_parts() -> None:
    part_of = [0] * 6 + [1] * 2 + [2]
    candidates = np.arange(9)
    chosen = spread(candidates, part_of, 5)
    assert sorted(part_of[example] for example in chosen.tolist()) == [0, 0, 1, 1, 2]
    assert [part_of[example] for example in spread(candidates, part_of, 3).tolist()] == [0, 1, 2]
    assert len(spread(candidates, part_of, 100)) == 9


@pytest.mark.parametrize(
    ("attack", "moves", "amounts", "reason"),
    [
        ("badnets", {"relabel": 1}, {"inputPatch": 2}, "no move 'modify'"),
        ("labels", {"modify": 1}, {}, "no move 'relabel'"),
        ("clean-label", {"relabel": 1}, {"inputPatch": 2}, "no move 'modify'"),
        ("labels", {"modify": 2, "relabel": 2}, {}, "costs more than 1"),
        ("pixels", BOTH, {"inputPatch": 2}, "no such change of the input"),
        ("badnets", BOTH, {}, "no such change of the input"),
    ],
)
def test_what_leaves_no_room_is_said(
    attack: str, moves: dict[str, int], amounts: dict[str, int], reason: str
) -> None:
    layout = Layout(shape=(1, 4, 4), unit="pixel")
    said = why_not(attack, moves, layout, Budget.of({"trainExamples": 2, **amounts}))
    assert said is not None
    assert reason in said
