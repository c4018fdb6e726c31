"""The honest releases that all mutations start from."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Final

from auditor.format.challenge import Signed
from tests import honest
from tests.honest import ED25519, Honest
from tests.vectors.forging import base
from tests.vectors.themes import grid_noise, honest_files


def _challenged() -> Honest:
    return honest.build("flip", awaited=Signed(keyid=None), answer=honest.challenge)


_MADE: Final[tuple[Callable[[], Honest], ...]] = (
    lambda: base("partition"),
    lambda: base("two-mask"),
    lambda: base("views", front_end=True),
    lambda: base("flip"),
    lambda: base("bag"),
    lambda: base("nested"),
    lambda: base("two-mask", key=ED25519),
    lambda: honest_files.by("group"),
    honest_files.windows,
    honest_files.ablation,
    honest_files.joint,
    honest_files.runner_up,
    honest_files.hidden_views,
    honest_files.labels_only,
    honest_files.input_only,
    honest_files.any_size,
    honest_files.poisson_bag,
    honest_files.bag_flip,
    grid_noise.gaussian,
    grid_noise.gaussian_and_labels,
    grid_noise.partition_gaussian,
    grid_noise.uniform,
    honest_files.hidden_training,
    _challenged,
    honest_files.neighbours,
)
COUNT: Final = len(_MADE)


@cache
def release(place: int) -> Honest:
    """Return one of the COUNT honest releases, the same object every time."""
    return _MADE[place]()
