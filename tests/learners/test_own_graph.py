"""A recipe's own front end: judged as every graph that votes, and held against its digest."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest

from auditor.errors import RecipeError
from auditor.learners import InputSpec, build
from auditor.learners.front_ends import own_graph
from auditor.learners.front_ends.table import Given
from auditor.learners.graphs import GraphBuilder
from auditor.replay import views

SPEC = InputSpec(shape=(1, 8, 8), symbols=2, masked=True, classes=2)


def graph(width: int = 128, size: int = 5) -> onnx.ModelProto:
    """Features that are sums of what is visible."""
    builder = GraphBuilder("own")
    weights = builder.constant("weights", np.random.default_rng(0).normal(size=(width, size)))
    features = builder.op("Relu", builder.op("MatMul", "x", weights))
    model: onnx.ModelProto = builder.model(
        features, inputs={"x": ("batch", width)}, output="features", shape=("batch", size)
    )
    return model


def written(model: onnx.ModelProto) -> bytes:
    data: bytes = model.SerializeToString(deterministic=True)
    return data


def recipe(data: bytes, **changes: str) -> dict[str, object]:
    sha256 = hashlib.sha256(data).hexdigest()
    front_end = {"name": "onnx", "path": "own.onnx", "sha256": sha256, **changes}
    return {"learner": {"name": "ridge", "frontEnd": front_end}, "smoothing": {"test": TEST}}


TEST = {"method": "two-mask", "groups": 6, "pixels": 1}


def test_members_read_the_features_of_the_file(digits: tuple[np.ndarray, np.ndarray]) -> None:
    model = graph()
    data = written(model)
    learner = build(recipe(data), SPEC, given=Given(artefact=data))
    fixed = learner.maker.front_end  # type: ignore[attr-defined]
    rows = views.masked(views.values(digits[0][:70], 2), np.ones((70, 64), np.uint8))
    weights = onnx.numpy_helper.to_array(model.graph.initializer[0])
    np.testing.assert_allclose(fixed.apply(rows), np.maximum(rows @ weights, 0), atol=1e-4)
    assert fixed.size == 5
    assert learner.front_end is not None
    assert written(learner.front_end) == data  # so the release holds this very file


def no_output_name(model: onnx.ModelProto) -> None:
    model.graph.output[0].type.tensor_type.elem_type = onnx.TensorProto.DOUBLE


def foreign(model: onnx.ModelProto) -> None:
    model.graph.node[0].op_type = "Det"


def other_producer(model: onnx.ModelProto) -> None:
    model.producer_name = "somebody"


def with_metadata(model: onnx.ModelProto) -> None:
    onnx.helper.set_model_props(model, {"auditor.memberAxes": "{}"})


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (no_output_name, "expected one float32 input x and one output"),
        (foreign, "operator 'Det' is not allowed"),
        (other_producer, "expected IR version, producer"),
        (with_metadata, "expected a model without metadata"),
    ],
)
def test_a_graph_that_no_replay_would_accept_is_refused(
    change: Callable[[onnx.ModelProto], None], said: str
) -> None:
    model = graph()
    change(model)
    data = written(model)
    with pytest.raises(RecipeError, match=said):
        build(recipe(data), SPEC, given=Given(artefact=data))


def test_a_graph_of_another_width_other_bytes_and_no_bytes_are_refused() -> None:
    narrow = written(graph(width=64))
    with pytest.raises(RecipeError, match=r"own.onnx: not a well-formed graph"):
        build(recipe(narrow), SPEC, given=Given(artefact=narrow))
    data = written(graph())
    with pytest.raises(RecipeError, match=r"frontEnd.sha256: expected 0000"):
        build(recipe(data, sha256="0" * 64), SPEC, given=Given(artefact=data))
    with pytest.raises(RecipeError, match=r"learner.frontEnd.path: expected a file"):
        build(recipe(data), SPEC)
    unknown = data + b"\xfa\x3e\x01a"
    with pytest.raises(RecipeError, match="fields that are not ONNX's"):
        build(recipe(unknown), SPEC, given=Given(artefact=unknown))
    twice = data + b"\x08\x08"  # the IR version, once more
    with pytest.raises(RecipeError, match=r"SerializeToString\(deterministic=True\)"):
        build(recipe(twice), SPEC, given=Given(artefact=twice))


def test_the_file_is_read_beside_the_recipe_and_must_have_its_digest(tmp_path: Path) -> None:
    data = written(graph())
    assert own_graph.read({"learner": {"name": "ridge"}}, tmp_path) is None
    hog = {"learner": {"name": "ridge", "frontEnd": {"name": "masked-hog"}}}
    assert own_graph.read(hog, tmp_path) is None
    with pytest.raises(RecipeError, match=r"cannot read .*own.onnx: No such file"):
        own_graph.read(recipe(data), tmp_path)
    (tmp_path / "own.onnx").write_bytes(data)
    assert own_graph.read(recipe(data), tmp_path) == data
    (tmp_path / "own.onnx").write_bytes(data + b"\n")
    with pytest.raises(RecipeError, match=r"sha256: expected .* has "):
        own_graph.read(recipe(data), tmp_path)
