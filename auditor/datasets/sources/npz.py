"""NumPy archives: xTrain, yTrain and, unless rows are held out, xTest, yTest."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from auditor.datasets.labels import by_text
from auditor.datasets.places import existing
from auditor.datasets.rows import Rows
from auditor.errors import DataError


def read(data: Mapping[str, Any], base: Path, classes: Sequence[str]) -> tuple[Rows, Rows | None]:
    """Return the rows of an archive, read without pickle. x is (n, d) or (n, *shape)."""
    path = existing(data["path"], base, "path")
    try:
        with np.load(path, allow_pickle=False) as archive:
            train = _rows(archive, path, "Train", classes, data)
            test = None if "holdout" in data else _rows(archive, path, "Test", classes, {})
    except (OSError, ValueError, zipfile.BadZipFile, EOFError) as error:
        raise DataError(f"{path}: not a readable .npz archive: {error}") from None
    if test is not None and test.shape != train.shape:
        raise DataError(
            f"{path}: xTest has examples of shape {test.shape}, xTrain of {train.shape}"
        )
    return train, test


def _rows(
    archive: Mapping[str, npt.NDArray[Any]],
    path: Path,
    split: str,
    classes: Sequence[str],
    data: Mapping[str, Any],
) -> Rows:
    x, y = _array(archive, path, f"x{split}"), _array(archive, path, f"y{split}")
    if x.dtype.kind not in "buif" or x.ndim not in {2, 3, 4} or 0 in x.shape[1:]:
        raise DataError(
            f"{path}: x{split}: expected numbers (n, features), (n, height, width) or "
            f"(n, channels, height, width), got {x.dtype} of shape {x.shape}"
        )
    if y.dtype.kind not in "buifUS" or y.shape != x.shape[:1]:
        raise DataError(
            f"{path}: y{split}: expected {len(x)} integers or texts, got {y.dtype} of "
            f"shape {y.shape}"
        )
    labels, faults, unlisted = by_text(y.tolist(), classes)
    return Rows(
        values=np.ascontiguousarray(x.reshape(len(x), -1)),
        labels=labels,
        shape=(1, *x.shape[1:]) if x.ndim == 3 else x.shape[1:],
        ids=_names(archive, path, data.get("id"), len(x)),
        groups=_names(archive, path, data.get("group"), len(x)),
        faults=faults,
        unlisted=unlisted,
    )


def _array(archive: Mapping[str, npt.NDArray[Any]], path: Path, key: str) -> npt.NDArray[Any]:
    if key not in archive:
        held = " (or give data.holdout)" if key.endswith("Test") else ""
        listed = ", ".join(archive) or "nothing"
        raise DataError(f"{path}: missing array {key}{held}; it holds {listed}")
    return archive[key]


def _names(
    archive: Mapping[str, npt.NDArray[Any]], path: Path, key: str | None, size: int
) -> list[str] | None:
    if key is None:
        return None
    names = _array(archive, path, key)
    if names.shape != (size,) or names.dtype.kind not in "uiU":
        raise DataError(
            f"{path}: {key}: expected {size} integers or texts, got {names.dtype} of "
            f"shape {names.shape}"
        )
    return [str(name) for name in names.tolist()]
