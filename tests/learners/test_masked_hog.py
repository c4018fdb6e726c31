"""The front end's graph against the same steps written with SciPy, and its invariances."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from auditor.errors import RecipeError
from auditor.learners import InputSpec, TrainingSet, build
from auditor.learners.front_ends.fixed import FixedFrontEnd
from auditor.learners.front_ends.masked_hog import MaskedHog
from auditor.learners.options import Options
from auditor.replay import views

Fixture = Callable[..., Any]
Array = npt.NDArray[Any]
Digits = tuple[Array, Array]


def front_end(side: int, *, masked: bool, deskew: bool = True, **more: str) -> FixedFrontEnd:
    spec = InputSpec(shape=(1, side, side), symbols=2, masked=masked, classes=2)
    options = Options({"name": "masked-hog", "deskew": deskew, **more}, "learner.frontEnd")
    return MaskedHog.from_options(options, spec).build()


def reference(value: Array, visible: Array | None, *, deskew: bool, inpaint: bool = True) -> Array:
    """The features of one image (side, side), straight from the recipe."""
    ndimage = pytest.importorskip("scipy.ndimage")

    def smooth(image: Array, sigma: float) -> Array:
        radius = math.ceil(3 * sigma)
        blurred: Array = ndimage.gaussian_filter(image, sigma, mode="constant", radius=radius)
        return blurred

    if visible is None or not inpaint:
        ink = smooth((value + 1) / 2 * (1 if visible is None else visible), 0.7)
    else:
        filled = (smooth(value * visible, 0.8) - 0.02) / (smooth(visible, 0.8) + 0.02)
        ink = np.clip((filled + 1) / 2, 0, 1)
    side = len(ink)
    rows, columns = np.mgrid[0:side, 0:side] - (side - 1) / 2
    if deskew:
        total = max(ink.sum(), 1e-3)
        mean_x, mean_y = (ink * columns).sum() / total, (ink * rows).sum() / total
        mixed = (ink * rows * columns).sum() / total - mean_x * mean_y
        tall = (ink * rows * rows).sum() / total - mean_y**2
        shear = np.clip(mixed / (tall + 0.5), -1, 1)
        middle = (side - 1) / 2
        where = [rows + mean_y + middle, columns + mean_x + shear * rows + middle]
        # "constant" would not blend across the border as zero padding does, so pad first.
        ink = ndimage.map_coordinates(np.pad(ink, 1), [w + 1 for w in where], order=1)
    padded = np.pad(ink, 1)
    down, right = padded[2:, 1:-1] - padded[:-2, 1:-1], padded[1:-1, 2:] - padded[1:-1, :-2]
    features = []
    angle, length = np.arctan2(down, right) % (2 * np.pi), np.hypot(down, right)
    for k in range(8):
        apart = np.abs((angle - k * np.pi / 4 + np.pi) % (2 * np.pi) - np.pi)
        share = np.where(apart < np.pi / 4, length * np.sin(np.pi / 4 - apart), 0)
        pooled = ndimage.gaussian_filter(share, 1.6, mode="constant", radius=4)[::3, ::3]
        features.append(pooled.ravel())
    flat = np.concatenate(features)
    unit: Array = np.sqrt(flat / max(flat.sum(), 1e-6))
    return unit


@pytest.mark.parametrize("deskew", [True, False])
@pytest.mark.parametrize("masked", [True, False])
def test_features_are_the_recipe(masked: bool, deskew: bool, digits: Digits) -> None:
    symbols = digits[0][:20]
    values = views.values(symbols, 2)
    visible = np.random.default_rng(0).integers(0, 2, symbols.shape, dtype=np.uint8)
    fixed = front_end(8, masked=masked, deskew=deskew)
    assert fixed.size == 8 * 3 * 3
    got = fixed.apply(views.masked(values, visible) if masked else values)
    for index in range(20):
        seen = visible[index].reshape(8, 8).astype(np.float64) if masked else None
        wanted = reference(values[index].reshape(8, 8).astype(float), seen, deskew=deskew)
        # Square roots magnify rounding near zero.
        np.testing.assert_allclose(got[index], wanted, atol=2e-3)
        np.testing.assert_allclose(np.linalg.norm(got[index]), 1, rtol=1e-4)


def test_hidden_shares_stand_beside_the_gradients_of_what_is_visible(digits: Digits) -> None:
    symbols = digits[0][:20]
    visible = np.random.default_rng(0).integers(0, 2, symbols.shape, dtype=np.uint8)
    visible[0], visible[1] = 1, 0
    fixed = front_end(8, masked=True, deskew=False, fill="background", hiddenFraction="1.5")
    assert fixed.size == 8 * 3 * 3 + 4
    values = views.values(symbols, 2)
    got = fixed.apply(views.masked(values, visible))
    for index in range(20):
        image, seen = (part[index].reshape(8, 8).astype(float) for part in (values, visible))
        wanted = reference(image, seen, deskew=False, inpaint=False)
        np.testing.assert_allclose(got[index, :72], wanted, atol=2e-3)
        hidden = (1 - seen).reshape(2, 4, 2, 4).mean((1, 3)).ravel()
        np.testing.assert_allclose(got[index, 72:], 1.5 * hidden, atol=1e-6)


def test_a_cell_at_the_far_border_counts_its_own_pixels() -> None:
    fixed = front_end(10, masked=True, hiddenFraction="1")
    visible = np.ones((1, 10, 10), np.uint8)
    visible[0, 8:, 8:] = 0
    visible[0, 0, 4] = 0
    rows = views.masked(np.zeros((1, 100), np.float32), visible.reshape(1, 100))
    hidden = fixed.apply(rows)[0, -9:].reshape(3, 3)
    wanted = np.zeros((3, 3))
    wanted[2, 2], wanted[0, 1] = 1, 1 / 16
    np.testing.assert_allclose(hidden, wanted, atol=1e-6)


@pytest.mark.parametrize("fill", ["inpaint", "background"])
def test_a_hidden_pixel_changes_no_bit_of_any_feature(fill: str, digits: Digits) -> None:
    fixed = front_end(8, masked=True, fill=fill, hiddenFraction="1")
    visible = np.random.default_rng(4).integers(0, 2, (70, 64), dtype=np.uint8)
    symbols = digits[0][:70]
    other = np.where(visible == 1, symbols, 1 - symbols)
    one, two = (fixed.apply(views.masked(views.values(s, 2), visible)) for s in (symbols, other))
    assert one.tobytes() == two.tobytes()


@pytest.mark.parametrize(
    ("masked", "more", "said"),
    [
        (True, {"fill": "white"}, "fill: expected inpaint or background, got 'white'"),
        (True, {"hiddenFraction": "-1"}, "hiddenFraction: expected a number of at least 0"),
        (False, {"hiddenFraction": "1"}, "0 where the test side hides nothing, got '1'"),
    ],
)
def test_refuses_options_that_mean_nothing(masked: bool, more: dict[str, Any], said: str) -> None:
    with pytest.raises(RecipeError, match=said):
        front_end(8, masked=masked, **more)


def test_mnist_has_eight_directions_in_ten_by_ten_cells() -> None:
    assert front_end(28, masked=True).size == 800


def test_blank_and_fully_hidden_images_have_finite_features() -> None:
    fixed = front_end(28, masked=True)
    values = np.stack([np.full(784, -1.0), np.full(784, 1.0), np.zeros(784)]).astype(np.float32)
    visible = np.stack([np.ones(784), np.ones(784), np.zeros(784)]).astype(np.uint8)
    got = fixed.apply(views.masked(values, visible))
    assert np.isfinite(got).all()
    assert not got[0].any()


def test_a_rows_features_do_not_depend_on_its_neighbours(digits: Digits) -> None:
    fixed = front_end(8, masked=False)
    rows = views.values(digits[0][:70], 2)
    whole = fixed.apply(rows)
    assert fixed.apply(rows[:3]).tobytes() == whole[:3].tobytes()
    other = rows.copy()
    other[1] = -other[1]
    assert np.delete(fixed.apply(other), 1, 0).tobytes() == np.delete(whole, 1, 0).tobytes()
    assert fixed.apply(rows[:0]).shape == (0, 72)


@pytest.mark.parametrize(
    ("shape", "symbols"), [((64,), 2), ((3, 8, 8), 2), ((1, 8, 8), 0), ((1, 2, 8), 2)]
)
def test_refuses_what_it_cannot_read(shape: tuple[int, ...], symbols: int) -> None:
    spec = InputSpec(shape=shape, symbols=symbols, masked=False, classes=2)
    with pytest.raises(RecipeError, match="one channel"):
        MaskedHog.from_options(Options({}, "learner.frontEnd"), spec)


def test_real_members_with_26_digits_each_are_nearly_always_right(
    audit_data: Path, streams: Fixture, scores: Fixture
) -> None:
    """accuracy.md 2.2: an unmasked member with 26 examples is right on .994 of 1 against 7."""
    datasets = pytest.importorskip("torchvision.datasets")
    training, test = (datasets.MNIST(str(audit_data), train=train) for train in (True, False))

    def ones_and_sevens(data: Any, most: int) -> TrainingSet:  # noqa: ANN401 - torchvision has no types
        chosen = np.flatnonzero(np.isin(data.targets.numpy(), (1, 7)))[:most]
        symbols = (data.data.numpy()[chosen] > 127).reshape(-1, 784).astype(np.uint8)
        return TrainingSet(symbols=symbols, labels=(data.targets.numpy()[chosen] == 7) * 1)

    pool, inputs = ones_and_sevens(training, 260), ones_and_sevens(test, 1000)
    spec = InputSpec(shape=(1, 28, 28), symbols=2, masked=False, classes=2)
    learner = build(
        {
            "learner": {"name": "ridge", "frontEnd": {"name": "masked-hog"}},
            "training": {"copies": [{}, {"shear": "0.2"}, {"shear": "-0.2"}]},
            "smoothing": {"test": {"method": "none"}},
        },
        spec,
    )
    sets = [TrainingSet(symbols=pool.symbols[i::10], labels=pool.labels[i::10]) for i in range(10)]
    trained = learner.fit(sets, [streams(i) for i in range(10)], "cpu")
    features = learner.maker.front_end.apply(views.values(inputs.symbols, 2))  # type: ignore[attr-defined]
    right = scores(learner, trained, features).argmax(-1) == inputs.labels
    assert right.mean() > 0.98
