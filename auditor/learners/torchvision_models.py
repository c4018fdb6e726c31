"""torchvision's classifiers by name, from untrained weights.

The first convolution is replaced when the image does not have three channels (or has visibility
planes), and small images are enlarged by a whole factor to at least 32 pixels a side (224 for
transformers).
"""

from __future__ import annotations

import warnings
from typing import Any, Final

import torch

from auditor.learners.base import InputSpec
from auditor.learners.modules import ModuleLearner, RowsToImages, images, planes
from auditor.learners.options import Options
from auditor.learners.rows import RowMaker
from auditor.learners.training_loop import AdamW

_LEAST_SIDE: Final = 32

#: Models that need more (the transformers: 224, which 28 and 32 pixels divide).
_LEAST_SIDES: Final = {"alexnet": 64, "inception": 75, "maxvit": 224, "vit": 224}

#: Models with a second head for training, which the smoothed vote has no use for.
_OPTIONS: Final[dict[str, dict[str, Any]]] = {
    "googlenet": {"aux_logits": False, "init_weights": True},
    "inception_v3": {"aux_logits": False, "init_weights": True},
}


def torchvision_model(options: Options, maker: RowMaker) -> ModuleLearner:
    """Read the ``learner`` table. Raises RecipeError."""
    from torchvision import models

    name = options.text("model", "resnet18")
    if name not in models.list_models(module=models):
        raise options.error("model", name, "a torchvision classifier such as resnet18")
    planes(maker.spec)
    return ModuleLearner.from_options(
        options,
        maker,
        lambda: images(RowsToImages(maker.spec, _network(name, maker.spec))),
        AdamW.from_options(options, "0.001"),
    )


def _network(name: str, spec: InputSpec) -> torch.nn.Module:
    from torchvision import models

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # some constructors announce a change of their defaults
        model: torch.nn.Module = models.get_model(
            name, weights=None, num_classes=spec.classes, **_OPTIONS.get(name, {})
        )
    if planes(spec) != 3:
        _read_channels(model, planes(spec))
    _, height, width = spec.shape
    least = _LEAST_SIDES.get(name.partition("_")[0], _LEAST_SIDE)
    factor = -(-least // min(height, width))
    _fix_pools(model, torch.zeros((1, planes(spec), height * factor, width * factor)))
    if factor == 1:
        return model
    return torch.nn.Sequential(_Enlarge(planes(spec), height, width, factor), model)


def _read_channels(model: torch.nn.Module, channels: int) -> None:
    """Replace the first convolution by one that reads ``channels``."""
    for path, layer in model.named_modules():
        if isinstance(layer, torch.nn.Conv2d):
            parent = model.get_submodule(path.rpartition(".")[0])
            replaced = torch.nn.Conv2d(
                channels,
                layer.out_channels,
                layer.kernel_size,  # type: ignore[arg-type]
                stride=layer.stride,  # type: ignore[arg-type]
                padding=layer.padding,  # type: ignore[arg-type]
                bias=layer.bias is not None,
            )
            setattr(parent, path.rpartition(".")[2], replaced)
            return


class _Enlarge(torch.nn.Module):
    """Repeats every pixel ``factor`` times along both axes of images of a known shape."""

    def __init__(self, planes: int, height: int, width: int, factor: int) -> None:
        super().__init__()
        self.split = (-1, planes, height, 1, width, 1)
        self.repeats = (-1, -1, -1, factor, -1, factor)
        self.joined = (-1, planes, height * factor, width * factor)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Return images (batch, planes, factor * height, factor * width)."""
        return images.reshape(self.split).expand(self.repeats).reshape(self.joined)


class _AveragePool(torch.nn.Module):
    """Adaptive average pooling of maps of a known size, as two fixed products.

    The same means; unlike the original it can always be exported, and has deterministic gradients
    on every device.
    """

    def __init__(self, sizes: tuple[int, int], cells: tuple[int, int]) -> None:
        super().__init__()
        self.rows, self.columns = (_means(a, b) for a, b in zip(sizes, cells, strict=True))

    def forward(self, maps: torch.Tensor) -> torch.Tensor:
        """Return (batch, channels, cells down, cells across)."""
        rows, columns = self.rows.to(maps.device), self.columns.to(maps.device)
        return rows @ (maps @ columns.T)


def _means(size: int, cells: int) -> torch.Tensor:
    """Return M (cells, size): cell i is the mean of floor(i size / cells) .. ceil(...) - 1."""
    matrix = torch.zeros((cells, size))
    for cell in range(cells):
        start, end = cell * size // cells, -(-(cell + 1) * size // cells)
        matrix[cell, start:end] = 1 / (end - start)
    return matrix


def _fix_pools(model: torch.nn.Module, images: torch.Tensor) -> None:
    """Replace adaptive pools, at the sizes they meet with ``images``."""
    pools = {
        path: layer
        for path, layer in model.named_modules()
        if isinstance(layer, torch.nn.AdaptiveAvgPool2d) and layer.output_size not in (1, (1, 1))
    }
    if not pools:
        return
    met: dict[torch.nn.Module, torch.Size] = {}
    hooks = [
        layer.register_forward_pre_hook(lambda pool, given: met.update({pool: given[0].shape}))
        for layer in pools.values()
    ]
    with torch.no_grad():
        model.eval()(images)
    for hook in hooks:
        hook.remove()
    for path, layer in pools.items():
        *_, height, width = met[layer]
        cells = layer.output_size
        down, across = cells if isinstance(cells, tuple) else (cells, cells)
        fixed = _AveragePool((height, width), (down or height, across or width))
        setattr(model.get_submodule(path.rpartition(".")[0]), path.rpartition(".")[2], fixed)
