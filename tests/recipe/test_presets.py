"""Presets fill what is absent and leave no trace in tables of another form."""

from __future__ import annotations

from typing import Any

import pytest

from auditor.recipe import PRESETS, resolve


def written(preset: str, **more: object) -> dict[str, Any]:
    return {
        "version": 1,
        "name": "test",
        "preset": preset,
        "classes": ["1", "7"],
        "selection": "none",
        "data": {"source": "sklearn:digits"},
        "alphabet": {"kind": "binary", "threshold": 8},
        **more,
    }


@pytest.mark.parametrize("preset", sorted(PRESETS))
def test_every_preset_is_a_recipe_and_stays_one(preset: str) -> None:
    resolved = resolve(written(preset))
    assert resolved["preset"] == preset
    assert resolve(resolved) == resolved


def test_wang2020_has_one_noise_level_on_everything() -> None:
    resolved = resolve(written("wang2020"))
    assert resolved["smoothing"] == {
        "training": {"method": "flip", "keepFeatures": "205/256", "keepLabels": "205/256"},
        "test": {"method": "flip", "keep": "205/256"},
    }
    assert (resolved["members"], resolved["draws"]) == (1000, 0)
    assert resolved["claim"]["alpha"] == "1/1000"
    assert resolved["claim"]["budgets"][:3] == [{}, {"total": 1}, {"total": 2}]


def test_sparse_views_is_recipe_a() -> None:
    resolved = resolve(written("sparse-views"))
    assert resolved["learner"] == {
        "name": "kernel-bayes",
        "sigma": "1",
        "floor": "0.01",
        "bias": ["0", "1.5"],
    }
    assert resolved["smoothing"]["test"] == {"method": "views", "groups": 16, "partitions": 8}
    assert resolved["members"] == 500
    assert resolved["claim"]["alpha"] == "0"


def test_two_mask_hog_is_recipe_b() -> None:
    resolved = resolve(written("two-mask-hog"))
    assert resolved["learner"]["frontEnd"] == {"name": "masked-hog", "deskew": True}
    assert resolved["training"] == {
        "copies": [{}, {"shear": "0.2"}, {"shear": "-0.2"}],
        "masks": 4,
    }
    assert resolved["smoothing"]["test"] == {"method": "two-mask", "groups": 12, "pixels": 1}


def test_own_keys_win() -> None:
    smoothing = {"training": {"parts": 60}}
    resolved = resolve(written("two-mask-hog", smoothing=smoothing))
    assert resolved["smoothing"]["training"] == {
        "method": "partition",
        "parts": 60,
        "by": "index",
    }
    assert resolved["members"] == 60


def test_another_method_replaces_the_table() -> None:
    smoothing = {"test": {"method": "none"}}
    resolved = resolve(
        written(
            "two-mask-hog",
            smoothing=smoothing,
            training={"masks": 0},
            claim={"budgets": {"trainExamples": [1]}},
        )
    )
    assert resolved["smoothing"]["test"] == {"method": "none"}


def test_windows_replace_pixel_groups() -> None:
    smoothing = {"test": {"method": "two-mask", "window": 4, "step": 2, "patch": 3}}
    claim = {"budgets": [{"inputPatch": 3}]}
    resolved = resolve(written("two-mask-hog", smoothing=smoothing, claim=claim))
    assert resolved["smoothing"]["test"] == smoothing["test"]


def test_the_axes_of_own_budgets_are_not_joined_with_the_presets() -> None:
    resolved = resolve(written("two-mask-hog", claim={"budgets": {"trainExamples": [7]}}))
    assert resolved["claim"]["budgets"] == [{"trainExamples": 7}]
