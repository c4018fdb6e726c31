"""A small convolutional network: 3 x 3 convolutions, each halved, one dense layer, scores."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from auditor.errors import RecipeError
from auditor.learners.base import InputSpec
from auditor.learners.modules import ModuleLearner, RowsToImages, images, planes
from auditor.learners.options import Options
from auditor.learners.rows import RowMaker
from auditor.learners.training_loop import AdamW


def cnn(options: Options, maker: RowMaker) -> ModuleLearner:
    """Read the ``learner`` table. Raises RecipeError."""
    spec = maker.spec
    channels = options.wholes("channels", (8, 16))
    hidden = options.whole("hidden", 32, least=1)
    planes(spec)
    if min(spec.shape[1:]) >> len(channels) < 1:
        msg = (
            f"learner.channels: {len(channels)} halvings expect images of at least "
            f"{1 << len(channels)} pixels a side, got {spec.shape}"
        )
        raise RecipeError(msg)
    return ModuleLearner.from_options(
        options,
        maker,
        lambda: images(RowsToImages(spec, _network(spec, channels, hidden))),
        AdamW.from_options(options, "0.01"),
    )


def _network(spec: InputSpec, channels: Sequence[int], hidden: int) -> torch.nn.Sequential:
    layers: list[torch.nn.Module] = []
    before, (height, width) = planes(spec), spec.shape[1:]
    for count in channels:
        layers += [
            torch.nn.Conv2d(before, count, 3, padding=1),
            torch.nn.ReLU(),
            torch.nn.MaxPool2d(2),
        ]
        before, height, width = count, height // 2, width // 2
    return torch.nn.Sequential(
        *layers,
        torch.nn.Flatten(),
        torch.nn.Linear(before * height * width, hidden),
        torch.nn.ReLU(),
        torch.nn.Linear(hidden, spec.classes),
    )
