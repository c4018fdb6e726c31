"""The colour front end's graph against the same steps written with SciPy, and its invariances."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from auditor.errors import RecipeError
from auditor.learners import InputSpec
from auditor.learners.front_ends.colour_hog import ColourHog
from auditor.learners.front_ends.fixed import FixedFrontEnd
from auditor.learners.options import Options
from auditor.replay import views

Array = npt.NDArray[Any]
HEIGHT, WIDTH, SYMBOLS = 12, 9, 16
WIDE = {"fillSigma": "1.5"}


def front_end(*, masked: bool, **options: object) -> FixedFrontEnd:
    spec = InputSpec(shape=(3, HEIGHT, WIDTH), symbols=SYMBOLS, masked=masked, classes=2)
    return ColourHog.from_options(Options(options, "learner.frontEnd"), spec).build()


def images(count: int, seed: int = 0) -> tuple[Array, Array]:
    """Symbols and, with all channels of a pixel alike, what is visible of them."""
    random = np.random.default_rng(seed)
    symbols = random.integers(0, SYMBOLS, (count, 3 * HEIGHT * WIDTH), dtype=np.uint8)
    shown = random.integers(0, 2, (count, HEIGHT * WIDTH), dtype=np.uint8)
    shown[:, : 3 * WIDTH] = 0
    if count > 1:
        shown[0], shown[1] = 1, 0
    return symbols, np.tile(shown, 3)


def cells(plane: Array) -> Array:
    """Gaussian means around the middles of cells, of one plane."""
    sums = plane
    for axis, extent in ((0, HEIGHT), (1, WIDTH)):
        middles = [4 * k + 1.5 for k in range(extent // 4)]
        taps = np.array([[math.exp(-((i - m) ** 2) / 8) for i in range(extent)] for m in middles])
        taps[np.abs(np.arange(extent) - np.array(middles)[:, None]) > 6] = 0
        sums = np.moveaxis(np.tensordot(taps / taps.sum(1)[:, None], sums, (1, axis)), 0, axis)
    return sums


def reference(values: Array, visible: Array | None, *, sigma: float) -> Array:
    """The features of one image (3, height, width), straight from the description."""
    ndimage = pytest.importorskip("scipy.ndimage")

    def smooth(plane: Array, spread: float) -> Array:
        radius = math.ceil(3 * spread)
        made: Array = ndimage.gaussian_filter(plane, spread, mode="constant", radius=radius)
        return made

    colours = (values + 1) / 2
    if visible is not None:
        seen = visible
        for channel in range(3):
            ink = colours[channel] * seen
            fill = np.full_like(ink, ink.sum() / max(seen.sum(), 1))
            for spread in (3 * sigma, sigma):
                fill = (smooth(ink, spread) + 0.01 * fill) / (smooth(seen, spread) + 0.01)
            colours[channel] = np.where(seen == 1, ink, fill)
    light = colours.mean(0)
    features = []
    for picture in (light, smooth(light, 1.2)):
        padded = np.pad(picture, 1)
        down = padded[2:, 1:-1] - padded[:-2, 1:-1]
        right = padded[1:-1, 2:] - padded[1:-1, :-2]
        angle, length = np.arctan2(down, right) % (2 * np.pi), np.hypot(down, right)
        sums = []
        for k in range(8):
            apart = np.abs((angle - k * np.pi / 4 + np.pi) % (2 * np.pi) - np.pi)
            share = np.where(apart < np.pi / 4, length * np.sin(np.pi / 4 - apart), 0)
            sums.append(cells(share))
        energy = np.sum(sums) / sums[0].size
        features.append(0.15 * np.sqrt(np.stack(sums) / (energy + 0.005)).ravel())
    red, green, blue = colours
    opponents = np.stack([light, red - green, (red + green) / 2 - blue])
    features += [0.2 * cells(plane).ravel() for plane in opponents]
    features += [1.2 * opponents.mean((1, 2)), 0.9 * opponents.std((1, 2))]
    return np.concatenate(features)


@pytest.mark.parametrize("options", [{}, WIDE], ids=["narrow", "wide"])
def test_features_of_masked_images_are_the_description(options: dict[str, Any]) -> None:
    symbols, visible = images(12)
    values = views.values(symbols, SYMBOLS)
    got = front_end(masked=True, **options).apply(views.masked(values, visible))
    for index in range(12):
        wanted = reference(
            values[index].reshape(3, HEIGHT, WIDTH).astype(float),
            visible[index, : HEIGHT * WIDTH].reshape(HEIGHT, WIDTH).astype(float),
            sigma=float(options.get("fillSigma", "0.8")),
        )
        # Square roots, of energies and of variances from 1e-6 up, magnify rounding near zero.
        np.testing.assert_allclose(got[index], wanted, atol=3e-3)


def test_features_of_whole_images_are_the_description() -> None:
    values = views.values(images(6)[0], SYMBOLS)
    got = front_end(masked=False).apply(values)
    for index in range(6):
        image = values[index].reshape(3, HEIGHT, WIDTH).astype(float)
        wanted = reference(image, None, sigma=0.8)
        np.testing.assert_allclose(got[index], wanted, atol=3e-3)


def test_cifar_has_two_scales_of_eight_by_eight_cells_and_their_colours() -> None:
    spec = InputSpec(shape=(3, 32, 32), symbols=64, masked=True, classes=2)
    fixed = ColourHog.from_options(Options(WIDE, "learner.frontEnd"), spec).build()
    assert fixed.size == 2 * 8 * 64 + 3 * 64 + 6


@pytest.mark.parametrize("options", [{}, WIDE], ids=["narrow", "wide"])
def test_a_hidden_pixel_changes_no_bit_of_any_feature(options: dict[str, Any]) -> None:
    symbols, visible = images(70, seed=1)
    other = np.where(visible == 1, symbols, SYMBOLS - 1 - symbols)
    fixed = front_end(masked=True, **options)
    one, two = (
        fixed.apply(views.masked(views.values(these, SYMBOLS), visible))
        for these in (symbols, other)
    )
    assert one.tobytes() == two.tobytes()
    assert np.isfinite(one).all()


def test_a_rows_features_do_not_depend_on_its_neighbours() -> None:
    symbols, visible = images(70, seed=2)
    rows = views.masked(views.values(symbols, SYMBOLS), visible)
    fixed = front_end(masked=True, **WIDE)
    whole = fixed.apply(rows)
    assert fixed.apply(rows[:3]).tobytes() == whole[:3].tobytes()
    other = rows.copy()
    other[1] = -other[1]
    assert np.delete(fixed.apply(other), 1, 0).tobytes() == np.delete(whole, 1, 0).tobytes()


@pytest.mark.parametrize(
    ("shape", "symbols"), [((192,), 16), ((1, 8, 8), 16), ((3, 8, 8), 0), ((3, 3, 8), 16)]
)
def test_refuses_what_it_cannot_read(shape: tuple[int, ...], symbols: int) -> None:
    spec = InputSpec(shape=shape, symbols=symbols, masked=True, classes=2)
    with pytest.raises(RecipeError, match="three channels"):
        ColourHog.from_options(Options({}, "learner.frontEnd"), spec)


def test_refuses_a_fill_that_reaches_no_neighbour() -> None:
    with pytest.raises(RecipeError, match=r"at least 0\.1"):
        front_end(masked=True, fillSigma="0.05")
