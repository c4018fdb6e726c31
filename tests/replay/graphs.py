"""One sound shard, and what a hostile hand can do to it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper

from auditor.learners import InputSpec, Learner, build
from auditor.replay.form import Form
from auditor.replay.graph_digest import AXES_KEY, IR_VERSION, OPSET, PRODUCER, member_axes

MEMBERS, WIDTH, CLASSES = 3, 4, 2
FORM = Form(width=WIDTH, members=MEMBERS, outputs=CLASSES)
WEIGHTS = np.arange(WIDTH * MEMBERS * CLASSES, dtype=np.float32).reshape(WIDTH, -1)


def model(
    nodes: Sequence[onnx.NodeProto],
    constants: dict[str, Any] | None = None,
    *,
    rows: Sequence[Any] = ("batch", WIDTH),
    scores: Sequence[Any] = (MEMBERS, "batch", CLASSES),
    axes: str = "",
    opset: int = OPSET,
) -> onnx.ModelProto:
    """Return a model of our versions; ``axes`` is the JSON of its metadata."""
    graph = helper.make_graph(
        list(nodes),
        "shard",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, list(rows))],
        [helper.make_tensor_value_info("scores", TensorProto.FLOAT, list(scores))],
        [numpy_helper.from_array(np.asarray(v), name) for name, v in (constants or {}).items()],
    )
    made = helper.make_model(
        graph,
        opset_imports=[helper.make_opsetid("", opset)],
        ir_version=IR_VERSION,
        producer_name=PRODUCER,
    )
    if axes:
        helper.set_model_props(made, {AXES_KEY: axes})
    return made


def sound(weights: npt.NDArray[np.float32] = WEIGHTS) -> onnx.ModelProto:
    """Return a shard of three members, each an affine map without bias."""
    return model(
        [
            helper.make_node("MatMul", ["x", "weight"], ["flat"]),
            helper.make_node("Reshape", ["flat", "shape"], ["cube"]),
            helper.make_node("Transpose", ["cube"], ["scores"], perm=[1, 0, 2]),
        ],
        {"weight": weights, "shape": np.array([0, MEMBERS, CLASSES])},
        axes='{"weight": 1}',
    )


def ending(*nodes: onnx.NodeProto, **constants: Any) -> onnx.ModelProto:
    """Return the sound shard with further nodes, which make "scores" of "cube"."""
    made = sound()
    del made.graph.node[2:]
    made.graph.node.append(helper.make_node("Transpose", ["cube"], ["mine"], perm=[1, 0, 2]))
    made.graph.node.extend(nodes)
    made.graph.initializer.extend(
        numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()
    )
    return made


def external(location: str = "data.bin") -> onnx.ModelProto:
    """Return the sound shard with its weights in a file beside it."""
    made = sound()
    tensor = made.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    for key, value in (("location", location), ("offset", "0"), ("length", str(WEIGHTS.nbytes))):
        tensor.external_data.add(key=key, value=value)
    return made


def subgraph(name: str) -> onnx.GraphProto:
    """Return a graph without inputs whose output is the enclosing graph's value "mine"."""
    return helper.make_graph(
        [helper.make_node("Identity", ["mine"], [name])],
        "branch",
        [],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, None)],
    )


def control_flow(kind: str) -> onnx.ModelProto:
    """Return the sound shard ending in an If, a Loop or a Scan."""
    if kind == "If":
        node = helper.make_node(
            "If", ["yes"], ["scores"], then_branch=subgraph("a"), else_branch=subgraph("b")
        )
        return ending(node, yes=np.array(True))
    if kind == "Loop":
        body = helper.make_graph(
            [
                helper.make_node("Identity", ["on"], ["still"]),
                helper.make_node("Identity", ["held"], ["next"]),
            ],
            "body",
            [
                helper.make_tensor_value_info("turn", TensorProto.INT64, []),
                helper.make_tensor_value_info("on", TensorProto.BOOL, []),
                helper.make_tensor_value_info("held", TensorProto.FLOAT, None),
            ],
            [
                helper.make_tensor_value_info("still", TensorProto.BOOL, []),
                helper.make_tensor_value_info("next", TensorProto.FLOAT, None),
            ],
        )
        node = helper.make_node("Loop", ["turns", "yes", "mine"], ["scores"], body=body)
        return ending(node, yes=np.array(True), turns=np.array(2**62))
    body = helper.make_graph(
        [helper.make_node("Identity", ["one"], ["two"])],
        "body",
        [helper.make_tensor_value_info("one", TensorProto.FLOAT, None)],
        [helper.make_tensor_value_info("two", TensorProto.FLOAT, None)],
    )
    return ending(helper.make_node("Scan", ["mine"], ["scores"], body=body, num_scan_inputs=1))


def function() -> onnx.ModelProto:
    """Return the sound shard ending in a call of a function of its own."""
    made = ending(helper.make_node("Mine", ["mine"], ["scores"], domain="own"))
    made.opset_import.append(helper.make_opsetid("own", 1))
    made.functions.append(
        helper.make_function(
            "own",
            "Mine",
            ["a"],
            ["b"],
            [helper.make_node("RandomNormalLike", ["a"], ["b"])],
            [helper.make_opsetid("", OPSET)],
        )
    )
    return made


def bomb(kind: str, size: int) -> onnx.ModelProto:
    """Return the sound shard plus a value of ``size`` float32 numbers that its file does not hold.

    Its mean is added to the scores, so that it has to be made.
    """
    makers: dict[str, tuple[list[onnx.NodeProto], dict[str, Any]]] = {
        "ConstantOfShape": ([helper.make_node("ConstantOfShape", ["size"], ["big"])], {}),
        "Expand": ([helper.make_node("Expand", ["one", "size"], ["big"])], {}),
        "Range": (
            [
                helper.make_node("Range", ["from", "to", "step"], ["numbers"]),
                helper.make_node("Cast", ["numbers"], ["big"], to=TensorProto.FLOAT),
            ],
            {"from": np.array(0), "to": np.array(size), "step": np.array(1)},
        ),
        "Pad": ([helper.make_node("Pad", ["ones", "pads"], ["big"])], {"pads": [0, size]}),
    }
    nodes, constants = makers[kind]
    return ending(
        *nodes,
        helper.make_node("ReduceMean", ["big"], ["mean"], keepdims=0),
        helper.make_node("Add", ["mine", "mean"], ["scores"]),
        size=np.array([size]),
        one=np.float32(1),
        ones=np.ones(1, np.float32),
        **{name: np.asarray(value) for name, value in constants.items()},
    )


def slow(layers: int = 200, width: int = 2048) -> onnx.ModelProto:
    """Return a small file that squares a large matrix, over and over: a minute of work."""
    nodes = [
        helper.make_node("MatMul", ["x", "wide"], ["y"]),
        helper.make_node("Transpose", ["y"], ["z"], perm=[1, 0]),
        helper.make_node("MatMul", ["z", "y"], ["square0"]),
    ]
    nodes += [
        helper.make_node("MatMul", [f"square{layer}"] * 2, [f"square{layer + 1}"])
        for layer in range(layers)
    ]
    nodes += [
        helper.make_node("MatMul", ["y", f"square{layers}"], ["mixed"]),
        helper.make_node("MatMul", ["mixed", "narrow"], ["flat"]),
        helper.make_node("Reshape", ["flat", "shape"], ["cube"]),
        helper.make_node("Transpose", ["cube"], ["scores"], perm=[1, 0, 2]),
    ]
    constants = {
        "wide": np.zeros((WIDTH, width), np.float32),
        "narrow": np.zeros((width, MEMBERS * CLASSES), np.float32),
        "shape": np.array([0, MEMBERS, CLASSES]),
    }
    return model(nodes, constants)


def other_format() -> bytes:
    """Return a sound shard that onnxruntime, left to itself, takes for a file of its own format.

    It looks at the fifth to eighth byte, which are a name's here: protobuf fields come in any
    order, and of one that comes twice the last counts.
    """
    name = b"\1\0ORTM"
    return bytes([0x12, len(name)]) + name + bytes(sound().SerializeToString())


def learner(
    table: dict[str, Any],
    *,
    spec: InputSpec | None = None,
    masked: bool = False,
    training: dict[str, Any] | None = None,
) -> Learner:
    """Build a learner from its table, for images of 8 x 8 pixels in black and white if not said."""
    own = spec or InputSpec(shape=(1, 8, 8), symbols=2, masked=masked, classes=2)
    recipe = {
        "learner": table,
        "training": training or {},
        "smoothing": {"test": {"method": "two-mask" if own.masked else "none"}},
    }
    masks = np.ones((6, own.features), np.uint8) if own.masked else None
    return build(recipe, own, masks, capacity=25)


def filled(template: onnx.ModelProto, seed: int = 0) -> bytes:
    """Return a shard with random parameters."""
    generator = np.random.default_rng(seed)
    axes = member_axes(template)
    for tensor in template.graph.initializer:
        if tensor.name in axes:
            values = generator.normal(scale=0.3, size=tuple(tensor.dims))
            tensor.raw_data = values.astype("<f4").tobytes()
    return bytes(template.SerializeToString(deterministic=True))


def changed(change: Callable[[onnx.ModelProto], object]) -> onnx.ModelProto:
    """Return the sound shard after a change."""
    made = sound()
    change(made)
    return made
