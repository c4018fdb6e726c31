"""What is no member is refused before it is run, in one sentence and whatever the bytes."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import numpy as np
import onnx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper

from auditor.errors import ReleaseError
from auditor.learners import InputSpec
from auditor.replay import ensemble, graph_shapes, runtime
from auditor.replay.form import Form
from auditor.replay.graph_digest import AXES_KEY, graph_digest, member_axes
from auditor.replay.graph_rules import _LEARNERS, OPERATORS, check
from tests.learners.test_every_learner import TABLES
from tests.replay import graphs
from tests.replay.graphs import FORM, changed, ending, sound

WHERE = "members/000000.onnx"


def node(kind: str, *inputs: str, **options: Any) -> onnx.NodeProto:
    return helper.make_node(kind, list(inputs) or ["mine"], ["scores"], **options)


def twice(model: onnx.ModelProto) -> None:
    model.graph.output.append(
        helper.make_tensor_value_info("cube", TensorProto.FLOAT, ["batch", 3, 2])
    )


def typed(kind: int) -> Callable[[onnx.ModelProto], None]:
    def change(model: onnx.ModelProto) -> None:
        model.graph.input[0].type.tensor_type.elem_type = kind

    return change


def sequence(model: onnx.ModelProto) -> None:
    model.graph.input[0].type.sequence_type.elem_type.tensor_type.elem_type = TensorProto.FLOAT


def with_initializer(**fields: Any) -> Callable[[onnx.ModelProto], None]:
    """Add a constant that nothing reads."""
    return lambda model: model.graph.initializer.append(TensorProto(name="idle", **fields))


def sparse(model: onnx.ModelProto) -> None:
    model.graph.sparse_initializer.append(
        helper.make_sparse_tensor(
            numpy_helper.from_array(np.ones(1, np.float32), "idle"),
            numpy_helper.from_array(np.array([0])),
            [9],
        )
    )


def metadata(key: str, value: str) -> Callable[[onnx.ModelProto], None]:
    def change(model: onnx.ModelProto) -> None:
        del model.metadata_props[:]
        helper.set_model_props(model, {key: value})

    return change


def a_parameter_in_words(model: onnx.ModelProto) -> None:
    tensor = model.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.float_data.extend([0.0] * 24)


def external_constant(model: onnx.ModelProto) -> None:
    """The constant of a node, not an initializer, with its data elsewhere."""
    tensor = TensorProto(data_type=TensorProto.FLOAT, dims=[1], data_location=TensorProto.EXTERNAL)
    tensor.external_data.add(key="location", value="data.bin")
    model.graph.node.insert(0, helper.make_node("Constant", [], ["idle"], value=tensor))


def shape_from_input() -> onnx.ModelProto:
    """A shape that the row decides."""
    return ending(
        helper.make_node("ReduceSum", ["x"], ["sum"], keepdims=0),
        helper.make_node("Cast", ["sum"], ["size"], to=TensorProto.INT64),
        helper.make_node("Unsqueeze", ["size", "first"], ["sizes"]),
        helper.make_node("Expand", ["one", "sizes"], ["big"]),
        helper.make_node("ReduceMean", ["big"], ["mean"], keepdims=0),
        helper.make_node("Add", ["mine", "mean"], ["scores"]),
        first=np.array([0]),
        one=np.float32(1),
    )


def shape_from_parameter() -> onnx.ModelProto:
    """A shape that a member's own numbers decide, so that no digest fixes it."""
    made = shape_from_input()
    made.graph.node[3].input[0] = "weight"
    return made


HOSTILE: dict[str, tuple[onnx.ModelProto | bytes, str]] = {
    "external data": (graphs.external(), "has 0 bytes"),
    "external data, and weights": (
        changed(lambda m: m.graph.initializer[0].external_data.add(key="location", value="d")),
        "external_data",
    ),
    "a location in memory": (graphs.external("*/_ORT_MEM_ADDR_/*"), "has 0 bytes"),
    "an external constant": (changed(external_constant), "TensorProto.external_data"),
    "random numbers": (ending(node("RandomNormalLike")), "'RandomNormalLike' is not allowed"),
    "random bits": (ending(node("Bernoulli")), "'Bernoulli' is not allowed"),
    "dropout": (ending(node("Dropout")), "'Dropout' is not allowed"),
    "training": (
        ending(
            node("BatchNormalization", "mine", "a", "a", "a", "a", training_mode=1),
            a=np.ones(3, np.float32),
        ),
        "in training mode",
    ),
    "if": (graphs.control_flow("If"), "holds AttributeProto.g,|'If' is not allowed"),
    "loop": (graphs.control_flow("Loop"), "holds AttributeProto.g,"),
    "scan": (graphs.control_flow("Scan"), "holds AttributeProto.g,"),
    "a graph as an option": (
        changed(lambda m: m.graph.node[0].attribute.add(name="g", type=5, g=graphs.subgraph("a"))),
        "holds AttributeProto.g,",
    ),
    "a function": (graphs.function(), "operator sets"),
    "a function, unused": (
        changed(lambda m: m.functions.append(graphs.function().functions[0])),
        "holds ModelProto.functions",
    ),
    "another domain": (
        ending(node("FusedMatMul", "mine", "mine", domain="com.microsoft")),
        "'com.microsoft.FusedMatMul' is not allowed",
    ),
    "another domain imported": (
        changed(lambda m: m.opset_import.append(helper.make_opsetid("com.microsoft", 1))),
        "operator sets",
    ),
    "another version": (changed(lambda m: m.opset_import.pop()), "operator sets"),
    "the same domain twice": (
        changed(lambda m: m.opset_import.append(helper.make_opsetid("", 17))),
        "operator sets",
    ),
    "another producer": (changed(lambda m: setattr(m, "producer_name", "x")), "producer"),
    "training information": (
        changed(lambda m: m.training_info.add()),
        "holds ModelProto.training_info",
    ),
    "a note on a node": (
        changed(lambda m: m.graph.node[0].metadata_props.add(key="a", value="b")),
        "holds NodeProto.metadata_props",
    ),
    "sparse data": (changed(sparse), "holds GraphProto.sparse_initializer"),
    "strings": (
        changed(with_initializer(data_type=TensorProto.STRING, string_data=[b"a"], dims=[1])),
        "holds TensorProto.string_data",
    ),
    "a string as raw data": (
        changed(with_initializer(data_type=TensorProto.STRING, raw_data=b"a", dims=[1])),
        "'idle' of type 8",
    ),
    "a constant string": (
        changed(
            lambda m: m.graph.node.insert(
                0, helper.make_node("Constant", [], ["idle"], value_string="a")
            )
        ),
        "'idle' does not follow",
    ),
    "a cast to strings": (
        ending(
            helper.make_node("Cast", ["mine"], ["text"], to=TensorProto.STRING),
            node("Cast", "text", to=TensorProto.FLOAT),
        ),
        "'text' does not follow",
    ),
    "a sequence for an input": (changed(sequence), "holds TypeProto.sequence_type"),
    "doubles for an input": (changed(typed(TensorProto.DOUBLE)), "input x|well-formed"),
    "two outputs": (changed(twice), "2 outputs, expected one"),
    "no output": (changed(lambda m: m.graph.output.pop()), "0 outputs, expected one"),
    "two inputs": (
        changed(
            lambda m: m.graph.input.append(
                helper.make_tensor_value_info("y", TensorProto.FLOAT, [1])
            )
        ),
        "expected one float32 input x",
    ),
    "an input of another name": (changed(lambda m: setattr(m.graph.input[0], "name", "y")), "x"),
    "a fixed batch": (
        changed(
            lambda m: m.graph.input[0].CopyFrom(
                helper.make_tensor_value_info("x", TensorProto.FLOAT, [256, 4])
            )
        ),
        r"got \[\(256, 4\)",
    ),
    "a free width": (
        changed(
            lambda m: m.graph.input[0].CopyFrom(
                helper.make_tensor_value_info("x", TensorProto.FLOAT, ["batch", "width"])
            )
        ),
        r"got \[\(-1, 0\)",
    ),
    "scores of another shape than declared": (
        ending(node("Unsqueeze", "mine", "first"), first=np.array([0])),
        "256 rows give scores of shape",
    ),
    "too few members": (
        graphs.model([node("Unsqueeze", "x", "axis")], {"axis": np.array([0])}),
        r"scores of shape \(1, 256, 4\)",
    ),
    "a negative dimension": (
        changed(with_initializer(data_type=1, dims=[-1], raw_data=b"")),
        "dimensions",
    ),
    "fewer numbers than dimensions": (
        changed(with_initializer(data_type=1, dims=[2**40], raw_data=bytes(8))),
        "'idle' has 8 bytes",
    ),
    "fewer numbers than a parameter needs": (
        changed(lambda m: setattr(m.graph.initializer[0], "raw_data", bytes(92))),
        "'weight' has 92 bytes, its dimensions say 96",
    ),
    "a parameter that is no float": (
        changed(metadata(AXES_KEY, '{"weight": 1, "shape": 0}')),
        "parameter 'shape' is not raw float32",
    ),
    "a parameter spelt another way": (changed(a_parameter_in_words), "'weight' is not raw float32"),
    "a parameter that is not there": (
        changed(metadata(AXES_KEY, '{"bias": 0, "weight": 1}')),
        "no initializer for the parameter 'bias'",
    ),
    "two initializers of one name": (
        changed(lambda m: m.graph.initializer.append(m.graph.initializer[0])),
        "two initializers",
    ),
    "other metadata": (changed(metadata("ort_config", "{}")), "metadata 'ort_config'"),
    "more metadata": (
        changed(lambda m: m.metadata_props.add(key="a", value="b")),
        "metadata 'a'",
    ),
    "metadata that is no JSON": (changed(metadata(AXES_KEY, "{")), "not strict JSON"),
    "metadata with a key twice": (
        changed(metadata(AXES_KEY, '{"weight": 1, "weight": 0}')),
        "appears twice",
    ),
    "an axis that is none": (changed(metadata(AXES_KEY, '{"weight": "1"}')), "expected an axis"),
    "a negative axis": (changed(metadata(AXES_KEY, '{"weight": -1}')), "expected an axis"),
    **{
        f"4 TiB by {kind}": (graphs.bomb(kind, 2**40), "takes (4398046511|8796093022)")
        for kind in ("ConstantOfShape", "Expand", "Range", "Pad")
    },
    "a shape that the input decides": (shape_from_input(), "does not follow from the graph"),
    "a shape that a parameter decides": (shape_from_parameter(), "does not follow"),
    "an operator for tensors in an option": (
        changed(
            lambda m: m.graph.node[0].attribute.add(
                name="value", type=4, t=numpy_helper.from_array(np.zeros(3, np.float32))
            )
        ),
        "MatMul has a tensor for an option",
    ),
    "an option that is none": (ending(node("Identity", to=1)), "not a well-formed graph"),
    "a value used before it is made": (
        changed(lambda m: m.graph.node.insert(0, m.graph.node.pop())),
        "not a well-formed graph",
    ),
    "a value made twice": (
        changed(lambda m: m.graph.node.append(m.graph.node[0])),
        "not a well-formed graph",
    ),
    "nodes without end": (
        changed(lambda m: m.graph.node.extend([onnx.NodeProto()] * 40_000)),
        "40003 nodes, expected at most 32768",
    ),
    "fields of no ONNX": (sound().SerializeToString() + b"\xf2\x7f\x01a", "fields that are not"),
    "a name that is no text": (
        sound().SerializeToString().replace(b"cube", b"\xff\xff\xff\xff"),
        "NodeProto.(in|out)put is not UTF-8",
    ),
    "an initializer's name that is no text": (
        sound().SerializeToString().replace(b"weight", b"\xff" * 6),
        "name is not UTF-8|strict JSON|not UTF-8",
    ),
    "nothing": (b"", "IR version"),
    "text": (b"#!/bin/sh\n", "not an ONNX model"),
}


def as_bytes(model: onnx.ModelProto | bytes) -> bytes:
    return model if isinstance(model, bytes) else bytes(model.SerializeToString())


def test_the_sound_shard_is_accepted_and_gives_its_outputs() -> None:
    data = sound().SerializeToString()
    assert check(data, where=WHERE, form=FORM, graph=graph_digest(data)) == graphs.CLASSES


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_no_member_is_refused_in_one_sentence(name: str) -> None:
    model, reason = HOSTILE[name]
    with pytest.raises(ReleaseError, match=reason) as caught:
        check(as_bytes(model), where=WHERE, form=FORM)
    assert str(caught.value).startswith(f"{WHERE}: ")
    assert "\n" not in str(caught.value)
    assert caught.value.exit_code == 1


@pytest.mark.parametrize(
    "form",
    [
        Form(width=5, members=3, outputs=2),
        Form(width=4, members=2, outputs=2),
        Form(width=4, members=3, outputs=3),
        Form(width=4, members=3, outputs=2, paired=True),
        Form(width=4, members=None, outputs=2),
    ],
    ids=str,
)
def test_a_shard_of_another_form_is_refused(form: Form) -> None:
    with pytest.raises(ReleaseError, match=r"expected|Incompatible dimensions|may let rows"):
        check(sound().SerializeToString(), where=WHERE, form=form)


def test_a_front_end_says_itself_how_many_features_it_makes() -> None:
    made = graphs.model([node("Relu", "x")], scores=("batch", 4)).SerializeToString()
    assert check(made, where=WHERE, form=Form(width=4, members=None, outputs=None)) == 4


def test_a_member_of_another_graph_is_refused() -> None:
    expected = graph_digest(sound().SerializeToString())
    other = ending(node("Relu")).SerializeToString()
    assert check(other, where=WHERE, form=FORM) == 2  # by itself it is sound
    with pytest.raises(ReleaseError, match=f"expected {expected} as for all members"):
        check(other, where=WHERE, form=FORM, graph=expected)


def test_members_differ_in_the_numbers_of_their_parameters_and_in_nothing_else() -> None:
    expected = graph_digest(sound().SerializeToString())
    assert graph_digest(sound(graphs.WEIGHTS + 1).SerializeToString()) == expected
    differing = {
        "a constant": changed(lambda m: setattr(m.graph.initializer[1], "raw_data", bytes(24))),
        "an option": changed(lambda m: m.graph.node[2].attribute[0].ints.reverse()),
        "a parameter's shape": changed(lambda m: m.graph.initializer[0].dims.append(1)),
        "a parameter's type": changed(lambda m: setattr(m.graph.initializer[0], "data_type", 6)),
        "a parameter's place": changed(
            lambda m: setattr(m.graph.initializer[0], "data_location", 1)
        ),
        "what is a parameter": changed(metadata(AXES_KEY, '{"shape": 0, "weight": 1}')),
        "an axis": changed(metadata(AXES_KEY, '{"weight": 0}')),
        "a name": changed(lambda m: setattr(m.graph.node[0], "name", "other")),
    }
    digests = {name: graph_digest(m.SerializeToString()) for name, m in differing.items()}
    assert expected not in digests.values()
    assert len(set(digests.values())) == len(digests)


def test_what_was_judged_once_is_not_judged_again_but_its_parameters_are() -> None:
    seen: dict[Any, int] = {}
    check(sound().SerializeToString(), where=WHERE, form=FORM, seen=seen)
    assert len(seen) == 1
    check(sound(graphs.WEIGHTS - 9).SerializeToString(), where=WHERE, form=FORM, seen=seen)
    assert len(seen) == 1
    short = changed(lambda m: setattr(m.graph.initializer[0], "raw_data", bytes(4)))
    with pytest.raises(ReleaseError, match="has 4 bytes"):
        check(short.SerializeToString(), where=WHERE, form=FORM, seen=seen)
    check(ending(node("Relu")).SerializeToString(), where=WHERE, form=FORM, seen=seen)
    assert len(seen) == 2


def test_bytes_are_read_as_the_format_that_was_checked() -> None:
    """Without its setting onnxruntime reads these as its own format: the checks saw another."""
    import onnxruntime

    data = graphs.other_format()
    assert check(data, where=WHERE, form=FORM) == 2
    rows = np.array([[1, 2, 3, 4]], np.float32)
    plain = runtime.run(runtime.session(sound().SerializeToString()), rows)
    assert runtime.run(runtime.session(data), rows).tobytes() == plain.tobytes()
    with pytest.raises(Exception, match="ORT model"):
        onnxruntime.InferenceSession(data, providers=["CPUExecutionProvider"])


def test_shapes_are_worked_out_for_the_batch_that_is_run() -> None:
    assert graph_shapes.BATCH == ensemble.BATCH


def _learner_graphs() -> dict[str, tuple[onnx.ModelProto, Form]]:
    found = {}
    for name, (table, training) in TABLES.items():
        if table["name"] == "python":
            continue  # whatever the user's own module needs
        for shape, symbols, classes in (((1, 8, 8), 2, 2), ((3, 9, 9), 5, 4), ((6,), 5, 3)):
            for masked in (False, True):
                spec = InputSpec(shape=shape, symbols=symbols, masked=masked, classes=classes)
                image = name.partition(" ")[0] in {"kernel-bayes", "cnn"} or "hog" in name
                if (image and not spec.image) or ("hog" in name and shape[0] == 3):
                    continue
                test = "masked" if masked else "open"
                learner = graphs.learner(table, spec=spec, training=training)
                width = learner.maker.width  # type: ignore[attr-defined]
                for layout in ("shared", "paired"):
                    form = Form(
                        width=width,
                        members=learner.chunk,
                        outputs=classes,
                        paired=layout == "paired",
                    )
                    key = f"{name}, {shape}, {test}, {layout}"
                    found[key] = learner.graph(learner.chunk, layout), form
                if learner.front_end is not None:
                    features = Form(width=spec.width, members=None, outputs=width)
                    found[f"{name}, {shape}, {test}, front end"] = learner.front_end, features
    return found


def test_the_list_is_what_the_learners_need_and_every_graph_of_theirs_is_accepted() -> None:
    used = set()
    made = _learner_graphs()
    assert len(made) > 60
    for name, (model, form) in made.items():
        used |= {one.op_type for one in model.graph.node}
        assert check(model.SerializeToString(), where=name, form=form) == form.outputs
    assert set(_LEARNERS.split()) == used
    assert used < OPERATORS
    assert not OPERATORS & {"If", "Loop", "Scan", "Dropout", "RandomNormal", "Multinomial"}


SOUND = sound().SerializeToString()


def survives(data: bytes) -> None:
    """Judge bytes; whatever they are, ReleaseError or a member that can be run."""
    try:
        check(data, where=WHERE, form=FORM)
    except ReleaseError:
        return
    rows = np.zeros((1, graphs.WIDTH), np.float32)
    assert runtime.run(runtime.session(data), rows).shape == (graphs.MEMBERS, 1, graphs.CLASSES)


@given(st.binary(max_size=300))
def test_random_bytes_give_a_release_error(data: bytes) -> None:
    survives(data)


@given(st.integers(0, len(SOUND)))
def test_a_file_cut_short_gives_a_release_error(length: int) -> None:
    survives(SOUND[:length])


@settings(max_examples=500)
@given(st.integers(0, len(SOUND) - 1), st.integers(0, 255), st.integers(0, 2**32))
def test_changed_bytes_give_a_release_error_or_a_member(at: int, byte: int, seed: int) -> None:
    data = bytearray(SOUND)
    data[at] = byte
    survives(bytes(data))
    generator = random.Random(seed)
    for _ in range(3):
        data[generator.randrange(len(data))] = generator.randrange(256)
    survives(bytes(data))


def test_parameters_of_a_template_are_read_from_its_metadata() -> None:
    assert member_axes(sound()) == {"weight": 1}
    assert member_axes(graphs.model([node("Relu", "x")])) == {}
