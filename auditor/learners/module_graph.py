"""The ONNX graph of a PyTorch module, with its parameters as named, replaceable initializers."""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable, Mapping
from typing import Final

import numpy as np
import onnx
import torch
from onnx import helper, numpy_helper

from auditor.errors import RecipeError, ReleaseError
from auditor.learners.base import InputSpec, Layout, Parameters
from auditor.learners.export import fill
from auditor.learners.graphs import finish, rows_shape
from auditor.learners.training_loop import UntrainableError
from auditor.replay import runtime
from auditor.replay.form import Form
from auditor.replay.graph_digest import OPSET, member_axes, strip
from auditor.replay.graph_rules import OPERATORS, check_graph

_TOLERANCE: Final = 1e-5
_PROBE_ROWS: Final = 3


def template(make: Callable[[], torch.nn.Module], spec: InputSpec, name: str) -> onnx.ModelProto:
    """Return the graph of ``make()`` in evaluation mode: "x" (batch, width) to "core".

    Its floating-point parameters and buffers are member parameters, zero. Raises RecipeError when
    the module cannot read such rows, cannot be exported, or its graph computes something else.
    """
    module = _distinct(make)
    rows = _probe(spec)
    try:
        with torch.no_grad(), torch.random.fork_rng(devices=[]):
            expected = module(rows).numpy()
        exported = _export(module, rows)
    except Exception as error:  # whatever the model's own code raises
        reason = str(error).strip().partition("\n")[0][:200]
        msg = f"learner {name}: cannot be used on inputs of shape {spec.shape}: {reason}"
        raise RecipeError(msg) from error
    if expected.shape != (_PROBE_ROWS, spec.classes):
        msg = (
            f"learner {name}: expected scores of shape (batch, {spec.classes}), "
            f"got {tuple(expected.shape)} for {_PROBE_ROWS} rows"
        )
        raise RecipeError(msg)
    _check(exported, rows.numpy(), expected, name)
    emptied = _emptied(exported, set(module.state_dict()))
    _check_as_verifiers_do(emptied, spec, name)
    return emptied


def _distinct(make: Callable[[], torch.nn.Module]) -> torch.nn.Module:
    """Return a module in evaluation mode whose tensors all differ.

    The exporter merges equal initializers (fresh batch norms are full of zeros and ones), and a
    merged one could not be replaced for each tensor.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        module = make().eval()
        with torch.no_grad():
            for tensor in module.state_dict().values():
                if tensor.is_floating_point():
                    tensor.add_(torch.rand(tensor.shape), alpha=0.01)
    return module


def _export(module: torch.nn.Module, rows: torch.Tensor) -> onnx.ModelProto:
    """Trace the module. Nothing is folded, so that no parameter is baked into a constant."""
    buffer = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the tracing exporter announces its successor
        torch.onnx.export(
            module,
            (rows,),
            buffer,  # type: ignore[arg-type]
            dynamo=False,
            opset_version=OPSET,
            do_constant_folding=False,
            training=torch.onnx.TrainingMode.PRESERVE,
            input_names=["x"],
            output_names=["core"],
            dynamic_axes={"x": {0: "batch"}, "core": {0: "batch"}},
        )
    return onnx.load_from_string(buffer.getvalue())


def _check(
    model: onnx.ModelProto,
    rows: np.ndarray[tuple[int, ...], np.dtype[np.float32]],
    expected: np.ndarray[tuple[int, ...], np.dtype[np.float32]],
    name: str,
) -> None:
    operators = {(node.domain, node.op_type) for node in model.graph.node}
    foreign = sorted(kind for domain, kind in operators if domain or kind not in OPERATORS)
    if foreign:
        msg = f"learner {name}: its graph needs operators that are not allowed: {foreign}"
        raise RecipeError(msg)
    got = runtime.run(runtime.session(model.SerializeToString()), rows)
    scale = max(1.0, float(np.abs(expected).max()))
    worst = float(np.abs(got - expected).max()) / scale
    if not worst <= _TOLERANCE:
        msg = f"learner {name}: exported scores differ from the module's by {worst:.1e} (relative)"
        raise RecipeError(msg)


def _check_as_verifiers_do(model: onnx.ModelProto, spec: InputSpec, name: str) -> None:
    """Refuse before any training what every replay would refuse after it."""
    shard = laid_out(model, spec, "shared")
    axes = member_axes(shard)
    strip(shard, axes)
    form = Form(width=spec.width, members=1, outputs=spec.classes)
    try:
        check_graph(shard, axes, where=f"learner {name}", form=form)
    except ReleaseError as error:
        raise RecipeError(str(error)) from error


def _emptied(exported: onnx.ModelProto, state: set[str]) -> onnx.ModelProto:
    """Return the model with fixed versions, no comments, and zero member parameters."""
    graph = exported.graph
    graph.name = "member"
    axes = {}
    for node in graph.node:
        node.doc_string = ""
    for initializer in graph.initializer:
        if initializer.name in state and initializer.data_type == onnx.TensorProto.FLOAT:
            axes[initializer.name] = 0
            zero = np.zeros(tuple(initializer.dims), np.float32)
            initializer.CopyFrom(numpy_helper.from_array(zero, initializer.name))
    return finish(graph, axes)


def parameter_shapes(model: onnx.ModelProto) -> dict[str, tuple[int, ...]]:
    """Return the member parameters of a template and their shapes."""
    axes = member_axes(model)
    return {
        initializer.name: tuple(initializer.dims)
        for initializer in model.graph.initializer
        if initializer.name in axes
    }


def parameters(module: torch.nn.Module, shapes: Mapping[str, tuple[int, ...]]) -> Parameters:
    """Return what a trained module holds under these names.

    Raises UntrainableError when it holds something else: it is another module than the template's.
    """
    state = module.cpu().state_dict()
    for name, shape in shapes.items():
        got = state.get(name)
        if got is None or tuple(got.shape) != shape:
            held = None if got is None else tuple(got.shape)
            raise UntrainableError(f"expected the parameter {name} of shape {shape}, got {held}")
        if got.layout != torch.strided or not got.is_floating_point():
            raise UntrainableError(
                f"expected dense numbers in {name}, got {got.layout} {got.dtype}"
            )
    return {name: state[name].detach().float().numpy().copy() for name in shapes}


def check_trained(
    model: onnx.ModelProto, trained: torch.nn.Module, spec: InputSpec, name: str
) -> None:
    """Raise RecipeError unless a template with a trained module's parameters computes the same.

    Else training left something in the module that is neither parameter nor buffer, and members
    would vote without it.
    """
    rows = _probe(spec)
    with torch.no_grad():
        expected = trained.eval()(rows).numpy()
    values = parameters(trained, parameter_shapes(model))
    if all(np.isfinite(value).all() for value in values.values()):
        filled = onnx.load_from_string(fill(model, [values]))
        try:
            _check(filled, rows.numpy(), expected, name)
        except RecipeError as error:
            msg = f"{error}: what training leaves has to be in parameters and buffers alone"
            raise RecipeError(msg) from error


def _probe(spec: InputSpec) -> torch.Tensor:
    made = np.random.default_rng(0).uniform(-1, 1, (_PROBE_ROWS, spec.width))
    return torch.from_numpy(made.astype(np.float32))


def laid_out(model: onnx.ModelProto, spec: InputSpec, layout: Layout) -> onnx.ModelProto:
    """Return the template of a shard of one member: "x" to "scores" (1, batch, classes)."""
    graph = onnx.GraphProto()
    graph.CopyFrom(model.graph)
    rows = "x"
    nodes = list(graph.node)
    if layout == "paired":
        rows = "own_rows"
        shape = numpy_helper.from_array(np.array([-1, spec.width], np.int64), "own_rows_shape")
        graph.initializer.append(shape)
        for node in nodes:
            node.input[:] = [rows if name == "x" else name for name in node.input]
        nodes.insert(0, helper.make_node("Reshape", ["x", shape.name], [rows], name="own_rows"))
    axis = numpy_helper.from_array(np.array([0], np.int64), "member_axis")
    graph.initializer.append(axis)
    nodes.append(helper.make_node("Unsqueeze", ["core", axis.name], ["scores"], name="scores"))
    shape_in, shape_out = rows_shape(spec.width, 1, layout), (1, "batch", spec.classes)
    made = helper.make_graph(
        nodes,
        graph.name,
        [helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, list(shape_in))],
        [helper.make_tensor_value_info("scores", onnx.TensorProto.FLOAT, list(shape_out))],
        list(graph.initializer),
    )
    return finish(made, member_axes(model))
