"""What a drawn member is trained on when noise is added to the training set."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from auditor.replay import grid_noise
from auditor.run.members import MemberSets

GRID = {"kind": "grid", "low": "0", "high": "4", "step": "1/4"}


def members(training: dict[str, Any], classes: int = 3) -> MemberSets:
    rng = np.random.default_rng(0)
    return MemberSets(
        training=training,
        members=4,
        symbols=rng.integers(-8, 9, (500, 40)).astype(np.int32),
        labels=rng.integers(0, classes, 500),
        positions=np.arange(500),
        slots=500,
        names=None,
        slot_labels=None,
        alphabet=0,
        added=grid_noise.sampler(training, GRID),
        classes=classes,
        channels=1,
        design_root=bytes(32),
        draw_root=bytes(range(32)),
    )


@pytest.mark.parametrize(
    ("training", "mean", "variance"),
    [
        ({"method": "gaussian", "sigma": "1/2", "keepLabels": "1"}, 0, 4 + 1 / 12),
        ({"method": "uniform", "width": "2", "keepLabels": "1"}, -0.5, 63 / 12),  # -4 .. 3
    ],
)
def test_every_member_has_noise_of_its_own_on_every_feature(
    training: dict[str, Any], mean: float, variance: float
) -> None:
    sets = members(training)
    assert sets.drawn
    one, two, again = (sets.training_set(member) for member in (0, 1, 0))
    assert np.array_equal(one.symbols, again.symbols)
    noise = [made.symbols - sets.symbols for made in (one, two)]
    for each in noise:
        assert each.var() == pytest.approx(variance, rel=0.03)
        assert np.abs(each.mean(0) - mean).max() < 0.5
    correlation = np.corrcoef(noise[0].ravel(), noise[1].ravel())[0, 1]
    assert abs(correlation) < 0.03
    assert np.array_equal(one.labels, sets.labels)
    assert one.capacity == 500


def test_labels_are_flipped_beside_it_only_where_the_recipe_says_so() -> None:
    sets = members({"method": "gaussian", "sigma": "1/2", "keepLabels": "200/256"})
    kept = [(sets.training_set(member).labels == sets.labels).mean() for member in range(4)]
    assert np.mean(kept) == pytest.approx(200 / 256, abs=0.03)
    # the noise on features is the same, whatever happens to labels
    alone = members({"method": "gaussian", "sigma": "1/2", "keepLabels": "1"})
    assert np.array_equal(sets.training_set(2).symbols, alone.training_set(2).symbols)
