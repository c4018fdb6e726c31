"""A small recipe to vary."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.fixture
def document() -> dict[str, Any]:
    """A valid recipe as written, to be changed by each test."""
    return {
        "version": 1,
        "name": "test",
        "classes": ["a", "b"],
        "selection": "none",
        "data": {"source": "sklearn:digits"},
        "alphabet": {"kind": "binary", "threshold": 8},
        "learner": {"name": "naive-bayes"},
        "smoothing": {"training": {"method": "partition", "parts": 5}},
        "claim": {"budgets": [{"trainExamples": 1}]},
    }
