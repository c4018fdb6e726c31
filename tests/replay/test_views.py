"""What members are shown: canonical order, whole pixels, nothing of what is hidden."""

from __future__ import annotations

import numpy as np
import pytest

from auditor.randomness import Stream
from auditor.replay.views import Shower, channels_of, masked, values


def shower(test: dict[str, object], **changes: object) -> Shower:
    settings = {"test": test, "channels": 1, "alphabet": 2, "draws": 50, "masks": None} | changes
    return Shower(**settings)  # type: ignore[arg-type]


@pytest.mark.parametrize("alphabet", [2, 5, 256])
def test_values_run_linearly_from_minus_one_to_one(alphabet: int) -> None:
    scaled = values(np.arange(alphabet), alphabet)
    assert scaled[0] == -1
    assert scaled[-1] == pytest.approx(1, abs=1e-6)
    assert np.allclose(np.diff(scaled), 2 / (alphabet - 1), atol=1e-6)


def test_grid_steps_are_passed_on() -> None:
    assert values(np.array([-3, 0, 7]), 0).tolist() == [-3, 0, 7]


def test_hidden_values_are_plain_zeros_beside_the_visibility() -> None:
    row = masked(np.array([[-1.0, 1.0, -1.0]], np.float32), np.array([[0, 0, 1]], np.uint8))
    assert row.tolist() == [[0, 0, -1, 0, 0, 1]]
    assert not np.signbit(row[0, :2]).any()


@pytest.mark.parametrize(
    "test", [{"method": "flip", "keep": "230/256"}, {"method": "hide", "show": "64/256"}]
)
def test_noisy_views_are_a_function_of_the_stream(test: dict[str, object]) -> None:
    one, two = (shower(test).fixed(np.arange(6) % 2, Stream(bytes(32), "bag")) for _ in range(2))
    assert one.tobytes() == two.tobytes()
    assert len(one) == 50
    assert len({row.tobytes() for row in one}) > 1


@pytest.mark.parametrize(
    "test", [{"method": "flip", "keep": "230/256"}, {"method": "hide", "show": "64/256"}]
)
def test_a_batch_is_noised_as_its_rows_one_by_one(test: dict[str, object]) -> None:
    symbols = np.arange(30).reshape(5, 6) % 2
    side = shower(test)
    streams = [Stream(bytes(32), "input-noise", 3, index) for index in range(5)]
    batch = side.drawn(symbols, streams)
    for index in range(5):
        alone = Stream(bytes(32), "input-noise", 3, index)
        assert batch[index].tobytes() == side.drawn(symbols[index : index + 1], [alone]).tobytes()


def test_a_pixel_is_hidden_in_all_its_channels_or_in_none() -> None:
    symbols = np.ones(3 * 16, np.uint8)
    rows = shower({"method": "hide", "show": "128/256"}, channels=3).fixed(
        symbols, Stream(bytes(32), "bag")
    )
    visible = rows[:, 48:].reshape(50, 3, 16)
    assert (visible == visible[:, :1]).all()
    assert 0.3 < visible.mean() < 0.7


@pytest.mark.parametrize(
    ("unit", "shape", "channels"),
    [("pixel", (3, 4, 4), 3), ("channel", (3, 4, 4), 1), ("pixel", (7,), 1)],
)
def test_units(unit: str, shape: tuple[int, ...], channels: int) -> None:
    assert channels_of({"alphabet": {"unit": unit}}, shape) == channels


def test_masked_views_come_in_the_order_of_the_masks() -> None:
    masks = np.array([[1, 1, 0], [0, 1, 1], [1, 0, 0]], np.uint8)
    side = shower({"method": "two-mask"}, masks=masks)
    symbols = np.array([1, 0, 1], np.uint8)
    rows = side.fixed(symbols, Stream(bytes(32), "bag"))
    assert side.views == 3
    assert rows[:, 3:].tolist() == masks.tolist()
    assert side.some(symbols, [2, 0]).tobytes() == rows[[2, 0]].tobytes()
