"""A small convolutional network that is told what is hidden, and its ONNX graph.

It reads two planes, visible ink (1 or 0) and -1 where a pixel is hidden. Its 128 last hidden
values, times .1, are the features; the ten scores above them are for training only.
"""

from __future__ import annotations

from typing import Final

import onnx
import torch
from drawing import SIDE
from torch import nn

from auditor.learners.graphs import GraphBuilder

FEATURES: Final = 128
_CHANNELS: Final = (24, 48, 64, 64)
_STRIDES: Final = (2, 1, 2, 1)
_KERNELS: Final = (5, 3, 3, 3)
_SCALE: Final = 0.1


def network() -> nn.Sequential:
    """Return the network, its weights from PyTorch's generator."""
    layers: list[nn.Module] = []
    before = 2
    for channels, stride, kernel in zip(_CHANNELS, _STRIDES, _KERNELS, strict=True):
        layers += [nn.Conv2d(before, channels, kernel, stride, kernel // 2), nn.ReLU()]
        before = channels
    layers += [nn.Flatten(), nn.Linear(before * (SIDE // 4) ** 2, FEATURES), nn.ReLU()]
    return nn.Sequential(*layers, nn.Linear(FEATURES, 10))


def graph(trained: nn.Sequential) -> onnx.ModelProto:
    """Return the front end: "x" (batch, 2 * 784), values and visibility, to "features"."""
    builder = GraphBuilder("drawn-digits")
    planes = builder.reshape("x", (0, 2, SIDE, SIDE))
    value, seen = builder.split("Split", (planes,), 2, axis=1, num_outputs=2)
    half, one = builder.constant("half", 0.5), builder.constant("one", 1.0)
    # A value is 1 or -1 where it is visible and 0 where it is not.
    ink = builder.op("Mul", builder.op("Add", value, seen), half)
    result = builder.op("Concat", ink, builder.op("Sub", seen, one), axis=1)
    convolutions = [layer for layer in trained if isinstance(layer, nn.Conv2d)]
    for place, layer in enumerate(convolutions):
        weight = builder.constant(f"weight{place}", _numbers(layer.weight))
        bias = builder.constant(f"bias{place}", _numbers(layer.bias))
        kernel = _KERNELS[place]
        result = builder.op(
            "Conv",
            *(result, weight, bias),
            kernel_shape=[kernel] * 2,
            pads=[kernel // 2] * 4,
            strides=[_STRIDES[place]] * 2,
        )
        result = builder.op("Relu", result)
    dense = trained[-3]
    flat = builder.reshape(result, (0, _CHANNELS[-1] * (SIDE // 4) ** 2))
    weight = builder.constant("dense", _numbers(dense.weight).T * _SCALE)
    bias = builder.constant("dense_bias", _numbers(dense.bias) * _SCALE)
    result = builder.op("Relu", builder.op("Gemm", flat, weight, bias))
    width = 2 * SIDE * SIDE
    model: onnx.ModelProto = builder.model(
        result, inputs={"x": ("batch", width)}, output="features", shape=("batch", FEATURES)
    )
    return model


def _numbers(parameter: torch.Tensor) -> torch.Tensor:
    return parameter.detach().float().numpy()
