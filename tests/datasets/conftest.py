"""Recipes around a small source."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from auditor.recipe import Recipe, resolve

Make = Callable[..., Recipe]


@pytest.fixture
def recipe(tmp_path: Path) -> Make:
    """A maker of recipes whose relative paths start at ``tmp_path``."""

    def make(data: Mapping[str, Any], **more: Any) -> Recipe:
        document = {
            "version": 1,
            "name": "test",
            "classes": ["a", "b"],
            "selection": "none",
            "data": data,
            "alphabet": {"kind": "binary", "threshold": 8},
            "learner": {"name": "ridge"},
            "smoothing": {"training": {"method": "partition", "parts": 5}},
            "claim": {"budgets": [{"trainExamples": 1}]},
            **more,
        }
        return Recipe(path=tmp_path / "recipe.toml", text=b"", resolved=resolve(document))

    return make
