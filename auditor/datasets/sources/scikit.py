"""The data sets that ship inside scikit-learn: real, small, no download."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from auditor.datasets.labels import by_index, known
from auditor.datasets.rows import Rows
from auditor.errors import DataError

_NAMES: Final = ("breast_cancer", "digits", "iris", "wine")

#: First rows of the forms in ``digits``. Every form holds about 130 digits of one hand and begins
#: with 0 to 9, most with 0 to 9 three times over. The data set's description says that 13 people
#: wrote them; there are 14 such runs. Constants: no row decides where a form begins.
FORMS: Final = (0, 130, 256, 386, 516, 646, 776, 915, 1029, 1157, 1287, 1415, 1545, 1667)


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
    groups = None
    if "group" in data:
        if name != "digits":
            raise DataError(f"data.group: expected nothing, {source} has no groups")
        groups = [f"form {bisect_right(FORMS, row):02}" for row in range(len(values))]
    return Rows(
        values=values,
        labels=labels,
        shape=(1, *bunch.images.shape[1:]) if "images" in bunch else values.shape[1:],
        groups=groups,
        faults=faults,
        unlisted=unlisted,
        columns=() if "images" in bunch else tuple(map(str, bunch.feature_names)),
    ), None
