"""Named recipes: keys to fill in where a recipe leaves them out.

A table that chooses another form (another ``method``, ``name`` or ``kind``) replaces the preset's
table as a whole, so nothing of the preset is left over in it.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any, Final

_FORMS: Final = ("method", "name", "kind", "source")
_SHEARS: Final = [{}, {"shear": "0.2"}, {"shear": "-0.2"}]

PRESETS: Final[Mapping[str, Mapping[str, Any]]] = {
    # Wang, Cao, Jia, Gong 2020 (arXiv 2002.11750): the same noise on every feature, label and
    # input of every retraining, and the tight bound on the total number of changed coordinates.
    "wang2020": {
        "unit": "example",
        "learner": {"name": "naive-bayes"},
        "smoothing": {
            "training": {"method": "flip", "keepFeatures": "205/256", "keepLabels": "205/256"},
            "test": {"method": "flip", "keep": "205/256"},
        },
        "members": 1000,
        "claim": {
            "alpha": "1/1000",
            "scope": "simultaneous",
            "bound": "top",
            "budgets": {"total": [0, 1, 2, 3, 4, 5, 6]},
        },
    },
    # Partition members that see sparse views of an input: certifies several pixels, no sampling.
    # The bias is for two classes and was chosen on MNIST 1 against 7.
    "sparse-views": {
        "unit": "example",
        "learner": {
            "name": "kernel-bayes",
            "sigma": "1",
            "floor": "0.01",
            "bias": ["0", "1.5"],
        },
        "training": {"copies": _SHEARS},
        "smoothing": {
            "training": {"method": "partition", "parts": 500, "by": "index"},
            "test": {"method": "views", "groups": 16, "partitions": 8},
        },
        "claim": {
            "budgets": {"trainExamples": [0, 10, 65, 130, 200], "inputFeatures": [0, 1, 2, 4, 6]}
        },
    },
    # Partition members on masked gradients under the two-mask rule: the best at one or two pixels.
    "two-mask-hog": {
        "unit": "example",
        "learner": {
            "name": "ridge",
            "penalty": "0.001",
            "balanced": True,
            "frontEnd": {"name": "masked-hog"},
        },
        "training": {"copies": _SHEARS, "masks": 4},
        "smoothing": {
            "training": {"method": "partition", "parts": 500, "by": "index"},
            "test": {"method": "two-mask", "groups": 12, "pixels": 1},
        },
        "claim": {"budgets": {"trainExamples": [0, 65, 130, 200, 240], "inputFeatures": [0, 1]}},
    },
}


def fill(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return the document with the keys of its preset where it has none of its own."""
    preset = document.get("preset")
    if not isinstance(preset, str) or preset not in PRESETS:
        return dict(document)
    return _merged(document, PRESETS[preset])


def _merged(own: Mapping[str, Any], preset: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(own)
    for key, value in preset.items():
        if key not in merged:
            merged[key] = copy.deepcopy(value)
        elif key != "budgets" and _same_form(merged[key], value):
            merged[key] = _merged(merged[key], value)
    return merged


def _same_form(own: object, preset: object) -> bool:
    if not isinstance(own, Mapping) or not isinstance(preset, Mapping):
        return False
    if any(form in preset and own.get(form, preset[form]) != preset[form] for form in _FORMS):
        return False
    # The forms of two-mask share a method: masks of pixel groups, of windows, or of both.
    return not ({"window", "step", "patch"} & own.keys() and "pixels" in preset)
