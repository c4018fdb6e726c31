"""Members that are one affine map of a row: scores = row @ weight + bias."""

from __future__ import annotations

import onnx

from auditor.learners.base import Layout, shard_chunk
from auditor.learners.graphs import GraphBuilder, dense, scores_model
from auditor.learners.rows import RowMaker


def shapes(maker: RowMaker) -> dict[str, tuple[int, ...]]:
    """Return the shapes of one member's parameters."""
    classes = maker.spec.classes
    return {"weight": (maker.width, classes), "bias": (1, classes)}


def chunk(maker: RowMaker) -> int:
    """Return how many such members share a shard where the recipe does not say."""
    return shard_chunk(4 * maker.spec.classes * (maker.width + 1))


def graph(name: str, maker: RowMaker, members: int, layout: Layout) -> onnx.ModelProto:
    """Return the graph of ``members`` stacked members, its parameters all zero."""
    builder = GraphBuilder(name)
    spec, width = maker.spec, maker.width
    scores = dense(
        builder,
        "x",
        names=("weight", "bias"),
        sizes=(width, spec.classes),
        members=members,
        layout=layout,
    )
    return scores_model(builder, scores, spec=spec, width=width, members=members, layout=layout)
