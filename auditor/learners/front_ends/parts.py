"""Steps that several front ends share, as nodes of a graph under construction."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
import numpy.typing as npt

from auditor.learners.graphs import GraphBuilder

ORIENTATIONS: Final = 8
_CELL: Final = 4

Matrix = npt.NDArray[np.float64]


def smooth(builder: GraphBuilder, images: str, rows: Matrix, columns: Matrix, name: str) -> str:
    """Multiply images (.., height, width) by ``rows`` from the left, ``columns`` from the right."""
    across = builder.op("MatMul", images, builder.constant(f"{name}_columns", columns.T))
    return builder.op("MatMul", builder.constant(f"{name}_rows", rows), across)


def differences(builder: GraphBuilder) -> str:
    """Return the kernels of :func:`orientations`: crosses with the next direction, and the last."""
    angles = [2 * math.pi * k / ORIENTATIONS for k in range(ORIENTATIONS)]
    turn = angles[1]
    kernels = [_cross(angle - turn) for angle in angles]
    kernels += [-_cross(angle + turn) for angle in angles]
    return builder.constant("differences", np.stack(kernels)[:, None])


def orientations(builder: GraphBuilder, pictures: str, weights: str) -> str:
    """Return the gradients of (batch, 1, height, width), shared between two of eight directions.

    The result (batch, 8, height, width) is not negative. Central differences; outside an image all
    is 0. A gradient between directions d_k and d_k+1 is a d_k + b d_k+1; its share on d_k is
    max(0, min(cross(g, d_k+1), cross(d_k-1, g))) / sin 45, for all k at once; that constant is left
    out.
    """
    crosses = builder.op("Conv", pictures, weights, kernel_shape=[3, 3], pads=[1, 1, 1, 1])
    before, after = builder.split("Split", (crosses,), 2, axis=1, num_outputs=2)
    return builder.op("Relu", builder.op("Min", before, after))


def hidden_fraction(
    builder: GraphBuilder, seen: str, height: int, width: int, weight: float
) -> tuple[str, int]:
    """Return ``weight`` times the hidden share of each cell of 4 x 4 pixels, and their number.

    ``seen`` is (batch, 1, height, width), 1 = visible. Cells at the far borders may be smaller.
    """
    rows, columns = _cells(height), _cells(width)
    visible = smooth(builder, seen, rows, columns, "cells")
    size = len(rows) * len(columns)
    flat = builder.reshape(visible, (0, size))
    scale = builder.constant("hidden_weight", weight)
    return builder.op("Sub", scale, builder.op("Mul", scale, flat)), size


def _cells(extent: int) -> Matrix:
    """Return the matrix (cells, extent) that averages each cell along one side."""
    cell = np.arange(extent) // _CELL
    members = (cell[None, :] == np.arange(cell[-1] + 1)[:, None]).astype(np.float64)
    means: Matrix = members / members.sum(1, keepdims=True)
    return means


def _cross(angle: float) -> Matrix:
    """Return the 3 x 3 kernel of cross(d, g) = d_x g_y - d_y g_x, d the direction of ``angle``."""
    kernel = np.zeros((3, 3))
    kernel[2, 1], kernel[0, 1] = math.cos(angle), -math.cos(angle)
    kernel[1, 2], kernel[1, 0] = -math.sin(angle), math.sin(angle)
    return kernel
