"""What a graph that votes may hold: a closed list. What is not on it is refused before it is run.

Guarantee of :func:`check`: the graph is a function of its one input and its own bytes. It has no
data outside the file, no control flow, no randomness, no operator that this list does not name, no
field that no member needs; every value in it has a shape that follows from the graph, fixed but
for the batch; and apart from its members' parameters it is the graph of all other shards. A front
end judges each row of a batch by itself (:mod:`auditor.replay.graph_batch`). What the rules cannot
bound, time and memory, is bounded where it runs (:mod:`auditor.replay.sandbox`).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final, TypeAlias

import onnx
from onnx import TensorProto

from auditor.errors import ReleaseError
from auditor.replay import graph_shapes
from auditor.replay.form import Form
from auditor.replay.graph_digest import IR_VERSION, OPSET, PRODUCER, member_axes, strip

#: Protobuf's own limit.
MAX_MODEL: Final = 2**31 - 1
_MAX_NODES: Final = 2**15  # the largest classifier of torchvision has 7,128

# How the lists were found: the graph of every learner in auditor.learners.build, masked and not, in
# both layouts, for images and tables; the classifiers of torchvision 0.29, exported by
# auditor.learners.module_graph (78 of 80; two do not fit into a file); and the activations and
# norms of torch.nn, for users' own modules. tests/replay/test_graph_rules.py makes the first again.
_LEARNERS: Final = """
    Add Cast Clip Concat Constant Conv Div Equal Exp Flatten Gemm GridSample Identity Less Log
    MatMul Max MaxPool Min Mod Mul ReduceMax ReduceSum Relu Reshape Round Split Sqrt Squeeze Sub
    TopK Transpose Unsqueeze
"""
_TORCHVISION: Final = """
    AveragePool BatchNormalization ConstantOfShape Einsum Erf Expand Gather GlobalAveragePool
    HardSigmoid HardSwish LayerNormalization Not Pad Pow Range ReduceL2 ReduceMean ScatterND
    Shape Sigmoid Slice Softmax Tanh Where
"""
_TORCH_NN: Final = """
    Abs Celu Elu Greater InstanceNormalization LeakyRelu LogSoftmax Neg Or PRelu
    ReduceLogSumExp Selu Softplus
"""

#: The operators of the standard domain that a member may use; other domains have none.
OPERATORS: Final = frozenset((_LEARNERS + _TORCHVISION + _TORCH_NN).split())

#: All fields that are read, by message; a member has no other. So there are no functions, no
#: subgraphs, no sparse, external or typed-out data, no strings but options, sequences or maps.
_FIELDS: Final[Mapping[str, frozenset[str]]] = {
    name: frozenset(fields.split())
    for name, fields in {
        "ModelProto": "ir_version producer_name opset_import graph metadata_props",
        "OperatorSetIdProto": "domain version",
        "StringStringEntryProto": "key value",
        "GraphProto": "node name initializer input output",
        "NodeProto": "input output name op_type domain doc_string attribute",
        "AttributeProto": "name type f i s t floats ints",
        "TensorProto": "dims data_type name raw_data",
        "ValueInfoProto": "name type",
        "TypeProto": "tensor_type",
        "Tensor": "elem_type shape",
        "TensorShapeProto": "dim",
        "Dimension": "dim_value dim_param",
    }.items()
}
_TENSORS_IN: Final = frozenset({("Constant", "value"), ("ConstantOfShape", "value")})

_Message: TypeAlias = onnx.ModelProto  # or any part of one

#: What was judged before: graph digest and form -> outputs.
Seen = dict[tuple[str, Form], int]


def check(
    data: bytes, *, where: str, form: Form, graph: str | None = None, seen: Seen | None = None
) -> int:
    """Judge a file that votes: sound, of this form and, if ``graph`` is given, of this digest.

    Returns the number of outputs for one row (and member). ``seen`` remembers graphs, so that the
    shards of one run are judged once, all but their parameters. Raises ReleaseError for whatever
    else is in ``data``, and MemoryError.
    """
    if len(data) > MAX_MODEL:
        raise ReleaseError(f"{where}: {len(data)} bytes, expected at most {MAX_MODEL}")
    model = _parsed(data, where)
    axes = member_axes(model, where)
    _check_parameters(model, axes, where)
    digest = strip(model, axes)
    if graph is not None and digest != graph:
        raise ReleaseError(
            f"{where}: its graph has SHA-256 {digest}, expected {graph} as for all members"
        )
    judged = {} if seen is None else seen
    if (digest, form) not in judged:
        judged[digest, form] = check_graph(model, axes, where=where, form=form)
    return judged[digest, form]


def check_graph(model: onnx.ModelProto, axes: Mapping[str, int], *, where: str, form: Form) -> int:
    """Judge a graph whose parameters, named in ``axes``, hold no numbers; return its outputs.

    Raises ReleaseError as :func:`check` does.
    """
    _check_versions(model, where)
    _check_fields(model, where)
    for node in model.graph.node:
        _check_node(node, where)
    for tensor in model.graph.initializer:
        if tensor.name not in axes:
            _check_tensor(tensor, where)
    dims = graph_shapes.result(model, axes, where=where, form=form)
    outputs = dims[-1] if form.outputs is None and dims else form.outputs
    _check_form(model.graph, dims, outputs or 0, form, where)
    return outputs or 0


def _parsed(data: bytes, where: str) -> onnx.ModelProto:
    model = onnx.ModelProto()
    try:
        model.ParseFromString(data)
    except Exception as error:
        if "alloc" in str(error):  # protobuf has no type of its own for this
            raise MemoryError from error
        raise ReleaseError(f"{where}: {len(data)} bytes that are not an ONNX model") from error
    size = model.ByteSize()
    model.DiscardUnknownFields()
    if model.ByteSize() != size:
        raise ReleaseError(f"{where}: holds fields that are not ONNX's")
    return model


def _check_parameters(model: onnx.ModelProto, axes: Mapping[str, int], where: str) -> None:
    """Check what the digest leaves out: parameters are float32 numbers, as many as declared."""
    names = [tensor.name for tensor in model.graph.initializer]
    if not all(isinstance(name, str) for name in names):
        raise ReleaseError(f"{where}: an initializer's name is not UTF-8")
    if len(set(names)) != len(names):
        raise ReleaseError(f"{where}: two initializers of the same name")
    if missing := sorted(axes.keys() - set(names)):
        raise ReleaseError(f"{where}: no initializer for the parameter {missing[0][:80]!r}")
    for tensor in model.graph.initializer:
        if tensor.name in axes:
            if tensor.data_type != TensorProto.FLOAT or tensor.float_data:
                raise ReleaseError(f"{where}: parameter {tensor.name[:80]!r} is not raw float32")
            _check_tensor(tensor, where)


def _check_fields(message: _Message, where: str) -> None:
    """Refuse every field that is not on the list, and text that is no UTF-8, wherever it is."""
    kind = message.DESCRIPTOR.name
    for field, value in message.ListFields():
        if field.name not in _FIELDS.get(kind, ()):
            raise ReleaseError(f"{where}: holds {kind}.{field.name}, which no member needs")
        single = hasattr(value, "ListFields") or isinstance(value, str | bytes | int | float)
        parts = [value] if single else value
        if field.type == field.TYPE_STRING and not all(isinstance(part, str) for part in parts):
            raise ReleaseError(f"{where}: {kind}.{field.name} is not UTF-8")
        if field.message_type is not None:
            for part in parts:
                _check_fields(part, where)


def _check_versions(model: onnx.ModelProto, where: str) -> None:
    domains = [(entry.domain, entry.version) for entry in model.opset_import]
    found = (model.ir_version, model.producer_name, domains)
    wanted = (IR_VERSION, PRODUCER, [("", OPSET)])
    if found != wanted:
        raise ReleaseError(
            f"{where}: expected IR version, producer and operator sets {wanted}, got {found!r:.200}"
        )
    if len(model.graph.node) > _MAX_NODES:
        raise ReleaseError(f"{where}: {len(model.graph.node)} nodes, expected at most {_MAX_NODES}")


def _check_node(node: onnx.NodeProto, where: str) -> None:
    if node.domain or node.op_type not in OPERATORS:
        kind = f"{node.domain}.{node.op_type}".removeprefix(".")
        raise ReleaseError(f"{where}: operator {kind[:80]!r} is not allowed in a member")
    for attribute in node.attribute:
        if attribute.name == "training_mode" and attribute.i:
            raise ReleaseError(f"{where}: {node.op_type} in training mode")
        if attribute.HasField("t"):
            if (node.op_type, attribute.name) not in _TENSORS_IN:
                raise ReleaseError(f"{where}: {node.op_type} has a tensor for an option")
            _check_tensor(attribute.t, where)


def _check_tensor(tensor: TensorProto, where: str) -> None:
    """Check that a tensor's numbers are in the file, as many as its dimensions say."""
    width = graph_shapes.WIDTHS.get(tensor.data_type)
    if width is None or any(dim < 0 for dim in tensor.dims):
        raise ReleaseError(
            f"{where}: tensor {tensor.name[:80]!r} of type {tensor.data_type} and dimensions "
            f"{list(tensor.dims)!r:.80}, expected float32, float64, int64 or bool"
        )
    expected, got = width * math.prod(tensor.dims), len(tensor.raw_data)
    if got != expected:
        raise ReleaseError(
            f"{where}: tensor {tensor.name[:80]!r} has {got} bytes, its dimensions say {expected}"
        )


def _check_form(
    graph: onnx.GraphProto, dims: tuple[int, ...], outputs: int, form: Form, where: str
) -> None:
    """Check input and output, declared and as they follow from the graph, against ``form``."""
    found = [graph_shapes.declared(value) for value in (*graph.input, *graph.output)]
    wanted = [form.rows(graph_shapes.ANY), form.results(graph_shapes.ANY, outputs)]
    if [value.name for value in graph.input] != ["x"] or found != wanted:
        raise ReleaseError(
            f"{where}: expected one float32 input x and one output of shapes {wanted} "
            f"({graph_shapes.ANY}: the batch), got {found!r:.200}"
        )
    if dims != form.results(graph_shapes.BATCH, outputs):
        raise ReleaseError(
            f"{where}: {graph_shapes.BATCH} rows give scores of shape {dims!r:.80}, expected "
            f"{form.results(graph_shapes.BATCH, outputs)}"
        )
