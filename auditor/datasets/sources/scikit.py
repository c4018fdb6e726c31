"""The data sets that ship inside scikit-learn: real, small, no download."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from auditor.datasets.labels import by_index, known
from auditor.datasets.rows import Rows
from auditor.errors import DataError

_NAMES: Final = ("breast_cancer", "digits", "iris", "wine")


def read(data: Mapping[str, Any], base: Path, classes: Sequence[str]) -> tuple[Rows, None]:
    """Return all rows of ``sklearn:NAME``; there is no test split."""
    del base
    from sklearn import datasets

    source = data["source"]
    name = source.partition(":")[2]
    if name not in _NAMES:
        allowed = ", ".join(f"sklearn:{known_name}" for known_name in _NAMES)
        raise DataError(f"data.source: expected {allowed}, got {source}")
    bunch = getattr(datasets, f"load_{name}")()
    titles = [str(title) for title in bunch.target_names]
    numbered = [(title, str(i)) for i, title in enumerate(titles)]
    labels, faults, unlisted = by_index(bunch.target, known(classes, numbered, source), titles)
    values = np.ascontiguousarray(bunch.data, np.float64)
    return Rows(
        values=values,
        labels=labels,
        shape=(1, *bunch.images.shape[1:]) if "images" in bunch else values.shape[1:],
        faults=faults,
        unlisted=unlisted,
        columns=() if "images" in bunch else tuple(map(str, bunch.feature_names)),
    ), None
