"""Training rows: affine copies, views drawn from the certified list, exact integers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from auditor.errors import RecipeError
from auditor.learners import InputSpec, TrainingSet
from auditor.learners.affine import Affine
from auditor.learners.options import Options
from auditor.learners.rows import RowMaker, _below
from auditor.randomness import Stream

Fixture = Callable[..., Any]
Array = npt.NDArray[Any]
Digits = tuple[Array, Array]


def maker(training: dict[str, Any], test: dict[str, Any], masks: Array | None = None) -> RowMaker:
    masked = test["method"] in {"hide", "views", "two-mask"}
    spec = InputSpec(shape=(1, 8, 8), symbols=2, masked=masked, classes=2)
    return RowMaker.from_recipe(
        {"training": training, "smoothing": {"test": test}}, spec, masks, None
    )


def test_copies_move_as_they_say() -> None:
    image = np.zeros((1, 7, 7), np.float32)
    image[0, 2:5, 3] = 1  # a short upright bar through the centre
    flat = image.reshape(1, 49)

    def moved(**change: Any) -> Array:
        return Affine(**change).apply(flat, (1, 7, 7)).reshape(7, 7)

    np.testing.assert_array_equal(moved(), image[0])
    np.testing.assert_allclose(moved(shear=1.0), np.fliplr(moved(shear=-1.0)), atol=1e-6)
    assert moved(shear=1.0)[2, 4] == pytest.approx(1)
    np.testing.assert_allclose(moved(rotate=np.pi / 2), image[0].T, atol=1e-6)
    assert moved(width=2.0)[3].tolist() == pytest.approx([0, 0, 0.5, 1, 0.5, 0, 0])
    assert moved(shear=30.0)[0].sum() == 0  # moved out of the picture


def test_a_mirror_swaps_left_and_right_of_every_channel_before_all_else() -> None:
    image = np.arange(2 * 3 * 4, dtype=np.float32).reshape(2, 3, 4)

    def moved(**change: Any) -> Array:
        return Affine(**change).apply(image.reshape(1, 24), (2, 3, 4)).reshape(2, 3, 4)

    np.testing.assert_array_equal(moved(mirror=True), image[:, :, ::-1])
    first = np.ascontiguousarray(image[:, :, ::-1]).reshape(1, 24)
    later = Affine(shear=0.5).apply(first, (2, 3, 4)).reshape(2, 3, 4)
    np.testing.assert_allclose(moved(mirror=True, shear=0.5), later, atol=1e-5)


def test_bilinear_copies_agree_with_scipy(digits: Digits) -> None:
    ndimage = pytest.importorskip("scipy.ndimage")
    image = digits[0][0].reshape(8, 8).astype(np.float64)
    got = Affine(shear=0.2).apply(image.reshape(1, 64).astype(np.float32), (1, 8, 8))
    matrix = np.array([[1, 0], [0.2, 1]])  # (row, column)
    centre = np.array([3.5, 3.5])
    wanted = ndimage.affine_transform(
        np.pad(image, 1), matrix, offset=centre + 1 - matrix @ (centre + 1), order=1
    )
    np.testing.assert_allclose(got.reshape(8, 8), wanted[1:-1, 1:-1], atol=1e-6)


def test_rows_are_copies_times_views_with_certified_masks(
    parts: list[TrainingSet], groups: Array, streams: Fixture
) -> None:
    made = maker({"copies": [{}, {"shear": "0.2"}], "masks": 3}, {"method": "two-mask"}, groups)
    rows, labels = made.rows(parts[0], streams(0))
    count = len(parts[0].labels)
    assert rows.shape == (count * 6, 128)
    assert made.rows_per_example == 6
    assert labels.tolist() == np.tile(parts[0].labels, 6).tolist()
    visible = rows[:, 64:].astype(np.uint8)
    kinds = {mask.tobytes() for mask in groups}
    assert {mask.tobytes() for mask in visible} == kinds  # 150 draws of 6 miss none
    assert not (rows[:, :64] * (1 - visible)).any()
    first = rows[:count, :64]
    assert np.array_equal(first, (2.0 * parts[0].symbols - 1) * visible[:count])
    integers, _ = made.integers(parts[0], streams(0))
    assert integers.dtype == np.int8
    assert np.array_equal(integers, rows)


def test_hide_and_flip_show_training_rows_as_inputs_are_shown(
    parts: list[TrainingSet], streams: Fixture
) -> None:
    hidden, _ = maker({"masks": 40}, {"method": "hide", "show": "1/4"}).rows(parts[0], streams(0))
    assert hidden[:, 64:].mean() == pytest.approx(0.25, abs=0.01)
    flipped, _ = maker({"masks": 40}, {"method": "flip", "keep": "3/4"}).rows(parts[0], streams(0))
    kept = flipped == np.tile(2.0 * parts[0].symbols - 1, (40, 1))
    assert kept.mean() == pytest.approx(0.75, abs=0.01)


@pytest.mark.parametrize(
    ("test", "deviation"),
    [
        ({"method": "gaussian", "sigma": "3/4"}, (9 + 1 / 12) ** 0.5),  # three steps, and rounding
        ({"method": "uniform", "width": "5/2"}, (99 / 12) ** 0.5),  # ten steps
    ],
)
def test_noise_is_added_to_training_rows_as_to_inputs(
    test: dict[str, Any], deviation: float, parts: list[TrainingSet], streams: Fixture
) -> None:
    spec = InputSpec(shape=(1, 8, 8), symbols=0, masked=False, classes=2)
    recipe = {
        "training": {"masks": 40},
        "smoothing": {"test": test},
        "alphabet": {"kind": "grid", "low": "0", "high": "1", "step": "1/4"},
    }
    made = RowMaker.from_recipe(recipe, spec, None, None)
    rows, labels = made.rows(parts[0], streams(0))
    added = rows - np.tile(parts[0].symbols, (40, 1))
    assert added.std() == pytest.approx(deviation, rel=0.02)
    assert labels.tolist() == np.tile(parts[0].labels, 40).tolist()
    integers, _ = made.integers(parts[0], streams(0))
    assert np.array_equal(integers, rows)


def hidden(part: TrainingSet, seen: Array) -> TrainingSet:
    return TrainingSet(symbols=part.symbols * seen, labels=part.labels, visible=seen)


@pytest.mark.parametrize("test", [{"method": "none"}, {"method": "hide", "show": "1/2"}])
def test_what_the_training_side_hides_is_zero_in_every_row(
    test: dict[str, Any], parts: list[TrainingSet], streams: Fixture
) -> None:
    seen = np.random.default_rng(0).integers(0, 2, parts[0].symbols.shape, dtype=np.uint8)
    made = maker({}, test)
    rows, _ = made.rows(hidden(parts[0], seen), streams(0))
    values = (2.0 * parts[0].symbols - 1) * seen
    assert np.array_equal(rows, np.concatenate([values, seen], -1) if made.spec.masked else values)
    assert not np.signbit(rows[rows == 0]).any()  # a minus zero would tell
    integers, _ = made.integers(hidden(parts[0], seen), streams(0))
    assert np.array_equal(integers, rows)


def test_a_value_is_seen_where_both_sides_show_it(
    parts: list[TrainingSet], groups: Array, streams: Fixture
) -> None:
    seen = np.random.default_rng(0).integers(0, 2, parts[0].symbols.shape, dtype=np.uint8)
    made = maker({"masks": 3}, {"method": "two-mask"}, groups)
    _, _, whole = made.shown(parts[0], streams(0))
    symbols, labels, both = made.shown(hidden(parts[0], seen), streams(0))
    assert whole is not None
    assert both is not None
    assert np.array_equal(both, whole * np.tile(seen, (3, 1)))
    assert len(symbols) == len(labels) == 3 * len(seen)
    noisy = maker({"masks": 2}, {"method": "flip", "keep": "3/4"})
    _, _, own = noisy.shown(hidden(parts[0], seen), streams(0))
    assert own is not None
    assert np.array_equal(own, np.tile(seen, (2, 1)))


def test_without_training_views_everything_is_visible(
    parts: list[TrainingSet], groups: Array, streams: Fixture
) -> None:
    rows, _ = maker({}, {"method": "views"}, groups).rows(parts[0], streams(0))
    assert (rows[:, 64:] == 1).all()


def test_indices_are_spread_evenly() -> None:
    counts = np.bincount(_below(7, 70_000, Stream(bytes(32), "augment")), minlength=7)
    assert len(counts) == 7
    assert np.abs(counts - 10_000).max() < 500


@pytest.mark.parametrize(
    ("training", "test", "named"),
    [
        ({"masks": 2}, {"method": "none"}, "training.masks"),
        ({"masks": -1}, {"method": "none"}, "training.masks"),
        ({"copies": [{"stretch": "2"}]}, {"method": "none"}, "copies"),
        ({"copies": [{"width": "0"}]}, {"method": "none"}, "width"),
        ({"copies": [{"shear": "a lot"}]}, {"method": "none"}, "shear"),
    ],
)
def test_refuses(training: dict[str, Any], test: dict[str, Any], named: str) -> None:
    with pytest.raises(RecipeError, match=named):
        maker(training, test)


def test_tables_cannot_be_sheared() -> None:
    spec = InputSpec(shape=(64,), symbols=2, masked=False, classes=2)
    recipe = {"training": {"copies": [{"shear": "1"}]}, "smoothing": {"test": {"method": "none"}}}
    with pytest.raises(RecipeError, match="expected images"):
        RowMaker.from_recipe(recipe, spec, None, None)


def test_options_name_key_value_and_what_is_allowed() -> None:
    options = Options({"steps": 0, "deskew": "yes", "hidden": [3, 0], "name": 5}, "learner")
    with pytest.raises(RecipeError, match=r"learner.steps: expected an integer of at least 1, got"):
        options.whole("steps", 1, least=1)
    with pytest.raises(RecipeError, match=r"learner.deskew: expected true or false, got 'yes'"):
        options.switch("deskew", default=True)
    with pytest.raises(RecipeError, match=r"learner.hidden: expected a list of positive integers"):
        options.wholes("hidden", (1,))
    with pytest.raises(RecipeError, match=r"learner.name: expected a string, got 5"):
        options.text("name", "")
    assert options.real("penalty", "1/4") == 0.25
    assert options.reals("bias", ["0", "1.5"]) == (0.0, 1.5)
