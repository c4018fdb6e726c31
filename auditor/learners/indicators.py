"""A row of symbols in a graph: its integers, or a 0/1 indicator for every symbol of a feature."""

from __future__ import annotations

import numpy as np
import onnx

from auditor.learners.base import InputSpec, Layout
from auditor.learners.graphs import GraphBuilder


def indicators(builder: GraphBuilder, spec: InputSpec, layout: Layout) -> str:
    """Add (.., d * symbols): 1 where a visible feature has the symbol, feature by feature.

    A symbol s is shown as 2 s / (K - 1) - 1; rounding undoes that exactly.
    """
    batch_axes = (0,) if layout == "shared" else (0, 0)
    value, visible = halves(builder, spec)
    half = builder.constant("half", (spec.symbols - 1) / 2)
    moved = builder.op("Add", value, builder.constant("one", 1.0))
    symbol = builder.op("Round", builder.op("Mul", moved, half))
    last = builder.constant("last", [-1], np.int64)
    levels = builder.constant("levels", np.arange(spec.symbols))
    equal = builder.op("Equal", builder.op("Unsqueeze", symbol, last), levels)
    hot = builder.op("Cast", equal, to=onnx.TensorProto.FLOAT)
    if visible is not None:
        hot = builder.op("Mul", hot, builder.op("Unsqueeze", visible, last))
    return builder.reshape(hot, (*batch_axes, spec.features * spec.symbols))


def halves(builder: GraphBuilder, spec: InputSpec) -> tuple[str, str | None]:
    """Return a row's values and, where features can be hidden, which are visible (1 or 0)."""
    if not spec.masked:
        return "x", None
    value, visible = builder.split("Split", ("x",), 2, axis=-1, num_outputs=2)
    return value, visible
