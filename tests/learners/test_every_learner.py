"""What the guarantee needs of every learner: isolation, masks, layouts, abstention."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
import pytest

from auditor.learners import InputSpec, Learner, Parameters, TrainingSet
from auditor.learners.export import fill
from auditor.replay import views
from auditor.replay.graph_digest import IR_VERSION, OPSET, graph_digest

SHEARS = [{}, {"shear": "0.2"}]

#: name -> (learner table, training table); every learner, masked and not.
TABLES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "naive-bayes": ({"name": "naive-bayes", "chunk": 3}, {}),
    "kernel-bayes": ({"name": "kernel-bayes", "chunk": 3}, {"copies": SHEARS}),
    "nearest-neighbours": ({"name": "nearest-neighbours", "neighbours": 3, "chunk": 3}, {}),
    "nearest-neighbours by differing symbols": (
        {"name": "nearest-neighbours", "distance": "l0", "chunk": 3},
        {},
    ),
    "ridge": ({"name": "ridge", "chunk": 3}, {}),
    "ridge on masked-hog": (
        {"name": "ridge", "chunk": 3, "frontEnd": {"name": "masked-hog"}},
        {"copies": SHEARS},
    ),
    "logistic": ({"name": "logistic", "steps": 5, "chunk": 3}, {}),
    "mlp": ({"name": "mlp", "hidden": [13, 7], "steps": 5, "batch": 9, "chunk": 3}, {}),
    "mlp without hidden layers": (
        {"name": "mlp", "hidden": [], "steps": 5, "batch": 9, "chunk": 3},
        {},
    ),
    "cnn": ({"name": "cnn", "channels": [3], "hidden": 5, "steps": 3, "batch": 9}, {}),
    "python": (
        {"name": "python", "factory": "python:toy_factory:net", "steps": 3, "batch": 9},
        {},
    ),
}

Fixture = Callable[..., Any]
Array = npt.NDArray[Any]
Digits = tuple[Array, Array]


@pytest.fixture(autouse=True)
def _factory(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """A user's own model with batch norm (tensors that start equal) and dropout."""
    folder = tmp_path_factory.getbasetemp() / "factory"
    folder.mkdir(exist_ok=True)
    (folder / "toy_factory.py").write_text(
        "import torch\n"
        "def net(spec):\n"
        "    return torch.nn.Sequential(torch.nn.Linear(spec['width'], 6),\n"
        "        torch.nn.BatchNorm1d(6), torch.nn.ReLU(), torch.nn.Dropout(0.5),\n"
        "        torch.nn.Linear(6, spec['classes']))\n"
    )
    monkeypatch.syspath_prepend(str(folder))
    sys.modules.pop("toy_factory", None)


@pytest.fixture(params=[(name, masked) for name in TABLES for masked in (False, True)], ids=str)
def learner(request: pytest.FixtureRequest, make: Fixture) -> Learner:
    name, masked = request.param
    table, training = TABLES[name]
    if masked and table["name"] not in {"kernel-bayes", "nearest-neighbours"}:
        training = {**training, "masks": 2}
    made: Learner = make(table, masked=masked, training=training)
    return made


def same(one: Parameters, other: Parameters) -> bool:
    return one.keys() == other.keys() and all(
        one[name].dtype == np.float32 and one[name].tobytes() == other[name].tobytes()
        for name in one
    )


def rows_for(learner: Learner, symbols: npt.NDArray[np.uint8], visible: Array | None) -> Array:
    """Rows as a member sees them, after the front end."""
    rows = views.values(symbols, 2)
    if visible is not None:
        rows = views.masked(rows, visible)
    front_end = learner.maker.front_end  # type: ignore[attr-defined]
    return rows if front_end is None else front_end.apply(rows)


def is_masked(learner: Learner) -> bool:
    return bool(learner.maker.spec.masked)  # type: ignore[attr-defined]


def test_a_member_depends_on_its_own_set_and_streams_only(
    learner: Learner, parts: list[TrainingSet], streams: Fixture
) -> None:
    own = [streams(member) for member in range(9)]
    base = learner.fit(parts[:3], own[:3], "cpu")
    changed = TrainingSet(
        symbols=1 - parts[1].symbols, labels=1 - parts[1].labels, capacity=parts[1].capacity
    )
    shorter = TrainingSet(
        symbols=parts[1].symbols[:-5], labels=parts[1].labels[:-5], capacity=parts[1].capacity
    )
    empty = TrainingSet(symbols=parts[1].symbols[:0], labels=parts[1].labels[:0])
    for other in (changed, shorter, empty, parts[7]):
        again = learner.fit([parts[0], other, parts[2]], own[:3], "cpu")
        assert same(again[0], base[0])
        assert same(again[2], base[2])
        assert not same(again[1], base[1])


def test_number_and_order_of_companions_change_nothing(
    learner: Learner, parts: list[TrainingSet], streams: Fixture
) -> None:
    own = [streams(member) for member in range(9)]
    base = learner.fit(parts[:4], own[:4], "cpu")
    alone = learner.fit(parts[:1], own[:1], "cpu")
    turned = learner.fit(parts[3::-1], own[3::-1], "cpu")
    assert same(alone[0], base[0])
    assert all(same(a, b) for a, b in zip(turned[::-1], base, strict=True))


def test_both_layouts_and_any_shard_agree(
    learner: Learner, parts: list[TrainingSet], streams: Fixture, scores: Fixture, digits: Digits
) -> None:
    members = [1] if learner.chunk == 1 else [0, 1, 2]
    trained = learner.fit([parts[i] for i in members], [streams(i) for i in members], "cpu")
    visible = np.random.default_rng(2).integers(0, 2, (20, 64), dtype=np.uint8)
    rows = rows_for(learner, digits[0][:20], visible if is_masked(learner) else None)
    shared = scores(learner, trained, rows, "shared")
    paired = scores(learner, trained, np.stack([rows] * len(members)), "paired")
    assert shared.shape == (len(members), 20, 2)
    np.testing.assert_allclose(shared, paired, rtol=1e-5, atol=1e-4)
    single = scores(learner, trained[:1], rows, "shared")
    np.testing.assert_allclose(single[0], shared[0], rtol=1e-5, atol=1e-4)


def test_a_hidden_pixel_changes_no_score(
    learner: Learner, parts: list[TrainingSet], streams: Fixture, scores: Fixture, digits: Digits
) -> None:
    if not is_masked(learner):
        return
    trained = learner.fit(parts[:1], [streams(0)], "cpu")
    visible = np.random.default_rng(3).integers(0, 2, (30, 64), dtype=np.uint8)
    symbols = digits[0][:30]
    other = np.where(visible == 1, symbols, 1 - symbols)
    seen, unseen = (
        scores(learner, trained, rows_for(learner, these, visible)) for these in (symbols, other)
    )
    assert seen.tobytes() == unseen.tobytes()


def test_a_member_without_examples_abstains(
    learner: Learner, parts: list[TrainingSet], streams: Fixture, scores: Fixture, digits: Digits
) -> None:
    empty = TrainingSet(symbols=parts[0].symbols[:0], labels=parts[0].labels[:0])
    trained = learner.fit([empty], [streams(0)], "cpu")
    visible = np.ones((4, 64), np.uint8) if is_masked(learner) else None
    got = scores(learner, trained, rows_for(learner, digits[0][:4], visible))
    assert np.isnan(got).all()


def test_a_member_with_one_class_is_sound(
    learner: Learner, parts: list[TrainingSet], streams: Fixture, scores: Fixture, digits: Digits
) -> None:
    ones = parts[0].labels == 0
    single = TrainingSet(symbols=parts[0].symbols[ones], labels=parts[0].labels[ones])
    trained = learner.fit([single], [streams(0)], "cpu")
    visible = np.ones((4, 64), np.uint8) if is_masked(learner) else None
    got = scores(learner, trained, rows_for(learner, digits[0][:4], visible))
    assert np.isfinite(got).all()


def test_the_graph_is_standard_checked_and_the_same_every_time(
    learner: Learner, parts: list[TrainingSet], streams: Fixture
) -> None:
    trained = learner.fit(parts[:2], [streams(0), streams(1)], "cpu")
    for layout in ("shared", "paired"):
        template = learner.graph(learner.chunk, layout)
        again = learner.graph(learner.chunk, layout)
        assert template.SerializeToString() == again.SerializeToString()
        first, second = (fill(template, [one]) for one in trained)
        assert first != second
        assert graph_digest(first) == graph_digest(second)
        model = onnx.load_from_string(first)
        onnx.checker.check_model(model, full_check=True)
        assert [(o.domain, o.version) for o in model.opset_import] == [("", OPSET)]
        assert model.ir_version == IR_VERSION
        assert {node.domain for node in model.graph.node} == {""}
        assert all(t.data_location == onnx.TensorProto.DEFAULT for t in model.graph.initializer)
        assert [i.name for i in model.graph.input] == ["x"]
        assert [o.name for o in model.graph.output] == ["scores"]
    shared, paired = (
        graph_digest(learner.graph(learner.chunk, layout).SerializeToString())
        for layout in ("shared", "paired")
    )
    assert shared != paired


def test_three_classes_and_a_table(make: Fixture, streams: Fixture, scores: Fixture) -> None:
    generator = np.random.default_rng(5)
    labels = generator.integers(0, 3, 90)
    symbols = (labels[:, None] + generator.integers(0, 3, (90, 6))).astype(np.uint8)
    spec = InputSpec(shape=(6,), symbols=5, masked=False, classes=3)
    for name in ("naive-bayes", "nearest-neighbours", "ridge", "logistic", "mlp"):
        learner = make({"name": name}, spec=spec)
        trained = learner.fit([TrainingSet(symbols=symbols, labels=labels)], [streams(0)], "cpu")
        got = scores(learner, trained, views.values(symbols, 5))
        assert (got[0].argmax(-1) == labels).mean() > 0.85, name
