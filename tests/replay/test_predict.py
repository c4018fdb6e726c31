"""The deployed rule gives no label that the certified classifier does not have, but for alpha."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from math import factorial, prod

import pytest

from auditor.replay.predict import told_apart

ALPHA = "1/10"


def samples(total: int, kinds: int) -> Iterator[tuple[int, ...]]:
    if kinds == 1:
        yield (total,)
        return
    for first in range(total + 1):
        for rest in samples(total - first, kinds - 1):
            yield (first, *rest)


def certified(chances: Sequence[Fraction], abstains: Fraction, runner_up: bool) -> int | None:
    """The ideal classifier, from the chances themselves."""
    for label, chance in enumerate(chances):
        rivals = [other + abstains for at, other in enumerate(chances) if at != label]
        if chance > (max(rivals) if runner_up else Fraction(1, 2)):
            return label
    return None


@pytest.mark.parametrize("runner_up", [False, True])
@pytest.mark.parametrize(
    "weights",
    [
        (5, 5, 0, 0),
        (4, 2, 0, 4),
        (6, 1, 0, 5),
        (3, 1, 1, 7),
        (10, 9, 9, 0),
        (6, 3, 0, 3),
        (1, 0, 0, 1),
        (9, 0, 0, 1),
    ],
)
def test_a_wrong_label_is_rarer_than_alpha(weights: tuple[int, ...], runner_up: bool) -> None:
    draws = 14
    chances = [Fraction(weight, sum(weights)) for weight in weights]
    right = certified(chances[:-1], chances[-1], runner_up)
    wrong = Fraction(0)
    for sample in samples(draws, len(weights)):
        label = told_apart(sample[:-1], sample[-1], runner_up=runner_up, alpha=ALPHA)
        if label is not None and label != right:
            ways = factorial(draws) // prod(map(factorial, sample))
            wrong += ways * prod(p**n for p, n in zip(chances, sample, strict=True))
    assert wrong <= Fraction(ALPHA)


def test_abstentions_count_for_every_rival() -> None:
    for runner_up in (False, True):
        assert told_apart([300, 100, 0], 0, runner_up=runner_up, alpha=ALPHA) == 0
        assert told_apart([300, 100, 0], 600, runner_up=runner_up, alpha=ALPHA) is None
    assert told_apart([400, 200, 200], 0, runner_up=True, alpha=ALPHA) == 0
    assert told_apart([400, 200, 200], 0, runner_up=False, alpha=ALPHA) is None
