"""Nearest neighbours against a plain ranking of (distance, label) pairs in Python integers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
import pytest
from onnx import TensorProto

from auditor.errors import RecipeError
from auditor.learners import InputSpec, TrainingSet, build
from auditor.learners.nearest_neighbours import NearestNeighbours
from auditor.replay import views

Fixture = Callable[..., Any]
Array = npt.NDArray[Any]


def ranked(examples: TrainingSet, symbols: Array, visible: Array, distance: str) -> list[int]:
    """Labels of the examples by (distance to the input, label)."""
    pairs = []
    for own, label in zip(examples.symbols.tolist(), examples.labels.tolist(), strict=True):
        apart = [a - b for a, b, v in zip(own, symbols, visible, strict=True) if v]
        far = sum(d * d for d in apart) if distance == "l2" else sum(d != 0 for d in apart)
        pairs.append((far, label))
    return [label for _, label in sorted(pairs)]


def table(count: int, features: int, symbols: int, classes: int, seed: int) -> TrainingSet:
    """Few distinct rows, so that distances tie all the time."""
    generator = np.random.default_rng(seed)
    return TrainingSet(
        symbols=generator.integers(0, symbols, (count, features), dtype=np.uint8),
        labels=generator.integers(0, classes, count),
    )


def learner_of(
    spec: InputSpec, options: dict[str, Any], capacity: int | None = 40, **more: Any
) -> NearestNeighbours:
    test = {"method": "views" if spec.masked else "none"}
    recipe = {
        "learner": {"name": "nearest-neighbours", **options},
        "smoothing": {"test": test},
        "alphabet": {"unit": "channel"},
        **more,
    }
    masks = np.ones((2, spec.features), np.uint8) if spec.masked else None
    made = build(recipe, spec, masks, capacity)
    assert isinstance(made, NearestNeighbours)
    return made


@pytest.mark.parametrize("neighbours", [1, 2, 5, 39, 60])
@pytest.mark.parametrize(
    ("symbols", "distance"), [(2, "l2"), (2, "l0"), (4, "l2"), (4, "l0"), (256, "l2"), (200, "l0")]
)
@pytest.mark.parametrize("masked", [False, True])
def test_scores_count_the_nearest_examples(  # noqa: PLR0917 - fixtures
    symbols: int, distance: str, masked: bool, neighbours: int, streams: Fixture, scores: Fixture
) -> None:
    spec = InputSpec(shape=(5,), symbols=symbols, masked=masked, classes=3)
    learner = learner_of(spec, {"neighbours": neighbours, "distance": distance})
    members = [table(37, 5, symbols, 3, 1), table(40, 5, symbols, 3, 2), table(3, 5, symbols, 3, 3)]
    trained = learner.fit(members, [streams(m) for m in range(3)], "cpu")
    asked = table(25, 5, symbols, 3, 4).symbols
    visible = np.random.default_rng(5).integers(0, 2, asked.shape, dtype=np.uint8)
    if not masked:
        visible[:] = 1
    rows = views.values(asked, symbols)
    rows = views.masked(rows, visible) if masked else rows
    shared = scores(learner, trained, rows)
    assert scores(learner, trained, np.stack([rows] * 3), "paired").tolist() == shared.tolist()
    for member, examples in enumerate(members):
        for index, (row, seen) in enumerate(zip(asked.tolist(), visible.tolist(), strict=True)):
            voters = ranked(examples, row, seen, distance)[:neighbours]
            wanted = [3 * voters.count(label) - label for label in range(3)]
            assert shared[member, index].tolist() == wanted


@pytest.mark.parametrize("distance", ["l2", "l0"])
def test_one_feature_is_enough(distance: str, streams: Fixture, scores: Fixture) -> None:
    spec = InputSpec(shape=(1,), symbols=5, masked=False, classes=2)
    learner = learner_of(spec, {"neighbours": 3, "distance": distance})
    members = [table(20, 1, 5, 2, seed) for seed in (1, 2)]
    trained = learner.fit(members, [streams(0), streams(1)], "cpu")
    rows = views.values(np.arange(5)[:, None], 5)
    got = scores(learner, trained, rows)
    assert scores(learner, trained, np.stack([rows] * 2), "paired").tolist() == got.tolist()
    for member, examples in enumerate(members):
        for symbol in range(5):
            voters = ranked(examples, np.array([symbol]), np.ones(1), distance)[:3]
            assert got[member, symbol].tolist() == [2 * voters.count(c) - c for c in (0, 1)]


def test_the_order_of_the_examples_changes_no_score(streams: Fixture, scores: Fixture) -> None:
    spec = InputSpec(shape=(4,), symbols=2, masked=False, classes=2)
    learner = learner_of(spec, {"neighbours": 3})
    examples = table(40, 4, 2, 2, 0)
    rows = views.values(table(16, 4, 2, 2, 1).symbols, 2)
    base = scores(learner, learner.fit([examples], [streams(0)], "cpu"), rows)
    for seed in range(5):
        order = np.random.default_rng(seed).permutation(40)
        turned = TrainingSet(symbols=examples.symbols[order], labels=examples.labels[order])
        again = scores(learner, learner.fit([turned], [streams(0)], "cpu"), rows)
        assert again.tobytes() == base.tobytes()


def test_the_smallest_class_wins_a_tie_of_votes(streams: Fixture, scores: Fixture) -> None:
    spec = InputSpec(shape=(2,), symbols=2, masked=False, classes=3)
    learner = learner_of(spec, {"neighbours": 2})
    both = TrainingSet(symbols=np.array([[0, 0], [0, 1]], np.uint8), labels=np.array([2, 1]))
    [got] = scores(learner, learner.fit([both], [streams(0)], "cpu"), np.array([[-1, -1]], "f4"))
    assert got.argmax(-1).tolist() == [1]


def test_long_sums_are_made_in_float64_and_stay_exact(streams: Fixture, scores: Fixture) -> None:
    """Two far examples whose distances differ by one part in 50 million: float32 cannot tell."""
    spec = InputSpec(shape=(800,), symbols=256, masked=False, classes=2)
    learner = learner_of(spec, {}, capacity=2)
    kinds = {t.data_type for t in learner.graph(1, "shared").graph.initializer}
    assert TensorProto.DOUBLE in kinds
    far = np.full((2, 800), 255, np.uint8)
    far[0, 0], far[1, :2] = 253, (254, 254)  # 2^2 - 2 * 2 * 255 against 2 (1 - 2 * 255)
    for labels in ([0, 1], [1, 0]):
        examples = TrainingSet(symbols=far, labels=np.array(labels))
        rows = views.values(np.zeros((1, 800), np.uint8), 256)
        [got] = scores(learner, learner.fit([examples], [streams(0)], "cpu"), rows)
        wanted = ranked(examples, np.zeros(800), np.ones(800), "l2")[0]
        assert got.argmax(-1).tolist() == [wanted] == [labels[1]]


def test_short_sums_need_no_float64() -> None:
    image = InputSpec(shape=(1, 28, 28), symbols=2, masked=True, classes=10)
    kinds = {t.data_type for t in learner_of(image, {}).graph(1, "shared").graph.initializer}
    assert kinds == {TensorProto.FLOAT, TensorProto.INT64}


@pytest.mark.parametrize(
    ("features", "symbols"), [(1 << 24, 40_000), (3, (1 << 16) + 1)], ids=["long", "many"]
)
def test_distances_that_no_float_holds_are_refused(features: int, symbols: int) -> None:
    spec = InputSpec(shape=(features,), symbols=symbols, masked=False, classes=2)
    with pytest.raises(RecipeError, match=f"exact in float64, got {features} features of"):
        learner_of(spec, {}, capacity=1)


def test_the_most_symbols_are_told_apart(streams: Fixture, scores: Fixture) -> None:
    """Neighbouring symbols of 65,536: a row of float32 fractions still gives each of them back."""
    spec = InputSpec(shape=(1,), symbols=1 << 16, masked=False, classes=2)
    learner = learner_of(spec, {}, capacity=2)
    for symbol in (0, 1, 32_766, 32_767, 32_768, 65_533):
        pair = TrainingSet(
            symbols=np.array([[symbol], [symbol + 2]], np.int32), labels=np.array([1, 0])
        )
        trained = learner.fit([pair], [streams(0)], "cpu")
        rows = views.values(np.array([[symbol], [symbol + 1], [symbol + 2]], np.int32), 1 << 16)
        [got] = scores(learner, trained, rows)
        assert got.argmax(-1).tolist() == [1, 0, 0]  # in the middle the smaller label is nearer


def test_a_member_takes_its_capacity_and_no_more(streams: Fixture) -> None:
    spec = InputSpec(shape=(3,), symbols=2, masked=False, classes=2)
    learner = learner_of(spec, {}, capacity=6)
    examples = table(9, 3, 2, 2, 0)
    [member] = learner.fit([examples], [streams(0)], "cpu")
    assert member["templates"].shape == (3, 6)
    first = TrainingSet(symbols=examples.symbols[:6], labels=examples.labels[:6])
    [same] = learner.fit([first], [streams(0)], "cpu")
    assert all(member[name].tobytes() == same[name].tobytes() for name in member)


def test_the_graph_is_small_whatever_the_number_of_members() -> None:
    spec = InputSpec(shape=(1, 8, 8), symbols=2, masked=False, classes=2)
    learner = learner_of(spec, {"neighbours": 5})
    nodes = [len(learner.graph(members, "shared").graph.node) for members in (1, 50)]
    assert nodes[0] == nodes[1] < 30
    assert isinstance(learner.graph(1, "paired"), onnx.ModelProto)


@pytest.mark.parametrize(
    ("symbols", "options", "capacity", "more", "said"),
    [
        (0, {}, 4, {}, "nearest-neighbours needs symbols"),
        (2, {}, None, {}, "expects members of a known capacity"),
        (2, {"distance": "l1"}, 4, {}, "learner.distance: expected one of l2, l0, got 'l1'"),
        (2, {"neighbours": 0}, 4, {}, "learner.neighbours: expected an integer of at least 1"),
        (2, {}, 4, {"training": {"masks": 2}}, "and training.masks = 0"),
    ],
)
def test_what_it_cannot_do_is_said(
    symbols: int, options: dict[str, Any], capacity: int | None, more: dict[str, Any], said: str
) -> None:
    masked = "training" in more
    spec = InputSpec(shape=(6,), symbols=symbols, masked=masked, classes=2)
    with pytest.raises(RecipeError, match=said):
        learner_of(spec, options, capacity, **more)
