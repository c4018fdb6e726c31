"""The shape of every value in a graph, for one batch: it follows from the graph, or is refused.

Integers that only describe shapes (the exporter of PyTorch writes long chains of them) are worked
out on the way, by onnx's own inference and reference operators. Nothing larger than the limits
here is ever made, and no float32 number is looked at: a shape that depends on one is refused.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final

import numpy as np
import onnx
from onnx import TensorProto, TypeProto, checker, defs, helper, numpy_helper, shape_inference
from onnx.reference import ReferenceEvaluator

from auditor.errors import ReleaseError
from auditor.replay.form import Form
from auditor.replay.graph_batch import Mixed, Rows
from auditor.replay.graph_digest import OPSET

#: Rows that the shapes are worked out for (as auditor.replay.ensemble.BATCH).
BATCH: Final = 256

#: Stands for the batch in a declared shape.
ANY: Final = -1

#: The types that values may have, and bytes for one number of each.
WIDTHS: Final[Mapping[int, int]] = {
    TensorProto.FLOAT: 4,
    TensorProto.DOUBLE: 8,
    TensorProto.INT64: 8,
    TensorProto.BOOL: 1,
}

_MAX_VALUE: Final = 2**36  # bytes; a larger one is no member's, whatever the machine
_MAX_FOLDED: Final = 2**16  # numbers that describe shapes, in one value

_ARITHMETIC: Final = """
    Add Cast Concat Constant ConstantOfShape Div Equal Expand Gather Identity Mod Mul Range Reshape
    Slice Squeeze Sub Transpose Unsqueeze Where
"""

#: Operators that were met in the arithmetic of shapes.
_FOLDED: Final = frozenset(_ARITHMETIC.split())
_INTEGERS: Final = frozenset({TensorProto.INT64, TensorProto.BOOL})


def declared(value: onnx.ValueInfoProto) -> tuple[int, ...] | None:
    """Return the declared shape of a float32 input or output, ``ANY`` for "batch"; None if none."""
    if value.type.tensor_type.elem_type != TensorProto.FLOAT:
        return None
    dims = value.type.tensor_type.shape.dim
    return tuple(ANY if dim.dim_param == "batch" else dim.dim_value for dim in dims)


def result(
    model: onnx.ModelProto, axes: Mapping[str, int], *, where: str, form: Form
) -> tuple[int, ...]:
    """Return the shape of the output of a graph whose parameters (``axes``) hold no numbers.

    Raises ReleaseError when the graph is not well formed, or some value's shape does not follow
    from the graph, or is absurdly large; and for a front end that may not judge each row by itself.
    """
    try:
        checker.check_model(_without_parameters(model, axes))
        found = _Values(model, axes, form.rows(BATCH), where)
        rows = Rows(BATCH) if form.members is None else None
        for node in model.graph.node:
            found.add(node)
            if rows is not None:
                rows.add(node, *found.of(node))
        if rows is not None and any(value.name not in rows for value in model.graph.output):
            raise ReleaseError(f"{where}: its output does not come from its rows")
        if len(model.graph.output) != 1:
            raise ReleaseError(f"{where}: {len(model.graph.output)} outputs, expected one")
        return found.float_shape(model.graph.output[0].name)
    except (ReleaseError, MemoryError):
        raise
    except Mixed as error:
        raise ReleaseError(f"{where}: {error}") from error
    except Exception as error:  # onnx raises many unrelated types
        reason = " ".join(str(error).split())[:200]
        raise ReleaseError(f"{where}: not a well-formed graph: {reason}") from error


def _without_parameters(model: onnx.ModelProto, axes: Mapping[str, int]) -> onnx.ModelProto:
    """Return a copy in which parameters are inputs, since onnx wants initializers with numbers."""
    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    constants = [tensor for tensor in model.graph.initializer if tensor.name not in axes]
    del copy.graph.initializer[:]
    copy.graph.initializer.extend(constants)
    for tensor in model.graph.initializer:
        if tensor.name in axes:
            copy.graph.input.append(
                helper.make_tensor_value_info(tensor.name, tensor.data_type, list(tensor.dims))
            )
    return copy


class _Values:
    """Types of all values so far, and the numbers of the integers that are known."""

    def __init__(
        self, model: onnx.ModelProto, axes: Mapping[str, int], rows: tuple[int, ...], where: str
    ) -> None:
        self._where = where
        self._opsets = list(model.opset_import)
        self._version = model.ir_version
        self._types = {"x": helper.make_tensor_type_proto(TensorProto.FLOAT, rows)}
        self._known: dict[str, TensorProto] = {}
        for tensor in model.graph.initializer:
            self._types[tensor.name] = helper.make_tensor_type_proto(tensor.data_type, tensor.dims)
            if tensor.name not in axes and tensor.data_type in _INTEGERS:
                self._know(tensor.name, tensor)

    def float_shape(self, name: str) -> tuple[int, ...]:
        """Return a value's shape; raise ReleaseError unless it is float32."""
        kind, dims = self._shape(name)
        if kind != TensorProto.FLOAT:
            raise ReleaseError(f"{self._where}: the output is not float32")
        return dims

    def of(self, node: onnx.NodeProto) -> tuple[dict[str, tuple[int, ...]], dict[str, list[int]]]:
        """Return the shapes of a node's values, and the numbers of its known inputs."""
        names = {name for name in (*node.input, *node.output) if name}
        numbers = {
            name: numpy_helper.to_array(self._known[name]).reshape(-1).tolist()
            for name in node.input
            if name in self._known
        }
        return {name: self._shape(name)[1] for name in names}, numbers

    def add(self, node: onnx.NodeProto) -> None:
        """Work out a node's outputs."""
        inputs = [name for name in node.input if name]
        inferred = shape_inference.infer_node_outputs(
            defs.get_schema(node.op_type, OPSET, ""),
            node,
            {name: self._types[name] for name in inputs},
            {name: self._known[name] for name in inputs if name in self._known},
            opset_imports=self._opsets,
            ir_version=self._version,
        )
        for name in node.output:
            if name in self._types:
                raise ReleaseError(f"{self._where}: two values of the name {name[:80]!r}")
            self._types[name] = inferred.get(name, TypeProto())
        small = True
        for name in node.output:
            kind, dims = self._shape(name)
            small &= kind in _INTEGERS and math.prod(dims) <= _MAX_FOLDED
        if small:
            self._fold(node, inputs)

    def _shape(self, name: str) -> tuple[int, tuple[int, ...]]:
        """Return type and shape of a value; raise ReleaseError unless both are settled."""
        found = self._types[name].tensor_type
        dims = found.shape.dim
        if (
            found.elem_type not in WIDTHS
            or not found.HasField("shape")
            or not all(dim.HasField("dim_value") and dim.dim_value >= 0 for dim in dims)
        ):
            raise ReleaseError(
                f"{self._where}: the shape of {name[:80]!r} does not follow from the graph"
            )
        shape = tuple(dim.dim_value for dim in dims)
        size = WIDTHS[found.elem_type] * math.prod(shape)
        if size > _MAX_VALUE:
            raise ReleaseError(
                f"{self._where}: {name[:80]!r} takes {size} bytes for {BATCH} rows, expected at "
                f"most {_MAX_VALUE}"
            )
        return found.elem_type, shape

    def _fold(self, node: onnx.NodeProto, inputs: list[str]) -> None:
        """Note the numbers of a small integer value, if they are known."""
        if node.op_type == "Shape":
            ends = {attribute.name: attribute.i for attribute in node.attribute}
            _, dims = self._shape(inputs[0])
            numbers = np.array(dims[ends.get("start", 0) : ends.get("end", len(dims))], np.int64)
            self._know(node.output[0], numpy_helper.from_array(numbers))
        elif node.op_type in _FOLDED and all(name in self._known for name in inputs):
            given = {name: numpy_helper.to_array(self._known[name]) for name in inputs}
            made = ReferenceEvaluator(node, opsets={"": OPSET}).run(None, given)
            for name, value in zip(node.output, made, strict=True):
                self._know(name, numpy_helper.from_array(np.asarray(value)))

    def _know(self, name: str, tensor: TensorProto) -> None:
        if math.prod(tensor.dims) <= _MAX_FOLDED:
            self._known[name] = tensor
