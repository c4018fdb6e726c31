"""Building ONNX graphs by hand: one opset, standard operators, the same bytes every time."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper

from auditor.learners.base import InputSpec, Layout
from auditor.replay.graph_digest import AXES_KEY, IR_VERSION, OPSET, PRODUCER

Shape = Sequence[int | str]


class GraphBuilder:
    """Collects nodes, constants and member parameters, and makes a checked model of them."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._nodes: list[onnx.NodeProto] = []
        self._initializers: list[onnx.TensorProto] = []
        self._axes: dict[str, int] = {}

    def constant(self, name: str, value: npt.ArrayLike, dtype: npt.DTypeLike = np.float32) -> str:
        """Add a constant of the recipe and return its name."""
        self._initializers.append(numpy_helper.from_array(np.asarray(value, dtype), name))
        return name

    def parameter(self, name: str, shape: Sequence[int], axis: int = 0) -> str:
        """Add a stacked member parameter, zero for now.

        ``shape`` is that of the members' arrays stacked along ``axis``, possibly reshaped (see
        :func:`auditor.learners.export.fill`).
        """
        self._axes[name] = axis
        return self.constant(name, np.zeros(shape, np.float32))

    def op(self, kind: str, *inputs: str, **attributes: Any) -> str:
        """Add a node with one output and return the output's name."""
        return self.split(kind, inputs, 1, **attributes)[0]

    def split(self, kind: str, inputs: Sequence[str], outputs: int, **attributes: Any) -> list[str]:
        """Add a node with several outputs and return their names."""
        index = len(self._nodes)
        names = [f"{kind.lower()}{index}" + (f"_{i}" if i else "") for i in range(outputs)]
        self._nodes.append(
            helper.make_node(kind, list(inputs), names, name=f"{kind}{index}", **attributes)
        )
        return names

    def reshape(self, value: str, shape: Sequence[int]) -> str:
        """Add a Reshape; 0 keeps a dimension and -1 infers one."""
        name = f"shape{len(self._nodes)}"
        return self.op("Reshape", value, self.constant(name, shape, np.int64))

    def model(
        self, result: str, *, inputs: Mapping[str, Shape], output: str, shape: Shape
    ) -> onnx.ModelProto:
        """Name ``result`` as the only output and return the checked model."""
        self._nodes.append(helper.make_node("Identity", [result], [output], name="output"))
        graph = helper.make_graph(
            self._nodes,
            self._name,
            [
                helper.make_tensor_value_info(name, TensorProto.FLOAT, list(dims))
                for name, dims in inputs.items()
            ],
            [helper.make_tensor_value_info(output, TensorProto.FLOAT, list(shape))],
            self._initializers,
        )
        return finish(graph, self._axes)


def finish(graph: onnx.GraphProto, axes: Mapping[str, int]) -> onnx.ModelProto:
    """Wrap a graph in a model with the fixed versions, and check it."""
    model = helper.make_model(
        graph,
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
        producer_name=PRODUCER,
    )
    if axes:
        entry = model.metadata_props.add()
        entry.key, entry.value = AXES_KEY, json.dumps(dict(sorted(axes.items())))
    onnx.checker.check_model(model, full_check=True)
    return model


def rows_shape(width: int, members: int, layout: Layout) -> tuple[int | str, ...]:
    """Return the declared shape of input "x"."""
    return ("batch", width) if layout == "shared" else (members, "batch", width)


def scores_model(
    builder: GraphBuilder, result: str, *, spec: InputSpec, width: int, members: int, layout: Layout
) -> onnx.ModelProto:
    """Finish a member graph: rows of ``width`` in, scores (members, batch, classes) out."""
    return builder.model(
        result,
        inputs={"x": rows_shape(width, members, layout)},
        output="scores",
        shape=(members, "batch", spec.classes),
    )


def dense(
    builder: GraphBuilder,
    value: str,
    *,
    names: tuple[str, str | None],
    sizes: tuple[int, int],
    members: int,
    layout: Layout,
) -> str:
    """Add each member's affine map of ``sizes`` (inputs, outputs): (members, batch, outputs).

    Rows that all members share go through one product with all members' weights side by side,
    which is several times faster than a product per member. ``names`` are those of the weight
    and of the bias, which may be absent.
    """
    weight, bias = names
    rows, columns = sizes
    if layout == "shared":
        builder.parameter(weight, (rows, members * columns), axis=1)
        flat = builder.reshape(builder.op("MatMul", value, weight), (0, members, columns))
        product = builder.op("Transpose", flat, perm=[1, 0, 2])
    else:
        builder.parameter(weight, (members, rows, columns))
        product = builder.op("MatMul", value, weight)
    if bias is None:
        return product
    return builder.op("Add", product, builder.parameter(bias, (members, 1, columns)))
